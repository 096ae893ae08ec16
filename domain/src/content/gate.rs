//! The publishing gate: what is missing or wrong before content can be published. The rules are
//! data in `seeds/publishing-rules/`; this module applies them to the body as it is stored.

use std::{collections::HashMap, sync::LazyLock};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Body, ContentType, Item, ItemState, LinkUse, RichText, shape::Shape};
use crate::{
    ids::ItemId,
    locale::{Locale, Localized},
    procedures::{Flaw, flaws},
};

static RULES_FILE: &str = include_str!("../../../seeds/publishing-rules/publishing-rules.toml");

/// How much an issue weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Publishing is refused.
    Error,
    /// Publishing is allowed; the content could be better.
    Warning,
}

/// One thing that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// The rule, such as `HOW_TO_MISSING`.
    pub code: String,
    /// How much it weighs.
    pub severity: Severity,
    /// The field, such as `costs[1].description`.
    pub path: String,
    /// What is wrong, in Italian.
    pub message_it: String,
    /// What is wrong, in English.
    pub message_en: String,
    /// Where the rule comes from.
    pub source: String,
}

/// Every issue of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PublishReport {
    /// The issues, in the order of the rules.
    pub issues: Vec<Issue>,
}

impl PublishReport {
    /// Nothing keeps the content from being published.
    pub fn is_publishable(&self) -> bool {
        self.issues
            .iter()
            .all(|issue| issue.severity == Severity::Warning)
    }
}

#[derive(Debug, Deserialize)]
struct Rules {
    rule: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    code: String,
    types: Vec<String>,
    field: String,
    check: Check,
    when: Option<When>,
    severity: Severity,
    it: String,
    en: String,
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Check {
    Present(IsTrue),
    Text {
        #[serde(default)]
        min: usize,
        max: Option<usize>,
    },
    Any(Vec<String>),
    AltText(IsTrue),
}

/// A check that takes no parameters is written `= true`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "bool")]
struct IsTrue;

impl TryFrom<bool> for IsTrue {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, Self::Error> {
        value.then_some(Self).ok_or("leave the rule out instead")
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    field: String,
    is: Option<Value>,
    is_not: Option<Value>,
    present: Option<IsTrue>,
}

#[expect(
    clippy::expect_used,
    reason = "the rules are compiled in; a unit test reads them"
)]
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rules: Rules = toml::from_str(RULES_FILE).expect("the compiled-in rules are well formed");
    rules.rule
});

/// What the rules say of a body by itself.
pub fn publish_report(body: &Body) -> PublishReport {
    let content_type = body.content_type();
    // A body serialises, or it could not have been stored.
    let value = body.to_json().unwrap_or_default();
    let applies = |rule: &&Rule| rule.types.iter().any(|name| name == content_type.as_str());
    let rules = RULES.iter().filter(applies);
    let mut issues: Vec<_> = rules
        .flat_map(|rule| rule.issues(content_type, &value))
        .collect();
    if let Body::Procedure(procedure) = body {
        let flaws = procedure.definition.as_ref().map(flaws);
        issues.extend(flaws.into_iter().flatten().map(of_definition));
    }
    PublishReport { issues }
}

/// What keeps a definition from being published.
fn of_definition(flaw: Flaw) -> Issue {
    let (italian, english) = flaw.kind.messages();
    Issue {
        code: flaw.kind.code().to_owned(),
        severity: Severity::Error,
        path: format!("definition.{}", flaw.path),
        message_it: italian.to_owned(),
        message_en: english.to_owned(),
        source: "Municipio".to_owned(),
    }
}

