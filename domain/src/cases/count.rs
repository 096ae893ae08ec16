//! How many cases stand where. What queues are asked for most, the numbers by office, procedure and status, is kept by
//! the writes; other lists are counted.

use std::collections::BTreeMap;

use municipio_entities::{case_count, case_file};
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Alias, Expr, ExprTrait, Func, Query, SelectStatement},
};
use uuid::Uuid;

use super::{CaseFilter, Cases, Sight};
use crate::{
    procedures::CaseStatus,
    store::{StoreError, Transaction},
};

/// By how much the numbers change, by office, procedure and status.
#[derive(Default)]
pub(super) struct Shifts(BTreeMap<(Uuid, Uuid, String), i64>);

impl Shifts {
    /// A case was as the first row says, if it was there, and is as the second one says.
    pub(super) fn shift(&mut self, before: Option<&case_file::Model>, after: &case_file::Model) {
        for (row, by) in before.map(|row| (row, -1)).into_iter().chain([(after, 1)]) {
            if !row.is_private {
                let key = (row.office_id, row.procedure_id, row.status.clone());
                *self.0.entry(key).or_default() += by;
            }
        }
    }

    /// Writes that down.
    pub(super) async fn write(self, transaction: &Transaction) -> Result<(), StoreError> {
        let changed = self.0.into_iter().filter(|(_, by)| *by != 0);
        let rows = changed.map(
            |((office_id, procedure_id, status), total)| case_count::Model {
                tenant_id: Uuid::nil(),
                office_id,
                procedure_id,
                status,
                total,
            },
        );
        let rows: Vec<_> = rows.collect();
        transaction
            .add_up::<case_count::Entity>(rows, &[case_count::Column::Total])
            .await
    }
}

impl Cases {
    /// How many cases match, of those that are seen, by where they stand.
    ///
    /// # Errors
    /// The database failed.
    pub async fn counts(
        &self,
        sight: &Sight,
        filter: &CaseFilter,
    ) -> Result<Vec<(CaseStatus, u64)>, StoreError> {
        let scope = self.contents().store().read();
        let rows = match kept(sight, filter) {
            Some(select) => scope.rows::<case_count::Entity>(select).await?,
            None => {
                let select = counted(sight, filter);
                scope.rows::<case_file::Entity>(select).await?
            }
        };
        let mut counts = Vec::new();
        for row in &rows {
            let (code, total): (String, i64) =
                (row.try_get("", "status")?, row.try_get("", "total")?);
            let status = CaseStatus::of_code(&code);
            let status = status.ok_or_else(|| StoreError::corrupt("status of a case", code))?;
            if total > 0 {
                counts.push((status, total.unsigned_abs()));
            }
        }
        counts.sort_by_key(|(status, _)| status.code());
        Ok(counts)
    }
}

/// Reads what is kept, if that is enough to answer.
fn kept(sight: &Sight, filter: &CaseFilter) -> Option<SelectStatement> {
    use case_count::{Column, Entity};
    let CaseFilter {
        procedure,
        office,
        officer: None,
        states: None,
        statuses,
        protocol_number: None,
        due_until: None,
        is_open,
    } = filter
    else {
        return None;
    };
    let offices = match sight {
        Sight::Everything => None,
        Sight::Offices(offices) => Some(offices.iter().map(|office| office.0)),
        Sight::Citizen(..) | Sight::Person(_) | Sight::Time => return None,
    };
    let asked = |status: &CaseStatus| {
        statuses.as_ref().is_none_or(|asked| asked.contains(status))
            && is_open.is_none_or(|is_open| is_open != status.is_final())
    };
    let asked = CaseStatus::ALL.into_iter().filter(asked);
    let condition = Condition::all()
        .add(Column::Status.is_in(asked.map(CaseStatus::code)))
        .add_option(offices.map(|offices| Column::OfficeId.is_in(offices)))
        .add_option(office.map(|id| Column::OfficeId.eq(id.0)))
        .add_option(procedure.map(|id| Column::ProcedureId.eq(id.0)));
    let status = (Entity, Column::Status);
    // A sum of integers is a decimal on PostgreSQL.
    let total = Func::sum(Expr::col((Entity, Column::Total)));
    let total = Expr::from(total).cast_as(Alias::new("bigint"));
    let mut select = Query::select();
    select
        .from(Entity)
        .column(status)
        .expr_as(total, Alias::new("total"))
        .cond_where(condition)
        .group_by_col(status);
    Some(select)
}

fn counted(sight: &Sight, filter: &CaseFilter) -> SelectStatement {
    let status = (case_file::Entity, case_file::Column::Status);
    let mut select = super::queries::select(sight.condition(), filter);
    select
        .column(status)
        .expr_as(Func::count(Expr::col(status)), Alias::new("total"))
        .group_by_col(status);
    select
}
