//! Why rules did something, or did not. What held and what was done is encrypted with the key of the case, since
//! conditions ask what an application says: when the key is thrown away, it is known alone that a rule was set off.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::{case_file, case_rule_run};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, sea_query::Query};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Occasion;
use crate::{
    cases::{
        Case, CaseError, CaseRefusal, Cases,
        people::{seal, unseal},
    },
    citizens::{CitizenKeys, DataKey},
    content::{InvalidCursor, seal as cursor, unseal as read_cursor},
    ids::CaseId,
    procedures::Judgement,
    store::{Scope, StoreError, TenantStore, Transaction},
    tenants::IpaCode,
};

/// How long runs are kept after a case was closed.
const KEPT: TimeDelta = TimeDelta::days(365);
/// How many cases are tidied up in one transaction: nobody waits for it for long.
const AT_ONCE: u64 = 200;

/// What came of a rule that was set off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleResult {
    /// What it does was done.
    Done,
    /// Something of it could not be done.
    Refused,
    /// Its conditions did not hold.
    NotWanted,
    /// Too much had happened by itself.
    Halted,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRefusal {
    /// The code by which programs know it.
    pub code: String,
    /// Why.
    pub message: String,
}

/// What came of an action of a rule; those after one that was refused were not tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionOutcome {
    /// The number of the event by which it was done, if it is one.
    pub event: Option<i64>,
    /// Why it was not done: all that is missing.
    pub refusals: Vec<RuleRefusal>,
}

/// What held when a rule ran, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleVerdict {
    /// What came of it.
    pub result: RuleResult,
    /// Which of its conditions held.
    pub judgement: Judgement,
    /// What came of its actions, of those that were tried.
    pub actions: Vec<ActionOutcome>,
}

/// That a rule was set off in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRun {
    /// The case.
    pub case: CaseId,
    /// 1, 2, 3 and so on for each case.
    pub number: i64,
    /// The rule, by its code.
    pub rule: String,
    /// What set it off.
    pub occasion: Occasion,
    /// When it ran.
    pub at: DateTime<Utc>,
    sealed: String,
}

impl From<CaseRefusal> for RuleRefusal {
    fn from(refusal: CaseRefusal) -> Self {
        Self {
            code: refusal.code().to_owned(),
            message: refusal.to_string(),
        }
    }
}

impl TryFrom<case_rule_run::Model> for RuleRun {
    type Error = StoreError;

    fn try_from(row: case_rule_run::Model) -> Result<Self, StoreError> {
        Ok(Self {
            case: CaseId(row.case_id),
            number: row.number,
            rule: row.rule,
            occasion: row.occasion.parse()?,
            at: row.ran_at,
            sealed: row.sealed,
        })
    }
}

impl RuleRun {
    /// A place in the log of a case, as an opaque string for readers of this municipality.
    pub fn cursor(number: i64, municipality: &IpaCode) -> String {
        cursor(municipality, &("rule run", number))
    }

    /// Reads such a string.
    ///
    /// # Errors
    /// The text is no cursor, or one of another municipality or list.
    pub fn decode_cursor(text: &str, municipality: &IpaCode) -> Result<i64, InvalidCursor> {
        match read_cursor::<(String, i64)>(text, municipality)? {
            (list, number) if list == "rule run" => Ok(number),
            _ => Err(InvalidCursor::OtherOrder),
        }
    }

    /// What held and what came of it; nothing once that was erased.
    ///
    /// # Errors
    /// It was encrypted with another secret.
    pub fn verdict(
        &self,
        case: &Case,
        keys: &CitizenKeys,
    ) -> Result<Option<RuleVerdict>, CaseError> {
        let key = case.key(keys)?;
        let read = |key: DataKey| unseal(&key, &drawer(self.case, self.number), &self.sealed);
        key.map(read).transpose()
    }
}

/// Where a run keeps what it says.
fn drawer(case: CaseId, number: i64) -> String {
    format!("case:{case}:rule:{number}")
}

/// What ran in a case already.
#[derive(Debug, Default)]
pub(in crate::cases) struct Known {
    ran: HashSet<(String, String)>,
    last: i64,
}

