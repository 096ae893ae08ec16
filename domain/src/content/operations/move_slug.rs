//! Gives an item another slug without publishing its text anew.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use municipio_entities::{content_item, content_revision, content_slug};
use sea_orm::{
    ColumnTrait,
    sea_query::{Alias, Condition, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{AT_ONCE, ContentError, Target, check_is_there, held, invalid, slugs_json};
use crate::{
    content::{
        ChangeKind, Slug, Slugs,
        changes::record,
        queries::{read_slugs, read_type},
    },
    ids::{ItemId, RevisionId},
    locale::Locale,
    store::{StoreError, Transaction},
};

/// Gives an item another slug in a locale. Its address changes at once if it is public, and the old one
/// leads to it for good; whichever revision is published from now on has the new slug.
///
/// # Errors
/// There is no such item, it is archived or deleted, its newest revision is another than expected, or the
/// slug belongs to other content.
pub async fn move_slug(
    transaction: &Transaction,
    target: impl Into<Target>,
    locale: &Locale,
    slug: &Slug,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    let item = held(transaction, target.into()).await?;
    check_is_there(&item)?;
    let is_known = is_known(transaction, &item, locale, slug).await?;
    move_in_revisions(transaction, &item, locale, slug).await?;
    let Some(public) = item.published_revision_id else {
        return Ok(());
    };
    let mut slugs = read_slugs(item.slugs.clone())?;
    if slugs.insert(locale.clone(), slug.clone()).as_ref() == Some(slug) {
        return Ok(());
    }
    if !is_known {
        let row = content_slug::Model {
            tenant_id: item.tenant_id,
            content_type: item.content_type.clone(),
            locale: locale.to_string(),
            slug: slug.to_string(),
            item_id: item.id,
            claimed_at: Some(now),
        };
        transaction.insert::<content_slug::Entity>([row]).await?;
    }
    let slugs = slugs_json(&slugs)?;
    let values = [(content_item::Column::Slugs, slugs.clone().into())];
    transaction
        .update::<content_item::Entity>(values, content_item::Column::Id.eq(item.id))
        .await?;
    let content_type = read_type(&item.content_type)?;
    let public = Some((RevisionId(public), slugs));
    let items = [(ItemId(item.id), content_type, public)];
    Ok(record(transaction, &items, ChangeKind::Published, now).await?)
}

/// Whether the item has or had the slug in this locale; refuses one that other content has or had.
async fn is_known(
    transaction: &Transaction,
    item: &content_item::Model,
    locale: &Locale,
    slug: &Slug,
) -> Result<bool, ContentError> {
    let filter = Condition::all()
        .add(content_slug::Column::ContentType.eq(item.content_type.as_str()))
        .add(content_slug::Column::Slug.eq(slug.as_str()));
    let rows = transaction.all::<content_slug::Entity>(filter).await?;
    if rows.iter().any(|row| row.item_id != item.id) {
        let message = format!("the slug «{slug}» belongs to other content, now or as a redirect");
        return Err(invalid("SLUG_TAKEN", format!("slug.{locale}"), message));
    }
    Ok(rows.iter().any(|row| row.locale == locale.as_str()))
}

/// The bodies of revisions never change; the address that one would be published under does.
async fn move_in_revisions(
    transaction: &Transaction,
    item: &content_item::Model,
    locale: &Locale,
    slug: &Slug,
) -> Result<(), StoreError> {
    use content_revision::{Column, Entity};
    let mut select = Query::select();
    select
        .from(Entity)
        .column((Entity, Column::Id))
        .expr_as(
            Expr::col((Entity, Column::Slugs)).cast_as("text"),
            Alias::new("slugs"),
        )
        .and_where(Expr::col((Entity, Column::ItemId)).eq(item.id));
    let mut moved: HashMap<Slugs, Vec<Uuid>> = HashMap::new();
    for row in transaction.rows::<Entity>(select).await? {
        let slugs: String = row.try_get("", "slugs")?;
        let slugs = serde_json::from_str(&slugs);
        let mut slugs: Slugs = slugs.map_err(|error| StoreError::corrupt("slugs", error))?;
        if slugs.insert(locale.clone(), slug.clone()).as_ref() != Some(slug) {
            moved.entry(slugs).or_default().push(row.try_get("", "id")?);
        }
    }
    for (slugs, ids) in moved {
        let slugs = slugs_json(&slugs)?;
        for ids in ids.chunks(AT_ONCE) {
            let values = [(Column::Slugs, slugs.clone().into())];
            let filter = Column::Id.is_in(ids.iter().copied());
            transaction.update::<Entity>(values, filter).await?;
        }
    }
    Ok(())
}
