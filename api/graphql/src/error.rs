//! The catalogue of errors that a client can see: one list of codes, the same in GraphQL
//! (`extensions.code`) and in problem details (`code`). `docs/errors.md` is written from it.

use async_graphql::{Error, ErrorExtensions, ServerError};
use municipio_domain::{
    citizens::{CitizenError, LevelTooLow},
    content::InvalidCursor,
    identity::Denied,
    media::{MediaError, Refusal},
    openid::{OpenIdError, TokenFault},
    store::{Failure, StoreError},
};

use crate::mutation::USER_ERRORS;

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal, $status:literal, $fix:literal;)*) => {
        /// The codes of errors.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $doc])* $variant,)*
        }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as clients see it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status when nothing was executed.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// What it means.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*),)* }
            }

            /// What to do about it.
            pub fn fix(self) -> &'static str {
                match self { $(Self::$variant => $fix,)* }
            }
        }
    };
}

error_codes! {
    /// The document is not GraphQL.
    ParseFailed = "GRAPHQL_PARSE_FAILED", 400, "Correct the syntax at the place that is named.";
    /// The document does not fit the schema: an unknown field, a wrong argument, a missing variable.
    ValidationFailed = "GRAPHQL_VALIDATION_FAILED", 400, "Compare with /schema.graphql.";
    /// An argument is out of its limits.
    InvalidArgument = "INVALID_ARGUMENT", 400, "Correct the argument that `extensions.argument` names.";
    /// A global id that this API did not give out, or that of another type.
    InvalidId = "INVALID_ID", 400, "Use ids as they came from this API.";
    /// An id or a cursor that another municipality gave out.
    ForeignId = "FOREIGN_ID", 400, "Ask the municipality that gave it out: its host name, or the header Municipio-Tenant.";
    /// A cursor that this API did not give out, or of another order.
    InvalidCursor = "INVALID_CURSOR", 400, "Use cursors of the same list in the same order.";
    /// A locale that the municipality does not have.
    UnknownLocale = "UNKNOWN_LOCALE", 400, "Use one of `municipality { locales }`.";
    /// A code that its vocabulary does not have.
    UnknownCode = "UNKNOWN_CODE", 400, "Use a code of `vocabulary(id) { terms { code } }`.";
    /// The document has too many bytes, or a name in it is too long.
    DocumentTooLarge = "DOCUMENT_TOO_LARGE", 400, "Split the query; send values as variables.";
    /// The document has too many tokens.
    TooManyTokens = "TOO_MANY_TOKENS", 400, "Split the query.";
    /// The document nests too deep.
    TooDeep = "TOO_DEEP", 400, "Ask for fewer levels at once.";
    /// The document asks for too many fields, fragments expanded.
    TooManyFields = "TOO_MANY_FIELDS", 400, "Split the query.";
    /// The document has too many aliases, fragments expanded.
    TooManyAliases = "TOO_MANY_ALIASES", 400, "Use variables and lists instead of aliases.";
    /// The document has too many fields at its root.
    TooManyRootFields = "TOO_MANY_ROOT_FIELDS", 400, "Split the query.";
    /// The document has too many directives, fragments expanded.
    TooManyDirectives = "TOO_MANY_DIRECTIVES", 400, "Leave directives out.";
    /// Arguments and variables hold too many values; a variable counts wherever it is used.
    TooManyValues = "TOO_MANY_VALUES", 400, "Send fewer values at once.";
    /// A filter holds too many values.
    FilterTooLarge = "FILTER_TOO_LARGE", 400, "Ask for fewer conditions at once.";
    /// The query would cost too much: the number of fields times the length of the lists around them; statements, filters and what is much work count more.
    TooExpensive = "TOO_EXPENSIVE", 400, "Ask for shorter lists (`first`) or fewer levels; `extensions: {cost: true}` shows the cost.";
    /// Introspection is switched off here, nests lists too deep or asks for too much.
    IntrospectionRefused = "INTROSPECTION_REFUSED", 400, "Read /schema.graphql instead.";
    /// The query took too long and was stopped.
    Timeout = "TIMEOUT", 504, "Ask for less at once, or try again later.";
    /// The log of changes does not go back to the cursor any more.
    CursorExpired = "CURSOR_EXPIRED", 400, "Read everything anew, then follow the log from its end.";
    /// No query is known under this hash.
    PersistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND", 400, "Send the query along with its hash once.";
    /// The hash is not the SHA-256 of the query.
    PersistedQueryMismatch = "PERSISTED_QUERY_MISMATCH", 400, "Compute the hash over the exact bytes of the query.";
    /// Only documents of the manifest are answered here.
    UntrustedDocument = "UNTRUSTED_DOCUMENT", 400, "Add the document to the manifest, and name it by its id.";
    /// The request cannot be read.
    BadRequest = "BAD_REQUEST", 400, "Send a GraphQL request as the specification «GraphQL over HTTP» says.";
    /// The batch is longer than allowed, or batches are not read here.
    BatchRefused = "BATCH_REFUSED", 400, "Send the requests one by one.";
    /// Nothing is there.
    NotFound = "NOT_FOUND", 404, "Check the address.";
    /// The mutation, or something that is not public, needs somebody who signed in; or the token or the key is not known, expired or revoked.
    Unauthenticated = "UNAUTHENTICATED", 401, "Sign in, or send a valid token in the header Authorization.";
    /// The caller has no role that allows it, or only for other types, offices, locales or fields.
    Forbidden = "FORBIDDEN", 403, "Ask an administrator for the role that `extensions.permission` names.";
    /// No municipality is served under this host name or IPA code.
    TenantNotFound = "TENANT_NOT_FOUND", 404, "Call a known host name, or name the municipality with the header Municipio-Tenant.";
    /// The municipality is not served at the moment.
    TenantSuspended = "TENANT_SUSPENDED", 404, "Ask who runs the service.";
    /// The perspective cannot be read, or is one of a moment still to come or of a release that was taken back.
    InvalidPerspective = "INVALID_PERSPECTIVE", 400, "Name `published`, `draft`, `release=<id>` or `as-of=<date and time>`.";
    /// Something that was public at the moment that was asked for was removed for good since, or the record does not go back so far: what cannot be told any more is not answered.
    NotOnRecord = "NOT_ON_RECORD", 404, "Ask for single contents that are on record, or for a moment after `extensions.wholeSince`.";
    /// More items differ from what is public now than can be shown at once.
    PerspectiveTooLarge = "PERSPECTIVE_TOO_LARGE", 400, "Ask for a later moment, or preview a release or a single item.";
    /// The method is not answered here.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405, "Use POST; GET for queries alone.";
    /// No media type that the client accepts can be given.
    NotAcceptable = "NOT_ACCEPTABLE", 406, "Accept application/graphql-response+json or application/json.";
    /// The body did not arrive in time.
    RequestTimeout = "REQUEST_TIMEOUT", 408, "Send the body without a pause.";
    /// The body is too large.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", 413, "Send a smaller request.";
    /// The body is of a media type that is not read, or is compressed.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415, "Send application/json, as it is.";
    /// A WebSocket has too many operations under way.
    TooManyOperations = "TOO_MANY_OPERATIONS", 400, "Complete some, or open another connection.";
    /// Too many WebSockets and event streams are open.
    TooManyStreams = "TOO_MANY_STREAMS", 503, "Try again later.";
    /// Too many passwords are being checked, files are arriving or pictures are being made.
    Busy = "BUSY", 503, "Try again in a few seconds.";
    /// The header Idempotency-Key is no key, or stands where it cannot hold what it promises.
    IdempotencyKeyInvalid = "IDEMPOTENCY_KEY_INVALID", 400, "Send 1 to 255 visible ASCII characters, with one mutation in a request of its own.";
    /// The mutation with this Idempotency-Key is still running.
    IdempotencyInProgress = "IDEMPOTENCY_IN_PROGRESS", 409, "Send it again in a moment.";
    /// Another mutation, or the same with other variables, was sent with this Idempotency-Key.
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", 422, "Take a new key for each mutation.";
    /// The mutation with this Idempotency-Key was done; its answer holds a secret, and is told to the token with which it was sent alone.
    IdempotencyAnswerLost = "IDEMPOTENCY_ANSWER_LOST", 409, "Read what the mutation was to change, and go on from there.";
    /// No search engine answers.
    SearchUnavailable = "SEARCH_UNAVAILABLE", 503, "Try again later; lists and routes are answered meanwhile.";
    /// The identity provider does not answer.
    ProviderUnavailable = "PROVIDER_UNAVAILABLE", 502, "Try again later; when it stays, tell who runs the provider.";
    /// The identity provider answers something else than OpenID Connect says, or its addresses may not be called from here.
    ProviderInvalid = "PROVIDER_INVALID", 502, "Compare the issuer with `issuer` in its `.well-known/openid-configuration`; the message says what does not fit.";
    /// The identity provider refuses the client id or the client secret.
    ClientRefused = "CLIENT_REFUSED", 502, "Ask an administrator to compare client id and client secret with those at the provider.";
    /// A token of an issuer is no signed token, or a claim is missing.
    TokenMalformed = "TOKEN_MALFORMED", 401, "Have the issuer give signed tokens (JWT) with `iss`, `sub`, `aud`, `exp` and `iat`.";
    /// A token of an issuer is signed with an algorithm that is not accepted, or not at all.
    TokenAlgorithm = "TOKEN_ALGORITHM_REFUSED", 401, "Have the issuer sign with an accepted algorithm, or accept its algorithm in the settings of the provider.";
    /// A token is signed with a key that its issuer does not publish.
    TokenUnknownKey = "TOKEN_KEY_UNKNOWN", 401, "Try again in a few seconds; then have the issuer publish the key.";
    /// The signature of a token is wrong.
    TokenSignature = "TOKEN_SIGNATURE_WRONG", 401, "Get another token.";
    /// A token is of another issuer than was expected.
    TokenIssuer = "TOKEN_ISSUER_WRONG", 401, "Get a token of the issuer that is registered.";
    /// A token is for another client.
    TokenAudience = "TOKEN_AUDIENCE_WRONG", 401, "Get a token for the client id that is registered.";
    /// A token has expired.
    TokenExpired = "TOKEN_EXPIRED", 401, "Get another token, and compare the clocks.";
    /// A token is one of the future.
    TokenNotYetValid = "TOKEN_NOT_YET_VALID", 401, "Compare the clocks of the issuer and of this service.";
    /// A token belongs to another sign-in.
    TokenNonce = "TOKEN_NONCE_WRONG", 401, "Begin the sign-in again.";
    /// A token does not belong to the access token that came with it.
    TokenAccessTokenHash = "TOKEN_HASH_WRONG", 401, "Begin the sign-in again.";
    /// A token says no fiscal code.
    TokenFiscalCodeMissing = "TOKEN_FISCAL_CODE_MISSING", 401, "Have the issuer give the fiscal code, or name its claim in the settings of the issuer.";
    /// A token says something else than the fiscal code of a person, or one with a wrong last character.
    TokenFiscalCode = "TOKEN_FISCAL_CODE_WRONG", 401, "Have the issuer give the fiscal code of the person.";
    /// It is not sure enough who the citizen is (RFC 9470).
    InsufficientAuthentication = "INSUFFICIENT_USER_AUTHENTICATION", 401, "Sign in again at the issuer with one of `acrValues` (`acr_values`).";
    /// There are no keys by which citizens are known.
    CitizensUnavailable = "CITIZENS_UNAVAILABLE", 503, "Who runs the service must set MUNICIPIO_SECRET.";
    /// A report of a case cannot be read, or does not fit the procedure.
    ReportRefused = "REPORT_REFUSED", 422, "Correct the members that the message names; compare with openapi.yaml.";
    /// Somebody asks more often than they may.
    TooManyRequests = "TOO_MANY_REQUESTS", 429, "Ask again after the seconds that the header Retry-After names.";
    /// The file is empty.
    FileEmpty = "FILE_EMPTY", 422, "Send another file.";
    /// Files of this type are not taken in: programs, pages and vector pictures are not, because browsers would run them.
    FileTypeRefused = "FILE_TYPE_REFUSED", 415, "Send a picture (JPEG, PNG, WebP, GIF), a PDF, an office document, or another type that docs/media.md lists.";
    /// The name of the file says something else than its bytes.
    FileTypeMismatch = "FILE_TYPE_MISMATCH", 415, "Give the file the name of what it is.";
    /// The file has too many bytes.
    FileTooLarge = "FILE_TOO_LARGE", 413, "Send a smaller file.";
    /// The picture has too many pixels.
    ImageTooLarge = "IMAGE_TOO_LARGE", 413, "Make the picture smaller before sending it.";
    /// The picture is built up in too many steps.
    ImageTooComplex = "IMAGE_TOO_COMPLEX", 422, "Save the picture again, as a JPEG that is not progressive.";
    /// The animation has too many frames.
    ImageTooLong = "IMAGE_TOO_LONG", 413, "Send a film as MP4, or a shorter animation.";
    /// The file is cut off, or is not what it says it is.
    FileDamaged = "FILE_DAMAGED", 422, "Save it again, and send it whole.";
    /// The file is of two types at once.
    FileAmbiguous = "FILE_AMBIGUOUS", 422, "Save it again as one of them.";
    /// The virus scanner found something in the file.
    FileInfected = "FILE_INFECTED", 422, "Do not open the file; tell who takes care of your computer.";
    /// There is no such upload of the caller, or it has expired.
    UploadNotFound = "UPLOAD_NOT_FOUND", 404, "Begin the upload anew.";
    /// The upload has come to another byte than was said, or is complete.
    UploadOffsetWrong = "UPLOAD_OFFSET_WRONG", 409, "Ask with HEAD how far it has come, and go on from there.";
    /// What arrived does not have the checksum that was sent along; it is not kept.
    ChecksumMismatch = "CHECKSUM_MISMATCH", 460, "Send it again.";
    /// The file did not arrive as a whole; with tus what arrived is kept.
    UploadCut = "UPLOAD_CUT", 400, "Go on with the upload, or send the file again.";
    /// Too many uploads of the caller are under way.
    TooManyUploads = "TOO_MANY_UPLOADS", 429, "Finish or cancel some, then go on.";
    /// The version of tus is not spoken here.
    TusVersion = "TUS_VERSION_UNSUPPORTED", 412, "Send the header Tus-Resumable: 1.0.0.";
    /// A request with files could have been sent by any page.
    PreflightMissing = "PREFLIGHT_MISSING", 400, "Send the header GraphQL-Require-Preflight: 1.";
    /// The address of a file has expired, or was not signed here.
    SignatureInvalid = "SIGNATURE_INVALID", 403, "Ask for the address again.";
    /// There is no room for more files.
    StorageFull = "STORAGE_FULL", 507, "Tell who runs the service.";
    /// The virus scanner does not answer; what is not scanned is not taken in.
    ScannerUnavailable = "SCANNER_UNAVAILABLE", 503, "Try again in a few minutes; what has arrived waits.";
    /// The place of the files does not answer.
    StorageUnavailable = "STORAGE_UNAVAILABLE", 503, "Try again in a few seconds.";
    /// The database does not answer.
    Unavailable = "UNAVAILABLE", 503, "Try again in a few seconds.";
    /// Something failed on the server.
    Internal = "INTERNAL", 500, "Try again; when it stays, tell who runs the service the request id.";
}

