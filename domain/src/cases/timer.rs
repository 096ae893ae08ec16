//! What happens in a case as time goes by: its officer is reminded before the end of the term, transitions are taken
//! that happen by themselves, and rules run that wait for a time. Each transition leaves a job in the outbox that waits
//! for the next of these; when the case has gone on meanwhile, the job finds nothing to do.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, Utc};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Case, CaseError, CaseEvent, Happening, Movement, Personal, Reminder, Sight, Step,
    automation::{self, Known, Occasion, Rules},
    batch::Addition,
    facts::facts,
    term::announced_on,
    work::{Terms, decide, hold, transition},
};
use crate::{
    audit::{Actor, record},
    content::Contents,
    identity::Vault,
    ids::CaseId,
    outbox::{self, Fault, Handled, Handler, Job, NewJob, Progress, Retries, Topic},
    procedures::{Definition, Facts, Given, Timer, Transition, Who, take},
    store::{Database, StoreError, Transaction},
    tenants,
    time::{ClosingCalendar, end_of_day, last_day_for_observations, legal_day},
};

/// The topic of what waits for its time.
const TOPIC: Topic = Topic {
    name: "case-timer",
    longest: Duration::from_secs(30),
    at_once: 4,
    share: 1,
    retries: Retries {
        first: Duration::from_secs(5),
        longest: Duration::from_secs(10 * 60),
        // Silence means something however long the service could not say so.
        attempts: None,
        age: None,
    },
};
/// Who takes the transitions that happen by themselves, as events say it.
pub(super) const ACTOR: &str = "timer";

/// What a job waits for: something in this case, unless it has gone on since this event.
#[derive(Debug, Serialize, Deserialize)]
struct Watch {
    case: CaseId,
    moved: i64,
}

/// What happens next by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// An event of the case.
    Event(Due),
    /// A rule runs, by its code.
    Rule(String, Occasion),
}

/// An event that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// The officer is reminded so many days before the end of the term.
    Remind(Reminder),
    /// A transition is taken.
    Take(String),
}

/// By which event a case came to where it stands, and on which day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Since {
    pub(super) number: i64,
    pub(super) day: NaiveDate,
}

impl Since {
    /// By its last event, at this moment.
    pub(super) fn last(case: &Case, now: DateTime<Utc>) -> Self {
        Self {
            number: case.version,
            day: legal_day(now),
        }
    }

    /// By this event.
    pub(super) fn event(event: &CaseEvent) -> Self {
        Self {
            number: event.number,
            day: legal_day(event.at),
        }
    }
}

/// Has somebody look after a case in which something came in or which went from one state to another.
pub(super) async fn watch(
    transaction: &Transaction,
    definition: &Definition,
    case: &Case,
    since: Since,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let job = watch_job(definition, case, since);
    outbox::enqueue(transaction, job, now).await
}

/// The job of looking after a case, if anything happens there by itself: not before it could.
pub(super) fn watch_job(definition: &Definition, case: &Case, since: Since) -> Option<NewJob> {
    if case.status.is_final() {
        return None;
    }
    let earliest = earliest(definition, case, since)?;
    let watch = Watch {
        case: case.id,
        moved: since.number,
    };
    // Jobs about one thing wait for each other: what waits for the end of a term would keep all later ones.
    let aggregate = format!("{}:{}", case.id, case.version);
    Some(NewJob::new(TOPIC.name, aggregate, json!(watch)).due_at(earliest))
}

/// Before when nothing happens in a case by itself; nothing when nothing ever does. By what its projection says: what
/// else is known of it, and the days on which the municipality is closed, make it later alone.
pub(super) fn earliest(
    definition: &Definition,
    case: &Case,
    since: Since,
) -> Option<DateTime<Utc>> {
    let transitions = definition.from(&case.state).filter_map(|transition| {
        Some(match transition.timer? {
            Timer::After { days } => {
                end_of_day(since.day.checked_add_days(Days::new(days.into()))?)?
            }
            Timer::Deadline => end_of_day(case.due_on?)?,
            // Since when they may be made is in the events.
            Timer::Observations => DateTime::UNIX_EPOCH,
        })
    });
    let term = definition.deadline.as_ref().zip(case.due_on);
    let alerts = term.into_iter().flat_map(|(term, due_on)| {
        let alerts = term.alerts.iter();
        alerts.filter_map(move |days| reminded_at(due_on, *days))
    });
    let rules = automation::with_time(definition, &case.state, since, case.due_on);
    let rules = rules.into_iter().map(|(at, ..)| at);
    transitions.chain(alerts).chain(rules).min()
}

