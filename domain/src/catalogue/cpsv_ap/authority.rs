//! Who provides the service, where: the authority, its territory, its offices and its addresses.

use serde_json::{Value, json};

use super::{
    part,
    terms::{document, plain, text, texts},
    urn,
};
use crate::{
    catalogue::{
        node::Node,
        view::{Linked, OfficeView, ServiceView},
    },
    content::types::{Place, Service},
};

/// The public organisation in charge of the service.
pub(super) fn authority(view: &ServiceView) -> Value {
    authority_of(view, view.service.body)
}

/// The public organisation in charge of this service: the municipality, unless the sheet names
/// another body. The shapes of `cv:PublicOrganisation` and of `foaf:Agent` are both met, because
/// the one is a kind of the other.
pub(super) fn authority_of(view: &ServiceView, service: &Service) -> Value {
    let other = service.competent_authority_ipa.as_deref();
    match other.filter(|code| *code != view.ipa_code) {
        Some(code) => organisation()
            .with("@id", format!("{}/#authority-{code}", view.site_url))
            .with("dct:identifier", code)
            .with("dct:title", text("it", code))
            .with("skos:prefLabel", text("it", code))
            .with("dct:spatial", vec![municipal_territory(view)])
            .into(),
        None => municipality(view),
    }
}

fn organisation() -> Node {
    Node::of(json!([
        "cv:PublicOrganisation",
        "org:Organization",
        "foaf:Agent"
    ]))
}

fn municipality_id(view: &ServiceView) -> String {
    format!("{}/#municipality", view.site_url)
}

fn municipality(view: &ServiceView) -> Value {
    let address = view
        .town_hall
        .as_ref()
        .and_then(|place| address(place.body));
    let office = view
        .office
        .as_ref()
        .map(|office| self::office(view, office));
    organisation()
        .with("@id", municipality_id(view))
        .with("dct:identifier", view.ipa_code)
        .with("dct:title", municipality_name(view))
        .with("skos:prefLabel", municipality_name(view))
        .with("dct:spatial", vec![municipal_territory(view)])
        .with("locn:address", address)
        .with("foaf:homepage", document(&format!("{}/", view.site_url)))
        .with("org:hasUnit", office)
        .into()
}

fn municipality_name(view: &ServiceView) -> Vec<Value> {
    let names = view
        .municipality
        .map(|municipality| texts(&municipality.title));
    let names = names.filter(|names| !names.is_empty());
    names.unwrap_or_else(|| {
        text(view.language(), view.municipality_name)
            .into_iter()
            .collect()
    })
}

fn municipal_territory(view: &ServiceView) -> Value {
    Node::of("dct:Location")
        .with("@id", format!("{}/#territory", view.site_url))
        .with("locn:geographicName", municipality_name(view))
        .into()
}

/// Where the service is offered: the places that it covers, or else the whole municipality.
pub(super) fn territory(view: &ServiceView) -> Vec<Value> {
    let coverage = plain(&view.service.body.spatial_coverage);
    let coverage = (!coverage.is_empty()).then(|| {
        Node::of("dct:Location")
            .with("@id", part(view, "coverage"))
            .with("locn:geographicName", coverage)
            .into()
    });
    let places = view.covered_places.iter().map(place);
    let all: Vec<_> = coverage.into_iter().chain(places).collect();
    if all.is_empty() {
        vec![municipal_territory(view)]
    } else {
        all
    }
}

/// An office with its main site. An organisation is an agent to those who infer, and then needs an
/// identifier and a title.
pub(super) fn office(view: &ServiceView, office: &OfficeView) -> Value {
    let OfficeView { office, site } = office;
    Node::of("org:Organization")
        .with("@id", urn(office.id))
        .with("dct:identifier", office.id.to_string())
        .with("dct:title", texts(&office.body.title))
        .with("skos:prefLabel", texts(&office.body.title))
        .with("org:unitOf", json!({ "@id": municipality_id(view) }))
        .with("org:hasPrimarySite", site.as_ref().map(place))
        .with("foaf:page", document(&office.url))
        .into()
}

fn place(place: &Linked<Place>) -> Value {
    Node::of(json!(["dct:Location", "org:Site"]))
        .with("@id", urn(place.id))
        .with("locn:geographicName", texts(&place.body.title))
        .with("locn:address", address(place.body))
        .with("foaf:page", document(&place.url))
        .into()
}

/// An address is written in Italian.
fn address(place: &Place) -> Option<Value> {
    let italian = |part: &Option<String>| text("it", part.as_deref().unwrap_or_default());
    Node::of("locn:Address")
        .with("locn:thoroughfare", italian(&place.street_address))
        .with("locn:postCode", place.postal_code.as_deref())
        .with("locn:postName", italian(&place.city))
        .with("locn:addressArea", italian(&place.district))
        .unless_bare()
}
