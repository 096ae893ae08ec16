//! Which documents fit a query, and how well. A word fits when it is written, in any number or gender; the
//! last one when it begins a word that is; one that is written nowhere when one is that is nearly the same.

use std::collections::BTreeMap;

use municipio_domain::{
    locale::Locale,
    search::{EngineError, FacetField, Hit, Hits, SearchQuery, Word, allowed_typos},
};
use tantivy::{
    Searcher, Term,
    collector::TopDocs,
    query::{
        AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery,
        Occur, Query, RangeQuery, TermQuery, TermSetQuery,
    },
    schema::{Field, IndexRecordOption},
};

use super::{
    collect::{self, Collected, Wanted},
    failed,
    schema::{Fields, TextClass, facet},
};

/// How many words of the index stand for one of the query.
const MOST_CANDIDATES: usize = 40;
/// How many are looked at to choose them.
const MOST_LOOKED_AT: usize = 5_000;
/// What a stem is worth, beside the word itself.
const STEM: f32 = 0.85;
/// What a word is worth that was not written like this, beside what the words of a document are worth on
/// average.
const UNWRITTEN: f32 = 2.0;
/// How much it helps that a word stands in several texts of a document.
const TIE: f32 = 0.2;
/// The shortest word whose beginning may be wrong.
const LONG_BEGINNING: usize = 5;

/// How a word of the index stands for one of the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// It begins with it.
    Begins,
    /// A letter is wrong.
    OneTypo,
    /// Two letters are wrong.
    TwoTypos,
    /// It begins with something in which a letter is wrong.
    BeginsWrong,
}

impl Likeness {
    fn worth(self) -> f32 {
        match self {
            Self::Begins => 0.8,
            Self::OneTypo => 0.7,
            Self::TwoTypos => 0.45,
            Self::BeginsWrong => 0.35,
        }
    }
}

/// The hits of a query.
pub(super) fn hits(
    searcher: &Searcher,
    fields: &Fields,
    query: &SearchQuery,
) -> Result<Hits, EngineError> {
    let skipped = usize::try_from(query.offset).unwrap_or(usize::MAX);
    let size = usize::try_from(query.size).unwrap_or(usize::MAX);
    let wanted = Wanted {
        order: query.order,
        near: query.near,
        facets: !query.facets.is_empty(),
        first: skipped.saturating_add(size),
    };
    let collected = collect(searcher, fields, query, &wanted).map_err(failed)?;
    let hits = collected.first.into_iter().skip(skipped).map(|candidate| {
        Ok(Hit {
            item: candidate.item.parse().map_err(failed)?,
            score: candidate.score,
        })
    });
    let of_field = |field: &FacetField| (*field, collect::counts(&collected.facets, *field));
    Ok(Hits {
        total: collected.total,
        hits: hits.collect::<Result<_, EngineError>>()?,
        facets: query.facets.iter().map(of_field).collect(),
    })
}

fn collect(
    searcher: &Searcher,
    fields: &Fields,
    query: &SearchQuery,
    wanted: &Wanted,
) -> tantivy::Result<Collected> {
    let filters = filters(fields, query);
    if query.text.is_empty() {
        return searcher.search(&all_of(filters, Box::new(AllQuery)), wanted);
    }
    let classes = match query.titles_only {
        true => &fields.classes()[..2],
        false => &fields.classes()[..],
    };
    let last = query.text.words().len() - 1;
    let mut words = Vec::new();
    for (place, word) in query.text.words().iter().enumerate() {
        let is_written = is_written(searcher, fields, classes, word, &query.locale)?;
        words.extend(word_query(
            searcher,
            fields.vocabulary,
            classes,
            word,
            is_written,
            place == last,
        )?);
    }
    // Most of what was said must be there; when that is nowhere, less.
    let mut needed = words.len() - words.len() * 2 / 5;
    loop {
        let clauses = words.iter().map(|word| (Occur::Should, word.box_clone()));
        let fitting = BooleanQuery::with_minimum_required_clauses(clauses.collect(), needed);
        let fitting = all_of(
            filters.iter().map(|filter| filter.box_clone()).collect(),
            Box::new(fitting),
        );
        let found = searcher.search(&fitting, wanted)?;
        if found.total > 0 || needed <= 1 {
            return Ok(found);
        }
        needed -= 1;
    }
}

/// What fits, among what all filters let through; they do not say how well.
fn all_of(filters: Vec<Box<dyn Query>>, fitting: Box<dyn Query>) -> BooleanQuery {
    let filters = filters.into_iter().map(|filter| {
        let filter: Box<dyn Query> = Box::new(ConstScoreQuery::new(filter, 0.0));
        (Occur::Must, filter)
    });
    BooleanQuery::new(filters.chain([(Occur::Must, fitting)]).collect())
}

fn filters(fields: &Fields, query: &SearchQuery) -> Vec<Box<dyn Query>> {
    let mut filters: Vec<Box<dyn Query>> = vec![term(fields.locale, query.locale.as_str())];
    for (field, values) in &query.filters {
        let values = values.iter();
        let values = values.map(|value| Term::from_field_text(fields.facet, &facet(*field, value)));
        filters.push(Box::new(TermSetQuery::new(values)));
    }
    if query.from.is_some() || query.until.is_some() {
        let bound = |second: i64| Term::from_field_i64(fields.date, second);
        let from = query
            .from
            .map(bound)
            .map_or(std::ops::Bound::Unbounded, std::ops::Bound::Included);
        let until = query
            .until
            .map(bound)
            .map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        filters.push(Box::new(RangeQuery::new(from, until)));
    }
    filters
}

