//! Looking for content: what can be asked, and what is found.

mod facet;
mod hit;
mod input;
mod insight;

use async_graphql::{Context, Error, Object, Result, SimpleObject, connection::PageInfo};
use municipio_domain::search::{
    Answered, Excerpt, FacetField, FollowError, MOST_HITS, Search, SearchQuery, decode_place,
    did_you_mean, encode_place,
};

use crate::{
    connection::page_size,
    context::{RequestData, data},
    error::{ErrorCode, cursor, failed},
    scalars,
    view::{Reader, View},
};

pub(crate) use facet::{SearchFacet, SearchFacetField};
pub(crate) use hit::{SearchHit, SearchHitEdge, Suggestion};
pub(crate) use input::{SearchFilter, SearchNear, SearchOrder, by_relevance};
pub(crate) use insight::{SearchInsight, SearchSynonyms};

/// How many hits say what was probably meant.
const SPEAKING_HITS: usize = 5;

/// The search of a request.
pub(crate) fn engine(data: &RequestData) -> Result<&Search> {
    let message = "there is no search here";
    data.search
        .as_ref()
        .ok_or_else(|| ErrorCode::SearchUnavailable.error(message))
}

pub(crate) fn follow_failed(error: &FollowError) -> Error {
    match error {
        FollowError::Store(error) => failed(error),
        FollowError::Engine(error) => {
            tracing::error!(%error, "a search failed");
            ErrorCode::SearchUnavailable.error(ErrorCode::SearchUnavailable.apology())
        }
    }
}

/// What is asked for, as the root field takes it.
pub(crate) struct Asked {
    pub(crate) query: String,
    pub(crate) types: Option<Vec<crate::objects::ContentTypeName>>,
    pub(crate) filter: Option<SearchFilter>,
    pub(crate) near: Option<SearchNear>,
    pub(crate) facets: Option<Vec<SearchFacetField>>,
    pub(crate) order_by: SearchOrder,
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
}

/// A part of what was found (Relay connection): at most 100 hits; the first thousand can be leafed through.
pub(crate) struct SearchConnection {
    query: SearchQuery,
    answered: Answered,
    views: Vec<Option<View>>,
    reader: Reader,
}

/// The engine that found the hits (motore di ricerca).
#[derive(SimpleObject)]
pub(crate) struct SearchEngine {
    /// Its name: `embedded` or `meilisearch`.
    name: &'static str,
    /// It stands in for the search server, which does not answer, or its first index is still being made.
    is_degraded: bool,
    /// How many changes of the public site it did not know yet when it answered; null while its index was being
    /// made.
    lag: Option<u64>,
}

impl SearchConnection {
    pub(crate) async fn read(
        ctx: &Context<'_>,
        asked: Asked,
        locale: Option<scalars::Locale>,
    ) -> Result<Self> {
        let reader = Reader::new(ctx, locale)?;
        let data = data(ctx)?;
        let after = asked
            .after
            .as_deref()
            .map(|after| decode_place(after, &data.tenant.ipa_code));
        let offset = after.transpose().map_err(|error| cursor("after", error))?;
        let is_first_page = offset.is_none();
        let text = asked.query.clone();
        let size = page_size(asked.first, "first")?;
        let mut query = asked.query(data, reader.locale())?;
        query.offset = offset.unwrap_or_default().min(MOST_HITS);
        query.size = size.min(MOST_HITS - query.offset);
        let search = engine(data)?;
        let wants_lag = ctx.look_ahead().field("engine").field("lag").exists();
        let answered = search.query(&data.tenant, &query, wants_lag).await;
        let answered = answered.map_err(|error| follow_failed(&error))?;
        // What an engine that stands in does not find may be there all the same.
        let is_sure = answered.hits.total > 0 || !answered.is_degraded;
        if is_first_page && is_sure {
            let found = answered.hits.total;
            search
                .uses()
                .searched(data.tenant.id, reader.locale(), &text, found);
        }
        let ids = answered.hits.hits.iter().map(|hit| hit.item);
        let items = data.items(ids.clone()).await?;
        // What was taken off the site after the index was last written is not shown.
        let view = |id| {
            let (item, reader) = (items.get(&id)?.clone(), reader.clone());
            Some(View { item, reader })
        };
        Ok(Self {
            views: ids.map(view).collect(),
            query,
            answered,
            reader,
        })
    }

