//! What IO offers to who keeps its service sheets: what the crate of integrations fills, and the double of tests answers.

use super::{SheetContent, SheetLifecycle, SheetPublication};
use crate::notifications::{ServiceKeys, port::Called};

/// The services of IO, for who manages them. The manage key says whose they are.
pub trait Sheets: Send + Sync {
    /// The topics under which services stand.
    fn topics<'a>(&'a self, key: &'a str) -> Called<'a, Vec<SheetTopic>>;

    /// Some of the services, from this place on; and how many there are.
    fn list<'a>(&'a self, key: &'a str, offset: usize) -> Called<'a, (Vec<SheetAtIo>, usize)>;

    /// The newest version of a service, if there is such a service.
    fn find<'a>(&'a self, key: &'a str, id: &'a str) -> Called<'a, Option<SheetAtIo>>;

    /// Makes a service: a new one each time.
    fn create<'a>(&'a self, key: &'a str, content: &'a SheetContent) -> Called<'a, SheetAtIo>;

    /// Writes a service; nothing when it cannot be written at the moment. `before` is what stood there: what is kept of it
    /// is what we know nothing of.
    fn update<'a>(
        &'a self,
        key: &'a str,
        before: &'a SheetAtIo,
        content: &'a SheetContent,
    ) -> Called<'a, Option<SheetAtIo>>;

    /// Submits the draft of a service to review; says whether it could be. With `is_released` citizens see it as soon as it
    /// is approved.
    fn submit<'a>(&'a self, key: &'a str, id: &'a str, is_released: bool) -> Called<'a, bool>;

    /// What citizens see of a service, or saw.
    fn published<'a>(
        &'a self,
        key: &'a str,
        id: &'a str,
    ) -> Called<'a, Option<(SheetPublication, SheetContent)>>;

    /// Lets citizens see the approved version; says whether there was one.
    fn release<'a>(&'a self, key: &'a str, id: &'a str) -> Called<'a, bool>;

    /// Takes a service out of the app.
    fn unpublish<'a>(&'a self, key: &'a str, id: &'a str) -> Called<'a, ()>;

    /// The keys with which it is written as a service.
    fn keys<'a>(&'a self, key: &'a str, id: &'a str) -> Called<'a, ServiceKeys>;

    /// Gives a service a picture: a PNG.
    fn set_logo<'a>(&'a self, key: &'a str, id: &'a str, png: &'a [u8]) -> Called<'a, ()>;
}

/// A topic under which services stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetTopic {
    /// Its id.
    pub id: i64,
    /// What it is called.
    pub name: String,
}

/// A service as it stands at IO.
#[derive(Clone, PartialEq, Eq)]
pub struct SheetAtIo {
    /// Its id.
    pub id: String,
    /// Where its newest version stands.
    pub lifecycle: SheetLifecycle,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// What it says.
    pub content: SheetContent,
    /// To whom alone it may write, beside the citizen of tests: fiscal codes.
    pub recipients: Vec<String>,
}

impl std::fmt::Debug for SheetAtIo {
    /// Without those to whom it writes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SheetAtIo({} {})", self.id, self.lifecycle.as_str())
    }
}
