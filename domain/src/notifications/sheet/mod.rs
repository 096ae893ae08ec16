//! Service sheets: the services of the catalogue as App IO shows them. An administrator links a service to one of IO; from
//! then on a job of the outbox keeps what stands there as the catalogue has it. What IO reviews is not changed meanwhile,
//! and what somebody changed elsewhere is told, and never written over by itself.
//!
//! Who publishes makes the sheets due that may change by it ([`touch_sheets`]), in the transaction of the change. One job
//! of a municipality looks at what is due, so that nothing is made twice at the same time.

mod content;
mod keeper;
mod keys;
mod logo;
mod mapping;
mod operations;
mod port;
mod row;
mod run;
mod settings;
mod sources;
mod step;
mod warnings;

use std::{collections::HashMap, time::Duration};

use municipio_entities::appio_sheet::Column;
use sea_orm::Condition;

pub use content::{
    SheetContent, SheetDifference, SheetLifecycle, SheetPublication, SheetResolution, SheetScope,
};
pub use keeper::SheetKeeper;
pub use mapping::{SheetSources, web_url};
pub(super) use operations::touch_all;
pub(crate) use operations::touch_sheets;
pub use operations::{
    NewSheet, link_sheet, refresh_sheet, resolve_sheet, unlink_sheet, update_sheet,
};
pub use port::{SheetAtIo, SheetTopic, Sheets};
pub use row::AppIoSheet;
pub use settings::{SheetLogo, SheetSettings};
pub use warnings::sheet_issues;

use super::Notifications;
use crate::{
    ids::{AppIoSheetId, ItemId},
    outbox::{Retries, Topic},
    store::StoreError,
};

/// The topic by which sheets are kept. When IO is asked again stands with each sheet; what stands here is for faults of our
/// own.
pub(crate) const KEEPER: Topic = Topic {
    name: "appio-sheets",
    longest: keeper::LONGEST,
    at_once: 8,
    share: 1,
    retries: Retries {
        first: Duration::from_secs(5),
        longest: Duration::from_secs(5 * 60),
        attempts: None,
        age: None,
    },
};

impl Notifications {
    /// The service sheets, in the order in which they were linked.
    ///
    /// # Errors
    /// The database failed.
    pub async fn sheets(&self) -> Result<Vec<AppIoSheet>, StoreError> {
        row::all(&self.store.read(), Condition::all()).await
    }

    /// Those of these service sheets that there are.
    ///
    /// # Errors
    /// The database failed.
    pub async fn sheets_among(&self, ids: &[AppIoSheetId]) -> Result<Vec<AppIoSheet>, StoreError> {
        let (read, ids) = (self.store.read(), ids.iter().map(|id| id.0));
        row::among(&read, Column::Id, ids).await
    }

    /// The service sheets of these services.
    ///
    /// # Errors
    /// The database failed.
    pub async fn sheets_of(
        &self,
        items: &[ItemId],
    ) -> Result<HashMap<ItemId, AppIoSheet>, StoreError> {
        let (read, ids) = (self.store.read(), items.iter().map(|id| id.0));
        let sheets = row::among(&read, Column::ItemId, ids).await?.into_iter();
        Ok(sheets.map(|sheet| (sheet.item, sheet)).collect())
    }
}
