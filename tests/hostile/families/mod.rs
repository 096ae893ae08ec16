//! The hostile requests, by what they attack.

mod addresses;
mod aliases;
mod arguments;
mod batches;
mod bodies;
mod costly;
mod directives;
mod documents;
mod fragments;
mod headers;
mod introspection;
mod nesting;
mod persisted;
mod perspectives;
mod rest;
mod text;
mod values;

use crate::verdict::Expected;

/// A hostile request.
pub struct Case {
    /// What it does, beginning with its family.
    pub name: String,
    pub expected: Expected,
    request: Box<dyn Fn() -> Vec<u8> + Send + Sync>,
}

impl Case {
    /// The request as bytes.
    pub fn request(&self) -> Vec<u8> {
        (self.request)()
    }
}

/// The requests of one family.
pub struct Family {
    name: &'static str,
    cases: Vec<Case>,
}

impl Family {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            cases: Vec::new(),
        }
    }

    /// A request that is refused with this code.
    fn refused(
        self,
        code: &'static str,
        name: &str,
        request: impl Fn() -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        self.case(Expected::Refused(code), name, request)
    }

    /// A request that does no harm.
    fn answered(self, name: &str, request: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Self {
        self.case(Expected::Answered, name, request)
    }

    /// A request that is none to HTTP.
    fn unread(
        self,
        status: u16,
        name: &str,
        request: impl Fn() -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        self.case(Expected::Unread(status), name, request)
    }

    fn case(
        mut self,
        expected: Expected,
        name: &str,
        request: impl Fn() -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        self.cases.push(Case {
            name: format!("{}: {name}", self.name),
            expected,
            request: Box::new(request),
        });
        self
    }
}

/// All of them.
pub fn all() -> Vec<Case> {
    let families = [
        addresses::family(),
        aliases::family(),
        arguments::family(),
        batches::family(),
        bodies::family(),
        costly::family(),
        directives::family(),
        documents::family(),
        fragments::family(),
        headers::family(),
        introspection::family(),
        nesting::family(),
        persisted::family(),
        perspectives::family(),
        rest::family(),
        text::family(),
        values::family(),
    ];
    families
        .into_iter()
        .flat_map(|family| family.cases)
        .collect()
}
