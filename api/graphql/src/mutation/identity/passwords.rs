//! Passwords: changed by their owner, and set with the token that an administrator gave out.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    audit::Deed,
    identity::{
        IdentityError, Refusal, begin_unverified_session, set_password, set_password_with_token,
    },
};

use super::{sessions::SessionPayload, staff};
use crate::{
    context::{RequestData, data},
    error::internal,
    identity::{Account, Session},
    mutation::{UserError, identity_outcome},
};

#[derive(Default)]
pub(crate) struct PasswordMutation;

/// A password that its owner changes.
#[derive(InputObject)]
struct ChangePasswordInput {
    /// The password until now.
    #[graphql(secret)]
    current_password: String,
    /// The password from now on: 15 to 128 characters.
    #[graphql(secret)]
    password: String,
    /// The code of the second factor, when the account has one.
    #[graphql(secret)]
    code: Option<String>,
}

/// A password that is set with a token.
#[derive(InputObject)]
struct SetPasswordInput {
    /// The token that `createAccount` or `resetPassword` gave.
    #[graphql(secret)]
    token: String,
    /// The password from now on: 15 to 128 characters.
    #[graphql(secret)]
    password: String,
}

/// What setting a password did.
#[derive(Default, SimpleObject)]
struct SetPasswordPayload {
    /// Whose password it is; null when it was refused.
    account: Option<Account>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[Object]
impl PasswordMutation {
    /// Changes the password of who calls. All sessions end, and a new one begins (cambia la password).
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The passwords.")] input: ChangePasswordInput,
    ) -> Result<SessionPayload> {
        let data = data(ctx)?;
        let id = staff(data)?.account;
        let changed = change(data, id, &input).await;
        let (verified, hash) = match identity_outcome(changed)? {
            Ok(changed) => changed,
            Err(user_errors) => return Ok(SessionPayload::refused(user_errors)),
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let done = async {
            verified.settle(&transaction, data.now()).await?;
            set_password(&transaction, id, hash).await?;
            begin_unverified_session(&transaction, id, data.now()).await
        };
        let tokens = match identity_outcome(done.await)? {
            Ok(tokens) => tokens,
            Err(user_errors) => return Ok(SessionPayload::refused(user_errors)),
        };
        let subject = Account::global_id(data, id);
        let deed = Deed::to("password.change", subject.as_str());
        data.commit(transaction, &deed).await?;
        data.forget_callers();
        Ok(SessionPayload {
            session: Some(Session(tokens)),
            user_errors: Vec::new(),
        })
    }

    /// Sets a password with a token, once. Who did it signs in then (imposta la password).
    async fn set_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token and the password.")] input: SetPasswordInput,
    ) -> Result<SetPasswordPayload> {
        let data = data(ctx)?;
        let hashed = async {
            let account = data
                .identity
                .account_to_reset(&input.token, data.now())
                .await?;
            let hash = hash(data, &input.password, &account.email, &account.name).await?;
            Ok(hash)
        };
        let refused = |user_errors| SetPasswordPayload {
            account: None,
            user_errors,
        };
        let hash = match identity_outcome(hashed.await)? {
            Ok(hashed) => hashed,
            Err(user_errors) => return Ok(refused(user_errors)),
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let set = set_password_with_token(&transaction, &input.token, hash, data.now()).await;
        let account = match identity_outcome(set)? {
            Ok(account) => account,
            Err(user_errors) => return Ok(refused(user_errors)),
        };
        let subject = Account::global_id(data, account.id);
        let deed = Deed::to("password.set", subject.as_str());
        data.commit(transaction, &deed).await?;
        data.forget_callers();
        Ok(SetPasswordPayload {
            account: Some(Account(account)),
            user_errors: Vec::new(),
        })
    }
}

async fn change(
    data: &RequestData,
    id: municipio_domain::ids::AccountId,
    input: &ChangePasswordInput,
) -> Result<(municipio_domain::identity::Verified, String), IdentityError> {
    let account = data.identity.account(id).await?;
    let account = account.ok_or(Refusal::NoAccount)?;
    let (current, code) = (&input.current_password, input.code.as_deref());
    let verified = data
        .identity
        .verify(&account.email, current, code, data.now())
        .await?;
    let hash = hash(data, &input.password, &account.email, &account.name).await?;
    Ok((verified, hash))
}

async fn hash(
    data: &RequestData,
    password: &str,
    email: &str,
    name: &str,
) -> Result<String, IdentityError> {
    let municipality = &data.tenant.name;
    let hash = data
        .identity
        .hash_new_password(password, email, name, municipality);
    hash.await
}
