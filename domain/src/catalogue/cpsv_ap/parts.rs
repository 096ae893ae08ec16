//! What the service needs, gives, costs and rests on.

use serde_json::{Value, json};

use super::{
    access, first_title, part,
    terms::{concept, document, linguistic_systems, own_words, plain, texts},
    urn,
};
use crate::{
    catalogue::{
        node::Node,
        view::{Linked, ServiceView},
    },
    content::types::{Document, Procedure, Service},
    vocabularies::Term,
};

/// The document type of laws and regulations.
const LAW: &str = "atto-normativo";

/// Life and business events: the occasions on which the service is needed.
pub(super) fn events(service: &Service) -> Vec<Value> {
    let life = service
        .life_events
        .iter()
        .map(|code| event("cv:LifeEvent", code.term()));
    let business = service.business_events.iter();
    let business = business.map(|code| event("cv:BusinessEvent", code.term()));
    life.chain(business).collect()
}

/// The event and the concept of its kind are two things: the event is named after the concept.
fn event(kind: &str, term: &Term) -> Value {
    let id = term.uri.as_ref().map(|uri| format!("{uri}#event"));
    Node::of(json!(["cv:Event", kind]))
        .with("@id", id)
        .with(
            "dct:identifier",
            format!("{}/{}", term.vocabulary, term.code),
        )
        .with("dct:title", texts(&term.label))
        .with("dct:type", concept(term))
        .into()
}

/// What the applicant pays.
pub(super) fn costs(view: &ServiceView) -> Vec<Value> {
    let costs = view
        .service
        .body
        .costs
        .iter()
        .zip(1..)
        .map(|(cost, number)| {
            let id = part(view, &format!("cost-{number}"));
            let value = cost
                .value
                .map(|value| json!({ "@value": value.to_string(), "@type": "xsd:double" }));
            let code = cost.currency.as_deref().unwrap_or("EUR");
            let currency = Node::of("skos:Concept")
                .with(
                    "@id",
                    format!("http://publications.europa.eu/resource/authority/currency/{code}"),
                )
                .with("skos:notation", code);
            let channel = cost
                .channel
                .and_then(|code| access::channel_of_kind(view, code.as_str()));
            Node::of("cv:Cost")
                .with("@id", id.as_str())
                .with("dct:identifier", id.as_str())
                .with("dct:description", texts(&cost.description))
                .with("cv:currency", value.as_ref().map(|_| Value::from(currency)))
                .with("cv:hasValue", value)
                .with(
                    "cv:ifAccessedThrough",
                    channel.map(|id| json!({ "@id": id })),
                )
                .into()
        });
    costs.collect()
}

/// What the applicant must have. A need without a name is not a need yet.
pub(super) fn inputs(view: &ServiceView) -> Vec<Value> {
    let needs = view.service.body.needs.iter().zip(1..);
    let needs = needs.filter_map(|(need, number)| {
        let id = part(view, &format!("input-{number}"));
        let linked = need.document.and_then(|link| {
            view.documents
                .iter()
                .find(|document| document.id == link.id())
        });
        let empty = Default::default();
        let title = first_title([&need.title, linked.map_or(&empty, |it| &it.body.title)]);
        if title.is_empty() {
            return None;
        }
        let node = Node::of("cv:Evidence")
            .with("@id", id.as_str())
            .with("dct:identifier", id.as_str())
            .with("dct:title", title)
            .with("dct:description", texts(&need.description))
            .with("dct:type", need.kind.map(|code| concept(code.term())))
            .with("foaf:page", linked.map(|it| pages(view, it)));
        Some(node.into())
    });
    needs.collect()
}

/// The page of a document and its files.
fn pages(view: &ServiceView, linked: &Linked<Document>) -> Vec<Value> {
    let files = linked.body.files.iter();
    let files = files.filter_map(|file| view.place(file));
    let elsewhere = linked.body.url.iter().map(|url| url.as_str());
    let all = std::iter::once(linked.url.as_str())
        .chain(files)
        .chain(elsewhere);
    all.map(document).collect()
}

