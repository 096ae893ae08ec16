//! The second factor: codes of an authenticator (TOTP, RFC 6238: SHA-1, six digits, thirty seconds, which
//! is what every authenticator knows), and recovery codes in their place. A code is taken once.

use chrono::{DateTime, Utc};
use municipio_entities::{account, recovery_code};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use super::{IdentityError, NoRandomness, Refusal, Vault, accounts, tokens::random_text};
use crate::{
    digest::sha256,
    ids::AccountId,
    store::{Scope, StoreError, Transaction},
};

/// What an authenticator is told, once.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The secret in base 32, to be typed.
    pub secret: String,
    /// The same as an address, to be shown as a QR code.
    pub url: String,
}

/// The proof of a second factor, used up when the session begins.
#[derive(Clone, Debug)]
pub(super) enum Proof {
    /// A code of this step.
    Step(i64),
    /// The recovery code with this hash.
    Recovery(String),
}

/// The first code of an authenticator, which turns the second factor on.
#[derive(Clone, Debug)]
pub struct FirstCode {
    /// The secret, encrypted, of which it is.
    sealed: Option<String>,
    step: i64,
}

/// Bytes of a secret: those of SHA-1 (RFC 4226, section 4).
const SECRET: usize = 20;
/// How many recovery codes there are.
const RECOVERY_CODES: usize = 10;
/// Without those that look alike; 16 of them are 80 bits.
const RECOVERY_LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const RECOVERY_LENGTH: usize = 16;

fn place(account: Uuid) -> String {
    format!("account:{account}:totp")
}

fn authenticator(secret: Vec<u8>, issuer: &str, name: &str) -> Result<Totp, IdentityError> {
    // A colon would end the part of the address in which it stands.
    let plain = |text: &str| text.replace(':', " ");
    let builder = Builder::new()
        .with_secret(Secret::from(secret))
        .with_issuer(Some(plain(issuer)))
        .with_account_name(plain(name));
    builder
        .build()
        .map_err(|error| IdentityError::Vault(error.to_string()))
}

/// Begins with a second factor: it is asked for once a first code was confirmed.
///
/// # Errors
/// The account has one already, is not there, or the database failed.
pub async fn enrol_second_factor(
    transaction: &Transaction,
    vault: &Vault,
    account: AccountId,
    issuer: &str,
) -> Result<Enrolment, IdentityError> {
    let row = accounts::hold(transaction, account).await?;
    if row.totp_confirmed_at.is_some() {
        return Err(Refusal::SecondFactorOn.into());
    }
    let mut secret = vec![0; SECRET];
    getrandom::fill(&mut secret).map_err(NoRandomness::from)?;
    let totp = authenticator(secret.clone(), issuer, &row.email)?;
    let url = totp.to_url();
    let enrolment = Enrolment {
        secret: Secret::from(secret.clone()).to_base32(),
        url: url.map_err(|error| IdentityError::Vault(error.to_string()))?,
    };
    let sealed = vault.seal(&place(row.id), &secret)?;
    let values = [
        (account::Column::TotpSecret, Some(sealed).into()),
        (account::Column::TotpLastStep, None::<i64>.into()),
    ];
    transaction
        .update::<account::Entity>(values, accounts::by_id(account))
        .await?;
    Ok(enrolment)
}

/// Whether this is the first code of the authenticator that the account began with.
pub(super) fn first_code(
    row: &account::Model,
    vault: &Vault,
    code: &str,
    now: DateTime<Utc>,
) -> Result<FirstCode, IdentityError> {
    if row.totp_confirmed_at.is_some() {
        return Err(Refusal::SecondFactorOn.into());
    }
    let step = step_of(row, vault, code, now)?.ok_or(Refusal::Code)?;
    Ok(FirstCode {
        sealed: row.totp_secret.clone(),
        step,
    })
}

/// Turns the second factor on with a first code; gives the recovery codes, which are shown once.
///
/// # Errors
/// It was turned on or begun anew meanwhile, or the database failed.
pub async fn confirm_second_factor(
    transaction: &Transaction,
    account: AccountId,
    first: &FirstCode,
    now: DateTime<Utc>,
) -> Result<Vec<String>, IdentityError> {
    let row = accounts::hold(transaction, account).await?;
    if row.totp_confirmed_at.is_some() {
        return Err(Refusal::SecondFactorOn.into());
    }
    if row.totp_secret != first.sealed {
        return Err(Refusal::Code.into());
    }
    let values = [
        (account::Column::TotpConfirmedAt, Some(now).into()),
        (account::Column::TotpLastStep, Some(first.step).into()),
    ];
    transaction
        .update::<account::Entity>(values, accounts::by_id(account))
        .await?;
    new_recovery_codes(transaction, account).await
}

/// Turns the second factor off.
///
/// # Errors
/// The database failed.
pub async fn disable_second_factor(
    transaction: &Transaction,
    account: AccountId,
) -> Result<(), StoreError> {
    let values = [
        (account::Column::TotpSecret, None::<String>.into()),
        (
            account::Column::TotpConfirmedAt,
            None::<DateTime<Utc>>.into(),
        ),
        (account::Column::TotpLastStep, None::<i64>.into()),
    ];
    transaction
        .update::<account::Entity>(values, accounts::by_id(account))
        .await?;
    transaction
        .delete::<recovery_code::Entity>(codes_of(account))
        .await?;
    Ok(())
}

