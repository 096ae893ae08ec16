//! Generated services: every service of `services.toml` in every variation of its kind, for every
//! group and district, so that no two titles are the same.

use municipio_domain::content::{ContentType, Slug};
use serde_json::{Value, json};

use super::{
    GenerateError, Item,
    data::{Category, DATA, Kind, Office, Service, Variation},
    list,
    phrases::Writer,
    related,
    town::{Size, Town},
};

/// Which of all the services one is.
struct Which {
    category: &'static Category,
    service: &'static Service,
    kind: &'static Kind,
    variation: Option<&'static Variation>,
    group: Option<&'static str>,
    district: Option<&'static str>,
    /// How many there are with all of this the same, this one included.
    time: u64,
}

/// The service with this number, from 0.
pub(super) fn service(town: &Town, index: u64) -> Result<Item, GenerateError> {
    let which = Which::of(town, index);
    let office = which.office(index);
    let mut writer = town.writer(ContentType::Service, index);
    let title = which.title(&mut writer);
    writer.set("ufficio", town.office_link(office));
    let slug = Slug::from_title(&title);
    let what = which
        .variation
        .map_or(&which.service.what, |variation| &variation.what);
    let mut body = json!({
        "title": title,
        "short_description": writer.write(what),
        "category": [which.category.code],
        "status": "active",
        "topics": which.topics(town, index),
        "contact_points": [town.item(ContentType::ContactPoint, &office.key)],
        "responsible_office": town.item(ContentType::Office, &office.key),
        "related_services": related(town, &mut writer, ContentType::Service, index, 3),
        "life_events": which.category.life_events,
        "business_events": which.category.business_events,
        "government_functions": which.category.functions,
        "keywords": { "it": which.keywords() },
        "further_information": list(&which.category.laws),
    });
    let page = slug.as_ref().map(Slug::as_str).unwrap_or_default();
    for part in [
        which.words(&mut writer),
        which.needs_and_outputs(&mut writer),
        which.times_and_costs(&mut writer),
        access(town, office, page, &mut writer),
    ] {
        if let (Value::Object(body), Value::Object(part)) = (&mut body, part) {
            body.extend(part);
        }
    }
    Item::new(town, ContentType::Service, &index.to_string(), slug, body)
}

/// Its title alone.
#[cfg(test)]
pub(super) fn title(town: &Town, index: u64) -> String {
    let mut writer = town.writer(ContentType::Service, index);
    Which::of(town, index).title(&mut writer)
}

impl Which {
    fn of(town: &Town, index: u64) -> Self {
        let count = town.services.len() as u64;
        let (category, service) = town.services[(index % count) as usize];
        let kind = &DATA.kinds[&service.kind];
        let mut rest = index / count;
        // One of these, or none of them at first.
        let mut digit = |count: usize| {
            let digit = rest % (count as u64 + 1);
            rest /= count as u64 + 1;
            (digit as usize).checked_sub(1)
        };
        let variation = digit(kind.variations.len()).map(|index| &kind.variations[index]);
        let group = digit(category.groups.len()).map(|index| category.groups[index].as_str());
        let districts = &DATA.towns.districts;
        let district = digit(districts.len()).map(|index| districts[index].as_str());
        Self {
            category,
            service,
            kind,
            variation,
            group,
            district,
            time: rest + 1,
        }
    }

    /// The title; the names by which texts speak of the service are set.
    fn title(&self, writer: &mut Writer<'static>) -> String {
        writer.set("about", &self.service.about);
        let (mut title, about) = match self.variation {
            Some(variation) => (
                writer.write(&variation.title),
                writer.write(&variation.about),
            ),
            None => (self.service.title.clone(), self.service.about.clone()),
        };
        writer.set("servizio", about);
        if let Some(group) = self.group {
            title.push_str(&format!(": {group}"));
        }
        if let Some(district) = self.district {
            writer.set("zona", district);
            title.push_str(&format!(", zona {district}"));
        }
        if self.time > 1 {
            title.push_str(&format!(" ({})", self.time));
        }
        title
    }

