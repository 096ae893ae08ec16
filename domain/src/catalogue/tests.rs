use serde_json::{Value, json};
use std::{collections::HashMap, sync::LazyLock};

use uuid::Uuid;

use super::{Linked, OfficeView, ServiceView, cpsv_ap, schema_org};
use crate::{
    content::types::{ContactPoint, Municipality, Office, Place, Procedure, Service},
    ids::ItemId,
    locale::Locale,
};

const SITE: &str = "https://www.comune.esempio.it";

/// The ten values that the national validator reads (R.SI.1.1).
const TEN: [&str; 10] = [
    "/name",
    "/serviceType",
    "/serviceOperator/name",
    "/areaServed/name",
    "/audience/audienceType",
    "/availableChannel/serviceUrl",
    "/availableChannel/serviceLocation/name",
    "/availableChannel/serviceLocation/address/streetAddress",
    "/availableChannel/serviceLocation/address/postalCode",
    "/availableChannel/serviceLocation/address/addressLocality",
];

struct Example {
    service: Service,
    office: Office,
    place: Place,
    town_hall: Place,
    contact: ContactPoint,
    procedure: Procedure,
    municipality: Municipality,
    related: Service,
}

fn read<T: serde::de::DeserializeOwned>(body: Value) -> T {
    serde_json::from_value(body).unwrap()
}

impl Example {
    fn new() -> Self {
        Self {
            service: read(json!({
                "title": { "it": "Carta d'identità", "de": "Personalausweis" },
                "short_description": { "it": "Richiedi la carta.", "de": "Ausweis beantragen." },
                "category": ["anagrafe-e-stato-civile"],
                "audience": { "it": "Chi **risiede** [qui](https://a.it)." },
                "needs": [{ "title": "Fototessera", "kind": "OTHDOC" }, { "description": "x" }],
                "outputs": [{ "title": { "it": "Carta", "de": "Karte" } }],
                "max_response_days": 10,
                "costs": [
                    { "description": "Rilascio", "value": "16" },
                    { "description": "Secondo il reddito" },
                ],
                "constraints": "Non per l'espatrio.",
                "life_events": ["11"],
                "keywords": { "it": ["cie"], "de": ["Ausweis"] },
                "sector": ["47.11"],
            })),
            office: read(json!({
                "title": { "it": "Anagrafe", "de": "Meldeamt" },
                "opening_hours": {
                    "weekly": [
                        { "days": ["mon", "wed"], "opens": "08:30", "closes": "12:30" },
                        { "days": ["thu"], "opens": "14:00", "closes": "24:00",
                          "by_appointment": true, "valid_from": "2026-09-01" },
                    ],
                    "exceptions": [{ "from": "2026-12-24", "reason": "Vigilia" }],
                },
            })),
            place: read(json!({
                "title": "Palazzo", "street_address": "Via Roma 1", "postal_code": "38099",
                "city": "Esempio", "geo": { "latitude": 45.9, "longitude": 10.8 },
            })),
            town_hall: read(json!({
                "title": "Municipio", "street_address": "Piazza 2", "postal_code": "38098",
                "city": "Esempio",
            })),
            contact: read(json!({ "title": "Contatti", "entries": [
                { "type": "telefono", "value": "0467 000111" },
                { "type": "pec", "value": "a@pec.comune.esempio.it" },
            ] })),
            procedure: read(json!({ "title": "Rilascio", "legal_references": "R.D. 773/1931" })),
            municipality: read(json!({ "title": { "it": "Comune di Esempio", "de": "Gemeinde" } })),
            related: read(json!({ "title": "Residenza" })),
        }
    }

    fn view<'a>(&'a self, locales: &'a [Locale]) -> ServiceView<'a> {
        ServiceView {
            service: linked(1, &self.service),
            locales,
            municipality_name: "Comune di Esempio",
            ipa_code: "c_e000",
            site_url: SITE,
            municipality: Some(&self.municipality),
            town_hall: Some(linked(2, &self.town_hall)),
            office: Some(OfficeView {
                office: linked(3, &self.office),
                site: Some(linked(4, &self.place)),
            }),
            physical_offices: vec![OfficeView {
                office: linked(3, &self.office),
                site: Some(linked(4, &self.place)),
            }],
            contact_points: vec![linked(5, &self.contact)],
            documents: Vec::new(),
            related_services: vec![linked(6, &self.related)],
            topics: Vec::new(),
            procedures: vec![linked(7, &self.procedure)],
            covered_places: Vec::new(),
            files: &NO_FILES,
        }
    }
}

