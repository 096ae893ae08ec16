//! Objects that several content types share.

use async_graphql::{Object, SimpleObject};
use municipio_domain::content::{
    FileReference, ImageReference,
    fields::{Amount as DomainAmount, GeoPoint as DomainPoint, PostalAddress as DomainAddress},
};

use super::VocabularyTerm;
use crate::{scalars::Decimal, view::Reader};

/// A picture (immagine).
pub(crate) struct Image {
    image: ImageReference,
    reader: Reader,
}

impl Image {
    pub(crate) fn new(image: &ImageReference, reader: &Reader) -> Self {
        Self {
            image: image.clone(),
            reader: reader.clone(),
        }
    }

    pub(crate) fn all(images: &[ImageReference], reader: &Reader) -> Vec<Self> {
        images
            .iter()
            .map(|image| Self::new(image, reader))
            .collect()
    }
}

/// A picture (immagine).
#[Object]
impl Image {
    /// Where it is.
    async fn url(&self) -> &str {
        self.image.url.as_str()
    }

    /// Alternative text (testo alternativo); empty when decorative.
    async fn alt(&self) -> Option<String> {
        self.reader.text(&self.image.alt)
    }

    /// It adds nothing to the text and is skipped by screen readers (decorativa).
    async fn decorative(&self) -> bool {
        self.image.decorative
    }

    /// Caption (didascalia).
    async fn caption(&self) -> Option<String> {
        self.reader.text(&self.image.caption)
    }

    /// Who made it (crediti).
    async fn credit(&self) -> Option<&str> {
        self.image.credit.as_deref()
    }

    /// Licence (licenza).
    async fn licence(&self) -> Option<VocabularyTerm> {
        VocabularyTerm::of(&self.image.licence, &self.reader)
    }
}

/// A file (allegato).
#[derive(SimpleObject)]
pub(crate) struct File {
    /// Where it is.
    url: String,
    /// What it is called for the reader (titolo).
    title: Option<String>,
    /// Media type of RFC 6838, such as `application/pdf` (formato).
    media_type: Option<String>,
    /// Size in bytes (dimensione).
    size: Option<u64>,
}

impl File {
    pub(crate) fn new(file: &FileReference, reader: &Reader) -> Self {
        Self {
            url: file.url.as_str().to_owned(),
            title: reader.text(&file.title),
            media_type: file.media_type.clone(),
            size: file.size,
        }
    }

    pub(crate) fn all(files: &[FileReference], reader: &Reader) -> Vec<Self> {
        files.iter().map(|file| Self::new(file, reader)).collect()
    }
}

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
