//! What an application says, as the JSON Schema of its procedure wants it.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// The longest schema, in bytes.
const LONGEST: usize = 100_000;
/// How many faults of an application are told at once.
const TOLD: usize = 50;

/// Something that is wrong in an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormError {
    /// Where it is: a JSON Pointer (RFC 6901), empty for the whole.
    pub pointer: String,
    /// What is wrong, without what was written there: that is nobody's business but the applicant's.
    pub message: String,
}

/// Reads a schema. It refers to nothing outside itself, and its patterns are matched in linear time.
pub(super) fn read(schema: &str) -> Result<Validator, String> {
    if schema.len() > LONGEST {
        return Err(format!("a schema has at most {LONGEST} bytes"));
    }
    let schema: Value = serde_json::from_str(schema).map_err(|error| error.to_string())?;
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex())
        .build(&schema)
        .map_err(|error| error.to_string())
}

/// Whether an application says what the schema wants.
///
/// # Errors
/// What is wrong with it; of a schema that cannot be read, why.
pub fn check_form(schema: &str, data: &Value) -> Result<(), Vec<FormError>> {
    let validator = read(schema).map_err(|message| {
        let pointer = String::new();
        vec![FormError { pointer, message }]
    })?;
    let errors = validator.iter_errors(data).take(TOLD);
    let errors: Vec<_> = errors
        .map(|error| FormError {
            pointer: error.instance_path().to_string(),
            message: error.masked().to_string(),
        })
        .collect();
    match errors.is_empty() {
        true => Ok(()),
        false => Err(errors),
    }
}
