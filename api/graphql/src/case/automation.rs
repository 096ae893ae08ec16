//! Why rules did something in a case, or did not.

use async_graphql::{Enum, Object, Result, SimpleObject, connection::PageInfo};
use chrono::{DateTime, NaiveDate, Utc};
use municipio_domain::{
    cases::{self, Occasion, RuleVerdict},
    procedures::{self, Rule},
};

use super::{RunsOf, failed, keys};
use crate::{
    connection::page_size, context::RequestData, error::cursor, objects::RuleActionKind,
    view::Reader,
};

/// What set a rule off (evento che ha attivato la regola).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum RuleOccasion {
    /// An event (evento).
    Event,
    /// So many days were left before the end of the term (scadenza vicina).
    DaysLeft,
    /// The term was over (termine scaduto).
    TermOver,
    /// The case had stood so long in its state (permanenza in uno stato).
    TimeInState,
    /// The time of a reminder came that the rule had set (promemoria).
    Reminder,
}

/// What came of a rule that was set off (esito della regola).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "cases::RuleResult")]
pub(crate) enum RuleResult {
    /// What it does was done (eseguita).
    Done,
    /// Something of it could not be done (rifiutata).
    Refused,
    /// Its conditions did not hold (non applicabile).
    NotWanted,
    /// Too much had happened in the case by itself, one after the other (fermata).
    Halted,
}

/// Whether a condition of a rule held (esito di una condizione).
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct RuleConditionResult {
    /// Where it stands in the rule, such as `conditions[0]` (posizione).
    path: String,
    /// Whether it held (verificata).
    holds: bool,
    /// Whether what it says was wanted: of an exception that it does not hold (favorevole).
    is_met: bool,
}

/// Why something was not done (motivo del rifiuto).
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct RuleRefusal {
    /// The code, one of those of mutations (codice).
    code: String,
    /// What is missing, or what else is in the way (messaggio).
    message: String,
}

/// What came of an action of a rule (esito di un'azione).
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct RuleActionResult {
    /// What kind of action it is; null when the rule is another by now (tipo).
    kind: Option<RuleActionKind>,
    /// Whether it was done: not when it was refused, or stood after one that was (eseguita).
    done: bool,
    /// The number of the event by which it was done; null when it changed nothing (evento).
    event: Option<i64>,
    /// Why it was not done: all that is missing (motivi).
    refusals: Vec<RuleRefusal>,
}

/// That a rule was set off in a case, and what came of it (esecuzione di una regola).
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct RuleRun {
    /// 1, 2, 3 and so on for each case (numero).
    number: i64,
    /// When it ran (data e ora).
    at: DateTime<Utc>,
    /// The rule, by its code in the definition (codice della regola).
    rule: String,
    /// What the rule is for; null when the definition does not have it any more (etichetta).
    label: Option<String>,
    /// What set it off (evento).
    occasion: RuleOccasion,
    /// The number of the event that set it off, or that took the case to where it stood (numero dell'evento).
    event: Option<i64>,
    /// How many days it waited for (giorni).
    days: Option<u16>,
    /// The last day of the term as it was then (termine).
    due_on: Option<NaiveDate>,
    /// What came of it; null once what the case says of people was erased (esito).
    result: Option<RuleResult>,
    /// Which of its conditions held (condizioni).
    conditions: Vec<RuleConditionResult>,
    /// What came of its actions, of those that were tried (azioni).
    actions: Vec<RuleActionResult>,
}

impl RuleRun {
    fn new(
        run: cases::RuleRun,
        rule: Option<&Rule>,
        verdict: Option<RuleVerdict>,
        reader: &Reader,
    ) -> Self {
        // A reminder is one action of its rule.
        let first = match run.occasion {
            Occasion::Reminder { action, .. } => action,
            _ => 0,
        };
        let mut shown = Self {
            number: run.number,
            at: run.at,
            label: rule.and_then(|rule| reader.text(&rule.label)),
            rule: run.rule,
            occasion: RuleOccasion::Event,
            event: None,
            days: None,
            due_on: None,
            result: verdict.as_ref().map(|verdict| verdict.result.into()),
            conditions: verdict.as_ref().map(conditions).unwrap_or_default(),
            actions: verdict
                .map(|verdict| actions(verdict, rule, first))
                .unwrap_or_default(),
        };
        match run.occasion {
            Occasion::Event(number) => shown.event = Some(number),
            Occasion::DaysLeft { due_on, days } => {
                shown.occasion = RuleOccasion::DaysLeft;
                (shown.due_on, shown.days) = (Some(due_on), Some(days));
            }
            Occasion::TermOver { due_on } => {
                shown.occasion = RuleOccasion::TermOver;
                shown.due_on = Some(due_on);
            }
            Occasion::TimeInState { since, days } => {
                shown.occasion = RuleOccasion::TimeInState;
                (shown.event, shown.days) = (Some(since), Some(days));
            }
            Occasion::Reminder { .. } => shown.occasion = RuleOccasion::Reminder,
        }
        shown
    }
}

