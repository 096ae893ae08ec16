//! To whom a rule gives a case.

use std::collections::HashMap;

use municipio_entities::case_file::{Column, Entity};
use sea_orm::{
    ColumnTrait, ConnectionTrait,
    sea_query::{Alias, Expr, ExprTrait, Func, Query},
};
use uuid::Uuid;

use crate::{
    content::OfficeTree,
    identity::{Action, workers_of},
    ids::{AccountId, ItemId},
    store::{Scope, StoreError, Transaction},
};

/// The officer of an office who has the fewest open cases; the first by name of several.
pub(super) async fn least_busy(
    transaction: &Transaction,
    office: ItemId,
) -> Result<Option<AccountId>, StoreError> {
    let chain = OfficeTree::read(transaction).await?.chain(office);
    let officers = workers_of(transaction, Action::WorkCases, &chain).await?;
    let open = open_cases(transaction, &officers).await?;
    let busy = |officer: &&AccountId| open.get(&officer.0).copied().unwrap_or_default();
    Ok(officers.iter().min_by_key(busy).copied())
}

/// How many open cases each of these officers has.
async fn open_cases<C: ConnectionTrait>(
    scope: &Scope<C>,
    officers: &[AccountId],
) -> Result<HashMap<Uuid, i64>, StoreError> {
    let officer = Expr::col((Entity, Column::OfficerId));
    let mut select = Query::select();
    select
        .from(Entity)
        .column((Entity, Column::OfficerId))
        .expr_as(Func::count(officer.clone()), Alias::new("total"))
        .and_where(officer.is_in(officers.iter().map(|officer| officer.0)))
        .and_where(Column::ClosedAt.is_null())
        .group_by_col((Entity, Column::OfficerId));
    let rows = scope.rows::<Entity>(select).await?;
    let rows = rows.iter();
    let counted = rows.map(|row| {
        let officer: Uuid = row.try_get("", "officer_id")?;
        Ok::<_, StoreError>((officer, row.try_get("", "total")?))
    });
    counted.collect()
}
