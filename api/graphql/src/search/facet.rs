//! Counts of hits by the values that they have.

use async_graphql::{Context, Enum, Result, SimpleObject};
use municipio_domain::{
    content::ContentType,
    ids::ItemId,
    search::{FacetCounts, FacetField, facet_term},
};

use super::is_of_items;
use crate::{
    context::data,
    view::{Reader, View},
};

/// The most values that are told of a field: those that most hits have.
const MOST_VALUES: usize = 100;

/// A field by which hits are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "FacetField")]
pub(crate) enum SearchFacetField {
    /// The content type (tipo di contenuto).
    Type,
    /// The category of services; broader ones count as well (categoria del servizio).
    Category,
    /// The kind of news, events, documents, places and offices (tipo).
    Kind,
    /// The topic (argomento).
    Topic,
    /// The office in charge (unità organizzativa responsabile).
    Office,
    /// The life event (evento della vita).
    LifeEvent,
    /// The event in the life of a business (evento della vita d'impresa).
    BusinessEvent,
    /// The status of services (stato del servizio).
    Status,
}

/// How many hits have which value of a field (sfaccettatura).
#[derive(SimpleObject)]
pub(crate) struct SearchFacet {
    /// The field.
    field: SearchFacetField,
    /// The values, the most frequent first; at most a hundred.
    values: Vec<SearchFacetValue>,
}

/// A value that hits have (valore).
#[derive(SimpleObject)]
pub(crate) struct SearchFacetValue {
    /// What `filter` and `types` take: a code, the name of a type, or the global id of a topic or an office.
    value: String,
    /// What readers see (etichetta).
    label: String,
    /// How many hits have it (numero).
    count: u64,
}

impl SearchFacet {
    pub(super) async fn all(
        ctx: &Context<'_>,
        facets: &[(FacetField, FacetCounts)],
        reader: &Reader,
    ) -> Result<Vec<Self>> {
        let data = data(ctx)?;
        let of_items = facets.iter().filter(|(field, _)| is_of_items(*field));
        let ids = of_items.flat_map(|(_, counts)| counts.iter().take(MOST_VALUES));
        let ids = ids.filter_map(|(value, _)| value.parse().ok().map(ItemId));
        let items = data.items(ids).await?;
        let value = |field: FacetField, (value, count): &(String, u64)| {
            let (value, label) = if is_of_items(field) {
                let item = items.get(&ItemId(value.parse().ok()?))?.clone();
                let view = View {
                    item,
                    reader: reader.clone(),
                };
                (
                    view.global_id().to_string(),
                    view.text(&view.item.body.title())?,
                )
            } else if field == FacetField::Type {
                let content_type: ContentType = value.parse().ok()?;
                (value.to_uppercase(), content_type.type_name().to_owned())
            } else {
                let label = facet_term(field, value).and_then(|term| reader.text(&term.label));
                (value.clone(), label.unwrap_or_else(|| value.clone()))
            };
            Some(SearchFacetValue {
                value,
                label,
                count: *count,
            })
        };
        let facets = facets.iter().map(|(field, counts)| Self {
            field: (*field).into(),
            values: counts
                .iter()
                .take(MOST_VALUES)
                .filter_map(|count| value(*field, count))
                .collect(),
        });
        Ok(facets.collect())
    }
}
