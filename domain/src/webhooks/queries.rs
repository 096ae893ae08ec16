//! Webhooks and what they were told, to be looked at.

use municipio_entities::webhook_delivery::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, FromQueryResult, Iterable, sea_query::Query};

use super::{Delivery, DeliveryStatus, Webhook, endpoint};
use crate::{
    content::{Contents, Page, Window},
    ids::{WebhookDeliveryId, WebhookId},
    store::{StoreError, TenantStore},
};

/// Which deliveries; all when everything is left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeliveryFilter {
    /// To this address.
    pub webhook: Option<WebhookId>,
    /// That stand like this.
    pub status: Option<DeliveryStatus>,
}

/// The webhooks of a tenant, to be looked at.
#[derive(Clone, Debug)]
pub struct Webhooks {
    store: TenantStore,
}

impl From<&Contents> for Webhooks {
    fn from(contents: &Contents) -> Self {
        Self {
            store: contents.store().clone(),
        }
    }
}

impl Webhooks {
    /// All of them, in the order in which they were set up.
    ///
    /// # Errors
    /// The database failed.
    pub async fn all(&self) -> Result<Vec<Webhook>, StoreError> {
        let rows = endpoint::all(&self.store.read(), Condition::all()).await?;
        rows.into_iter().map(Webhook::of).collect()
    }

    /// A part of the list of the deliveries that match, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn deliveries(
        &self,
        filter: DeliveryFilter,
        window: &Window<WebhookDeliveryId>,
    ) -> Result<Page<Delivery, WebhookDeliveryId>, StoreError> {
        let webhook = filter.webhook.map(|id| Column::EndpointId.eq(id.0));
        let status = filter
            .status
            .map(|status| Column::Status.eq(status.as_str()));
        let mut select = Query::select();
        select
            .from(Entity)
            .columns(Column::iter().map(|column| (Entity, column)))
            .cond_where(Condition::all().add_option(webhook).add_option(status));
        window.select_down::<Entity, _>(&mut select, Column::Id, |id| id.0);
        let rows = self.store.read().rows::<Entity>(select).await?;
        let size = usize::try_from(window.size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        let deliveries = rows.iter().take(size).map(|row| {
            let delivery = Delivery::try_from(Model::from_query_result(row, "")?)?;
            Ok::<_, StoreError>((delivery.id, delivery))
        });
        Ok(Page::of(
            window,
            deliveries.collect::<Result<_, _>>()?,
            more,
        ))
    }

    /// Those of these deliveries that there are, in no order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn deliveries_among(
        &self,
        ids: &[WebhookDeliveryId],
    ) -> Result<Vec<Delivery>, StoreError> {
        let (read, ids) = (self.store.read(), ids.iter().map(|id| id.0));
        let rows = read.all_of::<Entity>(Column::Id, ids, Condition::all());
        rows.await?.into_iter().map(Delivery::try_from).collect()
    }
}
