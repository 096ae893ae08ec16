//! What is wrong with a template, told when it is saved: whatever a case says later, IO accepts what is made of it.

use std::ops::RangeInclusive;

use super::{
    Doubt, Due, MessageEvent, Place, Precondition, TemplateContent, Texts, call_to_action,
    text::{MARKDOWN, SUBJECT, TextFlaw, check_markdown, fits, length},
    variables::{Form, LONGEST_LINK, Text, Values, Variable},
};

/// How long what is said before a text can be once the case went on; a test looks.
const OUTDATED: usize = 100;

/// What is wrong with a template, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFlaw {
    /// The place, such as `italian.subject`.
    pub path: String,
    /// The code by which programs know it.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

impl TemplateContent {
    /// What is wrong with it, for messages of this event.
    pub fn flaws(&self, event: MessageEvent) -> Vec<TemplateFlaw> {
        let mut flaws = Vec::new();
        let mut wrong = |path: &str, code, message: &str| {
            flaws.push(TemplateFlaw {
                path: path.to_owned(),
                code,
                message: message.to_owned(),
            });
        };
        if self.in_doubt == Doubt::Resend && event.is_protected() {
            let message =
                "what concerns money or rights is never sent twice on a guess: write HOLD";
            wrong("inDoubt", "NEVER_REPEATED", message);
        }
        if self.place == Place::Static && self.precondition != Precondition::Never {
            let message = "a precondition is fetched with the text: write place REMOTE";
            wrong("precondition", "INVALID_VALUE", message);
        }
        if self.place == Place::Static && self.attaches_files {
            let message = "files are fetched with the text: write place REMOTE";
            wrong("attachesFiles", "INVALID_VALUE", message);
        }
        if self.due == Some(Due::Days { days: 0 }) {
            wrong("due", "INVALID_VALUE", "give at least one day");
        }
        flaws.extend(self.flaws_of("italian", &self.italian, event));
        let english = self.english.iter();
        flaws.extend(english.flat_map(|texts| self.flaws_of("english", texts, event)));
        flaws
    }

    fn flaws_of(&self, language: &str, texts: &Texts, event: MessageEvent) -> Vec<TemplateFlaw> {
        let check = Check {
            content: self,
            texts,
            event,
        };
        let found = check.all().into_iter().map(|(field, flaw)| TemplateFlaw {
            path: format!("{language}.{field}"),
            code: flaw.code(),
            message: flaw.to_string(),
        });
        let mut flaws: Vec<_> = found.collect();
        let wanted = [
            (
                "courtesy",
                self.place == Place::Remote,
                texts.courtesy.is_some(),
            ),
            (
                "precondition",
                self.precondition != Precondition::Never,
                texts.precondition.is_some(),
            ),
        ];
        for (field, wanted, there) in wanted {
            let message = match (wanted, there) {
                (true, false) => "write it: the message has one",
                (false, true) => "leave it out: the message has none",
                _ => continue,
            };
            flaws.push(TemplateFlaw {
                path: format!("{language}.{field}"),
                code: "INVALID_VALUE",
                message: message.to_owned(),
            });
        }
        flaws
    }
}

/// The texts of a template in one language, to be checked.
struct Check<'a> {
    content: &'a TemplateContent,
    texts: &'a Texts,
    event: MessageEvent,
}

