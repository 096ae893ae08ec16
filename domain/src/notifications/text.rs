//! What IO accepts of a text, by its specification. Lengths are those of JavaScript: units of UTF-16, of which an emoji
//! has two.

use std::ops::RangeInclusive;

use pulldown_cmark::{Event, Options, Parser, Tag};

/// How long a subject may be.
pub const SUBJECT: RangeInclusive<usize> = 10..=120;
/// How long a text in Markdown may be.
pub const MARKDOWN: RangeInclusive<usize> = 80..=10_000;

/// How long a text is for IO.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFlaw {
    /// It may be too short, with the shortest values that it can have.
    #[error("write at least {least} characters: it may have {length}")]
    TooShort {
        /// How many there must be.
        least: usize,
        /// How many there may be.
        length: usize,
    },
    /// It may be too long, with the longest values that it can have.
    #[error(
        "write at most {most} characters: it may have {length}, with the longest values of its variables (an emoji counts as two)"
    )]
    TooLong {
        /// How many there may be at the most.
        most: usize,
        /// How many there may be.
        length: usize,
    },
    /// Nothing is known under this name.
    #[error("there is no variable «{0}»")]
    UnknownVariable(String),
    /// When this happens nothing is known under this name.
    #[error("«{0}» is not known when this happens")]
    NotKnownThen(&'static str),
    /// It would say something of people where others may read it.
    #[error("«{0}» says something of people: write it in the text of a REMOTE template alone")]
    Personal(&'static str),
    /// Something that IO does not show.
    #[error("IO does not show {0}")]
    NotShown(&'static str),
    /// A link that IO does not follow.
    #[error("links lead to https:, http: or ioit: addresses")]
    Link,
    /// A call to action that IO does not follow.
    #[error(
        "a call to action leads to iohandledlink:// and an https, http, sms, tel, mailto or copy address, to ioit:// or to iosso://https://"
    )]
    Action,
    /// Two at the most.
    #[error("there are at most two calls to action")]
    TooManyActions,
}

impl TextFlaw {
    /// The code by which programs know it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "TOO_SHORT",
            Self::TooLong { .. } => "TOO_LONG",
            Self::UnknownVariable(_) | Self::NotKnownThen(_) => "UNKNOWN_VARIABLE",
            Self::Personal(_) => "PERSONAL_DATA_EXPOSED",
            Self::NotShown(_) | Self::Link => "INVALID_MARKDOWN",
            Self::Action | Self::TooManyActions => "INVALID_ACTION",
        }
    }
}

/// What is wrong with these lengths.
pub(super) fn fits(
    lengths: &RangeInclusive<usize>,
    allowed: &RangeInclusive<usize>,
) -> Result<(), TextFlaw> {
    if lengths.start() < allowed.start() {
        return Err(TextFlaw::TooShort {
            least: *allowed.start(),
            length: *lengths.start(),
        });
    }
    if lengths.end() > allowed.end() {
        return Err(TextFlaw::TooLong {
            most: *allowed.end(),
            length: *lengths.end(),
        });
    }
    Ok(())
}