fn conditions(verdict: &RuleVerdict) -> Vec<RuleConditionResult> {
    let judgement = &verdict.judgement;
    let wanted = judgement.conditions.iter().enumerate();
    let wanted = wanted.map(|(index, holds)| RuleConditionResult {
        path: format!("conditions[{index}]"),
        holds: *holds,
        is_met: *holds,
    });
    let unwanted = judgement.exceptions.iter().enumerate();
    let unwanted = unwanted.map(|(index, holds)| RuleConditionResult {
        path: format!("exceptions[{index}]"),
        holds: *holds,
        is_met: !*holds,
    });
    wanted.chain(unwanted).collect()
}

fn actions(verdict: RuleVerdict, rule: Option<&Rule>, first: usize) -> Vec<RuleActionResult> {
    let actions = rule.map(|rule| rule.actions.as_slice()).unwrap_or_default();
    let outcomes = verdict.actions.into_iter().enumerate();
    outcomes
        .map(|(index, outcome)| RuleActionResult {
            kind: actions.get(first + index).map(RuleActionKind::of),
            done: outcome.refusals.is_empty(),
            event: outcome.event,
            refusals: outcome
                .refusals
                .into_iter()
                .map(|refusal| RuleRefusal {
                    code: refusal.code,
                    message: refusal.message,
                })
                .collect(),
        })
        .collect()
}

/// A run of a rule, with its place in the log.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct RuleRunEdge {
    /// The place, for `after`.
    cursor: String,
    /// The run (esecuzione).
    node: RuleRun,
}

/// A part of the log of what rules did in a case, the last first (Relay connection): at most 100.
pub(crate) struct RuleRunConnection {
    edges: Vec<RuleRunEdge>,
    has_previous: bool,
    has_next: bool,
}

impl RuleRunConnection {
    /// The log of a case, for those alone who work for the municipality.
    pub(super) async fn read(
        data: &RequestData,
        case: &cases::Case,
        definition: Option<&procedures::Definition>,
        reader: &Reader,
        (first, after): (Option<i32>, Option<String>),
    ) -> Result<Self> {
        let municipality = &data.tenant.ipa_code;
        let size = page_size(first, "first")?;
        let place = after.map(|text| cases::RuleRun::decode_cursor(&text, municipality));
        let before = place.transpose().map_err(|error| cursor("after", error))?;
        let mut runs = match data.caller.is_staff() {
            true => {
                data.note_reading(case.id).await?;
                let key = RunsOf {
                    case: case.id,
                    before,
                    size: size + 1,
                };
                data.rule_runs(key).await?
            }
            false => Vec::new(),
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let has_next = runs.len() > size;
        runs.truncate(size);
        let keys = keys(data)?;
        let edges = runs.into_iter().map(|run| {
            let rule = definition.and_then(|definition| definition.rule(&run.rule));
            let verdict = run.verdict(case, keys).map_err(failed)?;
            Ok(RuleRunEdge {
                cursor: cases::RuleRun::cursor(run.number, municipality),
                node: RuleRun::new(run, rule, verdict, reader),
            })
        });
        Ok(Self {
            edges: edges.collect::<Result<_>>()?,
            has_previous: before.is_some(),
            has_next,
        })
    }
}

/// A part of the log of what rules did in a case, the last first (Relay connection): at most 100.
#[Object]
impl RuleRunConnection {
    /// The runs with their places.
    async fn edges(&self) -> &[RuleRunEdge] {
        &self.edges
    }

    /// The runs alone (esecuzioni).
    async fn nodes(&self) -> Vec<&RuleRun> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Whether there is more, and how to go on.
    async fn page_info(&self) -> PageInfo {
        let cursor = |edge: Option<&RuleRunEdge>| edge.map(|edge| edge.cursor.clone());
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: cursor(self.edges.first()),
            end_cursor: cursor(self.edges.last()),
        }
    }
}
