//! What keeps a definition from being saved: names that mean nothing, or mean two things. A definition that merely
//! is not complete is saved, and kept from being published by its [flaws](super::flaws()).

use std::collections::HashSet;

use validator::{Validate, ValidationError, ValidationErrors};

use super::{
    Condition, Definition, Requirement, Rule, RuleAction, Taker, Timer, Transition, Trigger, form,
};

/// The most states, transitions, rules or attachments of a definition, and the most parts of a rule.
const MOST: usize = 100;
/// The longest code.
const LONGEST: usize = 60;

/// Gathers what is wrong, each with its place.
struct Wrong(ValidationErrors);

impl Wrong {
    fn at(&mut self, path: impl Into<String>, code: &'static str, message: impl Into<String>) {
        let (path, message): (String, String) = (path.into(), message.into());
        let mut error = ValidationError::new(code).with_message(message.into());
        error.add_param("path".into(), &path);
        self.0.add("__all__", error);
    }
}

impl Validate for Definition {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut wrong = Wrong(ValidationErrors::new());
        let states = self.states.iter().map(|state| state.code.as_str());
        codes(states, "states", &mut wrong);
        let transitions = self.transitions.iter();
        let codes_of_transitions = transitions.map(|transition| transition.code.as_str());
        codes(codes_of_transitions, "transitions", &mut wrong);
        let attachments = self.attachments.iter();
        let attachments = attachments.map(|attachment| attachment.code.as_str());
        codes(attachments, "attachments", &mut wrong);
        for (index, transition) in self.transitions.iter().enumerate() {
            self.check(transition, &format!("transitions[{index}]"), &mut wrong);
        }
        let rules = self.rules.iter().map(|rule| rule.code.as_str());
        codes(rules, "rules", &mut wrong);
        for (index, rule) in self.rules.iter().enumerate() {
            self.check_rule(rule, &format!("rules[{index}]"), &mut wrong);
        }
        if self
            .deadline
            .as_ref()
            .is_some_and(|rule| rule.days == Some(0))
        {
            wrong.at(
                "deadline.days",
                "OUT_OF_RANGE",
                "a term has at least one day",
            );
        }
        if self.retention.as_ref().is_some_and(|kept| kept.years == 0) {
            let message = "cases are kept for at least one year";
            wrong.at("retention.years", "OUT_OF_RANGE", message);
        }
        if !(1..=3).contains(&self.level_of_assurance()) {
            let message = "a level of assurance is 1, 2 or 3";
            wrong.at("level_of_assurance", "OUT_OF_RANGE", message);
        }
        if let Some(Err(why)) = self.data_schema.as_deref().map(form::read) {
            wrong.at("data_schema", "INVALID_SCHEMA", why);
        }
        match wrong.0.is_empty() {
            true => Ok(()),
            false => Err(wrong.0),
        }
    }
}

impl Definition {
    fn check(&self, transition: &Transition, path: &str, wrong: &mut Wrong) {
        let ends = transition.from.iter().enumerate();
        let ends = ends.map(|(index, code)| (format!("{path}.from[{index}]"), code));
        for (place, code) in ends.chain([(format!("{path}.to"), &transition.to)]) {
            self.knows_state(code, place, wrong);
        }
        let by_timer = transition.takers.contains(&Taker::Timer);
        if by_timer != transition.timer.is_some() {
            let message =
                "a transition of the timer says when, and one that says when is of the timer";
            wrong.at(format!("{path}.timer"), "INVALID_TIMER", message);
        }
        if transition.timer == Some(Timer::Deadline) && self.deadline.is_none() {
            let message = "the procedure has no deadline";
            wrong.at(format!("{path}.timer"), "INVALID_TIMER", message);
        }
        for (index, requirement) in transition.requires.iter().enumerate() {
            let place = format!("{path}.requires[{index}]");
            match requirement {
                Requirement::Document { code } if !self.attaches(code) => {
                    let message = format!("there is no attachment «{code}»");
                    wrong.at(format!("{place}.code"), "UNKNOWN_ATTACHMENT", message);
                }
                Requirement::Payment { code }
                | Requirement::RegistryCheck { code }
                | Requirement::Booking { code }
                    if !is_code(code) =>
                {
                    wrong.at(format!("{place}.code"), "INVALID_NAME", CODE);
                }
                Requirement::Signatures { count: 0 } => {
                    let message = "ask for at least one signature";
                    wrong.at(format!("{place}.count"), "OUT_OF_RANGE", message);
                }
                _ => {}
            }
        }
    }

