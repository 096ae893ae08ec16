//! What people look for, and which words mean the same, for those who edit.

use async_graphql::{Context, Object, Result, SimpleObject};
use chrono::{NaiveDate, TimeDelta};
use municipio_domain::{
    identity::{Action, Subject},
    search::{self, MostSearched, OwnSynonyms, most_searched, national_synonyms, own_synonyms},
};

use super::engine;
use crate::{
    connection::page_size,
    context::data,
    error::{ErrorCode, internal},
    scalars,
    view::Reader,
};

/// How many days can be looked at.
const MOST_DAYS: i32 = 365;

/// What people looked for (analisi delle ricerche).
pub(crate) struct SearchInsight {
    since: NaiveDate,
}

/// A text that people looked for, as search reads it: small letters, without accents and without words that say
/// nothing (testo cercato).
#[derive(SimpleObject)]
struct SearchedText {
    /// The text (testo).
    text: String,
    /// In which locale (lingua).
    locale: scalars::Locale,
    /// How often it was looked for (ricerche).
    searches: u64,
    /// How often nothing was found (ricerche senza risultati).
    without_hits: u64,
    /// How often a hit was chosen (clic).
    clicks: u64,
}

impl From<MostSearched> for SearchedText {
    fn from(searched: MostSearched) -> Self {
        Self {
            text: searched.text,
            locale: scalars::Locale(searched.locale),
            searches: searched.searches,
            without_hits: searched.fruitless,
            clicks: searched.clicks,
        }
    }
}

impl SearchInsight {
    /// What people looked for in the last days, for who may read drafts.
    pub(crate) async fn of(ctx: &Context<'_>, days: i32) -> Result<Self> {
        let data = data(ctx)?;
        data.authorise(Action::ReadDrafts, &Subject::WHOLE)?;
        if !(1..=MOST_DAYS).contains(&days) {
            let message = format!("`days` lies between 1 and {MOST_DAYS}, not {days}");
            return Err(ErrorCode::InvalidArgument.about("days", message));
        }
        engine(data)?
            .write_uses(data.now())
            .await
            .map_err(internal)?;
        Ok(Self {
            since: data.today() - TimeDelta::days((days - 1).into()),
        })
    }

    async fn read(
        &self,
        ctx: &Context<'_>,
        fruitless: bool,
        first: Option<i32>,
    ) -> Result<Vec<SearchedText>> {
        let data = data(ctx)?;
        let size = page_size(first, "first")?;
        let found = most_searched(data.contents.store(), self.since, fruitless, size).await;
        Ok(found
            .map_err(internal)?
            .into_iter()
            .map(Into::into)
            .collect())
    }
}

/// What people looked for. Nothing says who did; texts that may hold personal data are not counted (analisi
/// delle ricerche).
#[Object]
impl SearchInsight {
    /// What was looked for most (ricerche più frequenti).
    async fn most_searched(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100, 20 by default.")] first: Option<i32>,
    ) -> Result<Vec<SearchedText>> {
        self.read(ctx, false, first).await
    }

    /// What was most often not found (ricerche senza risultati).
    async fn not_found(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100, 20 by default.")] first: Option<i32>,
    ) -> Result<Vec<SearchedText>> {
        self.read(ctx, true, first).await
    }
}

/// Words and phrases that mean the same to search (sinonimi).
#[derive(SimpleObject)]
pub(crate) struct SearchSynonyms {
    /// Counts how often those of the municipality were changed; a change can expect it (versione).
    version: i64,
    /// Those of the municipality (sinonimi del Comune).
    groups: Vec<SynonymGroup>,
    /// Those that all municipalities have (sinonimi nazionali).
    national: Vec<SynonymGroup>,
}

/// Words and phrases that mean the same (gruppo di sinonimi).
#[derive(SimpleObject)]
struct SynonymGroup {
    /// The phrases (espressioni).
    phrases: Vec<String>,
}

impl SearchSynonyms {
    /// The synonyms, for who may read drafts.
    pub(crate) async fn read(ctx: &Context<'_>) -> Result<Self> {
        let data = data(ctx)?;
        data.authorise(Action::ReadDrafts, &Subject::WHOLE)?;
        let own = own_synonyms(data.contents.store())
            .await
            .map_err(internal)?;
        Self::new(ctx, own)
    }

    pub(crate) fn new(ctx: &Context<'_>, own: OwnSynonyms) -> Result<Self> {
        let groups = |groups: &[search::Group]| {
            let groups = groups.iter().cloned();
            groups.map(|phrases| SynonymGroup { phrases }).collect()
        };
        let reader = Reader::new(ctx, None)?;
        Ok(Self {
            version: own.version,
            groups: groups(&own.groups),
            national: groups(national_synonyms(reader.locale())),
        })
    }
}
