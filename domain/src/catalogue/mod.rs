//! The service catalogue as linked data: one service sheet as schema.org JSON-LD, for the pages of
//! the portal, and as CPSV-AP 3.2 JSON-LD, for catalogues that harvest it. Pure functions of what
//! was loaded before; nothing here reads a database or the network.

mod cpsv_ap;
mod hours;
mod node;
mod schema_org;
#[cfg(test)]
mod tests;
mod view;

pub use cpsv_ap::cpsv_ap;
pub use schema_org::schema_org;
pub use view::{Linked, OfficeView, ServiceView};