    fn check_rule(&self, rule: &Rule, path: &str, wrong: &mut Wrong) {
        for (index, trigger) in rule.triggers.iter().enumerate() {
            self.check_trigger(trigger, &format!("{path}.triggers[{index}]"), wrong);
        }
        for (name, conditions) in [
            ("conditions", &rule.conditions),
            ("exceptions", &rule.exceptions),
        ] {
            for (index, condition) in conditions.iter().enumerate() {
                self.check_condition(condition, &format!("{path}.{name}[{index}]"), wrong);
            }
        }
        for (index, action) in rule.actions.iter().enumerate() {
            let place = format!("{path}.actions[{index}]");
            match action {
                RuleAction::Take { transition, .. } => {
                    self.knows_transition(transition, format!("{place}.take.transition"), wrong);
                }
                RuleAction::Remind { days: 0, .. } => {
                    wrong.at(format!("{place}.remind.days"), "OUT_OF_RANGE", DAYS);
                }
                _ => {}
            }
        }
        let lists = [
            rule.triggers.len(),
            rule.conditions.len(),
            rule.exceptions.len(),
            rule.actions.len(),
        ];
        if lists.into_iter().any(|length| length > MOST) {
            let message = format!("there are more than {MOST}");
            wrong.at(path, "TOO_LONG", message);
        }
    }

    fn check_trigger(&self, trigger: &Trigger, path: &str, wrong: &mut Wrong) {
        match trigger {
            Trigger::Transition { code } => {
                self.knows_transition(code, format!("{path}.transition.code"), wrong);
            }
            Trigger::State { code } => self.knows_state(code, format!("{path}.state.code"), wrong),
            Trigger::TimeInState { state, days } => {
                self.knows_state(state, format!("{path}.time_in_state.state"), wrong);
                if *days == 0 {
                    wrong.at(format!("{path}.time_in_state.days"), "OUT_OF_RANGE", DAYS);
                }
            }
            Trigger::DaysLeft { .. } | Trigger::TermOver if self.deadline.is_none() => {
                wrong.at(path, "INVALID_TIMER", "the procedure has no deadline");
            }
            _ => {}
        }
    }

    fn check_condition(&self, condition: &Condition, path: &str, wrong: &mut Wrong) {
        match condition {
            Condition::State { codes } => {
                for (index, code) in codes.iter().enumerate() {
                    self.knows_state(code, format!("{path}.state.codes[{index}]"), wrong);
                }
            }
            // The whole document is no value that could be compared.
            Condition::Data { pointer, .. } if !pointer.starts_with('/') => {
                let message = "a JSON Pointer begins with /";
                wrong.at(format!("{path}.data.pointer"), "INVALID_VALUE", message);
            }
            Condition::DaysLeft { .. } if self.deadline.is_none() => {
                wrong.at(path, "INVALID_TIMER", "the procedure has no deadline");
            }
            _ => {}
        }
    }

    fn knows_state(&self, code: &str, path: String, wrong: &mut Wrong) {
        if self.state(code).is_none() {
            let message = format!("there is no state «{code}»");
            wrong.at(path, "UNKNOWN_STATE", message);
        }
    }

    fn knows_transition(&self, code: &str, path: String, wrong: &mut Wrong) {
        if self.transition(code).is_none() {
            let message = format!("there is no transition «{code}»");
            wrong.at(path, "UNKNOWN_TRANSITION", message);
        }
    }

    fn attaches(&self, code: &str) -> bool {
        let mut attachments = self.attachments.iter();
        attachments.any(|attachment| attachment.code == code)
    }
}

const DAYS: &str = "it is at least one day";
const CODE: &str = "a code has small letters, digits and hyphens, and at most 60 of them";

fn is_code(code: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !code.is_empty() && code.len() <= LONGEST && code.bytes().all(fits)
}

/// The codes of a list are codes, each of them once.
fn codes<'a>(codes: impl Iterator<Item = &'a str>, list: &str, wrong: &mut Wrong) {
    let mut seen = HashSet::new();
    for (index, code) in codes.enumerate() {
        let path = format!("{list}[{index}].code");
        if !is_code(code) {
            wrong.at(path, "INVALID_NAME", CODE);
        } else if !seen.insert(code) {
            let message = format!("«{code}» is there already");
            wrong.at(path, "DUPLICATE_NAME", message);
        }
        if index == MOST {
            let message = format!("there are more than {MOST}");
            wrong.at(list, "TOO_LONG", message);
        }
    }
}
