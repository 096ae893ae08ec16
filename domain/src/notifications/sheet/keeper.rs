//! Keeps the service sheets of a municipality at IO as the catalogue says, one at a time: what is due is looked at, and
//! what is to be done next is done until there is nothing to do. How a sheet stands is written down after each call.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use municipio_entities::appio_sheet::{Column, Entity};
use sea_orm::{ColumnTrait, Condition};
use serde_json::json;

use super::{
    AppIoSheet, KEEPER, SheetLifecycle as Lifecycle, SheetResolution,
    operations::attend,
    port::Sheets,
    row,
    run::{Failure, Run},
    sources::{Making, making},
    step::{Step, next},
};
use crate::{
    media::Media,
    notifications::{
        account,
        budget::{self, Turn},
        deliver::{Notifier, after},
        port::{CallError, CallFault},
        verdict::{self, Verdict, verdict},
    },
    outbox::{self, Fault, Handled, Handler, Job, NewJob, Progress, Topic},
    store::TenantStore,
};

/// How many things are done to a sheet at once: more than it ever needs.
const MOST_STEPS: usize = 12;
/// After how many seconds the outcome of a review is asked for; the last of these again and again.
const REVIEW: [i64; 6] = [60, 5 * 60, 30 * 60, 3_600, 3 * 3_600, 6 * 3_600];
/// How often a sheet is looked at that stands as it should: somebody may change it elsewhere.
const CALM: TimeDelta = TimeDelta::days(1);
/// How long a key or a service that is new is given to be known.
const FRESH: TimeDelta = TimeDelta::seconds(10);
/// How often that is tried before it counts as refused.
const FRESH_TRIES: u32 = 6;
/// How long nothing is tried after the manage key was refused.
const REFUSED_KEY: TimeDelta = TimeDelta::minutes(10);

/// Keeps service sheets.
pub struct SheetKeeper {
    pub(super) notifier: Notifier,
    sheets: Arc<dyn Sheets>,
    media: Media,
}

/// What became of a sheet: when it is looked at again, if ever by itself.
type Attended = Option<DateTime<Utc>>;

impl SheetKeeper {
    /// Keeps them at this IO, within the calls of this notifier.
    pub fn new(notifier: &Notifier, sheets: Arc<dyn Sheets>, media: Media) -> Self {
        Self {
            notifier: notifier.clone(),
            sheets,
            media,
        }
    }

    async fn keep(&self, job: &Job, now: DateTime<Utc>) -> Handled {
        let store = self.notifier.database.tenant(job.tenant);
        if let Some(at) = job.payload.get("at").and_then(serde_json::Value::as_i64) {
            return self.ring(&store, at, now).await;
        }
        let Some(mut sheet) = row::due(&store.read(), now).await? else {
            return Ok(Progress::Done);
        };
        let begun = Instant::now();
        let clock = || now + TimeDelta::from_std(begun.elapsed()).unwrap_or_default();
        let due = match self.attend(&store, job, &mut sheet, &clock).await? {
            Some(due) => due,
            // Another has the job by now.
            None => return Ok(Progress::Done),
        };
        if !self.settle(&store, job, &sheet, due, clock()).await? {
            return Ok(Progress::Done);
        }
        Ok(Progress::More)
    }

    /// It is time for what was put off.
    async fn ring(&self, store: &TenantStore, at: i64, now: DateTime<Utc>) -> Handled {
        match DateTime::from_timestamp_millis(at).filter(|at| *at > now) {
            Some(at) => Ok(Progress::Postponed(at)),
            None => {
                let transaction = store.begin().await?;
                attend(&transaction, now).await?;
                transaction.commit().await?;
                Ok(Progress::Done)
            }
        }
    }

    /// Does what is to be done with a sheet; nothing when the worker lost the job.
    async fn attend(
        &self,
        store: &TenantStore,
        job: &Job,
        sheet: &mut AppIoSheet,
        clock: &(dyn Fn() -> DateTime<Utc> + Sync),
    ) -> Result<Option<Attended>, Fault> {
        let key = match self.key(store).await? {
            Ok(key) => key,
            Err(problem) => return Ok(Some(stopped(sheet, problem, None))),
        };
        let making = match making(&self.notifier, store, sheet).await? {
            Ok(making) => making,
            Err(problem) => return Ok(Some(stopped(sheet, problem, Some(clock() + CALM)))),
        };
        let mut wanted = making.as_ref().map(|making| making.wanted.clone());
        if let Some(making) = &making {
            sheet.rendered = Some(making.content.clone());
        }
        let mut run = Run::new(&*self.sheets, &key);
        for _ in 0..MOST_STEPS {
            let now = clock();
            let step = next(
                sheet,
                wanted.as_ref(),
                run.is_seen(),
                now.timestamp_millis(),
            );
            if step == Step::Rest {
                break;
            }
            let calls = if step == Step::Look { 2 } else { 1 };
            if let Turn::Later(pause) = self.notifier.turn(store, calls, now).await? {
                return Ok(Some(Some(after(pause, now))));
            }
            let done = self
                .act(store, &mut run, step, sheet, making.as_ref(), clock())
                .await?;
            if !self.write(store, job, sheet).await? {
                return Ok(None);
            }
            if let Err(failure) = done {
                return Ok(Some(self.failed(store, sheet, failure, clock()).await?));
            }
            if let (Step::Keys, Some(wanted)) = (step, &mut wanted) {
                wanted.keys = false;
            }
        }
        sheet.failures = 0;
        if run.is_seen() || sheet.io_id.is_none() {
            sheet.problem = None;
        }
        Ok(Some(resting(sheet, run.is_seen(), clock())))
    }

