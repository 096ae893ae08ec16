//! Sessions.

use async_graphql::{Context, Object, Result};
use chrono::{DateTime, Utc};
use municipio_domain::identity::SessionTokens;

use super::{Account, account::account};
use crate::context::data;

/// A session with its tokens, which are shown once (sessione).
pub(crate) struct Session(pub(crate) SessionTokens);

/// A session with its tokens, which are shown once (sessione).
#[Object]
impl Session {
    /// Calls the API: in the header `Authorization`, after `Bearer `.
    async fn access_token(&self) -> &str {
        self.0.access.reveal()
    }

    /// Until when it does: a quarter of an hour.
    async fn access_token_expires_at(&self) -> DateTime<Utc> {
        self.0.access_expires_at
    }

    /// Is exchanged for the next pair of tokens by `refreshSession`, once.
    async fn refresh_token(&self) -> &str {
        self.0.refresh.reveal()
    }

    /// Until when it is: seven days, and thirty days after the sign-in at the latest.
    async fn refresh_token_expires_at(&self) -> DateTime<Utc> {
        self.0.refresh_expires_at
    }

    /// Whose session it is.
    async fn account(&self, ctx: &Context<'_>) -> Option<Result<Account>> {
        let read = async || account(data(ctx)?, self.0.account).await;
        Some(read().await)
    }
}
