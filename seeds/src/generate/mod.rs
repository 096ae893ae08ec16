//! Content for measurements: any number of invented municipalities with any number of services and
//! news each, in Italian that reads like the real thing. The same seed gives the same content, and
//! more of it begins with the same: a larger run adds to what a smaller one left.

mod basics;
mod data;
mod news;
mod phrases;
mod service;
#[cfg(test)]
mod tests;
mod town;
mod write;

use municipio_domain::{
    content::{Body, ContentError, ContentType, FieldError, Slug},
    ids::ItemId,
    store::StoreError,
    tenants::{InvalidCode, IpaCode, TenantError},
};
use serde_json::Value;

use data::{DATA, Office};
use phrases::Writer;
use town::{Size, Town};

pub use write::{AUTHOR, generate};

/// What is to be generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How many municipalities.
    pub tenants: u64,
    /// How many services each has.
    pub services: u64,
    /// How many news each has.
    pub news: u64,
    /// What decides all else.
    pub seed: u64,
}

impl Plan {
    /// How many items there are in the end, with the offices, topics and so on that services and
    /// news need.
    pub fn items(&self) -> u64 {
        self.tenants * self.items_each()
    }

    fn items_each(&self) -> u64 {
        basics::count(self.services + self.news) + self.services + self.news
    }
}

/// What was generated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GenerateReport {
    /// Municipalities that are new.
    pub tenants_created: u64,
    /// Municipalities that an earlier run made.
    pub tenants_found: u64,
    /// Items that are new.
    pub items_created: u64,
    /// Items that were there; they are left as they are.
    pub items_found: u64,
}

/// Why nothing more is generated. What was committed before stays.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// A municipality cannot be created.
    #[error(transparent)]
    Tenant(#[from] TenantError),
    /// There are more municipalities than IPA codes.
    #[error(transparent)]
    Code(#[from] InvalidCode),
    /// The IPA code belongs to a municipality that this seed did not make.
    #[error(
        "{0} is there already, and the seed {1} did not generate it: take the seed that did, or an empty database"
    )]
    Taken(IpaCode, u64),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An item cannot be written.
    #[error("{tenant}: {content_type} {key}: {error}")]
    Refused {
        /// The municipality.
        tenant: IpaCode,
        /// The type of the item.
        content_type: ContentType,
        /// Which item.
        key: String,
        /// Why.
        error: ContentError,
    },
}

/// An item as it is to be written.
struct Item {
    id: ItemId,
    content_type: ContentType,
    key: String,
    slug: Option<Slug>,
    body: Body,
}

impl Item {
    fn new(
        town: &Town,
        content_type: ContentType,
        key: &str,
        slug: Option<Slug>,
        body: Value,
    ) -> Result<Self, GenerateError> {
        let refused = |errors: Vec<FieldError>| {
            refused(town, content_type, key, ContentError::Invalid(errors))
        };
        Ok(Self {
            id: town.item(content_type, key),
            content_type,
            key: key.to_owned(),
            slug,
            body: Body::parse(content_type, body).map_err(refused)?,
        })
    }
}

fn refused(
    town: &Town,
    content_type: ContentType,
    key: &str,
    error: ContentError,
) -> GenerateError {
    GenerateError::Refused {
        tenant: town.ipa_code.clone(),
        content_type,
        key: key.to_owned(),
        error,
    }
}

/// The office with this key, or the area it belongs to as long as it is not there.
fn office(key: &str, size: Size) -> &'static Office {
    let there = &DATA.offices[..size.offices];
    let find = |key: &str| there.iter().find(|office| office.key == key);
    let wanted = DATA.offices.iter().find(|office| office.key == key);
    let area = wanted.and_then(|office| office.parent.as_deref());
    find(key)
        .or_else(|| find(area?))
        .unwrap_or(&DATA.offices[0])
}

/// The topics of these that are there, and the one that always is.
fn topics(town: &Town, wanted: &'static [String], always: &str, size: Size) -> Vec<Value> {
    let there = &DATA.topics.topic[..size.topics];
    let is_there = |code: &&str| there.iter().any(|topic| topic.code == **code);
    let mut codes: Vec<&str> = wanted.iter().map(String::as_str).filter(is_there).collect();
    if codes.is_empty() || !codes.contains(&always) && codes.len() < 2 {
        codes.push(always);
    }
    let topics = codes
        .into_iter()
        .map(|code| town.item(ContentType::Topic, code));
    topics.map(|id| Value::from(id.to_string())).collect()
}

/// A few earlier items of the type, at most this many, among those that are written together with
/// this one.
fn related(
    town: &Town,
    writer: &mut Writer,
    content_type: ContentType,
    index: u64,
    most: u8,
) -> Vec<Value> {
    let first = index - index % write::TOGETHER;
    let mut chosen = Vec::new();
    for _ in 0..writer.rng.u8(..=most) {
        if index > first {
            let other = writer.rng.u64(first..index);
            if !chosen.contains(&other) {
                chosen.push(other);
            }
        }
    }
    let items = chosen
        .into_iter()
        .map(|index| town.item(content_type, &index.to_string()));
    items.map(|id| Value::from(id.to_string())).collect()
}

/// A bulleted list in Markdown.
fn list(lines: &[String]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| format!("- {line}")).collect();
    lines.join("\n")
}
