//! Accounts, as administrators manage them.

use std::collections::BTreeSet;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use municipio_domain::{
    audit::Deed,
    identity::{
        self, AccountChange, Action, EmailAddress, IdentityError, NewAccount, Refusal, Subject,
        create_account, reset_password, update_account,
    },
    store::Transaction,
};

use serde_json::json;

use super::giver;
use crate::{
    context::{RequestData, data},
    error::internal,
    identity::{Account, AccountStatus},
    mutation::{UserError, identity_outcome},
};

#[derive(Default)]
pub(crate) struct AccountMutation;

/// A new account. Its owner sets a password with the token of the payload.
#[derive(InputObject)]
struct CreateAccountInput {
    /// The e-mail address with which its owner signs in.
    email: String,
    /// The name of its owner.
    name: String,
    /// The names of its roles, such as `editor`.
    roles: Vec<String>,
}

/// What changes of an account; what is left out stays.
#[derive(InputObject)]
struct UpdateAccountInput {
    /// The account, by its global id.
    id: ID,
    /// The name of its owner.
    name: Option<String>,
    /// The names of its roles, all of them. Roles that come from groups stay, listed or not.
    roles: Option<Vec<String>>,
    /// Whether its owner may sign in; one that is suspended is signed out everywhere.
    status: Option<AccountStatus>,
}

/// Whose password is taken away.
#[derive(InputObject)]
struct ResetPasswordInput {
    /// The account, by its global id.
    id: ID,
    /// Whether its second factor is turned off too, when the authenticator is lost.
    #[graphql(default)]
    removes_second_factor: bool,
}

/// A new account, or one whose password was taken away.
#[derive(Default, SimpleObject)]
struct PasswordTokenPayload {
    /// The account; null when it was refused.
    account: Option<Account>,
    /// Sets the password once, with `setPassword`. Give it to the owner of the account; it is shown once.
    password_token: Option<String>,
    /// Until when the token is valid: 24 hours.
    password_token_expires_at: Option<DateTime<Utc>>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What changing an account did.
#[derive(Default, SimpleObject)]
struct UpdateAccountPayload {
    /// The account as it is now; null when it was refused.
    account: Option<Account>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

impl PasswordTokenPayload {
    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            user_errors,
            ..Self::default()
        }
    }
}

type Reset = (identity::Account, identity::Token, DateTime<Utc>);

#[Object]
impl AccountMutation {
    /// Makes an account (crea un'utenza).
    async fn create_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] input: CreateAccountInput,
    ) -> Result<PasswordTokenPayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManageAccounts, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let made = make(data, &transaction, input).await;
        let deed =
            |account: &identity::Account| account.deed("account.create", &data.tenant.ipa_code);
        finish_reset(data, transaction, deed, made).await
    }

    /// Changes the name, the roles or the state of an account (modifica un'utenza).
    async fn update_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: UpdateAccountInput,
    ) -> Result<UpdateAccountPayload> {
        let data = data(ctx)?;
        let id = Account::read_id(data, &input.id, "input.id")?;
        data.authorise(Action::ManageAccounts, &Subject::WHOLE)?;
        let change = AccountChange {
            name: input.name,
            roles: input.roles.map(|roles| roles.into_iter().collect()),
            status: input.status.map(Into::into),
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let changed = update_account(&transaction, giver(data)?, id, change).await;
        let account = match identity_outcome(changed)? {
            Ok(account) => account,
            Err(user_errors) => {
                return Ok(UpdateAccountPayload {
                    account: None,
                    user_errors,
                });
            }
        };
        let deed = account.deed("account.update", &data.tenant.ipa_code);
        data.commit(transaction, &deed).await?;
        data.forget_callers();
        Ok(UpdateAccountPayload {
            account: Some(Account(account)),
            user_errors: Vec::new(),
        })
    }

    /// Takes the password of an account away, ends its sessions, and gives a token with which its owner
    /// sets another one (reimposta la password).
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] input: ResetPasswordInput,
    ) -> Result<PasswordTokenPayload> {
        let data = data(ctx)?;
        let id = Account::read_id(data, &input.id, "input.id")?;
        data.authorise(Action::ManageAccounts, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let giver = giver(data)?;
        let removes = input.removes_second_factor;
        let reset = async {
            let reset = reset_password(&transaction, giver, id, removes, data.now());
            let (token, expires_at) = reset.await?;
            let account = data.identity.account(id).await?;
            Ok((account.ok_or(Refusal::NoAccount)?, token, expires_at))
        };
        let reset = reset.await;
        let deed = |account: &identity::Account| {
            let details = json!({ "removesSecondFactor": removes });
            Deed::to("password.reset", Account::global_id(data, account.id).0).with(details)
        };
        finish_reset(data, transaction, deed, reset).await
    }
}

async fn make(
    data: &RequestData,
    transaction: &Transaction,
    input: CreateAccountInput,
) -> Result<Reset, IdentityError> {
    let Some(permissions) = data.caller.permissions() else {
        return Err(identity::Denied::NotSignedIn.into());
    };
    let giver = identity::Giver::Caller(permissions);
    let new = NewAccount {
        email: input.email.parse::<EmailAddress>().map_err(Refusal::from)?,
        name: input.name,
        roles: input.roles.into_iter().collect::<BTreeSet<_>>(),
        password_hash: None,
    };
    let account = create_account(transaction, giver, new, data.now()).await?;
    let reset = reset_password(transaction, giver, account.id, false, data.now());
    let (token, expires_at) = reset.await?;
    Ok((account, token, expires_at))
}

async fn finish_reset(
    data: &RequestData,
    transaction: Transaction,
    deed: impl FnOnce(&identity::Account) -> Deed,
    done: Result<Reset, IdentityError>,
) -> Result<PasswordTokenPayload> {
    let (account, token, expires_at) = match identity_outcome(done)? {
        Ok(done) => done,
        Err(user_errors) => return Ok(PasswordTokenPayload::refused(user_errors)),
    };
    data.commit(transaction, &deed(&account)).await?;
    data.forget_callers();
    let account = data.identity.account(account.id).await.map_err(internal)?;
    Ok(PasswordTokenPayload {
        account: account.map(Account),
        password_token: Some(token.reveal().to_owned()),
        password_token_expires_at: Some(expires_at),
        user_errors: Vec::new(),
    })
}
