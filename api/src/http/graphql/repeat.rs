//! Mutations with the header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): sent again, they
//! are answered as before and change nothing again.

use std::sync::Arc;

use actix_web::{HttpRequest, rt};
use async_graphql::{Response, parser::types::OperationType};
use chrono::TimeDelta;
use municipio_domain::{
    idempotency::{self, Attempt, Begun, IdempotencyKey, Repeatable},
    identity::Caller,
    store::TenantStore,
};
use municipio_graphql::ErrorCode;

use super::{Answer, Operation, Parameters, Problem, Requester};
use crate::{app::State, clock};

/// The header.
const HEADER: &str = "Idempotency-Key";

/// How much longer than it may take a mutation is left alone.
const MARGIN: TimeDelta = TimeDelta::seconds(5);

/// The key of a request, if it has one.
pub(super) fn key(request: &HttpRequest) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(header) = request.headers().get(HEADER) else {
        return Ok(None);
    };
    let key = header.to_str().unwrap_or_default().parse();
    key.map(Some)
        .map_err(|error: idempotency::InvalidIdempotencyKey| {
            Problem::new(ErrorCode::IdempotencyKeyInvalid, error.to_string()).of(request)
        })
}

/// The variables as they were sent with a key.
pub(super) fn sent(request: &HttpRequest, parameters: &Parameters) -> Option<String> {
    request.headers().contains_key(HEADER).then(|| {
        // Texts as keys, they serialise.
        serde_json::to_string(&parameters.variables).unwrap_or_default()
    })
}

/// Refuses a key where it would not hold what it promises.
pub(super) fn refuse_key(request: &HttpRequest, what: &str) -> Result<(), Problem> {
    match key(request)? {
        None => Ok(()),
        Some(_) => {
            let message =
                format!("{HEADER} is for one mutation in a request of its own, not for {what}");
            Err(Problem::new(ErrorCode::IdempotencyKeyInvalid, message).of(request))
        }
    }
}

/// Runs an operation: with a key, once.
pub(super) async fn run(
    request: &HttpRequest,
    state: &State,
    requester: Requester,
    operation: Operation,
    variables: Option<String>,
) -> Result<Answer, Problem> {
    let key = key(request)?.filter(|_| operation.kind() == OperationType::Mutation);
    // Nobody knows whether two requests without credentials come from the same caller.
    let known = !matches!(requester.caller, Caller::Anonymous);
    let (Some(key), true) = (key, known) else {
        return Ok(operation.run(state, &requester).await);
    };
    let store = state.database.tenant(requester.tenant.id);
    let repeatable = Repeatable {
        caller: requester.caller.author(),
        key,
        fingerprint: operation.fingerprint(&variables.unwrap_or_default()),
    };
    let seconds = i64::try_from(state.settings.limit_seconds).unwrap_or(i64::MAX / 1_000_000);
    let held = TimeDelta::seconds(seconds) + MARGIN;
    let begun = idempotency::begin(&store, &repeatable, held, clock::now()).await;
    match begun.map_err(|error| Problem::failed(&error).of(request))? {
        Begun::Run(attempt) => {
            if operation.takes_secrets() {
                attempt.keep_secret();
            }
            run_once(state, requester, operation, store, attempt).await
        }
        Begun::Answered(answer) => match serde_json::from_str::<Response>(&answer) {
            Ok(response) => return Ok(Answer::Executed(response)),
            Err(error) => {
                tracing::error!(%error, "a kept answer cannot be read");
                Err(ErrorCode::IdempotencyAnswerLost)
            }
        },
        Begun::AnswerLost(effects) => {
            tracing::info!(%effects, "an answer was lost");
            Err(ErrorCode::IdempotencyAnswerLost)
        }
        Begun::InProgress => Err(ErrorCode::IdempotencyInProgress),
        Begun::OtherRequest => Err(ErrorCode::IdempotencyKeyReused),
    }
    .map_err(|code| Problem::new(code, refusal(code)).of(request))
}

fn refusal(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::IdempotencyInProgress => {
            "the mutation with this key is still running; send it again in a moment"
        }
        ErrorCode::IdempotencyKeyReused => {
            "another mutation was sent with this key; take a new key for each"
        }
        ErrorCode::IdempotencyAnswerLost => {
            "the mutation with this key was done, and its answer is not kept; it is not done again"
        }
        _ => "something failed on the server",
    }
}

/// Runs the operation in a task of its own: it goes on, and its answer is kept, when the client goes away.
async fn run_once(
    state: &State,
    requester: Requester,
    operation: Operation,
    store: TenantStore,
    attempt: Attempt,
) -> Result<Answer, ErrorCode> {
    let state = state.clone();
    let attempt = Arc::new(attempt);
    let operation = operation.repeatable(Arc::clone(&attempt));
    let task = rt::spawn(async move {
        let answer = operation.run(&state, &requester).await;
        keep(&store, &attempt, &answer).await;
        answer
    });
    task.await.map_err(|error| {
        tracing::error!(%error, "a mutation ended too early");
        ErrorCode::Internal
    })
}

/// Keeps an answer; gives the key back when nothing was done because of an error that may pass, or of a secret
/// with which the answer cannot be compared.
async fn keep(store: &TenantStore, attempt: &Attempt, answer: &Answer) {
    let kept = match answer {
        Answer::Executed(response)
            if attempt.has_effects() || (response.errors.is_empty() && !attempt.is_secret()) =>
        {
            match serde_json::to_string(response) {
                Ok(answer) => attempt.answer(store, answer).await,
                Err(error) => {
                    tracing::error!(%error, "an answer cannot be kept");
                    return;
                }
            }
        }
        Answer::Executed(_) => attempt.give_up(store).await,
        // It was stopped, and its transaction may be ending right now: whether it did something is known when
        // its time is over.
        Answer::Refused(..) => return,
    };
    if let Err(error) = kept {
        tracing::error!(%error, "an answer was not kept");
    }
}
