//! What citizens are written when something happens in their cases.

use serde::{Deserialize, Serialize};

use super::{
    call_to_action::{self, CallToAction},
    text::TextFlaw,
    variables::Values,
};

/// Where the text of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In the message, at IO.
    Static,
    /// Here: IO fetches it when the citizen opens the message.
    Remote,
}

/// What is shown before a message is opened (precondizione).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precondition {
    /// Nothing.
    Never,
    /// The precondition, until it was opened.
    Once,
    /// The precondition, each time.
    Always,
}

/// What is done when nobody knows whether a message arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// An officer decides.
    Hold,
    /// It is sent again.
    Resend,
}

/// Until when something is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Due {
    /// The last day of the term of the case.
    Term,
    /// So many days after it happened.
    Days {
        /// How many.
        days: u16,
    },
}

/// How messages are sent, and what they say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateContent {
    /// Where the text is.
    pub place: Place,
    /// It is sent by channels alone that nobody else reads: no excerpt by mail.
    pub is_secure: bool,
    /// What is shown before the message is opened.
    pub precondition: Precondition,
    /// What is done when nobody knows whether it arrived.
    pub in_doubt: Doubt,
    /// Until when something is to be done.
    pub due: Option<Due>,
    /// The files with which the offices took the transition come with it, those of them that IO shows.
    #[serde(default)]
    pub attaches_files: bool,
    /// The texts in Italian.
    pub italian: Texts,
    /// The texts in English.
    pub english: Option<Texts>,
}

/// The texts of a message in a language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Texts {
    /// The subject (oggetto).
    pub subject: String,
    /// The text in Markdown (testo).
    pub markdown: String,
    /// What stands at IO in the place of a text that is here (testo di cortesia).
    pub courtesy: Option<String>,
    /// What is shown before the message is opened.
    pub precondition: Option<PreconditionText>,
    /// The buttons (inviti all'azione).
    pub actions: Vec<CallToAction>,
}

/// What is shown before a message is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreconditionText {
    /// The title (titolo).
    pub title: String,
    /// The text in Markdown (testo).
    pub markdown: String,
}

/// A language of IO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Italian,
    English,
}

impl Language {
    /// What is said before a text here once the case went on.
    pub(super) fn outdated(self) -> &'static str {
        match self {
            Self::Italian => {
                "**Da allora la pratica è andata avanti: questo messaggio riporta uno stato superato.**\n\n"
            }
            Self::English => {
                "**The case has gone on since: this message tells of a state that is out of date.**\n\n"
            }
        }
    }
}

impl TemplateContent {
    /// The texts in a language, or in Italian.
    pub(super) fn texts(&self, language: Language) -> &Texts {
        match (language, &self.english) {
            (Language::English, Some(texts)) => texts,
            _ => &self.italian,
        }
    }

    /// The language in which somebody reads it who prefers these, in their order (`it_IT`).
    pub(super) fn language(&self, preferred: &[String]) -> Language {
        let known = |tag: &String| match tag.get(..2) {
            Some("it") => Some(Language::Italian),
            Some("en") if self.english.is_some() => Some(Language::English),
            _ => None,
        };
        preferred
            .iter()
            .find_map(known)
            .unwrap_or(Language::Italian)
    }

    /// The front matter with the buttons.
    pub(super) fn front_matter(&self, values: &Values) -> Result<String, TextFlaw> {
        let english = self.english.as_ref().map(|texts| texts.actions.as_slice());
        call_to_action::front_matter(&self.italian.actions, english.unwrap_or_default(), values)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn texts() -> Texts {
        Texts {
            subject: "La tua richiesta è stata ricevuta".to_owned(),
            markdown: "Il {{municipality}} ha ricevuto la tua richiesta per «{{procedure}}» e ti scriverà qui quando ci saranno novità.\n\nProtocollo {{protocol}} del {{protocolDate}}.".to_owned(),
            actions: vec![CallToAction {
                text: "Vai alla pratica".to_owned(),
                action: "iohandledlink://{{link}}".to_owned(),
            }],
            ..Texts::default()
        }
    }

    pub(in super::super) fn content() -> TemplateContent {
        TemplateContent {
            place: Place::Static,
            is_secure: false,
            precondition: Precondition::Never,
            in_doubt: Doubt::Hold,
            due: None,
            attaches_files: false,
            italian: texts(),
            english: None,
        }
    }

    #[test]
    fn a_message_is_in_the_first_language_that_it_has() {
        let both = TemplateContent {
            english: Some(texts()),
            ..content()
        };
        let tags = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            both.language(&tags(&["de_DE", "en_GB", "it_IT"])),
            Language::English
        );
        assert_eq!(both.language(&tags(&["it_IT", "en_GB"])), Language::Italian);
        assert_eq!(content().language(&tags(&["en_GB"])), Language::Italian);
        assert_eq!(both.language(&[]), Language::Italian);
    }
}
