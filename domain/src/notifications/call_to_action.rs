//! The buttons under a message: front matter of its Markdown, written by a serialiser of YAML. IO shows those of the
//! language of the app, and none when the app is in English and there are none in English.

use serde::{Deserialize, Serialize};

use super::{
    text::{TextFlaw, check_action, fits},
    variables::{Form, Text, Values, Variable},
};

/// How many there may be.
const MOST: usize = 2;

/// A button that leads somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallToAction {
    /// What stands on it.
    pub text: String,
    /// Where it leads: an address of IO, in which `{{link}}` may stand.
    pub action: String,
}

/// The buttons in both languages.
#[derive(Serialize)]
struct FrontMatter<'a> {
    it: Buttons<'a>,
    en: Buttons<'a>,
}

#[derive(Serialize)]
struct Buttons<'a> {
    cta_1: &'a Button,
    #[serde(skip_serializing_if = "Option::is_none")]
    cta_2: Option<&'a Button>,
}

#[derive(Serialize)]
struct Button {
    text: String,
    action: String,
}

/// What is wrong with the buttons of a language, and with which of them.
pub(super) fn check(actions: &[CallToAction]) -> Vec<(usize, &'static str, TextFlaw)> {
    let mut wrong = Vec::new();
    if actions.len() > MOST {
        wrong.push((MOST, "", TextFlaw::TooManyActions));
    }
    for (index, one) in actions.iter().enumerate() {
        let length = super::text::length(one.text.trim());
        if let Err(flaw) = fits(&(length..=length), &(2..=40)) {
            wrong.push((index, "text", flaw));
        }
        if let Err(flaw) = check_address(&one.action) {
            wrong.push((index, "action", flaw));
        }
    }
    wrong
}

fn check_address(action: &str) -> Result<(), TextFlaw> {
    let text = Text::parse(action)?;
    if text.variables().any(|variable| variable != Variable::Link) {
        return Err(TextFlaw::Action);
    }
    let link = Values::from([(Variable::Link, "https://comune.example/".to_owned())]);
    check_action(&text.render(&link, Form::Plain))
}

/// The front matter of these buttons; empty when there are none. Those that are not there in English are shown in
/// Italian.
pub(super) fn front_matter(
    italian: &[CallToAction],
    english: &[CallToAction],
    values: &Values,
) -> Result<String, TextFlaw> {
    let buttons = |actions: &[CallToAction]| -> Result<Vec<Button>, TextFlaw> {
        let buttons = actions.iter().map(|one| {
            Ok(Button {
                text: one.text.trim().to_owned(),
                action: Text::parse(&one.action)?.render(values, Form::Plain),
            })
        });
        buttons.collect()
    };
    let it = buttons(italian)?;
    let en = match english.is_empty() {
        true => buttons(italian)?,
        false => buttons(english)?,
    };
    let (Some(it_first), Some(en_first)) = (it.first(), en.first()) else {
        return Ok(String::new());
    };
    let matter = FrontMatter {
        it: Buttons {
            cta_1: it_first,
            cta_2: it.get(1),
        },
        en: Buttons {
            cta_1: en_first,
            cta_2: en.get(1),
        },
    };
    // Texts are all that it is made of: nothing that could not be written.
    let yaml = serde_saphyr::to_string(&matter).map_err(|_| TextFlaw::Action)?;
    Ok(format!("---\n{}\n---\n", yaml.trim_end()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn button(text: &str, action: &str) -> CallToAction {
        CallToAction {
            text: text.to_owned(),
            action: action.to_owned(),
        }
    }

    type Read = BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>;

    fn read(matter: &str) -> Read {
        let inner = matter.strip_prefix("---\n").unwrap();
        let (inner, _) = inner.split_once("\n---\n").unwrap();
        serde_saphyr::from_str(inner).unwrap()
    }

    proptest! {
        /// Whatever stands on a button, a reader of YAML reads it as it was written.
        #[test]
        fn buttons_survive_yaml(text in "\\PC{2,40}", english in "\\PC{2,40}") {
            let action = "iohandledlink://https://servizi.comune.example/pratiche/a:b#c";
            let matter = front_matter(&[button(&text, action)], &[button(&english, action)], &Values::new()).unwrap();
            let read = read(&matter);
            prop_assert_eq!(&read["it"]["cta_1"]["text"], text.trim());
            prop_assert_eq!(&read["en"]["cta_1"]["text"], english.trim());
            prop_assert_eq!(&read["it"]["cta_1"]["action"], action);
        }
    }

    #[test]
    fn buttons_are_there_in_both_languages() {
        let values = Values::from([(
            Variable::Link,
            "https://servizi.comune.example/1".to_owned(),
        )]);
        let one = button("Vai alla pratica", "iohandledlink://{{link}}");
        let two = button("Chiama: l'ufficio", "iohandledlink://tel:+3906123");
        let matter = front_matter(&[one, two], &[], &values).unwrap();
        let read = read(&matter);
        assert_eq!(read["en"], read["it"]);
        assert_eq!(
            read["it"]["cta_1"]["action"],
            "iohandledlink://https://servizi.comune.example/1"
        );
        assert_eq!(read["it"]["cta_2"]["text"], "Chiama: l'ufficio");
        assert_eq!(front_matter(&[], &[], &values), Ok(String::new()));
    }

    #[test]
    fn what_leads_nowhere_is_refused() {
        let places = |actions: &[CallToAction]| {
            let wrong = check(actions).into_iter();
            wrong
                .map(|(index, field, _)| (index, field))
                .collect::<Vec<_>>()
        };
        let good = button("Vai alla pratica", "iohandledlink://{{link}}");
        assert_eq!(places(std::slice::from_ref(&good)), []);
        assert_eq!(
            places(&[good.clone(), button("x", "https://a.example/")]),
            [(1, "text"), (1, "action")]
        );
        assert_eq!(
            places(&[button("Vai qui", "iohandledlink://{{text}}")]),
            [(0, "action")]
        );
        assert_eq!(places(&[good.clone(), good.clone(), good]), [(2, "")]);
    }
}