    fn hits(&self) -> impl Iterator<Item = (u64, SearchHit)> {
        let hits = self.answered.hits.hits.iter().zip(&self.views);
        hits.zip(self.query.offset + 1..)
            .filter_map(|((hit, view), place)| {
                Some((place, SearchHit::new(view.clone()?, hit, &self.query)?))
            })
    }

    fn place(&self, hits: u64) -> String {
        encode_place(hits, self.reader.municipality())
    }
}

/// A part of what was found (Relay connection): at most 100 hits; the first thousand can be leafed through.
#[Object]
impl SearchConnection {
    /// How many hits there are.
    async fn total_count(&self) -> u64 {
        self.answered.hits.total
    }

    /// The hits with their places.
    async fn edges(&self) -> Vec<SearchHitEdge> {
        let edges = self.hits().map(|(place, node)| SearchHitEdge {
            cursor: self.place(place),
            node,
        });
        edges.collect()
    }

    /// The hits alone.
    async fn nodes(&self) -> Vec<SearchHit> {
        self.hits().map(|(_, hit)| hit).collect()
    }

    /// Whether there is more, and how to go on.
    async fn page_info(&self) -> PageInfo {
        let begin = self.query.offset;
        let end = begin + self.answered.hits.hits.len() as u64;
        PageInfo {
            has_previous_page: begin > 0,
            has_next_page: end > begin && end < self.answered.hits.total.min(MOST_HITS),
            start_cursor: (end > begin).then(|| self.place(begin + 1)),
            end_cursor: (end > begin).then(|| self.place(end)),
        }
    }

    /// How many hits have which value, for the fields that were asked for (sfaccettature).
    async fn facets(&self, ctx: &Context<'_>) -> Result<Vec<SearchFacet>> {
        SearchFacet::all(ctx, &self.answered.hits.facets, &self.reader).await
    }

    /// What was probably meant, when a word is in none of the first hits (forse cercavi).
    async fn did_you_mean(&self) -> Option<String> {
        let shown = self.views.iter().flatten().take(SPEAKING_HITS);
        let shown: Vec<_> = shown
            .map(|view| Excerpt::of(&view.item, &view.reader.locales))
            .collect();
        did_you_mean(&self.query.text, &shown)
    }

    /// The engine that found them (motore di ricerca).
    async fn engine(&self) -> SearchEngine {
        SearchEngine {
            name: self.answered.engine,
            is_degraded: self.answered.is_degraded,
            lag: self.answered.lag,
        }
    }
}

/// What a search box shows while somebody writes.
pub(crate) async fn suggest(
    ctx: &Context<'_>,
    prefix: &str,
    first: Option<i32>,
    locale: Option<scalars::Locale>,
) -> Result<Vec<Suggestion>> {
    let reader = Reader::new(ctx, locale)?;
    let data = data(ctx)?;
    let text = input::text(prefix, reader.locale(), "prefix")?;
    let size = page_size(first.or(Some(8)), "first")?;
    let locale = reader.locale().clone();
    let suggested = engine(data)?
        .suggest(&data.tenant, text.clone(), locale, size)
        .await;
    let suggested = suggested.map_err(|error| follow_failed(&error))?;
    let items = data.items(suggested.iter().copied()).await?;
    let views = suggested.iter().filter_map(|id| {
        let (item, reader) = (items.get(id)?.clone(), reader.clone());
        Some(View { item, reader })
    });
    Ok(views
        .filter_map(|view| Suggestion::new(view, &text))
        .collect())
}

/// Facets by the ids of items.
fn is_of_items(field: FacetField) -> bool {
    matches!(field, FacetField::Topic | FacetField::Office)
}
