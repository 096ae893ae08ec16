//! What a case says of people is erased when the law allows it: when the time for which it is to be kept is over, or before
//! of what was never sent. The key of the case is thrown away, and with it everything that it encrypted; that the case was,
//! what happened in it and that it was erased stays, and stays provable.

use chrono::{DateTime, Months, NaiveDate, Utc};
use municipio_entities::{case_access, case_code, case_file};
use sea_orm::{
    ColumnTrait, QueryResult,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{
    Case, CaseError, CaseOrder, CaseRefusal, Cases, Erasure, ErasureCause, Happening, Held,
    Personal, Sight, UnwrittenCase,
    batch::{Addition, write_one},
    hold,
};
use crate::{
    audit::{Actor, record},
    citizens::{CitizenId, forget_delegations},
    content::{Contents, Window},
    ids::{CaseId, RevisionId},
    media::TenantMedia,
    procedures::Definition,
    store::{StoreError, TenantStore, Transaction},
    tenants::IpaCode,
    time::{end_of_day, legal_day},
};

/// How many cases of a person are looked at together.
const PART: u64 = 100;

/// Why a case is kept though somebody wants it erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptFor {
    /// It is under way.
    UnderWay,
    /// It is to be kept until the end of this day.
    Retention(NaiveDate),
    /// Its procedure does not say for how long it is to be kept.
    NoRetention,
    /// It is the case of somebody else, for whom the person acted.
    SomebodyElse,
}

/// What became of the cases of a person.
#[derive(Debug)]
pub struct ErasedPerson {
    /// The cases, each with the reason for which it is kept, if it is.
    pub cases: Vec<(Case, Option<KeptFor>)>,
    /// The place after which there are more cases.
    pub next: Option<i64>,
    /// How many delegations that hold no more were forgotten.
    pub delegations: u64,
}

/// The last day on which a case is to be kept that was closed then; nothing when nobody says for how long.
pub(super) fn kept_until(
    closed_at: DateTime<Utc>,
    definition: Option<&Definition>,
) -> Option<NaiveDate> {
    let retention = definition?.retention.as_ref()?;
    let years = Months::new(12 * u32::from(retention.years));
    legal_day(closed_at).checked_add_months(years)
}

/// Why the case of a person is kept; nothing when it may be erased.
fn kept_for(
    case: &Case,
    definition: Option<&Definition>,
    person: &CitizenId,
    today: NaiveDate,
) -> Option<KeptFor> {
    if case.applicant.as_ref() != Some(person) {
        return Some(KeptFor::SomebodyElse);
    }
    // What was never sent is the citizen's own.
    if case.is_private {
        return None;
    }
    let Some(closed_at) = case.closed_at else {
        return Some(KeptFor::UnderWay);
    };
    match kept_until(closed_at, definition) {
        None => Some(KeptFor::NoRetention),
        Some(last) => (today <= last).then_some(KeptFor::Retention(last)),
    }
}

/// Erases what a case says of people: who read it, and the code to it too. Its files cannot be read any more from then on;
/// whoever calls removes them when that is committed ([`TenantMedia::remove_all_sealed`]).
///
/// # Errors
/// It was erased before, or the database failed.
pub async fn erase_case(
    transaction: &Transaction,
    held: Held,
    cause: ErasureCause,
    actor: String,
    now: DateTime<Utc>,
) -> Result<Case, CaseError> {
    if held.case.is_erased() {
        return Err(CaseRefusal::Erased.into());
    }
    let id = held.case.id.0;
    let addition = Addition {
        actor,
        happening: Happening::Erased(Erasure { cause }),
        personal: Personal::default(),
        definition: None,
    };
    let mut case = UnwrittenCase::of(transaction.tenant_id(), held.row, None);
    case.append(addition, now)?;
    let case = write_one(transaction, case, now).await?;
    let accesses = case_access::Column::CaseId.eq(id);
    transaction.delete::<case_access::Entity>(accesses).await?;
    let code = case_code::Column::CaseId.eq(id);
    transaction.delete::<case_code::Entity>(code).await?;
    Ok(case)
}

/// Erases what may be erased of a person: of a part of their cases, the oldest first, and the delegations that hold no more.
/// The files are removed by whoever calls. Each case that is erased has an entry of the audit log.
///
/// # Errors
/// Somebody works on a case meanwhile, or the database failed.
pub async fn erase_person(
    transaction: &Transaction,
    cases: &Cases,
    (person, municipality): (&CitizenId, &IpaCode),
    after: Option<i64>,
    (actor, now): (&Actor, DateTime<Utc>),
) -> Result<ErasedPerson, CaseError> {
    let (own, next) = cases.of_person(person, after).await?;
    let procedures: Vec<_> = own.iter().map(|case| case.revision).collect();
    let procedures = cases.procedures(&procedures).await?;
    let mut done = Vec::with_capacity(own.len());
    for case in own {
        let procedure = procedures.get(&case.revision);
        let definition = procedure.and_then(|known| known.definition.as_ref());
        let kept = kept_for(&case, definition, person, legal_day(now));
        if kept.is_some() {
            done.push((case, kept));
            continue;
        }
        let held = hold(transaction, &Sight::Time, case.id, Some(case.version)).await?;
        let (cause, by) = (ErasureCause::Request, actor.id.clone());
        let erased = erase_case(transaction, held, cause, by, now).await?;
        let deed = erased.deed("case.erase", municipality);
        record(transaction, actor, &deed, now).await?;
        done.push((erased, None));
    }
    Ok(ErasedPerson {
        cases: done,
        next,
        delegations: forget_delegations(transaction, person, legal_day(now)).await?,
    })
}

