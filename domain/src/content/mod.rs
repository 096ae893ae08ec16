//! The content core: items, immutable revisions, links, slugs and publishing pointers, and the
//! types of content there are.

mod changes;
mod checked;
mod cursor;
mod dependents;
mod diff;
mod edit;
mod field_error;
pub mod fields;
mod gate;
mod global_id;
mod item;
mod latest;
mod link;
mod listing;
mod navigation;
mod offices;
mod operations;
mod path;
mod perspective;
mod preview;
mod quality;
mod queries;
mod registry;
pub mod review;
mod rich_text;
pub mod shape;
mod sizes;
mod slug;
mod state;
mod told;
pub mod types;
mod work;

pub use changes::{Change, ChangeKind, ChangesPart};
pub use cursor::{Cursor, InvalidCursor, OrderValue, decode_key, encode_key};
pub(crate) use cursor::{seal, unseal};
pub use dependents::{Dependent, Dependents};
pub use diff::{FieldChange, diff};
pub use edit::{Touched, merge, set_text, without_nothing};
pub use field_error::{FieldError, check_text};
use field_error::{field_errors, part_error};
pub use fields::{FileReference, ImageReference, LocalizedRichText, WebAddress, WebLink};
pub use gate::{Issue, PublishReport, Severity, linked_issues, main_site, publish_report};
pub use global_id::{global_id, global_id_of};
pub use item::{Item, Slugs};
pub use latest::{Latest, existing, latest};
pub use link::{AnyContent, Facet, Link, LinkTarget, LinkUse, Placed, Relations};
pub use listing::{Direction, Filter, ListQuery, OrderBy, Page, Window};
pub use navigation::{Menu, MenuEntry, menus};
pub use offices::{OfficeTree, offices_of};
pub use operations::{
    ContentError, Draft, LOCKED_FOR, LifeStep, Lock, MOST_CHANGES, Outcomes, Plan, Release,
    ReleaseAction, ReleaseChange, ReleaseError, ReleaseIssue, ReleaseStatus, ReleasedChange,
    ScheduleStatus, Scheduled, ScheduledAction, Target, Worker, WorkingDraft, add_to_release,
    cancel_schedule, create, create_all, create_release, duplicate, extend_occurrences, fire_due,
    hold_release, lock, move_on, move_on_all, move_slug, publish, publish_all, publish_release,
    publish_revision, purge, released_items, remove_from_release, restore_revision, revise,
    revise_all, roll_back_release, schedule, schedule_release, unlock, unpublish, unpublish_all,
    working_draft, working_drafts,
};
pub use path::{Address, parse_path, path};
pub use perspective::{MOST_ITEMS, OverlayCache, Perspective, PerspectiveError, Sight};
pub use preview::{
    LONGEST_PREVIEW, PreviewError, PreviewScope, PreviewToken, create_preview_token,
    is_preview_token, revoke_preview_token,
};
pub use quality::{Quality, SiteLink, quality};
pub(crate) use quality::{holds_personal_data, localized_texts};
pub use queries::{BodyCache, Contents, Found, OccurrenceEntry};
pub use registry::{Body, Content, ContentType, UnknownContentType};
pub use rich_text::RichText;
pub(crate) use rich_text::escaped;
pub use slug::{Slug, fold};
pub use state::ItemState;
pub use told::{ToldChange, cache_tags};
pub use work::{Revision, WorkItem, WorkQuery};

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
