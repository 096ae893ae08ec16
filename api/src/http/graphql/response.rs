//! The answer: its media type, its status, its errors.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use async_graphql::{ServerError, Value};
use municipio_graphql::ErrorCode;
use serde_json::value::{RawValue, to_raw_value};

use super::Answer;
use crate::{
    http::problem::{Problem, request_id, shortened},
    settings::Settings,
};

/// The media types of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/graphql-response+json`: the status says whether anything was executed.
    GraphQl,
    /// `application/json`: the status is 200 for every well-formed request.
    Json,
    /// `text/event-stream`: an event for each answer, as graphql-sse says.
    EventStream,
}

impl MediaType {
    fn name(self) -> &'static str {
        match self {
            Self::GraphQl => "application/graphql-response+json",
            Self::Json => "application/json",
            Self::EventStream => "text/event-stream",
        }
    }

    /// The media type that the client prefers, from the header `Accept`.
    pub(super) fn accepted(request: &HttpRequest) -> Result<Self, Problem> {
        let values = request.headers().get_all(header::ACCEPT);
        let accept: Vec<_> = values.filter_map(|value| value.to_str().ok()).collect();
        let accept = accept.join(",");
        Self::negotiate(&accept).ok_or_else(|| {
            let message = format!("accept {} or {}", Self::GraphQl.name(), Self::Json.name());
            Problem::new(ErrorCode::NotAcceptable, message).of(request)
        })
    }

    fn negotiate(accept: &str) -> Option<Self> {
        if accept.trim().is_empty() {
            return Some(Self::Json);
        }
        // The best quality wins, and at the same quality what is named first.
        let mut best: Option<(f32, Self)> = None;
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let offered = match parts
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase()
                .as_str()
            {
                "application/graphql-response+json" => Self::GraphQl,
                "text/event-stream" => Self::EventStream,
                "application/json" | "application/*" | "*/*" => Self::Json,
                _ => continue,
            };
            let quality = parts.find_map(|part| part.strip_prefix("q="));
            let quality = quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
            if quality > 0.0 && best.is_none_or(|(known, _)| quality > known) {
                best = Some((quality, offered));
            }
        }
        best.map(|(_, offered)| offered)
    }
}

impl Answer {
    /// Gives every error its code and the id of the request. An answer whose document turned out
    /// to be wrong becomes a refusal.
    pub(super) fn settled(self, id: Option<&str>, settings: &Settings) -> Self {
        match self {
            Self::Refused(code, errors) => Self::Refused(code, finish(errors, code, id, settings)),
            Self::Executed(mut response) => {
                // Validation failed: no error has a path, and there is no data.
                let failed = response.data == Value::Null
                    && !response.errors.is_empty()
                    && response.errors.iter().all(|error| error.path.is_empty());
                let errors = std::mem::take(&mut response.errors);
                if failed {
                    let code = errors.first().and_then(code_of);
                    let code = code.unwrap_or(ErrorCode::ValidationFailed);
                    return Self::Refused(code, finish(errors, code, id, settings));
                }
                response.errors = finish(errors, ErrorCode::Internal, id, settings);
                Self::Executed(response)
            }
        }
    }

    /// The answer as JSON, to stand in other JSON.
    pub(super) fn to_json(&self) -> Box<RawValue> {
        let written = match self {
            Self::Refused(_, errors) => to_raw_value(&refusal(errors)),
            Self::Executed(response) => to_raw_value(response),
        };
        written.unwrap_or_else(|error| {
            unwritten(&error);
            RawValue::NULL.to_owned()
        })
    }

    /// The answer as the text of a response.
    fn to_text(&self) -> String {
        let written = match self {
            Self::Refused(_, errors) => serde_json::to_string(&refusal(errors)),
            Self::Executed(response) => serde_json::to_string(response),
        };
        written.unwrap_or_else(|error| {
            unwritten(&error);
            RawValue::NULL.get().to_owned()
        })
    }
}

fn refusal(errors: &[ServerError]) -> serde_json::Value {
    serde_json::json!({ "errors": errors })
}

fn unwritten(error: &serde_json::Error) {
    tracing::error!(%error, "an answer cannot be written");
}

/// An answer, written.
pub(super) struct Rendered {
    body: String,
    refused: Option<ErrorCode>,
    /// For the requester alone: no cache keeps it.
    private: bool,
}

