//! The query roots, one file for each family: what everyone may read, and what those read who signed in.

mod administration;
mod cases;
mod citizen;
mod content;
mod node;
mod notification;
mod site;
mod work;

use async_graphql::MergedObject;

/// Everything that can be read of a municipality: what is public by everyone, the rest by those who may.
#[derive(MergedObject, Default)]
pub struct Query(
    content::ContentQuery,
    site::SiteQuery,
    node::NodeQuery,
    work::WorkQuery,
    administration::AdministrationQuery,
    cases::CaseQuery,
    citizen::CitizenQuery,
    notification::NotificationQuery,
);
