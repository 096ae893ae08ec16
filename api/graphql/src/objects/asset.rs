//! Asset (Allegato, immagine): schema:MediaObject.

use async_graphql::{Context, Enum, Result, SimpleObject};
use municipio_domain::{content::types::Access, media};

use super::{
    Document, Event, File, Image, NewsItem, Office, Page, Person, Place, Service, Topic,
    VocabularyTerm, content_object,
};

/// Who may see a file (accesso).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Access")]
pub(crate) enum AssetAccess {
    /// Everybody (pubblico).
    Public,
    /// Who may read drafts, by addresses that are good for a short time (riservato).
    Private,
}

/// What must stay in a picture when some of it is cut off (punto focale).
#[derive(SimpleObject)]
pub(crate) struct FocalPoint {
    /// Percent from the left (ascissa).
    x: i32,
    /// Percent from the top (ordinata).
    y: i32,
}

impl From<media::FocalPoint> for FocalPoint {
    fn from(point: media::FocalPoint) -> Self {
        Self {
            x: point.x.into(),
            y: point.y.into(),
        }
    }
}

content_object! {
    /// A file of the municipality: a picture, a form, a recording.
    Asset {
        /// The picture, if it is one (immagine).
        async fn image(&self, ctx: &Context<'_>) -> Option<Result<Image>> {
            Image::of_asset(ctx, self).transpose()
        }

        /// The file; of one that not everybody may see only for callers who may (file).
        async fn file(&self, ctx: &Context<'_>) -> Option<Result<File>> {
            File::of_asset(ctx, self).transpose()
        }

        /// Alternative text (testo alternativo); empty when decorative.
        async fn alt(&self) -> Option<String> {
            self.view.text(&self.body.alt)
        }

        /// It adds nothing to the text and is skipped by screen readers (decorativa).
        async fn decorative(&self) -> bool {
            self.body.decorative
        }

        /// Caption (didascalia).
        async fn caption(&self) -> Option<String> {
            self.view.text(&self.body.caption)
        }

        /// Who made it (crediti).
        async fn credit(&self) -> Option<&str> {
            self.body.credit.as_deref()
        }

        /// Licence (licenza).
        async fn licence(&self) -> Option<VocabularyTerm> {
            VocabularyTerm::of(&self.body.licence, &self.view.reader)
        }

        /// What stays in the picture when some of it is cut off (punto focale).
        async fn focal_point(&self) -> FocalPoint {
            self.body.focal_point.unwrap_or_default().into()
        }

        /// Who may see it (accesso).
        async fn access(&self) -> AssetAccess {
            self.body.access.unwrap_or(Access::Public).into()
        }
    }
    linked {
        /// Services that use it (servizi che lo usano).
        services: Service by "assets" in "crate::connection::by_title()";
        /// News that use it (novità che lo usano).
        news: NewsItem by "assets" in "crate::connection::newest_first()";
        /// Events that use it (eventi che lo usano).
        events: Event by "assets" in "crate::connection::newest_first()";
        /// Documents that use it (documenti che lo usano).
        documents: Document by "assets" in "crate::connection::newest_first()";
        /// Pages that use it (pagine che lo usano).
        pages: Page by "assets" in "crate::connection::by_title()";
        /// Places that use it (luoghi che lo usano).
        places: Place by "assets" in "crate::connection::by_title()";
        /// Offices that use it (unità organizzative che lo usano).
        offices: Office by "assets" in "crate::connection::by_title()";
        /// People who use it (persone che lo usano).
        people: Person by "assets" in "crate::connection::by_title()";
        /// Topics that use it (argomenti che lo usano).
        topics: Topic by "assets" in "crate::connection::by_title()";
    }
}
