//! Whether the events of cases are those that were written, and their rows what the events leave.

use std::{collections::HashMap, fmt, pin::pin};

use futures_util::TryStreamExt;
use municipio_entities::{case_event, case_file};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, Iterable, QueryResult,
    sea_query::{Order, Query},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    CaseEvent, Cases, Happening,
    file::{apply, blank},
};
use crate::{
    audit::AuditLog,
    chain::{Chain, Flaw, Head},
    digest::sha256,
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
    /// What the row says of people is not what it was when the case began.
    People,
    /// The audit log knows of the case, but it is not there.
    Gone,
    /// The audit log does not know the last event.
    Unnoted {
        /// Its number.
        last: i64,
    },
}

impl fmt::Display for CaseFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(flaw) => flaw.fmt(f),
            Self::File => f.write_str("the case is not what its events leave of it"),
            Self::People => f.write_str(
                "what the case says of people, or the key to it, was changed or removed",
            ),
            Self::Gone => f.write_str("the case was removed: the audit log knows of it"),
            Self::Unnoted { last } => write!(
                f,
                "entry {last} was put there: the audit log does not know it as the last one"
            ),
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
    /// Computes every hash again, and says what does not fit. That events were cut or added together with what is counted,
    /// or a case removed or made up as a whole, is known from the audit log, where each change left the last event.
    ///
    /// # Errors
    /// The database failed.
    pub async fn verify(&self) -> Result<VerifiedCases, StoreError> {
        let mut found = VerifiedCases::default();
        // Before the cases: they are at least where it says.
        let mut heads = HashMap::new();
        let read = self
            .heads(0, |case, head| {
                heads.insert(case, head);
            })
            .await?;
        let mut grown = HashMap::new();
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
                let events = &events[begin..end];
                let case = CaseId(file.id);
                let counted = match events.len() as i64 > file.version {
                    // More may have come since the row was read.
                    true => self.version(case).await?,
                    false => file.version,
                };
                let noted = heads.remove(&case);
                let last = check(&mut found, file, (events, counted), noted.as_ref());
                if noted.is_none_or(|noted| noted.number < last.number) {
                    grown.insert(case, last);
                }
            }
        }
        for case in heads.into_keys() {
            found.flaw(case, CaseFlaw::Gone);
        }
        // What came while the cases were read is noted by now.
        self.heads(read, |case, head| {
            if grown.get(&case) == Some(&head) {
                grown.remove(&case);
            }
        })
        .await?;
        for (case, last) in grown {
            found.flaw(case, CaseFlaw::Unnoted { last: last.number });
        }
        Ok(found)
    }

    /// Tells the last event of each case that the audit log notes after an entry, in their order; gives the last entry.
    async fn heads(
        &self,
        after: i64,
        mut note: impl FnMut(CaseId, Head),
    ) -> Result<i64, StoreError> {
        let log = AuditLog::new(self.contents().store().clone());
        let mut entries = pin!(log.entries(after));
        let mut read = after;
        while let Some(entry) = entries.try_next().await? {
            read = entry.number;
            if !entry.name.starts_with("case.") {
                continue;
            }
            let noted = serde_json::from_value::<Noted>(entry.details);
            if let Ok(Noted {
                case,
                version,
                head,
            }) = noted
            {
                let head = Head {
                    number: version,
                    hash: head,
                };
                note(case, head);
            }
        }
        Ok(read)
    }

    /// How many events are counted of a case now.
    async fn version(&self, case: CaseId) -> Result<i64, StoreError> {
        let scope = self.contents().store().read();
        let this = case_file::Column::Id.eq(case.0);
        let row = scope.one::<case_file::Entity>(this).await?;
        Ok(row.map_or(0, |row| row.version))
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

/// What an entry of the audit log says of the last event of a case.
#[derive(Deserialize)]
struct Noted {
    case: CaseId,
    version: i64,
    head: String,
}

/// Walks through the events of a case, of which so many are counted, and the last one that was noted must be one; gives
/// the last.
fn check(
    found: &mut VerifiedCases,
    file: case_file::Model,
    (rows, counted): (&[case_event::Model], i64),
    noted: Option<&Head>,
) -> Head {
    let case = CaseId(file.id);
    found.cases += 1;
    found.events += rows.len() as u64;
    let mut chain = Chain::new(noted);
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
    let verified = chain.end(file.version, counted);
    // What the row says is looked at the next time then.
    let has_grown = counted > file.version;
    for flaw in verified.flaws {
        found.flaw(case, CaseFlaw::Event(flaw));
    }
    if !says_its_people(&file, rows.first()) {
        found.flaw(case, CaseFlaw::People);
    }
    let left: Result<_, StoreError> = left;
    if verified.total == 0 && !has_grown && left.is_ok_and(|left| left != file) {
        found.flaw(case, CaseFlaw::File);
    }
    verified.head
}

/// Whether the row says of people, encrypted, what it said when the case began, and has the key to it.
fn says_its_people(file: &case_file::Model, first: Option<&case_event::Model>) -> bool {
    let opened = first.and_then(|row| CaseEvent::from_row(row.clone()).ok());
    match opened.map(|event| event.happening) {
        Some(Happening::Opened(opening)) => {
            let [people, key] =
                [&file.sealed, &file.data_key].map(|kept| kept.as_deref().map(sha256));
            // Older events say nothing of the key.
            people == Some(opening.people)
                && key.is_some()
                && (opening.data_key.is_none() || key == opening.data_key)
        }
        // That is another flaw.
        _ => true,
    }
}
