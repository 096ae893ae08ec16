//! Reads the audit log of a tenant.

use chrono::{DateTime, Utc};
use futures_util::stream::{self, Stream};
use municipio_entities::{audit_chain, audit_entry};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, Iterable,
    sea_query::{Order, Query, SelectStatement},
};

use super::{Entry, Head, Verified, verify::link};
use crate::{
    chain::Chain,
    content::{Contents, InvalidCursor, Page, Window, seal, unseal},
    store::{Pending, StoreError, TenantStore},
    tenants::IpaCode,
};

/// How many entries are read together where all are wanted.
const BATCH: u64 = 1_000;

/// Which entries; all when everything is left out.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Of this actor, such as `account:…`.
    pub actor: Option<String>,
    /// Of this name, such as `content.publish`.
    pub name: Option<String>,
    /// About this.
    pub subject: Option<String>,
    /// At this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    pub until: Option<DateTime<Utc>>,
}

/// The audit log of a tenant.
#[derive(Clone, Debug)]
pub struct AuditLog {
    store: TenantStore,
}

impl From<&Contents> for AuditLog {
    fn from(contents: &Contents) -> Self {
        Self::new(contents.store().clone())
    }
}

impl AuditLog {
    /// The log of the tenant whose rows these are.
    pub fn new(store: TenantStore) -> Self {
        Self { store }
    }

    /// A part of the list of the entries that match, the newest first; their numbers are their places.
    ///
    /// # Errors
    /// The database failed.
    pub async fn page(
        &self,
        filter: &AuditFilter,
        window: &Window<i64>,
    ) -> Result<Page<Entry, i64>, StoreError> {
        use audit_entry::{Column, Entity};
        let mut select = select().cond_where(filter.condition()).to_owned();
        window.select_down::<Entity, _>(&mut select, Column::Number, |number| *number);
        let rows = self.rows(select).await?;
        let size = usize::try_from(window.size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        let entries = rows.into_iter().take(size).map(Entry::from_row);
        let entries = entries.map(|entry| entry.map(|entry| (entry.number, entry)));
        let entries = entries.collect::<Result<_, _>>()?;
        Ok(Page::of(window, entries, more))
    }

    /// All entries after this number, oldest first. An error ends the stream.
    pub fn entries(&self, after: i64) -> impl Stream<Item = Result<Entry, StoreError>> + use<> {
        let batches = stream::try_unfold((self.clone(), after), |(log, after)| async move {
            let rows = log.batch(after).await?;
            let Some(last) = rows.last().map(|row| row.number) else {
                return Ok::<_, StoreError>(None);
            };
            Ok(Some((rows, (log, last))))
        });
        futures_util::TryStreamExt::try_flatten(futures_util::TryStreamExt::map_ok(
            batches,
            |rows| stream::iter(rows.into_iter().map(Entry::from_row)),
        ))
    }

    /// Computes every hash again, and says what does not fit. With the head that somebody noted
    /// before, a log that was cut at its end or written anew is found too.
    ///
    /// # Errors
    /// The database failed.
    pub async fn verify(&self, expected: Option<&Head>) -> Result<Verified, StoreError> {
        let least = self.counted().await?;
        let mut chain = Chain::new(expected);
        let mut after = i64::MIN;
        loop {
            let rows = self.batch(after).await?;
            let Some(last) = rows.last() else { break };
            after = last.number;
            for row in rows {
                chain.add(link(row, self.store.tenant_id()));
            }
        }
        // More may have been written meanwhile, but not less.
        let most = self.counted().await?;
        Ok(chain.end(least, most))
    }

    /// How many entries there should be.
    async fn counted(&self) -> Result<i64, StoreError> {
        let scope = self.store.read();
        let chain = scope.one::<audit_chain::Entity>(Condition::all()).await?;
        Ok(chain.map_or(0, |chain| chain.last_number))
    }

    async fn batch(&self, after: i64) -> Result<Vec<audit_entry::Model>, StoreError> {
        use audit_entry::Column;
        let select = select()
            .and_where(Column::Number.gt(after))
            .order_by((audit_entry::Entity, Column::Number), Order::Asc)
            .limit(BATCH)
            .to_owned();
        self.rows(select).await
    }

    fn rows(&self, select: SelectStatement) -> Pending<'static, Vec<audit_entry::Model>> {
        let scope = self.store.read();
        Box::pin(async move {
            let rows = scope.rows::<audit_entry::Entity>(select).await?;
            let rows = rows
                .iter()
                .map(|row| audit_entry::Model::from_query_result(row, ""));
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn select() -> SelectStatement {
    let columns = audit_entry::Column::iter().map(|column| (audit_entry::Entity, column));
    Query::select()
        .from(audit_entry::Entity)
        .columns(columns)
        .to_owned()
}

impl AuditFilter {
    fn condition(&self) -> Condition {
        use audit_entry::Column;
        let micros = |time: DateTime<Utc>| time.timestamp_micros();
        Condition::all()
            .add_option(self.actor.as_ref().map(|actor| Column::Actor.eq(actor)))
            .add_option(self.name.as_ref().map(|name| Column::Name.eq(name)))
            .add_option(
                self.subject
                    .as_ref()
                    .map(|subject| Column::Subject.eq(subject)),
            )
            .add_option(self.from.map(|from| Column::At.gte(micros(from))))
            .add_option(self.until.map(|until| Column::At.lt(micros(until))))
    }
}

impl Entry {
    /// The place of the entry with this number in the log, as an opaque string for readers of this municipality.
    pub fn cursor(number: i64, municipality: &IpaCode) -> String {
        seal(municipality, &("a", number))
    }

    /// Reads such a string: the number of an entry.
    ///
    /// # Errors
    /// The text is no cursor of the log, or one of another municipality.
    pub fn decode_cursor(text: &str, municipality: &IpaCode) -> Result<i64, InvalidCursor> {
        match unseal::<(String, i64)>(text, municipality)? {
            (kind, number) if kind == "a" && number >= 0 => Ok(number),
            _ => Err(InvalidCursor::OtherOrder),
        }
    }
}
