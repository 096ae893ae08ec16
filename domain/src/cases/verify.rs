//! Whether the events of cases are those that were written, and their rows what the events leave.

use std::fmt;

use municipio_entities::{case_event, case_file};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, Iterable, QueryResult,
    sea_query::{Order, Query},
};
use uuid::Uuid;

use super::{
    CaseEvent, Cases,
    file::{apply, blank},
};
use crate::{
    chain::{Chain, Flaw},
    ids::CaseId,
    store::StoreError,
};

/// How many cases are read together.
const BATCH: u64 = 200;
/// How many flaws are told one by one.
const TOLD: usize = 100;

/// Something that does not fit in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseFlaw {
    /// An event.
    Event(Flaw),
    /// The row of the case is not what its events leave.
    File,
}

impl fmt::Display for CaseFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(flaw) => flaw.fmt(f),
            Self::File => f.write_str("the case is not what its events leave of it"),
        }
    }
}

/// What a walk through the cases of a tenant found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifiedCases {
    /// How many cases there are.
    pub cases: u64,
    /// How many events they have.
    pub events: u64,
    /// What does not fit, and in which case; at most a hundred.
    pub flaws: Vec<(CaseId, CaseFlaw)>,
    /// How many flaws there are.
    pub total: u64,
}

impl VerifiedCases {
    /// Whether everything fits.
    pub fn is_intact(&self) -> bool {
        self.total == 0
    }

    fn flaw(&mut self, case: CaseId, flaw: CaseFlaw) {
        self.total += 1;
        if self.flaws.len() < TOLD {
            self.flaws.push((case, flaw));
        }
    }
}

impl Cases {
    /// Computes every hash again, and says what does not fit.
    ///
    /// # Errors
    /// The database failed.
    pub async fn verify(&self) -> Result<VerifiedCases, StoreError> {
        let mut found = VerifiedCases::default();
        let mut after = Uuid::nil();
        loop {
            let files = self.files(after).await?;
            let Some(last) = files.last() else { break };
            after = last.id;
            let ids = files.iter().map(|file| file.id);
            let scope = self.contents().store().read();
            let events = scope.all_of::<case_event::Entity>(
                case_event::Column::CaseId,
                ids,
                Condition::all(),
            );
            let mut events = events.await?;
            events.sort_unstable_by_key(|event| (event.case_id, event.number));
            for file in files {
                let begin = events.partition_point(|event| event.case_id < file.id);
                let end = events.partition_point(|event| event.case_id <= file.id);
                check(&mut found, file, &events[begin..end]);
            }
        }
        Ok(found)
    }

    /// The next rows in the order of their ids.
    async fn files(&self, after: Uuid) -> Result<Vec<case_file::Model>, StoreError> {
        use case_file::{Column, Entity};
        let mut select = Query::select();
        select
            .from(Entity)
            .columns(Column::iter().map(|column| (Entity, column)))
            .and_where(Column::Id.gt(after))
            .order_by((Entity, Column::Id), Order::Asc)
            .limit(BATCH);
        let rows = self
            .contents()
            .store()
            .read()
            .rows::<Entity>(select)
            .await?;
        let read = |row: &QueryResult| Ok(case_file::Model::from_query_result(row, "")?);
        rows.iter().map(read).collect()
    }
}

/// Walks through the events of a case.
fn check(found: &mut VerifiedCases, file: case_file::Model, rows: &[case_event::Model]) {
    let case = CaseId(file.id);
    found.cases += 1;
    found.events += rows.len() as u64;
    let mut chain = Chain::new(None);
    // What no event says.
    let mut left = Ok(case_file::Model {
        data_key: file.data_key.clone(),
        sealed: file.sealed.clone(),
        ..blank(case)
    });
    for row in rows {
        chain.add(CaseEvent::link(row.clone()));
        left = left.and_then(|left| Ok(apply(left, &CaseEvent::from_row(row.clone())?)));
    }
    // More events may have come since the row was read: those are looked at the next time.
    let verified = chain.end(file.version, i64::MAX);
    let has_grown = rows.len() as i64 > file.version;
    for flaw in verified.flaws {
        found.flaw(case, CaseFlaw::Event(flaw));
    }
    let left: Result<_, StoreError> = left;
    if verified.total == 0 && !has_grown && left.is_ok_and(|left| left != file) {
        found.flaw(case, CaseFlaw::File);
    }
}