impl Check<'_> {
    fn all(&self) -> Vec<(String, TextFlaw)> {
        let texts = self.texts;
        let is_remote = self.content.place == Place::Remote;
        let mut wrong = Vec::new();
        let mut note = |field: &str, checked: Result<(), TextFlaw>| {
            wrong.extend(checked.err().map(|flaw| (field.to_owned(), flaw)));
        };
        note(
            "subject",
            self.text(&texts.subject, &SUBJECT, Form::Plain, false),
        );
        let room = *MARKDOWN.start()..=MARKDOWN.end() - self.buttons() - OUTDATED;
        note(
            "markdown",
            self.text(&texts.markdown, &room, Form::Markdown, is_remote),
        );
        if let Some(courtesy) = &texts.courtesy {
            note(
                "courtesy",
                self.text(courtesy, &MARKDOWN, Form::Markdown, false),
            );
        }
        if let Some(precondition) = &texts.precondition {
            let title = self.text(&precondition.title, &(1..=120), Form::Plain, false);
            note("precondition.title", title);
            let text = &precondition.markdown;
            note(
                "precondition.markdown",
                self.text(text, &(1..=10_000), Form::Markdown, false),
            );
        }
        let actions = call_to_action::check(&texts.actions).into_iter();
        wrong.extend(actions.map(|(index, field, flaw)| {
            let place = format!("actions[{index}].{field}");
            (place.trim_end_matches('.').to_owned(), flaw)
        }));
        wrong
    }

    /// How long the front matter can be.
    fn buttons(&self) -> usize {
        let link = Values::from([(Variable::Link, "x".repeat(LONGEST_LINK))]);
        let longest = self.content.front_matter(&link);
        longest.map_or(0, |matter| length(&matter))
    }

    /// A text of these lengths, which may say something of people or not.
    fn text(
        &self,
        text: &str,
        allowed: &RangeInclusive<usize>,
        form: Form,
        is_private: bool,
    ) -> Result<(), TextFlaw> {
        let parsed = Text::parse(text)?;
        for variable in parsed.variables() {
            if !self.event.knows(variable) {
                return Err(TextFlaw::NotKnownThen(variable.name()));
            }
            if variable.is_personal() && !is_private {
                return Err(TextFlaw::Personal(variable.name()));
            }
        }
        match form {
            Form::Markdown => check_markdown(text)?,
            Form::Plain if text.contains(char::is_control) => {
                return Err(TextFlaw::NotShown("control characters"));
            }
            Form::Plain => {}
        }
        fits(&parsed.lengths(form), allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notifications::{
        PreconditionText,
        template::{
            Language,
            tests::{content, texts},
        },
    };

    fn flaws(
        event: MessageEvent,
        change: impl FnOnce(&mut TemplateContent),
    ) -> Vec<(String, &'static str)> {
        let mut content = content();
        change(&mut content);
        let flaws = content.flaws(event).into_iter();
        flaws.map(|flaw| (flaw.path, flaw.code)).collect()
    }

    fn one(path: &str, code: &'static str) -> Vec<(String, &'static str)> {
        vec![(path.to_owned(), code)]
    }

    #[test]
    fn there_is_room_for_what_is_said_of_a_state_that_is_out_of_date() {
        for language in [Language::Italian, Language::English] {
            assert!(length(language.outdated()) <= OUTDATED);
        }
    }

    #[test]
    fn a_good_template_has_no_flaws() {
        assert_eq!(flaws(MessageEvent::Received, |_| {}), []);
        let remote = |content: &mut TemplateContent| {
            content.place = Place::Remote;
            content.attaches_files = true;
            content.precondition = Precondition::Once;
            content.italian.courtesy = Some("x".repeat(80));
            content
                .italian
                .markdown
                .push_str("\n\n{{applicant}}: {{reasons}}");
            content.italian.precondition = Some(PreconditionText {
                title: "Prima di leggere".to_owned(),
                markdown: "Contiene l'esito della tua richiesta.".to_owned(),
            });
        };
        assert_eq!(flaws(MessageEvent::NotAccepted, remote), []);
    }

    #[test]
    fn subjects_are_measured_as_io_measures_them() {
        let subject = |text: String| {
            flaws(MessageEvent::Received, |content| {
                content.italian.subject = text
            })
        };
        assert_eq!(subject("x".repeat(9)), one("italian.subject", "TOO_SHORT"));
        assert_eq!(subject("x".repeat(10)), []);
        assert_eq!(subject("x".repeat(120)), []);
        assert_eq!(subject("x".repeat(121)), one("italian.subject", "TOO_LONG"));
        // An emoji at the limit: 119 and two are too many.
        assert_eq!(subject(format!("{}👋", "x".repeat(118))), []);
        assert_eq!(
            subject(format!("{}👋", "x".repeat(119))),
            one("italian.subject", "TOO_LONG")
        );
        // With the longest title of a procedure it would be too long.
        let with_title = format!("{}{{{{procedure}}}}", "x".repeat(61));
        assert_eq!(subject(with_title), one("italian.subject", "TOO_LONG"));
        assert_eq!(
            subject("{{protocol}}".to_owned()),
            one("italian.subject", "TOO_SHORT")
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let of = |change: fn(&mut TemplateContent)| flaws(MessageEvent::Received, change);
        let markdown = |text: &'static str| {
            flaws(MessageEvent::Received, |content| {
                content.italian.markdown = format!("{}{text}", "parola ".repeat(15));
            })
        };
        assert_eq!(
            markdown("{{numero}}"),
            one("italian.markdown", "UNKNOWN_VARIABLE")
        );
        assert_eq!(
            markdown("{{reasons}}"),
            one("italian.markdown", "UNKNOWN_VARIABLE")
        );
        assert_eq!(
            markdown("{{applicant}}"),
            one("italian.markdown", "PERSONAL_DATA_EXPOSED")
        );
        assert_eq!(
            markdown("\n\n| a |\n|---|\n| 1 |"),
            one("italian.markdown", "INVALID_MARKDOWN")
        );
        assert_eq!(
            of(|content| content.italian.markdown = "Troppo corto.".to_owned()),
            one("italian.markdown", "TOO_SHORT")
        );
        assert_eq!(
            of(|content| content.italian.markdown = "x".repeat(10_000)),
            one("italian.markdown", "TOO_LONG")
        );
        assert_eq!(
            of(|content| content.place = Place::Remote),
            one("italian.courtesy", "INVALID_VALUE")
        );
        assert_eq!(
            of(|content| content.due = Some(Due::Days { days: 0 })),
            one("due", "INVALID_VALUE")
        );
        assert_eq!(
            of(|content| content.italian.actions[0].action = "https://x.example".to_owned()),
            one("italian.actions[0].action", "INVALID_ACTION")
        );
        let english = of(|content| {
            content.english = Some(Texts {
                subject: "Received".to_owned(),
                ..texts()
            });
        });
        assert_eq!(english, one("english.subject", "TOO_SHORT"));
        let resend = |content: &mut TemplateContent| content.in_doubt = Doubt::Resend;
        assert_eq!(flaws(MessageEvent::Received, resend), []);
        for event in MessageEvent::ALL
            .into_iter()
            .filter(|event| event.is_protected())
        {
            assert_eq!(flaws(event, resend), one("inDoubt", "NEVER_REPEATED"));
        }
    }
}
