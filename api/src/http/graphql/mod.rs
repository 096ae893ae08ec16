//! GraphQL over HTTP: reads a request of any of the forms of the specification, refuses what is
//! over the limits, runs the rest, and answers in the media type that the client accepts.

mod deep;
mod persisted;
mod request;
mod response;

use actix_web::{
    HttpRequest, HttpResponse,
    http::Method,
    web::{Data, Payload},
};
use async_graphql::{
    Request, Response, ServerError, Variables,
    parser::{
        parse_query,
        types::{ExecutableDocument, OperationType},
    },
};
use municipio_graphql::{
    ErrorCode, RequestData, check_variables,
    limits::{Measure, scan},
};

use deep::Deep;
pub(crate) use persisted::{Documents, ManifestError};
use request::Parameters;
use response::{MediaType, Rendered};

use super::{problem::Problem, tenant};
use crate::{app::State, clock};

/// The schema definition.
pub(super) async fn sdl() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(municipio_graphql::sdl())
}

/// A query in the address.
pub(super) async fn get(request: HttpRequest, state: Data<State>) -> Result<HttpResponse, Problem> {
    let media_type = MediaType::accepted(&request)?;
    let parameters = request::from_address(&request)?;
    let answer = answer(&request, &state, parameters).await?;
    Ok(Rendered::new(&request, &state.settings, answer).respond(media_type))
}

/// A query in the body, or a batch of them where batches are allowed.
pub(super) async fn post(
    request: HttpRequest,
    body: Payload,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let media_type = MediaType::accepted(&request)?;
    let settings = &state.settings;
    let batch = request::from_body(&request, body, settings).await?;
    match batch {
        request::Batch::Single(parameters) => {
            let answer = answer(&request, &state, parameters).await?;
            Ok(Rendered::new(&request, settings, answer).respond(media_type))
        }
        request::Batch::Many(all) => {
            let mut answers = Vec::with_capacity(all.len());
            for parameters in all {
                let answer = answer(&request, &state, parameters).await?;
                answers.push(Rendered::new(&request, settings, answer));
            }
            Ok(response::respond_all(answers, media_type))
        }
    }
}

/// What was answered, and whether anything was executed.
pub(super) enum Answer {
    /// Nothing was executed.
    Refused(ErrorCode, Vec<ServerError>),
    /// The operation was executed.
    Executed(Response),
}

impl From<ServerError> for Answer {
    fn from(error: ServerError) -> Self {
        let code = response::code_of(&error).unwrap_or(ErrorCode::ValidationFailed);
        Self::Refused(code, vec![error])
    }
}

async fn answer(
    request: &HttpRequest,
    state: &State,
    parameters: Parameters,
) -> Result<Answer, Problem> {
    let tenant = tenant::resolve(request, state).await?;
    let text = match state.documents.find(&parameters) {
        Ok(text) => text,
        Err(error) => return Ok(error.into()),
    };
    let shows_cost = parameters.shows_cost();
    let variables = match state.limits.variables(parameters.variables) {
        Ok(variables) => variables,
        Err(error) => return Ok(error.into()),
    };
    let (document, measure) = match admit(state, &text, &variables) {
        Ok(admitted) => admitted,
        Err(error) => return Ok(error.into()),
    };
    let operation = parameters.operation_name.as_deref();
    if let Err(error) = check_variables(&document, operation, &variables) {
        return Ok(error.into());
    }
    if request.method() == Method::GET && writes(&document, operation) {
        let message = "only queries are answered over GET";
        return Err(Problem::new(ErrorCode::MethodNotAllowed, message).of(request));
    }
    let data = RequestData::new(tenant.clone(), state.contents(&tenant), clock::now());
    let mut query = Request::new(text.as_str()).variables(variables);
    query.operation_name = parameters.operation_name;
    query.set_parsed_query(document);
    if !state.settings.introspection {
        query = query.disable_introspection();
    }
    let execution = Deep::new(state.schema.execute(data.attach(query)), measure.depth);
    // What is dropped here stops: the statements under way are cancelled with it.
    let Ok(mut response) = tokio::time::timeout(state.settings.timeout(), execution).await else {
        let message = format!(
            "the query took longer than {} s",
            state.settings.limit_seconds
        );
        return Ok(ErrorCode::Timeout.refuse(message).into());
    };
    if shows_cost {
        response = response.extension("cost", measure.cost.into());
    }
    Ok(Answer::Executed(response))
}

/// Parses a document that is within the limits; says how large it is.
fn admit(
    state: &State,
    text: &str,
    variables: &Variables,
) -> Result<(ExecutableDocument, Measure), ServerError> {
    scan(text, &state.limits)?;
    let document = parse_query(text).map_err(|error| {
        let error = ServerError::from(error);
        let place = error.locations.first().copied();
        let mut refused = ErrorCode::ParseFailed.refuse(response::first_line(&error.message));
        refused.locations = place.into_iter().collect();
        refused
    })?;
    let measure = state.limits.admit(&document, variables, &state.costs)?;
    Ok((document, measure))
}

fn writes(document: &ExecutableDocument, wanted: Option<&str>) -> bool {
    document.operations.iter().any(|(name, operation)| {
        let is_chosen = wanted.is_none_or(|wanted| name.is_some_and(|name| name == wanted));
        is_chosen && operation.node.ty != OperationType::Query
    })
}
