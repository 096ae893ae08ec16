//! What the documents of a service are made from: the sheet and the published items around it.

use std::collections::HashMap;

use crate::{
    content::{
        LocalizedRichText, Placed, WebAddress,
        types::{ContactPoint, Document, Municipality, Office, Place, Procedure, Service, Topic},
    },
    ids::ItemId,
    locale::{Locale, LocalizedText},
};

/// A published item around a service: who it is, where it is read, and its body.
#[derive(Clone, Debug)]
pub struct Linked<'a, T> {
    /// Its id.
    pub id: ItemId,
    /// The absolute address of its page in the locale of the view.
    pub url: String,
    /// Its body.
    pub body: &'a T,
}

/// An office and the place where it is found.
#[derive(Clone, Debug)]
pub struct OfficeView<'a> {
    /// The office.
    pub office: Linked<'a, Office>,
    /// Its main site, when that is published.
    pub site: Option<Linked<'a, Place>>,
}

/// A service with everything that its linked data speak of. Items that are not published are
/// simply left out of it.
#[derive(Clone, Debug)]
pub struct ServiceView<'a> {
    /// The service; its address is that of the sheet.
    pub service: Linked<'a, Service>,
    /// The locales of the reader, best first; never without Italian in a well-formed tenant.
    pub locales: &'a [Locale],
    /// The name of the municipality in the locale of the view.
    pub municipality_name: &'a str,
    /// The IPA code of the municipality.
    pub ipa_code: &'a str,
    /// The address of the municipality's site, without a slash at the end.
    pub site_url: &'a str,
    /// The settings of the municipality.
    pub municipality: Option<&'a Municipality>,
    /// The town hall: the address of services whose office has none.
    pub town_hall: Option<Linked<'a, Place>>,
    /// The office in charge.
    pub office: Option<OfficeView<'a>>,
    /// The offices of the physical channel, in its order.
    pub physical_offices: Vec<OfficeView<'a>>,
    /// The contact points of the service, in their order.
    pub contact_points: Vec<Linked<'a, ContactPoint>>,
    /// The documents of the service and those of its needs.
    pub documents: Vec<Linked<'a, Document>>,
    /// The related services.
    pub related_services: Vec<Linked<'a, Service>>,
    /// The topics.
    pub topics: Vec<Linked<'a, Topic>>,
    /// The administrative procedures.
    pub procedures: Vec<Linked<'a, Procedure>>,
    /// The places that the service covers.
    pub covered_places: Vec<Linked<'a, Place>>,
    /// Where the files of assets are that everybody may see, by the ids of the assets.
    pub files: &'a HashMap<ItemId, String>,
}

impl<'a> ServiceView<'a> {
    /// The identifier of the service in the catalogue: its own, or else the id of the item.
    pub fn identifier(&self) -> String {
        Self::identifier_of(&self.service)
    }

    /// The identifier of any service in the catalogue.
    pub(super) fn identifier_of(service: &Linked<Service>) -> String {
        let own = service.body.identifier.as_deref().map(str::trim);
        own.filter(|identifier| !identifier.is_empty())
            .map_or_else(|| service.id.to_string(), str::to_owned)
    }

    /// Where a picture or a file is.
    pub(super) fn place<'p>(&'p self, placed: &'p impl Placed) -> Option<&'p str> {
        match placed.asset() {
            Some(asset) => self.files.get(&asset.id()).map(String::as_str),
            None => placed.url().map(WebAddress::as_str),
        }
    }

    /// The language that the reader asked for.
    pub(super) fn language(&self) -> &str {
        self.locales.first().map_or("it", Locale::as_str)
    }

    /// A text for the reader; in any language rather than none.
    pub(super) fn text<'t>(&'t self, text: &'t LocalizedText) -> Option<&'t str> {
        let best = text.resolve(self.locales);
        let (_, best) = best.or_else(|| text.iter().next())?;
        Some(best.trim()).filter(|text| !text.is_empty())
    }

    /// A rich text for the reader, as plain text.
    pub(super) fn rich(&self, text: &LocalizedRichText) -> Option<String> {
        let best = text.resolve(self.locales);
        let (_, best) = best.or_else(|| text.iter().next())?;
        Some(best.plain_text().trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The offices to go to: those of the physical channel, then the one in charge.
    pub(super) fn offices(&self) -> impl Iterator<Item = &OfficeView<'a>> {
        self.physical_offices.iter().chain(&self.office)
    }

    /// Where one goes: the name to show, the office if it is one, and the place with the address.
    /// The first office with a complete address wins, then the town hall, then anything there is.
    pub(super) fn location(&self) -> Option<Location<'_, 'a>> {
        let at = |view| Location::of(view);
        let complete = |location: &Location| location.place.is_some_and(|it| addressed(it.body));
        let town_hall = self
            .town_hall
            .as_ref()
            .filter(|place| addressed(place.body));
        self.offices()
            .map(at)
            .find(complete)
            .or_else(|| {
                let office = self.offices().next().map(|view| &view.office);
                town_hall.map(|place| Location {
                    office,
                    place: Some(place),
                })
            })
            .or_else(|| self.offices().next().map(at))
    }
}

/// Where one goes for a service.
#[derive(Clone, Copy)]
pub(super) struct Location<'v, 'a> {
    /// The office.
    pub office: Option<&'v Linked<'a, Office>>,
    /// The place with the address.
    pub place: Option<&'v Linked<'a, Place>>,
}

impl<'v, 'a> Location<'v, 'a> {
    fn of(view: &'v OfficeView<'a>) -> Self {
        Self {
            office: Some(&view.office),
            place: view.site.as_ref(),
        }
    }
}

/// True when the place has street, postal code and city.
fn addressed(place: &Place) -> bool {
    [&place.street_address, &place.postal_code, &place.city]
        .iter()
        .all(|part| part.as_deref().is_some_and(|part| !part.trim().is_empty()))
}
