//! Content as those who edit it see it: where it stands, its drafts, its history and its plans.

mod dependents;
mod item;
mod list;
mod loaders;
mod review;
mod revision;
mod schedule;

pub(crate) use dependents::ContentDependents;
pub(crate) use item::{ContentItem, content_id};
pub(crate) use list::{
    ContentItemConnection, ContentItemFilter, ContentItemOrder, newest_edit_first,
};
pub(crate) use loaders::{
    DependentsOf, HistoryOf, LockOf, ReviewOf, SchedulesOf, ValidToken, WorkLoader,
};
pub(crate) use review::{ContentReview, MyWork, ReviewRule};
pub(crate) use revision::ContentRevision;
pub(crate) use schedule::{ContentLock, ScheduledActionName};
