//! What a mail says: the text of a message that everybody may read, or that there is one.

use chrono::{DateTime, Utc};

use super::{
    super::{
        notification::Notification,
        ready::Ready,
        template::{Place, TemplateContent},
        text::TextFlaw,
        variables::{Form, Text, Values},
    },
    Mail, addresses,
    plain::plain,
};

/// What is said in the place of a text that goes by channels alone that nobody else reads.
const NOTICE: &str = "C'è una novità sulla tua pratica presso il {{municipality}}.";
/// Where the case is, and who writes.
const END: &str = "La tua pratica: {{link}}\n\n{{municipality}}";

impl Ready {
    /// The mail that tells a notification; nothing when there is no address to write from or to. It is in Italian: nobody
    /// knows what they prefer who are not on IO.
    pub(super) fn mail(
        &self,
        notification: &Notification,
        now: DateTime<Utc>,
    ) -> Result<Option<Mail>, TextFlaw> {
        let known = addresses(&self.account, self.people(), notification);
        let Some((sender, recipient)) = known else {
            return Ok(None);
        };
        let values = self.values(notification);
        let (subject, text) = letter(&self.template.content, &values)?;
        let (_, domain) = sender.as_str().rsplit_once('@').unwrap_or_default();
        Ok(Some(Mail {
            id: format!("{}@{domain}", notification.id),
            sender_name: one_line(self.municipality()),
            sender,
            recipient,
            subject,
            text,
            at: now,
        }))
    }
}

/// The subject and the text of a mail.
fn letter(content: &TemplateContent, values: &Values) -> Result<(String, String), TextFlaw> {
    let texts = &content.italian;
    let text = match (content.place, &texts.courtesy) {
        (Place::Remote, Some(courtesy)) => courtesy.as_str(),
        (Place::Static, _) if !content.is_secure => &texts.markdown,
        _ => NOTICE,
    };
    let text = plain(&Text::parse(text)?.render(values, Form::Markdown));
    let end = Text::parse(END)?.render(values, Form::Plain);
    let subject = Text::parse(&texts.subject)?.render(values, Form::Plain);
    Ok((one_line(&subject), format!("{text}\n\n{end}\n")))
}

/// A text without what would end a line.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notifications::{template::tests::content, variables::Variable};

    /// What is of people.
    const PERSONAL: [Variable; 4] = [
        Variable::Subject,
        Variable::Applicant,
        Variable::Text,
        Variable::Reasons,
    ];

    fn values() -> Values {
        let secret = PERSONAL.map(|variable| (variable, "segreto".to_owned()));
        let known = [
            (Variable::Municipality, "Comune di Prova".to_owned()),
            (Variable::Procedure, "Cambio di *residenza*".to_owned()),
            (
                Variable::Link,
                "https://servizi.comune.example/1".to_owned(),
            ),
        ];
        known.into_iter().chain(secret).collect()
    }

    #[test]
    fn a_letter_says_what_everybody_may_read() {
        let (subject, text) = letter(&content(), &values()).unwrap();
        assert_eq!(subject, "La tua richiesta è stata ricevuta");
        assert!(text.contains("«Cambio di *residenza*»"), "{text}");
        assert!(
            text.ends_with("La tua pratica: https://servizi.comune.example/1\n\nComune di Prova\n"),
            "{text}"
        );
    }

    #[test]
    fn what_is_kept_here_or_is_secure_is_in_no_letter() {
        let mut remote = content();
        remote.place = Place::Remote;
        remote.italian.markdown =
            "Gentile {{applicant}}, {{text}} {{reasons}} {{subject}}".to_owned();
        remote.italian.courtesy = Some("C'è **una novità**: {{procedure}}.".to_owned());
        let (_, text) = letter(&remote, &values()).unwrap();
        assert!(
            text.starts_with("C'è una novità: Cambio di *residenza*.\n\n"),
            "{text}"
        );
        assert!(!text.contains("segreto"), "{text}");
        let mut secure = content();
        secure.is_secure = true;
        let (_, text) = letter(&secure, &values()).unwrap();
        assert!(!text.contains("residenza"), "{text}");
        assert!(text.starts_with("C'è una novità sulla tua pratica presso il Comune di Prova."));
    }

    #[test]
    fn a_subject_is_one_line() {
        let mut broken = values();
        broken.insert(Variable::Procedure, "a\r\nBcc: x@example.org".to_owned());
        let mut content = content();
        content.italian.subject = "Novità: {{procedure}}".to_owned();
        let (subject, _) = letter(&content, &broken).unwrap();
        assert!(!subject.contains(char::is_control), "{subject:?}");
    }
}
