//! Publishes and takes off at a time. What is scheduled is a revision: what is written later waits for its
//! own publication.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use municipio_entities::{content_item, content_schedule};
use sea_orm::{
    ColumnTrait,
    sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query},
};
use uuid::Uuid;

use super::{
    AT_ONCE, ContentError, Target, check_is_there, held, hold, invalid, no_revision,
    publish_revision,
    release::{fire_releases, next_due_release},
    unpublish,
};
use crate::{
    audit::{self, Actor, Deed},
    content::{
        FieldError, gate, global_id,
        queries::{read_body, read_type},
    },
    ids::{ItemId, RevisionId, ScheduleId},
    store::{Database, StoreError, TenantStore, Transaction},
    tenants::{self, Tenant},
};

/// What is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScheduledAction {
    /// A revision is published.
    Publish,
    /// The item is taken off the public site.
    Unpublish,
}

impl ScheduledAction {
    fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Unpublish => "unpublish",
        }
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScheduleStatus {
    /// It is still to happen.
    Pending,
    /// It happened.
    Done,
    /// Its time came, and it was refused.
    Refused,
    /// It was called off: by somebody, by another plan, or by what was done to the item meanwhile.
    Cancelled,
}

impl ScheduleStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Something that is, or was, to happen to an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheduled {
    /// Its id.
    pub id: ScheduleId,
    /// The item.
    pub item: ItemId,
    /// What is to happen.
    pub action: ScheduledAction,
    /// The revision that is published.
    pub revision: Option<RevisionId>,
    /// When.
    pub due_at: DateTime<Utc>,
    /// What became of it.
    pub status: ScheduleStatus,
    /// Why it was refused or called off.
    pub reasons: Vec<FieldError>,
    /// Who scheduled it.
    pub author: String,
    /// When it stopped being pending.
    pub settled_at: Option<DateTime<Utc>>,
}

impl Scheduled {
    pub(in crate::content) fn from_row(row: content_schedule::Model) -> Result<Self, StoreError> {
        use {ScheduleStatus as Status, ScheduledAction as Action};
        let corrupt = |what: &str| StoreError::corrupt(format!("schedule {}", row.id), what);
        let actions = [Action::Publish, Action::Unpublish];
        let action = actions
            .into_iter()
            .find(|known| known.as_str() == row.action);
        let statuses = [
            Status::Pending,
            Status::Done,
            Status::Refused,
            Status::Cancelled,
        ];
        let status = statuses
            .into_iter()
            .find(|known| known.as_str() == row.status);
        let reasons = row.reasons.clone().map(serde_json::from_value).transpose();
        Ok(Self {
            id: ScheduleId(row.id),
            item: ItemId(row.item_id),
            action: action.ok_or_else(|| corrupt(&row.action))?,
            revision: row.revision_id.map(RevisionId),
            due_at: DateTime::from_timestamp_millis(row.due_key)
                .ok_or_else(|| corrupt("its time"))?,
            status: status.ok_or_else(|| corrupt(&row.status))?,
            reasons: reasons
                .map_err(|error| corrupt(&error.to_string()))?
                .unwrap_or_default(),
            author: row.author,
            settled_at: row.settled_at,
        })
    }
}

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
        ask_gate(transaction, &item).await?;
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
        return Err(invalid("ENDS_BEFORE_START", "expire_at", message));
    }
    if begins.is_none() && item.published_revision_id.is_none() {
        let message = "the content is not public, and nothing is scheduled to publish it";
        return Err(invalid("NOT_PUBLISHED", "expire_at", message));
    }
    Ok(())
}

