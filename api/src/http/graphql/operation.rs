//! An operation on its way from the parameters of a request to its answers, the same over every
//! transport: its document found, kept within the limits, and run for one municipality.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_graphql::{
    Request, Response, ServerError, Value,
    parser::{
        parse_query,
        types::{ExecutableDocument, OperationType},
    },
};
use futures_util::{Stream, StreamExt, stream};
use moka::sync::Cache;
use municipio_domain::{content::Contents, digest::sha256, idempotency::Attempt};
use municipio_graphql::{
    ErrorCode, Moment,
    limits::{Measure, scan},
};
use tokio::task::unconstrained;

use super::{Requester, deep::Deep, request::Parameters, response};
use crate::{app::State, clock};

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

/// Documents by their text: portals ask the same few again and again.
pub(crate) type KnownDocuments = Cache<Arc<String>, Arc<KnownDocument>>;

/// A document that was parsed.
pub(crate) struct KnownDocument {
    parsed: ExecutableDocument,
    /// Whether it was executed before, and so is valid.
    valid: AtomicBool,
}

/// Memory for the documents of about this many bytes of text.
pub(crate) fn known_documents(bytes: u64) -> KnownDocuments {
    Cache::builder()
        .max_capacity(bytes)
        .weigher(|text: &Arc<String>, _| u32::try_from(text.len()).unwrap_or(u32::MAX))
        .build()
}

/// An operation that may run.
pub(super) struct Operation {
    request: Request,
    document: Arc<KnownDocument>,
    kind: OperationType,
    measure: Measure,
    shows_cost: bool,
    perspective: Option<String>,
    /// The names of its mutations, when one of them takes a secret.
    secret_mutations: Option<String>,
    /// In what it runs, when it may be sent again.
    attempt: Option<Arc<Attempt>>,
}

impl Operation {
    /// Finds the document of a request, and refuses what is over the limits or does not fit its
    /// variables.
    pub(super) fn admit(
        state: &State,
        requester: &Requester,
        parameters: Parameters,
    ) -> Result<Self, ServerError> {
        let limits = state.limits_of(&requester.caller);
        let text = state.documents.find(&parameters)?;
        let shows_cost = parameters.shows_cost();
        let perspective = parameters.perspective()?;
        let variables = limits.variables(parameters.variables)?;
        let document = parse(state, &text)?;
        let parsed = &document.parsed;
        let measure = limits.admit(parsed, &variables, &state.costs)?;
        let name = parameters.operation_name;
        let types = &state.input_types;
        types.check(parsed, name.as_deref(), &variables)?;
        let secret_mutations = types.secret_mutations(parsed, name.as_deref());
        let kind = kind(parsed, name.as_deref());
        let mut request = Request::new(text.as_str()).variables(variables);
        request.operation_name = name;
        request.set_parsed_query(parsed.clone());
        if !state.settings.introspection {
            request = request.disable_introspection();
        }
        Ok(Self {
            request,
            document,
            kind,
            measure,
            shows_cost,
            perspective,
            secret_mutations,
            attempt: None,
        })
    }

    /// A query, a mutation or a subscription.
    pub(super) fn kind(&self) -> OperationType {
        self.kind
    }

    /// The perspective that the operation names for itself.
    pub(super) fn perspective(&self) -> Option<&str> {
        self.perspective.as_deref()
    }

    /// Whether it has one field at its root.
    pub(super) fn is_one_field(&self) -> bool {
        self.measure.root_fields == 1
    }

    /// Whether it takes a password, a code or a token.
    pub(super) fn takes_secrets(&self) -> bool {
        self.secret_mutations.is_some()
    }

    /// What tells the operation from others: its document, its name, and the variables as they were sent; of one
    /// that takes secrets the names of the mutations alone, because a hash of a password is soon guessed.
    pub(super) fn fingerprint(&self, variables: &str) -> String {
        match &self.secret_mutations {
            Some(mutations) => fingerprint([mutations]),
            None => self.exact_fingerprint(variables),
        }
    }

    /// The same, secrets included.
    pub(super) fn exact_fingerprint(&self, variables: &str) -> String {
        let name = self.request.operation_name.as_deref().unwrap_or_default();
        fingerprint([&self.request.query, name, variables])
    }

