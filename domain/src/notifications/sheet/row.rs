//! The link between a service of the catalogue and a service of IO, and how far it has come.

use chrono::{DateTime, Utc};
use municipio_entities::appio_sheet::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
use serde::de::DeserializeOwned;
use serde_json::json;
use uuid::Uuid;

use super::{
    SheetContent, SheetDifference, SheetLifecycle, SheetPublication, SheetResolution, SheetSettings,
};
use crate::{
    audit::Deed,
    content::global_id_of,
    ids::{AppIoSheetId, ItemId},
    store::{Scope, StoreError},
    tenants::IpaCode,
};

/// The link between a service of the catalogue and a service of IO.
#[derive(Clone, Debug, PartialEq)]
pub struct AppIoSheet {
    /// Its id.
    pub id: AppIoSheetId,
    /// The service.
    pub item: ItemId,
    /// The id of the service at IO, once it has one.
    pub io_id: Option<String>,
    /// What the catalogue does not say.
    pub settings: SheetSettings,
    /// Where its newest version stands at IO.
    pub lifecycle: Option<SheetLifecycle>,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// Whether citizens see it.
    pub publication: Option<SheetPublication>,
    /// Something is to be sent, and waits for the review to end.
    pub is_pending: bool,
    /// What stands at IO was kept though it is another.
    pub keeps_theirs: bool,
    /// What is to be done with what somebody changed elsewhere, until it is done.
    pub resolution: Option<SheetResolution>,
    /// What is wrong, for people.
    pub problem: Option<String>,
    /// When IO was asked last.
    pub looked_at: Option<DateTime<Utc>>,
    /// When it was linked.
    pub created_at: DateTime<Utc>,
    /// When its settings were changed last.
    pub updated_at: DateTime<Utc>,
    /// What is to stand at IO, as it was last made of the catalogue.
    pub(super) rendered: Option<SheetContent>,
    /// What somebody changed elsewhere.
    pub(super) drift: Option<SheetContent>,
    pub(super) hashes: SheetHashes,
    pub(super) failures: u32,
    pub(super) looks: u32,
    pub(super) due_key: Option<i64>,
    pub(super) look_key: Option<i64>,
    pub(super) touches: i64,
}

/// Hashes of what was sent, and of what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SheetHashes {
    /// What is being sent: whether it arrived nobody knows until IO was asked.
    pub(super) trying: Option<String>,
    /// What was sent last.
    pub(super) sent: Option<String>,
    /// What IO said that it keeps since: it may write something in another way.
    pub(super) standing: Option<String>,
    /// What was approved last.
    pub(super) approved: Option<String>,
    /// What citizens see.
    pub(super) published: Option<String>,
    /// The picture that was sent last.
    pub(super) logo: Option<String>,
}

impl AppIoSheet {
    /// The name of service sheets in global ids.
    pub const TYPE_NAME: &str = "AppIoSheet";

    pub(super) fn of(row: Model) -> Result<Self, StoreError> {
        let count = |count: i32| u32::try_from(count).unwrap_or_default();
        Ok(Self {
            id: AppIoSheetId(row.id),
            item: ItemId(row.item_id),
            io_id: row.io_id,
            settings: read(row.settings)?,
            lifecycle: row.lifecycle.as_deref().map(str::parse).transpose()?,
            reason: row.reason,
            publication: row.publication.as_deref().map(str::parse).transpose()?,
            is_pending: row.is_pending,
            keeps_theirs: row.keeps_theirs,
            resolution: row.resolution.as_deref().map(str::parse).transpose()?,
            problem: row.problem,
            looked_at: row.looked_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            rendered: row.rendered.map(read).transpose()?,
            drift: row.drift.map(read).transpose()?,
            hashes: SheetHashes {
                trying: row.trying_hash,
                sent: row.sent_hash,
                standing: row.standing_hash,
                approved: row.approved_hash,
                published: row.published_hash,
                logo: row.logo_hash,
            },
            failures: count(row.failures),
            looks: count(row.looks),
            due_key: row.due_key,
            look_key: row.look_key,
            touches: row.touches,
        })
    }

