//! The identities of a tenant: who its accounts are, and who calls with a token. What all tenants share,
//! the places for hashing and the memory of who called, is in [`Identities`].

use chrono::{DateTime, Utc};
use municipio_entities::account;
use sea_orm::Condition;

use super::{
    Account, AccountStatus, Caller, EmailAddress, IdentityError, Passwords, Refusal, Token,
    accounts::{self, by_email, by_id},
    attempts,
    callers::Callers,
};
use crate::{
    ids::AccountId,
    store::{StoreError, TenantStore},
};

/// What the identities of all tenants share.
#[derive(Clone, Debug)]
pub struct Identities {
    passwords: Passwords,
    callers: Callers,
}

impl Identities {
    /// With these places for hashing.
    pub fn new(passwords: Passwords) -> Self {
        Self {
            passwords,
            callers: Callers::new(),
        }
    }

    /// Those of one tenant.
    pub fn of(&self, store: TenantStore) -> Identity {
        Identity {
            store,
            shared: self.clone(),
        }
    }
}

/// The identities of one tenant.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(super) store: TenantStore,
    shared: Identities,
}

/// Somebody who proved to be the owner of an account.
#[derive(Clone, Debug)]
pub struct Verified {
    account: AccountId,
    address: String,
    pub(super) new_hash: Option<String>,
}

impl Verified {
    /// The account.
    pub fn account(&self) -> AccountId {
        self.account
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }
}

impl Identity {
    /// Where passwords are hashed.
    pub fn passwords(&self) -> &Passwords {
        &self.shared.passwords
    }

    /// Who calls with this token or key; nothing when it is not known here or has expired.
    ///
    /// # Errors
    /// The database failed.
    pub async fn caller(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Caller>, StoreError> {
        match Token::read(token) {
            Some((kind, token)) => {
                self.shared
                    .callers
                    .find(&self.store, kind, &token, now)
                    .await
            }
            None => Ok(None),
        }
    }

    /// Forgets who called, so that what was changed or revoked counts at once. Other nodes forget
    /// within seconds.
    pub fn forget_callers(&self) {
        self.shared.callers.forget();
    }

    /// An account.
    ///
    /// # Errors
    /// The database failed.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        accounts::find(&self.store.read(), by_id(id)).await
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        accounts::all(&self.store.read()).await
    }

    /// Whose e-mail address and password these are. The answer and the work are the same for an unknown
    /// address, a wrong password, and an account that is suspended or was tried too often.
    ///
    /// # Errors
    /// They do not fit, too many sign in at the moment, or the database failed.
    pub async fn verify(
        &self,
        email: &str,
        password: &str,
        now: DateTime<Utc>,
    ) -> Result<Verified, IdentityError> {
        let email = email.parse::<EmailAddress>();
        let address = email.as_ref().map(EmailAddress::to_string);
        let address = address.unwrap_or_else(|_| "none".to_owned());
        let may_try = attempts::admit(&self.store, &address, now).await?;
        // No address that is written wrong has an account.
        let filter = email.as_ref().map_or_else(|_| Condition::any(), by_email);
        let row = match email {
            Ok(_) => self.store.read().one::<account::Entity>(filter).await?,
            Err(_) => None,
        };
        let active = AccountStatus::Active.as_str();
        let row = row.filter(|row| may_try && row.status == active);
        let stored = row.as_ref().and_then(|row| row.password_hash.clone());
        let checked = self.passwords().check(password, stored).await?;
        let (Some(row), true) = (row, checked.is_right) else {
            return Err(Refusal::Credentials.into());
        };
        let new_hash = match checked.is_outdated {
            true => Some(self.passwords().hash(password).await?),
            false => None,
        };
        Ok(Verified {
            account: AccountId(row.id),
            address,
            new_hash,
        })
    }
}