    /// The key by which services are managed, or why there is none.
    async fn key(&self, store: &TenantStore) -> Result<Result<String, &'static str>, Fault> {
        let account = account::find(&store.read()).await?;
        let Some(account) = account.filter(|account| account.is_enabled) else {
            return Ok(Err("App IO is switched off"));
        };
        let key = account.manage_key(&self.notifier.vault)?;
        Ok(key.ok_or("there is no manage key of App IO"))
    }

    async fn act(
        &self,
        store: &TenantStore,
        run: &mut Run<'_>,
        step: Step,
        sheet: &mut AppIoSheet,
        making: Option<&Making>,
        now: DateTime<Utc>,
    ) -> Result<Result<(), Failure>, Fault> {
        match (step, making) {
            (Step::Look, _) => Ok(run.look(sheet, making, now).await),
            (Step::Unpublish, _) => Ok(run.unpublish(sheet).await),
            (Step::Make, Some(making)) => self.make(store, run, sheet, making, now).await,
            (Step::Write, Some(making)) => {
                sheet.hashes.trying = Some(making.wanted.hash.clone());
                self.note(store, sheet).await?;
                Ok(run.write(sheet, making).await)
            }
            (Step::Submit, Some(_)) => Ok(run.submit(sheet).await),
            (Step::Release, Some(_)) => Ok(run.release(sheet).await),
            (Step::Logo, Some(making)) => {
                let media = self.media.of(store.clone());
                Ok(run.set_logo(sheet, making, &media).await)
            }
            (Step::Keys, Some(making)) => self.take_keys(store, run, sheet, making, now).await,
            (_, None) | (Step::Rest, _) => Ok(Ok(())),
        }
    }

    /// Finds a service by its name, or makes it.
    async fn make(
        &self,
        store: &TenantStore,
        run: &mut Run<'_>,
        sheet: &mut AppIoSheet,
        making: &Making,
        now: DateTime<Utc>,
    ) -> Result<Result<(), Failure>, Fault> {
        let mut place = Some(0);
        while let Some(offset) = place {
            if let Turn::Later(pause) = self.notifier.turn(store, 1, now).await? {
                return Ok(Err(Failure::Call(CallError {
                    fault: CallFault::Throttled(pause),
                    problem: "there were many calls of IO".to_owned(),
                })));
            }
            place = match run.called_like(&making.content, offset).await {
                Err(failure) => return Ok(Err(failure)),
                Ok((None, next)) => next,
                Ok((Some(found), _)) => {
                    let others = row::all(&store.read(), Condition::all()).await?;
                    return Ok(run.adopt(sheet, found, &others));
                }
            };
        }
        Ok(run.create(sheet, making).await)
    }

    /// Writes down what is going to be sent, before it is: when the answer is lost, it is known again.
    async fn note(&self, store: &TenantStore, sheet: &AppIoSheet) -> Result<(), Fault> {
        let transaction = store.begin().await?;
        let values = [(Column::TryingHash, sheet.hashes.trying.clone().into())];
        let this = Column::Id.eq(sheet.id.0);
        transaction.update::<Entity>(values, this).await?;
        Ok(transaction.commit().await?)
    }

    /// Writes down how a sheet stands, if the worker still has the job.
    async fn write(
        &self,
        store: &TenantStore,
        job: &Job,
        sheet: &AppIoSheet,
    ) -> Result<bool, Fault> {
        let transaction = store.begin().await?;
        let is_held = outbox::is_held(&transaction, job).await?;
        // What IO said is true, whoever heard it; who goes on is another question.
        let this = Column::Id.eq(sheet.id.0);
        transaction.update::<Entity>(sheet.values()?, this).await?;
        transaction.commit().await?;
        Ok(is_held)
    }

    /// Writes down when a sheet is looked at again, unless something changed meanwhile; says whether the worker still has
    /// the job.
    async fn settle(
        &self,
        store: &TenantStore,
        job: &Job,
        sheet: &AppIoSheet,
        due: Attended,
        now: DateTime<Utc>,
    ) -> Result<bool, Fault> {
        let transaction = store.begin().await?;
        if !outbox::is_held(&transaction, job).await? {
            return Ok(false);
        }
        let this = || Condition::all().add(Column::Id.eq(sheet.id.0));
        transaction
            .update::<Entity>(sheet.values()?, this())
            .await?;
        let untouched = this().add(Column::Touches.eq(sheet.touches));
        // In the future, or it would be looked at without an end.
        let due = due.map(|due| due.max(now + TimeDelta::seconds(1)));
        let due_key = due.map(|due| due.timestamp_millis());
        let resolution = sheet.resolution.map(SheetResolution::as_str);
        let values = [
            (Column::DueKey, due_key.into()),
            (Column::Resolution, resolution.into()),
        ];
        if transaction.update::<Entity>(values, untouched).await? == 1
            && let Some((at, key)) = due.zip(due_key)
        {
            let aggregate = format!("{}/{key}", sheet.id);
            let alarm = NewJob::new(KEEPER.name, aggregate, json!({ "at": key }));
            outbox::enqueue(&transaction, [alarm.due_at(at)], now).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// What follows from a call that did not do what it was to do.
    async fn failed(
        &self,
        store: &TenantStore,
        sheet: &mut AppIoSheet,
        failure: Failure,
        now: DateTime<Utc>,
    ) -> Result<Attended, Fault> {
        sheet.problem = Some(failure.problem().to_owned());
        let error = match failure {
            Failure::Refused(_) => return Ok(Some(now + CALM)),
            Failure::Fresh(_) if sheet.failures < FRESH_TRIES => {
                sheet.failures += 1;
                return Ok(Some(now + FRESH));
            }
            Failure::Fresh(error) | Failure::Call(error) => error,
        };
        let random = getrandom::u64().unwrap_or_default();
        // Nothing is done twice by asking twice: what may have been made is looked for.
        let verdict = verdict(verdict::Step::Look, error.fault, sheet.failures + 1, random);
        Ok(Some(match verdict {
            Verdict::Wait(pause) => {
                budget::rest(store, pause, now).await?;
                after(pause, now)
            }
            Verdict::Retry(pause) => {
                sheet.failures += 1;
                after(pause, now)
            }
            Verdict::Pause => now + REFUSED_KEY,
            Verdict::GiveUp | Verdict::Doubt => now + CALM,
        }))
    }
}

/// Nothing can be done for a sheet, for this reason.
fn stopped(sheet: &mut AppIoSheet, problem: &str, again: Attended) -> Attended {
    sheet.problem = Some(problem.to_owned());
    // Once it is mended everything is looked at.
    sheet.look_key = None;
    again
}

/// When a sheet is looked at again that stands as it should, or waits for its review.
fn resting(sheet: &mut AppIoSheet, is_seen: bool, now: DateTime<Utc>) -> Attended {
    sheet.io_id.as_ref()?;
    if sheet.lifecycle == Some(Lifecycle::Deleted) {
        return None;
    }
    if is_seen {
        let is_waiting = sheet.lifecycle == Some(Lifecycle::Submitted);
        let pause = match usize::try_from(sheet.looks) {
            Ok(looks) if is_waiting => TimeDelta::seconds(REVIEW[looks.min(REVIEW.len() - 1)]),
            _ => CALM,
        };
        sheet.looks = if is_waiting { sheet.looks + 1 } else { 0 };
        sheet.look_key = Some((now + pause).timestamp_millis());
    }
    let look = sheet.look_key.and_then(DateTime::from_timestamp_millis);
    Some(look.unwrap_or(now + CALM))
}

impl Handler for SheetKeeper {
    fn topic(&self) -> Topic {
        KEEPER
    }

    fn handle<'a>(&'a self, job: &'a Job, now: DateTime<Utc>) -> BoxFuture<'a, Handled> {
        Box::pin(self.keep(job, now))
    }
}

/// How long a job may take: some calls, of which each may wait for its turn.
pub(super) const LONGEST: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notifications::sheet::step::tests::sheet;

    #[test]
    fn a_review_is_asked_for_often_at_first_and_then_rarely() {
        let now = DateTime::UNIX_EPOCH;
        let mut sheet = sheet();
        sheet.lifecycle = Some(Lifecycle::Submitted);
        let pauses: Vec<_> = (0..8)
            .map(|_| resting(&mut sheet, true, now).unwrap() - now)
            .collect();
        assert!(pauses.is_sorted());
        assert_eq!(
            (pauses[0], pauses[7]),
            (TimeDelta::minutes(1), TimeDelta::hours(6))
        );
        sheet.lifecycle = Some(Lifecycle::Approved);
        assert_eq!(resting(&mut sheet, true, now), Some(now + CALM));
        // Who did not ask has not to ask later because of it.
        assert_eq!(
            resting(&mut sheet, false, now + TimeDelta::hours(3)),
            Some(now + CALM)
        );
        sheet.lifecycle = Some(Lifecycle::Deleted);
        assert_eq!(resting(&mut sheet, true, now), None);
    }
}
