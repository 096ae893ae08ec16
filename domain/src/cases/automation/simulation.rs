//! What would have been different with another definition: past cases are gone through again, event by event, as they
//! happened. Nothing is done, and nothing is told of people.
//!
//! Each event is held against the definition by itself, from where the case stood then: what would have followed from a
//! difference nobody knows. Of officers it is not known any more which roles they had: what is for some is taken to have
//! been for them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::{ACTOR, Occasion, set_off, with_time};
use crate::{
    cases::{
        Case, CaseError, CaseEvent, CaseFilter, CaseOrder, Cases, Happening, Movement, Personal,
        Sight,
        facts::facts,
        file::{apply, blank},
        term::due_on,
        timer::Since,
    },
    citizens::CitizenKeys,
    content::Window,
    ids::{CaseId, ItemId},
    procedures::{
        Channel, Definition, Facts, Given, Kept, Missing, Officer, Rule, RuleAction, RuleFacts,
        Who, take,
    },
    time::{ClosingCalendar, legal_day},
};

/// How a definition differs from what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difficulty {
    /// The case stood in a state that there is not.
    StateGone,
    /// A transition was taken that there is not.
    TransitionGone,
    /// A transition was taken that does not lead away from where the case stood.
    NotPossible,
    /// A transition was taken by somebody for whom it is not.
    NotForTaker,
    /// A transition was taken for which something would have been missing.
    RequirementMissing,
    /// A transition leads elsewhere.
    LeadsElsewhere,
    /// The term would have been missed that was kept.
    TermMissed,
    /// The term would have been kept that was missed.
    TermKept,
}

/// Something that would have been different in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// How.
    pub difficulty: Difficulty,
    /// At which event, by its number; of a term at none.
    pub event: Option<i64>,
    /// The state or the transition, by its code.
    pub code: Option<String>,
    /// What would have been missing.
    pub missing: Vec<Missing>,
}

/// What would have been different in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedCase {
    /// The case.
    pub case: CaseId,
    /// What; nothing when all would have been the same.
    pub differences: Vec<Difference>,
    /// The rules that would have done something, by their codes, each once.
    pub rules: BTreeSet<String>,
}

/// How often a rule would have been set off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleUse {
    /// So often its conditions held.
    pub wanted: u64,
    /// So often they did not.
    pub not_wanted: u64,
    /// So often a transition that it takes could not have been taken, of those when its conditions held.
    pub refused: u64,
}

/// What would have been different with another definition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulation {
    /// What would have been different in which case, of all that were looked at, the newest first.
    pub cases: Vec<SimulatedCase>,
    /// How often each rule would have been set off, by its code.
    pub rules: BTreeMap<String, RuleUse>,
    /// In how many cases the term was missed.
    pub missed: u64,
    /// In how many cases it would have been missed.
    pub would_miss: u64,
}

/// Goes through the newest cases of a procedure, at most so many, as if they had followed this definition. Who has it read
/// what applications say is written down.
///
/// # Errors
/// What cases say cannot be read, or the database failed.
pub async fn simulate(
    (cases, keys): (&Cases, &CitizenKeys),
    definition: &Definition,
    (sight, filter, most): (&Sight, &CaseFilter, u64),
    reader: &str,
    now: DateTime<Utc>,
) -> Result<Simulation, CaseError> {
    let window = Window {
        size: most,
        after: None,
        before: None,
        from_end: false,
    };
    let page = cases
        .page(sight, filter, CaseOrder::Newest, &window)
        .await?;
    let past: Vec<_> = page.entries.into_iter().map(|(_, case)| case).collect();
    let ids: Vec<_> = past.iter().map(|case| case.id).collect();
    if definition.rules.iter().any(Rule::asks_for_data) {
        cases.note_accesses(&ids, reader, now).await?;
    }
    let mut events = cases.events(&ids).await?;
    let calendar = cases.calendar().await?;
    let mut simulation = Simulation::default();
    for case in past {
        let events = events.remove(&case.id).unwrap_or_default();
        let personal = case.personal(keys, &events)?;
        let replay = Replay {
            definition,
            is_erased: case.key(keys)?.is_none(),
            case: &case,
            events: &events,
            personal: &personal,
            calendar: &calendar,
            now,
        };
        replay.add_to(&mut simulation);
    }
    Ok(simulation)
}

