//! The cases of the demo municipality: invented people who ask for what its procedures give, in every state. They are
//! made by the operations by which all cases are, as if officers and citizens had worked on them for some months; the
//! same numbers give the same cases.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use municipio_domain::{
    audit::{Actor, Deed, record},
    cases::{
        Case, CaseError, Cases, Evidence, EvidenceKind, NewCase, People, Person, Protocol, Sight,
        Step, Terms, add_evidence, decide, facts, hold, open_case, transition,
    },
    citizens::{CitizenKeys, DEMO_CITIZENS},
    content::{ContentType, Contents, types::Procedure},
    ids::{ItemId, RevisionId},
    procedures::{Available, Definition, Effect, Officer, Requirement, Taker, Who, available},
    store::{TenantStore, Transaction},
    time::ClosingCalendar,
};
use serde_json::{Value, json};

use crate::load::item_id;

/// How many cases each procedure has.
const EACH: usize = 40;
/// The longest that a case of the demo has been under way.
const LONGEST: i64 = 150;
/// Two officers, as events name them: both sign where two must.
const OFFICERS: [&str; 2] = ["account:demo-1", "account:demo-2"];

/// People who do not exist, beside the citizens of the demo: of a place that does not exist.
const PEOPLE: [(&str, &str); 12] = [
    ("Marta Zanella", "ZNLMRT78C54X999P"),
    ("Davide Pedrini", "PDRDVD84L02X999G"),
    ("Chiara Bertolini", "BRTCHR91S65X999M"),
    ("Andrea Leonardi", "LNRNDR69A09X999A"),
    ("Sara Tomasi", "TMSSRA96E70X999A"),
    ("Paolo Righi", "RGHPLA57M21X999I"),
    ("Elisa Ferrari", "FRRLSE88T44X999L"),
    ("Stefano Moser", "MSRSFN73H17X999J"),
    ("Ilaria Conti", "CNTLRI82B51X999D"),
    ("Marco Galli", "GLLMRC90P28X999P"),
    ("Francesca Riva", "RVIFNC65D46X999N"),
    ("Nicola Sartori", "SRTNCL87R19X999U"),
];

/// What people ask for: the file of a procedure, and subjects with the data of an application.
fn subjects() -> [(&'static str, Vec<(&'static str, Value)>); 6] {
    [
        (
            "cambio-di-residenza",
            vec![
                (
                    "Trasferimento da Trento in Via del Porto 12",
                    json!({ "kind": "other-municipality", "previousAddress": "Via Belenzani 3, Trento", "newAddress": "Via del Porto 12", "movedOn": "2026-09-01", "dwellingTitle": "rented" }),
                ),
                (
                    "Cambio di abitazione in Piazza San Vigilio 4",
                    json!({ "kind": "same-municipality", "newAddress": "Piazza San Vigilio 4", "movedOn": "2026-10-12", "dwellingTitle": "owned" }),
                ),
            ],
        ),
        (
            "rilascio-carta-identita",
            vec![
                (
                    "Rinnovo della carta d'identità",
                    json!({ "reason": "expired", "validAbroad": true }),
                ),
                (
                    "Duplicato per smarrimento",
                    json!({ "reason": "lost", "validAbroad": true, "organDonation": "undecided" }),
                ),
            ],
        ),
        (
            "riduzione-tari",
            vec![(
                "Riduzione per uso stagionale",
                json!({ "reduction": "seasonal-use", "dwelling": "Via Lungolago 41", "since": "2026-01-01" }),
            )],
        ),
        (
            "iscrizione-mensa-scolastica",
            vec![(
                "Iscrizione alla mensa, scuola primaria Don Milani",
                json!({ "pupil": { "givenName": "Pietro", "familyName": "Prova", "birthDate": "2018-05-02" }, "school": "Don Milani", "class": "3A", "days": ["mon", "wed", "fri"], "diet": "none" }),
            )],
        ),
        (
            "concessione-suolo-pubblico",
            vec![
                (
                    "Ponteggio in Via Roma 8",
                    json!({ "purpose": "building-site", "place": "Via Roma 8", "squareMetres": 24, "from": "2027-01-11", "until": "2027-02-28" }),
                ),
                (
                    "Tavolini in Piazza del Porto",
                    json!({ "purpose": "terrace", "place": "Piazza del Porto", "squareMetres": 30, "from": "2027-04-01", "until": "2027-10-31" }),
                ),
            ],
        ),
        (
            "accesso-agli-atti",
            vec![(
                "Copia della concessione edilizia di Via dei Mulini 3",
                json!({ "acts": "Concessione edilizia 44/1987", "interest": "Acquisto dell'immobile", "mode": "copy" }),
            )],
        ),
    ]
}

