//! What a document may cost. Everything here is decided before anything is executed, on the text
//! and on the parsed document, in time that grows with the length of the text alone: fragments are
//! measured once, however often they are spread.

mod cost;
mod document;
mod text;

use async_graphql::ServerError;

pub use cost::CostModel;
pub use document::{Measure, measure};
pub use text::scan;

use crate::error::ErrorCode;

/// The limits, each with what it counts.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Tokens of the text: names, values, punctuation.
    pub tokens: usize,
    /// Levels of nested fields; introspection apart.
    pub depth: usize,
    /// Fields, fragments expanded.
    pub fields: u64,
    /// Aliases, fragments expanded.
    pub aliases: u64,
    /// Fields at the root of the operation.
    pub root_fields: u64,
    /// Directives, fragments expanded.
    pub directives: u64,
    /// Fields times the lengths of the lists around them.
    pub cost: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tokens: 5_000,
            depth: 16,
            fields: 2_000,
            aliases: 50,
            root_fields: 20,
            directives: 50,
            cost: 50_000,
        }
    }
}

impl Limits {
    /// Refuses a measured document that is over a limit.
    ///
    /// # Errors
    /// The limit that is exceeded, with its own code.
    pub fn check(&self, measure: &Measure) -> Result<(), ServerError> {
        let over = [
            (
                ErrorCode::TooDeep,
                measure.depth as u64,
                self.depth as u64,
                "levels",
            ),
            (
                ErrorCode::TooManyFields,
                measure.fields,
                self.fields,
                "fields",
            ),
            (
                ErrorCode::TooManyAliases,
                measure.aliases,
                self.aliases,
                "aliases",
            ),
            (
                ErrorCode::TooManyRootFields,
                measure.root_fields,
                self.root_fields,
                "fields at the root",
            ),
            (
                ErrorCode::TooManyDirectives,
                measure.directives,
                self.directives,
                "directives",
            ),
            (
                ErrorCode::TooExpensive,
                measure.cost,
                self.cost,
                "as its cost",
            ),
        ];
        for (code, found, limit, what) in over {
            if found > limit {
                let message = format!("the query has {found} {what}; at most {limit} are allowed");
                return Err(code.refuse(message));
            }
        }
        Ok(())
    }
}
