//! Whether what a rule does is wanted: a plain function of what is known of a case.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Channel, Comparison, Condition, Rule};
use crate::ids::ItemId;

/// What is known of a case that rules ask for.
#[derive(Clone, Debug)]
pub struct RuleFacts<'a> {
    /// The state it is in.
    pub state: &'a str,
    /// The office in charge.
    pub office: ItemId,
    /// Whether an officer is in charge.
    pub is_assigned: bool,
    /// How the application came in.
    pub channel: Channel,
    /// What the application says.
    pub data: Option<&'a Value>,
    /// How many days are left before the end of the term; less than none when it is over.
    pub days_left: Option<i64>,
}

/// Which conditions of a rule hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Of those that must, in their order.
    pub conditions: Vec<bool>,
    /// Of those that must not.
    pub exceptions: Vec<bool>,
}

impl Judgement {
    /// Whether what the rule does is wanted.
    pub fn is_wanted(&self) -> bool {
        self.conditions.iter().all(|holds| *holds) && !self.exceptions.contains(&true)
    }
}

impl Rule {
    /// Which of its conditions hold.
    pub fn judge(&self, facts: &RuleFacts<'_>) -> Judgement {
        let judge = |conditions: &[Condition]| {
            let conditions = conditions.iter();
            conditions.map(|condition| condition.holds(facts)).collect()
        };
        Judgement {
            conditions: judge(&self.conditions),
            exceptions: judge(&self.exceptions),
        }
    }
}

impl Condition {
    /// Whether it holds. What is not known does not.
    pub fn holds(&self, facts: &RuleFacts<'_>) -> bool {
        match self {
            Self::State { codes } => codes.iter().any(|code| code == facts.state),
            Self::Office { offices } => offices.iter().any(|office| office.id() == facts.office),
            Self::Assigned => facts.is_assigned,
            Self::Channel { channels } => channels.contains(&facts.channel),
            Self::Data {
                pointer,
                comparison,
                value,
            } => {
                let there = facts.data.and_then(|data| data.pointer(pointer));
                let there = there.filter(|value| !value.is_null());
                let wanted = value.as_deref().unwrap_or_default();
                there.is_some_and(|there| comparison.holds(there, wanted))
            }
            Self::DaysLeft { at_most } => {
                let left = facts.days_left;
                left.is_some_and(|left| left <= i64::from(*at_most))
            }
        }
    }
}

impl Comparison {
    fn holds(self, there: &Value, wanted: &str) -> bool {
        match self {
            Self::Equals => equals(there, wanted),
            Self::AtLeast => compared(there, wanted).is_some_and(|order| order.is_ge()),
            Self::AtMost => compared(there, wanted).is_some_and(|order| order.is_le()),
            Self::Contains => match there {
                Value::Array(values) => values.iter().any(|value| equals(value, wanted)),
                Value::String(text) => text.contains(wanted),
                _ => false,
            },
            Self::IsThere => true,
        }
    }
}

fn equals(there: &Value, wanted: &str) -> bool {
    match there {
        Value::String(text) => text == wanted,
        Value::Number(_) => compared(there, wanted).is_some_and(|order| order.is_eq()),
        Value::Bool(value) => wanted == if *value { "true" } else { "false" },
        _ => false,
    }
}

/// Numbers as numbers, and days as they are written: the later day is the greater text.
fn compared(there: &Value, wanted: &str) -> Option<std::cmp::Ordering> {
    match there {
        Value::Number(number) => number.as_f64()?.partial_cmp(&wanted.parse().ok()?),
        Value::String(text) => {
            let day = |text: &str| text.parse::<chrono::NaiveDate>().ok();
            Some(day(text)?.cmp(&day(wanted)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_application_says_is_compared() {
        let data = json!({ "people": 3, "share": 12.5, "isOwner": true, "since": "2026-03-01",
            "address": { "street": "Via Roma" }, "days": ["mon", "wed"], "nothing": null });
        for (pointer, comparison, wanted, holds) in [
            ("/people", Comparison::Equals, "3", true),
            ("/people", Comparison::Equals, "3.0", true),
            ("/people", Comparison::Equals, "three", false),
            ("/people", Comparison::AtLeast, "3", true),
            ("/people", Comparison::AtLeast, "4", false),
            ("/share", Comparison::AtMost, "12.5", true),
            ("/share", Comparison::AtMost, "12", false),
            ("/isOwner", Comparison::Equals, "true", true),
            ("/isOwner", Comparison::Equals, "1", false),
            ("/since", Comparison::AtLeast, "2026-03-01", true),
            ("/since", Comparison::AtMost, "2026-02-28", false),
            ("/address/street", Comparison::Equals, "Via Roma", true),
            ("/address/street", Comparison::Contains, "Roma", true),
            ("/address/street", Comparison::AtLeast, "A", false),
            ("/address", Comparison::Equals, "Via Roma", false),
            ("/days", Comparison::Contains, "wed", true),
            ("/days", Comparison::Contains, "sun", false),
            ("/days", Comparison::IsThere, "", true),
            ("/nothing", Comparison::IsThere, "", false),
            ("/elsewhere", Comparison::IsThere, "", false),
        ] {
            let condition = Condition::Data {
                pointer: pointer.to_owned(),
                comparison,
                value: Some(wanted.to_owned()),
            };
            let facts = RuleFacts {
                state: "x",
                office: ItemId::generate(),
                is_assigned: false,
                channel: Channel::Online,
                data: Some(&data),
                days_left: None,
            };
            assert_eq!(
                condition.holds(&facts),
                holds,
                "{pointer} {comparison:?} {wanted}"
            );
        }
    }

    #[test]
    fn a_rule_is_wanted_when_all_holds_that_must_and_nothing_that_must_not() {
        let rule: Rule = serde_json::from_value(json!({
            "code": "hurry",
            "conditions": [{ "type": "state", "codes": ["a", "b"] }, { "type": "days_left", "at_most": 3 }],
            "exceptions": [{ "type": "assigned" }, { "type": "channel", "channels": ["counter"] }],
        }))
        .unwrap();
        let facts = RuleFacts {
            state: "b",
            office: ItemId::generate(),
            is_assigned: false,
            channel: Channel::Online,
            data: None,
            days_left: Some(-2),
        };
        let judged = rule.judge(&facts);
        assert_eq!(
            judged,
            Judgement {
                conditions: vec![true, true],
                exceptions: vec![false, false],
            }
        );
        assert!(judged.is_wanted());
        for other in [
            RuleFacts {
                state: "c",
                ..facts.clone()
            },
            RuleFacts {
                days_left: None,
                ..facts.clone()
            },
            RuleFacts {
                is_assigned: true,
                ..facts.clone()
            },
            RuleFacts {
                channel: Channel::Counter,
                ..facts
            },
        ] {
            assert!(!rule.judge(&other).is_wanted(), "{other:?}");
        }
    }
}
