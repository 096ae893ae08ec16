//! The forms of a request: parameters in the address, or a JSON body.

use actix_web::{
    HttpRequest,
    http::header,
    web::{Payload, Query},
};
use async_graphql::ServerError;
use futures_util::StreamExt;
use municipio_graphql::ErrorCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{http::problem::Problem, settings::Settings};

/// The parameters of a request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Parameters {
    /// The document.
    pub(crate) query: Option<String>,
    /// The id of a trusted document.
    pub(crate) document_id: Option<String>,
    /// Which operation of the document.
    pub(crate) operation_name: Option<String>,
    /// The variables.
    #[serde(default, deserialize_with = "object")]
    pub(crate) variables: Map<String, Value>,
    /// What is said beside the query: a persisted query, a wish to see the cost.
    #[serde(default, deserialize_with = "object")]
    pub(crate) extensions: Map<String, Value>,
}

/// `null` stands for no object.
fn object<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Map<String, Value>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Parameters {
    /// The SHA-256 of a persisted query, in hexadecimal.
    pub(crate) fn persisted_hash(&self) -> Option<&str> {
        self.extensions
            .get("persistedQuery")?
            .get("sha256Hash")?
            .as_str()
    }

    /// The perspective, for clients that cannot send headers.
    pub(crate) fn perspective(&self) -> Result<Option<String>, ServerError> {
        match self.extensions.get("perspective") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(named)) => Ok(Some(named.clone())),
            Some(_) => {
                let message = "`extensions.perspective` is a text";
                Err(ErrorCode::InvalidPerspective.refuse(message))
            }
        }
    }

    /// The client asks for the cost.
    pub(crate) fn shows_cost(&self) -> bool {
        self.extensions.get("cost").is_some_and(|wish| wish == true)
    }
}

/// One request, or several.
pub(super) enum Batch {
    Single(Parameters),
    Many(Vec<Parameters>),
}

/// In an address, objects are JSON in a string.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    query: Option<String>,
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

pub(super) fn from_address(request: &HttpRequest) -> Result<Parameters, Problem> {
    let wrong = |message: String| Problem::new(ErrorCode::BadRequest, message).of(request);
    let address = Query::<Address>::from_query(request.query_string())
        .map_err(|error| wrong(format!("the address cannot be read: {error}")))?
        .into_inner();
    let object = |name: &str, text: Option<String>| match text.filter(|text| !text.is_empty()) {
        None => Ok(Map::new()),
        Some(text) => serde_json::from_str::<Option<Map<String, Value>>>(&text)
            .map(Option::unwrap_or_default)
            .map_err(|error| wrong(format!("the parameter `{name}` is no JSON object: {error}"))),
    };
    Ok(Parameters {
        query: address.query,
        document_id: address.document_id,
        operation_name: address.operation_name.filter(|name| !name.is_empty()),
        variables: object("variables", address.variables)?,
        extensions: object("extensions", address.extensions)?,
    })
}

pub(super) async fn from_body(
    request: &HttpRequest,
    body: Payload,
    settings: &Settings,
    most: usize,
) -> Result<Batch, Problem> {
    let problem = |code, message: String| Problem::new(code, message).of(request);
    let body = read(request, body, settings, most).await?;
    let wrong = |error: serde_json::Error| {
        problem(
            ErrorCode::BadRequest,
            format!("the body is no GraphQL request: {error}"),
        )
    };
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'[') {
        return serde_json::from_slice(&body)
            .map(Batch::Single)
            .map_err(wrong);
    }
    if settings.limit_batch == 0 {
        let message = "requests are answered one by one here".to_owned();
        return Err(problem(ErrorCode::BatchRefused, message));
    }
    let batch: Vec<Parameters> = serde_json::from_slice(&body).map_err(wrong)?;
    if batch.is_empty() || batch.len() > settings.limit_batch {
        let message = format!("a batch has 1 to {} requests", settings.limit_batch);
        return Err(problem(ErrorCode::BatchRefused, message));
    }
    Ok(Batch::Many(batch))
}

/// A form or plain text could come from any page by a simple request: it is never executed.
pub(super) fn check_media_type(request: &HttpRequest) -> Result<(), Problem> {
    let refuse =
        |message: &str| Err(Problem::new(ErrorCode::UnsupportedMediaType, message).of(request));
    let header = request.headers().get(header::CONTENT_TYPE);
    let header = header
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut parts = header.split(';').map(str::trim);
    if !parts
        .next()
        .unwrap_or_default()
        .eq_ignore_ascii_case("application/json")
    {
        return refuse("send the request as application/json");
    }
    // Little can stand for much when it is compressed.
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return refuse("send the request without a content encoding");
    }
    let charset = parts.find_map(|part| {
        part.to_ascii_lowercase()
            .strip_prefix("charset=")
            .map(str::to_owned)
    });
    match charset.as_deref().map(|name| name.trim_matches('"')) {
        None | Some("utf-8" | "utf8") => Ok(()),
        Some(_) => refuse("send the request in UTF-8"),
    }
}

/// A piece of a body that is shorter than this is more work than it is worth.
const CRUMB: usize = 64;
/// Some clients send a few.
const MAX_CRUMBS: usize = 5_000;

/// The whole body, when it is neither too large nor too slow.
async fn read(
    request: &HttpRequest,
    body: Payload,
    settings: &Settings,
    most: usize,
) -> Result<Vec<u8>, Problem> {
    let reading = tokio::time::timeout(settings.body_timeout(), collect(request, body, most));
    reading.await.unwrap_or_else(|_| {
        let seconds = settings.limit_body_seconds;
        let message = format!("the body did not arrive within {seconds} s");
        Err(Problem::new(ErrorCode::RequestTimeout, message).of(request))
    })
}

async fn collect(
    request: &HttpRequest,
    mut body: Payload,
    most: usize,
) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        let message = format!("a request has at most {most} bytes");
        Problem::new(ErrorCode::PayloadTooLarge, message).of(request)
    };
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let mut crumbs = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| {
            let message = format!("the body cannot be read: {error}");
            Problem::new(ErrorCode::BadRequest, message).of(request)
        })?;
        if bytes.len() + chunk.len() > most {
            return Err(too_large());
        }
        crumbs += usize::from(chunk.len() < CRUMB);
        if crumbs > MAX_CRUMBS {
            let message = "the body comes in too many small pieces";
            return Err(Problem::new(ErrorCode::BadRequest, message).of(request));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