/// Makes the cases of the demo, in one transaction; says how many there are. Its procedures must be published.
///
/// # Errors
/// The database failed, or a definition does not let a case through.
pub async fn load_cases(
    store: &TenantStore,
    keys: &CitizenKeys,
    now: DateTime<Utc>,
) -> Result<usize, CaseError> {
    let contents = Contents::new(store.clone(), Contents::cache(16));
    let cases = Cases::from(&contents);
    let mut rng = Rng::with_seed(241);
    let transaction = store.begin().await?;
    let (mut made, mut protocol) = (0, 0);
    for (key, subjects) in subjects() {
        let id = item_id(store.tenant_id(), ContentType::Procedure, key);
        let Some(revision) = cases.published(id).await? else {
            continue;
        };
        let procedure = cases.procedures(&[revision]).await?.remove(&revision);
        let Some(procedure) = procedure else { continue };
        for number in 0..EACH {
            let (subject, data) = &subjects[number % subjects.len()];
            let begun =
                now - TimeDelta::days(rng.i64(2..LONGEST)) + TimeDelta::minutes(rng.i64(0..600));
            let people = People {
                applicant: Some(person(&mut rng)?),
                delegate: None,
                subject: (*subject).to_owned(),
            };
            let walk = Walk {
                transaction: &transaction,
                keys,
                procedure: (id, revision, &procedure),
                until: now,
            };
            let case = walk.open(people, data.clone(), begun).await?;
            // Some have just begun, most have come to their end.
            let steps = rng.usize(0..14);
            walk.on(case, steps, begun, &mut protocol, &mut rng).await?;
            made += 1;
        }
    }
    let deed = Deed::new("case.load").with(json!({ "cases": made }));
    record(&transaction, &Actor::system(), &deed, now).await?;
    transaction.commit().await?;
    Ok(made)
}

fn person(rng: &mut Rng) -> Result<Person, CaseError> {
    let citizens = DEMO_CITIZENS.iter().map(|citizen| {
        let name = format!("{} {}", citizen.given_name, citizen.family_name);
        (name, citizen.fiscal_code)
    });
    let others = PEOPLE
        .iter()
        .map(|(name, code)| ((*name).to_owned(), *code));
    let mut all: Vec<_> = citizens.chain(others).collect();
    let (name, code) = all.swap_remove(rng.usize(0..all.len()));
    let wrong = |error: municipio_domain::citizens::InvalidFiscalCode| {
        CaseError::Sealing(error.to_string())
    };
    Ok(Person {
        fiscal_code: code.parse().map_err(wrong)?,
        name: Some(name),
    })
}

/// A way through a definition.
struct Walk<'a> {
    transaction: &'a Transaction,
    keys: &'a CitizenKeys,
    procedure: (ItemId, RevisionId, &'a Procedure),
    until: DateTime<Utc>,
}

