//! How one gets to the service: channels and contact points.

use serde_json::Value;

use super::{
    authority, part,
    terms::{concept, days, document, opening_hours, own_words, plain, text, texts},
    urn,
};
use crate::{
    catalogue::{
        node::Node,
        view::{Linked, OfficeView, ServiceView},
    },
    content::types::ContactPoint,
    vocabularies,
};

/// The counter of an administration (sportello), in the vocabulary of channels.
const COUNTER: &str = "01.1.1";
/// A web application.
const WEB: &str = "02.3";

/// A way to get the service, and the code of its kind.
struct Channel {
    id: String,
    kind: &'static str,
    node: Node,
}

/// All channels: on line, booking, and one for each office to go to.
pub(super) fn channels(view: &ServiceView) -> Vec<Value> {
    let all = all_channels(view).into_iter();
    all.map(|channel| channel.node.into()).collect()
}

/// The channel of this kind, for a cost that holds for one channel only.
pub(super) fn channel_of_kind(view: &ServiceView, kind: &str) -> Option<String> {
    let all = all_channels(view).into_iter();
    all.filter(|channel| channel.kind == kind)
        .map(|channel| channel.id)
        .next()
}

fn all_channels(view: &ServiceView) -> Vec<Channel> {
    let service = view.service.body;
    let time = days(service.max_response_days);
    let mut channels = Vec::new();
    if let Some(digital) = &service.digital_channel {
        let kind = digital.kind.map_or(WEB, |code| code.as_str());
        let id = part(view, "channel-online");
        let node = channel(
            &id,
            kind,
            described(plain(&digital.intro), texts(&digital.label)),
        )
        .with("cv:processingTime", time.clone())
        .with("foaf:page", document(digital.url.as_str()));
        channels.push(Channel { id, kind, node });
    }
    if let Some(booking) = &service.booking {
        let id = part(view, "channel-booking");
        let words = own_words(
            "Prenotazione dell'appuntamento",
            "Terminvormerkung",
            "Appointment booking",
        );
        let node = channel(&id, WEB, described(texts(&booking.label), words))
            .with("foaf:page", document(booking.url.as_str()));
        channels.push(Channel {
            id,
            kind: WEB,
            node,
        });
    }
    for office in &view.physical_offices {
        let id = part(view, &format!("channel-office-{}", office.office.id));
        let node = at_office(view, office, &id).with("cv:processingTime", time.clone());
        channels.push(Channel {
            id,
            kind: COUNTER,
            node,
        });
    }
    channels
}

fn at_office(view: &ServiceView, office: &OfficeView, id: &str) -> Node {
    let intro = view.service.body.physical_channel.as_ref();
    let intro = intro
        .map(|channel| plain(&channel.intro))
        .unwrap_or_default();
    let body = office.office.body;
    let of_site = office
        .site
        .as_ref()
        .and_then(|site| site.body.opening_hours.as_ref());
    let hours = body.opening_hours.as_ref().or(of_site);
    channel(id, COUNTER, described(intro, texts(&body.title)))
        .with("cv:ownedBy", authority::office(view, office))
        .with("cv:openingHours", opening_hours(hours))
}

fn channel(id: &str, kind: &str, description: Vec<Value>) -> Node {
    let kind = vocabularies::get("channel-types").and_then(|list| list.term(kind));
    Node::of("cv:Channel")
        .with("@id", id)
        .with("dct:identifier", id)
        .with("dct:type", kind.map(concept))
        .with("dct:description", description)
}

fn described(best: Vec<Value>, otherwise: Vec<Value>) -> Vec<Value> {
    if best.is_empty() { otherwise } else { best }
}

/// The contact points of the service.
pub(super) fn contact_points(view: &ServiceView) -> Vec<Value> {
    view.contact_points.iter().map(contact_point).collect()
}

fn contact_point(point: &Linked<ContactPoint>) -> Value {
    let of = |kinds: &[&str]| {
        let entries = point.body.entries.iter();
        let entries = entries.filter(|entry| kinds.contains(&entry.kind.as_str()));
        entries.map(|entry| entry.value.trim()).collect::<Vec<_>>()
    };
    let pages = of(&["url"]).into_iter().map(document);
    let addresses = of(&["indirizzo"]).into_iter().map(|address| {
        let address = text("it", address);
        Node::of("locn:Address")
            .with("locn:fullAddress", address)
            .into()
    });
    Node::of("cv:ContactPoint")
        .with("@id", urn(point.id))
        .with("rdfs:label", texts(&point.body.title))
        .with("cv:telephone", of(&["telefono"]))
        .with("cv:email", of(&["email", "pec"]))
        .with("cv:contactPage", pages.collect::<Vec<_>>())
        .with("locn:address", addresses.collect::<Vec<Value>>())
        .with(
            "cv:openingHours",
            opening_hours(point.body.opening_hours.as_ref()),
        )
        .into()
}