    /// The office in charge: the area it belongs to as long as it is not there.
    fn office(&self, index: u64) -> &'static Office {
        let wanted = self
            .service
            .office
            .as_ref()
            .unwrap_or(&self.category.office);
        super::office(wanted, Size::of(index))
    }

    fn topics(&self, town: &Town, index: u64) -> Vec<Value> {
        let topics = &self.service.topics;
        super::topics(town, topics, &self.category.topic, Size::of(index))
    }

    fn keywords(&self) -> Vec<String> {
        let title = self.service.title.to_lowercase();
        let group = self.group.map(str::to_owned);
        let office = self.category.office.replace('-', " ");
        [title, office].into_iter().chain(group).collect()
    }

    /// The texts.
    fn words(&self, writer: &mut Writer<'static>) -> Value {
        let mut who = self.category.who.clone();
        if let Some(group) = self.group {
            who.insert(0, format!("La scheda riguarda in particolare: {group}"));
        }
        let steps: Vec<_> = self
            .kind
            .steps
            .iter()
            .map(|step| writer.one_of(step))
            .collect();
        let steps = steps
            .iter()
            .enumerate()
            .map(|(index, step)| format!("{}. {step}", index + 1));
        let steps = steps.collect::<Vec<_>>().join("\n");
        let coverage = self.district.map(|_| writer.write("{zona_coperta}"));
        json!({
            "audience": list(&who),
            "description": writer.write("{descrizione}"),
            "how_to": format!("{}\n\n{steps}\n\n{}", writer.write("{Come_intro}"), writer.write("{Come_fine}")),
            "needs_intro": writer.write("{Serve}"),
            "output_text": writer.write(&self.service.result),
            "outcome_procedures": writer.write("{Dopo}"),
            "spatial_coverage": coverage,
            "constraints": list(&each(&self.kind.limits, writer)),
            "special_cases": list(&each(&self.kind.cases, writer)),
        })
    }

    fn needs_and_outputs(&self, writer: &mut Writer<'static>) -> Value {
        let mut needs = Vec::new();
        for need in &self.kind.needs {
            // Most of them, and always the first.
            if needs.is_empty() || writer.rng.u8(..10) < 7 {
                needs.push(json!({ "title": need.title, "kind": need.kind, "description": need.description }));
            }
        }
        let outputs = self.kind.outputs.iter();
        let outputs = outputs.map(|output| json!({ "title": output.title, "kind": output.kind }));
        json!({ "needs": needs, "outputs": outputs.collect::<Vec<_>>() })
    }

    fn times_and_costs(&self, writer: &mut Writer<'static>) -> Value {
        let days = writer.rng.choice(&self.kind.days).copied().unwrap_or(30);
        writer.set("giorni", days.to_string());
        let costs = writer.rng.choice(&self.kind.costs).into_iter().flatten();
        let costs =
            costs.map(|cost| json!({ "description": cost.description, "value": cost.value }));
        json!({
            "timeframe_text": writer.write("{Tempi}"),
            "max_response_days": days,
            "phases": [
                { "title": "Presentazione della domanda", "days": 0 },
                { "title": "Esame dei documenti", "days": days / 2 },
                { "title": "Conclusione e comunicazione dell'esito", "days": days },
            ],
            "costs": costs.collect::<Vec<_>>(),
        })
    }
}

/// One text of each choice.
fn each(choices: &'static [Vec<String>], writer: &mut Writer<'static>) -> Vec<String> {
    choices.iter().map(|choice| writer.one_of(choice)).collect()
}

/// How one gets to the service.
fn access(town: &Town, office: &Office, page: &str, writer: &mut Writer<'static>) -> Value {
    json!({
        "digital_channel": {
            "intro": writer.write("{Online}"),
            "label": writer.write("{Bottone}"),
            "url": town.address(&format!("servizi-online/{page}")),
            "kind": "02.3",
        },
        "physical_channel": {
            "intro": writer.write("{Sportello}"),
            "offices": [town.item(ContentType::Office, &office.key)],
        },
        "booking": {
            "label": "Prenota un appuntamento",
            "url": town.address(&format!("prenotazioni/{}", office.key)),
        },
        "authentication_methods": ["SPIDL2", "CIE", "CNS"],
        "interactivity_level": if writer.rng.bool() { "LEVEL 4" } else { "LEVEL 3" },
        "terms_of_service": {
            "url": town.address(&format!("allegati/condizioni-{page}.pdf")),
            "title": "Condizioni di servizio",
            "media_type": "application/pdf",
        },
    })
}
