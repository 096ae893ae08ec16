//! Event (Evento): schema:Event.

use async_graphql::{Context, Result, SimpleObject};
use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};
use municipio_domain::{
    content::{OccurrenceEntry, WebAddress, types},
    time,
};

use crate::{
    connection::page_size,
    context::data,
    view::{ContentObject, Reader, View},
};

use super::{
    Amount, ContactPoint, File, GeoPoint, Image, Office, Person, Place, PostalAddress, RichText,
    Topic, VocabularyTerm, content_object,
};

content_object! {
    /// Something that takes place, once, several times or by a rule.
    Event {
        /// Second title (sottotitolo).
        async fn subtitle(&self) -> Option<String> {
            self.view.text(&self.body.subtitle)
        }

        /// Kind of event (tipo di evento).
        async fn event_type(&self) -> Option<VocabularyTerm> {
            VocabularyTerm::of(&self.body.event_type, &self.view.reader)
        }

        /// Topics (argomenti).
        async fn topics(&self, ctx: &Context<'_>) -> Result<Vec<Topic>> {
            self.view.many(ctx, &self.body.topics).await
        }

        /// Picture (immagine).
        async fn image(&self, ctx: &Context<'_>) -> Option<Result<Image>> {
            self.view.image(ctx, self.body.image.as_ref()).await.transpose()
        }

        /// Full description (descrizione completa).
        async fn body(&self) -> Option<RichText> {
            self.view.rich(&self.body.body)
        }

        /// Who it is for (a chi è rivolto).
        async fn audience(&self) -> Option<RichText> {
            self.view.rich(&self.body.audience)
        }

        /// When (data e orario): occurrences and a recurrence rule.
        async fn schedule(&self) -> EventSchedule {
            EventSchedule::new(&self.body.schedule)
        }

        /// The next time it takes place, or that it is taking place (prossima data).
        async fn next_occurrence(&self, ctx: &Context<'_>) -> Option<Result<Occurrence>> {
            let read = async || -> Result<Option<Occurrence>> {
                Ok(self.occurrences_from(data(ctx)?.now(), 1).pop())
            };
            read().await.transpose()
        }

        /// The times it takes place from a moment on (prossime date).
        async fn upcoming(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "From this moment on; now when left out.")] from: Option<DateTime<Utc>>,
            #[graphql(desc = "How many: 1 to 100, 20 by default.")] first: Option<i32>,
        ) -> Result<Vec<Occurrence>> {
            let from = from.unwrap_or(data(ctx)?.now());
            let first = usize::try_from(page_size(first, "first")?).unwrap_or(usize::MAX);
            Ok(self.occurrences_from(from, first))
        }

        /// Where (luogo).
        async fn place(&self, ctx: &Context<'_>) -> Option<Result<Place>> {
            self.view.one(ctx, self.body.place.as_ref()).await.transpose()
        }

        /// Where, when it is not a place of the catalogue.
        async fn address(&self) -> Option<PostalAddress> {
            self.body.address.as_ref().map(PostalAddress::from)
        }

        /// Position of `address`.
        async fn geo(&self) -> Option<GeoPoint> {
            self.body.geo.map(GeoPoint::from)
        }

        /// What it costs (costo).
        async fn costs(&self) -> Vec<Ticket> {
            let tickets = self.body.costs.iter();
            tickets.map(|ticket| Ticket::new(ticket, &self.view)).collect()
        }

        /// Offices that organise it (organizzato da).
        async fn organizers(&self, ctx: &Context<'_>) -> Result<Vec<Office>> {
            self.view.many(ctx, &self.body.organizers).await
        }

        /// Who else organises it (organizzatore esterno).
        async fn external_organizer(&self) -> Option<Organisation> {
            self.body.external_organizer.as_ref().map(Organisation::from)
        }

        /// Who supports it (con il supporto di).
        async fn supporters(&self) -> Vec<Organisation> {
            self.body.supporters.iter().map(Organisation::from).collect()
        }

        /// Under whose patronage (patrocinato da).
        async fn patronage(&self) -> Vec<Organisation> {
            self.body.patronage.iter().map(Organisation::from).collect()
        }

        /// Sponsors (sponsor).
        async fn sponsors(&self) -> Vec<Organisation> {
            self.body.sponsors.iter().map(Organisation::from).collect()
        }

        /// The event it is part of (evento genitore).
        async fn parent_event(&self, ctx: &Context<'_>) -> Option<Result<Event>> {
            self.view.one(ctx, self.body.parent_event.as_ref()).await.transpose()
        }

        /// People of the administration who take part (persone).
        async fn people(&self, ctx: &Context<'_>) -> Result<Vec<Person>> {
            self.view.many(ctx, &self.body.people).await
        }

        /// Contact points (punti di contatto).
        async fn contact_points(&self, ctx: &Context<'_>) -> Result<Vec<ContactPoint>> {
            self.view.many(ctx, &self.body.contact_points).await
        }

        /// Attached files (allegati).
        async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<File>> {
            self.view.files(ctx, &self.body.attachments).await
        }

        /// Further pictures (galleria).
        async fn gallery(&self, ctx: &Context<'_>) -> Result<Vec<Image>> {
            self.view.images(ctx, &self.body.gallery).await
        }

        /// Address of a video.
        async fn video(&self) -> Option<&str> {
            self.body.video.as_ref().map(WebAddress::as_str)
        }

        /// Transcript of the video (trascrizione).
        async fn transcript(&self) -> Option<RichText> {
            self.view.rich(&self.body.transcript)
        }

        /// Further information (ulteriori informazioni).
        async fn further_information(&self) -> Option<RichText> {
            self.view.rich(&self.body.further_information)
        }
    }
    linked {
        /// Events that are part of it (eventi figli).
        sub_events: Event by "parent_event" in "crate::connection::oldest_first()";
    }
}

