//! What keeps a definition from being published: cases that would never begin, never end or never get somewhere.

use std::collections::{HashMap, HashSet};

use super::{DeadlineEffect, Definition, Effect, Requirement, State, Taker, Timer, Transition};
use crate::locale::{Locale, LocalizedText};

/// Something that is missing or leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// What it is.
    pub kind: FlawKind,
    /// Where it is, in the definition: `states[2]`.
    pub path: String,
}

/// What is wrong with a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlawKind {
    /// There are no states.
    NoStates,
    /// No state ends a case.
    NoFinalState,
    /// No case ever comes to a state.
    Unreachable,
    /// From a state that does not end a case no transition leads to one that does.
    DeadEnd,
    /// Nobody may take a transition.
    NoTaker,
    /// A transition leads away from no state.
    NoOrigin,
    /// A state, a transition or an attachment has no name in Italian.
    NoLabel,
    /// The first state ends a case.
    InitialIsFinal,
    /// A transition happens when the term is over, but none has it begin.
    NoStart,
    /// A transition gives or refuses what was asked for, and does not end the case.
    OutcomeNotFinal,
    /// An officer refuses without reasons.
    NoReasons,
    /// A case is reopened whose term is over already.
    NoTermToReopen,
    /// Time observes something on the announcement of a refusal.
    AnswerByTimer,
}

impl FlawKind {
    /// The code by which programs know it.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoStates => "STATES_MISSING",
            Self::NoFinalState => "FINAL_STATE_MISSING",
            Self::Unreachable => "STATE_UNREACHABLE",
            Self::DeadEnd => "STATE_DEAD_END",
            Self::NoTaker => "TRANSITION_TAKER_MISSING",
            Self::NoOrigin => "TRANSITION_ORIGIN_MISSING",
            Self::NoLabel => "DEFINITION_LABEL_MISSING",
            Self::InitialIsFinal => "INITIAL_STATE_FINAL",
            Self::NoStart => "TIMER_WITHOUT_START",
            Self::OutcomeNotFinal => "OUTCOME_NOT_FINAL",
            Self::NoReasons => "REASONS_NOT_REQUIRED",
            Self::NoTermToReopen => "REOPENING_WITHOUT_TERM",
            Self::AnswerByTimer => "ANSWER_BY_TIMER",
        }
    }

    /// What is wrong, in Italian and in English.
    pub fn messages(self) -> (&'static str, &'static str) {
        match self {
            Self::NoStates => (
                "La definizione non ha stati.",
                "The definition has no states.",
            ),
            Self::NoFinalState => (
                "Nessuno stato conclude la pratica.",
                "No state concludes a case.",
            ),
            Self::Unreachable => (
                "Nessuna pratica può arrivare a questo stato.",
                "No case can come to this state.",
            ),
            Self::DeadEnd => (
                "Da questo stato la pratica non può arrivare a una conclusione.",
                "From this state a case cannot come to a conclusion.",
            ),
            Self::NoTaker => (
                "Manca chi può compiere questo passaggio.",
                "Nobody may take this transition.",
            ),
            Self::NoOrigin => (
                "Il passaggio non parte da nessuno stato.",
                "The transition leads away from no state.",
            ),
            Self::NoLabel => (
                "Manca l'etichetta in italiano.",
                "The label in Italian is missing.",
            ),
            Self::InitialIsFinal => (
                "La pratica non può iniziare in uno stato che la conclude.",
                "A case does not begin in a state that ends it.",
            ),
            Self::NoStart => (
                "Il passaggio avviene allo scadere del termine, ma nessun passaggio lo fa decorrere.",
                "The transition happens when the term is over, but none has the term begin.",
            ),
            Self::OutcomeNotFinal => (
                "L'accoglimento o il rigetto deve portare a uno stato che conclude la pratica.",
                "What gives or refuses what was asked for leads to a state that ends the case.",
            ),
            Self::NoReasons => (
                "Il rigetto richiede la motivazione (art. 3 L. 241/1990).",
                "A refusal requires reasons (art. 3 L. 241/1990).",
            ),
            Self::NoTermToReopen => (
                "La riapertura deve far decorrere di nuovo il termine, altrimenti è subito scaduto.",
                "A reopening has the term begin anew, or else it is over at once.",
            ),
            Self::AnswerByTimer => (
                "Le osservazioni non arrivano da sole: scaduti i giorni, il termine riprende senza alcun effetto.",
                "Observations do not arrive by themselves: the term runs again without an effect when their days are over.",
            ),
        }
    }
}

