//! The one who calls.

use std::sync::LazyLock;

use std::collections::BTreeSet;

use super::{Action, Denied, Permissions, Subject};
use crate::{
    citizens::Citizen,
    content::ContentType,
    ids::{AccountId, ApiKeyId, SessionId},
};

/// What citizens may do of what roles allow: nothing. What is theirs is theirs without a role.
static OF_CITIZENS: LazyLock<Permissions> = LazyLock::new(Permissions::default);

/// Who makes a request.
#[derive(Clone, Debug, Default)]
pub enum Caller {
    /// Somebody who did not sign in: a reader of the public site.
    #[default]
    Anonymous,
    /// Somebody who works for the municipality.
    Staff(Staff),
    /// A program with an API key.
    Machine(Machine),
    /// Somebody whom the municipality serves, with a token of an issuer of theirs.
    Citizen(Citizen),
}

/// Somebody who works for the municipality.
#[derive(Clone, Debug)]
pub struct Staff {
    /// The account.
    pub account: AccountId,
    /// What others see of them.
    pub name: String,
    /// The names of the roles of the account.
    pub roles: BTreeSet<String>,
    /// The session in which they call.
    pub session: Option<SessionId>,
    /// What the roles of the account allow.
    pub permissions: Permissions,
}

/// A program with an API key.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The key.
    pub key: ApiKeyId,
    /// What the key is for.
    pub name: String,
    /// What the scopes of the key allow.
    pub permissions: Permissions,
}

impl Caller {
    /// What roles or scopes allow the caller; nothing at all when nobody signed in.
    pub fn permissions(&self) -> Option<&Permissions> {
        match self {
            Self::Anonymous => None,
            Self::Staff(staff) => Some(&staff.permissions),
            Self::Machine(machine) => Some(&machine.permissions),
            Self::Citizen(_) => Some(&OF_CITIZENS),
        }
    }

    /// Whether another caller may do just the same: what runs for a long time is not to go on when that changes.
    pub fn may_what(&self, other: &Self) -> bool {
        match (self.permissions(), other.permissions()) {
            (Some(own), Some(others)) => own.are_those_of(others),
            (own, others) => own.is_none() && others.is_none(),
        }
    }

    /// What is written as the author of a change: `account:…`, `key:…`, `citizen:…`, or
    /// `anonymous`.
    pub fn author(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::Staff(staff) => format!("account:{}", staff.account),
            Self::Machine(machine) => format!("key:{}", machine.key),
            Self::Citizen(citizen) => format!("citizen:{}", citizen.id),
        }
    }

    /// Whether somebody calls who works for the municipality, or a program of theirs.
    pub fn is_staff(&self) -> bool {
        matches!(self, Self::Staff(_) | Self::Machine(_))
    }

    /// The account of somebody who works for the municipality.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Staff(staff) => Some(staff.account),
            _ => None,
        }
    }

    /// Lets the caller go on, or says why not.
    ///
    /// # Errors
    /// The caller did not sign in, or has no role that allows it.
    pub fn authorise(&self, action: Action, subject: &Subject<'_>) -> Result<(), Denied> {
        let permissions = self.permissions().ok_or(Denied::NotSignedIn)?;
        permissions.allow(action, subject)
    }

    /// The types for which the caller may do something.
    ///
    /// # Errors
    /// There are none.
    pub fn types(&self, action: Action) -> Result<Vec<ContentType>, Denied> {
        let may = |content_type: &ContentType| {
            let subject = Subject::of_type(*content_type);
            self.authorise(action, &subject).is_ok()
        };
        let types: Vec<_> = ContentType::ALL.iter().copied().filter(may).collect();
        match self.authorise(action, &Subject::WHOLE) {
            Err(denied) if types.is_empty() => Err(denied),
            _ => Ok(types),
        }
    }
}