impl Rule {
    fn issues(&self, content_type: ContentType, body: &Value) -> Vec<Issue> {
        if !self.when.as_ref().is_none_or(|when| when.holds(body)) {
            return Vec::new();
        }
        let wrong = match &self.check {
            Check::Any(paths) => {
                let found = paths.iter().any(|path| {
                    let is_localized = is_localized(content_type, path);
                    let mut values = at(body, path).into_iter();
                    values.any(|(_, value)| is_present(value, is_localized))
                });
                if found {
                    Vec::new()
                } else {
                    vec![self.field.clone()]
                }
            }
            Check::Present(IsTrue) => {
                let is_localized = is_localized(content_type, &self.field);
                self.wrong(body, |value| is_present(value, is_localized))
            }
            Check::AltText(IsTrue) => {
                let images = self.wrong(body, has_alternative_text).into_iter();
                images.map(|path| format!("{path}.alt")).collect()
            }
            Check::Text { min, max } => self.wrong(body, |value| has_length(value, *min, *max)),
        };
        wrong.into_iter().map(|path| self.issue(path)).collect()
    }

    fn wrong(&self, body: &Value, is_right: impl Fn(&Value) -> bool) -> Vec<String> {
        at(body, &self.field)
            .into_iter()
            .filter(|(_, value)| !is_right(value))
            .map(|(path, _)| path)
            .collect()
    }

    fn issue(&self, path: String) -> Issue {
        Issue {
            code: self.code.clone(),
            severity: self.severity,
            path,
            message_it: self.it.clone(),
            message_en: self.en.clone(),
            source: self.source.clone(),
        }
    }
}

impl When {
    fn holds(&self, body: &Value) -> bool {
        let found = at(body, &self.field);
        let value = found.first().map_or(&Value::Null, |(_, value)| *value);
        let is_there = self.present.is_none() || !value.is_null();
        is_there
            && self.is.as_ref().is_none_or(|wanted| value == wanted)
            && self
                .is_not
                .as_ref()
                .is_none_or(|unwanted| value != unwanted)
    }
}

/// The values at a path, each with its own path; a missing field is null, an empty list has none.
fn at<'a>(body: &'a Value, path: &str) -> Vec<(String, &'a Value)> {
    let mut found = vec![(String::new(), body)];
    for step in path.split('.') {
        let (field, each) = match step.strip_suffix("[]") {
            Some(field) => (field, true),
            None => (step, false),
        };
        found = found
            .into_iter()
            .flat_map(|(path, value)| {
                let path = if path.is_empty() {
                    field.to_owned()
                } else {
                    format!("{path}.{field}")
                };
                let value = value.get(field).unwrap_or(&Value::Null);
                match value {
                    Value::Array(items) if each => items
                        .iter()
                        .enumerate()
                        .map(|(index, item)| (format!("{path}[{index}]"), item))
                        .collect(),
                    _ if each => Vec::new(),
                    _ => vec![(path, value)],
                }
            })
            .collect();
    }
    found
}

/// Whether what stands at a path is text by locale.
fn is_localized(content_type: ContentType, path: &str) -> bool {
    let body = Shape::of(content_type);
    let mut steps = path.split('.');
    let shape = steps.try_fold(&body, |shape, step| match step.strip_suffix("[]") {
        Some(list) => shape.under(list)?.each(),
        None => shape.under(step),
    });
    shape.is_some_and(Shape::is_localized)
}

fn is_present(value: &Value, is_localized: bool) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        // Localised text is there when it is there in Italian.
        Value::Object(texts) if is_localized => {
            texts.get("it").is_some_and(|text| is_present(text, false))
        }
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    }
}

/// Whether a picture, if there is one, has alternative text or is decorative. An asset has its own, or it is not
/// delivered.
fn has_alternative_text(image: &Value) -> bool {
    image.is_null()
        || image.get("asset").is_some()
        || image.get("decorative") == Some(&Value::Bool(true))
        || image.get("alt").is_some_and(|alt| is_present(alt, true))
}

