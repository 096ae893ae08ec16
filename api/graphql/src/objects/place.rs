//! Place (Luogo): dct:Location with locn:Address, schema:Place.

use async_graphql::{Context, Result};

use super::{
    ContactPoint, Event, GeoPoint, Image, NewsItem, Office, OpeningHours, RichText, Service, Topic,
    VocabularyTerm, content_object,
};

content_object! {
    /// A place of public interest, or the seat of an office.
    Place {
        /// Other name (nome alternativo).
        async fn alternative_name(&self) -> Option<String> {
            self.view.text(&self.body.alternative_name)
        }

        /// Kinds of place (tipo di luogo).
        async fn place_type(&self) -> Vec<VocabularyTerm> {
            VocabularyTerm::all(&self.body.place_type, &self.view.reader)
        }

        /// Picture (immagine).
        async fn image(&self, ctx: &Context<'_>) -> Option<Result<Image>> {
            self.view.image(ctx, self.body.image.as_ref()).await.transpose()
        }

        /// Full description (descrizione estesa).
        async fn description(&self) -> Option<RichText> {
            self.view.rich(&self.body.description)
        }

        /// How to get in, accessibility for disabled people included (modalità di accesso).
        async fn access_mode(&self) -> Option<RichText> {
            self.view.rich(&self.body.access_mode)
        }

        /// Street and number (indirizzo).
        async fn street_address(&self) -> Option<&str> {
            self.body.street_address.as_deref()
        }

        /// Five digits (CAP).
        async fn postal_code(&self) -> Option<&str> {
            self.body.postal_code.as_deref()
        }

        /// City (comune).
        async fn city(&self) -> Option<&str> {
            self.body.city.as_deref()
        }

        /// Position (posizione GPS).
        async fn geo(&self) -> Option<GeoPoint> {
            self.body.geo.map(GeoPoint::from)
        }

        /// District (quartiere).
        async fn district(&self) -> Option<&str> {
            self.body.district.as_deref()
        }

        /// Constituency (circoscrizione).
        async fn constituency(&self) -> Option<&str> {
            self.body.constituency.as_deref()
        }

        /// Hours for the public (orario per il pubblico).
        async fn opening_hours(&self) -> Option<OpeningHours> {
            OpeningHours::new(&self.body.opening_hours, &self.view.reader)
        }

        /// Contact points (punti di contatto).
        async fn contact_points(&self, ctx: &Context<'_>) -> Result<Vec<ContactPoint>> {
            self.view.many(ctx, &self.body.contact_points).await
        }

        /// The office that runs the place (struttura responsabile).
        async fn managing_office(&self, ctx: &Context<'_>) -> Option<Result<Office>> {
            self.view.one(ctx, self.body.managing_office.as_ref()).await.transpose()
        }

        /// Who runs the place, when it is not an office of the municipality.
        async fn managed_by(&self) -> Option<String> {
            self.view.text(&self.body.managed_by)
        }

        /// Related places (luoghi collegati).
        async fn related_places(&self, ctx: &Context<'_>) -> Result<Vec<Place>> {
            self.view.many(ctx, &self.body.related_places).await
        }

        /// Identifier in DBUnico or ISIL, for museums and libraries.
        async fn mic_identifier(&self) -> Option<&str> {
            self.body.mic_identifier.as_deref()
        }

        /// Topics (argomenti).
        async fn topics(&self, ctx: &Context<'_>) -> Result<Vec<Topic>> {
            self.view.many(ctx, &self.body.topics).await
        }

        /// Further information (ulteriori informazioni).
        async fn further_information(&self) -> Option<RichText> {
            self.view.rich(&self.body.further_information)
        }
    }
    linked {
        /// Offices that have a site here (sede di).
        seat_of: Office by "sites" in "crate::connection::by_title()";
        /// Events that take place here (eventi).
        events: Event by "place" in "crate::connection::newest_first()";
        /// News about the place (novità).
        news: NewsItem by "places" in "crate::connection::newest_first()";
        /// Services that cover the place (servizi).
        covered_by: Service by "covered_places" in "crate::connection::by_title()";
        /// Places that name this one as related (luoghi che lo collegano).
        related_by: Place by "related_places" in "crate::connection::by_title()";
    }
}
