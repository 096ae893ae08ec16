//! What is needed to tell citizens of what happens in their cases, for who manages the settings, and the services that
//! citizens see in App IO.

use async_graphql::{Context, Object, Result};

use crate::{
    connection::Part,
    identity::List,
    notification::{AppIo, AppIoSheet, MessageTemplate, NotificationStatistics},
};

#[derive(Default)]
pub(crate) struct NotificationQuery;

#[Object]
impl NotificationQuery {
    /// How the municipality is known to App IO; for callers who manage the settings (configurazione di App IO).
    async fn app_io(&self, ctx: &Context<'_>) -> Option<Result<AppIo>> {
        Some(AppIo::read(ctx).await)
    }

    /// The services that are linked to App IO, in the order in which they were linked; for callers who may read drafts of
    /// services (schede servizio su App IO).
    async fn app_io_sheets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this place.")] before: Option<String>,
    ) -> Option<Result<List<AppIoSheet>>> {
        let part = Part::new(first, after, last, before);
        Some(AppIoSheet::list(ctx, part).await)
    }

    /// What citizens are written when something happens in their cases, in the order in which it was written; for callers
    /// who manage the settings (modelli di messaggio).
    async fn message_templates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this place.")] before: Option<String>,
    ) -> Option<Result<List<MessageTemplate>>> {
        let part = Part::new(first, after, last, before);
        Some(MessageTemplate::list(ctx, part).await)
    }

    /// How many notifications stand how, by what happened; for callers who manage the settings (statistiche delle
    /// notifiche).
    async fn notification_statistics(
        &self,
        ctx: &Context<'_>,
    ) -> Option<Result<Vec<NotificationStatistics>>> {
        Some(NotificationStatistics::all(ctx).await)
    }
}
