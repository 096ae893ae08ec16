//! What a document may cost. Everything here is decided before anything is executed, on the text
//! and on the parsed document, in time that grows with the length of the text alone: fragments are
//! measured once, however often they are spread. What passes here costs the engine little to validate.

mod conflicts;
mod cost;
mod document;
mod measure;
#[cfg(test)]
mod tests;
mod text;
mod values;

use async_graphql::{ServerError, Variables, parser::types::ExecutableDocument};
use serde_json::{Map, Value};

pub use cost::CostModel;
pub use measure::Measure;
pub use text::scan;

use crate::error::ErrorCode;

/// The limits, each with what it counts.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of the text.
    pub document: usize,
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
    /// Values in arguments and variables; a variable counts wherever it is used.
    pub values: u64,
    /// Values in one filter.
    pub filter: u64,
    /// Fields times the lengths of the lists around them, and what the database is asked.
    pub cost: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document: 64 * 1024,
            tokens: 5_000,
            depth: 16,
            fields: 2_000,
            aliases: 50,
            root_fields: 20,
            directives: 50,
            values: 10_000,
            filter: 200,
            cost: 50_000,
        }
    }
}

impl Limits {
    /// Reads the variables that were sent.
    ///
    /// # Errors
    /// They hold too many values.
    pub fn variables(&self, sent: Map<String, Value>) -> Result<Variables, ServerError> {
        let found = values::sent(&sent);
        if found > self.values {
            return Err(over(ErrorCode::TooManyValues, found, self.values, "values"));
        }
        Ok(Variables::from_json(Value::Object(sent)))
    }

    /// Measures a document and refuses what is over a limit.
    ///
    /// # Errors
    /// The limit that is exceeded, with its own code; or what makes the document invalid, when the
    /// engine would list it at length.
    pub fn admit(
        &self,
        document: &ExecutableDocument,
        variables: &Variables,
        model: &CostModel,
    ) -> Result<Measure, ServerError> {
        let measure = document::measure(document, variables, model)?;
        self.check(&measure)?;
        conflicts::check(document, self.fields)?;
        Ok(measure)
    }

    fn check(&self, measure: &Measure) -> Result<(), ServerError> {
        use ErrorCode::{
            FilterTooLarge, TooDeep, TooExpensive, TooManyAliases, TooManyDirectives,
            TooManyFields, TooManyRootFields, TooManyValues,
        };
        let depth = measure.depth as u64;
        let limits = [
            (TooDeep, depth, self.depth as u64, "levels"),
            (TooManyFields, measure.fields, self.fields, "fields"),
            (TooManyAliases, measure.aliases, self.aliases, "aliases"),
            (
                TooManyRootFields,
                measure.root_fields,
                self.root_fields,
                "fields at the root",
            ),
            (
                TooManyDirectives,
                measure.directives,
                self.directives,
                "directives",
            ),
            (
                FilterTooLarge,
                measure.filter,
                self.filter,
                "values in one filter",
            ),
            (TooManyValues, measure.values, self.values, "values"),
            (TooExpensive, measure.cost, self.cost, "as its cost"),
        ];
        for (code, found, limit, what) in limits {
            if found > limit {
                return Err(over(code, found, limit, what));
            }
        }
        Ok(())
    }
}

fn over(code: ErrorCode, found: u64, limit: u64, what: &str) -> ServerError {
    code.refuse(format!(
        "the query has {found} {what}; at most {limit} are allowed"
    ))
}
