//! The quality of texts: how hard they are to read, personal data in them, links of the site that lead
//! nowhere. All of it are warnings of the publishing report; nothing here keeps content from being
//! published, and imports do not ask for it. The rules are data in `seeds/publishing-rules/`.

mod gulpease;
mod links;
mod personal_data;
mod texts;

use std::{ops::Range, sync::LazyLock};

use serde::Deserialize;

use super::{Body, ContentType, Issue, Severity};
use crate::locale::Locale;
use texts::{Text, Texts};

pub use links::SiteLink;

static RULES_FILE: &str = include_str!("../../../../seeds/publishing-rules/quality-rules.toml");
/// How far from personal data a word still says what it is, in bytes.
const NEAR: usize = 100;

#[derive(Debug, Deserialize)]
struct Rules {
    rule: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    code: String,
    check: Check,
    #[serde(default)]
    except: Vec<String>,
    #[serde(default)]
    unless_near: Vec<String>,
    it: String,
    en: String,
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Check {
    Gulpease { min: u8, words: usize },
    PersonalData(PersonalData),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PersonalData {
    FiscalCode,
    Iban,
    Mobile,
}

#[expect(
    clippy::expect_used,
    reason = "the rules are compiled in; unit tests read them"
)]
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rules: Rules = toml::from_str(RULES_FILE).expect("the compiled-in rules are well formed");
    rules.rule
});

/// What the texts of a body could do better, and the links of the site itself that they hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// Warnings, in the order of the rules.
    pub issues: Vec<Issue>,
    /// Addresses of the site: whether something is there is for the database to say.
    pub site_links: Vec<SiteLink>,
}

/// Looks at the texts of a body. `hosts` are those of the municipality.
pub fn quality(body: &Body, hosts: &[String]) -> Quality {
    let content_type = body.content_type().as_str();
    // A body serialises, or it could not have been stored.
    let value = body.to_json().unwrap_or_default();
    let found = Texts::of(body.content_type(), &value);
    let issues = RULES.iter().flat_map(|rule| {
        let texts = found.texts.iter();
        let texts = texts.filter(|text| rule.applies(content_type, &text.path));
        let mut told: Vec<Issue> = Vec::new();
        for text in texts {
            // A text in three locales is told of once.
            if told.iter().all(|issue| issue.path != text.path) {
                told.extend(rule.issue(text));
            }
        }
        told
    });
    Quality {
        issues: issues.collect(),
        site_links: links::of_site(&found.addresses, hosts),
    }
}

/// The localised texts of a stored body, without markup: the field, the locale and the text.
pub(crate) fn localized_texts(
    content_type: ContentType,
    body: &serde_json::Value,
) -> Vec<(String, Locale, String)> {
    let texts = Texts::of(content_type, body).texts.into_iter();
    let localized = texts.filter_map(|text| {
        let locale = text.locale?.parse().ok()?;
        Some((text.path, locale, text.text))
    });
    localized.collect()
}

/// A text holds something that looks like the fiscal code, the account or the mobile number of somebody.
pub(crate) fn holds_personal_data(text: &str) -> bool {
    let kinds = [
        PersonalData::FiscalCode,
        PersonalData::Iban,
        PersonalData::Mobile,
    ];
    kinds.iter().any(|kind| !kind.find(text).is_empty())
}

