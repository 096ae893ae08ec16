//! Runs a rule in a case: judges its conditions, does what it says, and writes down why.

use chrono::{DateTime, Days, Utc};
use serde_json::Value;

use super::{
    ACTOR, Occasion, Task,
    assignee::least_busy,
    log::{ActionOutcome, RuleResult, RuleVerdict, known, note},
    occasion::{runs_away, stands_since},
};
use crate::{
    audit::{Actor, record},
    cases::{
        Case, CaseError, CaseRefusal, Happening, Held, Notice, Personal, Sight, Step,
        batch::Addition,
        facts::facts,
        history::applied_for,
        hold,
        timer::calendar,
        work::{Terms, assign, decide, transition},
    },
    citizens::CitizenKeys,
    content::{ContentType, Contents},
    identity::Vault,
    ids::ItemId,
    locale::LocalizedText,
    outbox::{self, NewJob},
    procedures::{
        Definition, Judgement, Recipient, Rule, RuleAction, RuleAssignee, RuleFacts, Who,
    },
    store::{Database, Transaction},
    tenants,
    time::{ClosingCalendar, end_of_day, legal_day},
};

/// What rules run with.
pub(in crate::cases) struct Rules<'a> {
    database: &'a Database,
    vault: &'a Vault,
    contents: &'a Contents,
}

impl<'a> Rules<'a> {
    pub(in crate::cases) fn new(
        database: &'a Database,
        vault: &'a Vault,
        contents: &'a Contents,
    ) -> Self {
        Self {
            database,
            vault,
            contents,
        }
    }
}

/// A rule that runs in a case, for an occasion.
struct Running<'a> {
    rules: &'a Rules<'a>,
    keys: &'a CitizenKeys,
    definition: &'a Definition,
    rule: &'a Rule,
    number: i64,
    calendar: ClosingCalendar,
    now: DateTime<Utc>,
}

