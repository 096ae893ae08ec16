//! Mutations with the header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): sent again, they
//! are answered as before and change nothing again.

use std::{fmt::Display, sync::Arc};

use actix_web::{HttpRequest, rt};
use async_graphql::{Response, parser::types::OperationType};
use chrono::TimeDelta;
use municipio_domain::{
    idempotency::{self, Attempt, Begun, IdempotencyKey, Repeatable},
    identity::{Caller, Vault},
};
use municipio_graphql::ErrorCode;

use super::{Answer, Operation, Parameters, Problem, Requester};
use crate::{app::State, clock, http::caller::bearer};

/// The header.
const HEADER: &str = "Idempotency-Key";

/// How much longer than it may take a mutation is left alone. Whoever begins too early undoes the first, which is no
/// harm, but in vain.
const MARGIN: TimeDelta = TimeDelta::seconds(1);

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
        Some(_) => Err(one_mutation(what).of(request)),
    }
}

fn one_mutation(other: &str) -> Problem {
    let message = format!("{HEADER} is for one mutation in a request of its own, not for {other}");
    Problem::new(ErrorCode::IdempotencyKeyInvalid, message)
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
    if !operation.is_one_field() {
        return Err(one_mutation("several").of(request));
    }
    let store = state.database.tenant(requester.tenant.id);
    let variables = variables.unwrap_or_default();
    let is_personal = matches!(requester.caller, Caller::Citizen(_));
    let vault = match is_personal {
        // The tokens of citizens are valid for minutes; the answer is bound to them and to the key.
        true => Ok(state.identity(&requester.tenant).vault().clone()),
        false => {
            let token = Requester::credentials(request).and_then(bearer);
            Vault::new(token.unwrap_or_default())
        }
    };
    // What people write of themselves is guessed from a hash: of citizens it is encrypted as well.
    let open: &str = if is_personal { "" } else { &variables };
    let repeatable = Repeatable {
        caller: requester.caller.author(),
        key,
        fingerprint: operation.fingerprint(open),
        exact_fingerprint: operation.exact_fingerprint(&variables),
        vault: vault.map_err(|error| broken(&error).of(request))?,
        is_personal,
    };
    let held = TimeDelta::from_std(state.settings.timeout()).unwrap_or(TimeDelta::days(1)) + MARGIN;
    let begun = idempotency::begin(&store, &repeatable, held, clock::now()).await;
    match begun.map_err(|error| Problem::failed(&error).of(request))? {
        Begun::Run(attempt) => {
            if operation.takes_secrets() {
                attempt.keep_secret();
            }
            return run_once(state, requester, operation, attempt)
                .await
                .map_err(|problem| problem.of(request));
        }
        Begun::Answered(answer) => match serde_json::from_str::<Response>(&answer) {
            Ok(response) => return Ok(Answer::Executed(response)),
            Err(error) => {
                tracing::error!(%error, "a kept answer cannot be read");
                Err(ErrorCode::IdempotencyAnswerLost)
            }
        },
        Begun::AnswerLost => Err(ErrorCode::IdempotencyAnswerLost),
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
            "the mutation with this key was done; its answer holds a secret, and is told only to the token with which it \
             was sent"
        }
        _ => "something failed on the server",
    }
}

/// Runs the operation in a task of its own: it goes on, and its answer is kept, when the client goes away.
async fn run_once(
    state: &State,
    requester: Requester,
    operation: Operation,
    attempt: Arc<Attempt>,
) -> Result<Answer, Problem> {
    let state = state.clone();
    let operation = operation.repeatable(Arc::clone(&attempt));
    let task = rt::spawn(async move {
        let answer = operation.run(&state, &requester).await;
        let settled = settle(&attempt, answer).await;
        if attempt.has_changed_callers() {
            // Somebody may have asked before it was permanent.
            state.identity(&requester.tenant).forget_callers();
        }
        settled
    });
    task.await.unwrap_or_else(|error| Err(broken(&error)))
}

/// The fault is here.
fn broken(error: &dyn Display) -> Problem {
    tracing::error!(%error, "a mutation with a key ended too early");
    Problem::new(ErrorCode::Internal, refusal(ErrorCode::Internal))
}

/// Makes what was done permanent together with the answer. Gives the key back when nothing was done because of an
/// error that may pass, or of a secret that may be corrected.
async fn settle(attempt: &Attempt, answer: Answer) -> Result<Answer, Problem> {
    let settled = match &answer {
        Answer::Executed(response)
            if attempt.has_acted() || (response.errors.is_empty() && !attempt.is_secret()) =>
        {
            match serde_json::to_string(response) {
                Ok(answer) => attempt.answer(&answer).await,
                Err(error) => return Err(broken(&error)),
            }
        }
        Answer::Executed(_) => attempt.give_up().await.map(|()| true),
        Answer::Refused(..) => attempt.undo().await.map(|()| true),
    };
    match settled {
        Ok(true) => Ok(answer),
        Ok(false) => Err(Problem::new(
            ErrorCode::IdempotencyInProgress,
            "the mutation took too long, and was sent again meanwhile",
        )),
        Err(error) => {
            if let Err(error) = attempt.undo().await {
                tracing::error!(%error, "a key is not free before its time is over");
            }
            Err(Problem::failed(&error))
        }
    }
}
