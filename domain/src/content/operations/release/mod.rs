//! Releases: named sets of changes that are published together, in one transaction, and taken back together.

mod edit;
mod fire;
mod overtaken;
mod publish;
mod queries;

use std::str::FromStr;

use chrono::{DateTime, Utc};
use municipio_entities::{content_release, content_release_change};
use sea_orm::ColumnTrait;
use serde::{Deserialize, Serialize};

use super::{ContentError, invalid};
use crate::{
    content::{ContentType, FieldError},
    ids::{ItemId, ReleaseId, RevisionId},
    store::{StoreError, Transaction},
};

pub use edit::{add_to_release, create_release, remove_from_release, schedule_release};
pub(super) use fire::{due_releases, fire_release};
pub use publish::{ReleaseError, publish_release, roll_back_release};
pub(super) use queries::next_due_release;
pub use queries::released_items;

/// The most changes of a release.
pub const MOST_CHANGES: usize = 1_000;

/// What has become of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseStatus {
    /// It is being put together.
    Open,
    /// It will be published at a time.
    Scheduled,
    /// It was published.
    Published,
    /// It was to be published, and could not be; it is open again.
    Refused,
    /// It was published and taken back.
    RolledBack,
}

impl ReleaseStatus {
    const ALL: [Self; 5] = [
        Self::Open,
        Self::Scheduled,
        Self::Published,
        Self::Refused,
        Self::RolledBack,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Scheduled => "scheduled",
            Self::Published => "published",
            Self::Refused => "refused",
            Self::RolledBack => "rolled_back",
        }
    }

    /// Its changes may be changed, and it may be published.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Scheduled | Self::Refused)
    }
}

impl FromStr for ReleaseStatus {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|status| status.as_str() == name);
        let corrupt = || StoreError::corrupt("status of a release", name);
        found.copied().ok_or_else(corrupt)
    }
}

/// What a release does to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReleaseAction {
    /// A revision of it is published; the draft of that moment when none is named.
    Publish(Option<RevisionId>),
    /// It is taken off the public site.
    Unpublish,
}

/// A change of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReleaseChange {
    /// What changes.
    pub item: ItemId,
    /// How.
    pub action: ReleaseAction,
    /// It may replace a newer revision that is public by then.
    pub replaces_newer: bool,
}

/// A change as it stands in a release.
#[derive(Clone, Copy, Debug)]
pub struct ReleasedChange {
    /// The change.
    pub change: ReleaseChange,
    /// The type of the item.
    pub content_type: ContentType,
    /// The revision that was public before the release was published.
    pub previous: Option<RevisionId>,
}

/// Something that keeps a release from being published or rolled back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseIssue {
    /// The item; none for the release as a whole.
    pub item: Option<ItemId>,
    /// What it is, such as `HOW_TO_MISSING`.
    pub code: String,
    /// The field of the content; empty for the whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// A release.
#[derive(Clone, Debug)]
pub struct Release {
    /// Its id.
    pub id: ReleaseId,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub note: Option<String>,
    /// What has become of it.
    pub status: ReleaseStatus,
    /// When it will be published, while it is scheduled.
    pub due_at: Option<DateTime<Utc>>,
    /// Why it was refused the last time.
    pub report: Vec<ReleaseIssue>,
    /// Who made it.
    pub author: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was published, refused or rolled back.
    pub settled_at: Option<DateTime<Utc>>,
}

impl Release {
    /// The name of releases in global ids.
    pub const TYPE_NAME: &str = "Release";

    pub(super) fn from_row(row: content_release::Model) -> Result<Self, StoreError> {
        let report = row.report.map(serde_json::from_value).transpose();
        Ok(Self {
            id: ReleaseId(row.id),
            name: row.name,
            note: row.note,
            status: row.status.parse()?,
            due_at: row.due_key.and_then(DateTime::from_timestamp_millis),
            report: report
                .map_err(|error| StoreError::corrupt("report of a release", error))?
                .unwrap_or_default(),
            author: row.author,
            created_at: row.created_at,
            settled_at: row.settled_at,
        })
    }
}

impl ReleaseChange {
    pub(super) fn from_row(row: &content_release_change::Model) -> Result<Self, StoreError> {
        let action = match row.action.as_str() {
            "publish" => ReleaseAction::Publish(row.revision_id.map(RevisionId)),
            "unpublish" => ReleaseAction::Unpublish,
            other => return Err(StoreError::corrupt("action of a release", other)),
        };
        Ok(Self {
            item: ItemId(row.item_id),
            action,
            replaces_newer: row.replaces_newer,
        })
    }
}

/// A release that is kept from others until the transaction ends.
async fn held(transaction: &Transaction, id: ReleaseId) -> Result<Release, ContentError> {
    use content_release::{Column, Entity};
    let found = transaction.hold_of::<Entity>(Column::Id, [id.0]).await?;
    let missing = || invalid("RELEASE_NOT_FOUND", "", "there is no such release");
    let row = found.into_iter().next().ok_or_else(missing)?;
    Ok(Release::from_row(row)?)
}

/// Keeps a release from others until the transaction ends. Who writes a release and its items holds the release
/// first.
///
/// # Errors
/// There is no such release, or the database failed.
pub async fn hold_release(transaction: &Transaction, id: ReleaseId) -> Result<(), ContentError> {
    held(transaction, id).await.map(|_| ())
}

/// The same, when it may still be changed or published.
async fn open(transaction: &Transaction, id: ReleaseId) -> Result<Release, ContentError> {
    let release = held(transaction, id).await?;
    match release.status.is_open() {
        true => Ok(release),
        false => {
            let message = "the release was published already";
            Err(invalid("RELEASE_CLOSED", "", message))
        }
    }
}

/// The rows of the changes of a release, in the order of the items.
async fn rows(
    transaction: &Transaction,
    id: ReleaseId,
) -> Result<Vec<content_release_change::Model>, StoreError> {
    use content_release_change::{Column, Entity};
    let mut rows = transaction
        .all::<Entity>(Column::ReleaseId.eq(id.0))
        .await?;
    rows.sort_by_key(|row| row.item_id);
    Ok(rows)
}

/// Why an item, or the release as a whole, is not published, as issues of a release.
fn issues(
    item: Option<ItemId>,
    reasons: impl IntoIterator<Item = FieldError>,
) -> Vec<ReleaseIssue> {
    let issues = reasons.into_iter().map(|reason| ReleaseIssue {
        item,
        code: reason.code,
        path: reason.path,
        message: reason.message,
    });
    issues.collect()
}
