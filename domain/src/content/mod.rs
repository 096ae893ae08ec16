//! The content core: items, immutable revisions, links, slugs and publishing pointers, and the
//! types of content there are.

mod changes;
mod cursor;
mod field_error;
pub mod fields;
mod gate;
mod item;
mod latest;
mod link;
mod listing;
mod navigation;
mod operations;
mod path;
mod perspective;
mod queries;
mod registry;
mod rich_text;
mod sizes;
mod slug;
pub mod types;

pub use changes::{Change, ChangeKind};
pub use cursor::{Cursor, InvalidCursor, OrderValue};
pub use field_error::FieldError;
use field_error::{field_errors, part_error};
pub use fields::{FileReference, ImageReference, LocalizedRichText, WebAddress, WebLink};
pub use gate::{Issue, PublishReport, Severity, linked_issues, main_site, publish_report};
pub use item::{Item, Slugs};
pub use latest::{Latest, existing, latest};
pub use link::{AnyContent, Facet, Link, LinkTarget, LinkUse, Relations};
pub use listing::{Direction, Filter, ListQuery, OrderBy, Page, Window};
pub use navigation::{Menu, MenuEntry, menus};
pub use operations::{
    ContentError, Draft, Outcomes, Target, create, create_all, extend_occurrences, publish,
    publish_all, revise, revise_all, unpublish,
};
pub use path::{Address, parse_path, path};
pub use perspective::{MOST_ITEMS, OverlayCache, Perspective, PerspectiveError, Sight};
pub use queries::{BodyCache, Contents, Found, OccurrenceEntry};
pub use registry::{Body, Content, ContentType, UnknownContentType};
pub use rich_text::RichText;
pub use slug::{Slug, fold};

use crate::time::{EventSchedule, OpeningHours};

/// Checks opening hours; used by every type that has them.
pub(crate) fn valid_hours(hours: &OpeningHours) -> Result<(), validator::ValidationError> {
    hours
        .validate()
        .map_err(|error| part_error("INVALID_HOURS", error))
}

/// Checks when an event takes place.
pub(crate) fn valid_schedule(schedule: &EventSchedule) -> Result<(), validator::ValidationError> {
    schedule
        .validate()
        .map_err(|error| part_error("INVALID_SCHEDULE", error))
}
