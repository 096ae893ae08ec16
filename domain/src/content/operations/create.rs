//! Makes items without a revision: identities that others may link to.

use chrono::{DateTime, Utc};
use municipio_entities::content_item;
use sea_orm::ColumnTrait;

use super::{ContentError, Outcomes, accepted, invalid, only, refuse};
use crate::{
    content::{ContentType, ItemState},
    ids::ItemId,
    store::Transaction,
};

/// Makes an item without a revision: an identity that others may link to.
///
/// # Errors
/// The database failed, or the id is taken.
pub async fn create(
    transaction: &Transaction,
    id: ItemId,
    content_type: ContentType,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    only(create_all(transaction, &[(id, content_type)], now).await?)
}

/// Makes items without revisions.
///
/// # Errors
/// The database failed, or an id is taken; then nothing was made.
pub async fn create_all(
    transaction: &Transaction,
    items: &[(ItemId, ContentType)],
    now: DateTime<Utc>,
) -> Result<Outcomes<()>, ContentError> {
    let mut batch: Outcomes<(ItemId, ContentType)> = items.iter().copied().map(Ok).collect();
    check_settings(transaction, &mut batch).await?;
    let tenant_id = transaction.tenant_id().0;
    let rows = accepted(&batch).map(|(id, content_type)| content_item::Model {
        id: id.0,
        tenant_id,
        content_type: content_type.as_str().to_owned(),
        slugs: serde_json::json!({}),
        draft_revision_id: None,
        published_revision_id: None,
        published_at: None,
        updated_at: now,
        created_at: now,
        state: ItemState::Draft.as_str().to_owned(),
        title_key: String::new(),
        edited_key: now.timestamp_millis(),
        archived_at: None,
        deleted_at: None,
    });
    transaction.insert::<content_item::Entity>(rows).await?;
    Ok(batch.into_iter().map(|made| made.map(|_| ())).collect())
}

/// A municipality has its settings once.
async fn check_settings(
    transaction: &Transaction,
    batch: &mut Outcomes<(ItemId, ContentType)>,
) -> Result<(), ContentError> {
    let settings = ContentType::Municipality;
    if !accepted(batch).any(|(_, content_type)| *content_type == settings) {
        return Ok(());
    }
    let filter = content_item::Column::ContentType.eq(settings.as_str());
    let mut there = transaction
        .one::<content_item::Entity>(filter)
        .await?
        .is_some();
    refuse(batch, |(_, content_type)| {
        if *content_type == settings && std::mem::replace(&mut there, true) {
            let message = "the municipality has its settings already";
            return Err(invalid("ALREADY_THERE", "", message));
        }
        Ok(())
    });
    Ok(())
}
