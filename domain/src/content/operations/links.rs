//! What links of new revisions may lead to.

use std::collections::{HashMap, HashSet};

use municipio_entities::{content_item, content_link};
use sea_orm::ColumnTrait;

use super::{ContentError, Outcomes, accepted, invalid, load, refuse, revise::Revising};
use crate::{
    content::{Body, FieldError, LinkUse},
    ids::ItemId,
    store::{StoreError, Transaction},
};

/// The fields by which an item stands below another of its type.
const PARENTS: [&str; 3] = ["parent_office", "parent_page", "parent_event"];

/// Refuses revisions with links that lead nowhere, or to an item of the wrong type.
pub(super) async fn check(
    transaction: &Transaction,
    batch: &mut Outcomes<Revising>,
) -> Result<(), StoreError> {
    let links = accepted(batch).flat_map(|work| &work.links);
    let targets: HashSet<_> = links.map(|link| link.target).collect();
    let targets: Vec<_> = targets.into_iter().collect();
    let found = load(transaction, &targets).await?;
    refuse(batch, |work| {
        let links = work.links.iter();
        let errors: Vec<_> = links.filter_map(|link| wrong_link(link, &found)).collect();
        match errors.is_empty() {
            true => Ok(()),
            false => Err(ContentError::Invalid(errors)),
        }
    });
    Ok(())
}

fn wrong_link(link: &LinkUse, items: &HashMap<ItemId, content_item::Model>) -> Option<FieldError> {
    let Some(item) = items.get(&link.target) else {
        let message = format!("there is no content with the id {}", link.target);
        return Some(FieldError::new("LINK_NOT_FOUND", &link.path, message));
    };
    let found = item.content_type.as_str();
    let wanted = link.target_type?.as_str();
    (found != wanted).then(|| {
        let message = format!(
            "the content {} is of type {found}, not {wanted}",
            link.target
        );
        FieldError::new("LINK_WRONG_TYPE", &link.path, message)
    })
}

/// Refuses offices, pages and events that would stand above themselves.
pub(super) async fn check_circles(
    transaction: &Transaction,
    batch: &mut Outcomes<Revising>,
) -> Result<(), StoreError> {
    let parents = accepted(batch).filter_map(|work| parent(&work.draft.body));
    let parents: Vec<_> = parents.map(|(_, parent)| parent).collect();
    let mut above = above(transaction, parents).await?;
    refuse(batch, |work| {
        let id = ItemId(work.item.id);
        let parent = parent(&work.draft.body);
        if let Some((field, parent)) = parent {
            check_circle(id, field, parent, &above)?;
        }
        // Those that come after it in the batch see where it stands now.
        above.insert(id, parent.map(|(_, parent)| parent));
        Ok(())
    });
    Ok(())
}

fn check_circle(
    id: ItemId,
    field: &str,
    parent: ItemId,
    above: &HashMap<ItemId, Option<ItemId>>,
) -> Result<(), ContentError> {
    let mut seen = HashSet::from([id]);
    let mut next = Some(parent);
    while let Some(parent) = next {
        if !seen.insert(parent) {
            let message = "the content would stand above itself";
            return Err(invalid("CIRCULAR_PARENT", field, message));
        }
        next = above.get(&parent).copied().flatten();
    }
    Ok(())
}

/// What the body stands below, and the field that says so.
fn parent(body: &Body) -> Option<(&'static str, ItemId)> {
    let (field, parent) = match body {
        Body::Office(office) => (PARENTS[0], office.parent_office.map(|link| link.id())),
        Body::Page(page) => (PARENTS[1], page.parent_page.map(|link| link.id())),
        Body::Event(event) => (PARENTS[2], event.parent_event.map(|link| link.id())),
        _ => return None,
    };
    Some((field, parent?))
}

/// What stands above these items in the drafts, level by level up to the top.
async fn above(
    transaction: &Transaction,
    mut level: Vec<ItemId>,
) -> Result<HashMap<ItemId, Option<ItemId>>, StoreError> {
    let mut above = HashMap::new();
    while !level.is_empty() {
        let items = load(transaction, &level).await?;
        let revisions: HashMap<_, _> = items
            .values()
            .filter_map(|item| Some((item.draft_revision_id?, ItemId(item.id))))
            .collect();
        above.extend(level.into_iter().map(|id| (id, None)));
        let links = transaction
            .all_of::<content_link::Entity>(
                content_link::Column::RevisionId,
                revisions.keys().copied(),
                content_link::Column::Field.is_in(PARENTS),
            )
            .await?;
        for link in &links {
            let parent = ItemId(link.target_item_id);
            above.insert(revisions[&link.revision_id], Some(parent));
        }
        let parents = links.iter().map(|link| ItemId(link.target_item_id));
        let parents: HashSet<_> = parents.filter(|id| !above.contains_key(id)).collect();
        level = parents.into_iter().collect();
    }
    Ok(above)
}
