//! What administrators say of service sheets. What follows from it the keeper does: it alone writes how they stand.

use chrono::{DateTime, Utc};
use municipio_entities::{
    appio_sheet::{Column, Entity, Model},
    content_item,
};
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait},
};
use serde_json::json;
use uuid::Uuid;

use super::{AppIoSheet, KEEPER, SheetResolution, SheetSettings};
use crate::{
    content::ContentType,
    ids::{AppIoSheetId, ItemId},
    notifications::{NotificationError, NotificationRefusal, account, account_settings::is_ulid},
    outbox::{self, NewJob},
    store::{StoreError, Transaction},
};

/// How many services a municipality may have linked.
const MOST: usize = 500;
/// From how many services on that change at once all sheets are looked at: which ones need not be said.
const MANY: usize = 500;

/// A service that is to be linked.
#[derive(Clone, Debug)]
pub struct NewSheet {
    /// The service of the catalogue.
    pub item: ItemId,
    /// The service of IO, if it is known; else it is looked for by its name, and made when it is not there.
    pub io_id: Option<String>,
    /// What the catalogue does not say.
    pub settings: SheetSettings,
}

/// Links a service of the catalogue to one of IO.
///
/// # Errors
/// There is no such service, something of it is wrong, one of them is linked already, or the database failed.
pub async fn link_sheet(
    transaction: &Transaction,
    new: NewSheet,
    now: DateTime<Utc>,
) -> Result<AppIoSheet, NotificationError> {
    let account = account::hold(transaction).await?;
    account.ok_or(NotificationRefusal::NotEnabled)?;
    let mut wrong = new.settings.check();
    if new.io_id.as_deref().is_some_and(|id| !is_ulid(id)) {
        let message = "write the id of the service at IO: 26 letters and digits".to_owned();
        wrong.push(NotificationRefusal::Setting("ioServiceId", message));
    }
    if !wrong.is_empty() {
        return Err(NotificationError::Refused(wrong));
    }
    let service = Condition::all()
        .add(content_item::Column::Id.eq(new.item.0))
        .add(content_item::Column::ContentType.eq(ContentType::Service.as_str()));
    let service = transaction.one::<content_item::Entity>(service).await?;
    service.ok_or(NotificationRefusal::NotFound("service"))?;
    let there = transaction.all::<Entity>(Condition::all()).await?;
    let is_same =
        |row: &Model| row.item_id == new.item.0 || new.io_id.is_some() && row.io_id == new.io_id;
    if there.iter().any(is_same) {
        return Err(NotificationRefusal::SheetLinked.into());
    }
    if there.len() >= MOST {
        let message = format!("there are {MOST} service sheets already: unlink one first");
        return Err(NotificationRefusal::Setting("service", message).into());
    }
    let row = row(new, now)?;
    transaction.insert::<Entity>([row.clone()]).await?;
    attend(transaction, now).await?;
    Ok(AppIoSheet::of(row)?)
}

fn row(new: NewSheet, now: DateTime<Utc>) -> Result<Model, StoreError> {
    Ok(Model {
        id: AppIoSheetId::generate().0,
        tenant_id: Uuid::nil(),
        item_id: new.item.0,
        io_id: new.io_id,
        settings: json!(new.settings),
        lifecycle: None,
        reason: None,
        publication: None,
        is_pending: false,
        keeps_theirs: false,
        resolution: None,
        problem: None,
        rendered: None,
        drift: None,
        trying_hash: None,
        sent_hash: None,
        standing_hash: None,
        approved_hash: None,
        published_hash: None,
        logo_hash: None,
        failures: 0,
        looks: 0,
        due_key: Some(now.timestamp_millis()),
        look_key: None,
        touches: 0,
        looked_at: None,
        created_at: now,
        updated_at: now,
    })
}

/// Changes what the catalogue does not say of a service.
///
/// # Errors
/// There is no such sheet, something of it is wrong, or the database failed.
pub async fn update_sheet(
    transaction: &Transaction,
    id: AppIoSheetId,
    settings: SheetSettings,
    now: DateTime<Utc>,
) -> Result<AppIoSheet, NotificationError> {
    let wrong = settings.check();
    if !wrong.is_empty() {
        return Err(NotificationError::Refused(wrong));
    }
    hold(transaction, id).await?;
    let values = [
        (Column::Settings, json!(settings).into()),
        (Column::UpdatedAt, now.into()),
    ];
    write(transaction, id, values, now).await
}