/// What could not be published today is not scheduled. It is asked again when the time comes.
async fn ask_gate(
    transaction: &Transaction,
    item: &content_item::Model,
) -> Result<(), ContentError> {
    let draft = item.draft_revision_id;
    let draft = draft.ok_or_else(|| invalid("NO_DRAFT", "", "there is nothing to publish"))?;
    let mut found = super::revisions(transaction, vec![draft]).await?;
    let revision = found.remove(&draft).ok_or_else(no_revision)?;
    let body = read_body(
        read_type(&item.content_type)?,
        RevisionId(draft),
        revision.body,
    )?;
    let report = gate::publish_report(&body);
    match report.is_publishable() {
        true => Ok(()),
        false => Err(ContentError::NotPublishable(report)),
    }
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

/// An item that leaves has no plans any more.
pub(super) async fn drop_pending(
    transaction: &Transaction,
    item: &content_item::Model,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let reason = FieldError::new("RETIRED", "", "the content was archived or deleted");
    call_off(transaction, &[item.id], None, Some(&reason), now).await?;
    Ok(())
}

/// What is published now must not be overtaken by an older revision later.
pub(super) async fn supersede(
    transaction: &Transaction,
    items: &[Uuid],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let reason = FieldError::new("SUPERSEDED", "", "the content was published meanwhile");
    let action = Some(ScheduledAction::Publish);
    for items in items.chunks(AT_ONCE) {
        call_off(transaction, items, action, Some(&reason), now).await?;
    }
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
    let filter = Condition::all()
        .add(Column::ItemId.is_in(items.iter().copied()))
        .add(Column::Status.eq(ScheduleStatus::Pending.as_str()))
        .add_option(action.map(|action| Column::Action.eq(action.as_str())));
    let settled = settled(ScheduleStatus::Cancelled, reason.as_slice(), now)?;
    transaction
        .update::<content_schedule::Entity>(settled, filter)
        .await
}

type Settled = [(content_schedule::Column, sea_orm::Value); 3];

fn settled(
    status: ScheduleStatus,
    reasons: &[impl serde::Serialize],
    now: DateTime<Utc>,
) -> Result<Settled, StoreError> {
    use content_schedule::Column;
    let reasons = (!reasons.is_empty()).then(|| serde_json::to_value(reasons));
    let reasons = reasons.transpose();
    let reasons = reasons.map_err(|error| StoreError::corrupt("reasons", error))?;
    Ok([
        (Column::Status, status.as_str().into()),
        (Column::Reasons, reasons.into()),
        (Column::SettledAt, Some(now).into()),
    ])
}

/// Does everything whose time has come, in all municipalities; says when the next is due. Whoever else does
/// the same at the same time does none of it twice.
///
/// # Errors
/// The database failed; what was not done is done the next time.
pub async fn fire_due(
    database: &Database,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    for tenant in tenants::due(database, now).await? {
        let store = database.tenant(tenant.id);
        for scheduled in due(&store, now).await? {
            fire(&store, &tenant, &scheduled, now).await?;
        }
        fire_releases(&store, &tenant, now).await?;
        sleep_until_next(&store).await?;
    }
    tenants::next_due(database).await
}

async fn due(store: &TenantStore, now: DateTime<Utc>) -> Result<Vec<Scheduled>, StoreError> {
    use content_schedule::Column;
    let filter = Condition::all()
        .add(Column::Status.eq(ScheduleStatus::Pending.as_str()))
        .add(Column::DueKey.lte(now.timestamp_millis()));
    let mut rows = store.read().all::<content_schedule::Entity>(filter).await?;
    // After a downtime much may be due: in the order in which it was to happen.
    rows.sort_by_key(|row| (row.due_key, row.id));
    rows.into_iter().map(Scheduled::from_row).collect()
}

/// Does one thing. Its row is claimed in the same transaction, so that it is done once.
async fn fire(
    store: &TenantStore,
    tenant: &Tenant,
    scheduled: &Scheduled,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let transaction = store.begin().await?;
    // First the item, as everybody who writes it.
    let held = hold(&transaction, &[scheduled.item.into()]).await?;
    if !claim(&transaction, scheduled, ScheduleStatus::Done, &[], now).await? {
        return Ok(());
    }
    let outcome = match (scheduled.action, scheduled.revision) {
        (ScheduledAction::Unpublish, _) => unpublish(&transaction, scheduled.item, now).await,
        (ScheduledAction::Publish, Some(revision)) => {
            let locales = &tenant.locales;
            publish_revision(&transaction, scheduled.item, revision, locales, now)
                .await
                .map(|_| ())
        }
        (ScheduledAction::Publish, None) => Err(no_revision()),
    };
    let reasons = match outcome {
        Ok(()) => {
            let name = match scheduled.action {
                ScheduledAction::Publish => "content.publish",
                ScheduledAction::Unpublish => "content.unpublish",
            };
            write_down(&transaction, tenant, &held, scheduled, name, now).await?;
            return transaction.commit().await;
        }
        Err(ContentError::Store(error)) => return Err(error),
        // Somebody writes it at this moment: the next time.
        Err(ContentError::Conflict { .. }) => return Ok(()),
        Err(error) => reasons(error),
    };
    drop(transaction);
    let transaction = store.begin().await?;
    if claim(
        &transaction,
        scheduled,
        ScheduleStatus::Refused,
        &reasons,
        now,
    )
    .await?
    {
        let codes: Vec<_> = reasons.iter().map(|reason| reason.code.as_str()).collect();
        let name = "content.refuse_schedule";
        write_down(&transaction, tenant, &held, scheduled, name, now).await?;
        tracing::warn!(tenant = %tenant.ipa_code, item = %scheduled.item, ?codes, "a scheduled publication was refused");
        transaction.commit().await?;
    }
    Ok(())
}

/// Tells the audit log what was done, and for whom.
async fn write_down(
    transaction: &Transaction,
    tenant: &Tenant,
    held: &HashMap<ItemId, content_item::Model>,
    scheduled: &Scheduled,
    name: &'static str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Some(item) = held.get(&scheduled.item) else {
        return Ok(());
    };
    let content_type = read_type(&item.content_type)?;
    let subject = global_id(content_type, &tenant.ipa_code, scheduled.item);
    let deed = Deed::to(name, subject).with(serde_json::json!({
        "scheduled_by": scheduled.author,
        "revision": scheduled.revision,
        "due_at": scheduled.due_at,
    }));
    audit::record(transaction, &Actor::system(), &deed, now).await
}

