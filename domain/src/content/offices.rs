//! Which offices content belongs to: what somebody may do in an office, they may do in those below it.

use std::collections::{HashMap, HashSet};

use municipio_entities::{content_item, content_link};
use sea_orm::{ColumnTrait, ConnectionTrait, sea_query::Condition};

use super::{Body, ContentType};
use crate::{
    ids::ItemId,
    store::{Scope, StoreError, Transaction},
};

/// The field by which an office stands below another.
const PARENT: &str = "parent_office";

/// The offices that an item with this body belongs to at first hand: those in charge of it; an office to
/// itself too.
fn owners(id: ItemId, body: &Body) -> Vec<ItemId> {
    let mut owners = body.offices();
    if body.content_type() == ContentType::Office {
        owners.insert(0, id);
    }
    owners
}

/// The offices that items with these bodies belong to, and all those above them. Where an office stands
/// is what the public site says; of one that is not published, what its draft says. An item itself stands
/// where its body here says.
///
/// # Errors
/// The database failed.
pub async fn offices_of(
    transaction: &Transaction,
    items: &[(ItemId, &Body)],
) -> Result<Vec<Vec<ItemId>>, StoreError> {
    let first: Vec<Vec<ItemId>> = items.iter().map(|(id, body)| owners(*id, body)).collect();
    let above = above(transaction, first.iter().flatten().copied().collect()).await?;
    let items = items.iter().zip(first);
    Ok(items
        .map(|((id, _), owners)| chain(*id, owners, &above))
        .collect())
}

/// The offices right above each of these and of those above them.
async fn above(
    transaction: &Transaction,
    mut level: HashSet<ItemId>,
) -> Result<HashMap<ItemId, Vec<ItemId>>, StoreError> {
    let mut above: HashMap<ItemId, Vec<ItemId>> = HashMap::new();
    while !level.is_empty() {
        let offices: Vec<_> = level.into_iter().collect();
        above.extend(offices.iter().map(|office| (*office, Vec::new())));
        for (office, parent) in parents(transaction, &offices).await? {
            above.entry(office).or_default().push(parent);
        }
        let parents = offices.iter().flat_map(|office| &above[office]);
        level = parents
            .filter(|id| !above.contains_key(id))
            .copied()
            .collect();
    }
    Ok(above)
}

/// The owners of an item and all that is above them.
fn chain(id: ItemId, owners: Vec<ItemId>, above: &HashMap<ItemId, Vec<ItemId>>) -> Vec<ItemId> {
    let mut seen: HashSet<_> = owners.iter().copied().collect();
    let mut chain = owners;
    let mut at = 0;
    while let Some(office) = chain.get(at).copied() {
        at += 1;
        let parents = above.get(&office).filter(|_| office != id);
        let new = parents.into_iter().flatten().copied();
        let new: Vec<_> = new.filter(|parent| seen.insert(*parent)).collect();
        chain.extend(new);
    }
    chain
}

/// All offices of a municipality, and how they stand above each other.
#[derive(Clone, Debug, Default)]
pub struct OfficeTree(HashMap<ItemId, Vec<ItemId>>);

impl OfficeTree {
    /// Reads it: two statements, however many offices there are.
    pub(crate) async fn read<C: ConnectionTrait>(scope: &Scope<C>) -> Result<Self, StoreError> {
        let offices = content_item::Column::ContentType.eq(ContentType::Office.as_str());
        let items = scope.all::<content_item::Entity>(offices).await?;
        let mut above: HashMap<_, _> = items
            .iter()
            .map(|item| (ItemId(item.id), Vec::new()))
            .collect();
        for (office, parent) in above_each(scope, items).await? {
            above.entry(office).or_default().push(parent);
        }
        Ok(Self(above))
    }

    /// The offices, in no order.
    pub fn offices(&self) -> impl Iterator<Item = ItemId> {
        self.0.keys().copied()
    }

    /// An office and all those above it.
    pub fn chain(&self, office: ItemId) -> Vec<ItemId> {
        let parents = self.0.get(&office).cloned().unwrap_or_default();
        let mut chain = vec![office];
        chain.extend(parents);
        self::chain(office, chain, &self.0)
    }
}

/// The offices right above these.
async fn parents(
    transaction: &Transaction,
    offices: &[ItemId],
) -> Result<Vec<(ItemId, ItemId)>, StoreError> {
    let ids: Vec<_> = offices.iter().map(|id| id.0).collect();
    let items =
        transaction.all_of::<content_item::Entity>(content_item::Column::Id, ids, Condition::all());
    let items = items.await?;
    above_each(transaction, items).await
}

/// Each of these offices with one right above it.
async fn above_each<C: ConnectionTrait>(
    scope: &Scope<C>,
    items: Vec<content_item::Model>,
) -> Result<Vec<(ItemId, ItemId)>, StoreError> {
    let revisions: HashMap<_, _> = items
        .iter()
        .filter_map(|item| {
            let revision = item.published_revision_id.or(item.draft_revision_id)?;
            Some((revision, ItemId(item.id)))
        })
        .collect();
    let links = scope.all_of::<content_link::Entity>(
        content_link::Column::RevisionId,
        revisions.keys().copied().collect::<Vec<_>>(),
        content_link::Column::Field.eq(PARENT),
    );
    let links = links.await?.into_iter();
    Ok(links
        .filter_map(|link| {
            let office = revisions.get(&link.revision_id)?;
            Some((*office, ItemId(link.target_item_id)))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_belongs_to_its_offices_and_those_above() {
        let [a, b, c, item] = std::array::from_fn(|_| ItemId::generate());
        let above = HashMap::from([(a, vec![b]), (b, vec![c]), (c, vec![])]);
        assert_eq!(chain(item, vec![a], &above), [a, b, c]);
        assert_eq!(chain(item, vec![], &above), []);
        // An office that moves from under b to under c is not below b any more.
        assert_eq!(chain(a, vec![a, c], &above), [a, c]);
        // A circle, which drafts may make, ends.
        let circle = HashMap::from([(a, vec![b]), (b, vec![a])]);
        assert_eq!(chain(item, vec![a], &circle), [a, b]);
    }
}
