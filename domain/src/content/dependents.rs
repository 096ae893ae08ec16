//! What links to an item: what changes for readers when it leaves.

use std::collections::HashMap;

use municipio_entities::{content_item, content_link, content_revision};
use sea_orm::{
    FromQueryResult, Iterable,
    sea_query::{Alias, Asterisk, Condition, Expr, ExprTrait, Query, SelectStatement},
};
use uuid::Uuid;

use super::{Contents, WorkItem};
use crate::{
    ids::{ItemId, RevisionId},
    store::StoreError,
};

/// An item that links to another.
#[derive(Clone, Debug)]
pub struct Dependent {
    /// The item that links.
    pub item: WorkItem,
    /// The fields in which its newest revision does.
    pub in_draft: Vec<String>,
    /// The fields in which the revision that readers see does.
    pub in_published: Vec<String>,
}

/// What links to an item.
#[derive(Clone, Debug, Default)]
pub struct Dependents {
    /// How many items do.
    pub total: u64,
    /// The first of them.
    pub first: Vec<Dependent>,
}

/// Links of newest and published revisions, of items that are not deleted, to these items.
fn links(targets: &[ItemId]) -> SelectStatement {
    use content_item::Column as Item;
    use content_link::Column as Link;
    use content_revision::Column as Revision;
    let link = |column| Expr::col((content_link::Entity, column));
    let revision = |column| Expr::col((content_revision::Entity, column));
    let item = |column| Expr::col((content_item::Entity, column));
    let counts = Condition::any()
        .add(item(Item::DraftRevisionId).eq(revision(Revision::Id)))
        .add(item(Item::PublishedRevisionId).eq(revision(Revision::Id)));
    Query::select()
        .from(content_link::Entity)
        .inner_join(
            content_revision::Entity,
            revision(Revision::Id).eq(link(Link::RevisionId)),
        )
        .inner_join(
            content_item::Entity,
            item(Item::Id).eq(revision(Revision::ItemId)),
        )
        .and_where(link(Link::TargetItemId).is_in(targets.iter().map(|id| id.0)))
        .and_where(item(Item::DeletedAt).is_null())
        .cond_where(counts)
        .to_owned()
}

impl Contents {
    /// What links to each of these items, published or in drafts; at most so many of each.
    ///
    /// # Errors
    /// The database failed.
    pub async fn dependents(
        &self,
        targets: &[ItemId],
        size: u64,
    ) -> Result<HashMap<ItemId, Dependents>, StoreError> {
        use content_link::{Column, Entity};
        let read = self.store().read();
        let target = (Entity, Column::TargetItemId);
        let mut count = links(targets);
        count
            .column(target)
            .expr_as(
                Expr::col((content_item::Entity, content_item::Column::Id)).count_distinct(),
                Alias::new("total"),
            )
            .group_by_col(target);
        let mut found: HashMap<ItemId, Dependents> = HashMap::new();
        for row in read.rows::<Entity>(count).await? {
            let total: i64 = row.try_get("", "total")?;
            let id = ItemId(row.try_get("", "target_item_id")?);
            found.entry(id).or_default().total = u64::try_from(total).unwrap_or_default();
        }
        if found.is_empty() {
            return Ok(found);
        }
        let mut placed = links(targets);
        placed
            .columns(content_item::Column::iter().map(|column| (content_item::Entity, column)))
            .columns([target, (Entity, Column::Field), (Entity, Column::RevisionId)])
            .expr_as(
                Expr::cust("DENSE_RANK() OVER (PARTITION BY content_link.target_item_id ORDER BY content_item.id)"),
                Alias::new("place"),
            );
        let mut select = Query::select();
        select
            .column(Asterisk)
            .from_subquery(placed, Entity)
            .and_where(Expr::col((Entity, Alias::new("place"))).lte(size));
        for row in read.rows::<Entity>(select).await? {
            let target = ItemId(row.try_get("", "target_item_id")?);
            let field: String = row.try_get("", "field")?;
            let revision = RevisionId(row.try_get::<Uuid>("", "revision_id")?);
            let item = content_item::Model::from_query_result(&row, "")?;
            let dependents = found.entry(target).or_default();
            dependents.add(WorkItem::from_row(item)?, revision, field);
        }
        Ok(found)
    }
}

impl Dependents {
    fn add(&mut self, item: WorkItem, revision: RevisionId, field: String) {
        let known = self.first.iter().position(|known| known.item.id == item.id);
        let place = known.unwrap_or_else(|| {
            self.first.push(Dependent {
                item,
                in_draft: Vec::new(),
                in_published: Vec::new(),
            });
            self.first.len() - 1
        });
        let Some(dependent) = self.first.get_mut(place) else {
            return;
        };
        let in_draft = dependent.item.draft == Some(revision);
        let in_published = dependent.item.published == Some(revision);
        let add = |fields: &mut Vec<String>| {
            if !fields.contains(&field) {
                fields.push(field.clone());
                fields.sort();
            }
        };
        if in_draft {
            add(&mut dependent.in_draft);
        }
        if in_published {
            add(&mut dependent.in_published);
        }
    }
}
