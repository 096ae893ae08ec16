use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use validator::Validate;

use super::*;
use crate::ids::ItemId;

/// A definition in which an office asks for more, grants or refuses.
fn definition() -> Definition {
    read(json!({
        "states": [
            { "code": "sent", "label": "Inviata" },
            { "code": "working", "label": "In lavorazione" },
            { "code": "held", "label": "Sospesa", "status": "waiting_for_applicant" },
            { "code": "granted", "label": "Accolta", "status": "concluded_positive" },
            { "code": "refused", "label": "Respinta", "status": "concluded_negative" },
        ],
        "transitions": [
            { "code": "register", "label": "Protocolla", "from": ["sent"], "to": "working",
              "takers": ["officer", "system"], "requires": [{ "type": "protocol" }, { "type": "attachments" }], "deadline": "start" },
            { "code": "ask", "label": "Chiedi", "from": ["working"], "to": "held",
              "takers": ["officer"], "requires": [{ "type": "comment" }] },
            { "code": "answer", "label": "Rispondi", "from": ["held"], "to": "working", "takers": ["citizen"] },
            { "code": "grant", "label": "Accogli", "from": ["working"], "to": "granted", "takers": ["officer"],
              "roles": ["manager"], "requires": [{ "type": "signatures", "count": 2 }, { "type": "registry_check", "code": "anpr" }] },
            { "code": "refuse", "label": "Respingi", "from": ["working"], "to": "refused",
              "takers": ["officer"], "requires": [{ "type": "reasons" }] },
            { "code": "assent", "label": "Silenzio assenso", "from": ["sent", "working"], "to": "granted",
              "takers": ["timer"], "timer": { "type": "deadline" } },
        ],
        "attachments": [{ "code": "form", "label": "Modulo", "is_mandatory": true }, { "code": "photo", "label": "Foto" }],
        "deadline": {},
    }))
}

fn read(value: Value) -> Definition {
    serde_json::from_value(value).unwrap()
}

/// The same with something else at a place.
fn changed(pointer: &str, value: Value) -> Definition {
    let mut body = serde_json::to_value(definition()).unwrap();
    *body.pointer_mut(pointer).unwrap() = value;
    read(body)
}

fn wrong(definition: &Definition) -> Vec<(String, String)> {
    let Err(errors) = definition.validate() else {
        return Vec::new();
    };
    let errors = errors.field_errors();
    let errors = errors["__all__"].iter();
    let path =
        |error: &&validator::ValidationError| error.params["path"].as_str().unwrap().to_owned();
    errors
        .map(|error| (error.code.to_string(), path(&error)))
        .collect()
}

#[test]
fn names_that_mean_nothing_are_refused_with_their_place() {
    assert_eq!(wrong(&definition()), []);
    for (pointer, value, code, path) in [
        (
            "/states/1/code",
            json!("In corso"),
            "INVALID_NAME",
            "states[1].code",
        ),
        (
            "/states/1/code",
            json!("sent"),
            "DUPLICATE_NAME",
            "states[1].code",
        ),
        (
            "/transitions/1/to",
            json!("nowhere"),
            "UNKNOWN_STATE",
            "transitions[1].to",
        ),
        (
            "/transitions/5/from/1",
            json!("nowhere"),
            "UNKNOWN_STATE",
            "transitions[5].from[1]",
        ),
        (
            "/transitions/5/timer",
            Value::Null,
            "INVALID_TIMER",
            "transitions[5].timer",
        ),
        (
            "/deadline",
            Value::Null,
            "INVALID_TIMER",
            "transitions[5].timer",
        ),
        (
            "/transitions/3/requires/0/count",
            json!(0),
            "OUT_OF_RANGE",
            "transitions[3].requires[0].count",
        ),
        (
            "/transitions/1/requires/0",
            json!({ "type": "document", "code": "plan" }),
            "UNKNOWN_ATTACHMENT",
            "transitions[1].requires[0].code",
        ),
        ("/data_schema", json!("{"), "INVALID_SCHEMA", "data_schema"),
        (
            "/data_schema",
            json!("{\"type\": \"thing\"}"),
            "INVALID_SCHEMA",
            "data_schema",
        ),
        (
            "/data_schema",
            json!("{\"$ref\": \"https://example.org/other.json\"}"),
            "INVALID_SCHEMA",
            "data_schema",
        ),
        (
            "/retention",
            json!({ "years": 0 }),
            "OUT_OF_RANGE",
            "retention.years",
        ),
        (
            "/level_of_assurance",
            json!(4),
            "OUT_OF_RANGE",
            "level_of_assurance",
        ),
    ] {
        let found = wrong(&changed(pointer, value.clone()));
        assert!(
            found.contains(&(code.to_owned(), path.to_owned())),
            "{pointer} {value}: {found:?}"
        );
    }
}

