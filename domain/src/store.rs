//! The database, and the tenant-scoped handle through which all rows of tenants are read and
//! written. The connections are private to this module: a query that forgets its tenant cannot be
//! run, because there is nothing to run it on. On PostgreSQL row-level security is a second wall
//! behind it ([`wall`]).

mod bell;
mod database;
mod error;
mod feeds;
mod transaction;
mod unit_of_work;
mod wall;

use std::pin::Pin;

use municipio_entities as entities;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend,
    DbErr, EntityTrait, FromQueryResult, Iden, IntoActiveModel, Iterable, Order,
    PrimaryKeyToColumn, QueryFilter, QueryResult, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
    sea_query::{Alias, Expr, ExprTrait, IntoCondition, OnConflict, Query, SelectStatement},
};

use bell::Bell;
pub(crate) use bell::Bells;
pub use database::{Database, DatabaseOptions};
pub use error::{Failure, StoreError};
pub(crate) use feeds::CaseRows;
pub use feeds::{Feeds, Log};
pub(crate) use unit_of_work::Reading;
pub use unit_of_work::UnitOfWork;
use unit_of_work::{SharedUnit, begin_part};

use tokio::sync::Notify;

use crate::ids::TenantId;

/// The rows of one tenant: the only way to content.
#[derive(Clone, Debug)]
pub struct TenantStore {
    database: Database,
    tenant: TenantId,
    /// The unit of work of which all transactions of this store are parts, if there is one.
    unit: Option<SharedUnit>,
}

impl TenantStore {
    pub(super) fn new(database: Database, tenant: TenantId) -> Self {
        Self {
            database,
            tenant,
            unit: None,
        }
    }

    /// The tenant whose rows these are.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant
    }

    /// How far the log of the tenant's changes has come.
    pub(crate) async fn last_sequence(&self) -> Result<i64, StoreError> {
        self.read().last_sequence().await
    }

    pub(crate) fn alarm(&self) -> &Notify {
        self.database.alarm()
    }

    /// Where the log grows.
    pub fn feeds(&self) -> &Feeds {
        self.database.feeds()
    }

    pub(crate) fn read(&self) -> Scope<Reading> {
        let connection = Reading {
            connections: self.database.read.clone(),
            unit: self.unit.clone(),
        };
        Scope {
            connection,
            tenant: self.tenant,
            bell: None,
            has_search_server: self.database.has_search_server,
        }
    }

    /// The rows as those read them who look for work again and again: they are not counted.
    pub(crate) fn watch(&self) -> Scope<Reading> {
        let connection = Reading {
            connections: self.database.watch.clone(),
            unit: None,
        };
        Scope {
            connection,
            tenant: self.tenant,
            bell: None,
            has_search_server: self.database.has_search_server,
        }
    }

    /// The same, apart from a unit of work: what it commits is permanent at once. To be used before anything is
    /// written in the unit, or SQLite waits for itself.
    pub(crate) fn apart(&self) -> Self {
        Self {
            unit: None,
            ..self.clone()
        }
    }

    /// Begins a transaction that writes. What is not committed is rolled back.
    ///
    /// # Errors
    /// The database does not answer.
    pub fn begin(&self) -> Pending<'_, Transaction> {
        Box::pin(async move {
            let connection = match &self.unit {
                Some(unit) => begin_part(self, unit).await?,
                None => begin(self).await?,
            };
            Ok(Scope {
                connection,
                tenant: self.tenant,
                bell: Some(Bell::of(self.database.bells(), self.unit.clone())),
                has_search_server: self.database.has_search_server,
            })
        })
    }
}

/// Begins a transaction on a connection that is told the tenant.
async fn begin(store: &TenantStore) -> Result<DatabaseTransaction, DbErr> {
    // A deferred transaction of SQLite can fail half-way without waiting for its turn.
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    let begin = store.database.write.begin_with_options(options);
    wall::within(store.tenant, begin).await
}

/// A transaction on the rows of one tenant.
pub type Transaction = Scope<DatabaseTransaction>;

/// A connection that sees one tenant.
#[derive(Debug)]
pub struct Scope<C> {
    connection: C,
    tenant: TenantId,
    /// Rung by a transaction that puts something into the outbox.
    bell: Option<Bell>,
    has_search_server: bool,
}

/// Rows of one statement: SQLite takes at most 32,766 parameters, PostgreSQL 65,535.
const ROWS: usize = 1_000;

