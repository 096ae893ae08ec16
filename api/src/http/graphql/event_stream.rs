//! Answers as server-sent events: the protocol graphql-sse in its mode of distinct connections, in
//! which each operation is a request of its own
//! (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>).

use std::time::Duration;

use actix_web::{
    Error, HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_ENCODING},
    web::Bytes,
};
use futures_util::{
    Stream, StreamExt,
    stream::{self, LocalBoxStream},
};
use municipio_domain::identity::Caller;
use tokio::{
    sync::{OwnedSemaphorePermit, watch::Receiver},
    task::unconstrained,
    time::{Interval, interval},
};

use super::{
    Answer, Operation, Parameters, Problem, Requester, refuse_to_write, requester, stream_permit,
};
use crate::{app::State, http::problem::request_id};

/// How often a silent stream says that it lives, so that nobody on the way closes it.
const KEEP_ALIVE: Duration = Duration::from_secs(12);

/// Answers an operation with an event for each answer.
pub(super) async fn respond(
    request: &HttpRequest,
    state: &State,
    requester: Requester,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    let permit = stream_permit(request, state)?;
    let answers = match Operation::admit(state, &requester, parameters) {
        Ok(operation) => {
            refuse_to_write(request, &operation)?;
            operation.answers(state, &requester).boxed_local()
        }
        Err(error) => stream::once(async { error.into() }).boxed_local(),
    };
    let id = request_id(request);
    let settings = state.settings.clone();
    let answers = answers.map(move |answer| answer.settled(id.as_deref(), &settings));
    let events = Events {
        answers: answers.boxed_local(),
        keep_alive: interval(KEEP_ALIVE),
        stopping: state.stopping.clone(),
        is_over: false,
        caller: requester.caller,
        request: request.clone(),
        state: state.clone(),
        _permit: permit,
    };
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "private, no-store"))
        // Compression would hold events back, and so do some proxies unless they are told.
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(events.stream()))
}

struct Events {
    answers: LocalBoxStream<'static, Answer>,
    keep_alive: Interval,
    stopping: Receiver<bool>,
    is_over: bool,
    caller: Caller,
    request: HttpRequest,
    state: State,
    _permit: OwnedSemaphorePermit,
}

impl Events {
    fn stream(self) -> impl Stream<Item = Result<Bytes, Error>> {
        stream::unfold(self, |mut events| async {
            let event = events.next().await?;
            Some((Ok(Bytes::from(event)), events))
        })
    }

    async fn next(&mut self) -> Option<String> {
        if self.is_over {
            return None;
        }
        let answer = tokio::select! {
            answer = unconstrained(self.answers.next()) => Some(answer),
            _ = self.keep_alive.tick() => None,
            _ = self.stopping.wait_for(|stopping| *stopping) => return None,
        };
        match answer {
            Some(Some(answer)) => Some(format!("event: next\ndata: {}\n\n", answer.to_json())),
            Some(None) => {
                self.is_over = true;
                Some("event: complete\ndata:\n\n".to_owned())
            }
            None if self.has_lost_its_caller().await => None,
            // A comment, which clients pass over.
            None => Some(":\n\n".to_owned()),
        }
    }

    /// Whether the token of who signed in has expired or was revoked meanwhile, or allows something else.
    async fn has_lost_its_caller(&self) -> bool {
        if Requester::credentials(&self.request).is_none() {
            return false;
        }
        let found = requester(&self.request, &self.state).await;
        match found {
            Ok(found) => !found.caller.may_what(&self.caller),
            Err(problem) => problem.is_of_the_caller(),
        }
    }
}
