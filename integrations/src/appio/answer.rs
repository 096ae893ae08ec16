//! What the answers of IO mean. Errors come from IO itself as problem details, or from the gateway before it, with a
//! message. Nothing of them is kept that could tell of people: a `detail` may.

use std::time::Duration;

use municipio_domain::{
    notifications::{CallError, CallFault},
    outgoing::{Answer, OutgoingError},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::RETRY_AFTER;

/// How long IO is left alone when it does not say how long.
const USUAL: Duration = Duration::from_secs(5);
/// How long it may ask to be left alone.
const LONGEST: u64 = 600;
/// The longest title of a problem that is kept.
const TITLE: usize = 100;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    /// Of a problem of IO.
    title: Option<String>,
    /// Of the gateway.
    message: Option<String>,
}

/// Reads an answer of this status, or what went wrong.
pub(super) fn read<T: DeserializeOwned>(
    answered: Result<Answer, OutgoingError>,
    expected: u16,
) -> Result<T, CallError> {
    let answer = answered.map_err(|error| unanswered(&error))?;
    if answer.status != expected {
        return Err(refused(&answer));
    }
    serde_json::from_slice(&answer.body).map_err(|_| CallError {
        fault: CallFault::Unknown,
        problem: format!("IO answered {expected} with something else than was expected"),
    })
}

/// The same of an answer without content.
pub(super) fn done(
    answered: Result<Answer, OutgoingError>,
    expected: u16,
) -> Result<(), CallError> {
    let answer = answered.map_err(|error| unanswered(&error))?;
    match answer.status == expected {
        true => Ok(()),
        false => Err(refused(&answer)),
    }
}

/// What went wrong when there was no answer. The address is left out: it may name a citizen.
fn unanswered(error: &OutgoingError) -> CallError {
    let (fault, problem) = match error {
        OutgoingError::Unreached(..) => (CallFault::Failed, "IO cannot be reached"),
        OutgoingError::Insecure(_) | OutgoingError::Internal(_) => {
            (CallFault::Failed, "the address of IO may not be called")
        }
        OutgoingError::TooLarge(_) => (CallFault::Unknown, "IO answered too much"),
        OutgoingError::Failed(..) => (CallFault::Unknown, "IO did not answer in time"),
    };
    CallError {
        fault,
        problem: problem.to_owned(),
    }
}

/// What an answer means that is none of those that were hoped for.
fn refused(answer: &Answer) -> CallError {
    let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
    let fault = match answer.status {
        429 => CallFault::Throttled(retry_after(answer, refusal.message.as_deref())),
        401 => CallFault::Unauthorised,
        500.. => CallFault::Failed,
        _ => CallFault::Refused,
    };
    let is_plain = |letter: &char| !letter.is_control();
    let title: String = refusal
        .title
        .unwrap_or_default()
        .chars()
        .filter(is_plain)
        .take(TITLE)
        .collect();
    let status = answer.status;
    let problem = format!("IO answered {status} {title}")
        .trim_end()
        .to_owned();
    CallError { fault, problem }
}

/// How long IO wants to be left alone: its own header, or what the gateway writes.
fn retry_after(answer: &Answer, message: Option<&str>) -> Duration {
    let header = answer.headers.get(RETRY_AFTER);
    let header = header.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let written = || {
        let (_, after) = message?.split_once("Try again in ")?;
        after.split(' ').next()?.parse().ok()
    };
    let seconds: Option<u64> = header.or_else(written);
    seconds.map_or(USUAL, |seconds| Duration::from_secs(seconds.min(LONGEST)))
}

#[cfg(test)]
mod tests {
    use municipio_domain::outgoing::HeaderMap;
    use serde_json::{Value, json};

    use super::*;

    fn answer(status: u16, header: Option<&str>, body: &Value) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(RETRY_AFTER, header.parse().unwrap());
        }
        Answer {
            status,
            headers,
            body: body.to_string().into_bytes(),
        }
    }

    #[test]
    fn every_answer_has_its_class() {
        for (status, fault) in [
            (400, CallFault::Refused),
            (401, CallFault::Unauthorised),
            (403, CallFault::Refused),
            (404, CallFault::Refused),
            (302, CallFault::Refused),
            (500, CallFault::Failed),
            (502, CallFault::Failed),
            (503, CallFault::Failed),
        ] {
            assert_eq!(
                refused(&answer(status, None, &json!({}))).fault,
                fault,
                "{status}"
            );
        }
    }

    #[test]
    fn io_says_in_its_own_header_how_long_it_wants_to_be_left_alone() {
        let gateway = json!({ "statusCode": 429, "message": "Rate limit is exceeded. Try again in 3 seconds." });
        for (header, body, seconds) in [
            (Some("7"), &gateway, 7),
            (None, &gateway, 3),
            (Some("soon"), &gateway, 3),
            (None, &json!({ "statusCode": 429 }), 5),
            (Some("99999999"), &gateway, LONGEST),
        ] {
            let fault = refused(&answer(429, header, body)).fault;
            assert_eq!(
                fault,
                CallFault::Throttled(Duration::from_secs(seconds)),
                "{header:?}"
            );
        }
    }

    #[test]
    fn what_may_tell_of_people_is_not_kept() {
        let problem =
            json!({ "title": "Recipient forbidden", "detail": "RSSMRA80A01H501U is not allowed" });
        let error = refused(&answer(403, None, &problem));
        assert_eq!(error.problem, "IO answered 403 Recipient forbidden");
        let lost = OutgoingError::Failed(
            "https://io/messages/RSSMRA80A01H501U/1".to_owned(),
            "x".to_owned(),
        );
        assert!(!unanswered(&lost).problem.contains("RSSMRA"));
    }
}