impl Known {
    /// Whether a rule ran for this.
    pub(in crate::cases) fn ran(&self, rule: &str, occasion: &Occasion) -> bool {
        self.ran.contains(&(rule.to_owned(), occasion.to_string()))
    }

    /// The number of the next run.
    pub(super) fn next(&self) -> i64 {
        self.last + 1
    }
}

/// What ran in a case already.
pub(in crate::cases) async fn known<C: ConnectionTrait>(
    scope: &Scope<C>,
    case: CaseId,
) -> Result<Known, StoreError> {
    use case_rule_run::{Column, Entity};
    let mut select = Query::select();
    select
        .from(Entity)
        .columns([Column::Rule, Column::Occasion, Column::Number].map(|column| (Entity, column)))
        .and_where(Column::CaseId.eq(case.0));
    let mut known = Known::default();
    for row in scope.rows::<Entity>(select).await? {
        let number: i64 = row.try_get("", "number")?;
        known.last = std::cmp::max(known.last, number);
        let ran = (row.try_get("", "rule")?, row.try_get("", "occasion")?);
        known.ran.insert(ran);
    }
    Ok(known)
}

/// Writes down that a rule ran in a case, which nobody else changes until the transaction ends.
pub(super) async fn note(
    transaction: &Transaction,
    key: &DataKey,
    case: CaseId,
    (number, rule, occasion): (i64, &str, &Occasion),
    verdict: &RuleVerdict,
    now: DateTime<Utc>,
) -> Result<(), CaseError> {
    let row = case_rule_run::Model {
        case_id: case.0,
        number,
        tenant_id: Uuid::nil(),
        rule: rule.to_owned(),
        occasion: occasion.to_string(),
        ran_at: now,
        sealed: seal(key, &drawer(case, number), verdict)?,
    };
    let inserted = transaction.insert::<case_rule_run::Entity>([row]);
    Ok(inserted.await?)
}

impl Cases {
    /// The last runs of rules in each of these cases, at most so many, before this number.
    ///
    /// # Errors
    /// The database failed.
    pub async fn rule_runs(
        &self,
        cases: &[CaseId],
        before: Option<i64>,
        size: u64,
    ) -> Result<HashMap<CaseId, Vec<RuleRun>>, StoreError> {
        use case_rule_run::{Column, Entity};
        let earlier = Condition::all().add_option(before.map(|number| Column::Number.lt(number)));
        let (scope, ids) = (self.contents().store().read(), cases.iter().map(|id| id.0));
        let rows = scope.last_of_each::<Entity>(Column::CaseId, ids, Column::Number, size, earlier);
        let mut runs: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows.await? {
            let run = RuleRun::try_from(row)?;
            runs.entry(run.case).or_default().push(run);
        }
        Ok(runs)
    }
}

/// Forgets what rules did in cases that were closed long ago; says how many runs there were.
///
/// # Errors
/// The database failed.
pub async fn forget_rule_runs(store: &TenantStore, now: DateTime<Utc>) -> Result<u64, StoreError> {
    use case_rule_run::{Column, Entity};
    let closed = Query::select()
        .from(case_file::Entity)
        .column(case_file::Column::Id)
        .and_where(case_file::Column::TenantId.eq(store.tenant_id().0))
        .and_where(case_file::Column::ClosedAt.lt(now - KEPT))
        .to_owned();
    let mut select = Query::select();
    select
        .distinct()
        .from(Entity)
        .column((Entity, Column::CaseId))
        .and_where(Column::CaseId.in_subquery(closed))
        .limit(AT_ONCE);
    let mut forgotten = 0;
    loop {
        // Read first: writers are not kept waiting for nothing.
        let rows = store.read().rows::<Entity>(select.clone()).await?;
        let cases = rows.iter().map(|row| row.try_get::<Uuid>("", "case_id"));
        let cases = cases.collect::<Result<Vec<_>, _>>()?;
        if cases.is_empty() {
            return Ok(forgotten);
        }
        let transaction = store.begin().await?;
        let these = Condition::all().add(Column::CaseId.is_in(cases));
        forgotten += transaction.delete::<Entity>(these).await?;
        transaction.commit().await?;
    }
}
