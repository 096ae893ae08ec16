//! Objects that several content types share.

use async_graphql::SimpleObject;
use municipio_domain::content::fields::{
    Amount as DomainAmount, GeoPoint as DomainPoint, PostalAddress as DomainAddress,
};

use crate::{scalars::Decimal, view::Reader};

/// A named address on the web (collegamento).
#[derive(SimpleObject)]
pub(crate) struct WebLink {
    /// What the link says (etichetta).
    label: Option<String>,
    /// Where it leads.
    url: String,
}

impl WebLink {
    pub(crate) fn new(link: &municipio_domain::content::WebLink, reader: &Reader) -> Self {
        Self {
            label: reader.text(&link.label),
            url: link.url.as_str().to_owned(),
        }
    }
}

/// A point on the map, WGS 84 (posizione).
#[derive(SimpleObject)]
pub(crate) struct GeoPoint {
    /// Latitude in degrees (latitudine).
    latitude: f64,
    /// Longitude in degrees (longitudine).
    longitude: f64,
}

impl From<DomainPoint> for GeoPoint {
    fn from(point: DomainPoint) -> Self {
        Self {
            latitude: point.latitude,
            longitude: point.longitude,
        }
    }
}

/// A postal address (indirizzo).
#[derive(SimpleObject)]
pub(crate) struct PostalAddress {
    /// What is there (nome della sede).
    name: Option<String>,
    /// Street and number (indirizzo).
    street_address: Option<String>,
    /// Postal code (CAP).
    postal_code: Option<String>,
    /// City (comune).
    city: Option<String>,
}

impl From<&DomainAddress> for PostalAddress {
    fn from(address: &DomainAddress) -> Self {
        Self {
            name: address.name.clone(),
            street_address: address.street_address.clone(),
            postal_code: address.postal_code.clone(),
            city: address.city.clone(),
        }
    }
}

/// An amount of money (importo).
#[derive(SimpleObject)]
pub(crate) struct Amount {
    /// How much (valore).
    value: Decimal,
    /// Currency of ISO 4217, such as EUR (valuta).
    currency: String,
}

impl Amount {
    pub(crate) fn new(value: Option<DomainAmount>, currency: Option<&str>) -> Option<Self> {
        Some(Self {
            value: Decimal(value?),
            currency: currency.unwrap_or("EUR").to_owned(),
        })
    }
}
