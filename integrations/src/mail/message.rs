//! A mail as it is handed over.

use lettre::{
    Message,
    message::{
        Mailbox, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use municipio_domain::notifications::Mail;

/// That no person wrote it, so that nothing answers by itself (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// A mail as it is handed over; nothing when an address of it cannot be written.
pub(super) fn message(mail: &Mail) -> Option<Message> {
    let sender = mail.sender.as_str().parse().ok()?;
    let recipient = mail.recipient.as_str().parse().ok()?;
    let name = Some(one_line(&mail.sender_name)).filter(|name| !name.is_empty());
    Message::builder()
        .from(Mailbox::new(name, sender))
        .to(Mailbox::new(None, recipient))
        .date(mail.at.into())
        .message_id(Some(format!("<{}>", mail.id)))
        .subject(one_line(&mail.subject))
        .raw_header(HeaderValue::new(
            AUTO_SUBMITTED,
            "auto-generated".to_owned(),
        ))
        .singlepart(SinglePart::plain(mail.text.clone()))
        .ok()
}

/// A text without what ends a line, or is none: the encoder of headers does not take all of that.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use proptest::prelude::*;

    use super::*;

    fn mail(subject: &str, name: &str, text: &str) -> Mail {
        Mail {
            id: "0b9c2f5e@comune.example".to_owned(),
            sender: "pratiche@comune.example".parse().unwrap(),
            sender_name: name.to_owned(),
            recipient: "mario.rossi@example.org".parse().unwrap(),
            subject: subject.to_owned(),
            text: text.to_owned(),
            at: Utc.with_ymd_and_hms(2026, 11, 26, 12, 0, 0).unwrap(),
        }
    }

    /// The names of the headers of a mail.
    fn headers(mail: &Mail) -> Vec<String> {
        let bytes = message(mail).unwrap().formatted();
        let written = String::from_utf8(bytes).unwrap();
        let (head, _) = written.split_once("\r\n\r\n").unwrap();
        let lines = head
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']));
        lines
            .map(|line| line.split_once(':').unwrap().0.to_owned())
            .collect()
    }

    const HEADERS: [&str; 9] = [
        "From",
        "To",
        "Date",
        "Message-ID",
        "Subject",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ];

    proptest! {
        /// Whatever a subject, a name or a text says, it is no header and no end of the mail.
        #[test]
        fn nothing_becomes_a_header(subject in "[^\0]{0,150}", name in "[^\0]{0,80}", text in "[^\0]{0,500}") {
            let mut found = headers(&mail(&subject, &name, &text));
            let mut known = HEADERS.map(str::to_owned).to_vec();
            found.sort();
            known.sort();
            prop_assert_eq!(found, known);
        }
    }

    #[test]
    fn a_mail_says_who_wrote_it_and_when() {
        let bytes = message(&mail("Novità è", "Comune di Prova", "Città\n"))
            .unwrap()
            .formatted();
        let written = String::from_utf8(bytes).unwrap();
        for part in [
            "<pratiche@comune.example>\r\n",
            "To: mario.rossi@example.org\r\n",
            "Date: Thu, 26 Nov 2026 12:00:00 +0000\r\n",
            "Message-ID: <0b9c2f5e@comune.example>\r\n",
            "Subject: =?utf-8?b?",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Type: text/plain; charset=utf-8\r\n",
        ] {
            assert!(written.contains(part), "{part}\n{written}");
        }
        assert!(written.is_ascii(), "{written}");
    }
}
