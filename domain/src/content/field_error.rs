//! What is wrong with a field of the input: a code, a path, a sentence.

use serde::{Deserialize, Serialize};
use validator::{ValidationErrors, ValidationErrorsKind};

/// One wrong field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{path}: {message}")]
pub struct FieldError {
    /// Stable code, such as `UNKNOWN_FIELD` or `TOO_LONG`.
    pub code: String,
    /// Where it is: `costs[1].value`, or empty for the whole.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl FieldError {
    /// A wrong field.
    pub fn new(code: &str, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            path: path.into(),
            message: message.into(),
        }
    }

    pub(super) fn from_serde(path: String, error: serde_json::Error) -> Self {
        let message = error.to_string();
        let code = if message.starts_with("unknown field") {
            "UNKNOWN_FIELD"
        } else if message.contains("is not a code of the vocabulary") {
            "UNKNOWN_CODE"
        } else if message.contains("the text is too long") {
            "TOO_LONG"
        } else if message.contains("» is refused: ")
            || message.contains("» of an image or embed is refused")
        {
            "UNSAFE_LINK"
        } else {
            "INVALID_VALUE"
        };
        let path = if path == "." { String::new() } else { path };
        Self::new(code, path, message)
    }
}

/// Checks a text that is not part of content, such as a note or a comment.
///
/// # Errors
/// It has more characters than that, or U+0000, which PostgreSQL does not keep.
pub fn check_text(text: &str, most: usize, path: &str) -> Result<(), FieldError> {
    if text.contains('\0') {
        let message = "a text has no character U+0000";
        return Err(FieldError::new("INVALID_VALUE", path, message));
    }
    if text.chars().count() > most {
        let message = format!("the text has more than {most} characters");
        return Err(FieldError::new("TOO_LONG", path, message));
    }
    Ok(())
}

/// Flattens the nested errors of `validator` into a list with paths.
pub(super) fn field_errors(errors: &ValidationErrors) -> Vec<FieldError> {
    let mut found = Vec::new();
    collect(errors, "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(errors: &ValidationErrors, prefix: &str, found: &mut Vec<FieldError>) {
    for (field, kind) in errors.errors() {
        let path = match (prefix, field.as_ref()) {
            (prefix, "__all__") => prefix.to_owned(),
            ("", field) => field.to_owned(),
            (prefix, field) => format!("{prefix}.{field}"),
        };
        match kind {
            ValidationErrorsKind::Field(errors) => {
                found.extend(errors.iter().map(|error| {
                    let code = match error.code.as_ref() {
                        "length" => "TOO_LONG",
                        "range" => "OUT_OF_RANGE",
                        code => code,
                    };
                    let message = error.message.as_deref().unwrap_or("is not valid");
                    // A check of a whole structure names the part that is wrong.
                    let path = match error.params.get("path").and_then(|part| part.as_str()) {
                        Some(part) => format!("{path}.{part}"),
                        None => path.clone(),
                    };
                    FieldError::new(code, path, message)
                }));
            }
            ValidationErrorsKind::Struct(errors) => collect(errors, &path, found),
            ValidationErrorsKind::List(items) => {
                for (index, errors) in items {
                    collect(errors, &format!("{path}[{index}]"), found);
                }
            }
        }
    }
}

/// An error of `validator` about a part of a structure.
pub(super) fn part_error(
    code: &'static str,
    error: crate::time::FieldError,
) -> validator::ValidationError {
    let mut wrong = validator::ValidationError::new(code).with_message(error.message.into());
    wrong.add_param("path".into(), &error.path);
    wrong
}