/// The last event by which a case went from one state to another, or began.
pub(super) fn last_move(events: &[CaseEvent]) -> Option<&CaseEvent> {
    events
        .iter()
        .rfind(|event| event.happening.state().is_some())
}

/// Whether the term is over and silence takes the case on from where it stands, so that nobody else does any more.
pub(super) fn closes(
    definition: &Definition,
    facts: &Facts,
    due_on: Option<NaiveDate>,
    now: DateTime<Utc>,
) -> bool {
    let is_over = due_on.and_then(end_of_day).is_some_and(|end| end <= now);
    let mut steps = definition.from(&facts.state);
    is_over
        && steps.any(|step| step.timer == Some(Timer::Deadline) && happens(definition, step, facts))
}

/// Whether nothing is missing for a transition that happens by itself.
fn happens(definition: &Definition, transition: &Transition, facts: &Facts) -> bool {
    let given = Given::default();
    take(definition, &transition.code, facts, &Who::Timer, given).is_ok()
}

/// The last of the days that a transition waits for which happens by itself.
pub(super) fn last_day(
    timer: Timer,
    events: &[CaseEvent],
    due_on: Option<NaiveDate>,
    calendar: &ClosingCalendar,
) -> Option<NaiveDate> {
    let since = || Some(legal_day(last_move(events)?.at));
    match timer {
        Timer::After { days } => since()?.checked_add_days(Days::new(days.into())),
        Timer::Observations => {
            let announced = announced_on(events).or_else(since)?;
            last_day_for_observations(announced, calendar)
        }
        Timer::Deadline => due_on,
    }
}

/// What happens next in a case, and when.
pub(super) fn next(
    definition: &Definition,
    events: &[CaseEvent],
    (due_on, ran): (Option<NaiveDate>, &Known),
    terms: &Terms<'_>,
) -> Option<(DateTime<Utc>, Next)> {
    let facts = facts(events);
    let moved = last_move(events)?;
    let transitions = definition.from(&facts.state).filter_map(|transition| {
        let last = last_day(transition.timer?, events, due_on, terms.calendar)?;
        if !happens(definition, transition, &facts) {
            return None;
        }
        let due = Due::Take(transition.code.clone());
        Some((end_of_day(last)?, Next::Event(due)))
    });
    let reminders = reminders(definition, events, due_on, terms.now);
    let since = Since::event(moved);
    let rules = automation::with_time(definition, &facts.state, since, due_on).into_iter();
    let rules = rules.filter(|(_, rule, occasion)| !ran.ran(&rule.code, occasion));
    let rules = rules.map(|(at, rule, occasion)| (at, Next::Rule(rule.code.clone(), occasion)));
    let mut all: Vec<_> = transitions.chain(reminders).chain(rules).collect();
    all.sort_by_key(|(at, next)| (*at, matches!(next, Next::Event(Due::Take(_)))));
    all.into_iter().next()
}

/// The reminders that are still to come; of several whose time has come the last alone.
fn reminders(
    definition: &Definition,
    events: &[CaseEvent],
    due_on: Option<NaiveDate>,
    now: DateTime<Utc>,
) -> Vec<(DateTime<Utc>, Next)> {
    let (Some(due_on), Some(term)) = (due_on, &definition.deadline) else {
        return Vec::new();
    };
    let told = events.iter().filter_map(|event| match &event.happening {
        Happening::Reminded(reminder) if reminder.due_on == due_on => Some(reminder.days),
        _ => None,
    });
    let nearest = told.min();
    let alerts = term.alerts.iter().copied();
    let alerts = alerts.filter(|days| nearest.is_none_or(|nearest| *days < nearest));
    let mut open: Vec<_> = alerts
        .filter_map(|days| Some((reminded_at(due_on, days)?, days)))
        .collect();
    open.sort_unstable();
    let come = open.iter().filter(|(at, _)| *at <= now).count();
    let open = open.into_iter().skip(come.saturating_sub(1));
    open.map(|(at, days)| (at, Next::Event(Due::Remind(Reminder { due_on, days }))))
        .collect()
}