impl Rule {
    fn applies(&self, content_type: &str, path: &str) -> bool {
        let is_below = |field: &str| {
            let rest = path.strip_prefix(field);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        !self.except.iter().any(|except| {
            let of_type = except.strip_prefix(content_type);
            let field = of_type.and_then(|field| field.strip_prefix('.'));
            is_below(field.unwrap_or(except))
        })
    }

    fn issue(&self, text: &Text) -> Option<Issue> {
        let index = match &self.check {
            Check::Gulpease { min, words } => {
                let index = text
                    .is_italian()
                    .then(|| gulpease::index(&text.text, *words));
                Some(index.flatten().filter(|index| index < min)?)
            }
            Check::PersonalData(kind) => {
                let mut found = kind.find(&text.text).into_iter();
                found.find(|found| !self.is_explained(&text.text, found))?;
                None
            }
        };
        let message = |template: &str| {
            let index = index.map(|index| index.to_string()).unwrap_or_default();
            template.replace("{index}", &index)
        };
        Some(Issue {
            code: self.code.clone(),
            severity: Severity::Warning,
            path: text.path.clone(),
            message_it: message(&self.it),
            message_en: message(&self.en),
            source: self.source.clone(),
        })
    }

    /// A word beside it says that it is no personal data.
    fn is_explained(&self, text: &str, found: &Range<usize>) -> bool {
        if self.unless_near.is_empty() {
            return false;
        }
        let begin = text.floor_char_boundary(found.start.saturating_sub(NEAR));
        let end = text.ceil_char_boundary((found.end + NEAR).min(text.len()));
        let around = text[begin..end].to_lowercase();
        self.unless_near.iter().any(|word| around.contains(word))
    }
}

impl PersonalData {
    fn find(self, text: &str) -> Vec<Range<usize>> {
        match self {
            Self::FiscalCode => personal_data::fiscal_codes(text),
            Self::Iban => personal_data::ibans(text),
            Self::Mobile => personal_data::mobiles(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(content_type: ContentType, body: Value) -> Vec<(String, String)> {
        let body = Body::parse(content_type, body).unwrap();
        let issues = quality(&body, &[]).issues.into_iter();
        issues.map(|issue| (issue.code, issue.path)).collect()
    }

    fn told(list: &[(&str, &str)]) -> Vec<(String, String)> {
        let list = list.iter();
        list.map(|(code, path)| ((*code).to_owned(), (*path).to_owned()))
            .collect()
    }

    #[test]
    fn every_text_is_looked_at_and_told_of_once() {
        let body = json!({
            "title": "Bando di RSSMRA80A01H501U",
            "how_to": {
                "it": "Scrivere a **Ada**.\n\n- telefono 347 123 4567\n- IBAN IT60 X054 2811 1010 0000 0123 456",
                "de": "Anrufen: 347 123 4567",
            },
            "needs": [{ "title": "Modulo" }, { "title": "Altro", "description": "C.F. RSSMRA80A01H501U" }],
            "keywords": { "it": ["rossi", "3471234567"] },
        });
        let expected = told(&[
            ("FISCAL_CODE_IN_TEXT", "title"),
            ("FISCAL_CODE_IN_TEXT", "needs[1].description"),
            ("IBAN_IN_TEXT", "how_to"),
            ("MOBILE_IN_TEXT", "how_to"),
            ("MOBILE_IN_TEXT", "keywords[1]"),
        ]);
        assert_eq!(found(ContentType::Service, body), expected);
    }

    #[test]
    fn what_is_in_its_place_is_no_issue() {
        let contacts = json!({
            "title": "Contatti",
            "entries": [
                { "type": "telefono", "value": "347 123 4567", "description": "Reperibilità" },
                { "type": "account.whatsapp", "value": "+39 347 1234567" },
            ],
        });
        assert_eq!(found(ContentType::ContactPoint, contacts), []);
        let service = json!({
            "title": "Pagamenti",
            "identifier": "3471234567",
            "costs": [{ "description": "Bonifico alla Tesoreria: IT60X0542811101000000123456" }],
            "how_to": "Messaggi WhatsApp al 347 1234567. Codice fiscale del Comune: 80012345676.",
            "booking": { "url": "https://www.comune.example/RSSMRA80A01H501U/3471234567" },
        });
        assert_eq!(found(ContentType::Service, service), []);
    }

    #[test]
    fn hard_texts_are_told_with_their_index() {
        let hard = "Le amministrazioni procedenti, previa acquisizione della documentazione comprovante \
            la sussistenza dei requisiti soggettivi precedentemente autocertificati dagli interessati, \
            provvedono all'emanazione del provvedimento conclusivo del procedimento amministrativo \
            entro il termine ordinatorio stabilito dalle disposizioni regolamentari vigenti, ".repeat(4);
        let easy =
            "La carta costa 22 euro. Vieni allo sportello con una foto. La fai in un giorno. "
                .repeat(10);
        let body = json!({ "title": "Prova", "how_to": hard, "audience": easy, "applicants": { "de": hard } });
        let body = Body::parse(ContentType::Service, body).unwrap();
        let issues = quality(&body, &[]).issues;
        assert_eq!(issues.len(), 1, "{issues:?}");
        assert_eq!(
            (issues[0].code.as_str(), issues[0].path.as_str()),
            ("TEXT_HARD_TO_READ", "how_to")
        );
        assert!(!issues[0].message_it.contains("{index}"), "{issues:?}");
        assert_eq!(issues[0].severity, Severity::Warning);
    }

    #[test]
    fn rules_say_what_they_are() {
        for rule in RULES.iter() {
            assert!(
                rule.it.ends_with('.') && rule.en.ends_with('.'),
                "{}",
                rule.code
            );
            for word in &rule.unless_near {
                assert_eq!(*word, word.to_lowercase(), "{}", rule.code);
            }
        }
    }
}