impl ErrorCode {
    /// An error about an argument, such as `filter.category[0]`.
    pub(crate) fn about(self, argument: &str, message: impl Into<String>) -> Error {
        Error::new(message).extend_with(|_, extensions| {
            extensions.set("code", self.as_str());
            extensions.set("argument", argument);
        })
    }

    /// An error of a field.
    pub(crate) fn error(self, message: impl Into<String>) -> Error {
        Error::new(message).extend_with(|_, extensions| extensions.set("code", self.as_str()))
    }

    /// What a client is told of a fault that is not its own.
    pub fn apology(self) -> &'static str {
        match self {
            Self::Unavailable => {
                "the database does not answer at the moment; try again in a few seconds"
            }
            Self::SearchUnavailable => "no search engine answers at the moment; try again later",
            Self::ScannerUnavailable => {
                "the virus scanner does not answer at the moment; try again in a few minutes"
            }
            Self::StorageUnavailable => {
                "the place of the files does not answer at the moment; try again in a few seconds"
            }
            Self::Timeout => "the database took too long and was stopped",
            Self::ProviderUnavailable => {
                "who says who you are does not answer at the moment; try again in a few seconds"
            }
            Self::ProviderInvalid => "who says who you are answers what cannot be used",
            Self::CitizensUnavailable => "citizens cannot sign in here at the moment",
            _ => "something failed on the server; the request id helps to find out what",
        }
    }

    /// An error of a request that was not executed.
    pub fn refuse(self, message: impl Into<String>) -> ServerError {
        let mut error = ServerError::new(message, None);
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", self.as_str());
        error
    }
}

