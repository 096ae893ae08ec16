//! Takes in what is reported: of many cases together, by a few statements.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, SubsecRound, Utc};
use municipio_entities::case_reference::{Column, Entity, Model};
use sea_orm::ColumnTrait;
use uuid::Uuid;

use super::{NamedReport, Reported, taken_on};
use crate::{
    cases::{
        Case, CaseError, CaseOrigin, CaseRefusal, Cases, Happening, Held, Movement, NewCase,
        Personal, Rights, StateNames, Terms, UnwrittenCase,
        batch::{Addition, write_and_tell},
        timer::{Since, watch_job},
        work::hold_all,
    },
    citizens::CitizenKeys,
    content::types::Procedure,
    ids::{CaseId, ItemId, RevisionId, TenantId},
    notifications, outbox,
    procedures::Definition,
    store::{StoreError, Transaction},
};

/// Who reports, and by what it is judged.
#[derive(Clone, Copy)]
pub struct Intake<'a> {
    /// The cases.
    pub cases: &'a Cases,
    /// What they say of people is encrypted with these.
    pub keys: &'a CitizenKeys,
    /// What the caller may do.
    pub rights: &'a Rights,
    /// The caller, as events name them.
    pub actor: &'a str,
    /// The days on which the municipality is closed, and the moment it is.
    pub terms: Terms<'a>,
}

/// What a report did, and the case as it is then; or why nothing was done.
type Taken = Result<(Reported, Case), CaseError>;

/// Takes reports in, in their order, and says of each what it did: what is wrong with one keeps no other from being
/// taken in. Who reports of one of these cases meanwhile waits.
///
/// # Errors
/// The database failed: nothing was taken in.
pub async fn report(
    transaction: &Transaction,
    intake: &Intake<'_>,
    reports: Vec<NamedReport<'_>>,
) -> Result<Vec<Taken>, StoreError> {
    let mut taken = BTreeMap::new();
    let mut open = Vec::new();
    for (place, report) in reports.into_iter().enumerate() {
        match report.wrong(intake.terms.now) {
            wrong if wrong.is_empty() => open.push((place, report)),
            wrong => {
                taken.insert(place, Err(CaseError::Refused(wrong)));
            }
        }
    }
    while !open.is_empty() {
        // Of one case each report meets what the one before it left.
        let mut named = HashSet::new();
        let (now, later) = open
            .into_iter()
            .partition(|(_, report)| named.insert(report.reference));
        taken.extend(intake.take(transaction, now).await?);
        open = later;
    }
    Ok(taken.into_values().collect())
}

impl NamedReport<'_> {
    fn wrong(&self, now: DateTime<Utc>) -> Vec<CaseRefusal> {
        let mut wrong = self.reference.check();
        wrong.extend(self.report.check(now));
        wrong
    }

    /// When that came to be which it says, as precisely as it is stored.
    fn occurred_at(&self) -> DateTime<Utc> {
        self.report.occurred_at.trunc_subsecs(6)
    }

    /// The row of its reference; a new one has no case.
    fn row(&self, tenant: TenantId) -> Model {
        Model {
            id: self.reference.id(tenant),
            tenant_id: tenant.0,
            source: self.reference.source.clone(),
            external_id: self.reference.external_id.clone(),
            case_id: None,
            reported_at: self.occurred_at(),
        }
    }
}

/// What reports meet.
struct Met {
    references: HashMap<Uuid, Model>,
    held: HashMap<CaseId, Held>,
    procedures: HashMap<RevisionId, Arc<Procedure>>,
    names: HashMap<(String, ItemId), StateNames>,
}

/// What a report means for a case.
enum Judged {
    /// Nothing that is newer than what is known.
    Known(Reported, Box<Case>),
    /// Something that is to be written.
    New(Box<Unwritten>),
}

struct Unwritten {
    reported: Reported,
    case: UnwrittenCase,
    movement: Option<Movement>,
    procedure: Arc<Procedure>,
}

