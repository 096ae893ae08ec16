//! What waits for somebody.

use std::collections::{HashMap, HashSet};

use municipio_entities::{content_item, content_review, content_revision};
use sea_orm::{
    Condition, FromQueryResult, Iterable,
    sea_query::{Expr, ExprTrait, Order, Query, SelectStatement},
};

use super::{Review, ReviewState, operations};
use crate::{
    content::{ContentType, Contents, WorkItem},
    ids::ItemId,
    store::StoreError,
};

/// An item with its review.
#[derive(Clone, Debug)]
pub struct Reviewed {
    /// The item.
    pub item: WorkItem,
    /// Its review, if it was ever submitted.
    pub review: Option<Review>,
}

/// What waits for somebody, as [`Caller::author`](crate::identity::Caller::author) writes them.
#[derive(Clone, Debug)]
pub enum WorkList<'a> {
    /// Submitted, and assigned to them.
    AssignedTo(&'a str),
    /// Submitted by others, and assigned to nobody; of these types.
    WaitingFor(&'a str, &'a [ContentType]),
    /// Sent back to them, and not changed since.
    RejectedTo(&'a str),
    /// Written by them, and not published.
    DraftsOf(&'a str),
}

fn item(column: content_item::Column) -> Expr {
    Expr::col((content_item::Entity, column))
}

fn review(column: content_review::Column) -> Expr {
    Expr::col((content_review::Entity, column))
}

impl WorkList<'_> {
    fn select(&self, size: u64) -> SelectStatement {
        use content_item::Column;
        let mut select = Query::select();
        select
            .from(content_item::Entity)
            .columns(Column::iter().map(|column| (content_item::Entity, column)))
            .and_where(item(Column::DeletedAt).is_null())
            .and_where(item(Column::ArchivedAt).is_null())
            .order_by((content_item::Entity, Column::EditedKey), Order::Desc)
            .order_by((content_item::Entity, Column::Id), Order::Desc)
            .limit(size);
        match self {
            Self::DraftsOf(author) => Self::drafts(&mut select, author),
            _ => self.reviewed(&mut select),
        }
        select
    }

    /// Joins the reviews; each list is a range of an index of theirs.
    fn reviewed(&self, select: &mut SelectStatement) {
        use content_review::Column;
        let state = match self {
            Self::RejectedTo(_) => ReviewState::Rejected,
            _ => ReviewState::Submitted,
        };
        let draft = item(content_item::Column::DraftRevisionId);
        select
            .inner_join(content_review::Entity, review(Column::RevisionId).eq(draft))
            .and_where(review(Column::State).eq(state.as_str()));
        let whose = match self {
            Self::AssignedTo(who) => Condition::all().add(review(Column::Assignee).eq(*who)),
            Self::RejectedTo(who) => Condition::all().add(review(Column::SubmittedBy).eq(*who)),
            Self::WaitingFor(who, types) => {
                let types = types.iter().map(|content_type| content_type.as_str());
                Condition::all()
                    .add(review(Column::Assignee).is_null())
                    .add(review(Column::SubmittedBy).ne(*who))
                    .add(item(content_item::Column::ContentType).is_in(types))
            }
            Self::DraftsOf(_) => Condition::all(),
        };
        select.cond_where(whose);
    }

    fn drafts(select: &mut SelectStatement, author: &str) {
        let revision = |column| Expr::col((content_revision::Entity, column));
        let draft = item(content_item::Column::DraftRevisionId);
        let published = item(content_item::Column::PublishedRevisionId);
        select
            .inner_join(
                content_revision::Entity,
                revision(content_revision::Column::Id).eq(draft.clone()),
            )
            .and_where(revision(content_revision::Column::Author).eq(author))
            .cond_where(
                Condition::any()
                    .add(published.clone().is_null())
                    .add(published.ne(draft)),
            );
    }
}

impl Contents {
    /// The first items of such a list, those that were edited last before the others.
    ///
    /// # Errors
    /// The database failed.
    pub async fn my_work(
        &self,
        list: &WorkList<'_>,
        size: u64,
    ) -> Result<Vec<Reviewed>, StoreError> {
        let select = list.select(size);
        let read = self.store().read();
        let rows = read.rows::<content_item::Entity>(select).await?;
        let mut items = Vec::new();
        for row in &rows {
            let row = content_item::Model::from_query_result(row, "")?;
            items.push(WorkItem::from_row(row)?);
        }
        let ids: Vec<_> = items.iter().map(|item| item.id).collect();
        let mut reviews = self.reviews(&ids).await?;
        let reviewed = items.into_iter().map(|item| Reviewed {
            review: reviews.remove(&item.id),
            item,
        });
        Ok(reviewed.collect())
    }

    /// The types that are published with four eyes alone.
    ///
    /// # Errors
    /// The database failed.
    pub async fn four_eyes(&self) -> Result<HashSet<ContentType>, StoreError> {
        operations::four_eyes(&self.store().read()).await
    }

    /// The last review of each of those of these items that were submitted.
    ///
    /// # Errors
    /// The database failed.
    pub async fn reviews(&self, ids: &[ItemId]) -> Result<HashMap<ItemId, Review>, StoreError> {
        let read = self.store().read();
        let rows = read.all_of::<content_review::Entity>(
            content_review::Column::ItemId,
            ids.iter().map(|id| id.0),
            Condition::all(),
        );
        let mut rows = rows.await?;
        rows.sort_by_key(operations::last);
        let mut reviews = HashMap::new();
        for row in rows {
            reviews.insert(ItemId(row.item_id), Review::from_row(row)?);
        }
        Ok(reviews)
    }
}