impl From<&StoreError> for ErrorCode {
    fn from(error: &StoreError) -> Self {
        match error.failure() {
            Failure::Unavailable => Self::Unavailable,
            Failure::TooSlow => Self::Timeout,
            Failure::NotOnRecord => Self::NotOnRecord,
            Failure::Internal => Self::Internal,
        }
    }
}

impl From<&Refusal> for ErrorCode {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Empty => Self::FileEmpty,
            Refusal::Type(_) => Self::FileTypeRefused,
            Refusal::Mismatch { .. } => Self::FileTypeMismatch,
            Refusal::TooLarge(_) | Refusal::TooLargeToScan => Self::FileTooLarge,
            Refusal::TooManyPixels { .. } => Self::ImageTooLarge,
            Refusal::TooComplex(_) => Self::ImageTooComplex,
            Refusal::TooManyFrames(_) => Self::ImageTooLong,
            Refusal::Damaged(_) => Self::FileDamaged,
            Refusal::Polyglot(_) => Self::FileAmbiguous,
            Refusal::Infected(_) => Self::FileInfected,
        }
    }
}

impl From<&MediaError> for ErrorCode {
    fn from(error: &MediaError) -> Self {
        match error {
            MediaError::Refused(refusal) => refusal.into(),
            MediaError::NoUpload => Self::UploadNotFound,
            MediaError::Offset(_) => Self::UploadOffsetWrong,
            MediaError::TooMuch(_) => Self::PayloadTooLarge,
            MediaError::Checksum => Self::ChecksumMismatch,
            MediaError::Cut(_) => Self::UploadCut,
            MediaError::Full => Self::StorageFull,
            MediaError::Unavailable(_) => Self::StorageUnavailable,
            MediaError::Scan(_) => Self::ScannerUnavailable,
            MediaError::Busy | MediaError::BeingLookedAt => Self::Busy,
            MediaError::TooMany(_) => Self::TooManyUploads,
            MediaError::TooManyPieces(_) => Self::BadRequest,
            MediaError::Missing(_) | MediaError::Render(_) | MediaError::Unsealable => {
                Self::Internal
            }
            MediaError::Store(error) => error.into(),
        }
    }
}