#[test]
fn what_leads_nowhere_is_a_flaw() {
    let found = |definition: &Definition| -> Vec<_> {
        let flaws = flaws(definition).into_iter();
        flaws.map(|flaw| (flaw.kind, flaw.path)).collect()
    };
    assert_eq!(found(&definition()), []);
    assert_eq!(
        found(&Definition::default()),
        [(FlawKind::NoStates, "states".to_owned())]
    );
    let flaw = |kind: FlawKind, path: &str| vec![(kind, path.to_owned())];
    let unreachable = changed("/transitions/1/to", json!("working"));
    assert_eq!(
        found(&unreachable),
        flaw(FlawKind::Unreachable, "states[2]")
    );
    let dead_end = changed("/transitions/2/to", json!("held"));
    assert_eq!(found(&dead_end), flaw(FlawKind::DeadEnd, "states[2]"));
    let nobody = changed("/transitions/2/takers", json!([]));
    assert_eq!(
        found(&nobody),
        flaw(FlawKind::NoTaker, "transitions[2].takers")
    );
    let nameless = changed("/attachments/1/label", json!({ "en": "Photo" }));
    assert_eq!(
        found(&nameless),
        flaw(FlawKind::NoLabel, "attachments[1].label")
    );
    let endless = json!(["in_progress", "in_progress"]);
    let mut endless_definition = definition();
    for (state, _) in endless_definition.states[3..]
        .iter_mut()
        .zip(endless.as_array().unwrap())
    {
        state.status = CaseStatus::InProgress;
    }
    assert_eq!(
        found(&endless_definition),
        flaw(FlawKind::NoFinalState, "states")
    );
}

#[test]
fn what_does_not_mean_what_it_says_is_a_flaw() {
    for (pointer, value, kind, path) in [
        (
            "/states/0/status",
            json!("concluded"),
            FlawKind::InitialIsFinal,
            "states[0]",
        ),
        (
            "/transitions/0/deadline",
            Value::Null,
            FlawKind::NoStart,
            "transitions[5].timer",
        ),
        (
            "/transitions/2/effect",
            json!("grant"),
            FlawKind::OutcomeNotFinal,
            "transitions[2].to",
        ),
        (
            "/transitions/3/effect",
            json!("refuse"),
            FlawKind::NoReasons,
            "transitions[3].requires",
        ),
        (
            "/transitions/2/effect",
            json!("reopen"),
            FlawKind::NoTermToReopen,
            "transitions[2].deadline",
        ),
        (
            "/transitions/5/deadline",
            json!("answer"),
            FlawKind::AnswerByTimer,
            "transitions[5].deadline",
        ),
    ] {
        let found = flaws(&changed(pointer, value));
        let path = path.to_owned();
        assert_eq!(found, [Flaw { kind, path }], "{pointer}");
    }
}

fn officer(roles: &BTreeSet<String>) -> Who<'_> {
    Who::Officer(Officer {
        roles,
        works_for: &|_| false,
    })
}

fn at(state: &str) -> Facts {
    Facts {
        state: state.to_owned(),
        ..Facts::default()
    }
}

#[test]
fn a_guard_says_what_is_missing() {
    let (definition, nobody) = (definition(), BTreeSet::new());
    let everything = Given {
        comment: true,
        reasons: true,
        protocol: true,
    };
    let kept = |code: &str, facts: &Facts, who: &Who<'_>, given: Given| {
        take(&definition, code, facts, who, given).map(|(_, to)| to.code.clone())
    };
    let who = officer(&nobody);
    let parts = |kept: Result<String, Kept>| match kept {
        Err(Kept::Missing(missing)) => missing
            .into_iter()
            .map(|lack| (lack.requirement, lack.part))
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        parts(kept("register", &at("sent"), &who, Given::default())),
        [
            (Requirement::Protocol, None),
            (Requirement::Attachments, Some("form".to_owned()))
        ]
    );
    let complete = Facts {
        documents: ["form".to_owned()].into(),
        ..at("sent")
    };
    assert_eq!(
        kept("register", &complete, &who, everything),
        Ok("working".to_owned())
    );
    assert_eq!(
        kept("register", &at("working"), &who, everything),
        Err(Kept::Elsewhere)
    );
    assert_eq!(
        kept("vanish", &at("sent"), &who, everything),
        Err(Kept::Unknown)
    );
    assert_eq!(
        kept("answer", &at("held"), &who, everything),
        Err(Kept::NotYours)
    );
    assert_eq!(
        kept("answer", &at("held"), &Who::Citizen, everything),
        Ok("working".to_owned())
    );
    assert_eq!(
        kept("grant", &at("working"), &who, everything),
        Err(Kept::NotYours),
        "without the role"
    );

    let managers = BTreeSet::from(["manager".to_owned()]);
    let manager = officer(&managers);
    let signed = |people: &[&str]| {
        let people = people.iter().map(|name| (*name).to_owned()).collect();
        Facts {
            signatures: [("grant".to_owned(), people)].into(),
            checks: ["anpr".to_owned()].into(),
            ..at("working")
        }
    };
    assert_eq!(
        parts(kept("grant", &signed(&["a"]), &manager, everything)),
        [(Requirement::Signatures { count: 2 }, Some("1".to_owned()))]
    );
    assert_eq!(
        kept("grant", &signed(&["a", "b"]), &manager, everything),
        Ok("granted".to_owned())
    );
}

