//! Which cases somebody sees: an officer those of the offices that their roles name and of the offices below them,
//! a citizen those that are theirs and those of people for whom they act, and nobody else any.

use std::collections::BTreeSet;

use municipio_entities::case_file::Column;
use sea_orm::{ColumnTrait, Condition};

use super::Case;
use crate::{
    citizens::CitizenId,
    content::{Contents, OfficeTree},
    identity::{Action, Caller, Permissions, Subject},
    ids::ItemId,
    procedures::{Officer, Who},
    store::StoreError,
};

/// More offices are looked for together: a database takes so many parts of a statement.
const MOST_PARTS: usize = 100;

/// Which cases somebody sees.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sight {
    /// All of the municipality.
    Everything,
    /// Those of these offices.
    Offices(Vec<ItemId>),
    /// Those for which this citizen applied, and of those for whom they act today what was sent, or what they began
    /// themselves: who acts for somebody no more sees nothing of it.
    Citizen(CitizenId, Vec<CitizenId>),
    /// All that name this citizen, as an applicant or a delegate: what is kept of them.
    Person(CitizenId),
    /// All, drafts of citizens included: time goes by in those too.
    Time,
}

impl Sight {
    /// Where these permissions allow something.
    pub fn of_staff(permissions: &Permissions, action: Action, tree: &OfficeTree) -> Self {
        if permissions.allow(action, &Subject::WHOLE).is_ok() {
            return Self::Everything;
        }
        let offices = tree.offices();
        let offices = offices.filter(|office| {
            let subject = Subject {
                offices: &tree.chain(*office),
                ..Subject::WHOLE
            };
            permissions.allow(action, &subject).is_ok()
        });
        Self::Offices(offices.collect())
    }

    /// Whether it takes in cases of an office.
    pub fn takes_in(&self, office: ItemId) -> bool {
        match self {
            Self::Everything | Self::Time => true,
            Self::Offices(offices) => offices.contains(&office),
            Self::Citizen(..) | Self::Person(_) => false,
        }
    }

    /// Whether it takes in a case.
    pub fn sees(&self, case: &Case) -> bool {
        match self {
            Self::Time => true,
            Self::Everything | Self::Offices(_) => !case.is_private && self.takes_in(case.office),
            Self::Citizen(citizen, principals) => {
                let is_shown = || !case.is_private || case.delegate.as_ref() == Some(citizen);
                case.applicant.as_ref().is_some_and(|applicant| {
                    applicant == citizen || principals.contains(applicant) && is_shown()
                })
            }
            Self::Person(citizen) => {
                let mut people = case.applicant.iter().chain(&case.delegate);
                people.any(|person| person == citizen)
            }
        }
    }

    /// The same in parts, no case in two of them, each of which is one range of an index in every order. Cases of one
    /// office are in one part as it is.
    pub(super) fn parts(&self, of_one_office: bool) -> Vec<Condition> {
        match self {
            Self::Offices(offices)
                if !of_one_office && (1..=MOST_PARTS).contains(&offices.len()) =>
            {
                let part = |office: &ItemId| {
                    Condition::all()
                        .add(Column::IsPrivate.eq(false))
                        .add(Column::OfficeId.eq(office.0))
                };
                offices.iter().map(part).collect()
            }
            Self::Citizen(citizen, principals) => own_parts(citizen, principals),
            Self::Person(citizen) => parts_of(citizen).into(),
            _ => vec![self.condition()],
        }
    }

    /// The same as a condition of a statement.
    pub(super) fn condition(&self) -> Condition {
        match self {
            Self::Time => Condition::all(),
            Self::Everything => Condition::all().add(Column::IsPrivate.eq(false)),
            Self::Offices(offices) => {
                let offices = offices.iter().map(|office| office.0);
                Condition::all()
                    .add(Column::IsPrivate.eq(false))
                    .add(Column::OfficeId.is_in(offices))
            }
            Self::Citizen(citizen, principals) => {
                let parts = own_parts(citizen, principals).into_iter();
                parts.fold(Condition::any(), Condition::add)
            }
            Self::Person(citizen) => Condition::any()
                .add(Column::Applicant.eq(citizen.as_str()))
                .add(Column::Delegate.eq(citizen.as_str())),
        }
    }
}

/// What a citizen applied for, and what is shown to them of those for whom they act.
fn own_parts(citizen: &CitizenId, principals: &[CitizenId]) -> Vec<Condition> {
    let mut parts = vec![Condition::all().add(Column::Applicant.eq(citizen.as_str()))];
    let principals: Vec<_> = principals
        .iter()
        .filter(|other| *other != citizen)
        .collect();
    if !principals.is_empty() {
        let shown = Condition::any()
            .add(Column::IsPrivate.eq(false))
            .add(Column::Delegate.eq(citizen.as_str()));
        let principals = principals.into_iter().map(CitizenId::as_str);
        let of_principals = Condition::all()
            .add(Column::Applicant.is_in(principals))
            .add(shown);
        parts.push(of_principals);
    }
    parts
}

/// What a citizen applied for, and what they are the delegate of.
fn parts_of(citizen: &CitizenId) -> [Condition; 2] {
    let applicant = Condition::all().add(Column::Applicant.eq(citizen.as_str()));
    let delegate = Condition::all()
        .add(Column::Delegate.eq(citizen.as_str()))
        .add(is_other(Column::Applicant, citizen));
    [applicant, delegate]
}

/// Nobody, or somebody else, stands there.
fn is_other(column: Column, citizen: &CitizenId) -> Condition {
    Condition::any()
        .add(column.is_null())
        .add(column.ne(citizen.as_str()))
}

/// What somebody may do with which cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Those that they see.
    pub reads: Sight,
    /// Those that they work on.
    pub works: Sight,
}

impl Rights {
    /// Those of somebody who works for the municipality, or of a program.
    ///
    /// # Errors
    /// The database failed.
    pub async fn of_staff(
        permissions: &Permissions,
        contents: &Contents,
    ) -> Result<Self, StoreError> {
        let actions = [Action::ReadCases, Action::WorkCases];
        let whole = |action: &Action| permissions.allow(*action, &Subject::WHOLE).is_ok();
        // Where offices stand matters only to those who may not do everything everywhere.
        let tree = match actions.iter().all(whole) {
            true => OfficeTree::default(),
            false => OfficeTree::read(&contents.store().read()).await?,
        };
        let [reads, works] = actions.map(|action| Sight::of_staff(permissions, action, &tree));
        Ok(Self { reads, works })
    }

    /// Those of a citizen who acts for these people.
    pub fn of_citizen(citizen: &CitizenId, principals: Vec<CitizenId>) -> Self {
        let sight = Sight::Citizen(citizen.clone(), principals);
        Self {
            reads: sight.clone(),
            works: sight,
        }
    }

    /// Decides something for a caller who has these rights, as who they take transitions.
    pub fn decide<T>(&self, caller: &Caller, decide: impl FnOnce(&Who<'_>) -> T) -> T {
        let nobody = BTreeSet::new();
        let works_for = |office| self.works.takes_in(office);
        let officer = |roles| {
            Who::Officer(Officer {
                roles,
                works_for: &works_for,
            })
        };
        match caller {
            Caller::Staff(staff) => decide(&officer(&staff.roles)),
            Caller::Machine(_) => decide(&Who::System),
            Caller::Citizen(_) => decide(&Who::Citizen),
            Caller::Anonymous => decide(&officer(&nobody)),
        }
    }
}
