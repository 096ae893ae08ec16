//! An invented municipality: its names and codes, and where the texts of its content begin.

use fastrand::Rng;
use municipio_domain::{
    content::{ContentType, Slug},
    ids::{ItemId, TenantId},
    tenants::{InvalidCode, IpaCode},
};
use uuid::Uuid;

use super::{
    data::{Category, DATA, Office, Service},
    phrases::{Writer, article},
};
use crate::load::item_id;

/// A generated municipality. Everything follows from the seed and the number.
pub(super) struct Town {
    seed: u64,
    /// From 1.
    number: u64,
    pub(super) id: TenantId,
    pub(super) ipa_code: IpaCode,
    pub(super) name: String,
    pub(super) host: String,
    pub(super) region: &'static str,
    pub(super) motto: &'static str,
    pub(super) patron: &'static (String, String),
    /// Latitude and longitude of the centre.
    pub(super) centre: (f64, f64),
    /// The services in the order in which this municipality offers them.
    pub(super) services: Vec<(&'static Category, &'static Service)>,
}

/// How much there is besides services and news: more, slowly, the more of them there are.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) offices: usize,
    pub(super) topics: usize,
    pub(super) places: usize,
}

impl Size {
    /// What there is beside this many services and news.
    pub(super) fn of(items: u64) -> Self {
        let doublings = (1 + items / 8).ilog2() as usize;
        Self {
            offices: (4 + doublings * 5 / 2).min(DATA.offices.len()),
            topics: (10 + doublings * 5 / 2).min(DATA.topics.topic.len()),
            places: (2 + doublings).min(DATA.places.len()),
        }
    }
}

impl Town {
    pub(super) fn new(seed: u64, number: u64) -> Result<Self, InvalidCode> {
        let mut rng = random(&[seed, number]);
        let towns = &DATA.towns;
        let name = name(seed, number);
        let slug = Slug::from_title(&name).map_or_else(String::new, |slug| slug.to_string());
        let mut services: Vec<_> = DATA
            .categories
            .iter()
            .flat_map(|category| {
                category
                    .services
                    .iter()
                    .map(move |service| (category, service))
            })
            .collect();
        rng.shuffle(&mut services);
        let text = |rng: &mut Rng, texts: &'static [String]| {
            rng.choice(texts).map(String::as_str).unwrap_or_default()
        };
        Ok(Self {
            seed,
            number,
            id: TenantId(Uuid::new_v5(
                &Uuid::NAMESPACE_OID,
                format!("municipio/generate/{seed}/{number}").as_bytes(),
            )),
            // Z is the letter of foreign states in cadastral codes: no municipality has it.
            ipa_code: format!("c_z{number:04}").parse()?,
            host: format!("www.comune.{slug}.example"),
            name,
            region: text(&mut rng, &towns.regions),
            motto: text(&mut rng, &towns.mottos),
            patron: &towns.patrons[rng.usize(..towns.patrons.len())],
            centre: (37.5 + 8.5 * rng.f64(), 8.0 + 9.0 * rng.f64()),
            services,
        })
    }

    /// The id of an item; the same on every run. The ids of items whose key is a number are in the order of
    /// the numbers, as those of content that people make are in the order of time (UUID version 8): indexes
    /// grow at their end.
    pub(super) fn item(&self, content_type: ContentType, key: &str) -> ItemId {
        let id = item_id(self.id, content_type, &format!("generated/{key}"));
        let Ok(number) = key.parse::<u64>() else {
            return id;
        };
        let mut bytes = id.0.into_bytes();
        let place = (self.number << 28) | (number & 0x0fff_ffff);
        bytes[..6].copy_from_slice(&place.to_be_bytes()[2..]);
        ItemId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// An office with its article and a link to it, as Markdown.
    pub(super) fn office_link(&self, office: &Office) -> String {
        let (article, name) = article(&office.name);
        let id = self.item(ContentType::Office, &office.key);
        format!("{article}[{name}](item:{id})")
    }

    /// Writes the texts of an item: nothing but its type and its number decides them.
    pub(super) fn writer(&self, content_type: ContentType, index: u64) -> Writer<'static> {
        let rng = random(&[self.seed, self.number, content_type as u64, index]);
        let mut writer = Writer::new(&DATA.phrases, rng);
        writer.set("comune", &self.name);
        writer.set("patrono", &self.patron.1);
        let towns = &DATA.towns;
        for (name, texts) in [
            ("via", &towns.streets),
            ("altra_via", &towns.streets),
            ("quartiere", &towns.districts),
        ] {
            let text = writer.one_of(texts);
            writer.set(name, text);
        }
        writer
    }

    /// An address on the site of the municipality.
    pub(super) fn address(&self, path: &str) -> String {
        format!("https://{}/{path}", self.host)
    }
}

fn name(seed: u64, number: u64) -> String {
    let towns = &DATA.towns;
    let (first, second, third) = (&towns.first, &towns.second, &towns.third);
    let names = (first.len() * second.len() * third.len()) as u64;
    let place = (number - 1 + random(&[seed]).u64(..names)) % names;
    let index = usize::try_from(place).unwrap_or_default();
    let parts = [
        &first[index % first.len()],
        &second[index / first.len() % second.len()],
        &third[index / first.len() / second.len()],
    ];
    let name = parts.map(String::as_str).join(" ");
    match (number - 1) / names {
        0 => name.trim_end().to_owned(),
        again => format!("{} {}", name.trim_end(), again + 1),
    }
}

/// Chance that depends on these numbers alone.
fn random(numbers: &[u64]) -> Rng {
    // The finaliser of SplitMix64: numbers beside each other give states far apart.
    let mix = |mut state: u64| {
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^ (state >> 31)
    };
    let state = numbers.iter().fold(0, |state: u64, number| {
        mix(state.wrapping_add(0x9e37_79b9_7f4a_7c15) ^ number)
    });
    Rng::with_seed(state)
}
