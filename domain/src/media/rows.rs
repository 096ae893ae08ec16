//! Rows of files without what they say: text is read by who searches, and long.

use std::collections::{HashMap, HashSet};

use municipio_entities::{media_blob, media_upload, media_use};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait,
    sea_query::{Expr, ExprTrait, Func, IntoCondition, Query},
};

use super::ContentHash;
use crate::store::{Pending, Scope, StoreError, TenantStore};

/// How much of what a document says is read, in characters.
const MOST_READ: i32 = 100_000;

/// The files that match: their hashes, with what is known of them.
pub(super) fn files<C: ConnectionTrait>(
    scope: &Scope<C>,
    filter: impl IntoCondition,
) -> Pending<'_, HashMap<String, serde_json::Value>> {
    use media_blob::{Column, Entity};
    let mut select = Query::select();
    select
        .columns([(Entity, Column::Sha256), (Entity, Column::Facts)])
        .from(Entity)
        .cond_where(filter.into_condition());
    let rows = scope.rows::<Entity>(select);
    Box::pin(async move {
        let rows = rows.await?.into_iter();
        rows.map(|row| Ok::<_, StoreError>((row.try_get("", "sha256")?, row.try_get("", "facts")?)))
            .collect()
    })
}

/// The hashes of the files that match.
pub(super) fn hashes<C: ConnectionTrait>(
    scope: &Scope<C>,
    filter: impl IntoCondition,
) -> Pending<'_, HashSet<String>> {
    use media_blob::{Column, Entity};
    let mut select = Query::select();
    select
        .column((Entity, Column::Sha256))
        .from(Entity)
        .cond_where(filter.into_condition());
    let rows = scope.rows::<Entity>(select);
    Box::pin(async move {
        let rows = rows.await?.into_iter();
        rows.map(|row| Ok::<_, StoreError>(row.try_get("", "sha256")?))
            .collect()
    })
}

/// No revision uses the file.
pub(super) fn is_unused() -> Condition {
    use media_use::{Column, Entity};
    let own = |column: Column| Expr::col((Entity, column));
    let file = |column: media_blob::Column| Expr::col((media_blob::Entity, column));
    let uses = Query::select()
        .expr(Expr::value(1))
        .from(Entity)
        .and_where(own(Column::TenantId).eq(file(media_blob::Column::TenantId)))
        .and_where(own(Column::Sha256).eq(file(media_blob::Column::Sha256)))
        .to_owned();
    Condition::all().add(Expr::exists(uses).not())
}

/// One of these files.
pub(super) fn one_of(hashes: impl IntoIterator<Item = String>) -> Condition {
    Condition::all().add(media_blob::Column::Sha256.is_in(hashes))
}

/// The hash of the file that an upload became.
pub(super) fn hash_of(upload: &media_upload::Model) -> Option<String> {
    let hash = upload.file.as_ref()?.get("sha256")?.as_str()?;
    Some(hash.to_owned())
}

/// What the documents among these files say, for search: as much of it as search needs.
///
/// # Errors
/// The database failed.
pub async fn texts(
    store: &TenantStore,
    files: &[ContentHash],
) -> Result<HashMap<ContentHash, String>, StoreError> {
    use media_blob::{Column, Entity};
    let mut select = Query::select();
    select
        .column((Entity, Column::Sha256))
        .expr_as(
            Func::cust("substr")
                .arg(Expr::col((Entity, Column::Text)))
                .arg(1)
                .arg(MOST_READ),
            Column::Text,
        )
        .from(Entity)
        .cond_where(one_of(files.iter().map(ContentHash::to_string)))
        .and_where(Expr::col((Entity, Column::Text)).is_not_null());
    let rows = store.read().rows::<Entity>(select).await?;
    let mut texts = HashMap::new();
    for row in rows {
        let hash: String = row.try_get("", "sha256")?;
        let hash = hash
            .parse()
            .map_err(|error| StoreError::corrupt("hash of a file", error))?;
        texts.insert(hash, row.try_get("", "text")?);
    }
    Ok(texts)
}