#[test]
fn officers_of_other_offices_leave_a_transition_alone() {
    let [own, other] = std::array::from_fn(|_| ItemId::generate());
    let definition = changed("/transitions/1/offices", json!([own]));
    let roles = BTreeSet::new();
    let may = |office: ItemId| {
        let works_for = |id: ItemId| id == office;
        let who = Who::Officer(Officer {
            roles: &roles,
            works_for: &works_for,
        });
        may_take(definition.transition("ask").unwrap(), &who)
    };
    assert!(may(own));
    assert!(!may(other));
}

#[test]
fn what_can_be_taken_is_listed_with_what_is_missing() {
    let (definition, nobody) = (definition(), BTreeSet::new());
    let facts = at("working");
    let listed = |who: &Who<'_>| -> Vec<_> {
        let available = available(&definition, &facts, who).into_iter();
        available
            .map(|one| (one.transition.code.clone(), one.missing.len()))
            .collect()
    };
    // What is given along with a transition is not missing before.
    assert_eq!(
        listed(&officer(&nobody)),
        [("ask".to_owned(), 0), ("refuse".to_owned(), 0)]
    );
    let managers = BTreeSet::from(["manager".to_owned()]);
    assert_eq!(listed(&officer(&managers))[1], ("grant".to_owned(), 2));
    assert_eq!(listed(&Who::Timer), [("assent".to_owned(), 0)]);
    assert_eq!(listed(&Who::Citizen), []);
}

#[test]
fn applications_are_checked_without_telling_what_they_say() {
    let schema = json!({
        "type": "object",
        "required": ["address"],
        "properties": { "address": { "type": "string", "minLength": 3 }, "people": { "type": "array", "items": { "type": "object", "required": ["name"] } } },
        "additionalProperties": false,
    });
    let schema = schema.to_string();
    assert_eq!(
        check_form(&schema, &json!({ "address": "Via Roma 1" })),
        Ok(())
    );
    let wrong = check_form(
        &schema,
        &json!({ "people": [{}], "address": "segreto", "x": 1 }),
    )
    .unwrap_err();
    let pointers: Vec<_> = wrong.iter().map(|error| error.pointer.as_str()).collect();
    assert!(pointers.contains(&"/people/0"), "{wrong:?}");
    assert!(
        wrong.iter().all(|error| !error.message.contains("segreto")),
        "{wrong:?}"
    );
}

/// A definition of a few states with any transitions between them.
fn any_definition() -> impl Strategy<Value = Definition> {
    let transitions = proptest::collection::vec((0..6_usize, 0..6_usize), 0..14);
    (transitions, proptest::collection::vec(any::<bool>(), 6)).prop_map(|(transitions, finals)| {
        let state = |(index, is_final): (usize, &bool)| {
            json!({ "code": format!("s{index}"), "label": "x", "status": if *is_final { "concluded" } else { "in_progress" } })
        };
        let transition = |(index, (from, to)): (usize, &(usize, usize))| {
            json!({ "code": format!("t{index}"), "label": "x", "from": [format!("s{from}")], "to": format!("s{to}"), "takers": ["officer"] })
        };
        read(json!({
            "states": finals.iter().enumerate().map(state).collect::<Vec<_>>(),
            "transitions": transitions.iter().enumerate().map(transition).collect::<Vec<_>>(),
        }))
    })
}

/// Of a case that other software keeps that software says what happened.
#[test]
fn time_leaves_reported_cases_alone() {
    let definition = definition();
    let taken = |is_reported| {
        let facts = Facts {
            is_reported,
            ..at("working")
        };
        let taken = take(&definition, "assent", &facts, &Who::Timer, Given::default());
        taken.map(|_| ())
    };
    assert_eq!(taken(false), Ok(()));
    assert_eq!(taken(true), Err(Kept::NotYours));
}

proptest! {
    /// Whoever walks through a definition without flaws never stands where no way leads to an end.
    #[test]
    fn no_walk_through_a_sound_definition_gets_stuck(definition in any_definition(), turns in proptest::collection::vec(any::<usize>(), 0..20)) {
        prop_assert!(definition.validate().is_ok());
        let found = flaws(&definition);
        let unsound = found.iter().any(|flaw| matches!(flaw.kind, FlawKind::DeadEnd | FlawKind::NoFinalState));
        let roles = BTreeSet::new();
        let mut facts = at("s0");
        for turn in turns {
            let is_final = definition.state(&facts.state).unwrap().status.is_final();
            let open = available(&definition, &facts, &officer(&roles));
            prop_assert!(unsound || is_final || !open.is_empty(), "stuck at {} in {:?}", facts.state, definition);
            let path = format!("states[{}]", &facts.state[1..]);
            prop_assert!(!found.iter().any(|flaw| flaw.kind == FlawKind::Unreachable && flaw.path == path), "came to {path}");
            let Some(next) = open.get(turn % open.len().max(1)) else { break };
            let (_, to) = take(&definition, &next.transition.code, &facts, &officer(&roles), Given::default()).unwrap();
            facts.state = to.code.clone();
        }
    }
}
