//! What a template says of a case: variables, each with the longest value that it can have. What may be too long is cut;
//! so whether a text fits is known when its template is saved, whatever a case says later.

use std::{collections::BTreeMap, ops::RangeInclusive};

use super::text::{TextFlaw, length};

/// Something that is known of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variable {
    /// The name of the municipality.
    Municipality,
    /// The title of the procedure.
    Procedure,
    /// The state, as citizens are told it.
    State,
    /// The number of the protocol.
    Protocol,
    /// The date of the protocol.
    ProtocolDate,
    /// The last day of the term, or that until which something is to be done.
    DueOn,
    /// The address where the citizen sees the case.
    Link,
    /// What the case is about.
    Subject,
    /// The name of the applicant.
    Applicant,
    /// What somebody wrote along with what happened.
    Text,
    /// The reasons of the outcome.
    Reasons,
}

impl Variable {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Municipality,
        Self::Procedure,
        Self::State,
        Self::Protocol,
        Self::ProtocolDate,
        Self::DueOn,
        Self::Link,
        Self::Subject,
        Self::Applicant,
        Self::Text,
        Self::Reasons,
    ];

    /// Its name, as it stands in a template between two braces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Municipality => "municipality",
            Self::Procedure => "procedure",
            Self::State => "state",
            Self::Protocol => "protocol",
            Self::ProtocolDate => "protocolDate",
            Self::DueOn => "dueOn",
            Self::Link => "link",
            Self::Subject => "subject",
            Self::Applicant => "applicant",
            Self::Text => "text",
            Self::Reasons => "reasons",
        }
    }

    /// It says something of people: it stands where the citizen alone reads it.
    pub fn is_personal(self) -> bool {
        matches!(
            self,
            Self::Subject | Self::Applicant | Self::Text | Self::Reasons
        )
    }

    /// How long its value can be.
    fn longest(self) -> usize {
        match self {
            Self::Municipality | Self::Procedure | Self::State => 60,
            Self::Protocol => 50,
            Self::ProtocolDate | Self::DueOn => 10,
            Self::Link => LONGEST_LINK,
            Self::Subject | Self::Applicant => 120,
            Self::Text | Self::Reasons => 3_000,
        }
    }
}

/// The longest address of a case.
pub(super) const LONGEST_LINK: usize = 400;
/// What stands in the place of what is not known.
const NOTHING: &str = "–";

/// What is known of a case.
pub(super) type Values = BTreeMap<Variable, String>;

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In a line of plain text, or an address.
    Plain,
    /// In Markdown: what is known of a case must not be taken for Markdown.
    Markdown,
}

/// A text with variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Variable(Variable),
}

impl Text {
    /// Reads a text: `{{name}}` is a variable.
    pub(super) fn parse(text: &str) -> Result<Self, TextFlaw> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once("{{") {
            let unknown = |name: &str| TextFlaw::UnknownVariable(name.chars().take(40).collect());
            let (name, after) = after.split_once("}}").ok_or_else(|| unknown(after))?;
            let mut known = Variable::ALL.into_iter();
            let variable = known.find(|variable| variable.name() == name.trim());
            if literal.ends_with('\\') {
                // It would take the effect from what keeps values from being Markdown.
                return Err(TextFlaw::NotShown("a backslash before a variable"));
            }
            parts.push(Part::Literal(literal.to_owned()));
            parts.push(Part::Variable(variable.ok_or_else(|| unknown(name))?));
            rest = after;
        }
        parts.push(Part::Literal(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The variables in it.
    pub(super) fn variables(&self) -> impl Iterator<Item = Variable> {
        self.0.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Variable(variable) => Some(*variable),
        })
    }

    /// How long it can be.
    pub(super) fn lengths(&self, form: Form) -> RangeInclusive<usize> {
        let each = self.0.iter().map(|part| match part {
            Part::Literal(text) => (length(text), length(text)),
            // Each character may get a backslash before it.
            Part::Variable(variable) => match form {
                Form::Markdown if *variable != Variable::Link => (1, 2 * variable.longest()),
                _ => (1, variable.longest()),
            },
        });
        let (least, most) = each.fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        least..=most
    }

