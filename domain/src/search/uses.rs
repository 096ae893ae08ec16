//! What people look for, what they do not find, and which hits they choose: counts by day, for those who edit.
//! Nothing says who looked for it, and texts that may hold personal data are not kept.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use municipio_entities::{search_click, search_use};
use sea_orm::{
    ColumnTrait,
    sea_query::{Alias, Expr, ExprTrait, Order, Query},
};

use super::SearchText;
use crate::{
    content::holds_personal_data,
    ids::{ItemId, TenantId},
    locale::Locale,
    store::{Database, StoreError, TenantStore, Transaction},
    time::ROME,
};

/// How long counts are kept.
const KEPT: TimeDelta = TimeDelta::days(365);
/// The longest text that is counted, in characters.
const LONGEST: usize = 100;
/// How many digits in a text may be those of somebody: of a telephone, a document, a date of birth.
const DIGITS: usize = 5;
/// How many different texts of a municipality are counted before they are written down, and in a day; more come from
/// machines.
const MOST_WAITING: usize = 1_000;
const MOST_A_DAY: i64 = 5_000;

/// Counts what is looked for, and writes it down from time to time: a search writes nothing by itself.
#[derive(Clone, Debug, Default)]
pub struct Uses {
    waiting: Arc<Mutex<HashMap<TenantId, Waiting>>>,
}

/// What was counted of a municipality.
#[derive(Debug, Default)]
struct Waiting {
    searches: HashMap<(Locale, String), Searches>,
    clicks: HashMap<(Locale, String, ItemId), i64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Searches {
    searches: i64,
    fruitless: i64,
}

/// A text that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MostSearched {
    /// The text, as search reads it.
    pub text: String,
    /// In which locale.
    pub locale: Locale,
    /// How often.
    pub searches: u64,
    /// How often nothing was found.
    pub fruitless: u64,
    /// How often a hit was chosen.
    pub clicks: u64,
}

impl Uses {
    /// Somebody looked for a text, and found so many.
    pub fn searched(&self, tenant: TenantId, locale: &Locale, text: &str, found: u64) {
        let Some(text) = countable(text, locale) else {
            return;
        };
        let mut all = self.lock();
        let waiting = all.entry(tenant).or_default();
        let key = (locale.clone(), text);
        if waiting.searches.len() < MOST_WAITING || waiting.searches.contains_key(&key) {
            let counts = waiting.searches.entry(key).or_default();
            counts.searches += 1;
            counts.fruitless += i64::from(found == 0);
        }
    }

    /// Somebody chose an item among the hits of a text. Says whether it is counted.
    pub fn clicked(&self, tenant: TenantId, locale: &Locale, text: &str, item: ItemId) -> bool {
        let Some(text) = countable(text, locale) else {
            return false;
        };
        let mut all = self.lock();
        let waiting = all.entry(tenant).or_default();
        let key = (locale.clone(), text, item);
        let fits = waiting.clicks.len() < MOST_WAITING || waiting.clicks.contains_key(&key);
        if fits {
            *waiting.clicks.entry(key).or_default() += 1;
        }
        fits
    }

    /// Writes down what was counted since the last time. What cannot be written is counted again.
    ///
    /// # Errors
    /// The database failed for one of the tenants.
    pub async fn write(&self, database: &Database, now: DateTime<Utc>) -> Result<(), StoreError> {
        let taken = std::mem::take(&mut *self.lock());
        let mut outcome = Ok(());
        for (tenant, counted) in taken {
            if let Err(error) = write(&database.tenant(tenant), &counted, now).await {
                self.put_back(tenant, counted);
                outcome = Err(error);
            }
        }
        outcome
    }

