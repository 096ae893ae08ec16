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
    /// Those of this citizen, as an applicant or a delegate.
    Citizen(CitizenId),
    /// The same, and what those applied for as whose delegate or parent the citizen is recorded; not what they have not sent.
    Delegate(CitizenId, Vec<CitizenId>),
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
            Self::Citizen(_) | Self::Delegate(..) => false,
        }
    }

    /// Whether it takes in a case.
    pub fn sees(&self, case: &Case) -> bool {
        match self {
            Self::Time => true,
            Self::Everything | Self::Offices(_) => !case.is_private && self.takes_in(case.office),
            Self::Citizen(citizen) => is_theirs(case, citizen),
            Self::Delegate(citizen, principals) => {
                let mut applicant = case.applicant.iter();
                let is_of_principal = applicant.any(|person| principals.contains(person));
                is_theirs(case, citizen) || !case.is_private && is_of_principal
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
            Self::Citizen(citizen) => parts_of(citizen).into(),
            Self::Delegate(citizen, principals) => {
                let principals = principals.iter().filter(|other| *other != citizen);
                let of_principals = Condition::all()
                    .add(Column::IsPrivate.eq(false))
                    .add(Column::Applicant.is_in(principals.map(CitizenId::as_str)))
                    .add(is_other(Column::Delegate, citizen));
                let own = parts_of(citizen).into_iter();
                own.chain([of_principals]).collect()
            }
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
            Self::Citizen(citizen) => theirs(citizen),
            Self::Delegate(citizen, principals) => {
                let principals = principals.iter().map(CitizenId::as_str);
                let of_principals = Condition::all()
                    .add(Column::IsPrivate.eq(false))
                    .add(Column::Applicant.is_in(principals));
                theirs(citizen).add(of_principals)
            }
        }
    }
}

fn is_theirs(case: &Case, citizen: &CitizenId) -> bool {
    let mut people = case.applicant.iter().chain(&case.delegate);
    people.any(|person| person == citizen)
}

fn theirs(citizen: &CitizenId) -> Condition {
    Condition::any()
        .add(Column::Applicant.eq(citizen.as_str()))
        .add(Column::Delegate.eq(citizen.as_str()))
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
        let sight = match principals.is_empty() {
            true => Sight::Citizen(citizen.clone()),
            false => Sight::Delegate(citizen.clone(), principals),
        };
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