/// Nothing here is an asset.
static NO_FILES: LazyLock<HashMap<ItemId, String>> = LazyLock::new(HashMap::new);

fn linked<T>(number: u128, body: &T) -> Linked<'_, T> {
    Linked {
        id: ItemId(Uuid::from_u128(number)),
        url: format!("{SITE}/{number}"),
        body,
    }
}

fn locales(tags: &[&str]) -> Vec<Locale> {
    tags.iter().map(|tag| tag.parse().unwrap()).collect()
}

fn missing(document: &Value) -> Vec<&'static str> {
    let is_missing = |path: &&str| {
        let value = document.pointer(path).and_then(Value::as_str);
        value.is_none_or(str::is_empty)
    };
    TEN.into_iter().filter(is_missing).collect()
}

#[test]
fn schema_org_has_the_ten_values() {
    let example = Example::new();
    for tags in [&["it"][..], &["de", "it"]] {
        let document = schema_org(&example.view(&locales(tags)));
        assert!(missing(&document).is_empty(), "{:?}", missing(&document));
        assert!(document["availableChannel"].is_object());
        assert_eq!(document["audience"]["audienceType"], "Chi risiede qui.");
    }
    let document = schema_org(&example.view(&locales(&["de", "it"])));
    assert_eq!(document["name"], "Personalausweis");
    assert_eq!(
        document["availableChannel"]["serviceLocation"]["name"],
        "Meldeamt"
    );
    assert_eq!(document["mainEntityOfPage"]["inLanguage"], "de");
}

#[test]
fn the_channel_is_on_line_or_else_the_sheet() {
    let mut example = Example::new();
    let it = locales(&["it"]);
    let url = |document: Value| document["availableChannel"]["serviceUrl"].clone();
    assert_eq!(url(schema_org(&example.view(&it))), format!("{SITE}/1"));
    example.service.digital_channel = read(json!({ "url": "https://online.esempio.it" }));
    assert_eq!(
        url(schema_org(&example.view(&it))),
        "https://online.esempio.it"
    );
}

#[test]
fn the_town_hall_lends_its_address() {
    let mut example = Example::new();
    example.place.postal_code = None;
    let it = locales(&["it"]);
    let mut view = example.view(&it);
    let location = schema_org(&view)["availableChannel"]["serviceLocation"].clone();
    assert_eq!(location["name"], "Anagrafe");
    assert_eq!(location["address"]["streetAddress"], "Piazza 2");
    (view.office, view.physical_offices) = (None, Vec::new());
    let document = schema_org(&view);
    assert!(missing(&document).is_empty());
    assert_eq!(
        document["availableChannel"]["serviceLocation"]["name"],
        "Municipio"
    );
    assert!(document["serviceOperator"]["contactPoint"].is_array());
}

#[test]
fn hours_and_costs_are_structured() {
    let example = Example::new();
    let document = schema_org(&example.view(&locales(&["it"])));
    let hours = &document["hoursAvailable"];
    assert_eq!(
        hours[0]["dayOfWeek"],
        json!(["https://schema.org/Monday", "https://schema.org/Wednesday"])
    );
    let expected = json!({
        "@type": "OpeningHoursSpecification", "opens": "14:00", "closes": "23:59",
        "validFrom": "2026-09-01", "dayOfWeek": ["https://schema.org/Thursday"],
        "description": "su appuntamento",
    });
    assert_eq!(hours[1], expected);
    assert_eq!(
        (&hours[2]["opens"], &hours[2]["closes"]),
        (&json!("00:00"), &json!("00:00"))
    );
    assert_eq!(document["offers"][0]["price"], "16.00");
    assert_eq!(document["offers"][1].get("priceCurrency"), None);
}

