//! What every answer to a hostile request must be.

use municipio_graphql::ErrorCode;
use serde_json::Value;

use crate::wire::Answer;

/// What a request is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// With this error; or, when it is no single one, the first of them.
    Refused(&'static str),
    /// With data and no error.
    Answered,
    /// By HTTP itself, before there is a request: with this status and nothing more.
    Unread(u16),
}

/// The longest error, as JSON: a message, a place, a path, a code, an id.
const LONGEST: usize = 1_500;

/// Says what is wrong with an answer.
pub fn judge(answer: &Answer, expected: Expected) -> Result<(), String> {
    if let Expected::Unread(status) = expected {
        return match answer.status == status && answer.body.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "{} instead of {status}: {}",
                answer.status,
                shown(&answer.body)
            )),
        };
    }
    let body: Value = serde_json::from_slice(&answer.body).map_err(|error| {
        format!(
            "{}: no JSON ({error}): {}",
            answer.status,
            shown(&answer.body)
        )
    })?;
    if answer.status >= 500 {
        return Err(format!("{}: {}", answer.status, shown(&answer.body)));
    }
    let errors = errors(answer, &body)?;
    for (code, message, error) in &errors {
        sound(code, message, error)?;
    }
    let first = body.get(0).unwrap_or(&body);
    let found = match errors.first() {
        Some((code, message, _)) => format!("{code} ({message})"),
        None if first["data"].is_object() => "an answer".to_owned(),
        None => return Err(format!("neither data nor error: {}", shown(&answer.body))),
    };
    let fits = match (expected, errors.first()) {
        (Expected::Refused(wanted), Some((code, ..))) => *code == wanted,
        (Expected::Answered, None) => true,
        _ => false,
    };
    fits.then_some(())
        .ok_or_else(|| format!("{found} instead of {expected:?}"))
}

/// The errors of an answer: code, message, and all there is of it.
fn errors<'a>(
    answer: &Answer,
    body: &'a Value,
) -> Result<Vec<(&'a str, &'a str, &'a Value)>, String> {
    let text = |value: &'a Value| value.as_str().unwrap_or_default();
    if answer.media_type == "application/problem+json" {
        if body["status"] != answer.status {
            return Err(format!("{} says it is {}", answer.status, body["status"]));
        }
        return Ok(vec![(text(&body["code"]), text(&body["detail"]), body)]);
    }
    // The answers of a batch are as those of single requests.
    let answers = body
        .as_array()
        .map_or(std::slice::from_ref(body), Vec::as_slice);
    let mut errors = Vec::new();
    for answer in answers {
        let all = answer["errors"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        if all.len() > 20 {
            return Err(format!("{} errors", all.len()));
        }
        errors.extend(all.iter().map(|error| {
            (
                text(&error["extensions"]["code"]),
                text(&error["message"]),
                error,
            )
        }));
    }
    Ok(errors)
}

/// An error has a code of the catalogue, and says no more of the input than a line.
fn sound(code: &str, message: &str, error: &Value) -> Result<(), String> {
    if !ErrorCode::ALL.iter().any(|known| known.as_str() == code) {
        return Err(format!("«{code}» is not in the catalogue: {error}"));
    }
    if code == "INTERNAL" {
        return Err(format!("something failed: {error}"));
    }
    let length = message.chars().count();
    if length == 0 || length > 300 || message.contains(['\n', '\r', '\0']) {
        return Err(format!("a message of {length} characters: {message:?}"));
    }
    let whole = error.to_string().len();
    if whole > LONGEST {
        return Err(format!(
            "an error of {whole} bytes: {}",
            shown(error.to_string().as_bytes())
        ));
    }
    Ok(())
}

fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned()
}