/// What IO does not show of a text in Markdown.
pub fn check_markdown(text: &str) -> Result<(), TextFlaw> {
    if text.starts_with("---") {
        // It would be read as calls to action, which are given apart.
        return Err(TextFlaw::NotShown("a line at the beginning"));
    }
    let is_wrong = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    if text.contains(is_wrong) {
        return Err(TextFlaw::NotShown("control characters"));
    }
    let events = Parser::new_ext(text, Options::ENABLE_TABLES);
    for event in events {
        match event {
            Event::Start(Tag::Table(_)) => return Err(TextFlaw::NotShown("tables")),
            Event::Html(html) | Event::InlineHtml(html) if !is_line_break(&html) => {
                return Err(TextFlaw::NotShown("HTML"));
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. })
                if !is_followed(&dest_url) =>
            {
                return Err(TextFlaw::Link);
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_line_break(html: &str) -> bool {
    matches!(html.trim(), "<br>" | "<br/>" | "<br />")
}

fn is_followed(address: &str) -> bool {
    let schemes = ["https://", "http://", "ioit://"];
    // The address of a case is not there before there is a case.
    address.starts_with("{{link}}") || schemes.iter().any(|scheme| address.starts_with(scheme))
}

/// What IO does not follow of a call to action.
pub(super) fn check_action(action: &str) -> Result<(), TextFlaw> {
    let handled = ["http:", "https:", "sms:", "tel:", "mailto:", "copy:"];
    let is_followed = match action.split_once("://") {
        Some(("iohandledlink", rest)) => handled.iter().any(|scheme| rest.starts_with(scheme)),
        Some(("ioit", rest)) => !rest.is_empty(),
        Some(("iosso", rest)) => rest.starts_with("https://"),
        _ => false,
    };
    let is_plain = |letter: char| !letter.is_whitespace() && !letter.is_control();
    match is_followed && action.chars().all(is_plain) {
        true => Ok(()),
        false => Err(TextFlaw::Action),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_emoji_counts_as_two() {
        assert_eq!(length("Ciao"), 4);
        assert_eq!(length("Ciao 👋"), 7);
        assert_eq!(length(&"👋".repeat(60)), 120);
        let of = |count: usize| count..=count;
        assert_eq!(fits(&of(10), &SUBJECT), Ok(()));
        assert_eq!(fits(&of(120), &SUBJECT), Ok(()));
        let short = TextFlaw::TooShort {
            least: 10,
            length: 9,
        };
        assert_eq!(fits(&of(9), &SUBJECT), Err(short));
        let long = TextFlaw::TooLong {
            most: 120,
            length: 121,
        };
        assert_eq!(fits(&of(121), &SUBJECT), Err(long));
    }

    #[test]
    fn what_io_does_not_show_is_refused() {
        for shown in [
            "# Titolo\n\nUn **testo** con [un link](https://www.comune.example/).\n\n- uno\n- due",
            "Prima riga<br>seconda riga",
            "[Servizio](ioit://services/service-detail)",
            "Costa 5 < 6 | poco",
            "a | b\nc",
            "[La pratica]({{link}})",
        ] {
            assert_eq!(check_markdown(shown), Ok(()), "{shown}");
        }
        for hidden in [
            "| a | b |\n|---|---|\n| 1 | 2 |",
            "<b>Grassetto</b>",
            "<script>x</script>",
            "testo <!-- nascosto -->",
            "[scrivi](mailto:a@comune.example)",
            "[vai](javascript:alert(1))",
            "![x](data:image/png;base64,AA==)",
            "---\nit:\n    cta_1: x\n---\ntesto",
            "campana\u{7}",
        ] {
            assert!(check_markdown(hidden).is_err(), "{hidden}");
        }
    }

    #[test]
    fn calls_to_action_are_those_that_io_follows() {
        for action in [
            "iohandledlink://https://servizi.comune.example/pratiche/1",
            "iohandledlink://tel:+390612345",
            "iohandledlink://mailto:urp@comune.example",
            "ioit://services/service-detail",
            "iosso://https://servizi.comune.example/accesso",
        ] {
            assert_eq!(check_action(action), Ok(()), "{action}");
        }
        for action in [
            "https://servizi.comune.example/",
            "iohandledlink://javascript:alert(1)",
            "iohandledlink://https://a b",
            "iosso://http://servizi.comune.example/",
            "ioit://",
            "",
        ] {
            assert_eq!(check_action(action), Err(TextFlaw::Action), "{action}");
        }
    }

    proptest! {
        #[test]
        fn lengths_are_those_of_javascript(text: String) {
            let astral = text.chars().filter(|letter| u32::from(*letter) > 0xffff).count();
            prop_assert_eq!(length(&text), text.chars().count() + astral);
        }
    }
}