    /// The same, run in the unit of work of this attempt.
    pub(super) fn repeatable(self, attempt: Arc<Attempt>) -> Self {
        Self {
            attempt: Some(attempt),
            ..self
        }
    }

    /// Runs a query or a mutation.
    pub(super) async fn run(self, state: &State, requester: &Requester) -> Answer {
        let (document, measure, shows_cost) =
            (Arc::clone(&self.document), self.measure, self.shows_cost);
        // What is dropped here stops: nobody waits for the statements under way, and the database
        // ends them at the same time.
        let executed =
            tokio::time::timeout(state.settings.timeout(), self.execute(state, requester));
        let mut response = match executed.await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return error.into(),
            Err(_) => {
                let seconds = state.settings.limit_seconds;
                let message = format!("the query took longer than {seconds} s");
                return ErrorCode::Timeout.refuse(message).into();
            }
        };
        if response.data != Value::Null {
            document.valid.store(true, Ordering::Relaxed);
        }
        if shows_cost {
            response = response.extension("cost", measure.cost.into());
        }
        Answer::Executed(response)
    }

    async fn execute(self, state: &State, requester: &Requester) -> Result<Response, ServerError> {
        let now = clock::now();
        // What is written is written to, and told of, as it is: a mutation has no perspective.
        let contents = match self.kind {
            OperationType::Query => {
                let named = self.perspective.as_deref();
                requester.contents(state, named, now).await?
            }
            _ => match &self.attempt {
                Some(attempt) => Contents::new(attempt.store().clone(), state.bodies.clone()),
                None => state.contents(&requester.tenant),
            },
        };
        let mut data = requester.data(state, contents, Moment::Fixed(now));
        if let Some(attempt) = self.attempt {
            data = data.repeatable(attempt);
        }
        let schema = match self.document.valid.load(Ordering::Relaxed) {
            true => &state.schema_for_valid_documents,
            false => &state.schema,
        };
        let execution = schema.execute(data.attach(self.request));
        // Loaders gather the keys of a level while the request is polled once: the runtime must not
        // interrupt it there, or one level would take several statements.
        Ok(unconstrained(Deep::new(execution, self.measure.depth)).await)
    }

    /// Runs the operation; a subscription answers again and again.
    pub(super) fn answers(
        self,
        state: &State,
        requester: &Requester,
    ) -> impl Stream<Item = Answer> + use<> {
        if self.kind != OperationType::Subscription {
            let (state, requester) = (state.clone(), requester.clone());
            return stream::once(async move { self.run(&state, &requester).await }).boxed_local();
        }
        let moment = Moment::Running(clock::now);
        let contents = state.contents(&requester.tenant);
        let data = requester.data(state, contents, moment);
        let events = state.schema.execute_stream(data.attach(self.request));
        Deep::new(events, self.measure.depth)
            .map(Answer::Executed)
            .boxed_local()
    }
}

/// Parses a document that is within the limits of its text, unless it is known.
fn parse(state: &State, text: &Arc<String>) -> Result<Arc<KnownDocument>, ServerError> {
    if let Some(known) = state.known.get(text) {
        return Ok(known);
    }
    scan(text, &state.limits)?;
    let parsed = parse_query(text.as_str()).map_err(|error| {
        let error = ServerError::from(error);
        let place = error.locations.first().copied();
        let mut refused = ErrorCode::ParseFailed.refuse(response::first_line(&error.message));
        refused.locations = place.into_iter().collect();
        refused
    })?;
    let valid = AtomicBool::new(false);
    let document = Arc::new(KnownDocument { parsed, valid });
    state.known.insert(Arc::clone(text), Arc::clone(&document));
    Ok(document)
}

fn fingerprint<const N: usize>(parts: [&str; N]) -> String {
    let mut said = Vec::new();
    for part in parts {
        // Their lengths, so that no part can pass for the end of another.
        said.extend(part.len().to_be_bytes());
        said.extend(part.as_bytes());
    }
    sha256(said)
}

/// The kind of the operation that was asked for; where several could be meant, none will run.
fn kind(document: &ExecutableDocument, wanted: Option<&str>) -> OperationType {
    let chosen = document
        .operations
        .iter()
        .find(|(name, _)| wanted.is_none_or(|wanted| name.is_some_and(|name| name == wanted)));
    chosen.map_or(OperationType::Query, |(_, operation)| operation.node.ty)
}