impl Walk<'_> {
    async fn open(
        &self,
        people: People,
        data: Value,
        now: DateTime<Utc>,
    ) -> Result<Case, CaseError> {
        let (procedure, revision, body) = self.procedure;
        let new = NewCase {
            procedure,
            revision: (revision, body),
            office: None,
            people,
            data: Some(data),
            is_by_citizen: false,
        };
        open_case(
            self.transaction,
            self.keys,
            new,
            OFFICERS[0].to_owned(),
            now,
        )
        .await
    }

    /// Takes a case so many steps on, some days between them, and not beyond this day.
    async fn on(
        &self,
        mut case: Case,
        steps: usize,
        begun: DateTime<Utc>,
        protocol: &mut u32,
        rng: &mut Rng,
    ) -> Result<(), CaseError> {
        let Some(definition) = &self.procedure.2.definition else {
            return Ok(());
        };
        let mut at = begun;
        for _ in 0..steps {
            at += TimeDelta::hours(rng.i64(3..100));
            if at > self.until {
                break;
            }
            let held = hold(self.transaction, &Sight::Everything, case.id, None).await?;
            let known = facts(&held.events);
            let open = with_somebody(|who| {
                let open = available(definition, &known, who).into_iter();
                open.filter_map(|one| choice(&one, rng)).collect::<Vec<_>>()
            });
            if open.is_empty() {
                break;
            }
            let (code, lacks) = open[rng.usize(0..open.len())].clone();
            for (kind, lack) in lacks {
                let actor = OFFICERS[usize::from(kind == EvidenceKind::Signature && lack == "1")];
                case = self.bring(&case, (kind, lack, &code), actor, at).await?;
            }
            case = self.take(&case, definition, &code, protocol, at).await?;
            // Who has an outcome rarely hears from the office again.
            if case.status.is_final() {
                break;
            }
        }
        Ok(())
    }

    async fn bring(
        &self,
        case: &Case,
        (kind, lack, transition): (EvidenceKind, String, &str),
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<Case, CaseError> {
        let held = hold(self.transaction, &Sight::Everything, case.id, None).await?;
        let code = match kind {
            EvidenceKind::Signature => transition.to_owned(),
            _ => lack,
        };
        let evidence = (Evidence { kind, code }, None, None);
        add_evidence(
            self.transaction,
            self.keys,
            held,
            evidence,
            actor.to_owned(),
            now,
        )
        .await
    }

    async fn take(
        &self,
        case: &Case,
        definition: &Definition,
        code: &str,
        protocol: &mut u32,
        now: DateTime<Utc>,
    ) -> Result<Case, CaseError> {
        let held = hold(self.transaction, &Sight::Everything, case.id, None).await?;
        let transition_taken = definition.transition(code);
        let requires = transition_taken.map(|known| known.requires.as_slice());
        let requires = |wanted: Requirement| requires.is_some_and(|all| all.contains(&wanted));
        let protocol = requires(Requirement::Protocol).then(|| {
            *protocol += 1;
            Protocol {
                number: format!("2026/{protocol:07}"),
                date: municipio_domain::time::legal_day(now),
            }
        });
        let effect = transition_taken.and_then(|known| known.effect);
        let step = Step {
            transition: code.to_owned(),
            comment: requires(Requirement::Comment).then(|| comment(effect).to_owned()),
            reasons: requires(Requirement::Reasons).then(|| REASONS.to_owned()),
            protocol,
        };
        let calendar = ClosingCalendar::default();
        let terms = Terms {
            calendar: &calendar,
            now,
        };
        let movement = with_somebody(|who| decide(definition, &held.events, who, &step, &terms))?;
        let actor = OFFICERS[0].to_owned();
        let taken = (definition, movement, step);
        transition(self.transaction, self.keys, held, taken, actor, now).await
    }
}

/// Decides something as an officer who may everything.
fn with_somebody<T>(decide: impl FnOnce(&Who<'_>) -> T) -> T {
    let roles = BTreeSet::from(["officer".to_owned(), "administrator".to_owned()]);
    decide(&Who::Officer(Officer {
        roles: &roles,
        works_for: &|_| true,
    }))
}

/// What is to be brought before a transition is taken; nothing when it is not taken in the demo.
fn choice(one: &Available<'_>, rng: &mut Rng) -> Option<(String, Vec<(EvidenceKind, String)>)> {
    let transition = one.transition;
    let is_rare = matches!(
        transition.effect,
        Some(Effect::Withdraw | Effect::AnnounceRefusal | Effect::Refuse | Effect::Reopen)
    );
    if !transition.takers.contains(&Taker::Officer) || (is_rare && rng.u8(0..6) > 0) {
        return None;
    }
    let mut lacks = Vec::new();
    for missing in &one.missing {
        let part = missing.part.clone();
        match &missing.requirement {
            Requirement::Attachments => lacks.push((EvidenceKind::Document, part?)),
            Requirement::Document { code } => lacks.push((EvidenceKind::Document, code.clone())),
            Requirement::Payment { code } => lacks.push((EvidenceKind::Payment, code.clone())),
            Requirement::RegistryCheck { code } => {
                lacks.push((EvidenceKind::RegistryCheck, code.clone()));
            }
            Requirement::Booking { code } => lacks.push((EvidenceKind::Booking, code.clone())),
            Requirement::Signatures { .. } => {
                lacks.extend(["0", "1"].map(|who| (EvidenceKind::Signature, who.to_owned())));
            }
            Requirement::Comment | Requirement::Reasons | Requirement::Protocol => {}
        }
    }
    Some((transition.code.clone(), lacks))
}

const REASONS: &str = "Dagli accertamenti mancano i requisiti previsti dal regolamento comunale.";

fn comment(effect: Option<Effect>) -> &'static str {
    match effect {
        Some(Effect::RequestIntegration) => {
            "Manca la copia leggibile di un allegato: inviala rispondendo a questa richiesta."
        }
        Some(Effect::AnswerIntegration) => "Invio la copia richiesta.",
        Some(Effect::AnswerAnnouncement) => "Presento le mie osservazioni e un nuovo documento.",
        _ => "Annotazione dell'ufficio.",
    }
}
