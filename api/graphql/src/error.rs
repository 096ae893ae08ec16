//! The catalogue of errors that a client can see: a stable code, a sentence, and for input the
//! argument it is about.

use async_graphql::{Error, ErrorExtensions};
use municipio_domain::{content::InvalidCursor, store::StoreError};

/// The codes in `extensions.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// The document is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema: unknown field, wrong argument, missing variable.
    ValidationFailed,
    /// An argument is out of its limits, such as `first: 1000`.
    InvalidArgument,
    /// A global id that this API did not give out.
    InvalidId,
    /// A cursor that this API did not give out, or of another order.
    InvalidCursor,
    /// A locale that the municipality does not have.
    UnknownLocale,
    /// A code that its vocabulary does not have.
    UnknownCode,
    /// Something failed here; the request id helps to find out what.
    Internal,
}

impl ErrorCode {
    /// All codes.
    pub const ALL: &[Self] = &[
        Self::ParseFailed,
        Self::ValidationFailed,
        Self::InvalidArgument,
        Self::InvalidId,
        Self::InvalidCursor,
        Self::UnknownLocale,
        Self::UnknownCode,
        Self::Internal,
    ];

    /// The code as clients see it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::InvalidId => "INVALID_ID",
            Self::InvalidCursor => "INVALID_CURSOR",
            Self::UnknownLocale => "UNKNOWN_LOCALE",
            Self::UnknownCode => "UNKNOWN_CODE",
            Self::Internal => "INTERNAL",
        }
    }

    /// An error about an argument, such as `filter.category[0]`.
    pub(crate) fn about(self, argument: &str, message: impl Into<String>) -> Error {
        Error::new(message).extend_with(|_, extensions| {
            extensions.set("code", self.as_str());
            extensions.set("argument", argument);
        })
    }
}

/// Logs what failed and tells the client no more than that something did.
pub(crate) fn internal(error: StoreError) -> Error {
    tracing::error!(%error, "a query failed");
    Error::new("something failed on the server; the request id helps to find out what")
        .extend_with(|_, extensions| extensions.set("code", ErrorCode::Internal.as_str()))
}

pub(crate) fn cursor(argument: &str, error: InvalidCursor) -> Error {
    ErrorCode::InvalidCursor.about(argument, error.to_string())
}
