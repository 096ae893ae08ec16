//! Publishes and takes off at a time. What is scheduled is a revision: what is written later waits for its
//! own publication.

mod fire;
mod plan;

use chrono::{DateTime, Utc};
use municipio_entities::content_schedule;

use crate::{
    content::FieldError,
    ids::{ItemId, RevisionId, ScheduleId},
    store::StoreError,
};

pub use fire::fire_due;
pub use plan::{Plan, cancel_schedule, schedule};
pub(super) use plan::{drop_pending, supersede};

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