    fn put_back(&self, tenant: TenantId, counted: Waiting) {
        let mut all = self.lock();
        let waiting = all.entry(tenant).or_default();
        for (key, counts) in counted.searches {
            let kept = waiting.searches.entry(key).or_default();
            kept.searches += counts.searches;
            kept.fruitless += counts.fruitless;
        }
        for (key, clicks) in counted.clicks {
            *waiting.clicks.entry(key).or_default() += clicks;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A text as it is counted; nothing when it is empty, or may say something of somebody.
fn countable(text: &str, locale: &Locale) -> Option<String> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits >= DIGITS || text.contains('@') || holds_personal_data(text) {
        return None;
    }
    let read = SearchText::read(text, locale).ok()?.to_string();
    (!read.is_empty() && read.chars().count() <= LONGEST).then_some(read)
}

async fn write(
    store: &TenantStore,
    counted: &Waiting,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant_id = store.tenant_id().0;
    let day = now.with_timezone(&ROME).date_naive();
    let transaction = store.begin().await?;
    if texts_of(&transaction, day).await? >= MOST_A_DAY {
        tracing::warn!(tenant = %store.tenant_id(), "so many texts are looked for that no more are counted today");
        return Ok(());
    }
    let searches = counted.searches.iter();
    let searches = searches.map(|((locale, text), counts)| search_use::Model {
        tenant_id,
        day,
        locale: locale.as_str().to_owned(),
        text: text.clone(),
        searches: counts.searches,
        fruitless: counts.fruitless,
    });
    let clicks = counted.clicks.iter();
    let clicks = clicks.map(|((locale, text, item), clicks)| search_click::Model {
        tenant_id,
        day,
        locale: locale.as_str().to_owned(),
        text: text.clone(),
        item_id: item.0,
        clicks: *clicks,
    });
    use search_use::Column::{Fruitless, Searches};
    transaction
        .add_up::<search_use::Entity>(searches, &[Searches, Fruitless])
        .await?;
    transaction
        .add_up::<search_click::Entity>(clicks, &[search_click::Column::Clicks])
        .await?;
    transaction.commit().await
}

/// How many different texts were looked for on a day.
async fn texts_of(transaction: &Transaction, day: NaiveDate) -> Result<i64, StoreError> {
    use search_use::{Column, Entity};
    let mut select = Query::select();
    select
        .from(Entity)
        .expr_as(
            Expr::col((Entity, Column::Text)).count(),
            Alias::new("total"),
        )
        .and_where(Expr::col((Entity, Column::Day)).eq(day));
    let rows = transaction.rows::<Entity>(select).await?;
    rows.first()
        .map_or(Ok(0), |row| Ok(row.try_get("", "total")?))
}

/// What was looked for most since a day; with `fruitless` what was most often not found.
///
/// # Errors
/// The database failed.
pub async fn most_searched(
    store: &TenantStore,
    since: NaiveDate,
    fruitless: bool,
    size: u64,
) -> Result<Vec<MostSearched>, StoreError> {
    use search_use::{Column, Entity};
    let column = |column| Expr::col((Entity, column));
    let sum = |of| column(of).sum().cast_as("bigint");
    let clicks = {
        use search_click::Column as Click;
        let click = |column| Expr::col((search_click::Entity, column));
        Query::select()
            .from(search_click::Entity)
            .expr(click(Click::Clicks).sum().cast_as("bigint"))
            .and_where(click(Click::TenantId).eq(store.tenant_id().0))
            .and_where(click(Click::Day).gte(since))
            .and_where(click(Click::Locale).equals((Entity, Column::Locale)))
            .and_where(click(Click::Text).equals((Entity, Column::Text)))
            .to_owned()
    };
    let by = if fruitless {
        Column::Fruitless
    } else {
        Column::Searches
    };
    let mut select = Query::select();
    select
        .from(Entity)
        .columns([(Entity, Column::Locale), (Entity, Column::Text)])
        .expr_as(sum(Column::Searches), Alias::new("searches"))
        .expr_as(sum(Column::Fruitless), Alias::new("fruitless"))
        .expr_as(
            Expr::SubQuery(None, Box::new(clicks.into())),
            Alias::new("clicks"),
        )
        .and_where(column(Column::Day).gte(since))
        .group_by_columns([(Entity, Column::Locale), (Entity, Column::Text)])
        .and_having(sum(by).gt(0))
        .order_by_expr(sum(by), Order::Desc)
        .order_by((Entity, Column::Text), Order::Asc)
        .order_by((Entity, Column::Locale), Order::Asc)
        .limit(size);
    let rows = store.read().rows::<Entity>(select).await?;
    rows.iter()
        .map(|row| {
            let locale: String = row.try_get("", "locale")?;
            let count = |name: &str| {
                let count: Option<i64> = row.try_get("", name)?;
                Ok::<_, StoreError>(u64::try_from(count.unwrap_or_default()).unwrap_or_default())
            };
            Ok(MostSearched {
                text: row.try_get("", "text")?,
                locale: locale
                    .parse()
                    .map_err(|error| StoreError::corrupt("locale", error))?,
                searches: count("searches")?,
                fruitless: count("fruitless")?,
                clicks: count("clicks")?,
            })
        })
        .collect()
}

/// Forgets the counts of long ago.
///
/// # Errors
/// The database failed.
pub async fn forget_uses(store: &TenantStore, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let day = (now - KEPT).with_timezone(&ROME).date_naive();
    let transaction = store.begin().await?;
    let searches = search_use::Column::Day.lt(day);
    let searches = transaction.delete::<search_use::Entity>(searches).await?;
    let clicks = search_click::Column::Day.lt(day);
    let clicks = transaction.delete::<search_click::Entity>(clicks).await?;
    transaction.commit().await?;
    Ok(searches + clicks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_say_something_of_somebody_is_not_counted() {
        let counted = |text: &str| countable(text, &Locale::italian());
        for text in [
            "RSSMRA80A01H501U",
            "mario.rossi@example.org",
            "347 123 4567",
            "IT60X0542811101000000123456",
            "nato il 01/01/1980",
            "",
            "?",
        ] {
            assert_eq!(counted(text), None, "{text}");
        }
        assert_eq!(counted("La TARI del 2026").as_deref(), Some("tari 2026"));
    }
}