    /// The text with these values.
    pub(super) fn render(&self, values: &Values, form: Form) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Literal(text) => text.clone(),
            Part::Variable(variable) => {
                let value = values.get(variable).map(|value| value.trim());
                let value = value.filter(|value| !value.is_empty()).unwrap_or(NOTHING);
                let value = shortened(&one_line(*variable, value), variable.longest());
                match form {
                    Form::Markdown if *variable != Variable::Link => escaped(&value),
                    _ => value,
                }
            }
        });
        parts.collect()
    }
}

/// A value on one line, but for those that somebody wrote.
fn one_line(variable: Variable, value: &str) -> String {
    let keeps_lines = matches!(variable, Variable::Text | Variable::Reasons);
    let kept = |letter: char| match letter {
        '\n' if keeps_lines => '\n',
        letter if letter.is_control() => ' ',
        letter => letter,
    };
    value.chars().map(kept).collect()
}

/// A text of at most so many units of UTF-16.
fn shortened(text: &str, most: usize) -> String {
    if length(text) <= most {
        return text.to_owned();
    }
    let mut left = most - 1;
    let fits = |letter: &char| {
        let fits = letter.len_utf16() <= left;
        left = left.saturating_sub(letter.len_utf16());
        fits
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    short
}

/// A text that says in Markdown what it says.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::notifications::text::check_markdown;

    fn texts() -> impl Strategy<Value = String> {
        let variables = Variable::ALL.map(|variable| format!("{{{{{}}}}}", variable.name()));
        let part = prop_oneof!["[a-zà 👋.]{0,20}", prop::sample::select(variables.to_vec())];
        prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
    }

    fn values() -> impl Strategy<Value = Values> {
        let value = prop_oneof![
            any::<String>(),
            "[|\\-\n<>\\[\\]()*_`#a]{0,200}",
            "(👋|è){0,4000}",
            Just("| a | b |\n|---|---|\n| 1 | 2 |".to_owned()),
            Just("<script>[x](javascript:1)</script>".to_owned()),
        ];
        prop::collection::btree_map(prop::sample::select(Variable::ALL.to_vec()), value, 0..11)
    }

    proptest! {
        /// What fits when it is saved fits when it is sent, whatever the case says.
        #[test]
        fn a_text_is_never_longer_or_shorter_than_was_said(text in texts(), values in values()) {
            let text = Text::parse(&text).unwrap();
            for form in [Form::Plain, Form::Markdown] {
                let rendered = text.render(&values, form);
                let lengths = text.lengths(form);
                prop_assert!(lengths.contains(&length(&rendered)), "{lengths:?} {rendered}");
            }
        }

        /// What a case says is never taken for Markdown that IO does not show.
        #[test]
        fn what_a_case_says_is_text_and_nothing_else(mut values in values()) {
            values.insert(Variable::Link, "https://servizi.comune.example/pratiche/1".to_owned());
            let text = Text::parse("Gentile {{applicant}},\n\n{{text}}\n\n{{reasons}} [qui]({{link}})").unwrap();
            let rendered = text.render(&values, Form::Markdown);
            prop_assert_eq!(check_markdown(&rendered), Ok(()), "{}", rendered);
        }

        #[test]
        fn a_text_without_variables_is_itself(text in "[^{]*") {
            let parsed = Text::parse(&text).unwrap();
            prop_assert_eq!(parsed.lengths(Form::Plain), length(&text)..=length(&text));
            prop_assert_eq!(parsed.render(&Values::new(), Form::Markdown), text);
        }
    }

    #[test]
    fn names_that_mean_nothing_are_refused() {
        for (text, name) in [
            ("Pratica {{numero}}", "numero"),
            ("Pratica {{}}", ""),
            ("Pratica {{state", "state"),
        ] {
            let flaw = Text::parse(text).unwrap_err();
            assert_eq!(flaw, TextFlaw::UnknownVariable(name.to_owned()), "{text}");
        }
        assert!(Text::parse("Pratica {{ state }} }}").is_ok());
        assert!(Text::parse("Pratica \\{{state}}").is_err());
    }

    #[test]
    fn what_is_not_known_is_a_dash_and_what_is_too_long_is_cut() {
        let text = Text::parse("{{protocol}}/{{procedure}}").unwrap();
        assert_eq!(text.render(&Values::new(), Form::Plain), "–/–");
        let long = Values::from([(Variable::Procedure, "👋".repeat(60))]);
        let rendered = text.render(&long, Form::Plain);
        assert_eq!(rendered, format!("–/{}…", "👋".repeat(29)));
    }
}