impl From<&CitizenError> for ErrorCode {
    fn from(error: &CitizenError) -> Self {
        match error {
            CitizenError::Store(error) => error.into(),
            CitizenError::OpenId(error) => error.into(),
            CitizenError::FiscalCodeMissing => Self::TokenFiscalCodeMissing,
            CitizenError::FiscalCode(_) => Self::TokenFiscalCode,
            CitizenError::Level(_) => Self::InsufficientAuthentication,
            CitizenError::NoSecret => Self::CitizensUnavailable,
        }
    }
}

impl From<&Denied> for ErrorCode {
    fn from(denied: &Denied) -> Self {
        match denied {
            Denied::NotSignedIn => Self::Unauthenticated,
            Denied::Action(_) | Denied::Here(_) | Denied::Giving(_) => Self::Forbidden,
        }
    }
}

impl From<&OpenIdError> for ErrorCode {
    fn from(error: &OpenIdError) -> Self {
        match error {
            OpenIdError::Unavailable(_) => Self::ProviderUnavailable,
            OpenIdError::Invalid(_) | OpenIdError::CodeRefused => Self::ProviderInvalid,
            OpenIdError::ClientRefused(_) => Self::ClientRefused,
            OpenIdError::Token(fault) => match fault {
                TokenFault::Malformed(_) => Self::TokenMalformed,
                TokenFault::Algorithm(_) => Self::TokenAlgorithm,
                TokenFault::UnknownKey => Self::TokenUnknownKey,
                TokenFault::Signature => Self::TokenSignature,
                TokenFault::Issuer => Self::TokenIssuer,
                TokenFault::Audience => Self::TokenAudience,
                TokenFault::Expired => Self::TokenExpired,
                TokenFault::NotYetValid => Self::TokenNotYetValid,
                TokenFault::Nonce => Self::TokenNonce,
                TokenFault::AccessTokenHash => Self::TokenAccessTokenHash,
            },
        }
    }
}

