//! GraphQL over HTTP: reads a request of any of the forms of the specification, runs it, and
//! answers in the media type that the client accepts.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, header},
    web::{Bytes, Data, Query},
};
use async_graphql::{
    Request, Response, ServerError, Value, Variables,
    parser::{parse_query, types::OperationType},
};
use municipio_graphql::{ErrorCode, RequestData};
use serde::Deserialize;

use super::{
    problem::{Problem, ProblemCode, request_id},
    tenant,
};
use crate::{app::State, clock};

/// The most bytes that a request may have.
const MAX_BODY: usize = 256 * 1024;
const RESPONSE_TYPE: &str = "application/graphql-response+json";
const LEGACY_TYPE: &str = "application/json";

/// The parameters of a request, in its body or in its address.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    query: String,
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(default, rename = "extensions")]
    _extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

/// The same in an address, where objects are JSON in a string.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Address {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
}

/// The schema definition.
pub(super) async fn sdl() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(municipio_graphql::sdl())
}

/// A query in the address.
pub(super) async fn get(
    request: HttpRequest,
    address: Query<Address>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let address = address.into_inner();
    let wrong = |message: String| Problem::new(ProblemCode::BadRequest, message).of(&request);
    let query = address
        .query
        .ok_or_else(|| wrong("the parameter `query` is missing".to_owned()))?;
    let variables = address.variables.filter(|variables| !variables.is_empty());
    let variables = variables
        .map(|variables| serde_json::from_str(&variables))
        .transpose()
        .map_err(|error| {
            wrong(format!(
                "the parameter `variables` is no JSON object: {error}"
            ))
        })?;
    let parameters = Parameters {
        query,
        operation_name: address.operation_name,
        variables,
        _extensions: None,
    };
    answer(&request, &state, parameters).await
}

/// A query in the body.
pub(super) async fn post(
    request: HttpRequest,
    body: Bytes,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let problem = |code, message: String| Problem::new(code, message).of(&request);
    // A form or plain text could come from any page by a simple request: it is never executed.
    let media_type = request.headers().get(header::CONTENT_TYPE);
    let media_type = media_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case(LEGACY_TYPE) {
        let message = format!("send the request as {LEGACY_TYPE}");
        return Err(problem(ProblemCode::UnsupportedMediaType, message));
    }
    if body.len() > MAX_BODY {
        let message = format!("a request has at most {MAX_BODY} bytes");
        return Err(problem(ProblemCode::PayloadTooLarge, message));
    }
    let parameters = serde_json::from_slice(&body).map_err(|error| {
        problem(
            ProblemCode::BadRequest,
            format!("the body is no GraphQL request: {error}"),
        )
    })?;
    answer(&request, &state, parameters).await
}

async fn answer(
    request: &HttpRequest,
    state: &State,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    let media_type = accepted(request).ok_or_else(|| {
        let message = format!("accept {RESPONSE_TYPE} or {LEGACY_TYPE}");
        Problem::new(ProblemCode::NotAcceptable, message).of(request)
    })?;
    let tenant = tenant::resolve(request, state).await?;
    let response = match parse_query(&parameters.query) {
        Err(error) => failed(ErrorCode::ParseFailed, error.into()),
        Ok(document) => {
            let operation = parameters.operation_name.as_deref();
            let mut operations = document.operations.iter();
            let writes = operations.any(|(name, definition)| {
                let chosen = operation.is_none_or(|wanted| name.is_some_and(|name| name == wanted));
                chosen && definition.node.ty != OperationType::Query
            });
            if writes && request.method() == Method::GET {
                let message = "only queries are answered over GET";
                return Err(Problem::new(ProblemCode::MethodNotAllowed, message).of(request));
            }
            let contents = state.contents(&tenant);
            let data = RequestData::new(tenant, contents, clock::now());
            let variables = serde_json::Value::Object(parameters.variables.unwrap_or_default());
            let mut query =
                Request::new(parameters.query).variables(Variables::from_json(variables));
            query.operation_name = parameters.operation_name;
            query.set_parsed_query(document);
            state.schema.execute(data.attach(query)).await
        }
    };
    Ok(render(request, response, media_type))
}

fn failed(code: ErrorCode, mut error: ServerError) -> Response {
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", code.as_str());
    Response::from_errors(vec![error])
}

/// The media type to answer with, from the header `Accept`.
fn accepted(request: &HttpRequest) -> Option<&'static str> {
    let accept = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
        return Some(LEGACY_TYPE);
    };
    let mut best: Option<(f32, &'static str)> = None;
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
        let offered = match name.as_str() {
            RESPONSE_TYPE | "application/*" | "*/*" => RESPONSE_TYPE,
            LEGACY_TYPE => LEGACY_TYPE,
            _ => continue,
        };
        if quality > 0.0 && best.is_none_or(|(known, _)| quality > known) {
            best = Some((quality, offered));
        }
    }
    best.map(|(_, offered)| offered)
}

fn render(request: &HttpRequest, mut response: Response, media_type: &'static str) -> HttpResponse {
    // An error without a path is one of the request: nothing was executed.
    let failed = response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty());
    let id = request_id(request);
    for error in &mut response.errors {
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            let code = if failed {
                ErrorCode::ValidationFailed
            } else {
                ErrorCode::InvalidArgument
            };
            extensions.set("code", code.as_str());
        }
        if let Some(id) = &id {
            extensions.set("requestId", id.as_str());
        }
    }
    let status = match failed && media_type == RESPONSE_TYPE {
        true => StatusCode::BAD_REQUEST,
        false => StatusCode::OK,
    };
    let body = match failed {
        true => serde_json::to_string(&serde_json::json!({ "errors": response.errors })),
        false => serde_json::to_string(&response),
    };
    match body {
        Ok(body) => HttpResponse::build(status)
            .content_type(format!("{media_type}; charset=utf-8"))
            .body(body),
        Err(error) => {
            tracing::error!(%error, "a response cannot be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}