/// Runs a rule in a case that follows this definition, unless it ran for this occasion already; says whether it did
/// now.
pub(in crate::cases) async fn run(
    rules: &Rules<'_>,
    case: &Case,
    (definition, rule): (&Definition, &Rule),
    occasion: &Occasion,
    now: DateTime<Utc>,
) -> Result<bool, CaseError> {
    let keys = rules.vault.citizens();
    let keys = keys.ok_or_else(|| CaseError::Sealing("there is no MUNICIPIO_SECRET".to_owned()))?;
    let store = rules.contents.store();
    let tenant = tenants::find(rules.database, store.tenant_id()).await?;
    let calendar = calendar(rules.contents).await?;
    let transaction = store.begin().await?;
    let held = hold(&transaction, &Sight::Time, case.id, None).await?;
    let known = known(&transaction, case.id).await?;
    if known.ran(&rule.code, occasion) {
        return Ok(false);
    }
    if held.case.revision != case.revision {
        return Err(CaseRefusal::Conflict(Box::new(held.case)).into());
    }
    // What was erased is left alone.
    let Some(key) = held.case.key(keys)? else {
        return Ok(false);
    };
    // The events that are held say nothing of people.
    let data = match rule.asks_for_data() {
        true => applied_for(&transaction, keys, &held.case).await?,
        false => None,
    };
    let judgement = judge(&held.case, data.as_ref(), rule, now);
    let running = Running {
        rules,
        keys,
        definition,
        rule,
        number: known.next(),
        calendar,
        now,
    };
    let before = held.case.version;
    let (verdict, after) = running
        .come_to(&transaction, held, judgement, occasion)
        .await?;
    let ran = (running.number, rule.code.as_str(), occasion);
    note(&transaction, &key, case.id, ran, &verdict, now).await?;
    if let (Some(tenant), true) = (tenant, after.version != before) {
        let deed = after.deed("case.rule", &tenant.ipa_code);
        record(&transaction, &Actor::system(), &deed, now).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Which conditions of a rule hold in a case, as it is now.
fn judge(case: &Case, data: Option<&Value>, rule: &Rule, now: DateTime<Utc>) -> Judgement {
    rule.judge(&RuleFacts {
        state: &case.state,
        office: case.office,
        is_assigned: case.officer.is_some(),
        channel: case.channel,
        data,
        days_left: case.due_on.map(|due| (due - legal_day(now)).num_days()),
    })
}

impl Running<'_> {
    /// Does what the rule says, if it is wanted; gives what came of it, and the case as it is then.
    async fn come_to(
        &self,
        transaction: &Transaction,
        held: Held,
        judgement: Judgement,
        occasion: &Occasion,
    ) -> Result<(RuleVerdict, Case), CaseError> {
        let idle = |result: RuleResult, judgement: Judgement| RuleVerdict {
            result,
            judgement,
            actions: Vec::new(),
        };
        if runs_away(&held.events) {
            return Ok((idle(RuleResult::Halted, judgement), held.case));
        }
        if let Occasion::Reminder { action, .. } = occasion {
            return self.reminded(transaction, held, judgement, *action).await;
        }
        if !judgement.is_wanted() {
            return Ok((idle(RuleResult::NotWanted, judgement), held.case));
        }
        let (actions, case) = self.act_in_order(transaction, held).await?;
        let is_done = actions.iter().all(|outcome| outcome.refusals.is_empty());
        let verdict = RuleVerdict {
            result: if is_done {
                RuleResult::Done
            } else {
                RuleResult::Refused
            },
            judgement,
            actions,
        };
        Ok((verdict, case))
    }

    /// Does one action after the other, until one is refused.
    async fn act_in_order(
        &self,
        transaction: &Transaction,
        held: Held,
    ) -> Result<(Vec<ActionOutcome>, Case), CaseError> {
        let (mut case, mut first) = (held.case.clone(), Some(held));
        let (mut outcomes, mut reminders) = (Vec::new(), Vec::new());
        for (index, action) in self.rule.actions.iter().enumerate() {
            let held = match first.take() {
                Some(held) => held,
                None => hold(transaction, &Sight::Time, case.id, None).await?,
            };
            if let RuleAction::Remind { days, .. } = action {
                reminders.extend(self.reminder(&held, index, *days));
            }
            let version = case.version;
            let (event, refusals) = match self.act(transaction, held, action).await {
                Ok(after) => {
                    case = after;
                    ((case.version > version).then_some(case.version), Vec::new())
                }
                Err(CaseError::Refused(refusals)) => (None, refusals),
                Err(error) => return Err(error),
            };
            let is_refused = !refusals.is_empty();
            let refusals = refusals.into_iter().map(Into::into).collect();
            outcomes.push(ActionOutcome { event, refusals });
            if is_refused {
                break;
            }
        }
        // Last, as everybody enqueues after what is written of cases: nobody waits for the other.
        outbox::enqueue(transaction, reminders, self.now).await?;
        Ok((outcomes, case))
    }

    /// Reminds the officer: the time of a reminder has come that the rule had set.
    async fn reminded(
        &self,
        transaction: &Transaction,
        held: Held,
        judgement: Judgement,
        action: usize,
    ) -> Result<(RuleVerdict, Case), CaseError> {
        let text = match self.rule.actions.get(action) {
            Some(RuleAction::Remind { text, .. }) => text.clone(),
            _ => LocalizedText::default(),
        };
        let recipients = vec![Recipient::Officer];
        let case = self.notify(transaction, held, recipients, &text).await?;
        let verdict = RuleVerdict {
            result: RuleResult::Done,
            judgement,
            actions: vec![ActionOutcome {
                event: Some(case.version),
                refusals: Vec::new(),
            }],
        };
        Ok((verdict, case))
    }

    async fn act(
        &self,
        transaction: &Transaction,
        held: Held,
        action: &RuleAction,
    ) -> Result<Case, CaseError> {
        match action {
            RuleAction::Take {
                transition,
                comment,
            } => self.take(transaction, held, transition, comment).await,
            RuleAction::Assign { office, officer } => {
                let office = office.map(|office| office.id());
                self.assign(transaction, held, office, *officer).await
            }
            RuleAction::Notify { recipients, text } => {
                self.notify(transaction, held, recipients.clone(), text)
                    .await
            }
            // It waits for its time.
            RuleAction::Remind { .. } => Ok(held.case),
        }
    }

    fn actor(&self) -> String {
        format!("{ACTOR}{}", self.rule.code)
    }

    async fn take(
        &self,
        transaction: &Transaction,
        held: Held,
        code: &str,
        comment: &LocalizedText,
    ) -> Result<Case, CaseError> {
        // Other software says what happens in a case that it keeps.
        if facts(&held.events).is_reported {
            return Err(CaseRefusal::NotYours(code.to_owned()).into());
        }
        let step = Step {
            transition: code.to_owned(),
            comment: comment.italian().map(str::to_owned),
            ..Step::default()
        };
        let terms = Terms {
            calendar: &self.calendar,
            now: self.now,
        };
        let movement = decide(self.definition, &held.events, &Who::System, &step, &terms)?;
        let taken = (self.definition, movement, step);
        transition(transaction, self.keys, held, taken, self.actor(), self.now).await
    }

    async fn assign(
        &self,
        transaction: &Transaction,
        held: Held,
        office: Option<ItemId>,
        assignee: RuleAssignee,
    ) -> Result<Case, CaseError> {
        if let Some(office) = office {
            let there = self.rules.contents.published(&[office]).await?;
            let mut there = there.iter();
            if !there.any(|item| item.content_type() == ContentType::Office) {
                return Err(CaseRefusal::NotFound("office").into());
            }
        }
        let office = office.unwrap_or(held.case.office);
        let officer = match assignee {
            RuleAssignee::Nobody => None,
            RuleAssignee::LeastBusy => least_busy(transaction, office).await?,
        };
        if (held.case.office, held.case.officer) == (office, officer) {
            return Ok(held.case);
        }
        let to = (office, officer);
        assign(transaction, self.keys, held, to, self.actor(), self.now).await
    }

    async fn notify(
        &self,
        transaction: &Transaction,
        held: Held,
        notifies: Vec<Recipient>,
        text: &LocalizedText,
    ) -> Result<Case, CaseError> {
        let addition = Addition {
            actor: self.actor(),
            happening: Happening::Notified(Notice {
                rule: self.rule.code.clone(),
                notifies,
            }),
            personal: Personal {
                text: text.italian().map(str::to_owned),
                ..Personal::default()
            },
            definition: Some(self.definition),
        };
        held.add(transaction, self.keys, addition, self.now).await
    }

    /// What waits for the morning of the day on which the officer is to be reminded.
    fn reminder(&self, held: &Held, action: usize, days: u16) -> Option<NewJob> {
        let eve =
            legal_day(self.now).checked_add_days(Days::new(u64::from(days.saturating_sub(1))))?;
        let (case, run) = (held.case.id, self.number);
        let at = end_of_day(eve)?;
        let reminder = Task::Reminder {
            case,
            since: stands_since(&held.events)?,
            rule: self.rule.code.clone(),
            run,
            action,
            at,
        };
        Some(reminder.job_of_its_own((case, run, action), at))
    }
}
