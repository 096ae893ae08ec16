//! The second factor of who calls.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    audit::Deed,
    identity::{
        IdentityError, Refusal, Verified, confirm_second_factor, disable_second_factor,
        enrol_second_factor,
    },
    ids::AccountId,
};

use super::staff;
use crate::{
    context::{RequestData, data},
    error::internal,
    identity::Account,
    mutation::{UserError, identity_outcome},
};

#[derive(Default)]
pub(crate) struct SecondFactorMutation;

/// Who asks for a second factor, or gives it up: the password again, because a token may be stolen.
#[derive(InputObject)]
struct SecondFactorInput {
    /// The password.
    #[graphql(secret)]
    password: String,
    /// A code of the second factor, or a recovery code, when the account has one.
    #[graphql(secret)]
    code: Option<String>,
}

/// A first code.
#[derive(InputObject)]
struct ConfirmSecondFactorInput {
    /// The code that the authenticator shows.
    #[graphql(secret)]
    code: String,
}

/// What the authenticator is told. It is shown once.
#[derive(Default, SimpleObject)]
struct EnrolSecondFactorPayload {
    /// The secret in base 32, to be typed; null when it was refused.
    secret: Option<String>,
    /// The same as an `otpauth:` address, to be shown as a QR code.
    url: Option<String>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// The second factor is on.
#[derive(Default, SimpleObject)]
struct ConfirmSecondFactorPayload {
    /// Codes that take its place once each, when the authenticator is lost. They are shown once (codici di
    /// recupero).
    recovery_codes: Vec<String>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// The second factor is off.
#[derive(Default, SimpleObject)]
struct DisableSecondFactorPayload {
    /// The account; null when it was refused.
    account: Option<Account>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[Object]
impl SecondFactorMutation {
    /// Begins with a second factor: gives the secret for an authenticator. Sign-in asks for codes once one
    /// was confirmed (attiva il secondo fattore).
    async fn enrol_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password.")] input: SecondFactorInput,
    ) -> Result<EnrolSecondFactorPayload> {
        let data = data(ctx)?;
        let id = staff(data)?.account;
        let refused = |user_errors| EnrolSecondFactorPayload {
            user_errors,
            ..EnrolSecondFactorPayload::default()
        };
        let verified = match identity_outcome(verify(data, id, &input).await)? {
            Ok(verified) => verified,
            Err(user_errors) => return Ok(refused(user_errors)),
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let (vault, issuer) = (data.identity.vault(), &data.tenant.name);
        let enrolled = async {
            verified.settle(&transaction, data.now()).await?;
            enrol_second_factor(&transaction, vault, id, issuer).await
        };
        let enrolment = match identity_outcome(enrolled.await)? {
            Ok(enrolment) => enrolment,
            Err(user_errors) => return Ok(refused(user_errors)),
        };
        let subject = Account::global_id(data, id);
        let deed = Deed::to("second_factor.enrol", subject.as_str());
        data.commit(transaction, &deed).await?;
        Ok(EnrolSecondFactorPayload {
            secret: Some(enrolment.secret),
            url: Some(enrolment.url),
            user_errors: Vec::new(),
        })
    }

    /// Turns the second factor on with a first code (conferma il secondo fattore).
    async fn confirm_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code.")] input: ConfirmSecondFactorInput,
    ) -> Result<ConfirmSecondFactorPayload> {
        let data = data(ctx)?;
        let id = staff(data)?.account;
        let refused = |user_errors| ConfirmSecondFactorPayload {
            user_errors,
            ..ConfirmSecondFactorPayload::default()
        };
        let first = data.identity.check_first_code(id, &input.code, data.now());
        let first = match identity_outcome(first.await)? {
            Ok(first) => first,
            Err(user_errors) => return Ok(refused(user_errors)),
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let confirmed = confirm_second_factor(&transaction, id, &first, data.now()).await;
        let recovery_codes = match identity_outcome(confirmed)? {
            Ok(codes) => codes,
            Err(user_errors) => return Ok(refused(user_errors)),
        };
        let subject = Account::global_id(data, id);
        let deed = Deed::to("second_factor.confirm", subject.as_str());
        data.commit(transaction, &deed).await?;
        Ok(ConfirmSecondFactorPayload {
            recovery_codes,
            user_errors: Vec::new(),
        })
    }

    /// Turns the second factor off (disattiva il secondo fattore).
    async fn disable_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password and a code.")] input: SecondFactorInput,
    ) -> Result<DisableSecondFactorPayload> {
        let data = data(ctx)?;
        let id = staff(data)?.account;
        let refused = |user_errors| DisableSecondFactorPayload {
            account: None,
            user_errors,
        };
        let verified = match identity_outcome(verify(data, id, &input).await)? {
            Ok(verified) => verified,
            Err(user_errors) => return Ok(refused(user_errors)),
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let disabled = async {
            verified.settle(&transaction, data.now()).await?;
            Ok(disable_second_factor(&transaction, id).await?)
        };
        if let Err(user_errors) = identity_outcome(disabled.await)? {
            return Ok(refused(user_errors));
        }
        let subject = Account::global_id(data, id);
        let deed = Deed::to("second_factor.disable", subject.as_str());
        data.commit(transaction, &deed).await?;
        let account = data.identity.account(id).await.map_err(internal)?;
        Ok(DisableSecondFactorPayload {
            account: account.map(Account),
            user_errors: Vec::new(),
        })
    }
}

async fn verify(
    data: &RequestData,
    id: AccountId,
    input: &SecondFactorInput,
) -> Result<Verified, IdentityError> {
    let account = data.identity.account(id).await?;
    let account = account.ok_or(Refusal::NoAccount)?;
    let (password, code) = (&input.password, input.code.as_deref());
    data.identity
        .verify(&account.email, password, code, data.now())
        .await
}