    /// In what that which somebody changed elsewhere differs from what is here; empty when nobody did.
    pub fn drift(&self) -> Vec<SheetDifference> {
        match (&self.rendered, &self.drift) {
            (Some(ours), Some(theirs)) => ours.differences(theirs),
            (None, Some(theirs)) => SheetContent::default().differences(theirs),
            (_, None) => Vec::new(),
        }
    }

    /// Whether somebody changed it elsewhere, and nobody has said what is to become of that.
    pub fn has_drifted(&self) -> bool {
        self.drift.is_some()
    }

    /// What citizens see in the app is not what was approved last.
    pub fn is_release_due(&self) -> bool {
        let is_approved = self.lifecycle == Some(SheetLifecycle::Approved);
        let is_shown = self.publication == Some(SheetPublication::Published);
        is_approved && !(is_shown && self.hashes.published == self.hashes.approved)
    }

    /// What is written down of what was done to it.
    pub fn deed(&self, name: &'static str, municipality: &IpaCode) -> Deed {
        let id = global_id_of(Self::TYPE_NAME, municipality, self.id);
        Deed::to(name, id).with(json!({
            "service": self.item,
            "ioServiceId": self.io_id,
            "settings": self.settings,
            "resolution": self.resolution.map(SheetResolution::as_str),
        }))
    }

    /// What the keeper writes of it.
    pub(super) fn values(&self) -> Result<Vec<(Column, sea_orm::Value)>, StoreError> {
        let json = |content: &Option<SheetContent>| {
            let value = content.as_ref().map(serde_json::to_value).transpose();
            value.map_err(|error| StoreError::corrupt("service sheet", error))
        };
        let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        let hashes = self.hashes.clone();
        Ok(vec![
            (Column::IoId, self.io_id.clone().into()),
            (
                Column::Lifecycle,
                self.lifecycle.map(SheetLifecycle::as_str).into(),
            ),
            (Column::Reason, self.reason.clone().into()),
            (
                Column::Publication,
                self.publication.map(SheetPublication::as_str).into(),
            ),
            (Column::IsPending, self.is_pending.into()),
            (Column::KeepsTheirs, self.keeps_theirs.into()),
            (Column::Problem, self.problem.clone().into()),
            (Column::LookedAt, self.looked_at.into()),
            (Column::Rendered, json(&self.rendered)?.into()),
            (Column::Drift, json(&self.drift)?.into()),
            (Column::TryingHash, hashes.trying.into()),
            (Column::SentHash, hashes.sent.into()),
            (Column::StandingHash, hashes.standing.into()),
            (Column::ApprovedHash, hashes.approved.into()),
            (Column::PublishedHash, hashes.published.into()),
            (Column::LogoHash, hashes.logo.into()),
            (Column::Failures, number(self.failures).into()),
            (Column::Looks, number(self.looks).into()),
            (Column::LookKey, self.look_key.into()),
        ])
    }
}

fn read<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, StoreError> {
    serde_json::from_value(value).map_err(|error| StoreError::corrupt("service sheet", error))
}

/// The sheets that match, in the order in which they were linked.
pub(super) async fn all<C: ConnectionTrait>(
    scope: &Scope<C>,
    filter: Condition,
) -> Result<Vec<AppIoSheet>, StoreError> {
    let mut rows = scope.all::<Entity>(filter).await?;
    rows.sort_unstable_by_key(|row| row.id);
    rows.into_iter().map(AppIoSheet::of).collect()
}

/// The sheets in which a column has one of these values.
pub(super) async fn among<C: ConnectionTrait>(
    scope: &Scope<C>,
    column: Column,
    ids: impl Iterator<Item = Uuid>,
) -> Result<Vec<AppIoSheet>, StoreError> {
    let rows = scope.all_of::<Entity>(column, ids, Condition::all());
    rows.await?.into_iter().map(AppIoSheet::of).collect()
}

/// The first sheet that is due by then.
pub(super) async fn due<C: ConnectionTrait>(
    scope: &Scope<C>,
    now: DateTime<Utc>,
) -> Result<Option<AppIoSheet>, StoreError> {
    let due = Condition::all().add(Column::DueKey.lte(now.timestamp_millis()));
    let sheets = all(scope, due).await?;
    Ok(sheets
        .into_iter()
        .min_by_key(|sheet| (sheet.due_key, sheet.id)))
}
