//! The data from which content is generated: `seeds/generate/`, compiled in.

use std::{collections::BTreeMap, sync::LazyLock};

use chrono::NaiveDate;
use serde::{Deserialize, de::DeserializeOwned};

use super::phrases::Phrases;

/// Alternatives, of which one is taken.
pub(super) type Choice = Vec<String>;

pub(super) struct Data {
    pub(super) phrases: Phrases,
    pub(super) towns: Towns,
    pub(super) offices: Vec<Office>,
    pub(super) topics: Topics,
    pub(super) places: Vec<Place>,
    pub(super) categories: Vec<Category>,
    pub(super) kinds: BTreeMap<String, Kind>,
    pub(super) news: News,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Towns {
    pub(super) first: Choice,
    pub(super) second: Choice,
    pub(super) third: Choice,
    pub(super) regions: Choice,
    pub(super) mottos: Choice,
    pub(super) streets: Choice,
    pub(super) districts: Choice,
    pub(super) patrons: Vec<(String, String)>,
    pub(super) hours: Vec<Hours>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hours {
    pub(super) weekly: Vec<(Vec<String>, String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Office {
    pub(super) key: String,
    pub(super) title: String,
    pub(super) name: String,
    #[serde(rename = "type", default = "ordinary_office")]
    pub(super) office_type: String,
    pub(super) parent: Option<String>,
    pub(super) short: String,
    pub(super) duties: Vec<String>,
}

fn ordinary_office() -> String {
    "struttura-amministrativa.ufficio".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Topics {
    pub(super) topic: Vec<Topic>,
    pub(super) description: Choice,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Topic {
    pub(super) code: String,
    pub(super) title: String,
    pub(super) area: String,
    pub(super) short: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    pub(super) key: String,
    pub(super) title: String,
    #[serde(rename = "type")]
    pub(super) place_type: String,
    pub(super) area: String,
    pub(super) short: String,
    pub(super) description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Category {
    pub(super) code: String,
    pub(super) office: String,
    pub(super) topic: String,
    #[serde(default)]
    pub(super) life_events: Vec<String>,
    #[serde(default)]
    pub(super) business_events: Vec<String>,
    pub(super) functions: Vec<String>,
    pub(super) who: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) laws: Vec<String>,
    pub(super) services: Vec<Service>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Service {
    pub(super) title: String,
    pub(super) about: String,
    pub(super) kind: String,
    pub(super) office: Option<String>,
    pub(super) topics: Vec<String>,
    pub(super) what: String,
    pub(super) result: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kind {
    pub(super) days: Vec<u16>,
    pub(super) variations: Vec<Variation>,
    pub(super) steps: Vec<Choice>,
    pub(super) needs: Vec<Need>,
    pub(super) outputs: Vec<Output>,
    pub(super) costs: Vec<Vec<Cost>>,
    pub(super) limits: Vec<Choice>,
    pub(super) cases: Vec<Choice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variation {
    pub(super) title: String,
    pub(super) about: String,
    pub(super) what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Need {
    pub(super) title: String,
    pub(super) kind: String,
    #[serde(default)]
    pub(super) description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Output {
    pub(super) title: String,
    pub(super) kind: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cost {
    pub(super) description: String,
    pub(super) value: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct News {
    pub(super) from: NaiveDate,
    pub(super) until: NaiveDate,
    pub(super) story: Vec<Story>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Story {
    pub(super) kind: String,
    pub(super) office: String,
    pub(super) topics: Vec<String>,
    pub(super) runs_for: Option<(u32, u32)>,
    pub(super) titles: Choice,
    pub(super) short: Choice,
    pub(super) body: Vec<Choice>,
}

#[derive(Deserialize)]
struct OfficesFile {
    office: Vec<Office>,
}

#[derive(Deserialize)]
struct PlacesFile {
    place: Vec<Place>,
}

#[derive(Deserialize)]
struct ServicesFile {
    category: Vec<Category>,
}

#[derive(Deserialize)]
struct KindsFile {
    kind: BTreeMap<String, Kind>,
}

macro_rules! file {
    ($name:literal) => {
        read($name, include_str!(concat!("../../generate/", $name)))
    };
    ($name:literal, $type:ty) => {
        read::<$type>($name, include_str!(concat!("../../generate/", $name)))
    };
}

pub(super) static DATA: LazyLock<Data> = LazyLock::new(|| Data {
    phrases: file!("phrases.toml"),
    towns: file!("towns.toml"),
    offices: file!("offices.toml", OfficesFile).office,
    topics: file!("topics.toml"),
    places: file!("places.toml", PlacesFile).place,
    categories: file!("services.toml", ServicesFile).category,
    kinds: file!("kinds.toml", KindsFile).kind,
    news: file!("news.toml"),
});

#[expect(
    clippy::panic,
    reason = "the files are compiled in; every test of this module reads them"
)]
fn read<T: DeserializeOwned>(name: &str, text: &str) -> T {
    toml::from_str(text).unwrap_or_else(|error| panic!("seeds/generate/{name}: {error}"))
}
