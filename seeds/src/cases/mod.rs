//! The cases of the demo municipality: invented people who ask for what its procedures give, in every state. They are
//! made by the operations by which all cases are, as if officers and citizens had worked on them for some months; the
//! same numbers give the same cases.

mod people;

use std::collections::{BTreeSet, HashMap, VecDeque};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use fastrand::Rng;
use municipio_domain::{
    audit::{Actor, record},
    cases::{
        Case, CaseError, CaseOrigin, CaseRefusal, Cases, Evidence, EvidenceKind, NewCase, People,
        Protocol, Sight, Step, Terms, add_evidence, decide, facts, hold, open_case, transition,
    },
    citizens::CitizenKeys,
    content::{ContentType, Contents, types::Procedure},
    ids::{ItemId, RevisionId},
    procedures::{
        Available, Definition, Effect, Officer, Requirement, Taker, Transition, Who, available,
    },
    store::{TenantStore, Transaction},
    tenants::IpaCode,
    time::{ClosingCalendar, legal_day},
};
use serde_json::Value;

use crate::load::item_id;
use people::{person, subjects};

/// How many cases each procedure has that went their own way.
const EACH: usize = 40;
/// The longest that a case of the demo has been under way.
const LONGEST: i64 = 150;
/// How long a case that stands somewhere as of late took for each step.
const BETWEEN: TimeDelta = TimeDelta::hours(5);
/// Two officers, as events name them: both sign where two must.
const OFFICERS: [&str; 2] = ["account:demo-1", "account:demo-2"];

