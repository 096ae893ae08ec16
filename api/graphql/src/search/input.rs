//! What can be asked of search.

use super::Asked;
use crate::{context::RequestData, error::ErrorCode, filters::DateRange, objects::ServiceStatus};
use async_graphql::{Enum, ID, InputObject, Result};
use municipio_domain::{
    content::ContentType,
    locale::Locale,
    search::{FacetField, Near, SearchQuery, SearchText, facet_term},
};

/// Which hits: those that have one of the values of each field that is given (filtro della ricerca).
#[derive(Clone, Debug, Default, InputObject)]
pub(crate) struct SearchFilter {
    /// Of these categories of services, narrower ones included (categoria del servizio).
    category: Option<Vec<String>>,
    /// Of these kinds of news, events, documents, places or offices (tipo).
    kind: Option<Vec<String>>,
    /// On these topics (argomenti).
    topics: Option<Vec<ID>>,
    /// Of these offices (unità organizzative responsabili).
    offices: Option<Vec<ID>>,
    /// Of these life events (eventi della vita).
    life_events: Option<Vec<String>>,
    /// Of these events in the life of a business (eventi della vita d'impresa).
    business_events: Option<Vec<String>>,
    /// Services of these statuses (stato del servizio).
    status: Option<Vec<ServiceStatus>>,
    /// Whose day lies in this range (data).
    date: Option<DateRange>,
}

/// Near a point of the map (vicino a).
#[derive(Clone, Copy, Debug, InputObject)]
pub(crate) struct SearchNear {
    /// Latitude in degrees (latitudine).
    latitude: f64,
    /// Longitude in degrees (longitudine).
    longitude: f64,
    /// Not farther than this many metres; without it the point is what distances are measured from, and nothing
    /// is left out (entro metri).
    within_metres: Option<u32>,
}

/// What hits are ordered by (ordinamento dei risultati).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "municipio_domain::search::SearchOrder")]
pub(crate) enum SearchOrder {
    /// How well they fit, the best first (rilevanza).
    Relevance,
    /// The day of the content, the newest first (dal più recente).
    Newest,
    /// The day of the content, the oldest first (dal meno recente).
    Oldest,
    /// The title, A to Z (titolo).
    Title,
    /// The distance from the point of `near`, the nearest first (distanza).
    Distance,
}

/// The order when none is named.
pub(crate) fn by_relevance() -> SearchOrder {
    SearchOrder::Relevance
}

/// Reads what is looked for.
pub(super) fn text(text: &str, locale: &Locale, argument: &str) -> Result<SearchText> {
    let read = SearchText::read(text, locale);
    read.map_err(|error| ErrorCode::InvalidArgument.about(argument, error.to_string()))
}

impl Asked {
    /// The query of the domain.
    pub(super) fn query(self, data: &RequestData, locale: &Locale) -> Result<SearchQuery> {
        let text = text(&self.query, locale, "query")?;
        let types: Vec<ContentType> = self
            .types
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect();
        let mut query = SearchQuery::new(text, locale.clone(), 0).of_types(&types);
        query.order = self.order_by.into();
        query.near = self.near.map(SearchNear::read).transpose()?;
        if query.order == municipio_domain::search::SearchOrder::Distance && query.near.is_none() {
            let message = "`DISTANCE` needs a point: say which with `near`";
            return Err(ErrorCode::InvalidArgument.about("orderBy", message));
        }
        for field in self.facets.unwrap_or_default() {
            let field = FacetField::from(field);
            if !query.facets.contains(&field) {
                query.facets.push(field);
            }
        }
        if let Some(filter) = self.filter {
            filter.read(data, &mut query)?;
        }
        Ok(query)
    }
}

impl SearchNear {
    fn read(self) -> Result<Near> {
        Near::new(self.latitude, self.longitude, self.within_metres).ok_or_else(|| {
            let message = "a latitude lies between -90 and 90, a longitude between -180 and 180";
            ErrorCode::InvalidArgument.about("near", message)
        })
    }
}

impl SearchFilter {
    fn read(self, data: &RequestData, query: &mut SearchQuery) -> Result<()> {
        for (field, name, codes) in [
            (FacetField::Category, "category", self.category),
            (FacetField::Kind, "kind", self.kind),
            (FacetField::LifeEvent, "lifeEvents", self.life_events),
            (
                FacetField::BusinessEvent,
                "businessEvents",
                self.business_events,
            ),
        ] {
            if let Some(codes) = codes {
                known(field, &codes, name)?;
                query.filters.push((field, codes));
            }
        }
        for (field, name, content_type, ids) in [
            (FacetField::Topic, "topics", ContentType::Topic, self.topics),
            (
                FacetField::Office,
                "offices",
                ContentType::Office,
                self.offices,
            ),
        ] {
            if let Some(ids) = ids {
                let ids = ids.iter().enumerate().map(|(index, id)| {
                    let at = format!("filter.{name}[{index}]");
                    Ok(data.item_id(id, content_type, &at)?.to_string())
                });
                query.filters.push((field, ids.collect::<Result<_>>()?));
            }
        }
        if let Some(statuses) = self.status {
            let statuses = statuses
                .into_iter()
                .map(municipio_domain::content::types::ServiceStatus::from);
            let codes = statuses.map(|status| status.code().to_owned());
            query.filters.push((FacetField::Status, codes.collect()));
        }
        if let Some(range) = self.date {
            let (from, until) = range.bounds("filter.date")?;
            query.from = from.map(|from| from.timestamp());
            query.until = until.map(|until| until.timestamp());
        }
        Ok(())
    }
}

/// Refuses a code that no vocabulary of the field has.
fn known(field: FacetField, codes: &[String], name: &str) -> Result<()> {
    for (index, code) in codes.iter().enumerate() {
        if facet_term(field, code).is_none() {
            let shown: String = code.chars().take(60).collect();
            let message = format!("there is no term «{shown}»");
            let at = format!("filter.{name}[{index}]");
            return Err(ErrorCode::UnknownCode.about(&at, message));
        }
    }
    Ok(())
}