/// Whether a code proves the second factor of an account. What it proves is used up by [`use_up`].
pub(super) async fn prove<C: ConnectionTrait>(
    scope: &Scope<C>,
    vault: &Vault,
    row: &account::Model,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Option<Proof>, IdentityError> {
    // They need no key, and are what is left when the one of the authenticators is lost.
    if recovery_letters(code).len() != RECOVERY_LENGTH {
        return Ok(step_of(row, vault, code, now)?.map(Proof::Step));
    }
    let hash = recovery_hash(code);
    let known = codes_of(AccountId(row.id))
        .add(recovery_code::Column::Hash.eq(hash.as_str()))
        .add(recovery_code::Column::UsedAt.is_null());
    let known = scope.one::<recovery_code::Entity>(known).await?;
    Ok(known.map(|_| Proof::Recovery(hash)))
}

/// Uses a proof up, so that it is taken once, also of two who bring it at the same time.
pub(super) async fn use_up(
    transaction: &Transaction,
    account: AccountId,
    proof: &Proof,
    now: DateTime<Utc>,
) -> Result<(), IdentityError> {
    let used = match proof {
        Proof::Step(step) => {
            let newer = Condition::any()
                .add(account::Column::TotpLastStep.is_null())
                .add(account::Column::TotpLastStep.lt(*step));
            let values = [(account::Column::TotpLastStep, Some(*step).into())];
            let filter = accounts::by_id(account).add(newer);
            transaction
                .update::<account::Entity>(values, filter)
                .await?
        }
        Proof::Recovery(hash) => {
            let unused = codes_of(account)
                .add(recovery_code::Column::Hash.eq(hash.as_str()))
                .add(recovery_code::Column::UsedAt.is_null());
            let values = [(recovery_code::Column::UsedAt, Some(now).into())];
            transaction
                .update::<recovery_code::Entity>(values, unused)
                .await?
        }
    };
    match used {
        0 => Err(Refusal::Credentials.into()),
        _ => Ok(()),
    }
}

/// The step of a right code that is newer than the last one taken; one step early or late is right.
fn step_of(
    row: &account::Model,
    vault: &Vault,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Option<i64>, IdentityError> {
    let Some(sealed) = &row.totp_secret else {
        return Ok(None);
    };
    let secret = vault.open(&place(row.id), sealed)?;
    let totp = authenticator(secret, "Municipio", &row.email)?;
    let code: String = code.chars().filter(|letter| *letter != ' ').collect();
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let step = totp.check(&code, seconds);
    let step = step.and_then(|step| i64::try_from(step).ok());
    Ok(step.filter(|step| row.totp_last_step.is_none_or(|last| *step > last)))
}

async fn new_recovery_codes(
    transaction: &Transaction,
    account: AccountId,
) -> Result<Vec<String>, IdentityError> {
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let code = random_text(RECOVERY_LETTERS, RECOVERY_LENGTH)?;
        let parts = [&code[..4], &code[4..8], &code[8..12], &code[12..]];
        codes.push(parts.join("-"));
    }
    let rows: Vec<_> = codes
        .iter()
        .map(|code| recovery_code::Model {
            tenant_id: Uuid::nil(),
            account_id: account.0,
            hash: recovery_hash(code),
            used_at: None,
        })
        .collect();
    transaction
        .delete::<recovery_code::Entity>(codes_of(account))
        .await?;
    transaction.insert::<recovery_code::Entity>(rows).await?;
    Ok(codes)
}

/// A recovery code, however it was typed.
fn recovery_letters(code: &str) -> String {
    let letters = code.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_uppercase()).collect()
}

fn recovery_hash(code: &str) -> String {
    sha256(recovery_letters(code))
}

fn codes_of(account: AccountId) -> Condition {
    Condition::all().add(recovery_code::Column::AccountId.eq(account.0))
}

/// Reads a secret in base 32, as an authenticator does; for tests.
#[doc(hidden)]
pub fn code_at(secret: &str, moment: DateTime<Utc>) -> Option<String> {
    let secret = Secret::try_from_base32(secret).ok()?;
    let totp = Builder::new().with_secret(secret).build().ok()?;
    let seconds = u64::try_from(moment.timestamp()).ok()?;
    Some(totp.generate(seconds).to_string())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B; the last six of its eight digits.
        let secret = Secret::from(b"12345678901234567890".as_slice()).to_base32();
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (20_000_000_000, "353130"),
        ] {
            let moment = Utc.timestamp_opt(seconds, 0).unwrap();
            assert_eq!(code_at(&secret, moment).unwrap(), code);
        }
    }

    #[test]
    fn recovery_codes_are_read_however_they_are_typed() {
        assert_eq!(
            recovery_hash("abcd-2345 efgh6789"),
            recovery_hash("ABCD-2345-EFGH-6789")
        );
        assert_ne!(recovery_hash("ABCD"), recovery_hash("ABCE"));
    }
}