impl Event {
    fn occurrences_from(&self, from: DateTime<Utc>, most: usize) -> Vec<Occurrence> {
        let until = from.checked_add_signed(TimeDelta::days(10 * 366));
        let until = until.unwrap_or(DateTime::<Utc>::MAX_UTC);
        let intervals = self.body.schedule.expand(from, until, most);
        intervals.into_iter().map(Occurrence::from).collect()
    }
}

/// When an event takes place: single times, and a rule by which the first of them recurs.
#[derive(SimpleObject)]
pub(crate) struct EventSchedule {
    /// The times that are written down.
    occurrences: Vec<Occurrence>,
    /// A rule of RFC 5545, such as `FREQ=WEEKLY;BYDAY=SA` (regola di ricorrenza).
    recurrence_rule: Option<String>,
    /// Days on which the rule does not apply (eccezioni).
    except: Vec<NaiveDate>,
}

impl EventSchedule {
    fn new(schedule: &time::EventSchedule) -> Self {
        let recurrence = schedule.recurrence.as_ref();
        let occurrences = schedule.occurrences.iter();
        Self {
            occurrences: occurrences
                .map(|occurrence| occurrence.interval().into())
                .collect(),
            recurrence_rule: recurrence.map(|recurrence| recurrence.rule.clone()),
            except: recurrence
                .map(|recurrence| recurrence.except.clone())
                .unwrap_or_default(),
        }
    }
}

/// One time at which an event takes place.
#[derive(SimpleObject)]
pub(crate) struct Occurrence {
    /// When it begins (inizio).
    starts_at: DateTime<FixedOffset>,
    /// When it ends (fine).
    ends_at: DateTime<FixedOffset>,
    /// It takes whole days (tutto il giorno).
    all_day: bool,
}

impl From<time::Interval> for Occurrence {
    fn from(interval: time::Interval) -> Self {
        Self {
            starts_at: time::local(interval.starts_at),
            ends_at: time::local(interval.ends_at),
            all_day: interval.all_day,
        }
    }
}

/// An event at one of the times at which it takes place (data di un evento).
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct EventOccurrence {
    /// The event.
    event: Event,
    /// When it begins (inizio).
    starts_at: DateTime<FixedOffset>,
    /// When it ends (fine).
    ends_at: DateTime<FixedOffset>,
    /// It takes whole days (tutto il giorno).
    all_day: bool,
}

impl EventOccurrence {
    pub(crate) fn new(entry: OccurrenceEntry, reader: &Reader) -> Option<Self> {
        let reader = reader.clone();
        let event = Event::new(View {
            item: entry.item,
            reader,
        })?;
        Some(Self {
            event,
            starts_at: time::local(entry.starts_at),
            ends_at: time::local(entry.ends_at),
            all_day: entry.all_day,
        })
    }
}

/// A price of an event (costo).
#[derive(SimpleObject)]
pub(crate) struct Ticket {
    /// What it is, such as «Intero» (tipo di biglietto).
    title: Option<String>,
    /// How much; nothing when it is free or not fixed (prezzo).
    price: Option<Amount>,
    /// More about it (descrizione).
    description: Option<String>,
}

impl Ticket {
    fn new(ticket: &types::Ticket, view: &View) -> Self {
        Self {
            title: view.text(&ticket.title),
            price: Amount::new(ticket.price, ticket.currency.as_deref()),
            description: view.text(&ticket.description),
        }
    }
}

/// A body that is not part of the administration (ente esterno).
#[derive(SimpleObject)]
pub(crate) struct Organisation {
    /// Its name (nome).
    name: String,
    /// Its site (sito).
    url: Option<String>,
}

impl From<&types::Organisation> for Organisation {
    fn from(organisation: &types::Organisation) -> Self {
        Self {
            name: organisation.name.clone(),
            url: organisation.url.as_ref().map(|url| url.as_str().to_owned()),
        }
    }
}
