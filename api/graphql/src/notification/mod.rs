//! That citizens are told of what happens in their cases, and what is needed for it.

mod account;
mod loader;
mod object;
mod sheet;
mod template;

pub(crate) use account::{AppIo, AppIoEnvironment, AppIoService};
pub(crate) use loader::{NotificationsOf, SheetOf};
pub(crate) use object::{CaseNotification, MessageEvent, NotificationStatistics};
pub(crate) use sheet::{AppIoSheet, AppIoSheetResolution, AppIoSheetSettingsInput};
pub(crate) use template::{MessageContentInput, MessageTemplate};
