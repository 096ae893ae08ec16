//! What a transaction does beside reading and writing rows: it keeps rows from others, and tells others what was
//! written once it is committed.

use municipio_entities as entities;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, IntoCondition, LockType, OnConflict},
};

use super::{Log, Pending, StoreError, TenantOwned, Transaction, chunks, feeds};

impl Transaction {
    /// Tells every node, once this is committed, that a log of the tenant has come this far.
    pub(crate) async fn announce(&self, log: Log, sequence: i64) -> Result<(), StoreError> {
        if self.connection.get_database_backend() == DbBackend::Postgres {
            let statement = feeds::announcement(self.tenant, log, sequence);
            self.connection.execute_raw(statement).await?;
        }
        Ok(())
    }

    /// The rows of the tenant in which a column has one of these values, kept from all other transactions
    /// that write until this one ends. Give the values in order: they are taken in it, so that two transactions
    /// do not wait for each other. SQLite has one that writes at a time.
    pub(crate) fn hold_of<E: TenantOwned>(
        &self,
        column: E::Column,
        values: impl IntoIterator<Item = impl Into<sea_orm::Value>>,
    ) -> Pending<'_, Vec<E::Model>> {
        let chunks = chunks(values.into_iter().map(Into::<sea_orm::Value>::into));
        Box::pin(async move {
            let mut rows = Vec::new();
            for values in chunks {
                let select = E::find().filter(self.own::<E>(column.is_in(values)));
                // Rows that name these in a foreign key may still be written.
                let select = select.order_by_asc(column).lock(LockType::NoKeyUpdate);
                rows.extend(self.run(select.all(&self.connection)).await?);
            }
            Ok(rows)
        })
    }

    /// Has the tenant looked at when something of it is to happen, or earlier: milliseconds since 1970-01-01
    /// in UTC.
    pub(crate) async fn wake_by(&self, due: i64) -> Result<(), StoreError> {
        use entities::tenant::Column;
        // Whoever looks for the next time waits, also when an earlier one is set: it could not see this one yet.
        self.hold_wake().await?;
        let later = Condition::any()
            .add(Column::WakesKey.is_null())
            .add(Column::WakesKey.gt(due));
        self.set_wake(Some(due), later).await
    }

    /// Keeps others from having the tenant looked at until this transaction ends.
    pub(crate) async fn hold_wake(&self) -> Result<(), StoreError> {
        let select = entities::tenant::Entity::find_by_id(self.tenant.0);
        let select = select.lock(LockType::NoKeyUpdate);
        self.run(select.one(&self.connection)).await?;
        Ok(())
    }

    /// Has the tenant looked at when something of it is to happen next, or never.
    pub(crate) async fn set_wake(
        &self,
        due: Option<i64>,
        filter: impl IntoCondition,
    ) -> Result<(), StoreError> {
        use entities::tenant::{Column, Entity};
        let update = Entity::update_many()
            .col_expr(Column::WakesKey, Expr::value(due))
            .filter(Column::Id.eq(self.tenant.0))
            .filter(filter.into_condition());
        self.run(update.exec(&self.connection)).await?;
        Ok(())
    }

    /// Whether a search server has to be told of what changes.
    pub(crate) fn has_search_server(&self) -> bool {
        self.has_search_server
    }

    /// Tells the workers of these topics, of every node, once this is committed, that there is something in an outbox.
    pub(crate) async fn ring(
        &self,
        topics: impl IntoIterator<Item = &str>,
    ) -> Result<(), StoreError> {
        let announcement = self.bell.as_ref().and_then(|bell| bell.ring(topics));
        if let (DbBackend::Postgres, Some(announcement)) = (self.backend(), announcement) {
            self.connection.execute_raw(announcement).await?;
        }
        Ok(())
    }

    /// Has rows be looked up by indexes until the transaction ends. PostgreSQL keeps the plan of a statement that it made while the
    /// table was small, and reads the whole table for each row once it is large.
    pub(crate) async fn by_indexes(&self) -> Result<(), StoreError> {
        if self.connection.get_database_backend() == DbBackend::Postgres {
            let setting = "SET LOCAL enable_seqscan = off";
            self.connection.execute_unprepared(setting).await?;
        }
        Ok(())
    }

    /// Inserts those of these rows whose `key` is not there yet, and keeps those that are there from all others
    /// who write until the transaction ends.
    pub(crate) fn insert_or_hold<E: TenantOwned>(
        &self,
        rows: impl IntoIterator<Item = E::Model>,
        key: impl IntoIterator<Item = E::Column>,
    ) -> Pending<'_, ()>
    where
        E::Model: IntoActiveModel<<E as EntityTrait>::ActiveModel>,
    {
        let conflict = OnConflict::columns(key)
            .update_column(E::tenant_column())
            .to_owned();
        self.upsert::<E>(rows, conflict)
    }

    /// The connection for the tables of the tenants and of their hosts, and for what tells whose outbox is to be
    /// looked at, in the same transaction. `tenants` and the wakes of the outbox alone may use it.
    pub(crate) fn tenants(&self) -> &DatabaseTransaction {
        &self.connection
    }

    /// Makes everything written so far permanent.
    ///
    /// # Errors
    /// The database refuses; then nothing was written.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.connection.commit().await?;
        if let Some(bell) = self.bell {
            bell.sound();
        }
        Ok(())
    }
}
