//! The one who calls.

use super::{Action, Denied, Permissions, Subject};
use crate::content::ContentType;
use crate::ids::{AccountId, ApiKeyId, SessionId};

/// Who makes a request. Citizens come with cases.
#[derive(Clone, Debug, Default)]
pub enum Caller {
    /// Somebody who did not sign in: a reader of the public site.
    #[default]
    Anonymous,
    /// Somebody who works for the municipality.
    Staff(Staff),
    /// A program with an API key.
    Machine(Machine),
}

/// Somebody who works for the municipality.
#[derive(Clone, Debug)]
pub struct Staff {
    /// The account.
    pub account: AccountId,
    /// What others see of them.
    pub name: String,
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
    /// What the caller may do.
    pub fn permissions(&self) -> Option<&Permissions> {
        match self {
            Self::Anonymous => None,
            Self::Staff(staff) => Some(&staff.permissions),
            Self::Machine(machine) => Some(&machine.permissions),
        }
    }

    /// What is written as the author of a change: `account:…`, `key:…`, or `anonymous`.
    pub fn author(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::Staff(staff) => format!("account:{}", staff.account),
            Self::Machine(machine) => format!("key:{}", machine.key),
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
