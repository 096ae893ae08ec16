//! Contact point (Punto di contatto): cv:ContactPoint, schema:ContactPoint.

use async_graphql::{Context, Result, SimpleObject};
use municipio_domain::content::types;

use crate::view::View;

use super::{Event, Office, OpeningHours, Person, Place, Service, VocabularyTerm, content_object};

content_object! {
    /// Ways to reach an office, a person or a place.
    ContactPoint {
        /// Telephone numbers, addresses and the like (voci).
        async fn entries(&self) -> Vec<ContactEntry> {
            let entries = self.body.entries.iter();
            entries.map(|entry| ContactEntry::new(entry, &self.view)).collect()
        }

        /// Who answers (persona).
        async fn person(&self, ctx: &Context<'_>) -> Option<Result<Person>> {
            self.view.one(ctx, self.body.person.as_ref()).await.transpose()
        }

        /// When it is answered (orari).
        async fn opening_hours(&self) -> Option<OpeningHours> {
            OpeningHours::new(&self.body.opening_hours, &self.view.reader)
        }
    }
    linked {
        /// Services reached by it (servizi).
        used_by_services: Service by "contact_points" in "crate::connection::by_title()";
        /// Offices reached by it (unità organizzative).
        used_by_offices: Office by "contact_points" in "crate::connection::by_title()";
        /// People reached by it (persone).
        used_by_people: Person by "contact_points" in "crate::connection::by_title()";
        /// Places reached by it (luoghi).
        used_by_places: Place by "contact_points" in "crate::connection::by_title()";
        /// Events it is the contact of (eventi).
        used_by_events: Event by "contact_points" in "crate::connection::newest_first()";
    }
}

/// One way to reach someone (voce).
#[derive(SimpleObject)]
pub(crate) struct ContactEntry {
    /// Its kind: `telefono`, `email`, `pec`, `url`, `indirizzo`, an account (tipo).
    #[graphql(name = "type")]
    kind: VocabularyTerm,
    /// The number or address itself (valore).
    value: String,
    /// What it is for (descrizione).
    description: Option<String>,
}

impl ContactEntry {
    fn new(entry: &types::ContactEntry, view: &View) -> Self {
        Self {
            kind: VocabularyTerm::new(entry.kind.term(), &view.reader),
            value: entry.value.clone(),
            description: view.text(&entry.description),
        }
    }
}
