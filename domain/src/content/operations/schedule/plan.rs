//! Says what is to happen to an item, and calls it off.

use chrono::{DateTime, Utc};
use municipio_entities::{content_item, content_schedule};
use sea_orm::{ColumnTrait, sea_query::Condition};
use uuid::Uuid;

use super::{ScheduleStatus, Scheduled, ScheduledAction, settled};
use crate::{
    content::{
        FieldError,
        operations::{
            AT_ONCE, ContentError, Target, ask_gate, check_is_there, held, invalid, no_revision,
            revisions,
        },
        queries::{read_body, read_type},
    },
    ids::{RevisionId, ScheduleId},
    store::{StoreError, Transaction},
};

/// When an item is to be public. What is left out stays as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plan {
    /// When its newest revision is published.
    pub publish_at: Option<DateTime<Utc>>,
    /// When it is taken off.
    pub expire_at: Option<DateTime<Utc>>,
}

/// Schedules the newest revision of an item, its end, or both, in place of what was scheduled before.
///
/// # Errors
/// There is no such item, its newest revision is another than expected, a time lies in the past, the end
/// lies before the beginning, the publishing gate refuses the revision, or nothing is there that could end.
pub async fn schedule(
    transaction: &Transaction,
    target: impl Into<Target>,
    plan: Plan,
    author: &str,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    let item = held(transaction, target.into()).await?;
    check_is_there(&item)?;
    let pending = pending(transaction, &item).await?;
    check(&item, plan, &pending, now)?;
    if plan.publish_at.is_some() {
        check_draft(transaction, &item).await?;
    }
    let steps = [
        (ScheduledAction::Publish, plan.publish_at),
        (ScheduledAction::Unpublish, plan.expire_at),
    ];
    for (action, due) in steps {
        let Some(due) = due else { continue };
        let reason = FieldError::new("REPLACED", "", "another time was set");
        call_off(transaction, &[item.id], Some(action), Some(&reason), now).await?;
        let revision = item.draft_revision_id;
        let row = content_schedule::Model {
            id: ScheduleId::generate().0,
            tenant_id: item.tenant_id,
            item_id: item.id,
            action: action.as_str().to_owned(),
            revision_id: revision.filter(|_| action == ScheduledAction::Publish),
            due_key: due.timestamp_millis(),
            status: ScheduleStatus::Pending.as_str().to_owned(),
            reasons: None,
            author: author.to_owned(),
            created_at: now,
            settled_at: None,
        };
        transaction
            .insert::<content_schedule::Entity>([row])
            .await?;
        transaction.wake_by(due.timestamp_millis()).await?;
    }
    Ok(())
}

/// What is still to happen to an item.
async fn pending(
    transaction: &Transaction,
    item: &content_item::Model,
) -> Result<Vec<Scheduled>, StoreError> {
    use content_schedule::Column;
    let filter = Condition::all()
        .add(Column::ItemId.eq(item.id))
        .add(Column::Status.eq(ScheduleStatus::Pending.as_str()));
    let rows = transaction.all::<content_schedule::Entity>(filter).await?;
    rows.into_iter().map(Scheduled::from_row).collect()
}

fn check(
    item: &content_item::Model,
    plan: Plan,
    pending: &[Scheduled],
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    let times = [
        ("publish_at", plan.publish_at),
        ("expire_at", plan.expire_at),
    ];
    if times.iter().all(|(_, time)| time.is_none()) {
        return Err(invalid(
            "MISSING",
            "",
            "give `publishAt`, `expireAt` or both",
        ));
    }
    for (field, time) in times {
        if time.is_some_and(|time| time <= now) {
            return Err(invalid("IN_THE_PAST", field, "the time is over"));
        }
    }
    let planned = |action| {
        let found = pending.iter().find(|scheduled| scheduled.action == action);
        found.map(|scheduled| scheduled.due_at)
    };
    let begins = plan.publish_at.or(planned(ScheduledAction::Publish));
    let ends = plan.expire_at.or(planned(ScheduledAction::Unpublish));
    if begins
        .zip(ends)
        .is_some_and(|(begins, ends)| ends <= begins)
    {
        let message = "the content would be taken off before it is published";
        return Err(invalid("END_BEFORE_START", "expire_at", message));
    }
    if begins.is_none() && item.published_revision_id.is_none() {
        let message = "the content is not public, and nothing is scheduled to publish it";
        return Err(invalid("NOT_PUBLISHED", "expire_at", message));
    }
    Ok(())
}

/// What could not be published today is not scheduled. It is asked again when the time comes.
async fn check_draft(
    transaction: &Transaction,
    item: &content_item::Model,
) -> Result<(), ContentError> {
    let draft = item.draft_revision_id;
    let draft = draft.ok_or_else(|| invalid("NO_DRAFT", "", "there is nothing to publish"))?;
    let mut found = revisions(transaction, vec![draft]).await?;
    let revision = found.remove(&draft).ok_or_else(no_revision)?;
    let content_type = read_type(&item.content_type)?;
    ask_gate(&read_body(content_type, RevisionId(draft), revision.body)?).map(|_| ())
}

/// Calls off what is to happen to an item: all of it, or one action. Says how much there was.
///
/// # Errors
/// There is no such item, or its newest revision is another than expected.
pub async fn cancel_schedule(
    transaction: &Transaction,
    target: impl Into<Target>,
    action: Option<ScheduledAction>,
    now: DateTime<Utc>,
) -> Result<u64, ContentError> {
    let item = held(transaction, target.into()).await?;
    Ok(call_off(transaction, &[item.id], action, None, now).await?)
}

/// Items that leave have no plans any more.
pub(in crate::content::operations) async fn drop_pending(
    transaction: &Transaction,
    items: &[Uuid],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let reason = FieldError::new("RETIRED", "", "the content was archived or deleted");
    call_off(transaction, items, None, Some(&reason), now).await?;
    Ok(())
}

/// What is published now must not be overtaken by an older revision later.
pub(in crate::content::operations) async fn supersede(
    transaction: &Transaction,
    items: &[Uuid],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let reason = FieldError::new("SUPERSEDED", "", "the content was published meanwhile");
    let action = Some(ScheduledAction::Publish);
    call_off(transaction, items, action, Some(&reason), now).await?;
    Ok(())
}

async fn call_off(
    transaction: &Transaction,
    items: &[Uuid],
    action: Option<ScheduledAction>,
    reason: Option<&FieldError>,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    use content_schedule::Column;
    let mut called_off = 0;
    for items in items.chunks(AT_ONCE) {
        let filter = Condition::all()
            .add(Column::ItemId.is_in(items.iter().copied()))
            .add(Column::Status.eq(ScheduleStatus::Pending.as_str()))
            .add_option(action.map(|action| Column::Action.eq(action.as_str())));
        let settled = settled(ScheduleStatus::Cancelled, reason.as_slice(), now)?;
        called_off += transaction
            .update::<content_schedule::Entity>(settled, filter)
            .await?;
    }
    Ok(called_off)
}