/// Tells what is wrong with an issuer or its token, and logs it for who runs the service.
pub(crate) fn openid(error: &OpenIdError) -> Error {
    let code = ErrorCode::from(error);
    tracing::warn!(%error, code = code.as_str(), "an identity provider is of no help");
    code.error(error.to_string())
}

/// Tells a citizen at which levels to sign in again.
pub(crate) fn level_too_low(error: LevelTooLow) -> Error {
    if error.acr_values.is_empty() {
        let message = "your issuer has no level that is high enough: who sent you here must do it in another way";
        return ErrorCode::Forbidden.error(message);
    }
    let message = error.to_string();
    Error::new(message).extend_with(|_, extensions| {
        extensions.set("code", ErrorCode::InsufficientAuthentication.as_str());
        extensions.set("acrValues", error.acr_values.as_str());
    })
}

/// Tells a citizen that something is for those who work for the municipality.
pub(crate) fn not_for_citizens() -> Error {
    ErrorCode::Forbidden.error("this is for those who work for the municipality")
}

/// Tells a caller what it may not do.
pub(crate) fn denied(denied: Denied) -> Error {
    let code = ErrorCode::from(&denied);
    let action = match denied {
        Denied::NotSignedIn => None,
        Denied::Action(action) | Denied::Here(action) | Denied::Giving(action) => Some(action),
    };
    Error::new(denied.to_string()).extend_with(|_, extensions| {
        extensions.set("code", code.as_str());
        if let Some(action) = action {
            extensions.set("permission", action.as_str());
        }
    })
}

