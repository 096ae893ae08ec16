//! Notifications and what they are made with, to be looked at.

use std::collections::HashMap;

use municipio_entities::{
    appio_service,
    case_notification::{Column, Entity},
    message_template,
};
use sea_orm::{
    Condition,
    sea_query::{Alias, Expr, Func, Query},
};

use super::{
    AppIoAccount, AppIoService, MessageEvent, MessageTemplate, Notification, NotificationStatus,
    account,
};
use crate::{
    content::Contents,
    ids::{CaseId, NotificationId},
    store::{StoreError, TenantStore},
};

/// How many notifications of an event stand like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotificationCount {
    /// What happened.
    pub event: MessageEvent,
    /// How they stand.
    pub status: NotificationStatus,
    /// How many.
    pub total: u64,
}

/// The notifications of a tenant, to be looked at.
#[derive(Clone, Debug)]
pub struct Notifications {
    pub(super) store: TenantStore,
}

impl From<&Contents> for Notifications {
    fn from(contents: &Contents) -> Self {
        Self {
            store: contents.store().clone(),
        }
    }
}

impl Notifications {
    /// How the municipality is known to App IO; nothing while it is not.
    ///
    /// # Errors
    /// The database failed.
    pub async fn account(&self) -> Result<Option<AppIoAccount>, StoreError> {
        account::find(&self.store.read()).await
    }

    /// The services as which it writes, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn services(&self) -> Result<Vec<AppIoService>, StoreError> {
        let read = self.store.read();
        let rows = read.all::<appio_service::Entity>(Condition::all());
        let mut services: Vec<_> = rows.await?.into_iter().map(AppIoService::of).collect();
        services.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        Ok(services)
    }

    /// The templates, in the order in which they were written.
    ///
    /// # Errors
    /// The database failed.
    pub async fn templates(&self) -> Result<Vec<MessageTemplate>, StoreError> {
        let read = self.store.read();
        let rows = read.all::<message_template::Entity>(Condition::all());
        let mut rows = rows.await?;
        rows.sort_unstable_by_key(|row| row.id);
        rows.into_iter().map(MessageTemplate::of).collect()
    }

    /// The notifications of these cases, each with its own in the order in which they were made.
    ///
    /// # Errors
    /// The database failed.
    pub async fn of_cases(
        &self,
        cases: &[CaseId],
    ) -> Result<HashMap<CaseId, Vec<Notification>>, StoreError> {
        let mut found: HashMap<_, Vec<_>> = cases.iter().map(|id| (*id, Vec::new())).collect();
        let (read, ids) = (self.store.read(), cases.iter().map(|id| id.0));
        let rows = read.all_of::<Entity>(Column::CaseId, ids, Condition::all());
        let mut rows = rows.await?;
        rows.sort_unstable_by_key(|row| row.id);
        for row in rows {
            let notification = Notification::try_from(row)?;
            found
                .entry(notification.case)
                .or_default()
                .push(notification);
        }
        Ok(found)
    }

    /// Those of these notifications that there are, in no order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn among(&self, ids: &[NotificationId]) -> Result<Vec<Notification>, StoreError> {
        let (read, ids) = (self.store.read(), ids.iter().map(|id| id.0));
        let rows = read.all_of::<Entity>(Column::Id, ids, Condition::all());
        rows.await?
            .into_iter()
            .map(Notification::try_from)
            .collect()
    }

    /// How many notifications stand how, by what happened.
    ///
    /// # Errors
    /// The database failed.
    pub async fn counts(&self) -> Result<Vec<NotificationCount>, StoreError> {
        let (event, status) = ((Entity, Column::Event), (Entity, Column::Status));
        let select = Query::select()
            .from(Entity)
            .column(event)
            .column(status)
            .expr_as(Func::count(Expr::col(status)), Alias::new("total"))
            .group_by_columns([event, status])
            .to_owned();
        let rows = self.store.read().rows::<Entity>(select).await?;
        let mut counts = Vec::new();
        for row in &rows {
            let event: String = row.try_get("", "event")?;
            let status: String = row.try_get("", "status")?;
            let total: i64 = row.try_get("", "total")?;
            counts.push(NotificationCount {
                event: event.parse()?,
                status: status.parse()?,
                total: total.unsigned_abs(),
            });
        }
        counts.sort_by_key(|count| (count.event.as_str(), count.status.as_str()));
        Ok(counts)
    }
}