fn term(field: Field, text: &str) -> Box<dyn Query> {
    let term = Term::from_field_text(field, text);
    Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
}

/// The word is written in a document of this locale. How often terms stand in the index does not say so: it
/// counts those of other locales, and of documents that are gone.
fn is_written(
    searcher: &Searcher,
    fields: &Fields,
    classes: &[TextClass],
    word: &Word,
    locale: &Locale,
) -> tantivy::Result<bool> {
    let terms = classes.iter().flat_map(|class| {
        [
            Term::from_field_text(class.words, &word.folded),
            Term::from_field_text(class.stems, &word.stem),
        ]
    });
    let written = all_of(
        vec![term(fields.locale, locale.as_str())],
        Box::new(TermSetQuery::new(terms)),
    );
    let found = searcher.search(&written, &TopDocs::with_limit(1).order_by_score())?;
    Ok(!found.is_empty())
}

/// What has a word, or what stands for it; nothing when that is nowhere.
fn word_query(
    searcher: &Searcher,
    vocabulary: Field,
    classes: &[TextClass],
    word: &Word,
    is_written: bool,
    is_last: bool,
) -> tantivy::Result<Option<Box<dyn Query>>> {
    let mut likenesses: Vec<Box<dyn Query>> = Vec::new();
    if is_written {
        for class in classes {
            let written = term(class.words, &word.folded);
            likenesses.push(Box::new(BoostQuery::new(written, class.weight)));
            let stem = term(class.stems, &word.stem);
            likenesses.push(Box::new(BoostQuery::new(stem, class.weight * STEM)));
        }
    }
    let candidates = candidates(searcher, vocabulary, word, is_last, is_written)?;
    for (likeness, words) in &candidates {
        for class in classes {
            let words = words
                .iter()
                .map(|word| Term::from_field_text(class.words, word));
            let worth = class.weight * UNWRITTEN * likeness.worth();
            let words = Box::new(TermSetQuery::new(words));
            likenesses.push(Box::new(ConstScoreQuery::new(words, worth)));
        }
    }
    let best: Box<dyn Query> = Box::new(DisjunctionMaxQuery::with_tie_breaker(likenesses, TIE));
    Ok((is_written || !candidates.is_empty()).then_some(best))
}

/// The words of the index that stand for a word of the query, by how.
fn candidates(
    searcher: &Searcher,
    vocabulary: Field,
    word: &Word,
    is_last: bool,
    is_written: bool,
) -> tantivy::Result<BTreeMap<Likeness, Vec<String>>> {
    // What is written somewhere is no mistake.
    let typos = if is_written {
        0
    } else {
        allowed_typos(&word.folded)
    };
    let term = Term::from_field_text(vocabulary, &word.folded);
    let mut found: Vec<(Likeness, u32, String)> = Vec::new();
    if is_last && word.folded.chars().count() > 1 {
        let wrong = u8::from(typos > 0 && word.folded.chars().count() >= LONG_BEGINNING);
        let like = FuzzyTermQuery::new_prefix(term.clone(), wrong, true);
        look_up(
            searcher,
            vocabulary,
            &like,
            |word_of_index| {
                Some(match word_of_index.starts_with(&word.folded) {
                    true => Likeness::Begins,
                    false => Likeness::BeginsWrong,
                })
            },
            &mut found,
        )?;
    }
    if typos > 0 {
        let like = FuzzyTermQuery::new(term, typos, true);
        look_up(
            searcher,
            vocabulary,
            &like,
            |word_of_index| match strsim::osa_distance(word_of_index, &word.folded) {
                0 => None,
                1 => Some(Likeness::OneTypo),
                _ => Some(Likeness::TwoTypos),
            },
            &mut found,
        )?;
    }
    found.retain(|(_, _, candidate)| *candidate != word.folded);
    // The most alike, and of those the most frequent.
    found.sort_by(|one, other| {
        one.0
            .cmp(&other.0)
            .then(other.1.cmp(&one.1))
            .then(one.2.cmp(&other.2))
    });
    let mut chosen: BTreeMap<Likeness, Vec<String>> = BTreeMap::new();
    for (likeness, _, candidate) in found.into_iter().take(MOST_CANDIDATES) {
        if chosen.values().flatten().all(|known| *known != candidate) {
            chosen.entry(likeness).or_default().push(candidate);
        }
    }
    Ok(chosen)
}

/// Adds the words of the index that are like this, with how and in how many documents.
fn look_up(
    searcher: &Searcher,
    vocabulary: Field,
    like: &FuzzyTermQuery,
    likeness: impl Fn(&str) -> Option<Likeness>,
    found: &mut Vec<(Likeness, u32, String)>,
) -> tantivy::Result<()> {
    let automaton = like.automaton()?;
    for reader in searcher.segment_readers() {
        let index = reader.inverted_index(vocabulary)?;
        let mut words = index.terms().search(&automaton).into_stream()?;
        let mut looked_at = 0;
        while looked_at < MOST_LOOKED_AT && words.advance() {
            looked_at += 1;
            let Ok(word) = std::str::from_utf8(words.key()) else {
                continue;
            };
            if let Some(likeness) = likeness(word) {
                found.push((likeness, words.value().doc_freq, word.to_owned()));
            }
        }
    }
    Ok(())
}