/// A table whose rows belong to a tenant.
pub(crate) trait TenantOwned: EntityTrait<ActiveModel: Send> {
    /// The column that names the tenant.
    fn tenant_column() -> Self::Column;
}

macro_rules! tenant_owned {
    ($($module:ident),*) => {
        $(impl TenantOwned for entities::$module::Entity {
            fn tenant_column() -> Self::Column {
                entities::$module::Column::TenantId
            }
        })*
    };
}

tenant_owned!(
    appio_account,
    appio_service,
    appio_sheet,
    audit_chain,
    audit_entry,
    case_access,
    case_count,
    case_code,
    case_event,
    case_feed,
    case_file,
    case_notification,
    case_reference,
    case_rule_run,
    case_state_map,
    content_change,
    content_count,
    content_feed,
    content_item,
    content_link,
    content_listing,
    content_lock,
    content_occurrence,
    content_release,
    content_release_change,
    content_review,
    content_revision,
    content_schedule,
    content_slug,
    idempotency_key,
    log_position,
    media_blob,
    media_upload,
    media_use,
    message_template,
    outbox_job,
    outbox_queue,
    review_rule,
    search_click,
    search_synonyms,
    search_use,
    webhook_delivery,
    webhook_endpoint
);
tenant_owned!(
    account,
    api_key,
    citizen_delegation,
    citizen_issuer,
    external_identity,
    identity_provider,
    preview_token,
    recovery_code,
    role_assignment,
    role_definition,
    session,
    session_token,
    sign_in_attempt,
    sign_in_request
);

/// A statement on its way. Boxed, because these futures are large and lie deep in the stack of a query, and
/// because the compiler cannot tell of what they are made of that it may move to another thread.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// As many together as one statement takes.
fn chunks<T>(values: impl Iterator<Item = T>) -> Vec<Vec<T>> {
    let mut chunks = Vec::new();
    let mut values = values.peekable();
    while values.peek().is_some() {
        chunks.push(values.by_ref().take(ROWS).collect());
    }
    chunks
}

impl<C: ConnectionTrait> Scope<C> {
    pub(crate) fn tenant_id(&self) -> TenantId {
        self.tenant
    }

    /// How far the log of the tenant's changes has come.
    pub(crate) async fn last_sequence(&self) -> Result<i64, StoreError> {
        let feed = self.one::<entities::content_feed::Entity>(Condition::all());
        Ok(feed.await?.map_or(0, |feed| feed.last_sequence))
    }

    /// How far the log of the tenant's cases has come.
    pub(crate) async fn last_place(&self) -> Result<i64, StoreError> {
        let feed = self.one::<entities::case_feed::Entity>(Condition::all());
        Ok(feed.await?.map_or(0, |feed| feed.last_place))
    }

