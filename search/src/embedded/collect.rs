//! Collecting hits: how many there are, which come first, and how many have which value.

use std::cmp::Ordering;

use municipio_domain::{
    content::fields::GeoPoint,
    ids::ItemId,
    search::{
        DocumentKey, EngineError, FacetCounts, FacetField, Held, Near, SearchOrder, distance,
    },
};
use tantivy::{
    DocId, Score, Searcher, SegmentOrdinal, SegmentReader,
    collector::{Collector, SegmentCollector},
    columnar::{Column, StrColumn},
};

use super::{failed, schema::columns};

/// What is collected.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) order: SearchOrder,
    pub(super) near: Option<Near>,
    pub(super) facets: bool,
    /// How many of the first hits.
    pub(super) first: usize,
}

/// What was collected.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) total: u64,
    pub(super) first: Vec<Candidate>,
    /// For each value of any field, `field=value`, how many hits have it.
    pub(super) facets: Vec<(String, u64)>,
}

/// A hit that may be among the first.
#[derive(Debug)]
pub(super) struct Candidate {
    rank: Rank,
    pub(super) item: String,
    pub(super) score: Score,
}

/// By what a hit stands where it does; the least first.
#[derive(Debug)]
enum Rank {
    Number(f64),
    Title(String),
}

impl Rank {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => one.total_cmp(other),
            (Self::Title(one), Self::Title(other)) => one.cmp(other),
            (Self::Number(_), Self::Title(_)) => Ordering::Less,
            (Self::Title(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

impl Collector for Wanted {
    type Fruit = Collected;
    type Child = Segment;

    fn for_segment(&self, _: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<Segment> {
        let fast = reader.fast_fields();
        let text = |name| fast.str(name);
        Ok(Segment {
            wanted: self.clone(),
            items: text(columns::ITEM)?,
            titles: text(columns::TITLE_KEY)?.filter(|_| self.order == SearchOrder::Title),
            values: text(columns::FACET)?.filter(|_| self.facets),
            date: fast.i64(columns::DATE)?,
            latitude: fast.column_opt(columns::LATITUDE)?,
            longitude: fast.column_opt(columns::LONGITUDE)?,
            boost: fast.f64(columns::BOOST)?,
            counts: Vec::new(),
            found: Vec::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        self.order == SearchOrder::Relevance
    }

    fn merge_fruits(
        &self,
        segments: Vec<tantivy::Result<Collected>>,
    ) -> tantivy::Result<Collected> {
        let mut all = Collected::default();
        for segment in segments {
            let segment = segment?;
            all.total += segment.total;
            all.first.extend(segment.first);
            all.facets.extend(segment.facets);
        }
        let by_rank = |one: &Candidate, other: &Candidate| {
            one.rank
                .compare(&other.rank)
                // Items keep their order when the index is put together anew.
                .then_with(|| one.item.cmp(&other.item))
        };
        all.first.sort_by(by_rank);
        all.first.truncate(self.first);
        all.facets.sort();
        all.facets.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
        Ok(all)
    }
}

/// Collects in one segment.
pub(super) struct Segment {
    wanted: Wanted,
    items: Option<StrColumn>,
    titles: Option<StrColumn>,
    values: Option<StrColumn>,
    date: Column<i64>,
    latitude: Option<Column<f64>>,
    longitude: Option<Column<f64>>,
    boost: Column<f64>,
    /// By the ordinal of the value.
    counts: Vec<u64>,
    found: Vec<Found>,
}

/// What was found in a segment.
struct Found {
    rank: f64,
    /// The place of its item among those of the segment, which are in their order.
    item: Option<u64>,
    document: DocId,
    score: Score,
}

impl SegmentCollector for Segment {
    type Fruit = tantivy::Result<Collected>;

    fn collect(&mut self, document: DocId, score: Score) {
        let metres = self
            .wanted
            .near
            .map(|near| self.metres(document, near.point));
        let limit = self.wanted.near.and_then(|near| near.within);
        if let (Some(metres), Some(limit)) = (metres, limit)
            && metres > f64::from(limit)
        {
            return;
        }
        if let Some(values) = &self.values {
            self.counts.resize(values.num_terms(), 0);
            for ordinal in values.term_ords(document) {
                if let Some(count) = usize::try_from(ordinal)
                    .ok()
                    .and_then(|place| self.counts.get_mut(place))
                {
                    *count += 1;
                }
            }
        }
        let boost = self.boost.first(document).unwrap_or(1.0);
        let date = self.date.first(document).unwrap_or_default() as f64;
        let relevance = f64::from(score) * boost;
        let rank = match self.wanted.order {
            SearchOrder::Relevance => -relevance,
            SearchOrder::Newest => -date,
            SearchOrder::Oldest => date,
            SearchOrder::Distance => metres.unwrap_or(f64::INFINITY),
            SearchOrder::Title => self.title(document),
        };
        let items = self.items.as_ref();
        self.found.push(Found {
            rank,
            item: items.and_then(|items| items.ords().first(document)),
            document,
            score: relevance as Score,
        });
    }

    fn harvest(mut self) -> Self::Fruit {
        let total = self.found.len() as u64;
        let by_rank = |one: &Found, other: &Found| {
            one.rank
                .total_cmp(&other.rank)
                .then(one.item.cmp(&other.item))
        };
        if self.found.len() > self.wanted.first {
            if self.wanted.first > 0 {
                self.found
                    .select_nth_unstable_by(self.wanted.first - 1, by_rank);
            }
            self.found.truncate(self.wanted.first);
        }
        let mut first = Vec::with_capacity(self.found.len());
        for found in &self.found {
            let rank = match &self.titles {
                None => Rank::Number(found.rank),
                Some(titles) => Rank::Title(text(titles, found.document)?),
            };
            let item = self
                .items
                .as_ref()
                .map(|items| text(items, found.document))
                .transpose()?;
            first.push(Candidate {
                rank,
                item: item.unwrap_or_default(),
                score: found.score,
            });
        }
        Ok(Collected {
            total,
            first,
            facets: self.values()?,
        })
    }
}

impl Segment {
    fn metres(&self, document: DocId, from: GeoPoint) -> f64 {
        let read = |column: &Option<Column<f64>>| column.as_ref()?.first(document);
        match (read(&self.latitude), read(&self.longitude)) {
            (Some(latitude), Some(longitude)) => distance(
                from,
                GeoPoint {
                    latitude,
                    longitude,
                },
            ),
            _ => f64::INFINITY,
        }
    }

    /// The place of the title among those of the segment.
    fn title(&self, document: DocId) -> f64 {
        let ordinal = self
            .titles
            .as_ref()
            .and_then(|titles| titles.ords().first(document));
        ordinal.map_or(f64::INFINITY, |ordinal| ordinal as f64)
    }

    fn values(&self) -> tantivy::Result<Vec<(String, u64)>> {
        let Some(values) = &self.values else {
            return Ok(Vec::new());
        };
        let counted = self.counts.iter().zip(0..).filter(|(count, _)| **count > 0);
        let mut named = Vec::new();
        for (count, ordinal) in counted {
            let mut name = String::new();
            values.ord_to_str(ordinal, &mut name)?;
            named.push((name, *count));
        }
        Ok(named)
    }
}

fn text(column: &StrColumn, document: DocId) -> tantivy::Result<String> {
    let mut text = String::new();
    if let Some(ordinal) = column.ords().first(document) {
        column.ord_to_str(ordinal, &mut text)?;
    }
    Ok(text)
}

/// The values of one field among those of all, the most frequent first.
pub(super) fn counts(all: &[(String, u64)], field: FacetField) -> FacetCounts {
    let values = all.iter().filter_map(|(name, count)| {
        let value = name.strip_prefix(field.as_str())?.strip_prefix('=')?;
        Some((value.to_owned(), *count))
    });
    let mut counts: FacetCounts = values.collect();
    counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    counts
}

/// Every document, to compare with the database.
pub(super) fn held(searcher: &Searcher) -> Result<Vec<Held>, EngineError> {
    let mut held = Vec::new();
    for reader in searcher.segment_readers() {
        let fast = reader.fast_fields();
        let column = |name| {
            let column = fast.str(name).map_err(failed)?;
            column.ok_or_else(|| EngineError::Failed(format!("the index lacks the column {name}")))
        };
        let (items, locales) = (column(columns::ITEM)?, column(columns::LOCALE)?);
        let digests = column(columns::DIGEST)?;
        for document in reader.doc_ids_alive() {
            let read = |column| text(column, document).map_err(failed);
            let item: ItemId = read(&items)?.parse().map_err(failed)?;
            let locale = read(&locales)?.parse().map_err(failed)?;
            held.push(Held {
                key: DocumentKey::new(item, locale),
                digest: read(&digests)?,
            });
        }
    }
    Ok(held)
}