impl Intake<'_> {
    /// Takes in reports each of which is of another case.
    async fn take(
        &self,
        transaction: &Transaction,
        reports: Vec<(usize, NamedReport<'_>)>,
    ) -> Result<Vec<(usize, Taken)>, StoreError> {
        let tenant = transaction.tenant_id();
        let mut met = self.meet(transaction, &reports).await?;
        let (mut taken, mut new) = (Vec::new(), Vec::new());
        let (mut references, mut unused) = (Vec::new(), Vec::new());
        for (place, report) in reports {
            let known = met.references.remove(&report.reference.id(tenant));
            let known =
                known.ok_or_else(|| StoreError::corrupt("reference of a case", "it is gone"))?;
            let reported_at = report.occurred_at();
            match self.judge(tenant, &mut met, &known, report) {
                Ok(Judged::Known(reported, case)) => {
                    if reported == Reported::Unchanged && reported_at != known.reported_at {
                        references.push(Model {
                            reported_at,
                            ..known
                        });
                    }
                    taken.push((place, Ok((reported, *case))));
                }
                Ok(Judged::New(unwritten)) => {
                    references.push(Model {
                        case_id: Some(unwritten.case.id().0),
                        reported_at,
                        ..known
                    });
                    new.push((place, unwritten));
                }
                Err(error) => {
                    if known.case_id.is_none() {
                        unused.push(known.id);
                    }
                    taken.push((place, Err(error)));
                }
            }
        }
        taken.extend(self.write(transaction, new).await?);
        transaction.replace::<Entity>(references).await?;
        if !unused.is_empty() {
            let unused = Column::Id.is_in(unused);
            transaction.delete::<Entity>(unused).await?;
        }
        Ok(taken)
    }

    /// Holds the references and the cases of reports, and reads what they follow.
    async fn meet(
        &self,
        transaction: &Transaction,
        reports: &[(usize, NamedReport<'_>)],
    ) -> Result<Met, StoreError> {
        let rows = reports.iter().map(|(_, report)| {
            let row = report.row(transaction.tenant_id());
            (row.id, row)
        });
        // In one order, so that two who report do not wait for each other.
        let rows: BTreeMap<_, _> = rows.collect();
        let ids: Vec<_> = rows.keys().copied().collect();
        transaction
            .insert_missing::<Entity>(rows.into_values())
            .await?;
        let references = transaction.hold_of::<Entity>(Column::Id, ids).await?;
        let known = references.iter().filter_map(|row| row.case_id.map(CaseId));
        let held = hold_all(transaction, known.collect()).await?;
        let revisions: BTreeSet<_> = held.values().map(|held| held.case.revision).collect();
        let revisions: Vec<_> = revisions.into_iter().collect();
        let sources = reports.iter().map(|(_, report)| &*report.reference.source);
        let named = reports.iter().map(|(_, report)| report.published.procedure);
        Ok(Met {
            references: references.into_iter().map(|row| (row.id, row)).collect(),
            held,
            procedures: self.cases.procedures(&revisions).await?,
            names: self
                .cases
                .state_names(sources.collect(), named.collect())
                .await?,
        })
    }

    fn judge(
        &self,
        tenant: TenantId,
        met: &mut Met,
        reference: &Model,
        report: NamedReport<'_>,
    ) -> Result<Judged, CaseError> {
        let key = (report.reference.source.clone(), report.published.procedure);
        let names = met.names.get(&key);
        let nothing = StateNames::new();
        let names = names.unwrap_or(&nothing);
        let Some(id) = reference.case_id.map(CaseId) else {
            return self.begin(tenant, names, report);
        };
        let held = met.held.remove(&id);
        let held = held.filter(|held| self.rights.works.sees(&held.case));
        let held = held.ok_or(CaseRefusal::NotFound("case"))?;
        let procedure = met.procedures.get(&held.case.revision);
        let procedure = procedure.ok_or(CaseRefusal::NoDefinition)?.clone();
        let reported_at = reference.reported_at;
        self.go_on(tenant, held, names, (procedure, reported_at), report)
    }

    /// Begins the case of a report.
    fn begin(
        &self,
        tenant: TenantId,
        names: &StateNames,
        report: NamedReport<'_>,
    ) -> Result<Judged, CaseError> {
        let procedure = report.published.body.clone();
        let new = NewCase {
            procedure: report.published.procedure,
            revision: (report.published.revision, &procedure),
            office: None,
            people: report.report.people.clone(),
            data: None,
            origin: CaseOrigin::Software,
            is_by_parent: false,
        };
        if !self.rights.works.takes_in(new.office()?) {
            return Err(CaseRefusal::NotFound("office").into());
        }
        let (actor, now) = (self.actor.to_owned(), self.terms.now);
        let mut case = UnwrittenCase::open(tenant, self.keys, new, actor, now)?;
        let known_as = (definition(&procedure)?, names);
        let so_far = (&case.case()?, case.events());
        let movement = report.report.movement(known_as, so_far, &self.terms)?;
        if let Some(movement) = &movement {
            let personal = personal(report.report.reasons);
            self.add(&mut case, &procedure, movement, personal)?;
        }
        Ok(Judged::New(Box::new(Unwritten {
            reported: Reported::Created,
            case,
            movement,
            procedure,
        })))
    }

    /// Takes a case on that is known, if the report is newer than what is known of it.
    fn go_on(
        &self,
        tenant: TenantId,
        held: Held,
        names: &StateNames,
        (procedure, reported_at): (Arc<Procedure>, DateTime<Utc>),
        report: NamedReport<'_>,
    ) -> Result<Judged, CaseError> {
        let outdated = |case| Ok(Judged::Known(Reported::Outdated, Box::new(case)));
        if held.case.procedure != report.published.procedure {
            let message = "the case is one of another procedure".to_owned();
            let path = "procedure";
            return Err(CaseRefusal::Text { path, message }.into());
        }
        let occurred_at = report.occurred_at();
        let is_older = occurred_at < reported_at
            || taken_on(&held.events).is_some_and(|taken_on| occurred_at < taken_on);
        if is_older {
            return outdated(held.case);
        }
        let known_as = (definition(&procedure)?, names);
        let so_far = (&held.case, held.events.as_slice());
        let movement = report.report.movement(known_as, so_far, &self.terms)?;
        let Some(movement) = movement else {
            return Ok(Judged::Known(Reported::Unchanged, Box::new(held.case)));
        };
        // Of two reports of the same moment the first counts, however often they are told.
        if occurred_at == reported_at {
            return outdated(held.case);
        }
        let personal = personal(report.report.reasons);
        let mut case = held.unwritten(tenant, self.keys, &personal)?;
        self.add(&mut case, &procedure, &movement, personal)?;
        Ok(Judged::New(Box::new(Unwritten {
            reported: Reported::Updated,
            case,
            movement: Some(movement),
            procedure,
        })))
    }

    fn add(
        &self,
        case: &mut UnwrittenCase,
        procedure: &Procedure,
        movement: &Movement,
        personal: Personal,
    ) -> Result<(), CaseError> {
        let addition = Addition {
            actor: self.actor.to_owned(),
            happening: Happening::Moved(movement.clone()),
            personal,
            definition: procedure.definition.as_ref(),
        };
        case.append(addition, self.terms.now)
    }

    /// Writes what is new: time waits for what comes next in each case, and people are told.
    async fn write(
        &self,
        transaction: &Transaction,
        new: Vec<(usize, Box<Unwritten>)>,
    ) -> Result<Vec<(usize, Taken)>, StoreError> {
        let now = self.terms.now;
        let (mut cases, mut others) = (Vec::new(), Vec::new());
        for (place, unwritten) in new {
            let Unwritten {
                reported,
                case,
                movement,
                procedure,
            } = *unwritten;
            cases.push(case);
            others.push((place, reported, movement, procedure));
        }
        write_and_tell(transaction, &mut cases, now).await?;
        let cases: Result<Vec<_>, _> = cases.iter().map(UnwrittenCase::case).collect();
        let cases = cases?;
        let both = || cases.iter().zip(&others);
        let jobs = both().filter_map(|(case, (.., procedure))| {
            watch_job(procedure.definition.as_ref()?, case, Since::last(case, now))
        });
        let jobs: Vec<_> = jobs.collect();
        outbox::enqueue(transaction, jobs, now).await?;
        let moved =
            both().filter_map(|(case, (_, _, movement, _))| Some((case, movement.as_ref()?)));
        let moved: Vec<_> = moved.collect();
        notifications::tell(transaction, &moved, now).await?;
        let taken = cases.into_iter().zip(others);
        let taken = taken.map(|(case, (place, reported, ..))| (place, Ok((reported, case))));
        Ok(taken.collect())
    }
}

/// What a report says of people in a case that there is.
fn personal(reasons: Option<String>) -> Personal {
    Personal {
        reasons,
        ..Personal::default()
    }
}

fn definition(procedure: &Procedure) -> Result<&Definition, CaseRefusal> {
    procedure
        .definition
        .as_ref()
        .ok_or(CaseRefusal::NoDefinition)
}
