//! GraphQL over HTTP: reads a request of any of the forms of the specification, refuses what is
//! over the limits, runs the rest, and answers in the media type that the client accepts; over
//! WebSocket and as server-sent events too.

mod deep;
mod event_stream;
mod multipart;
mod operation;
mod persisted;
mod repeat;
mod request;
mod response;
mod websocket;

use actix_web::{
    HttpRequest, HttpResponse,
    http::Method,
    web::{Data, Payload},
};
use async_graphql::parser::types::OperationType;
use municipio_graphql::ErrorCode;
use tokio::sync::OwnedSemaphorePermit;

use operation::{Answer, Operation};
pub(crate) use operation::{KnownDocuments, known_documents};
pub(crate) use persisted::{Documents, ManifestError};
use request::Parameters;
use response::{MediaType, Rendered};
pub(super) use websocket::{connect, is_upgrade};

use super::{caller::Requester, problem::Problem, tenant};
use crate::app::State;

/// The schema definition.
pub(super) async fn sdl(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(state.sdl.clone())
}

/// A query in the address.
pub(super) async fn get(request: HttpRequest, state: Data<State>) -> Result<HttpResponse, Problem> {
    let media_type = MediaType::accepted(&request)?;
    let parameters = request::from_address(&request)?;
    let requester = requester(&request, &state).await?;
    respond(&request, &state, requester, parameters, media_type).await
}

/// A query in the body, or a batch of them where batches are allowed.
pub(super) async fn post(
    request: HttpRequest,
    body: Payload,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let media_type = MediaType::accepted(&request)?;
    let settings = &state.settings;
    // Who writes sends more than who reads: first it must be known who it is.
    let brings_files = multipart::is_multipart(&request);
    match brings_files {
        true => multipart::check_preflight(&request)?,
        false => request::check_media_type(&request)?,
    }
    let requester = requester(&request, &state).await?;
    let most = settings.most_of_a_body(requester.caller.is_staff());
    if brings_files {
        repeat::refuse_key(&request, "a request with files")?;
        if media_type == MediaType::EventStream {
            let message = "a request with files is not answered as an event stream";
            return Err(Problem::new(ErrorCode::NotAcceptable, message).of(&request));
        }
        let read = multipart::read(&request, body, &state, &requester, most).await?;
        let (parameters, _brought) = read;
        return respond(&request, &state, requester, parameters, media_type).await;
    }
    match request::from_body(&request, body, settings, most).await? {
        request::Batch::Single(parameters) => {
            respond(&request, &state, requester, parameters, media_type).await
        }
        request::Batch::Many(_) if media_type == MediaType::EventStream => {
            let message = "a batch is not answered as an event stream";
            Err(Problem::new(ErrorCode::NotAcceptable, message).of(&request))
        }
        request::Batch::Many(all) => {
            repeat::refuse_key(&request, "a batch")?;
            let mut answers = Vec::with_capacity(all.len());
            for parameters in all {
                let (answer, private) =
                    answer(&request, &state, requester.clone(), parameters).await?;
                answers.push(Rendered::new(&request, settings, answer, private));
            }
            Ok(response::respond_all(answers, media_type))
        }
    }
}

async fn respond(
    request: &HttpRequest,
    state: &State,
    requester: Requester,
    parameters: Parameters,
    media_type: MediaType,
) -> Result<HttpResponse, Problem> {
    if media_type == MediaType::EventStream {
        repeat::refuse_key(request, "an event stream")?;
        return event_stream::respond(request, state, requester, parameters).await;
    }
    let (answer, private) = answer(request, state, requester, parameters).await?;
    Ok(Rendered::new(request, &state.settings, answer, private).respond(media_type))
}

/// The answer, and whether it is for the requester alone.
async fn answer(
    request: &HttpRequest,
    state: &State,
    requester: Requester,
    parameters: Parameters,
) -> Result<(Answer, bool), Problem> {
    let variables = repeat::sent(request, &parameters);
    let operation = match Operation::admit(state, &requester, parameters) {
        Ok(operation) => operation,
        Err(error) => return Ok((error.into(), requester.is_private(None))),
    };
    refuse_to_write(request, &operation)?;
    if operation.kind() == OperationType::Subscription {
        let message = "a subscription is answered as text/event-stream, or over WebSocket";
        return Err(Problem::new(ErrorCode::NotAcceptable, message).of(request));
    }
    let private = requester.is_private(operation.perspective());
    let answer = repeat::run(request, state, requester, operation, variables).await?;
    Ok((answer, private))
}

/// For whom the operations of a request run.
async fn requester(request: &HttpRequest, state: &State) -> Result<Requester, Problem> {
    let tenant = tenant::resolve(request, state).await?;
    Requester::of(request, state, tenant).await
}

/// What changes something is never done by an address alone.
fn refuse_to_write(request: &HttpRequest, operation: &Operation) -> Result<(), Problem> {
    if request.method() == Method::GET && operation.kind() == OperationType::Mutation {
        let message = "mutations are not answered over GET";
        return Err(Problem::new(ErrorCode::MethodNotAllowed, message).of(request));
    }
    Ok(())
}

/// The right to keep a WebSocket or an event stream open.
fn stream_permit(request: &HttpRequest, state: &State) -> Result<OwnedSemaphorePermit, Problem> {
    state.streams.clone().try_acquire_owned().map_err(|_| {
        let message = "too many WebSockets and event streams are open";
        Problem::new(ErrorCode::TooManyStreams, message).of(request)
    })
}
