//! Who calls, and what those read who look after accounts, webhooks and the log.

use async_graphql::{Context, ID, Object, Result};

use crate::{
    connection::Part,
    identity::{
        Account, AccountRole, ApiKey, IdentityProvider, List, Me, Permission, SignInProvider,
    },
    objects::{AuditEntryConnection, AuditEntryFilter},
    outbox::{OutboxJobConnection, OutboxJobFilter, OutboxStatistics},
    webhook::{Webhook, WebhookDeliveryConnection, WebhookDeliveryStatus},
};

#[derive(Default)]
pub(crate) struct AdministrationQuery;

#[Object]
impl AdministrationQuery {
    /// Who calls, and what they may do.
    async fn me(&self, ctx: &Context<'_>) -> Option<Result<Me>> {
        Some(Me::find(ctx))
    }

    /// The actions that roles and API keys can allow (permessi).
    async fn permissions(&self) -> Vec<Permission> {
        Permission::all()
    }

    /// The accounts, by name, for who manages them (utenze).
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this place.")] before: Option<String>,
    ) -> Option<Result<List<Account>>> {
        Some(Account::list(ctx, Part::new(first, after, last, before)).await)
    }

    /// The roles of accounts, for who manages roles or accounts (ruoli delle utenze).
    async fn account_roles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this place.")] before: Option<String>,
    ) -> Option<Result<List<AccountRole>>> {
        Some(AccountRole::list(ctx, Part::new(first, after, last, before)).await)
    }

    /// The API keys, the newest first, for who manages them (chiavi API).
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this place.")] before: Option<String>,
    ) -> Option<Result<List<ApiKey>>> {
        Some(ApiKey::list(ctx, Part::new(first, after, last, before)).await)
    }

    /// The identity providers, by name; for callers who manage the settings (fornitori di identità).
    async fn identity_providers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this place.")] before: Option<String>,
    ) -> Option<Result<List<IdentityProvider>>> {
        Some(IdentityProvider::list(ctx, Part::new(first, after, last, before)).await)
    }

    /// The identity providers through which those who work for the municipality sign in, by name (fornitori
    /// di identità per l'accesso).
    async fn sign_in_providers(&self, ctx: &Context<'_>) -> Option<Result<Vec<SignInProvider>>> {
        Some(SignInProvider::all(ctx).await)
    }

    /// The addresses that are told of events, in the order in which they were set up; for callers who manage the
    /// settings (webhook).
    async fn webhooks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this place.")] before: Option<String>,
    ) -> Option<Result<List<Webhook>>> {
        Some(Webhook::list(ctx, Part::new(first, after, last, before)).await)
    }

    /// What webhooks are and were told, newest first; for callers who manage the settings (consegne dei webhook).
    #[allow(clippy::too_many_arguments)]
    async fn webhook_deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this webhook, by its global id; of all when left out.")]
        webhook: Option<ID>,
        #[graphql(desc = "That stand like this; all when left out.")] status: Option<
            WebhookDeliveryStatus,
        >,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this place.")] before: Option<String>,
    ) -> Option<Result<WebhookDeliveryConnection>> {
        let part = Part::new(first, after, last, before);
        Some(WebhookDeliveryConnection::read(ctx, webhook, status, part).await)
    }

    /// What is to be done after changes were committed, and what was, newest first; for callers who manage the
    /// settings (lavori in uscita).
    async fn outbox_jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.")] filter: Option<OutboxJobFilter>,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this place.")] before: Option<String>,
    ) -> Option<Result<OutboxJobConnection>> {
        Some(OutboxJobConnection::read(ctx, filter, Part::new(first, after, last, before)).await)
    }

    /// How many jobs of each topic stand how, and for how long they have waited; for callers who manage the
    /// settings (statistiche dei lavori in uscita).
    async fn outbox_statistics(&self, ctx: &Context<'_>) -> Option<Result<Vec<OutboxStatistics>>> {
        Some(OutboxStatistics::all(ctx).await)
    }

    /// What was done, by whom and when, newest first: every change and every sign-in (registro delle
    /// operazioni).
    async fn audit_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.")] filter: Option<AuditEntryFilter>,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this place.")] before: Option<String>,
    ) -> Option<Result<AuditEntryConnection>> {
        Some(AuditEntryConnection::read(ctx, filter, Part::new(first, after, last, before)).await)
    }
}
