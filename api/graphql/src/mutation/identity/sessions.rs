//! Signing in and out.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    audit::Deed,
    identity::{
        self, IdentityError, Refreshed, Refusal, SessionTokens, Staff, begin_session, end_session,
        refresh_session,
    },
};

use crate::{
    context::{RequestData, data},
    error::internal,
    identity::{Account, Session},
    mutation::{UserError, identity_outcome},
};

use super::staff;

#[derive(Default)]
pub(crate) struct SessionMutation;

/// Who signs in.
#[derive(InputObject)]
struct SignInInput {
    /// The e-mail address of the account.
    email: String,
    /// The password.
    #[graphql(secret)]
    password: String,
    /// The code of the second factor, or a recovery code; asked for with `SECOND_FACTOR_REQUIRED`.
    #[graphql(secret)]
    code: Option<String>,
}

/// A session that goes on.
#[derive(InputObject)]
struct RefreshSessionInput {
    /// The refresh token of the last pair.
    #[graphql(secret)]
    refresh_token: String,
}

/// A session, or why there is none.
#[derive(Default, SimpleObject)]
pub(super) struct SessionPayload {
    /// The session with its tokens; null when it was refused.
    pub(super) session: Option<Session>,
    /// Why it was refused.
    pub(super) user_errors: Vec<UserError>,
}

/// What signing out did.
#[derive(Default, SimpleObject)]
struct SignOutPayload {
    /// How many sessions ended.
    sessions: u64,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

impl SessionPayload {
    pub(super) fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            session: None,
            user_errors,
        }
    }
}

#[Object]
impl SessionMutation {
    /// Begins a session with e-mail address and password (accedi).
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs in.")] input: SignInInput,
    ) -> Result<SessionPayload> {
        let data = data(ctx)?;
        let (email, password, code) = (&input.email, &input.password, input.code.as_deref());
        let verified = data
            .identity
            .verify(email, password, code, data.now())
            .await;
        if let Err(IdentityError::Refused(Refusal::Credentials)) = verified {
            refuse(data, email).await?;
        }
        let verified = match identity_outcome(verified)? {
            Ok(verified) => verified,
            Err(user_errors) => return Ok(SessionPayload::refused(user_errors)),
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let begun = begin_session(&transaction, verified, data.now()).await;
        let tokens = match identity_outcome(begun)? {
            Ok(tokens) => tokens,
            Err(user_errors) => return Ok(SessionPayload::refused(user_errors)),
        };
        let deed = on(data, "session.begin", &tokens);
        data.commit(transaction, &deed).await?;
        Ok(SessionPayload {
            session: Some(Session(tokens)),
            user_errors: Vec::new(),
        })
    }

    /// Exchanges a refresh token for the next pair of tokens. One that was exchanged before ends the
    /// session: somebody has a copy of it.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session.")] input: RefreshSessionInput,
    ) -> Result<SessionPayload> {
        let data = data(ctx)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let refreshed = refresh_session(&transaction, &input.refresh_token, data.now()).await;
        match identity_outcome(refreshed)? {
            Ok(Refreshed::Tokens(tokens)) => {
                let deed = on(data, "session.refresh", &tokens);
                data.commit(transaction, &deed).await?;
                Ok(SessionPayload {
                    session: Some(Session(tokens)),
                    user_errors: Vec::new(),
                })
            }
            Ok(Refreshed::Reused(account)) => {
                let account = Account::global_id(data, account);
                let deed = Deed::to("session.revoke", account.as_str());
                data.commit(transaction, &deed).await?;
                data.forget_callers();
                let refused = UserError::from(&Refusal::RefreshToken);
                Ok(SessionPayload::refused(vec![refused]))
            }
            Err(user_errors) => Ok(SessionPayload::refused(user_errors)),
        }
    }

    /// Ends the session in which this is called (esci).
    async fn sign_out(&self, ctx: &Context<'_>) -> Result<SignOutPayload> {
        let data = data(ctx)?;
        let staff = staff(data)?;
        let Some(session) = staff.session else {
            return Ok(SignOutPayload::default());
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        end_session(&transaction, session).await.map_err(internal)?;
        ended(data, transaction, staff, "session.end", 1).await
    }

    /// Ends all sessions of the account (esci da tutti i dispositivi).
    async fn sign_out_everywhere(&self, ctx: &Context<'_>) -> Result<SignOutPayload> {
        let data = data(ctx)?;
        let staff = staff(data)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let sessions = identity::end_all_sessions(&transaction, staff.account).await;
        let sessions = sessions.map_err(internal)?;
        ended(data, transaction, staff, "session.end_all", sessions).await
    }
}

async fn ended(
    data: &RequestData,
    transaction: municipio_domain::store::Transaction,
    staff: &Staff,
    name: &'static str,
    sessions: u64,
) -> Result<SignOutPayload> {
    let account = Account::global_id(data, staff.account);
    data.commit(transaction, &Deed::to(name, account.as_str()))
        .await?;
    data.forget_callers();
    Ok(SignOutPayload {
        sessions,
        user_errors: Vec::new(),
    })
}

/// Writes down that somebody did not get into an account. While an address is held, or has no account, nothing is:
/// anybody could fill the log, which keeps everything. The work is the same but for the commit, so that the time
/// says little of which addresses have an account. The idempotency key is free again.
async fn refuse(data: &RequestData, email: &str) -> Result<()> {
    let account = data.identity.account_of(email).await.map_err(internal)?;
    let deed = match &account {
        Some(account) => Deed::to(
            "session.refuse",
            Account::global_id(data, account.id).as_str(),
        ),
        None => Deed::new("session.refuse"),
    };
    let transaction = data.contents.begin().await.map_err(internal)?;
    data.note(&transaction, &deed).await?;
    match account {
        Some(_) => transaction.commit().await.map_err(internal),
        None => Ok(()),
    }
}

fn on(data: &RequestData, name: &'static str, tokens: &SessionTokens) -> Deed {
    Deed::to(name, Account::global_id(data, tokens.account).as_str())
}
