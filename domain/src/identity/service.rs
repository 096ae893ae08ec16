//! The identities of a tenant: who its accounts are, and who calls with a token. What all tenants share,
//! the places for hashing and the memory of who called, is in [`Identities`].

use std::sync::Arc;

use chrono::{DateTime, Utc};
use municipio_entities::account;
use sea_orm::{ColumnTrait, Condition};

use super::{
    Account, AccountStatus, ApiKey, Caller, EmailAddress, IdentityError, IdentityProvider,
    Passwords, Refusal, Role, Token, TokenKind, Vault,
    accounts::{self, by_email, by_id},
    attempts,
    callers::Callers,
    check_password, keys, providers, roles,
    second_factor::{self, Proof},
};
use crate::{
    ids::AccountId,
    openid::Issuers,
    store::{StoreError, TenantStore, Transaction},
};

/// What the identities of all tenants share.
#[derive(Clone, Debug)]
pub struct Identities(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    passwords: Passwords,
    vault: Vault,
    issuers: Issuers,
    callers: Callers,
}

impl Identities {
    /// With these places for hashing, this key for what is encrypted, and issuers that are called in this way.
    pub fn new(passwords: Passwords, vault: Vault, issuers: Issuers) -> Self {
        Self(Arc::new(Shared {
            passwords,
            vault,
            issuers,
            callers: Callers::new(),
        }))
    }

    /// Those of one tenant.
    pub fn of(&self, store: TenantStore) -> Identity {
        Identity {
            store,
            shared: Arc::clone(&self.0),
        }
    }
}

/// The identities of one tenant.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(super) store: TenantStore,
    shared: Arc<Shared>,
}

/// Somebody who proved to be the owner of an account. What the proof changes is written by
/// [`Verified::settle`].
#[derive(Clone, Debug)]
pub struct Verified {
    account: AccountId,
    address: String,
    /// The hash of the password with the parameters of today, when that kept is of others.
    new_hash: Option<String>,
    proof: Option<Proof>,
}

impl Verified {
    /// The account.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Forgets the failed attempts, uses the code up, and keeps the password as it is kept today.
    ///
    /// # Errors
    /// The code was used meanwhile, or the database failed.
    pub async fn settle(
        &self,
        transaction: &Transaction,
        now: DateTime<Utc>,
    ) -> Result<(), IdentityError> {
        if let Some(proof) = &self.proof {
            second_factor::use_up(transaction, self.account, proof, now).await?;
        }
        if let Some(hash) = self.new_hash.clone() {
            let values = [(account::Column::PasswordHash, Some(hash).into())];
            let filter = by_id(self.account);
            transaction
                .update::<account::Entity>(values, filter)
                .await?;
        }
        Ok(attempts::forget(transaction, &self.address, now).await?)
    }
}

impl Identity {
    /// Where passwords are hashed.
    pub fn passwords(&self) -> &Passwords {
        &self.shared.passwords
    }

    /// With what secrets are encrypted.
    pub fn vault(&self) -> &Vault {
        &self.shared.vault
    }

    /// The issuers whose tokens are verified.
    pub fn issuers(&self) -> &Issuers {
        &self.shared.issuers
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
                let callers = &self.shared.callers;
                callers.find(&self.store, kind, &token, now).await
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

    /// All roles: the built-in ones, then those of the municipality by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn roles(&self) -> Result<Vec<Role>, StoreError> {
        roles::all(&self.store.read()).await
    }

    /// All API keys, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        keys::all(&self.store.read()).await
    }

    /// All identity providers, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn providers(&self) -> Result<Vec<IdentityProvider>, StoreError> {
        providers::list_providers(&self.store).await
    }

    /// Whose e-mail address and password these are. The answer and the work are the same for an unknown
    /// address, a wrong password, and an account that is suspended or was tried too often.
    ///
    /// # Errors
    /// They do not fit, a code is missing, too many sign in at the moment, or the database failed.
    pub async fn verify(
        &self,
        email: &str,
        password: &str,
        code: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Verified, IdentityError> {
        let email = email.parse::<EmailAddress>().ok();
        let address = email.as_ref().map_or("none", EmailAddress::as_str);
        let may_try = attempts::admit(&self.store, address, now).await?;
        // No address that is written wrong has an account.
        let filter = email.as_ref().map(by_email).unwrap_or_else(nobody);
        let row = self.store.read().one::<account::Entity>(filter).await?;
        let active = AccountStatus::Active.as_str();
        let row = row.filter(|row| may_try && row.status == active);
        let stored = row.as_ref().and_then(|row| row.password_hash.clone());
        let checked = self.passwords().check(password, stored).await?;
        let (Some(row), true) = (row, checked.is_right) else {
            return Err(Refusal::Credentials.into());
        };
        let proof = match row.totp_confirmed_at {
            None => None,
            Some(_) => Some(self.prove(&row, address, code, now).await?),
        };
        let new_hash = match checked.is_outdated {
            true => Some(self.passwords().hash(password).await?),
            false => None,
        };
        Ok(Verified {
            account: AccountId(row.id),
            address: address.to_owned(),
            new_hash,
            proof,
        })
    }

    async fn prove(
        &self,
        row: &account::Model,
        address: &str,
        code: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Proof, IdentityError> {
        let Some(code) = code.filter(|code| !code.trim().is_empty()) else {
            attempts::take_back(&self.store, address).await?;
            return Err(Refusal::SecondFactorRequired.into());
        };
        let scope = self.store.read();
        let proof = second_factor::prove(&scope, self.vault(), row, code, now).await?;
        Ok(proof.ok_or(Refusal::Credentials)?)
    }

    /// The account whose password this token sets, while it is valid.
    ///
    /// # Errors
    /// The token is not known or has expired, or the database failed.
    pub async fn account_to_reset(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Account, IdentityError> {
        let Some((TokenKind::Reset, token)) = Token::read(token) else {
            return Err(Refusal::Token.into());
        };
        let filter = Condition::all()
            .add(account::Column::ResetHash.eq(token.hash()))
            .add(account::Column::ResetExpiresAt.gt(now))
            .add(account::Column::Status.eq(AccountStatus::Active.as_str()));
        let account = accounts::find(&self.store.read(), filter).await?;
        Ok(account.ok_or(Refusal::Token)?)
    }

    /// The hash of a password that an account may have; these words of the municipality are easy to guess.
    ///
    /// # Errors
    /// The password is refused, or too many sign in at the moment.
    pub async fn hash_new_password(
        &self,
        password: &str,
        email: &str,
        name: &str,
        municipality: &str,
    ) -> Result<String, IdentityError> {
        check_password(password, &[email, name, municipality])?;
        self.passwords().hash(password).await
    }
}

fn nobody() -> Condition {
    by_id(AccountId(uuid::Uuid::nil()))
}