/// Whether localised text, plain or rich, has these numbers of characters: the least in Italian,
/// the most in every locale.
fn has_length(value: &Value, min: usize, max: Option<usize>) -> bool {
    let length = |text: &Value| match text {
        Value::String(text) => text.trim().chars().count(),
        blocks => RichText::deserialize(blocks)
            .map(|text| text.plain_text().trim().chars().count())
            .unwrap_or_default(),
    };
    let texts = Localized::<Value>::deserialize(value).unwrap_or_default();
    let italian = texts.get(&Locale::italian()).map_or(0, length);
    italian >= min
        && texts
            .iter()
            .all(|(_, text)| max.is_none_or(|max| length(text) <= max))
}

/// The main site of an office.
pub fn main_site(item: &Item) -> Option<ItemId> {
    match &item.body {
        Body::Office(office) => office.main_site.map(|site| site.id()),
        _ => None,
    }
}

/// What the rules say of the items that a body links to. Always warnings: items are published in
/// any order, and a link to one that is not published yet is simply not delivered. `hidden` says where those
/// stand that are not published; of others nothing is left.
pub fn linked_issues(
    body: &Body,
    links: &[LinkUse],
    linked: &[Item],
    hidden: &HashMap<ItemId, ItemState>,
) -> Vec<Issue> {
    let find = |id: ItemId| linked.iter().find(|item| item.id == id);
    let warning = |code: &str, path: String, it: &str, en: &str, source: &str| Issue {
        code: code.to_owned(),
        severity: Severity::Warning,
        path,
        message_it: it.to_owned(),
        message_en: en.to_owned(),
        source: source.to_owned(),
    };
    let mut issues = Vec::new();
    for link in links.iter().filter(|link| find(link.target).is_none()) {
        let state = hidden.get(&link.target).copied();
        let (code, it, en) = match state.unwrap_or(ItemState::Deleted) {
            ItemState::Deleted => (
                "LINK_DELETED",
                "Il contenuto collegato è stato eliminato: il collegamento non comparirà.",
                "The linked content was deleted: the link will not appear.",
            ),
            ItemState::Archived => (
                "LINK_ARCHIVED",
                "Il contenuto collegato è archiviato: il collegamento non comparirà.",
                "The linked content is archived: the link will not appear.",
            ),
            _ => (
                "LINK_NOT_PUBLISHED",
                "Il contenuto collegato non è pubblicato: il collegamento comparirà quando lo sarà.",
                "The linked content is not published: the link will appear when it is.",
            ),
        };
        issues.push(warning(code, link.path.clone(), it, en, "Municipio"));
    }
    let Body::Service(service) = body else {
        return issues;
    };
    let in_model = |item: &Item| match &item.body {
        Body::Topic(topic) => topic.code.is_some_and(|code| {
            code.term()
                .facts
                .get("in_model")
                .is_some_and(|fact| fact == "true")
        }),
        _ => false,
    };
    let topics = service.topics.iter().filter_map(|topic| find(topic.id()));
    if !service.topics.is_empty() && !topics.into_iter().any(in_model) {
        issues.push(warning(
            "TOPIC_NOT_IN_MODEL",
            "topics".to_owned(),
            "Nessun argomento è tra i 64 del modello nazionale.",
            "No topic is among the 64 of the national model.",
            "national validator (italia/pa-website-validator-ng) C.SI.1.5",
        ));
    }
    let site = service
        .responsible_office
        .and_then(|office| find(office.id()))
        .and_then(main_site)
        .and_then(find);
    let has_address = site.is_some_and(|site| match &site.body {
        Body::Place(place) => {
            place.street_address.is_some() && place.postal_code.is_some() && place.city.is_some()
        }
        _ => false,
    });
    if service.responsible_office.is_some() && !has_address {
        issues.push(warning(
            "OFFICE_ADDRESS_MISSING",
            "responsible_office".to_owned(),
            "L'ufficio responsabile non ha una sede pubblicata con indirizzo, CAP e comune: i dati schema.org restano incompleti.",
            "The responsible office has no published site with street, postal code and city: the schema.org data stay incomplete.",
            "national validator (italia/pa-website-validator-ng) R.SI.1.1",
        ));
    }
    issues
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::content::ContentType;

    fn report(content_type: ContentType, body: Value) -> Vec<(String, String)> {
        let body = Body::parse(content_type, body).unwrap();
        publish_report(&body)
            .issues
            .into_iter()
            .map(|issue| (issue.code, issue.path))
            .collect()
    }

    #[test]
    fn rules_name_types_that_exist() {
        for rule in RULES.iter() {
            for name in &rule.types {
                assert!(name.parse::<ContentType>().is_ok(), "{}: {name}", rule.code);
            }
        }
    }

    #[test]
    fn an_empty_service_misses_what_the_validator_asks() {
        let body = Body::parse(ContentType::Service, json!({})).unwrap();
        let report = publish_report(&body);
        let errors: Vec<_> = report
            .issues
            .iter()
            .filter(|issue| issue.severity == Severity::Error)
            .map(|issue| issue.code.as_str())
            .collect();
        assert_eq!(
            errors,
            [
                "TITLE_MISSING",
                "SHORT_DESCRIPTION_MISSING",
                "CATEGORY_MISSING",
                "TOPICS_MISSING",
                "AUDIENCE_MISSING",
                "HOW_TO_MISSING",
                "NEEDS_INTRO_MISSING",
                "OUTPUT_TEXT_MISSING",
                "TIMEFRAME_MISSING",
                "ACCESS_MISSING",
                "TERMS_OF_SERVICE_MISSING",
                "CONTACT_POINTS_MISSING",
                "RESPONSIBLE_OFFICE_MISSING",
            ]
        );
        assert!(!report.is_publishable());
    }

    #[test]
    fn paths_go_through_lists_and_conditions_hold() {
        let found = report(
            ContentType::Service,
            json!({ "status": "inactive", "costs": [{ "description": "Bollo" }, { "value": 16 }] }),
        );
        let has = |code: &str, path: &str| found.contains(&(code.to_owned(), path.to_owned()));
        assert!(has("COST_DESCRIPTION_MISSING", "costs[1].description"));
        assert!(!has("COST_DESCRIPTION_MISSING", "costs[0].description"));
        assert!(has("STATUS_REASON_MISSING", "status_reason"));
        let found = report(ContentType::NewsItem, json!({ "news_type": "comunicati" }));
        assert!(found.iter().any(|(code, _)| code == "PRESS_NUMBER_MISSING"));
        let found = report(ContentType::NewsItem, json!({ "news_type": "avvisi" }));
        assert!(!found.iter().any(|(code, _)| code == "PRESS_NUMBER_MISSING"));
    }

    #[test]
    fn a_picture_needs_alternative_text_unless_decorative() {
        let image = |extra: Value| {
            let mut image = json!({ "url": "https://www.comune.esempio.it/a.jpg" });
            image
                .as_object_mut()
                .unwrap()
                .extend(extra.as_object().unwrap().clone());
            let found = report(ContentType::Page, json!({ "image": image }));
            found.iter().any(|(code, _)| code == "ALT_TEXT_MISSING")
        };
        assert!(image(json!({})));
        assert!(!image(json!({ "decorative": true })));
        assert!(!image(json!({ "alt": "Il municipio" })));
        assert!(
            !report(ContentType::Page, json!({}))
                .iter()
                .any(|(code, _)| code == "ALT_TEXT_MISSING")
        );
    }

    #[test]
    fn the_least_counts_in_italian_and_the_most_everywhere() {
        let german_only = json!({ "title": { "de": "Personalausweis" } });
        assert!(
            report(ContentType::Topic, german_only)
                .iter()
                .any(|(code, _)| code == "TITLE_MISSING")
        );
        let long = json!({ "title": { "it": "Carta", "de": "x".repeat(61) } });
        assert!(
            report(ContentType::Service, long)
                .iter()
                .any(|(code, _)| code == "TITLE_LONG")
        );
    }
}
