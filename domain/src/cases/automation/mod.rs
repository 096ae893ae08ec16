//! What the rules of a procedure do in its cases: when something happened, and some facts hold, a transition is
//! taken, the case assigned, somebody told or a reminder set. An event leaves a job in the outbox if there are rules
//! that it sets off; what time sets off is looked after with everything else that happens as time goes by
//! ([`super::timer`]). A rule runs once for each occasion, in a transaction with what it does and with the reason why
//! ([`log`]), under the guards that everybody is under.

mod assignee;
mod log;
mod occasion;
mod run;
mod simulation;

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Case, CaseError, CaseEvent, Cases, Sight};
use crate::{
    content::Contents,
    identity::Vault,
    ids::{CaseId, TenantId},
    outbox::{self, Fault, Handled, Handler, Job, NewJob, Progress, Retries, Topic},
    procedures::Definition,
    store::{Database, StoreError, Transaction},
};

pub use log::{ActionOutcome, RuleRefusal, RuleResult, RuleRun, RuleVerdict, forget_rule_runs};
pub(super) use log::{Known, known};
pub use occasion::Occasion;
pub(super) use occasion::{set_off, with_time};
pub(super) use run::{Rules, run};
pub use simulation::{Difference, Difficulty, RuleUse, SimulatedCase, Simulation, simulate};

/// The topic of what rules do.
const TOPIC: Topic = Topic {
    name: "case-rules",
    longest: Duration::from_secs(30),
    at_once: 4,
    share: 1,
    retries: Retries {
        first: Duration::from_secs(5),
        longest: Duration::from_secs(10 * 60),
        attempts: Some(100),
        age: None,
    },
};
/// Whose doing it is what rules do, as events say it: this and the code of the rule.
pub(super) const ACTOR: &str = "rule:";

/// What a job is about.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
enum Task {
    /// An event may set rules off.
    Event { case: CaseId, number: i64 },
    /// The officer is to be reminded, unless the case has gone on since this event.
    Reminder {
        case: CaseId,
        since: i64,
        rule: String,
        run: i64,
        action: usize,
        at: DateTime<Utc>,
    },
}

/// Has rules look at events of cases, by their numbers.
pub(super) async fn tell(
    transaction: &Transaction,
    events: Vec<(CaseId, i64)>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let jobs = events.into_iter().map(|(case, number)| {
        let task = json!(Task::Event { case, number });
        NewJob::new(TOPIC.name, case.to_string(), task)
    });
    let jobs: Vec<_> = jobs.collect();
    outbox::enqueue(transaction, jobs, now).await
}

impl Task {
    /// A job that waits for its time. Jobs about one thing wait for each other: this one must not keep the others.
    fn job_of_its_own(
        &self,
        (case, run, action): (CaseId, i64, usize),
        at: DateTime<Utc>,
    ) -> NewJob {
        let aggregate = format!("{case}:{run}:{action}");
        NewJob::new(TOPIC.name, aggregate, json!(self)).due_at(at)
    }
}

/// Runs the rules that events set off.
pub struct Automation {
    database: Database,
    vault: Vault,
}

impl Automation {
    /// Runs the rules of the cases of this database.
    pub fn new(database: Database, vault: Vault) -> Self {
        Self { database, vault }
    }

    async fn look(&self, job: &Job, now: DateTime<Utc>) -> Handled {
        let task: Task = serde_json::from_value(job.payload.clone()).map_err(Fault::lasting)?;
        match task {
            Task::Event { case, number } => self.at_event(job.tenant, case, number, now).await,
            Task::Reminder { at, .. } if at > now => Ok(Progress::Postponed(at)),
            Task::Reminder {
                case,
                since,
                rule,
                run,
                action,
                ..
            } => {
                let occasion = Occasion::Reminder { run, action };
                self.at_reminder(job.tenant, case, (&rule, since, &occasion), now)
                    .await
            }
        }
    }

    async fn at_event(
        &self,
        tenant: TenantId,
        case: CaseId,
        number: i64,
        now: DateTime<Utc>,
    ) -> Handled {
        let contents = Contents::new(self.database.tenant(tenant), Contents::cache(8));
        let Some((case, events, definition)) = read(&contents, case).await? else {
            return Ok(Progress::Done);
        };
        let Some(event) = events.iter().find(|event| event.number == number) else {
            return Ok(Progress::Done);
        };
        let rules = Rules::new(&self.database, &self.vault, &contents);
        let (occasion, set_off) = (Occasion::Event(number), set_off(&definition, event));
        for rule in set_off.collect::<Vec<_>>() {
            let ran = run(&rules, &case, (&definition, rule), &occasion, now).await;
            ran.map_err(fault)?;
        }
        Ok(Progress::Done)
    }

    async fn at_reminder(
        &self,
        tenant: TenantId,
        case: CaseId,
        (rule, since, occasion): (&str, i64, &Occasion),
        now: DateTime<Utc>,
    ) -> Handled {
        let contents = Contents::new(self.database.tenant(tenant), Contents::cache(8));
        let Some((case, events, definition)) = read(&contents, case).await? else {
            return Ok(Progress::Done);
        };
        let has_gone_on = occasion::stands_since(&events) != Some(since);
        let Some(rule) = definition.rule(rule).filter(|_| !has_gone_on) else {
            return Ok(Progress::Done);
        };
        if case.status.is_final() {
            return Ok(Progress::Done);
        }
        let rules = Rules::new(&self.database, &self.vault, &contents);
        let ran = run(&rules, &case, (&definition, rule), occasion, now).await;
        ran.map_err(fault)?;
        Ok(Progress::Done)
    }
}

impl Handler for Automation {
    fn topic(&self) -> Topic {
        TOPIC
    }

    fn handle<'a>(&'a self, job: &'a Job, now: DateTime<Utc>) -> BoxFuture<'a, Handled> {
        Box::pin(self.look(job, now))
    }
}

/// A case with what happened in it, without what that says of people, and the definition that it follows.
pub(super) async fn read(
    contents: &Contents,
    id: CaseId,
) -> Result<Option<(Case, Vec<CaseEvent>, Definition)>, StoreError> {
    let cases = Cases::from(contents);
    let Some(case) = cases.among(&Sight::Time, &[id]).await?.pop() else {
        return Ok(None);
    };
    let events = cases.outlines(&[id]).await?.remove(&id);
    let events = events.unwrap_or_default();
    let procedure = cases.procedures(&[case.revision]).await?;
    let procedure = procedure.get(&case.revision);
    let definition = procedure.and_then(|known| known.definition.clone());
    Ok(definition.map(|definition| (case, events, definition)))
}

fn fault(error: CaseError) -> Fault {
    match error {
        CaseError::Store(error) => error.into(),
        // The case follows another revision by now, or whoever runs the service has to do something first.
        error => Fault::passing(error),
    }
}
