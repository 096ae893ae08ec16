//! The keys of a service that is shown: with them messages are written as it.

use chrono::{DateTime, Utc};

use super::{
    AppIoSheet, SheetKeeper,
    run::{Failure, Run},
    sources::Making,
};
use crate::{
    audit::{self, Actor},
    notifications::{NewService, NotificationError, create_service},
    outbox::Fault,
    store::TenantStore,
    tenants,
};

/// The longest name of a service as which messages are written.
const NAME: usize = 100;

impl SheetKeeper {
    /// Fetches the keys of a service, and registers it as one as which messages are written.
    pub(super) async fn take_keys(
        &self,
        store: &TenantStore,
        run: &Run<'_>,
        sheet: &AppIoSheet,
        making: &Making,
        now: DateTime<Utc>,
    ) -> Result<Result<(), Failure>, Fault> {
        let id = sheet.io_id.clone().unwrap_or_default();
        let keys = match run.keys(&id).await {
            Ok(keys) => keys,
            Err(failure) => return Ok(Err(failure)),
        };
        let Some(tenant) = tenants::find(&self.notifier.database, store.tenant_id()).await? else {
            return Ok(Ok(()));
        };
        let new = NewService {
            name: making.content.name.chars().take(NAME).collect(),
            service_id: id,
            keys,
        };
        let transaction = store.begin().await?;
        let made = create_service(&transaction, &self.notifier.vault, new, now).await;
        let service = match made {
            Ok(service) => service,
            Err(NotificationError::Refused(refusals)) => {
                let refusal = NotificationError::Refused(refusals);
                return Ok(Err(Failure::Refused(refusal.to_string())));
            }
            Err(error) => return Err(error.into()),
        };
        let deed = service.deed("appio.create_service", &tenant.ipa_code);
        audit::record(&transaction, &Actor::system(), &deed, now).await?;
        transaction.commit().await?;
        Ok(Ok(()))
    }
}