/// Says what is to become of what somebody changed elsewhere.
///
/// # Errors
/// There is no such sheet, nobody changed it elsewhere, or the database failed.
pub async fn resolve_sheet(
    transaction: &Transaction,
    id: AppIoSheetId,
    resolution: SheetResolution,
    now: DateTime<Utc>,
) -> Result<AppIoSheet, NotificationError> {
    if !hold(transaction, id).await?.has_drifted() {
        return Err(NotificationRefusal::NotDrifted.into());
    }
    let values = [(Column::Resolution, Some(resolution.as_str()).into())];
    write(transaction, id, values, now).await
}

/// Has IO asked at once how a sheet stands.
///
/// # Errors
/// There is no such sheet, or the database failed.
pub async fn refresh_sheet(
    transaction: &Transaction,
    id: AppIoSheetId,
    now: DateTime<Utc>,
) -> Result<AppIoSheet, NotificationError> {
    hold(transaction, id).await?;
    let values = [
        (Column::LookKey, None::<i64>.into()),
        (Column::Failures, 0.into()),
    ];
    write(transaction, id, values, now).await
}

/// Unlinks a service, and gives the link as it was. What stands at IO stays as it is.
///
/// # Errors
/// There is no such sheet, or the database failed.
pub async fn unlink_sheet(
    transaction: &Transaction,
    id: AppIoSheetId,
) -> Result<AppIoSheet, NotificationError> {
    let sheet = hold(transaction, id).await?;
    transaction.delete::<Entity>(Column::Id.eq(id.0)).await?;
    Ok(sheet)
}

/// Something public changed that sheets may be made of: has them looked at. To be called by who holds the log of changes.
pub(crate) async fn touch_sheets(
    transaction: &Transaction,
    changed: &[(ItemId, ContentType)],
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let (mut services, mut is_all) = (Vec::new(), false);
    for (item, content_type) in changed {
        match *content_type {
            ContentType::Service => services.push(item.0),
            ContentType::ContactPoint | ContentType::Municipality | ContentType::Asset => {
                is_all = true
            }
            _ => {}
        }
    }
    let which = match services.len() {
        _ if is_all => Condition::all(),
        0 => return Ok(false),
        MANY.. => Condition::all(),
        _ => Condition::all().add(Column::ItemId.is_in(services)),
    };
    touch(transaction, which, now).await
}

/// Has all sheets looked at: how the municipality is known to IO has changed.
pub(in crate::notifications) async fn touch_all(
    transaction: &Transaction,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if touch(transaction, Condition::all(), now).await? {
        attend(transaction, now).await?;
    }
    Ok(())
}

/// Makes sheets due; says whether there are any.
async fn touch(
    transaction: &Transaction,
    which: Condition,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let touches = Expr::col((Entity, Column::Touches));
    let values = [
        (Column::Touches, touches.add(1)),
        (Column::DueKey, Expr::value(now.timestamp_millis())),
    ];
    Ok(transaction.set::<Entity>(&values, which).await? > 0)
}

/// Has the keeper look at what is due.
pub(super) async fn attend(
    transaction: &Transaction,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    outbox::enqueue(transaction, [NewJob::catch_up(KEEPER.name)], now).await
}

async fn write(
    transaction: &Transaction,
    id: AppIoSheetId,
    values: impl IntoIterator<Item = (Column, sea_orm::Value)>,
    now: DateTime<Utc>,
) -> Result<AppIoSheet, NotificationError> {
    let this = || Condition::all().add(Column::Id.eq(id.0));
    transaction.update::<Entity>(values, this()).await?;
    touch(transaction, this(), now).await?;
    attend(transaction, now).await?;
    hold(transaction, id).await
}

/// A sheet, kept from all others until the transaction ends.
async fn hold(
    transaction: &Transaction,
    id: AppIoSheetId,
) -> Result<AppIoSheet, NotificationError> {
    let rows = transaction.hold_of::<Entity>(Column::Id, [id.0]);
    let row = rows.await?.into_iter().next();
    let row = row.ok_or(NotificationRefusal::NotFound("sheet"))?;
    Ok(AppIoSheet::of(row)?)
}
