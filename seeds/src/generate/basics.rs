//! What services and news rest on: the settings, offices, places, topics and contact points.

use municipio_domain::content::ContentType;
use serde_json::{Value, json};

use super::{
    GenerateError, Item,
    data::{DATA, Office, Place, Topic},
    phrases::Writer,
    town::{Size, Town},
};

/// All of it, for a municipality with this many services and news. What there is with fewer is
/// there with more, and the same.
pub(super) fn basics(town: &Town, items: u64) -> Result<Vec<Item>, GenerateError> {
    let size = Size::of(items);
    let offices = &DATA.offices[..size.offices];
    let mut all = vec![settings(town)?, general_contact(town)?];
    for (index, office) in offices.iter().enumerate() {
        all.push(contact(town, index, office)?);
        all.push(office_of(town, index, office)?);
    }
    for (index, place) in DATA.places[..size.places].iter().enumerate() {
        all.push(place_of(town, index, place)?);
    }
    for (index, topic) in DATA.topics.topic[..size.topics].iter().enumerate() {
        all.push(topic_of(town, index, topic)?);
    }
    Ok(all)
}

/// How many items these are.
pub(super) fn count(items: u64) -> u64 {
    let size = Size::of(items);
    (2 + 2 * size.offices + size.places + size.topics) as u64
}

fn settings(town: &Town) -> Result<Item, GenerateError> {
    let body = json!({
        "title": format!("Comune di {}", town.name),
        "short_description": format!("Il sito ufficiale del Comune di {}: servizi, notizie e uffici.", town.name),
        "motto": town.motto,
        "live_label": format!("Vivere {}", town.name),
        "region": town.region,
        "site_url": format!("https://{}", town.host),
        "town_hall": town.item(ContentType::Place, "municipio"),
        "contact_points": [town.item(ContentType::ContactPoint, "comune")],
        "legal_notes": "## Licenza dei contenuti\n\nI contenuti di questo sito sono rilasciati con licenza CC BY 4.0, salvo dove diversamente specificato.",
        "privacy_url": town.address("privacy"),
        "accessibility_url": town.address("dichiarazione-di-accessibilita"),
        "report_url": town.address("segnalazione-disservizio"),
        "booking_url": town.address("prenotazione-appuntamento"),
        "assistance_url": town.address("richiesta-assistenza"),
        "personal_area_url": town.address("area-personale"),
        "patron_saint_day": town.patron.0,
        "patron_saint": town.patron.1,
    });
    Item::new(town, ContentType::Municipality, "comune", None, body)
}

fn general_contact(town: &Town) -> Result<Item, GenerateError> {
    let mut writer = town.writer(ContentType::ContactPoint, 0);
    let body = json!({
        "title": format!("Contatti del Comune di {}", town.name),
        "entries": entries(town, &mut writer, "comune", "Centralino"),
    });
    Item::new(town, ContentType::ContactPoint, "comune", None, body)
}

fn contact(town: &Town, index: usize, office: &Office) -> Result<Item, GenerateError> {
    let mut writer = town.writer(ContentType::ContactPoint, index as u64 + 1);
    let body = json!({
        "title": format!("Contatti: {}", office.title),
        "entries": entries(town, &mut writer, &office.key, "Sportello"),
        "opening_hours": hours(&mut writer),
    });
    Item::new(town, ContentType::ContactPoint, &office.key, None, body)
}

fn entries(town: &Town, writer: &mut Writer, mailbox: &str, desk: &str) -> Value {
    let domain = town.host.trim_start_matches("www.");
    let telephone = format!(
        "+39 0{} {:06}",
        writer.rng.u32(321..989),
        writer.rng.u32(100_000..999_999)
    );
    json!([
        { "type": "telefono", "value": telephone, "description": desk },
        { "type": "email", "value": format!("{mailbox}@{domain}"), "description": "Per informazioni e domande" },
        { "type": "pec", "value": format!("{mailbox}@pec.{domain}"), "description": "Per istanze e documenti con valore legale" },
    ])
}

fn hours(writer: &mut Writer) -> Value {
    let hours = &DATA.towns.hours[writer.rng.usize(..DATA.towns.hours.len())];
    let weekly = hours
        .weekly
        .iter()
        .map(|(days, opens, closes)| json!({ "days": days, "opens": opens, "closes": closes }));
    json!({ "weekly": weekly.collect::<Vec<_>>() })
}

fn office_of(town: &Town, index: usize, office: &Office) -> Result<Item, GenerateError> {
    let mut writer = town.writer(ContentType::Office, index as u64);
    let duties: Vec<_> = office
        .duties
        .iter()
        .map(|duty| format!("- {duty};"))
        .collect();
    let body = json!({
        "title": office.title,
        "short_description": office.short,
        "office_type": office.office_type,
        "responsibilities": format!("{}\n\nRiceve nella sede del municipio di {}, su appuntamento e negli orari per il pubblico.", duties.join("\n"), town.name),
        "parent_office": office.parent.as_ref().map(|parent| town.item(ContentType::Office, parent)),
        "main_site": town.item(ContentType::Place, "municipio"),
        "opening_hours": hours(&mut writer),
        "contact_points": [town.item(ContentType::ContactPoint, &office.key)],
    });
    Item::new(town, ContentType::Office, &office.key, None, body)
}

fn place_of(town: &Town, index: usize, place: &'static Place) -> Result<Item, GenerateError> {
    let mut writer = town.writer(ContentType::Place, index as u64);
    let title = writer.write(&place.title);
    let street = writer.write("{Via}, {civico}");
    let access = writer.write("- {accesso_titolo}\n- {accesso_altro}");
    // Within about two kilometres of the centre.
    let mut near = |centre: f64| {
        let degrees = centre + (writer.rng.f64() - 0.5) / 25.0;
        (degrees * 100_000.0).round() / 100_000.0
    };
    let (latitude, longitude) = (near(town.centre.0), near(town.centre.1));
    let body = json!({
        "title": title,
        "short_description": writer.write(&place.short),
        "place_type": [place.place_type],
        "image": {
            "url": town.address(&format!("immagini/{}.jpg", place.key)),
            "alt": format!("{title}, visto dall'ingresso principale"),
            "licence": "A.2.1",
        },
        "description": writer.write(&place.description),
        "access_mode": access,
        "street_address": street,
        "postal_code": format!("{:05}", 10_000 + writer.rng.u32(..88_000)),
        "city": town.name,
        "geo": { "latitude": latitude, "longitude": longitude },
        "district": writer.write("{quartiere}"),
        "opening_hours": hours(&mut writer),
        "contact_points": [town.item(ContentType::ContactPoint, "comune")],
        "managing_office": town.item(ContentType::Office, &place.area),
    });
    Item::new(town, ContentType::Place, &place.key, None, body)
}

fn topic_of(town: &Town, index: usize, topic: &'static Topic) -> Result<Item, GenerateError> {
    let mut writer = town.writer(ContentType::Topic, index as u64);
    writer.set("short", &topic.short);
    let body = json!({
        "title": topic.title,
        "short_description": topic.short,
        "code": topic.code,
        "description": writer.one_of(&DATA.topics.description),
        "responsible_offices": [town.item(ContentType::Office, &topic.area)],
    });
    Item::new(town, ContentType::Topic, &topic.code, None, body)
}
