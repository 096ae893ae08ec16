//! Errors of everything that is not GraphQL: problem details of RFC 9457.

use std::fmt;

use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError, http::StatusCode};
use tracing_actix_web::RequestId;

/// The codes of problems; the `type` of a problem ends with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProblemCode {
    /// Nothing is there.
    NotFound,
    /// No municipality is served under this host name or code.
    TenantNotFound,
    /// The municipality is not served at the moment.
    TenantSuspended,
    /// The method is not answered here.
    MethodNotAllowed,
    /// The body is of a media type that is not read.
    UnsupportedMediaType,
    /// No media type that the client accepts can be given.
    NotAcceptable,
    /// The request cannot be read.
    BadRequest,
    /// The body is too large.
    PayloadTooLarge,
    /// Something failed here.
    Internal,
}

impl ProblemCode {
    fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::TenantNotFound => "TENANT_NOT_FOUND",
            Self::TenantSuspended => "TENANT_SUSPENDED",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::BadRequest => "BAD_REQUEST",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::Internal => "INTERNAL",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::NotFound | Self::TenantNotFound | Self::TenantSuspended => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn title(self) -> &'static str {
        self.status().canonical_reason().unwrap_or("Error")
    }
}

/// A problem.
#[derive(Debug)]
pub(crate) struct Problem {
    code: ProblemCode,
    detail: String,
    request_id: Option<String>,
}

impl Problem {
    pub(crate) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            request_id: None,
        }
    }

    /// Logs what failed and tells the client no more than that something did.
    pub(crate) fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(ProblemCode::Internal, "something failed on the server")
    }

    /// The same, with the id of the request it answers.
    pub(crate) fn of(mut self, request: &HttpRequest) -> Self {
        self.request_id = request_id(request);
        self
    }
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
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut body = serde_json::json!({
            "type": format!("urn:municipio:problem:{}", self.code.as_str()),
            "title": self.code.title(),
            "status": self.code.status().as_u16(),
            "code": self.code.as_str(),
            "detail": self.detail,
        });
        if let Some(id) = &self.request_id {
            body["requestId"] = id.clone().into();
        }
        HttpResponse::build(self.code.status())
            .content_type("application/problem+json")
            .body(body.to_string())
    }
}
