//! How long lists are. The size of a list by one value, or of all items of a type, is kept by the
//! writes; other lists are counted.

use std::collections::HashMap;

use municipio_entities::{content_count, content_listing};
use sea_orm::{
    ColumnTrait, ConnectionTrait,
    sea_query::{Condition, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{Contents, Filter, ListQuery, operations::AT_ONCE};
use crate::{
    locale::Locale,
    store::{Scope, StoreError, Transaction},
};

/// Type, locale, field and value.
pub(super) type Key = (String, String, String, String);

/// By how much sizes change.
pub(super) type Changes = HashMap<Key, i64>;

/// By how much sizes change when these items lose their rows, which are there still, and these rows are
/// written.
pub(super) async fn changes(
    transaction: &Transaction,
    gone: &[Uuid],
    rows: &[content_listing::Model],
) -> Result<Changes, StoreError> {
    let mut changes = Changes::new();
    for gone in gone.chunks(AT_ONCE) {
        for (key, total) in listed(transaction, gone).await? {
            *changes.entry(key).or_default() -= total;
        }
    }
    for row in rows {
        let key = (
            row.content_type.clone(),
            row.locale.clone(),
            row.field.clone(),
            row.value.clone(),
        );
        *changes.entry(key).or_default() += 1;
    }
    Ok(changes)
}

/// Brings the sizes up to date. Their rows stay locked until the transaction ends: this comes last of
/// what takes long, or the writers of a municipality wait for each other.
pub(super) async fn resize(transaction: &Transaction, changes: Changes) -> Result<(), StoreError> {
    let mut changes: Vec<_> = changes.into_iter().filter(|(_, by)| *by != 0).collect();
    // Always in the same order, so that two writers do not wait for each other.
    changes.sort();
    let rows = changes
        .into_iter()
        .map(
            |((content_type, locale, field, value), total)| content_count::Model {
                tenant_id: Uuid::nil(),
                content_type,
                locale,
                field,
                value,
                total,
            },
        );
    transaction
        .add_up::<content_count::Entity>(rows, &[content_count::Column::Total])
        .await
}

/// How many rows these items have under each key.
pub(super) async fn listed<C: ConnectionTrait>(
    scope: &Scope<C>,
    items: &[Uuid],
) -> Result<Vec<(Key, i64)>, StoreError> {
    use content_listing::{Column, Entity};
    let keys = [
        Column::ContentType,
        Column::Locale,
        Column::Field,
        Column::Value,
    ];
    let mut select = Query::select();
    for key in keys {
        select.column((Entity, key)).group_by_col((Entity, key));
    }
    select
        .from(Entity)
        .expr_as(Expr::col((Entity, Column::ItemId)).count(), "total")
        .and_where(Expr::col((Entity, Column::ItemId)).is_in(items.iter().copied()));
    let rows = scope.rows::<Entity>(select).await?;
    rows.iter()
        .map(|row| {
            let name = |column: &str| row.try_get::<String>("", column);
            let key = (
                name("content_type")?,
                name("locale")?,
                name("field")?,
                name("value")?,
            );
            Ok((key, row.try_get("", "total")?))
        })
        .collect()
}

fn size(total: i64) -> u64 {
    u64::try_from(total).unwrap_or_default()
}

impl Contents {
    /// The size of a whole list.
    ///
    /// # Errors
    /// The database failed.
    pub async fn count(&self, query: &ListQuery) -> Result<u64, StoreError> {
        self.refuse_lost(query.content_type)?;
        if let Some((field, value)) = query.known_size() {
            let sizes = self.sizes(query, field, &[value.to_owned()]).await?;
            return Ok(sizes.into_values().next().unwrap_or_default());
        }
        let scope = self.store().read();
        let select = query.count(scope.tenant_id(), self.overlay());
        let rows = scope.rows::<content_listing::Entity>(select).await?;
        let total = rows.first().map(|row| row.try_get("", "total"));
        Ok(total.transpose()?.map_or(0, size))
    }

    /// For each of these values of a field, how many items of the list have it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn count_each(
        &self,
        query: &ListQuery,
        field: &'static str,
        values: &[String],
    ) -> Result<HashMap<String, u64>, StoreError> {
        self.refuse_lost(query.content_type)?;
        if query.filter == Filter::everything() {
            return self.sizes(query, field, values).await;
        }
        let scope = self.store().read();
        let select = query.count_of_each(field, values, scope.tenant_id(), self.overlay());
        let rows = scope.rows::<content_listing::Entity>(select).await?;
        rows.iter()
            .map(|row| Ok((row.try_get("", "value")?, size(row.try_get("", "total")?))))
            .collect()
    }

    /// The sizes of the lists by these values of a field.
    async fn sizes(
        &self,
        query: &ListQuery,
        field: &str,
        values: &[String],
    ) -> Result<HashMap<String, u64>, StoreError> {
        use content_count::Column;
        let filter = Condition::all()
            .add(Column::ContentType.eq(query.content_type.as_str()))
            .add(Column::Locale.eq(query.locale.as_str()))
            .add(Column::Field.eq(field))
            .add(Column::Value.is_in(values));
        let scope = self.store().read();
        let sizes = scope
            .all::<content_count::Entity>(filter)
            .await?
            .into_iter();
        let mut totals: HashMap<_, _> = sizes.map(|row| (row.value, row.total)).collect();
        if let Some(overlay) = self.overlay() {
            for value in values {
                let by = overlay.difference(query.content_type, &query.locale, field, value);
                *totals.entry(value.clone()).or_default() += by;
            }
        }
        let totals = totals.into_iter();
        Ok(totals.map(|(value, total)| (value, size(total))).collect())
    }

    /// How many published items there are for each type and for each value of each of its fields:
    /// `(type, field, value)`; the field is empty for all of a type.
    ///
    /// # Errors
    /// The database failed.
    pub async fn counts(
        &self,
        locale: &Locale,
        fields: &[&str],
    ) -> Result<HashMap<(String, String, String), u64>, StoreError> {
        self.refuse_lost(None)?;
        use content_count::Column;
        let filter = Condition::all()
            .add(Column::Locale.eq(locale.as_str()))
            .add(Column::Field.is_in(fields.iter().copied()));
        let scope = self.store().read();
        let sizes = scope
            .all::<content_count::Entity>(filter)
            .await?
            .into_iter();
        let mut totals: HashMap<_, _> = sizes
            .map(|row| ((row.content_type, row.field, row.value), row.total))
            .collect();
        if let Some(overlay) = self.overlay() {
            for (key, by) in overlay.differences(locale, fields) {
                *totals.entry(key).or_default() += by;
            }
        }
        let totals = totals.into_iter();
        Ok(totals.map(|(key, total)| (key, size(total))).collect())
    }
}