#[test]
fn cpsv_ap_says_what_the_shapes_want() {
    let example = Example::new();
    let it = locales(&["it"]);
    let document = cpsv_ap(&example.view(&it));
    assert!(document["@context"].is_object());
    assert_eq!(document["dct:identifier"], Uuid::from_u128(1).to_string());
    let title = json!([
        { "@value": "Personalausweis", "@language": "de" },
        { "@value": "Carta d'identità", "@language": "it" },
    ]);
    assert_eq!(document["dct:title"], title);
    let authority = &document["cv:hasCompetentAuthority"];
    assert_eq!(authority["@type"][0], "cv:PublicOrganisation");
    assert_eq!(authority["dct:identifier"], "c_e000");
    assert_eq!(authority["skos:prefLabel"].as_array().unwrap().len(), 2);
    assert_eq!(authority["dct:spatial"][0]["@type"], "dct:Location");
    let time = json!({ "@value": "P10D", "@type": "xsd:duration" });
    assert_eq!(document["cv:processingTime"], time);
    let value = json!({ "@value": "16.00", "@type": "xsd:double" });
    assert_eq!(document["cv:hasCost"][0]["cv:hasValue"], value);
    assert_eq!(document["cv:hasCost"][1].get("cv:currency"), None);
    assert_eq!(document["cpsv:hasInput"].as_array().unwrap().len(), 1);
    assert_eq!(
        document["cv:sector"][0]["@id"],
        "http://data.europa.eu/ux2/nace2/4711"
    );
    assert_eq!(
        document["cv:isGroupedBy"][0]["@type"],
        json!(["cv:Event", "cv:LifeEvent"])
    );
    assert_eq!(document["dct:language"].as_array().unwrap().len(), 2);
    let law = &document["cpsv:follows"][0]["cpsv:implements"];
    assert_eq!(law["dct:description"][0]["@value"], "R.D. 773/1931");
}

#[test]
fn every_part_of_cpsv_ap_has_what_its_shape_wants() {
    let example = Example::new();
    let document = cpsv_ap(&example.view(&locales(&["it"])));
    let parts = [
        (
            "cv:hasChannel",
            &["dct:identifier", "dct:type", "cv:openingHours"][..],
        ),
        ("cv:hasCost", &["dct:identifier"]),
        ("cpsv:hasInput", &["dct:identifier", "dct:title"]),
        ("cpsv:produces", &["dct:identifier", "dct:title"]),
        ("cv:isGroupedBy", &["dct:identifier", "dct:title"]),
        (
            "cpsv:follows",
            &["dct:identifier", "dct:title", "dct:description"],
        ),
        (
            "cv:relatedService",
            &[
                "dct:identifier",
                "dct:title",
                "dct:description",
                "cv:hasCompetentAuthority",
            ],
        ),
    ];
    for (part, wanted) in parts {
        let nodes = document[part].as_array().unwrap();
        assert!(!nodes.is_empty(), "{part}");
        for (node, field) in nodes
            .iter()
            .flat_map(|node| wanted.iter().map(move |it| (node, it)))
        {
            assert!(node.get(*field).is_some(), "{part} {field}: {node}");
        }
    }
    let channel = &document["cv:hasChannel"][0];
    assert_eq!(
        channel["cv:openingHours"]["dct:description"][0]["@value"],
        "lun, mer 08:30–12:30\ngio 14:00–24:00 [2026-09-01 –] (su appuntamento)\n2026-12-24 chiuso (Vigilia)"
    );
}

#[test]
fn an_empty_draft_is_no_reason_to_fail() {
    let mut example = Example::new();
    example.service = Service::default();
    let mut view = example.view(&[]);
    (view.office, view.physical_offices, view.town_hall) = (None, Vec::new(), None);
    view.municipality = None;
    assert_eq!(schema_org(&view)["@type"], "GovernmentService");
    assert_eq!(cpsv_ap(&view)["@type"], "cpsv:PublicService");
}

#[test]
fn another_body_may_be_the_authority() {
    let mut example = Example::new();
    example.service.competent_authority_ipa = Some("c_h501".into());
    let it = locales(&["it"]);
    let view = example.view(&it);
    assert_eq!(
        cpsv_ap(&view)["cv:hasCompetentAuthority"]["dct:identifier"],
        "c_h501"
    );
    assert_eq!(
        schema_org(&view)["serviceOperator"]["name"],
        "Comune di Esempio"
    );
}