/// What the applicant receives: the outputs one by one, or else what the text says of them.
pub(super) fn outputs(view: &ServiceView) -> Vec<Value> {
    let service = view.service.body;
    let output = |name: &str, title: Vec<Value>, description: Vec<Value>| {
        let id = part(view, name);
        Node::of("cv:Output")
            .with("@id", id.as_str())
            .with("dct:identifier", id.as_str())
            .with("dct:title", title)
            .with("dct:description", description)
    };
    let listed = service
        .outputs
        .iter()
        .zip(1..)
        .filter(|(it, _)| !texts(&it.title).is_empty());
    let listed: Vec<Value> = listed
        .map(|(it, number)| {
            let name = format!("output-{number}");
            output(&name, texts(&it.title), texts(&it.description))
                .with("dct:type", it.kind.map(|code| concept(code.term())))
                .into()
        })
        .collect();
    let text = plain(&service.output_text);
    if !listed.is_empty() || text.is_empty() {
        return listed;
    }
    vec![output("output", texts(&service.title), text).into()]
}

/// The constraints, as one requirement.
pub(super) fn requirements(view: &ServiceView) -> Option<Value> {
    let text = plain(&view.service.body.constraints);
    if text.is_empty() {
        return None;
    }
    let id = part(view, "constraints");
    let node = Node::of("cv:Requirement")
        .with("@id", id.as_str())
        .with("dct:identifier", id.as_str())
        .with(
            "dct:title",
            own_words("Vincoli", "Einschränkungen", "Constraints"),
        )
        .with("dct:description", text);
    Some(node.into())
}

/// What the service follows: its procedures and its terms of service.
pub(super) fn rules(view: &ServiceView) -> Vec<Value> {
    let procedures = view.procedures.iter().filter_map(procedure);
    procedures.chain(terms_of_service(view)).collect()
}

fn procedure(linked: &Linked<Procedure>) -> Option<Value> {
    let body = linked.body;
    let title = texts(&body.title);
    let long = plain(&body.description);
    let short = first_title([&body.short_description, &body.title]);
    let law = plain(&body.legal_references);
    let law = Node::of("eli:LegalResource")
        .with("dct:description", law)
        .unless_bare();
    if title.is_empty() {
        return None;
    }
    let node = Node::of("cpsv:Rule")
        .with("@id", urn(linked.id))
        .with("dct:identifier", linked.id.to_string())
        .with("dct:title", title)
        .with(
            "dct:description",
            if long.is_empty() { short } else { long },
        )
        .with("dct:language", linguistic_systems(body.title.locales()))
        .with("foaf:page", document(&linked.url))
        .with("cpsv:implements", law);
    Some(node.into())
}

fn terms_of_service(view: &ServiceView) -> Option<Value> {
    let file = view.service.body.terms_of_service.as_ref()?;
    let id = part(view, "terms-of-service");
    let words = own_words(
        "Condizioni di servizio",
        "Nutzungsbedingungen",
        "Terms of service",
    );
    let title = texts(&file.title);
    let node = Node::of("cpsv:Rule")
        .with("@id", id.as_str())
        .with("dct:identifier", id.as_str())
        .with(
            "dct:title",
            if title.is_empty() {
                words.clone()
            } else {
                title
            },
        )
        .with("dct:description", words)
        .with("foaf:page", view.place(file).map(document));
    Some(node.into())
}

/// The laws and regulations among the documents.
pub(super) fn legal_resources(view: &ServiceView) -> Vec<Value> {
    let is_law = |document: &&Linked<Document>| {
        document
            .body
            .document_type
            .is_some_and(|code| code.as_str() == LAW)
    };
    let laws = view.documents.iter().filter(is_law).map(|law| {
        Node::of("eli:LegalResource")
            .with("@id", urn(law.id))
            .with("dct:title", texts(&law.body.title))
            .with("dct:identifier", law.body.document_identifier.as_deref())
            .with("foaf:page", pages(view, law))
            .into()
    });
    laws.collect()
}