/// When an officer is reminded so many days before the end of a term: in the morning.
fn reminded_at(due_on: NaiveDate, days: u16) -> Option<DateTime<Utc>> {
    end_of_day(due_on.checked_sub_days(Days::new(u64::from(days) + 1))?)
}

/// Looks after cases as time goes by.
pub struct Timekeeper {
    database: Database,
    vault: Vault,
}

impl Timekeeper {
    /// Looks after the cases of this database.
    pub fn new(database: Database, vault: Vault) -> Self {
        Self { database, vault }
    }

    async fn look(&self, job: &Job, now: DateTime<Utc>) -> Handled {
        let watch: Watch = serde_json::from_value(job.payload.clone()).map_err(Fault::lasting)?;
        let store = self.database.tenant(job.tenant);
        let contents = Contents::new(store.clone(), Contents::cache(8));
        let found = automation::read(&contents, watch.case).await?;
        let Some((case, events, definition)) = found else {
            return Ok(Progress::Done);
        };
        let has_gone_on = last_move(&events).is_none_or(|event| event.number != watch.moved);
        if has_gone_on || case.status.is_final() || case.is_erased() {
            return Ok(Progress::Done);
        }
        let ran = automation::known(&store.read(), case.id).await?;
        let calendar = calendar(&contents).await?;
        let terms = Terms {
            calendar: &calendar,
            now,
        };
        match next(&definition, &events, (case.due_on, &ran), &terms) {
            None => Ok(Progress::Done),
            Some((at, _)) if at > now => Ok(Progress::Postponed(at)),
            Some((_, next)) => {
                let done = match next {
                    Next::Event(due) => {
                        self.carry_out(&contents, &case, &definition, due, &terms)
                            .await
                    }
                    Next::Rule(code, occasion) => {
                        let rules = Rules::new(&self.database, &self.vault, &contents);
                        match definition.rule(&code) {
                            Some(rule) => {
                                automation::run(&rules, &case, (&definition, rule), &occasion, now)
                                    .await
                            }
                            None => Ok(false),
                        }
                    }
                };
                match done {
                    Ok(true) => Ok(Progress::More),
                    Ok(false) => Ok(Progress::Done),
                    Err(CaseError::Store(error)) => Err(error.into()),
                    // Somebody was faster, or whoever runs the service has to do something first.
                    Err(error) => Err(Fault::passing(error)),
                }
            }
        }
    }

    async fn carry_out(
        &self,
        contents: &Contents,
        case: &Case,
        definition: &Definition,
        due: Due,
        terms: &Terms<'_>,
    ) -> Result<bool, CaseError> {
        let keys = self.vault.citizens();
        let keys =
            keys.ok_or_else(|| CaseError::Sealing("there is no MUNICIPIO_SECRET".to_owned()))?;
        let (store, now) = (contents.store(), terms.now);
        let tenant = tenants::find(&self.database, store.tenant_id()).await?;
        let transaction = store.begin().await?;
        let held = hold(&transaction, &Sight::Time, case.id, Some(case.version)).await?;
        let actor = ACTOR.to_owned();
        let case = match due {
            Due::Take(code) => {
                let step = Step {
                    transition: code,
                    ..Step::default()
                };
                let movement: Movement =
                    decide(definition, &held.events, &Who::Timer, &step, terms)?;
                let taken = (definition, movement, step);
                transition(&transaction, keys, held, taken, actor, now).await?
            }
            Due::Remind(reminder) => {
                let addition = Addition {
                    actor,
                    happening: Happening::Reminded(reminder),
                    personal: Personal::default(),
                    definition: Some(definition),
                };
                held.add(&transaction, keys, addition, now).await?
            }
        };
        if let Some(tenant) = tenant {
            let deed = case.deed("case.timer", &tenant.ipa_code);
            record(&transaction, &Actor::system(), &deed, now).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}

impl Handler for Timekeeper {
    fn topic(&self) -> Topic {
        TOPIC
    }

    fn handle<'a>(&'a self, job: &'a Job, now: DateTime<Utc>) -> BoxFuture<'a, Handled> {
        Box::pin(self.look(job, now))
    }
}

/// The days on which the municipality is closed.
pub(super) async fn calendar(contents: &Contents) -> Result<ClosingCalendar, StoreError> {
    let settings = contents.municipality().await?;
    Ok(settings
        .map(|settings| settings.closings())
        .unwrap_or_default())
}