/// Everything that is wrong with a definition whose names are right.
pub fn flaws(definition: &Definition) -> Vec<Flaw> {
    let Some(initial) = definition.initial() else {
        return vec![flaw(FlawKind::NoStates, "states".to_owned())];
    };
    let mut found = labels(definition);
    for (index, transition) in definition.transitions.iter().enumerate() {
        let path = format!("transitions[{index}]");
        if transition.takers.is_empty() {
            found.push(flaw(FlawKind::NoTaker, format!("{path}.takers")));
        }
        if transition.from.is_empty() {
            found.push(flaw(FlawKind::NoOrigin, format!("{path}.from")));
        }
        found.extend(meaning(definition, transition, &path));
    }
    if initial.status.is_final() {
        found.push(flaw(FlawKind::InitialIsFinal, "states[0]".to_owned()));
    }
    let finals = definition
        .states
        .iter()
        .filter(|state| state.status.is_final());
    let finals: Vec<_> = finals.map(|state| state.code.as_str()).collect();
    if finals.is_empty() {
        found.push(flaw(FlawKind::NoFinalState, "states".to_owned()));
    }
    let reached = reach(&[initial.code.as_str()], &steps(definition, false));
    let concluded = reach(&finals, &steps(definition, true));
    for (index, State { code, .. }) in definition.states.iter().enumerate() {
        let path = format!("states[{index}]");
        if !reached.contains(code.as_str()) {
            found.push(flaw(FlawKind::Unreachable, path));
        } else if !finals.is_empty() && !concluded.contains(code.as_str()) {
            found.push(flaw(FlawKind::DeadEnd, path));
        }
    }
    found
}

/// What does not fit in what a transition means.
fn meaning(definition: &Definition, transition: &Transition, path: &str) -> Vec<Flaw> {
    let target = definition.state(&transition.to);
    let ends = target.is_some_and(|state| state.status.is_final());
    let starts = |step: &Transition| step.deadline == Some(DeadlineEffect::Start);
    let refuses_by_hand = transition.effect == Some(Effect::Refuse)
        && transition.takers.iter().any(|taker| *taker != Taker::Timer);
    let wrong = [
        (
            matches!(transition.effect, Some(Effect::Grant | Effect::Refuse)) && !ends,
            FlawKind::OutcomeNotFinal,
            "to",
        ),
        (
            refuses_by_hand && !transition.requires.contains(&Requirement::Reasons),
            FlawKind::NoReasons,
            "requires",
        ),
        (
            transition.timer == Some(Timer::Deadline) && !definition.transitions.iter().any(starts),
            FlawKind::NoStart,
            "timer",
        ),
        (
            transition.effect == Some(Effect::Reopen)
                && definition.deadline.is_some()
                && !starts(transition),
            FlawKind::NoTermToReopen,
            "deadline",
        ),
        (
            transition.timer.is_some() && transition.deadline == Some(DeadlineEffect::Answer),
            FlawKind::AnswerByTimer,
            "deadline",
        ),
    ];
    let wrong = wrong.into_iter().filter(|(is_wrong, ..)| *is_wrong);
    wrong
        .map(|(_, kind, field)| flaw(kind, format!("{path}.{field}")))
        .collect()
}

fn flaw(kind: FlawKind, path: String) -> Flaw {
    Flaw { kind, path }
}

fn labels(definition: &Definition) -> Vec<Flaw> {
    let states = definition.states.iter().map(|state| &state.label);
    let transitions = definition.transitions.iter().map(|step| &step.label);
    let attachments = definition.attachments.iter().map(|kind| &kind.label);
    let of_list = |list: &'static str, labels: Vec<&LocalizedText>| {
        let missing = labels.into_iter().enumerate().filter(|(_, label)| {
            let italian = label.get(&Locale::italian());
            italian.is_none_or(|label| label.trim().is_empty())
        });
        let paths = missing.map(move |(index, _)| format!("{list}[{index}].label"));
        paths
            .map(|path| flaw(FlawKind::NoLabel, path))
            .collect::<Vec<_>>()
    };
    [
        of_list("states", states.collect()),
        of_list("transitions", transitions.collect()),
        of_list("attachments", attachments.collect()),
    ]
    .concat()
}

/// Where each state leads in one transition; backwards: from where one comes to it.
fn steps(definition: &Definition, backwards: bool) -> HashMap<&str, Vec<&str>> {
    let mut steps: HashMap<&str, Vec<&str>> = HashMap::new();
    for transition in &definition.transitions {
        for from in &transition.from {
            let (from, to) = match backwards {
                true => (&transition.to, from),
                false => (from, &transition.to),
            };
            steps.entry(from).or_default().push(to);
        }
    }
    steps
}

/// What is reached from these, themselves included.
fn reach<'a>(begin: &[&'a str], steps: &HashMap<&'a str, Vec<&'a str>>) -> HashSet<&'a str> {
    let mut reached: HashSet<_> = begin.iter().copied().collect();
    let mut open = begin.to_vec();
    while let Some(state) = open.pop() {
        let next = steps.get(state).into_iter().flatten().copied();
        open.extend(next.filter(|next| reached.insert(next)));
    }
    reached
}
