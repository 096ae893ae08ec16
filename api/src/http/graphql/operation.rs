//! An operation on its way from the parameters of a request to its answers, the same over every
//! transport: its document found, kept within the limits, and run for one municipality.

use std::sync::Arc;

use async_graphql::{
    Request, Response, ServerError, Variables,
    parser::{
        parse_query,
        types::{ExecutableDocument, OperationType},
    },
};
use futures_util::{Stream, StreamExt, stream};
use moka::sync::Cache;
use municipio_domain::tenants::Tenant;
use municipio_graphql::{
    ErrorCode, Moment, RequestData, check_variables,
    limits::{Measure, measure, scan},
};

use super::{deep::Deep, request::Parameters, response};
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

/// Parsed documents by their text: portals ask the same few again and again.
pub(crate) type ParsedDocuments = Cache<Arc<String>, Arc<ExecutableDocument>>;

/// Memory for the parsed documents of about this many bytes of text.
pub(crate) fn parsed_documents(bytes: u64) -> ParsedDocuments {
    Cache::builder()
        .max_capacity(bytes)
        .weigher(|text: &Arc<String>, _| u32::try_from(text.len()).unwrap_or(u32::MAX))
        .build()
}

/// An operation that may run.
pub(super) struct Operation {
    request: Request,
    kind: OperationType,
    measure: Measure,
    shows_cost: bool,
}

impl Operation {
    /// Finds the document of a request, and refuses what is over the limits or does not fit its
    /// variables.
    pub(super) fn admit(state: &State, parameters: Parameters) -> Result<Self, ServerError> {
        let text = state.documents.find(&parameters)?;
        let shows_cost = parameters.shows_cost();
        let variables = Variables::from_json(serde_json::Value::Object(parameters.variables));
        let document = parse(state, &text)?;
        let measure = measure(&document, &variables, &state.costs)?;
        state.limits.check(&measure)?;
        let name = parameters.operation_name;
        check_variables(&document, name.as_deref(), &variables)?;
        let kind = kind(&document, name.as_deref());
        let mut request = Request::new(text.as_str()).variables(variables);
        request.operation_name = name;
        request.set_parsed_query(ExecutableDocument::clone(&document));
        if !state.settings.introspection {
            request = request.disable_introspection();
        }
        Ok(Self {
            request,
            kind,
            measure,
            shows_cost,
        })
    }

    /// A query, a mutation or a subscription.
    pub(super) fn kind(&self) -> OperationType {
        self.kind
    }

    /// Runs a query or a mutation.
    pub(super) async fn run(self, state: &State, tenant: &Arc<Tenant>) -> Answer {
        let moment = Moment::Fixed(clock::now());
        let data = RequestData::new(Arc::clone(tenant), state.contents(tenant), moment);
        let execution = state.schema.execute(data.attach(self.request));
        let execution = Deep::new(execution, self.measure.depth);
        // What is dropped here stops: nobody waits for the statements under way, and the database
        // ends them at the same time.
        let Ok(mut response) = tokio::time::timeout(state.settings.timeout(), execution).await
        else {
            let seconds = state.settings.limit_seconds;
            let message = format!("the query took longer than {seconds} s");
            return ErrorCode::Timeout.refuse(message).into();
        };
        if self.shows_cost {
            response = response.extension("cost", self.measure.cost.into());
        }
        Answer::Executed(response)
    }

    /// Runs the operation; a subscription answers again and again.
    pub(super) fn answers(
        self,
        state: &State,
        tenant: &Arc<Tenant>,
    ) -> impl Stream<Item = Answer> + use<> {
        if self.kind != OperationType::Subscription {
            let (state, tenant) = (state.clone(), Arc::clone(tenant));
            return stream::once(async move { self.run(&state, &tenant).await }).boxed_local();
        }
        let moment = Moment::Running(clock::now);
        let data = RequestData::new(Arc::clone(tenant), state.contents(tenant), moment);
        let events = state.schema.execute_stream(data.attach(self.request));
        Deep::new(events, self.measure.depth)
            .map(Answer::Executed)
            .boxed_local()
    }
}

/// Parses a document that is within the limits of its text, unless it is known.
fn parse(state: &State, text: &Arc<String>) -> Result<Arc<ExecutableDocument>, ServerError> {
    if let Some(known) = state.parsed.get(text) {
        return Ok(known);
    }
    scan(text, &state.limits)?;
    let document = parse_query(text.as_str()).map_err(|error| {
        let error = ServerError::from(error);
        let place = error.locations.first().copied();
        let mut refused = ErrorCode::ParseFailed.refuse(response::first_line(&error.message));
        refused.locations = place.into_iter().collect();
        refused
    })?;
    let document = Arc::new(document);
    state.parsed.insert(Arc::clone(text), Arc::clone(&document));
    Ok(document)
}

/// The kind of the operation that was asked for; where several could be meant, none will run.
fn kind(document: &ExecutableDocument, wanted: Option<&str>) -> OperationType {
    let chosen = document
        .operations
        .iter()
        .find(|(name, _)| wanted.is_none_or(|wanted| name.is_some_and(|name| name == wanted)));
    chosen.map_or(OperationType::Query, |(_, operation)| operation.node.ty)
}