    /// How far the log of the tenant's changes has come, kept from growing until the transaction ends.
    pub(crate) fn hold_log(&self) -> Pending<'_, i64> {
        let last = entities::content_feed::Column::LastSequence;
        self.count_up::<entities::content_feed::Entity>(last, 0)
    }

    /// Which database it is, for the few statements that differ.
    pub(crate) fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    /// Runs a statement on a connection that is told the tenant.
    async fn run<T>(&self, statement: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        wall::within(self.tenant, statement).await
    }

    fn own<E: TenantOwned>(&self, filter: impl IntoCondition) -> Condition {
        Condition::all()
            .add(E::tenant_column().eq(self.tenant.0))
            .add(filter.into_condition())
    }

    /// All rows of the tenant that match.
    pub(crate) fn all<E: TenantOwned>(
        &self,
        filter: impl IntoCondition,
    ) -> Pending<'_, Vec<E::Model>> {
        let select = E::find().filter(self.own::<E>(filter));
        Box::pin(async move { Ok(self.run(select.all(&self.connection)).await?) })
    }

    /// One row of the tenant that matches.
    pub(crate) fn one<E: TenantOwned>(
        &self,
        filter: impl IntoCondition,
    ) -> Pending<'_, Option<E::Model>> {
        let select = E::find().filter(self.own::<E>(filter));
        Box::pin(async move { Ok(self.run(select.one(&self.connection)).await?) })
    }

    /// The rows of a select whose table `E` stands in it under its own name.
    pub(crate) fn rows<E: TenantOwned>(
        &self,
        mut select: SelectStatement,
    ) -> Pending<'_, Vec<QueryResult>> {
        let column = Expr::col((E::default(), E::tenant_column()));
        select.and_where(column.eq(self.tenant.0));
        Box::pin(async move { Ok(self.run(self.connection.query_all(&select)).await?) })
    }

    /// Inserts rows, whatever tenant they name, as rows of this tenant.
    pub(crate) fn insert<E: TenantOwned>(
        &self,
        rows: impl IntoIterator<Item = E::Model>,
    ) -> Pending<'_, ()>
    where
        E::Model: IntoActiveModel<<E as EntityTrait>::ActiveModel>,
    {
        let chunks = self.owned::<E>(rows);
        Box::pin(async move {
            for rows in chunks {
                let insert = E::insert_many(rows).exec_without_returning(&self.connection);
                self.run(insert).await?;
            }
            Ok(())
        })
    }

    /// Inserts those of these rows whose keys are not there yet.
    pub(crate) fn insert_missing<E: TenantOwned>(
        &self,
        rows: impl IntoIterator<Item = E::Model>,
    ) -> Pending<'_, ()>
    where
        E::Model: IntoActiveModel<<E as EntityTrait>::ActiveModel>,
    {
        let chunks = self.owned::<E>(rows);
        Box::pin(async move {
            for rows in chunks {
                let keys = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
                let insert = E::insert_many(rows).on_conflict_do_nothing_on(keys);
                self.run(insert.exec_without_returning(&self.connection))
                    .await?;
            }
            Ok(())
        })
    }

    /// Writes rows as a whole, those that are there and those that are not.
    pub(crate) fn replace<E: TenantOwned>(
        &self,
        rows: impl IntoIterator<Item = E::Model>,
    ) -> Pending<'_, ()>
    where
        E::Model: IntoActiveModel<<E as EntityTrait>::ActiveModel>,
    {
        let keys = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
        let others =
            E::Column::iter().filter(|column| E::PrimaryKey::from_column(*column).is_none());
        let own = Expr::col((E::default(), E::tenant_column())).eq(self.tenant.0);
        let conflict = OnConflict::columns(keys)
            .update_columns(others)
            .action_and_where(own)
            .to_owned();
        self.upsert::<E>(rows, conflict)
    }

    /// Inserts rows, and does this with those that are there.
    fn upsert<E: TenantOwned>(
        &self,
        rows: impl IntoIterator<Item = E::Model>,
        conflict: OnConflict,
    ) -> Pending<'_, ()>
    where
        E::Model: IntoActiveModel<<E as EntityTrait>::ActiveModel>,
    {
        let chunks = self.owned::<E>(rows);
        Box::pin(async move {
            for rows in chunks {
                let insert = E::insert_many(rows).on_conflict(conflict.clone());
                self.run(insert.exec_without_returning(&self.connection))
                    .await?;
            }
            Ok(())
        })
    }

    /// Rows of this tenant, whatever tenant they name, as many together as one statement takes.
    fn owned<E: TenantOwned>(
        &self,
        rows: impl IntoIterator<Item = E::Model>,
    ) -> Vec<Vec<<E as EntityTrait>::ActiveModel>>
    where
        E::Model: IntoActiveModel<<E as EntityTrait>::ActiveModel>,
    {
        let rows = rows.into_iter().map(|row| {
            let mut row: <E as EntityTrait>::ActiveModel = row.into_active_model();
            row.set(E::tenant_column(), self.tenant.0.into());
            row
        });
        chunks(rows)
    }

    /// Adds to a counter that the tenant has in one row of `E`, and gives its new value. The row stays
    /// locked until the transaction ends, so that the values are in the order of the commits.
    pub(crate) fn count_up<E: TenantOwned>(&self, counter: E::Column, by: i64) -> Pending<'_, i64> {
        let sum = Expr::col((E::default(), counter)).add(by);
        let conflict = OnConflict::column(E::tenant_column())
            .value(counter, sum)
            .to_owned();
        let insert = Query::insert()
            .into_table(E::default())
            .columns([E::tenant_column(), counter])
            .values_panic([self.tenant.0.into(), by.into()])
            .on_conflict(conflict)
            .returning_col(counter)
            .to_owned();
        Box::pin(async move {
            let row = self.run(self.connection.query_one(&insert)).await?;
            let row = row.ok_or_else(|| StoreError::corrupt("counter", "it gave no value"))?;
            Ok(row.try_get("", &counter.to_string())?)
        })
    }

    /// Adds the counters of each row to those of the row with the same keys; inserts what is not there.
    pub(crate) fn add_up<E: TenantOwned>(
        &self,
        rows: impl IntoIterator<Item = E::Model>,
        counters: &[E::Column],
    ) -> Pending<'_, ()>
    where
        E::Model: IntoActiveModel<<E as EntityTrait>::ActiveModel>,
    {
        let keys = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
        let mut conflict = OnConflict::columns(keys);
        for counter in counters {
            let added = Expr::col((Alias::new("excluded"), *counter));
            conflict.value(*counter, Expr::col((E::default(), *counter)).add(added));
        }
        self.upsert::<E>(rows, conflict)
    }

    /// Changes columns of the rows of the tenant that match; says how many there were.
    pub(crate) fn update<E: TenantOwned>(
        &self,
        values: impl IntoIterator<Item = (E::Column, sea_orm::Value)>,
        filter: impl IntoCondition,
    ) -> Pending<'_, u64> {
        let mut update = E::update_many().filter(self.own::<E>(filter));
        for (column, value) in values {
            update = update.col_expr(column, Expr::value(value));
        }
        Box::pin(async move { Ok(self.run(update.exec(&self.connection)).await?.rows_affected) })
    }

    /// Deletes the rows of the tenant that match.
    pub(crate) fn delete<E: TenantOwned>(&self, filter: impl IntoCondition) -> Pending<'_, u64> {
        let delete = E::delete_many().filter(self.own::<E>(filter));
        Box::pin(async move { Ok(self.run(delete.exec(&self.connection)).await?.rows_affected) })
    }

    /// The rows of the tenant that match and in which a column has one of these values, however
    /// many they are.
    pub(crate) fn all_of<E: TenantOwned>(
        &self,
        column: E::Column,
        values: impl IntoIterator<Item = impl Into<sea_orm::Value>>,
        filter: impl IntoCondition,
    ) -> Pending<'_, Vec<E::Model>> {
        let filter = filter.into_condition();
        let chunks = chunks(values.into_iter().map(Into::<sea_orm::Value>::into));
        Box::pin(async move {
            let mut rows = Vec::new();
            for values in chunks {
                let filter = Condition::all()
                    .add(filter.clone())
                    .add(column.is_in(values));
                rows.extend(self.all::<E>(filter).await?);
            }
            Ok(rows)
        })
    }

    /// Of the rows of the tenant that match and in which a column has one of these values, for each value so many at the
    /// most, those that are last by another column; the last first.
    pub(crate) fn last_of_each<E: TenantOwned>(
        &self,
        column: E::Column,
        values: impl IntoIterator<Item = impl Into<sea_orm::Value>>,
        by: E::Column,
        size: u64,
        filter: impl IntoCondition,
    ) -> Pending<'_, Vec<E::Model>> {
        let place = format!(
            "ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {} DESC)",
            column.to_string(),
            by.to_string()
        );
        let these = Condition::all()
            .add(self.own::<E>(filter))
            .add(column.is_in(values));
        let placed = Query::select()
            .from(E::default())
            .columns(E::Column::iter().map(|column| (E::default(), column)))
            .expr_as(Expr::cust(place), Alias::new("place"))
            .cond_where(these)
            .to_owned();
        let table = Alias::new(E::default().table_name());
        let select = Query::select()
            .columns(E::Column::iter().map(|column| (E::default(), column)))
            .from_subquery(placed, table)
            .and_where(Expr::col((E::default(), Alias::new("place"))).lte(size))
            .order_by((E::default(), by), Order::Desc)
            .to_owned();
        Box::pin(async move {
            let rows = self.rows::<E>(select).await?;
            let rows = rows.iter().map(|row| E::Model::from_query_result(row, ""));
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Sets columns of the rows of the tenant that match to what an expression gives for each row;
    /// says how many there were.
    pub(crate) fn set<E: TenantOwned>(
        &self,
        values: &[(E::Column, Expr)],
        filter: impl IntoCondition,
    ) -> Pending<'_, u64> {
        let mut update = E::update_many().filter(self.own::<E>(filter));
        for (column, value) in values {
            update = update.col_expr(*column, value.clone());
        }
        Box::pin(async move { Ok(self.run(update.exec(&self.connection)).await?.rows_affected) })
    }
}
