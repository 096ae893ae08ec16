//! Errors of everything that is not GraphQL: problem details of RFC 9457.

use std::fmt;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, ResponseError,
    http::{Method, StatusCode, header},
};
use async_graphql::ServerError;
use municipio_domain::{
    citizens::CitizenError, identity::Denied, openid::OpenIdError, store::StoreError,
};
use municipio_graphql::ErrorCode;
use serde_json::{Value, json};
use tracing_actix_web::RequestId;

/// A problem.
#[derive(Debug)]
pub(crate) struct Problem {
    code: ErrorCode,
    detail: String,
    request_id: Option<String>,
    allowed: &'static str,
    /// At which levels a citizen is to sign in again.
    acr_values: Option<String>,
}

impl Problem {
    pub(crate) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: shortened(&detail.into()),
            request_id: None,
            allowed: "POST",
            acr_values: None,
        }
    }

    /// Logs what failed and tells the client no more than what it can do about it.
    pub(crate) fn failed(error: &StoreError) -> Self {
        let code = ErrorCode::from(error);
        tracing::error!(%error, code = code.as_str(), "a request failed");
        Self::new(code, code.apology())
    }

    /// Tells why somebody is not taken for a citizen, and logs what is not their fault.
    pub(crate) fn of_citizen(error: CitizenError) -> Self {
        let code = ErrorCode::from(&error);
        match error {
            CitizenError::Store(error) => return Self::failed(&error),
            CitizenError::OpenId(OpenIdError::Token(_)) => {}
            CitizenError::OpenId(_) | CitizenError::NoSecret => {
                tracing::warn!(%error, code = code.as_str(), "a citizen cannot sign in");
                // Where the issuer is reached from here is nothing that anybody is told.
                return Self::new(code, code.apology());
            }
            CitizenError::FiscalCodeMissing
            | CitizenError::FiscalCode(_)
            | CitizenError::Level(_) => {}
        }
        let problem = Self::new(code, error.to_string());
        match error {
            CitizenError::Level(level) => Self {
                acr_values: Some(level.acr_values),
                ..problem
            },
            _ => problem,
        }
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
        self.code.status() == 401
    }

    /// No municipality is addressed.
    pub(super) fn is_of_no_municipality(&self) -> bool {
        self.code == ErrorCode::TenantNotFound
    }

    /// What went wrong, for who is not answered with the problem itself.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// What is wrong with the token, as RFC 6750 and RFC 9470 have it.
    fn challenge(&self) -> String {
        let realm = "Bearer realm=\"municipio\"";
        match &self.acr_values {
            None => format!("{realm}, error=\"invalid_token\""),
            Some(values) => format!(
                "{realm}, error=\"insufficient_user_authentication\", \
                 error_description=\"A higher level of assurance is required\", acr_values=\"{values}\""
            ),
        }
    }

    /// The members of RFC 9457, and our own.
    pub(crate) fn details(&self) -> Value {
        let status = self.status_code();
        let mut body = json!({
            "type": format!("urn:municipio:problem:{}", self.code.as_str()),
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_u16(),
            "code": self.code.as_str(),
            "detail": self.detail,
        });
        if let Some(id) = &self.request_id {
            body["requestId"] = id.clone().into();
        }
        if let Some(values) = &self.acr_values {
            body["acrValues"] = values.clone().into();
        }
        body
    }

    /// The same as an error of an operation.
    pub(crate) fn into_error(self) -> ServerError {
        let mut error = self.code.refuse(self.detail);
        if let (Some(values), Some(extensions)) = (self.acr_values, &mut error.extensions) {
            extensions.set("acrValues", values);
        }
        error
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
        let mut response = HttpResponse::build(self.status_code());
        if self.code == ErrorCode::MethodNotAllowed {
            response.insert_header((header::ALLOW, self.allowed));
        }
        if self.is_of_the_caller() {
            response.insert_header((header::WWW_AUTHENTICATE, self.challenge()));
        }
        if matches!(
            self.code,
            ErrorCode::Unavailable | ErrorCode::TooManyStreams
        ) {
            response.insert_header((header::RETRY_AFTER, "5"));
        }
        response
            .content_type("application/problem+json")
            .body(self.details().to_string())
    }
}
