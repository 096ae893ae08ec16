//! Look-ups of notifications of one level of a query, together.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use municipio_domain::{
    ids::{AppIoServiceId, AppIoSheetId, CaseId, ItemId, MessageTemplateId, NotificationId},
    notifications::{AppIoService, AppIoSheet, MessageTemplate, Notification, Notifications},
    store::StoreError,
};

use crate::case::CaseLoader;

/// What the people of a case were told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NotificationsOf(pub(crate) CaseId);

/// The service sheet of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SheetOf(pub(crate) ItemId);

impl Loader<SheetOf> for CaseLoader {
    type Value = AppIoSheet;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[SheetOf]) -> Result<HashMap<SheetOf, AppIoSheet>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = Notifications::from(&self.0).sheets_of(&ids).await;
        let found = found.map_err(Arc::new)?.into_iter();
        Ok(found.map(|(id, sheet)| (SheetOf(id), sheet)).collect())
    }
}

impl Loader<AppIoSheetId> for CaseLoader {
    type Value = AppIoSheet;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        ids: &[AppIoSheetId],
    ) -> Result<HashMap<AppIoSheetId, AppIoSheet>, Self::Error> {
        let found = Notifications::from(&self.0).sheets_among(ids).await;
        let found = found.map_err(Arc::new)?.into_iter();
        Ok(found.map(|sheet| (sheet.id, sheet)).collect())
    }
}

impl Loader<NotificationsOf> for CaseLoader {
    type Value = Vec<Notification>;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        keys: &[NotificationsOf],
    ) -> Result<HashMap<NotificationsOf, Vec<Notification>>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = Notifications::from(&self.0).of_cases(&ids).await;
        let found = found.map_err(Arc::new)?.into_iter();
        Ok(found
            .map(|(id, notifications)| (NotificationsOf(id), notifications))
            .collect())
    }
}

impl Loader<NotificationId> for CaseLoader {
    type Value = Notification;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        ids: &[NotificationId],
    ) -> Result<HashMap<NotificationId, Notification>, Self::Error> {
        let found = Notifications::from(&self.0).among(ids).await;
        let found = found.map_err(Arc::new)?.into_iter();
        Ok(found.map(|one| (one.id, one)).collect())
    }
}

impl Loader<AppIoServiceId> for CaseLoader {
    type Value = AppIoService;
    type Error = Arc<StoreError>;

    /// A municipality has few: those that nobody asked for are read along.
    async fn load(
        &self,
        _: &[AppIoServiceId],
    ) -> Result<HashMap<AppIoServiceId, AppIoService>, Self::Error> {
        let found = Notifications::from(&self.0).services().await;
        let found = found.map_err(Arc::new)?.into_iter();
        Ok(found.map(|one| (one.id, one)).collect())
    }
}

impl Loader<MessageTemplateId> for CaseLoader {
    type Value = MessageTemplate;
    type Error = Arc<StoreError>;

    /// A municipality has few: those that nobody asked for are read along.
    async fn load(
        &self,
        _: &[MessageTemplateId],
    ) -> Result<HashMap<MessageTemplateId, MessageTemplate>, Self::Error> {
        let found = Notifications::from(&self.0).templates().await;
        let found = found.map_err(Arc::new)?.into_iter();
        Ok(found.map(|one| (one.id, one)).collect())
    }
}