/// Takes a thing that is pending for oneself.
async fn claim(
    transaction: &Transaction,
    scheduled: &Scheduled,
    status: ScheduleStatus,
    reasons: &[FieldError],
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    use content_schedule::Column;
    let pending = Condition::all()
        .add(Column::Id.eq(scheduled.id.0))
        .add(Column::Status.eq(ScheduleStatus::Pending.as_str()));
    let settled = settled(status, reasons, now)?;
    let claimed = transaction
        .update::<content_schedule::Entity>(settled, pending)
        .await?;
    Ok(claimed == 1)
}

/// Why something is refused, in the words of the one who scheduled it.
fn reasons(error: ContentError) -> Vec<FieldError> {
    match error {
        ContentError::Invalid(errors) => errors,
        ContentError::NotPublishable(report) => {
            let errors = report.issues.into_iter();
            let errors = errors.filter(|issue| issue.severity == gate::Severity::Error);
            errors
                .map(|issue| FieldError::new(&issue.code, issue.path, issue.message_it))
                .collect()
        }
        error => vec![FieldError::new("NOT_POSSIBLE", "", error.to_string())],
    }
}

/// Has the tenant looked at when the next of its things is due.
async fn sleep_until_next(store: &TenantStore) -> Result<(), StoreError> {
    use content_schedule::{Column, Entity};
    let transaction = store.begin().await?;
    // What is scheduled at this moment waits, and then finds the time that is set here.
    transaction.hold_wake().await?;
    let next = Alias::new("next");
    let mut select = Query::select();
    select
        .from(Entity)
        .expr_as(Func::min(Expr::col((Entity, Column::DueKey))), next)
        .and_where(Expr::col((Entity, Column::Status)).eq(ScheduleStatus::Pending.as_str()));
    let rows = transaction.rows::<Entity>(select).await?;
    let next = rows
        .first()
        .map(|row| row.try_get("", "next"))
        .transpose()?;
    let next = [next.flatten(), next_due_release(&transaction).await?];
    let next = next.into_iter().flatten().min();
    transaction.set_wake(next, Condition::all()).await?;
    transaction.commit().await
}