/// The same of a request that was not executed.
pub fn refuse_denied(reason: Denied) -> ServerError {
    let error = denied(reason);
    let mut refused = ServerError::new(error.message, None);
    refused.extensions = error.extensions;
    refused
}

/// The code of an error of this catalogue.
pub(crate) fn code_of(error: &Error) -> String {
    let extensions = error.extensions.as_ref();
    match extensions.and_then(|extensions| extensions.get("code")) {
        Some(async_graphql::Value::String(code)) => code.clone(),
        _ => ErrorCode::Internal.as_str().to_owned(),
    }
}

/// Logs what failed and tells the client no more than what it can do about it.
pub(crate) fn internal(error: StoreError) -> Error {
    failed(&error)
}

/// The same for an error that several resolvers share.
pub(crate) fn failed(error: &StoreError) -> Error {
    let code = ErrorCode::from(error);
    if let StoreError::NotOnRecord(since) = error {
        return Error::new(error.to_string()).extend_with(|_, extensions| {
            extensions.set("code", code.as_str());
            extensions.set("wholeSince", since.to_rfc3339());
        });
    }
    tracing::error!(%error, code = code.as_str(), "a query failed");
    Error::new(code.apology()).extend_with(|_, extensions| extensions.set("code", code.as_str()))
}

pub(crate) fn cursor(argument: &str, error: InvalidCursor) -> Error {
    let code = match error {
        InvalidCursor::Foreign => ErrorCode::ForeignId,
        InvalidCursor::Malformed | InvalidCursor::OtherOrder | InvalidCursor::Ahead => {
            ErrorCode::InvalidCursor
        }
    };
    code.about(argument, error.to_string())
}

/// The catalogue as a page of the documentation.
pub fn catalogue() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         Every error has a code that does not change, the same in GraphQL (`errors[].extensions.code`) and in\n\
         problem details (RFC 9457, `code`, and at the end of `type`). GraphQL errors about an argument name it in\n\
         `extensions.argument`; all errors carry `requestId`, which stands in the log too.\n\n\
         The status is the one given when nothing was executed and the client accepts\n\
         `application/graphql-response+json`; an error of a single field leaves the answer at 200.\n\n\
         This page is written from `api/graphql/src/error.rs` and `mutation/user_error_codes.rs`; tests keep them equal.\n\n\
         | code | status | what it means | what to do |\n|---|---|---|---|\n",
    );
    for code in ErrorCode::ALL {
        page.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            code.as_str(),
            code.status(),
            code.meaning().trim(),
            code.fix()
        ));
    }
    page.push_str(
        "\n## What the user can mend\n\n\
         Mutations tell it in `userErrors`, each with a path in the input where there is one; schedules and releases that\n\
         were not carried out tell it too. Nothing of the change was done. Codes of the first table may stand there as\n\
         well, such as `NOT_FOUND`, `UNKNOWN_CODE` and `FORBIDDEN`; those of a `publishReport` are in\n\
         `seeds/publishing-rules/publishing-rules.toml`.\n\n\
         | code | what it means, and what to do |\n|---|---|\n",
    );
    for (code, meaning) in USER_ERRORS {
        page.push_str(&format!("| `{code}` | {meaning} |\n"));
    }
    page
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, fs, path::Path};

    use super::*;

    #[test]
    fn codes_are_unique_and_documented() {
        let codes: HashSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
        if std::env::var_os("UPDATE_ERRORS").is_some() {
            fs::write(&file, catalogue()).unwrap();
        }
        let page = fs::read_to_string(file).unwrap();
        assert!(
            page == catalogue(),
            "docs/errors.md differs: run UPDATE_ERRORS=1 cargo test --workspace --lib codes_are"
        );
    }
}