/// Erases the cases of a tenant whose retention is over, each in a transaction of its own; says how many. Whoever looks at
/// the same time finds nothing to do.
///
/// # Errors
/// The database failed.
pub async fn erase_expired(
    (store, media): (&TenantStore, &TenantMedia),
    municipality: &IpaCode,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<u64, CaseError> {
    let cases = Cases::from(&Contents::new(store.clone(), Contents::cache(8)));
    let mut erased = 0;
    for case in cases.expired(now).await? {
        let transaction = store.begin().await?;
        let held = hold(&transaction, &Sight::Time, case, None).await?;
        let (cause, by) = (ErasureCause::Retention, actor.id.clone());
        // It may have been reopened, or erased by somebody else.
        if held.case.is_erased() || held.case.closed_at.is_none() {
            continue;
        }
        let case = erase_case(&transaction, held, cause, by, now).await?;
        let deed = case.deed("case.erase", municipality);
        record(&transaction, actor, &deed, now).await?;
        transaction.commit().await?;
        media.remove_all_sealed(case.id).await;
        erased += 1;
    }
    Ok(erased)
}

impl Cases {
    /// A part of the cases of a person, the oldest first, and the place after which there are more.
    pub(super) async fn of_person(
        &self,
        person: &CitizenId,
        after: Option<i64>,
    ) -> Result<(Vec<Case>, Option<i64>), StoreError> {
        let window = Window {
            size: PART,
            after,
            before: None,
            from_end: false,
        };
        let sight = Sight::Person(person.clone());
        let page = self
            .page(&sight, &Default::default(), CaseOrder::Oldest, &window)
            .await?;
        let last = page.entries.last().map(|(place, _)| *place);
        let cases = page.entries.into_iter().map(|(_, case)| case);
        Ok((cases.collect(), last.filter(|_| page.has_next)))
    }

    /// The cases whose retention is over, and that still say something of people.
    ///
    /// # Errors
    /// The database failed.
    pub async fn expired(&self, now: DateTime<Utc>) -> Result<Vec<CaseId>, StoreError> {
        let revisions = self.closed_revisions().await?;
        let today = legal_day(now);
        let mut expired = Vec::new();
        for (revision, procedure) in self.procedures(&revisions).await? {
            let definition = procedure.definition.as_ref();
            let Some(retention) = definition.and_then(|known| known.retention.as_ref()) else {
                continue;
            };
            let years = Months::new(12 * u32::from(retention.years));
            let closed_by = today.checked_sub_months(years).and_then(end_of_day);
            let Some(closed_by) = closed_by else { continue };
            let closed = self.closed(revision, closed_by).await?.into_iter();
            let over = closed.filter(|(_, closed_at)| {
                kept_until(*closed_at, definition).is_some_and(|last| last < today)
            });
            expired.extend(over.map(|(case, _)| case));
        }
        Ok(expired)
    }

    /// The revisions of procedures that closed cases follow.
    async fn closed_revisions(&self) -> Result<Vec<RevisionId>, StoreError> {
        use case_file::{Column, Entity};
        let mut select = Query::select();
        select
            .distinct()
            .column((Entity, Column::RevisionId))
            .from(Entity)
            .and_where(Expr::col((Entity, Column::ClosedAt)).is_not_null());
        let scope = self.contents().store().read();
        let rows = scope.rows::<Entity>(select);
        let rows = rows.await?.into_iter();
        rows.map(|row| Ok(RevisionId(row.try_get("", "revision_id")?)))
            .collect()
    }

    /// The cases of a revision that were closed before a moment, with when, and still say something of people.
    async fn closed(
        &self,
        revision: RevisionId,
        before: DateTime<Utc>,
    ) -> Result<Vec<(CaseId, DateTime<Utc>)>, StoreError> {
        use case_file::{Column, Entity};
        let own = |column: Column| Expr::col((Entity, column));
        let mut select = Query::select();
        select
            .columns([(Entity, Column::Id), (Entity, Column::ClosedAt)])
            .from(Entity)
            .and_where(own(Column::RevisionId).eq(revision.0))
            .and_where(own(Column::ClosedAt).lt(before))
            .and_where(own(Column::DataKey).is_not_null());
        let scope = self.contents().store().read();
        let rows = scope.rows::<Entity>(select);
        let read = |row: &QueryResult| {
            Ok((
                CaseId(row.try_get("", "id")?),
                row.try_get("", "closed_at")?,
            ))
        };
        rows.await?.iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;
    use crate::procedures::Retention;

    fn definition(years: u8) -> Definition {
        let retention = Retention {
            years,
            ..Retention::default()
        };
        Definition {
            retention: Some(retention),
            ..Definition::default()
        }
    }

    #[test]
    fn a_case_is_kept_until_the_day_on_which_it_was_closed_comes_back() {
        let closed = Utc.with_ymd_and_hms(2024, 2, 28, 23, 30, 0).unwrap();
        let last = |years| {
            kept_until(closed, Some(&definition(years)))
                .unwrap()
                .to_string()
        };
        assert_eq!(last(0), "2024-02-29", "in Italy it was the day after");
        assert_eq!(last(1), "2025-02-28");
        assert_eq!(last(10), "2034-02-28");
        assert_eq!(kept_until(closed, Some(&Definition::default())), None);
        assert_eq!(kept_until(closed, None), None);
    }
}