/// A case that is gone through.
struct Replay<'a> {
    definition: &'a Definition,
    case: &'a Case,
    events: &'a [CaseEvent],
    personal: &'a [Personal],
    /// What it said of people is gone: what was given along with transitions is taken to have been there.
    is_erased: bool,
    calendar: &'a ClosingCalendar,
    now: DateTime<Utc>,
}

impl Replay<'_> {
    fn add_to(&self, simulation: &mut Simulation) {
        let mut differences = self.of_states();
        for (index, event) in self.events.iter().enumerate() {
            if let Happening::Moved(movement) = &event.happening {
                differences.extend(self.of_step(index, movement));
            }
        }
        differences.sort_by_key(|difference| difference.event);
        let day = self.case.closed_on.unwrap_or_else(|| legal_day(self.now));
        let misses = |due: Option<NaiveDate>| due.is_some_and(|due| due < day);
        let missed = misses(self.case.due_on);
        let would_miss = misses(self.due_after(self.events.len()));
        simulation.missed += u64::from(missed);
        simulation.would_miss += u64::from(would_miss);
        if missed != would_miss {
            let difficulty = match would_miss {
                true => Difficulty::TermMissed,
                false => Difficulty::TermKept,
            };
            differences.push(Difference {
                difficulty,
                event: None,
                code: None,
                missing: Vec::new(),
            });
        }
        simulation.cases.push(SimulatedCase {
            case: self.case.id,
            differences,
            rules: self.of_rules(&mut simulation.rules),
        });
    }

    /// The states in which the case stood and that there are not, each once.
    fn of_states(&self) -> Vec<Difference> {
        let mut gone = HashSet::new();
        let states = self.events.iter().filter_map(|event| {
            let state = event.happening.state()?;
            Some((event.number, state))
        });
        let states = states.filter(|(_, state)| self.definition.state(state).is_none());
        let states = states.filter(|(_, state)| gone.insert(*state));
        states
            .map(|(number, state)| Difference {
                difficulty: Difficulty::StateGone,
                event: Some(number),
                code: Some(state.to_owned()),
                missing: Vec::new(),
            })
            .collect()
    }

    /// What would have been different when a transition was taken.
    fn of_step(&self, index: usize, movement: &Movement) -> Option<Difference> {
        let event = &self.events[index];
        // What other software reports needs no transition.
        if movement.is_reported || self.definition.state(&movement.from).is_none() {
            return None;
        }
        let before = facts(&self.events[..index]);
        let personal = &self.personal[index];
        let given = Given {
            comment: self.is_erased || personal.text.is_some(),
            reasons: self.is_erased || personal.reasons.is_some(),
            protocol: movement.protocol.is_some(),
        };
        let code = &movement.transition;
        let (difficulty, missing) = match self.take(code, &before, &event.actor, given) {
            Ok(target) if target == movement.to => return None,
            Ok(_) => (Difficulty::LeadsElsewhere, Vec::new()),
            Err(Kept::Unknown) => (Difficulty::TransitionGone, Vec::new()),
            Err(Kept::Elsewhere) => (Difficulty::NotPossible, Vec::new()),
            Err(Kept::NotYours) => (Difficulty::NotForTaker, Vec::new()),
            Err(Kept::Missing(missing)) => (Difficulty::RequirementMissing, missing),
        };
        Some(Difference {
            difficulty,
            event: Some(event.number),
            code: Some(code.clone()),
            missing,
        })
    }

    /// Where a transition would have led that this actor took.
    fn take(&self, code: &str, facts: &Facts, actor: &str, given: Given) -> Result<String, Kept> {
        let roles = self.definition.transition(code).map(|known| &known.roles);
        let roles = roles.into_iter().flatten().cloned().collect();
        let who = match actor.split(':').next() {
            Some("account") => Who::Officer(Officer {
                roles: &roles,
                works_for: &|_| true,
            }),
            Some("citizen") => Who::Citizen,
            Some("timer") => Who::Timer,
            _ => Who::System,
        };
        let taken = take(self.definition, code, facts, &who, given);
        taken.map(|(_, target)| target.code.clone())
    }

    /// The last day of the term as the definition counts it, after so many events.
    fn due_after(&self, count: usize) -> Option<NaiveDate> {
        let touches = self.events[..count].iter().flat_map(|event| {
            let Happening::Moved(movement) = &event.happening else {
                return Vec::new();
            };
            let transition = self.definition.transition(&movement.transition);
            let movement = Movement {
                deadline: transition.map_or(movement.deadline, |known| known.deadline),
                ..movement.clone()
            };
            movement.touches(event.at).collect()
        });
        let touches: Vec<_> = touches.collect();
        let term = self.definition.deadline.as_ref()?;
        due_on(term, &touches, self.calendar)
    }

    /// The rules that would have done something; counts them all.
    fn of_rules(&self, uses: &mut BTreeMap<String, RuleUse>) -> BTreeSet<String> {
        let mut fired = BTreeSet::new();
        for (at, index, rule) in self.set_off() {
            let known = uses.entry(rule.code.clone()).or_default();
            if !rule.judge(&self.known(index, at).facts()).is_wanted() {
                known.not_wanted += 1;
                continue;
            }
            known.wanted += 1;
            known.refused += u64::from(!self.can_take(rule, index));
            fired.insert(rule.code.clone());
        }
        fired
    }

    /// The rules that would have been set off, each with the moment and the last event before it.
    fn set_off(&self) -> Vec<(DateTime<Utc>, usize, &Rule)> {
        let mut all = Vec::new();
        let mut seen: HashSet<(&str, Occasion)> = HashSet::new();
        for (index, event) in self.events.iter().enumerate() {
            all.extend(set_off(self.definition, event).map(|rule| (event.at, index, rule)));
            let Some(state) = event.happening.state() else {
                continue;
            };
            let is_final = self
                .definition
                .state(state)
                .is_none_or(|known| known.status.is_final());
            if is_final {
                continue;
            }
            let later = self.events[index + 1..].iter();
            let mut moves = later.filter(|later| later.happening.state().is_some());
            let until = moves.next().map_or(self.now, |next| next.at);
            let due_on = self.due_after(index + 1);
            let since = Since::event(event);
            for (at, rule, occasion) in with_time(self.definition, state, since, due_on) {
                if at < until && seen.insert((rule.code.as_str(), occasion)) {
                    let last = self.events.partition_point(|event| event.at <= at);
                    all.push((at.max(event.at), last.max(index + 1) - 1, rule));
                }
            }
        }
        all
    }

    /// What rules could have asked for after an event, at a moment.
    fn known(&self, index: usize, at: DateTime<Utc>) -> KnownThen<'_> {
        let events = self.events[..=index].iter();
        let row = events.fold(blank(self.case.id), apply);
        let said = self.personal[..=index].iter().rev();
        KnownThen {
            state: row.state,
            office: ItemId(row.office_id),
            is_assigned: row.officer_id.is_some(),
            channel: self.case.channel,
            data: said.filter_map(|personal| personal.data.as_ref()).next(),
            days_left: self
                .due_after(index + 1)
                .map(|due| (due - legal_day(at)).num_days()),
        }
    }

    /// Whether the first transition could have been taken that a rule takes.
    fn can_take(&self, rule: &Rule, index: usize) -> bool {
        let first = rule.actions.iter().find_map(|action| match action {
            RuleAction::Take {
                transition,
                comment,
            } => Some((transition, comment)),
            _ => None,
        });
        let Some((code, comment)) = first else {
            return true;
        };
        let given = Given {
            comment: comment.italian().is_some(),
            ..Given::default()
        };
        let facts = facts(&self.events[..=index]);
        self.take(code, &facts, ACTOR, given).is_ok()
    }
}

/// What was known of a case at a moment.
struct KnownThen<'a> {
    state: String,
    office: ItemId,
    is_assigned: bool,
    channel: Channel,
    data: Option<&'a Value>,
    days_left: Option<i64>,
}

impl KnownThen<'_> {
    fn facts(&self) -> RuleFacts<'_> {
        RuleFacts {
            state: &self.state,
            office: self.office,
            is_assigned: self.is_assigned,
            channel: self.channel,
            data: self.data,
            days_left: self.days_left,
        }
    }
}