impl Rendered {
    pub(super) fn new(
        request: &HttpRequest,
        settings: &Settings,
        answer: Answer,
        private: bool,
    ) -> Self {
        let answer = answer.settled(request_id(request).as_deref(), settings);
        let refused = match &answer {
            Answer::Refused(code, _) => Some(*code),
            Answer::Executed(_) => None,
        };
        Self {
            body: answer.to_text(),
            refused,
            private: private || request.headers().contains_key(header::AUTHORIZATION),
        }
    }

    pub(super) fn respond(self, media_type: MediaType) -> HttpResponse {
        let status = match (self.refused, media_type) {
            (Some(code), MediaType::GraphQl) => code.status(),
            // Not a well-formed request, or no answer in time: not 200 in either media type.
            (Some(code @ (ErrorCode::BadRequest | ErrorCode::Timeout)), _) => code.status(),
            _ => 200,
        };
        respond(status, media_type, self.body, self.private)
    }
}

/// Several answers as one.
pub(super) fn respond_all(answers: Vec<Rendered>, media_type: MediaType) -> HttpResponse {
    let bodies: Vec<_> = answers.iter().map(|answer| answer.body.as_str()).collect();
    let private = answers.iter().any(|answer| answer.private);
    respond(200, media_type, format!("[{}]", bodies.join(",")), private)
}

fn respond(status: u16, media_type: MediaType, body: String, private: bool) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response
        .content_type(format!("{}; charset=utf-8", media_type.name()))
        .insert_header((
            header::VARY,
            "Accept, Accept-Encoding, Authorization, Host, Municipio-Perspective, Municipio-Preview, Municipio-Tenant",
        ));
    if private {
        response.insert_header((header::CACHE_CONTROL, "private, no-store"));
    }
    response.body(body)
}

/// The code that an error carries already.
pub(super) fn code_of(error: &ServerError) -> Option<ErrorCode> {
    let code = error.extensions.as_ref()?.get("code")?;
    let known = |known: &&ErrorCode| *code == Value::from(known.as_str());
    ErrorCode::ALL.iter().find(known).copied()
}

/// Gives every error a code and the request id, shortens what echoes the input, and keeps no more
/// errors than allowed.
fn finish(
    mut errors: Vec<ServerError>,
    default: ErrorCode,
    id: Option<&str>,
    settings: &Settings,
) -> Vec<ServerError> {
    errors.truncate(settings.limit_errors);
    for error in &mut errors {
        error.message = first_line(&error.message);
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            // What the engine says of a value that it could not take.
            let wrong = ["Failed to parse", "Expected input type"];
            let is_wrong = wrong.iter().any(|start| error.message.starts_with(start));
            let code = match is_wrong {
                true => ErrorCode::InvalidArgument,
                false => default,
            };
            extensions.set("code", code.as_str());
        }
        if let Some(id) = id {
            extensions.set("requestId", id);
        }
    }
    errors
}

/// A message of one line and no more than 300 characters. The parser draws the place of its error
/// over several lines; what it expected stands in the last.
pub(super) fn first_line(message: &str) -> String {
    let line = match message.lines().next_back().map(str::trim) {
        Some(last) if message.lines().count() > 1 => last.trim_start_matches("= "),
        _ => message,
    };
    let mut line = shortened(line);
    if line.is_empty() {
        line.push_str("the request cannot be answered");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_negotiated() {
        for (accept, expected) in [
            ("", Some(MediaType::Json)),
            ("*/*", Some(MediaType::Json)),
            ("application/json", Some(MediaType::Json)),
            (
                "application/graphql-response+json",
                Some(MediaType::GraphQl),
            ),
            (
                "application/json;q=0.9, application/graphql-response+json",
                Some(MediaType::GraphQl),
            ),
            ("application/json, */*;q=0.1", Some(MediaType::Json)),
            ("text/event-stream", Some(MediaType::EventStream)),
            ("text/html", None),
            ("application/json;q=0", None),
        ] {
            assert_eq!(MediaType::negotiate(accept), expected, "{accept}");
        }
    }

    #[test]
    fn messages_are_one_line() {
        assert_eq!(
            first_line(" --> 1:2\n  |\n1 | {\n  |  ^---\n  |\n  = expected selection"),
            "expected selection"
        );
        assert_eq!(first_line("Unknown field"), "Unknown field");
        assert_eq!(first_line(&"x".repeat(5_000)).len(), 300);
    }
}