/// Makes the cases of the demo, in one transaction; says how many there are. Its procedures must be published.
///
/// # Errors
/// The database failed, or a definition does not let a case through.
pub async fn load_cases(
    store: &TenantStore,
    municipality: &IpaCode,
    keys: &CitizenKeys,
    now: DateTime<Utc>,
) -> Result<usize, CaseError> {
    let contents = Contents::new(store.clone(), Contents::cache(16));
    let cases = Cases::from(&contents);
    let mut rng = Rng::with_seed(241);
    let transaction = store.begin().await?;
    let (mut made, mut protocol) = (Vec::new(), 0);
    for (key, subjects) in subjects() {
        let id = item_id(store.tenant_id(), ContentType::Procedure, key);
        let Some(revision) = cases.published(id).await? else {
            continue;
        };
        let procedure = cases.procedures(&[revision]).await?.remove(&revision);
        let Some(procedure) = procedure else { continue };
        let walk = Walk {
            transaction: &transaction,
            keys,
            procedure: (id, revision, &procedure),
            until: now,
        };
        // One stands in each state as of late, so that nothing has happened to it by itself yet.
        let states = procedure.definition.iter().flat_map(|known| {
            let states = known.states.iter();
            states.filter_map(|state| way_to(known, &state.code))
        });
        let ways: Vec<_> = states.collect();
        let count = EACH + ways.len();
        for number in 0..count {
            let (subject, data) = &subjects[number % subjects.len()];
            let people = People {
                applicant: Some(person(&mut rng)?),
                delegate: None,
                subject: (*subject).to_owned(),
            };
            match number.checked_sub(EACH).and_then(|number| ways.get(number)) {
                Some(way) => {
                    let begun = now - BETWEEN * (i32::try_from(way.len()).unwrap_or(0) + 1);
                    let case = walk.open(people, data.clone(), begun).await?;
                    made.push(case.id);
                    walk.along(case, way, begun, &mut protocol).await?;
                }
                None => {
                    let begun = now - TimeDelta::days(rng.i64(2..LONGEST));
                    let begun = begun + TimeDelta::minutes(rng.i64(0..600));
                    let case = walk.open(people, data.clone(), begun).await?;
                    made.push(case.id);
                    // Some have just begun, most have come to their end.
                    let steps = rng.usize(0..14);
                    walk.on(case, steps, begun, &mut protocol, &mut rng).await?;
                }
            }
        }
    }
    // Each of them: who makes one up later is found.
    for case in &made {
        let held = hold(&transaction, &Sight::Everything, *case, None).await?;
        let deed = held.case.deed("case.load", municipality);
        record(&transaction, &Actor::system(), &deed, now).await?;
    }
    transaction.commit().await?;
    Ok(made.len())
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
            origin: CaseOrigin::Office,
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
        mut at: DateTime<Utc>,
        protocol: &mut u32,
        rng: &mut Rng,
    ) -> Result<(), CaseError> {
        for _ in 0..steps {
            at += TimeDelta::hours(rng.i64(3..100));
            let open = self.open_ways(&case).await?;
            let open: Vec<_> = open.into_iter().filter(|way| way.is_gone(rng)).collect();
            if at > self.until || open.is_empty() || case.status.is_final() {
                break;
            }
            let way = &open[rng.usize(0..open.len())];
            case = match self.go(&case, way, at, protocol).await {
                Err(CaseError::Refused(why)) if why.iter().any(is_over) => break,
                gone => gone?,
            };
        }
        Ok(())
    }

    /// Takes a case along these transitions, and leaves it where they lead.
    async fn along(
        &self,
        mut case: Case,
        codes: &[String],
        mut at: DateTime<Utc>,
        protocol: &mut u32,
    ) -> Result<(), CaseError> {
        for code in codes {
            at += BETWEEN;
            let open = self.open_ways(&case).await?;
            let Some(way) = open.iter().find(|way| way.code == *code) else {
                break;
            };
            case = self.go(&case, way, at, protocol).await?;
        }
        Ok(())
    }

    /// The transitions that officers may take of a case.
    async fn open_ways(&self, case: &Case) -> Result<Vec<Way>, CaseError> {
        let Some(definition) = &self.procedure.2.definition else {
            return Ok(Vec::new());
        };
        let held = hold(self.transaction, &Sight::Everything, case.id, None).await?;
        let known = facts(&held.events);
        Ok(with_somebody(|who| {
            let open = available(definition, &known, who).into_iter();
            // What was not announced cannot be brought.
            let waits = |one: &Available<'_>| {
                let mut missing = one.missing.iter();
                missing.any(|missing| missing.requirement == Requirement::Announcement)
            };
            open.filter(|one| !waits(one))
                .map(|one| Way::of(&one))
                .collect()
        }))
    }

    /// Brings what a transition lacks, and takes it.
    async fn go(
        &self,
        case: &Case,
        way: &Way,
        at: DateTime<Utc>,
        protocol: &mut u32,
    ) -> Result<Case, CaseError> {
        for (number, (kind, code)) in way.lacks.iter().enumerate() {
            // Who signs the second time is somebody else.
            let actor = OFFICERS[number % OFFICERS.len()];
            self.bring(case, (*kind, code), actor, at).await?;
        }
        self.take(case, &way.code, protocol, at).await
    }

    async fn bring(
        &self,
        case: &Case,
        (kind, code): (EvidenceKind, &str),
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<Case, CaseError> {
        let definition = self.procedure.2.definition.as_ref();
        let definition = definition.ok_or(CaseRefusal::NoDefinition)?;
        let held = hold(self.transaction, &Sight::Everything, case.id, None).await?;
        let reference = format!("{code}-{}", held.case.version);
        let code = code.to_owned();
        let evidence = Evidence { kind, code };
        with_somebody(|who| evidence.check(definition, &held, who, Some(&reference)))?;
        let evidence = (definition, evidence, None, Some(reference));
        let actor = actor.to_owned();
        add_evidence(self.transaction, self.keys, held, evidence, actor, now).await
    }

    async fn take(
        &self,
        case: &Case,
        code: &str,
        protocol: &mut u32,
        now: DateTime<Utc>,
    ) -> Result<Case, CaseError> {
        let definition = self.procedure.2.definition.as_ref();
        let definition = definition.ok_or(CaseRefusal::NoDefinition)?;
        let held = hold(self.transaction, &Sight::Everything, case.id, None).await?;
        let transition_taken = definition.transition(code);
        let requires = transition_taken.map(|known| known.requires.as_slice());
        let requires = |wanted: Requirement| requires.is_some_and(|all| all.contains(&wanted));
        let is_new = held.case.protocol.is_none();
        let protocol = (is_new && requires(Requirement::Protocol)).then(|| {
            *protocol += 1;
            Protocol {
                number: format!("{}/{protocol:07}", legal_day(now).year()),
                date: legal_day(now),
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

/// Silence took a case on, as far as the law goes: that is left to time.
fn is_over(refusal: &CaseRefusal) -> bool {
    matches!(refusal, CaseRefusal::TermOver)
}

/// Decides something as an officer who may everything.
fn with_somebody<T>(decide: impl FnOnce(&Who<'_>) -> T) -> T {
    let roles = BTreeSet::from(["officer".to_owned(), "administrator".to_owned()]);
    decide(&Who::Officer(Officer {
        roles: &roles,
        works_for: &|_| true,
    }))
}

/// A transition that can be taken, and what it lacks.
struct Way {
    code: String,
    lacks: Vec<(EvidenceKind, String)>,
    is_rare: bool,
}

impl Way {
    fn of(one: &Available<'_>) -> Self {
        let transition = one.transition;
        let lacks = one.missing.iter().flat_map(|missing| {
            let code = |code: &String| vec![code.clone()];
            let (kind, codes) = match &missing.requirement {
                Requirement::Attachments => (
                    EvidenceKind::Document,
                    missing.part.iter().cloned().collect(),
                ),
                Requirement::Document { code: known } => (EvidenceKind::Document, code(known)),
                Requirement::Payment { code: known } => (EvidenceKind::Payment, code(known)),
                Requirement::RegistryCheck { code: known } => {
                    (EvidenceKind::RegistryCheck, code(known))
                }
                Requirement::Booking { code: known } => (EvidenceKind::Booking, code(known)),
                Requirement::Signatures { count } => {
                    let codes = vec![transition.code.clone(); usize::from(*count)];
                    (EvidenceKind::Signature, codes)
                }
                Requirement::Comment
                | Requirement::Reasons
                | Requirement::Announcement
                | Requirement::Protocol => (EvidenceKind::Document, Vec::new()),
            };
            codes.into_iter().map(move |code| (kind, code))
        });
        // What somebody sends against an announcement comes in as a document.
        let is_answer = transition.effect == Some(Effect::AnswerAnnouncement);
        let observations = is_answer.then(|| (EvidenceKind::Document, "other".to_owned()));
        Self {
            code: transition.code.clone(),
            lacks: lacks.chain(observations).collect(),
            is_rare: matches!(
                transition.effect,
                Some(Effect::Withdraw | Effect::AnnounceRefusal | Effect::Refuse)
            ),
        }
    }

    /// Few cases go the rare ways.
    fn is_gone(&self, rng: &mut Rng) -> bool {
        !self.is_rare || rng.u8(0..12) == 0
    }
}

/// The shortest way from the first state to another that officers can go.
fn way_to(definition: &Definition, target: &str) -> Option<Vec<String>> {
    let initial = definition.initial()?.code.as_str();
    let mut ways = HashMap::from([(initial, Vec::new())]);
    let mut open = VecDeque::from([initial]);
    while let Some(state) = open.pop_front() {
        let way: Vec<String> = ways.get(state)?.clone();
        if state == target {
            return Some(way);
        }
        let steps = definition.from(state);
        let by_officers = |step: &&Transition| {
            step.takers.contains(&Taker::Officer)
                && !step.requires.contains(&Requirement::Announcement)
        };
        for step in steps.filter(by_officers) {
            if !ways.contains_key(step.to.as_str()) {
                ways.insert(&step.to, [way.clone(), vec![step.code.clone()]].concat());
                open.push_back(&step.to);
            }
        }
    }
    None
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
