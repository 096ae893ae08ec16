//! A service sheet as `cpsv:PublicService` of CPSV-AP 3.2, conforming to its SHACL shapes. Texts are
//! given in every language they are written in, so the document is the same for readers of all
//! locales, apart from the addresses of pages. The context stands in the document: reading it needs
//! no network.
//!
//! The service and its parts are named `urn:uuid:…` after the item, which no change of host, slug
//! or locale touches; the page is `foaf:page`.

mod access;
mod authority;
mod parts;
mod terms;

use serde_json::{Value, json};

use super::{
    node::Node,
    view::{Linked, ServiceView},
};
use crate::{content::types::Service, ids::ItemId, locale::LocalizedText, vocabularies};
use terms::{concept, days, document, linguistic_systems, plain, texts};

/// The service as CPSV-AP JSON-LD.
pub fn cpsv_ap(view: &ServiceView) -> Value {
    let service = view.service.body;
    let status = vocabularies::get("service-statuses");
    let status = status.and_then(|list| list.term(service.status.code()));
    let categories = service.category.iter().map(|code| concept(code.term()));
    let functions = service
        .government_functions
        .iter()
        .map(|code| concept(code.term()));
    let languages = linguistic_systems(service.title.locales());
    let node = Node::default()
        .with("@context", context())
        .with("@id", urn(view.service.id))
        .with("@type", "cpsv:PublicService")
        .with("dct:identifier", view.identifier())
        .with("dct:title", texts(&service.title))
        .with("dct:alternative", texts(&service.alternative_title))
        .with("dct:description", description(service))
        .with("dct:language", languages)
        .with("dct:spatial", authority::territory(view))
        .with("dct:audience", audience(service))
        .with("dct:type", functions.collect::<Vec<_>>())
        .with("adms:status", status.map(concept))
        .with("foaf:page", document(&view.service.url))
        .with("dcat:keyword", keywords(service))
        .with("cv:thematicArea", categories.collect::<Vec<_>>())
        .with("cv:isClassifiedBy", classification(view))
        .with("cv:sector", sectors(service))
        .with("cv:isGroupedBy", parts::events(service))
        .with("cv:hasCompetentAuthority", authority::authority(view))
        .with("cv:contactPoint", access::contact_points(view))
        .with("cv:hasChannel", access::channels(view))
        .with("cv:processingTime", days(service.max_response_days))
        .with("cv:hasCost", parts::costs(view))
        .with("cpsv:hasInput", parts::inputs(view))
        .with("cpsv:produces", parts::outputs(view))
        .with("cv:holdsRequirement", parts::requirements(view))
        .with("cpsv:follows", parts::rules(view))
        .with("cv:hasLegalResource", parts::legal_resources(view))
        .with("cv:relatedService", related_services(view));
    node.into()
}

fn context() -> Value {
    json!({
        "adms": "http://www.w3.org/ns/adms#",
        "cpsv": "http://purl.org/vocab/cpsv#",
        "cv": "http://data.europa.eu/m8g/",
        "dcat": "http://www.w3.org/ns/dcat#",
        "dct": "http://purl.org/dc/terms/",
        "eli": "http://data.europa.eu/eli/ontology#",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "locn": "http://www.w3.org/ns/locn#",
        "org": "http://www.w3.org/ns/org#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "time": "http://www.w3.org/2006/time#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

fn urn(id: ItemId) -> String {
    format!("urn:uuid:{id}")
}

/// The name of a part of the service, such as `cost-1`.
fn part(view: &ServiceView, name: &str) -> String {
    format!("{}#{name}", urn(view.service.id))
}

/// The shapes want a description: the short one, or else the long one, or else the title.
fn description(service: &Service) -> Vec<Value> {
    let long = || plain(&service.description);
    [
        texts(&service.short_description),
        long(),
        texts(&service.title),
    ]
    .into_iter()
    .find(|texts| !texts.is_empty())
    .unwrap_or_default()
}

/// There is no code for whom a service is for in the sheet: the words define the concept.
fn audience(service: &Service) -> Option<Value> {
    let definition = plain(&service.audience);
    Node::of("skos:Concept")
        .with("skos:definition", definition)
        .unless_bare()
}

fn keywords(service: &Service) -> Vec<Value> {
    let words = service.keywords.iter().flat_map(|(locale, words)| {
        let words = words.iter().filter(|word| !word.trim().is_empty());
        words.map(move |word| json!({ "@value": word.trim(), "@language": locale.as_str() }))
    });
    words.collect()
}

/// Topics of the national model (EuroVoc) and information areas of the Single Digital Gateway.
fn classification(view: &ServiceView) -> Vec<Value> {
    let topics = view.topics.iter().map(|topic| match &topic.body.code {
        Some(code) if code.term().uri.is_some() => concept(code.term()),
        _ => Node::of("skos:Concept")
            .with("@id", urn(topic.id))
            .with("skos:prefLabel", texts(&topic.body.title))
            .into(),
    });
    let areas = view
        .service
        .body
        .sdg_codes
        .iter()
        .map(|code| concept(code.term()));
    topics.chain(areas).collect()
}

/// NACE codes, named as the EU Publications Office does: `47.11` is `…/nace2/4711`.
fn sectors(service: &Service) -> Vec<Value> {
    let codes = service.sector.iter().map(|code| code.trim());
    let sectors = codes.filter(|code| !code.is_empty()).map(|code| {
        let digits: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
        Node::of("skos:Concept")
            .with("@id", format!("http://data.europa.eu/ux2/nace2/{digits}"))
            .with("skos:notation", code)
            .into()
    });
    sectors.collect()
}

/// Related services are public services themselves: each says what the shapes want of one.
fn related_services(view: &ServiceView) -> Vec<Value> {
    let related = view.related_services.iter();
    let others = related.filter(|related| related.id != view.service.id);
    others
        .map(|related| related_service(view, related))
        .collect()
}

fn related_service(view: &ServiceView, related: &Linked<Service>) -> Value {
    let identifier = ServiceView::identifier_of(related);
    Node::of("cpsv:PublicService")
        .with("@id", urn(related.id))
        .with("dct:identifier", identifier)
        .with("dct:title", texts(&related.body.title))
        .with("dct:description", description(related.body))
        .with(
            "cv:hasCompetentAuthority",
            authority::authority_of(view, related.body),
        )
        .with("foaf:page", document(&related.url))
        .into()
}

/// A title that has to be there: the first of these that is.
fn first_title(titles: [&LocalizedText; 2]) -> Vec<Value> {
    let mut titles = titles.into_iter().map(texts);
    titles.find(|title| !title.is_empty()).unwrap_or_default()
}
