//! Queries in the language of Meilisearch.

use std::collections::HashMap;

use meilisearch_sdk::search::{
    MatchingStrategies, SearchQuery as SdkQuery, SearchResults, Selectors,
};
use municipio_domain::{
    ids::TenantId,
    search::{EngineError, FacetCounts, Hit, Hits, SearchOrder, SearchQuery},
};
use serde::Deserialize;

use super::{Index, failed, settings::TITLES, unavailable};

/// A hit as it is given back.
#[derive(Debug, Deserialize)]
struct Found {
    item: String,
}

/// The hits of a query among the documents of a tenant.
pub(super) async fn hits(
    index: &Index,
    tenant: TenantId,
    query: &SearchQuery,
) -> Result<Hits, EngineError> {
    let filter = filter(tenant, query);
    let sort = sort(query);
    let sort: Vec<&str> = sort.iter().map(String::as_str).collect();
    let facets: Vec<&str> = query.facets.iter().map(|field| field.as_str()).collect();
    let text = query.text.to_string();
    let until = usize::try_from(query.offset + query.size).unwrap_or(usize::MAX);
    let mut asked = SdkQuery::new(index);
    asked
        .with_query(&text)
        .with_filter(&filter)
        // From the start, so that the total is exact whatever the place: the server counts exactly in pages alone.
        .with_page(1)
        .with_hits_per_page(until.max(1))
        .with_attributes_to_retrieve(Selectors::Some(&["item"]))
        .with_matching_strategy(MatchingStrategies::FREQUENCY)
        .with_show_ranking_score(true);
    if !facets.is_empty() {
        asked.with_facets(Selectors::Some(&facets));
    }
    if !sort.is_empty() {
        asked.with_sort(&sort);
    }
    if query.titles_only {
        asked.with_attributes_to_search_on(&TITLES);
    }
    let found: SearchResults<Found> = index.execute_query(&asked).await.map_err(unavailable)?;
    read(found, query)
}

fn read(found: SearchResults<Found>, query: &SearchQuery) -> Result<Hits, EngineError> {
    let skipped = usize::try_from(query.offset).unwrap_or(usize::MAX);
    let size = usize::try_from(query.size).unwrap_or(usize::MAX);
    let total = found.total_hits.unwrap_or_default() as u64;
    let hits = found.hits.into_iter().skip(skipped).take(size).map(|hit| {
        Ok(Hit {
            item: hit.result.item.parse().map_err(failed)?,
            score: hit.ranking_score.unwrap_or_default() as f32,
        })
    });
    let hits = hits.collect::<Result<_, EngineError>>()?;
    let counted = found.facet_distribution.unwrap_or_default();
    let facets = query.facets.iter();
    let facets = facets.map(|field| (*field, counts(counted.get(field.as_str()))));
    Ok(Hits {
        total,
        hits,
        facets: facets.collect(),
    })
}

fn counts(values: Option<&HashMap<String, usize>>) -> FacetCounts {
    let values = values.into_iter().flatten();
    let mut counts: FacetCounts = values
        .map(|(value, count)| (value.clone(), *count as u64))
        .collect();
    counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    counts
}

/// The documents of a tenant.
pub(super) fn of_tenant(tenant: TenantId) -> String {
    format!("tenant = {}", quoted(&tenant.to_string()))
}

fn filter(tenant: TenantId, query: &SearchQuery) -> String {
    let mut all = vec![
        of_tenant(tenant),
        format!("locale = {}", quoted(query.locale.as_str())),
    ];
    for (field, values) in &query.filters {
        let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        all.push(format!("{} IN [{}]", field.as_str(), values.join(", ")));
    }
    all.extend(query.from.map(|from| format!("date >= {from}")));
    all.extend(query.until.map(|until| format!("date < {until}")));
    if let Some(near) = query.near
        && let Some(within) = near.within
    {
        let point = near.point;
        all.push(format!(
            "_geoRadius({}, {}, {within})",
            point.latitude, point.longitude
        ));
    }
    all.join(" AND ")
}

fn sort(query: &SearchQuery) -> Vec<String> {
    match (query.order, query.near) {
        (SearchOrder::Relevance, _) | (SearchOrder::Distance, None) => Vec::new(),
        (SearchOrder::Newest, _) => vec!["date:desc".to_owned()],
        (SearchOrder::Oldest, _) => vec!["date:asc".to_owned()],
        (SearchOrder::Title, _) => vec!["title_key:asc".to_owned()],
        (SearchOrder::Distance, Some(near)) => {
            let point = near.point;
            vec![format!(
                "_geoPoint({}, {}):asc",
                point.latitude, point.longitude
            )]
        }
    }
}

/// A value in a filter: whatever it holds, it stays a value.
pub(super) fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
