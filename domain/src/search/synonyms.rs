//! Words that mean the same: «carta d'identità» and «CIE». What a document says in its title and keywords is
//! indexed with its synonyms beside it, so that every engine finds it by them in the same way.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use chrono::{DateTime, Utc};
use municipio_entities::search_synonyms::{Column, Entity, Model};
use sea_orm::sea_query::Condition;
use serde::Deserialize;

use super::{Language, jobs::follow_job};
use crate::{
    locale::Locale,
    outbox,
    store::{StoreError, TenantStore, Transaction},
};

static FILE: &str = include_str!("../../../seeds/search/synonyms.toml");

/// The most groups of a municipality.
pub const MOST_GROUPS: usize = 500;
/// The most phrases of a group.
pub const MOST_PHRASES: usize = 30;
/// The longest phrase, in characters.
pub const LONGEST_PHRASE: usize = 100;

/// Phrases that mean the same.
pub type Group = Vec<String>;

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[expect(
    clippy::expect_used,
    reason = "the groups are compiled in; unit tests read them"
)]
static NATIONAL: LazyLock<HashMap<String, Groups>> =
    LazyLock::new(|| toml::from_str(FILE).expect("synonyms are well formed"));

/// The groups that all municipalities begin with, in the language of a locale.
pub fn national_synonyms(locale: &Locale) -> &'static [Group] {
    let groups = NATIONAL.get(locale.as_str());
    groups.map_or(&[], |groups| &groups.groups)
}

/// The groups of a municipality, and which edition of them it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnSynonyms {
    /// Counts how often they were changed.
    pub version: i64,
    /// The groups.
    pub groups: Vec<Group>,
}

/// What synonyms are refused for.
#[derive(Debug, thiserror::Error)]
pub enum SynonymsError {
    /// Too many groups.
    #[error("at most {MOST_GROUPS} groups")]
    TooMany,
    /// A group that says nothing, or too much.
    #[error(
        "a group has 2 to {MOST_PHRASES} different phrases of at most {LONGEST_PHRASE} characters"
    )]
    Group(usize),
    /// Somebody changed them meanwhile.
    #[error("the synonyms were changed meanwhile: read them, and send the change again")]
    Conflict,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The groups of the municipality itself.
///
/// # Errors
/// The database failed.
pub async fn own_synonyms(store: &TenantStore) -> Result<OwnSynonyms, StoreError> {
    let row = store.read().one::<Entity>(Condition::all()).await?;
    row.map_or(Ok(OwnSynonyms::default()), read)
}

fn read(row: Model) -> Result<OwnSynonyms, StoreError> {
    let groups = serde_json::from_value(row.groups);
    Ok(OwnSynonyms {
        version: row.version,
        groups: groups.map_err(|error| StoreError::corrupt("synonyms", error))?,
    })
}

/// Gives the municipality these groups in place of those that it has; the indexes follow by themselves.
///
/// # Errors
/// A group is refused, somebody changed them since this edition, or the database failed.
pub async fn set_synonyms(
    transaction: &Transaction,
    groups: Vec<Group>,
    expected: Option<i64>,
    now: DateTime<Utc>,
) -> Result<OwnSynonyms, SynonymsError> {
    let groups = check(groups)?;
    let version = transaction.count_up::<Entity>(Column::Version, 1).await?;
    if expected.is_some_and(|expected| expected != version - 1) {
        return Err(SynonymsError::Conflict);
    }
    let written = serde_json::json!(groups);
    let values = [(Column::Groups, written.into())];
    transaction
        .update::<Entity>(values, Condition::all())
        .await?;
    if transaction.has_search_server() {
        outbox::enqueue(transaction, [follow_job()], now).await?;
    }
    Ok(OwnSynonyms { version, groups })
}

