//! Errors of everything that is not GraphQL: problem details of RFC 9457.

use std::fmt;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, ResponseError,
    http::{Method, StatusCode, header},
};
use async_graphql::ServerError;
use municipio_domain::{identity::Denied, store::StoreError};
use municipio_graphql::ErrorCode;
use tracing_actix_web::RequestId;

/// A problem.
#[derive(Debug)]
pub(crate) struct Problem {
    code: ErrorCode,
    detail: String,
    request_id: Option<String>,
    allowed: &'static str,
}

impl Problem {
    pub(crate) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: shortened(&detail.into()),
            request_id: None,
            allowed: "POST",
        }
    }

    /// Logs what failed and tells the client no more than what it can do about it.
    pub(crate) fn failed(error: &StoreError) -> Self {
        let code = ErrorCode::from(error);
        tracing::error!(%error, code = code.as_str(), "a request failed");
        Self::new(code, code.apology())
    }

    /// Tells a caller what it may not do.
    pub(crate) fn denied(denied: &Denied) -> Self {
        Self::new(ErrorCode::from(denied), denied.to_string())
    }

    /// A method that is not answered here; these are.
    pub(crate) fn method_not_allowed(method: &Method, allowed: &'static str) -> Self {
        let message = format!("{method} is not answered here; use {allowed}");
        Self {
            allowed,
            ..Self::new(ErrorCode::MethodNotAllowed, message)
        }
    }

    /// Whether the token or the key is at fault.
    pub(crate) fn is_of_the_caller(&self) -> bool {
        self.code == ErrorCode::Unauthenticated
    }

    /// No municipality is addressed.
    pub(super) fn is_of_no_municipality(&self) -> bool {
        self.code == ErrorCode::TenantNotFound
    }

    /// What went wrong, for who is not answered with the problem itself.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The same as an error of an operation.
    pub(crate) fn into_error(self) -> ServerError {
        self.code.refuse(self.detail)
    }

    /// The same, with the id of the request it answers.
    pub(crate) fn of(mut self, request: &HttpRequest) -> Self {
        self.request_id = request_id(request);
        self
    }
}

/// A message of one line and no more than 300 characters: messages of libraries may repeat what was
/// sent.
pub(crate) fn shortened(message: &str) -> String {
    let shown = message.chars().take(300);
    shown
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

/// The id of a request, as it stands in the log.
pub(crate) fn request_id(request: &HttpRequest) -> Option<String> {
    let id = request.extensions().get::<RequestId>().copied()?;
    Some(id.to_string())
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut body = serde_json::json!({
            "type": format!("urn:municipio:problem:{}", self.code.as_str()),
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_u16(),
            "code": self.code.as_str(),
            "detail": self.detail,
        });
        if let Some(id) = &self.request_id {
            body["requestId"] = id.clone().into();
        }
        let mut response = HttpResponse::build(status);
        if self.code == ErrorCode::MethodNotAllowed {
            response.insert_header((header::ALLOW, self.allowed));
        }
        if self.code == ErrorCode::Unauthenticated {
            let challenge = "Bearer realm=\"municipio\", error=\"invalid_token\"";
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        if matches!(
            self.code,
            ErrorCode::Unavailable | ErrorCode::TooManyStreams
        ) {
            response.insert_header((header::RETRY_AFTER, "5"));
        }
        response
            .content_type("application/problem+json")
            .body(body.to_string())
    }
}
