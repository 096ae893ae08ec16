//! What happened in a case, as far as those need it who take it on: what it says of people is long, and read only
//! where somebody looks at it.

use std::collections::HashMap;

use municipio_entities::case_event::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, FromQueryResult, Iterable,
    sea_query::{Alias, Expr, ExprTrait, Order, Query},
};
use serde_json::Value;

use super::{Case, CaseError, CaseEvent, Cases};
use crate::{
    citizens::CitizenKeys,
    ids::CaseId,
    store::{Scope, StoreError},
};

/// What happened in these cases, of each in its order, without what it says of people.
pub(super) async fn outlines<C: ConnectionTrait>(
    scope: &Scope<C>,
    cases: &[CaseId],
) -> Result<Vec<CaseEvent>, StoreError> {
    // Before PostgreSQL finds out that there are none it starts processes to read all events.
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = Query::select();
    for column in Column::iter() {
        match column {
            Column::Sealed => select.expr_as(Expr::cust("NULL"), Column::Sealed),
            column => select.column((Entity, column)),
        };
    }
    select
        .from(Entity)
        .and_where(Column::CaseId.is_in(cases.iter().map(|case| case.0)))
        .order_by((Entity, Column::Number), Order::Asc);
    let rows = scope.rows::<Entity>(select).await?;
    let events = rows.iter().map(|row| {
        let row = Model::from_query_result(row, "")?;
        CaseEvent::from_row(row)
    });
    events.collect()
}

/// The events that say what is applied for in these cases: of each the last one.
async fn applications<C: ConnectionTrait>(
    scope: &Scope<C>,
    cases: &[CaseId],
) -> Result<HashMap<CaseId, CaseEvent>, StoreError> {
    const REVISED: &str = "revised";
    let later = Alias::new("later");
    let of_later = |column: Column| Expr::col((later.clone(), column));
    let revised_later = Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, later.clone())
        .and_where(of_later(Column::CaseId).equals((Entity, Column::CaseId)))
        .and_where(of_later(Column::Number).gt(Expr::col((Entity, Column::Number))))
        .and_where(of_later(Column::Name).eq(REVISED))
        .to_owned();
    let last = Condition::all()
        .add(Column::Name.is_in(["opened", REVISED]))
        .add(Expr::exists(revised_later).not());
    let ids = cases.iter().map(|case| case.0);
    let rows = scope.all_of::<Entity>(Column::CaseId, ids, last).await?;
    let events = rows.into_iter().map(|row| {
        let event = CaseEvent::from_row(row)?;
        Ok((event.case, event))
    });
    events.collect()
}

/// What is applied for in a case, as it was said last.
pub(super) async fn applied_for<C: ConnectionTrait>(
    scope: &Scope<C>,
    keys: &CitizenKeys,
    case: &Case,
) -> Result<Option<Value>, CaseError> {
    let said = applications(scope, &[case.id]).await?;
    let said: Vec<_> = said.into_values().collect();
    let said = case.personal(keys, &said)?;
    Ok(said.into_iter().find_map(|said| said.data))
}

impl Cases {
    /// What happened in these cases, of each in its order, without what it says of people.
    ///
    /// # Errors
    /// The database failed.
    pub async fn outlines(
        &self,
        cases: &[CaseId],
    ) -> Result<HashMap<CaseId, Vec<CaseEvent>>, StoreError> {
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for event in outlines(&self.contents().store().read(), cases).await? {
            found.entry(event.case).or_default().push(event);
        }
        Ok(found)
    }

    /// The events that say what is applied for in these cases: of each the last one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn applications(
        &self,
        cases: &[CaseId],
    ) -> Result<HashMap<CaseId, CaseEvent>, StoreError> {
        applications(&self.contents().store().read(), cases).await
    }
}
