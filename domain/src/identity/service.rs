//! The identities of a tenant: who its accounts are, and who calls with a token. What all tenants share,
//! the places for hashing and the memory of who called, is in [`Identities`].

use std::sync::Arc;

use chrono::{DateTime, Utc};
use municipio_entities::account;
use sea_orm::Condition;

use super::{
    Account, AccountStatus, ApiKey, Caller, EmailAddress, IdentityError, IdentityProvider,
    Passwords, Refusal, Role, Token, Vault,
    accounts::{self, by_email, by_id, by_reset_token},
    attempts,
    callers::Callers,
    check_password, keys, providers, roles,
    second_factor::{self, FirstCode, Proof},
};
use crate::{
    citizens::{self, Citizen, CitizenError, CitizenIssuer},
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
    /// The account as it was when the proof was looked at.
    row: account::Model,
    /// The hash of the password with the parameters of today, when that kept is of others.
    new_hash: Option<String>,
    proof: Option<Proof>,
}

impl Verified {
    /// The account.
    pub fn account(&self) -> AccountId {
        AccountId(self.row.id)
    }

    /// Forgets the failed attempts, uses the code up, and keeps the password as it is kept today.
    ///
    /// # Errors
    /// The code was used, the account suspended, or its password or second factor changed meanwhile; or the
    /// database failed.
    pub async fn settle(
        &self,
        transaction: &Transaction,
        now: DateTime<Utc>,
    ) -> Result<(), IdentityError> {
        let id = self.account();
        let row = accounts::hold(transaction, id).await?;
        if !proves_the_same(&self.row, &row) {
            return Err(Refusal::Credentials.into());
        }
        if let Some(proof) = &self.proof {
            second_factor::use_up(transaction, id, proof, now).await?;
        }
        if let Some(hash) = self.new_hash.clone() {
            let values = [(account::Column::PasswordHash, Some(hash).into())];
            transaction
                .update::<account::Entity>(values, by_id(id))
                .await?;
        }
        Ok(attempts::forget(transaction, &row.email).await?)
    }
}

/// Whether what was proved of an account is proved of it as it is now.
fn proves_the_same(before: &account::Model, now: &account::Model) -> bool {
    let asked = |row: &account::Model| {
        let factor = row.totp_confirmed_at.and(row.totp_secret.clone());
        (row.status.clone(), row.password_hash.clone(), factor)
    };
    asked(before) == asked(now)
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

    /// The citizen who calls with this token of an issuer.
    ///
    /// # Errors
    /// The token is not what it should be, its issuer is of no help, or the database failed.
    pub async fn citizen(&self, token: &str, now: DateTime<Utc>) -> Result<Citizen, CitizenError> {
        citizens::identify(&self.store, self.vault(), self.issuers(), token, now).await
    }

    /// All issuers of tokens of citizens, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn citizen_issuers(&self) -> Result<Vec<CitizenIssuer>, StoreError> {
        CitizenIssuer::list(&self.store).await
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

    /// The account with this address.
    ///
    /// # Errors
    /// The database failed.
    pub async fn account_of(&self, email: &str) -> Result<Option<Account>, StoreError> {
        match email.parse() {
            Ok(email) => accounts::account_of(&self.store, &email).await,
            Err(_) => Ok(None),
        }
    }

    /// Those of these accounts that there are, in no order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn accounts_among(&self, ids: &[AccountId]) -> Result<Vec<Account>, StoreError> {
        let ids = ids.iter().map(|id| id.0);
        accounts::among(&self.store.read(), ids).await
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
        let email = email.as_ref().filter(|_| may_try);
        let verified = self.check(email, password, code, now).await;
        self.counted(address, may_try, verified).await
    }

    async fn check(
        &self,
        email: Option<&EmailAddress>,
        password: &str,
        code: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Verified, IdentityError> {
        let filter = email.map(by_email).unwrap_or_else(nobody);
        let row = self.store.read().one::<account::Entity>(filter).await?;
        let row = row.filter(|row| row.status == AccountStatus::Active.as_str());
        let stored = row.as_ref().and_then(|row| row.password_hash.clone());
        let checked = self.passwords().check(password, stored).await?;
        let (Some(row), true) = (row, checked.is_right) else {
            return Err(Refusal::Credentials.into());
        };
        let proof = match row.totp_confirmed_at {
            None => None,
            Some(_) => Some(self.prove(&row, code, now).await?),
        };
        let new_hash = match checked.is_outdated {
            true => Some(self.passwords().hash(password).await?),
            false => None,
        };
        Ok(Verified {
            row,
            new_hash,
            proof,
        })
    }

    /// The outcome of an attempt that was counted as failed, taken back unless something was wrong: who
    /// succeeds, leaves a code out or comes when too many sign in did not guess.
    async fn counted<T>(
        &self,
        address: &str,
        may_try: bool,
        outcome: Result<T, IdentityError>,
    ) -> Result<T, IdentityError> {
        match outcome {
            Err(IdentityError::Refused(Refusal::Credentials)) if !may_try => {
                Err(Refusal::Held.into())
            }
            Err(IdentityError::Refused(Refusal::Credentials | Refusal::Code)) => outcome,
            outcome => {
                if may_try {
                    attempts::take_back(&self.store, address).await?;
                }
                outcome
            }
        }
    }

    async fn prove(
        &self,
        row: &account::Model,
        code: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Proof, IdentityError> {
        let code = code.filter(|code| !code.trim().is_empty());
        let code = code.ok_or(Refusal::SecondFactorRequired)?;
        let scope = self.store.read();
        let proof = second_factor::prove(&scope, self.vault(), row, code, now).await?;
        Ok(proof.ok_or(Refusal::Credentials)?)
    }

    /// Checks the first code of an authenticator; a wrong one counts as a failed sign-in. The second factor
    /// is turned on by [`confirm_second_factor`](super::confirm_second_factor).
    ///
    /// # Errors
    /// The code is wrong, there is none to confirm, or the database failed.
    pub async fn check_first_code(
        &self,
        account: AccountId,
        code: &str,
        now: DateTime<Utc>,
    ) -> Result<FirstCode, IdentityError> {
        let scope = self.store.read();
        let row = scope.one::<account::Entity>(by_id(account)).await?;
        let row = row.ok_or(Refusal::NoAccount)?;
        let may_try = attempts::admit(&self.store, &row.email, now).await?;
        let checked = match may_try {
            true => second_factor::first_code(&row, self.vault(), code, now),
            false => Err(Refusal::Code.into()),
        };
        self.counted(&row.email, may_try, checked).await
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
        let account = accounts::find(&self.store.read(), by_reset_token(token, now)?).await?;
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