fn check(groups: Vec<Group>) -> Result<Vec<Group>, SynonymsError> {
    if groups.len() > MOST_GROUPS {
        return Err(SynonymsError::TooMany);
    }
    let groups = groups.into_iter().enumerate().map(|(index, group)| {
        let phrases: Group = group
            .iter()
            .map(|phrase| phrase.trim().to_owned())
            .collect();
        let different: BTreeSet<&String> = phrases.iter().collect();
        let fits = |phrase: &String| !phrase.is_empty() && phrase.chars().count() <= LONGEST_PHRASE;
        let is_right = (2..=MOST_PHRASES).contains(&phrases.len())
            && different.len() == phrases.len()
            && phrases.iter().all(fits);
        is_right
            .then_some(phrases)
            .ok_or(SynonymsError::Group(index))
    });
    groups.collect()
}

/// The synonyms of a municipality, ready to be looked up.
#[derive(Debug, Default)]
pub struct Synonyms {
    locales: HashMap<Locale, Matcher>,
}

/// The phrases of one locale by the stem of their first word.
#[derive(Debug, Default)]
struct Matcher {
    groups: Vec<Group>,
    phrases: HashMap<String, Vec<(usize, Vec<String>)>>,
}

impl Synonyms {
    /// The national groups and these.
    pub fn new(own: &[Group], locales: &[Locale]) -> Self {
        let matchers = locales.iter().map(|locale| {
            let groups = national_synonyms(locale).iter().chain(own);
            (
                locale.clone(),
                Matcher::new(groups.cloned().collect(), locale),
            )
        });
        Self {
            locales: matchers.collect(),
        }
    }

    /// What people say for what a text says.
    pub fn of(&self, text: &str, locale: &Locale) -> Vec<String> {
        let Some(matcher) = self.locales.get(locale) else {
            return Vec::new();
        };
        let found = matcher.matching(&stems(text, locale));
        let phrases = found.into_iter().flat_map(|group| &matcher.groups[group]);
        let unsaid = phrases.filter(|phrase| !text.contains(phrase.as_str()));
        unsaid.cloned().collect()
    }
}

impl Matcher {
    fn new(groups: Vec<Group>, locale: &Locale) -> Self {
        let mut phrases: HashMap<String, Vec<(usize, Vec<String>)>> = HashMap::new();
        for (index, group) in groups.iter().enumerate() {
            for phrase in group {
                let stems = stems(phrase, locale);
                if let Some(first) = stems.first() {
                    phrases
                        .entry(first.clone())
                        .or_default()
                        .push((index, stems));
                }
            }
        }
        Self { groups, phrases }
    }

    /// The groups of which these stems hold a phrase, one word after the other.
    fn matching(&self, stems: &[String]) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for (place, stem) in stems.iter().enumerate() {
            let begun = self.phrases.get(stem).into_iter().flatten();
            let said = begun.filter(|(_, phrase)| stems[place..].starts_with(phrase));
            found.extend(said.map(|(group, _)| *group));
        }
        found
    }
}

fn stems(text: &str, locale: &Locale) -> Vec<String> {
    let words = Language::of(locale).telling_words(text);
    words.map(|word| word.stem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_title_says_is_found_by_other_words() {
        let own = vec![vec!["parco giochi".to_owned(), "altalene".to_owned()]];
        let synonyms = Synonyms::new(&own, &[Locale::italian()]);
        let said = |text: &str| synonyms.of(text, &Locale::italian());
        assert!(said("Carte di identità elettroniche").contains(&"CIE".to_owned()));
        assert_eq!(said("Parchi giochi del lago"), ["parco giochi", "altalene"]);
        assert_eq!(said("Giochi nel parco"), Vec::<String>::new());
        assert!(
            synonyms
                .of("Carta d'identità", &"de".parse().unwrap())
                .is_empty()
        );
    }

    #[test]
    fn every_national_group_may_be_set() {
        for groups in NATIONAL.values() {
            check(groups.groups.clone()).unwrap();
        }
        let group = |phrases: &[&str]| phrases.iter().map(|&phrase| phrase.to_owned()).collect();
        for wrong in [group(&["a"]), group(&["a", " a"]), group(&["a", ""])] {
            assert!(matches!(check(vec![wrong]), Err(SynonymsError::Group(0))));
        }
    }
}
