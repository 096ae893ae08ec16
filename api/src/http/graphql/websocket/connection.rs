//! One connection: from its first message to its last.

use std::{collections::HashMap, sync::Arc, time::Duration};

use actix_web::web::Data;
use actix_ws::{AggregatedMessage, AggregatedMessageStream, Closed, ProtocolError, Session};
use async_graphql::ServerError;
use futures_util::StreamExt;
use municipio_domain::audit::Origin;
use municipio_graphql::ErrorCode;
use serde_json::{
    Map, Value,
    value::{RawValue, to_raw_value},
};
use tokio::{
    sync::mpsc::{Sender, channel},
    task::{AbortHandle, JoinSet, unconstrained},
    time::{interval, sleep, timeout},
};

use super::{
    Answer, Operation, Parameters, Problem, Requester, Wish, perspective,
    protocol::{ClientMessage, Close, ServerMessage},
    tenant::{self, Address},
};
use crate::app::State;

/// The key of the payload that holds what the header of that name would.
const AUTHORIZATION: &str = "Authorization";
/// How long a client has to send `connection_init`.
const INITIALISATION: Duration = Duration::from_secs(3);
/// How often the client is asked whether it lives; who has not answered by the next time is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(12);
/// How long a client may take to read a message.
const READING: Duration = Duration::from_secs(10);
/// Answers that wait for the client to read.
const WAITING: usize = 16;

/// A WebSocket.
pub(super) struct Connection {
    state: Data<State>,
    session: Session,
    address: Address,
    credentials: Option<String>,
    origin: Origin,
    wish: Wish,
    /// At which address the client reaches this program.
    base: Arc<str>,
    /// For whom operations run, once the connection is acknowledged.
    requester: Option<Requester>,
    operations: HashMap<String, Running>,
    /// How many operations there were, to tell two with the same id apart.
    count: u64,
    tasks: JoinSet<()>,
}

/// An operation under way.
struct Running {
    number: u64,
    task: AbortHandle,
}

/// What an operation has to say.
struct Event {
    id: String,
    number: u64,
    kind: EventKind,
}

enum EventKind {
    Next(Box<RawValue>),
    Error(Box<RawValue>),
    Complete,
}

impl Connection {
    pub(super) fn new(
        state: Data<State>,
        session: Session,
        address: Address,
        credentials: Option<String>,
        origin: Origin,
        wish: Wish,
        base: Arc<str>,
    ) -> Self {
        Self {
            state,
            session,
            address,
            credentials,
            origin,
            wish,
            base,
            requester: None,
            operations: HashMap::new(),
            count: 0,
            tasks: JoinSet::new(),
        }
    }

    /// Serves the client until one of the two closes the connection.
    pub(super) async fn run(mut self, mut messages: AggregatedMessageStream) {
        let close = match self.serve(&mut messages).await {
            Err(close) => close,
            Ok(never) => match never {},
        };
        self.close(close).await;
    }

    /// Ends the operations and tells the client why.
    pub(super) async fn close(mut self, close: Close) {
        self.tasks.shutdown().await;
        if let Some(reason) = close.reason() {
            // Who does not read the reason any more is gone.
            let _ = timeout(READING, self.session.close(Some(reason))).await;
        }
    }

    async fn serve(
        &mut self,
        messages: &mut AggregatedMessageStream,
    ) -> Result<std::convert::Infallible, Close> {
        let (sender, mut events) = channel(WAITING);
        let mut stopping = self.state.stopping.clone();
        let mut keep_alive = interval(KEEP_ALIVE);
        let initialisation = sleep(INITIALISATION);
        tokio::pin!(initialisation);
        let mut lives = true;
        loop {
            tokio::select! {
                message = messages.recv() => {
                    lives = true;
                    self.receive(message, &sender).await?;
                }
                Some(event) = events.recv() => self.deliver(event).await?,
                () = &mut initialisation, if self.requester.is_none() => {
                    return Err(Close::InitialisationTimeout);
                }
                _ = keep_alive.tick() => {
                    if !std::mem::take(&mut lives) {
                        return Err(Close::Gone);
                    }
                    // The database does not answer: what runs goes on, what begins is told.
                    let _ = self.check_again().await?;
                    let ping = self.session.ping(b"");
                    sent(timeout(READING, ping).await)?;
                }
                _ = stopping.wait_for(|stopping| *stopping) => return Err(Close::GoingAway),
                Some(ended) = self.tasks.join_next() => {
                    if ended.is_err_and(|error| error.is_panic()) {
                        return Err(Close::Internal);
                    }
                }
            }
        }
    }

    async fn receive(
        &mut self,
        message: Option<Result<AggregatedMessage, ProtocolError>>,
        events: &Sender<Event>,
    ) -> Result<(), Close> {
        match message {
            None => Err(Close::Gone),
            Some(Err(ProtocolError::Overflow)) => Err(Close::TooLarge),
            Some(Err(_)) => Err(Close::Malformed),
            Some(Ok(message)) => match message {
                AggregatedMessage::Text(text) => {
                    self.handle(ClientMessage::read(&text)?, events).await
                }
                AggregatedMessage::Binary(_) => Err(Close::InvalidMessage),
                AggregatedMessage::Ping(bytes) => {
                    sent(timeout(READING, self.session.pong(&bytes)).await)
                }
                AggregatedMessage::Pong(_) => Ok(()),
                AggregatedMessage::Close(_) => Err(Close::Normal),
            },
        }
    }

    async fn handle(
        &mut self,
        message: ClientMessage,
        events: &Sender<Event>,
    ) -> Result<(), Close> {
        match message {
            ClientMessage::ConnectionInit { payload } => self.initialise(payload).await,
            ClientMessage::Ping { payload } => self.send(&ServerMessage::Pong { payload }).await,
            ClientMessage::Pong { .. } => Ok(()),
            ClientMessage::Subscribe { id, payload } => self.begin(id, payload, events).await,
            ClientMessage::Complete { id } => {
                if let Some(operation) = self.operations.remove(&id) {
                    operation.task.abort();
                }
                Ok(())
            }
        }
    }

    /// Browsers cannot send headers with a WebSocket: the payload may name the municipality and bring
    /// the token.
    async fn initialise(&mut self, payload: Option<Map<String, Value>>) -> Result<(), Close> {
        if self.requester.is_some() {
            return Err(Close::TooManyInitialisations);
        }
        let said = |name: &str| {
            let value = payload.as_ref().and_then(|payload| payload.get(name));
            value.map(|value| value.as_str().unwrap_or_default().to_owned())
        };
        if let Some(named) = said(tenant::HEADER) {
            self.address.named = Some(named);
        }
        if let Some(credentials) = said(AUTHORIZATION) {
            self.credentials = Some(credentials);
        }
        for (name, wish) in [
            (perspective::PERSPECTIVE, &mut self.wish.perspective),
            (perspective::PREVIEW, &mut self.wish.preview),
        ] {
            if let Some(text) = said(name) {
                *wish = Some(text);
            }
        }
        let requester = self.find().await;
        let refused = |problem: Problem| Close::Forbidden(problem.detail().to_owned());
        self.requester = Some(requester.map_err(refused)?);
        self.send(&ServerMessage::ConnectionAck).await
    }

    async fn find(&self) -> Result<Requester, Problem> {
        let tenant = tenant::find(&self.address, &self.state).await?;
        let (credentials, wish) = (self.credentials.as_deref(), self.wish.clone());
        let origin = self.origin.clone();
        let base = tenant::base_of(Arc::clone(&self.base), &tenant, &self.state).await?;
        let found = Requester::with(credentials, wish, &self.state, tenant, origin).await;
        Ok(found?.at(base))
    }

    /// Ends the connection of who signed in when the token has expired or was revoked meanwhile, or allows something else
    /// than when operations began that are under way; gives the problem when nobody can tell.
    async fn check_again(&mut self) -> Result<Result<(), Problem>, Close> {
        let is_nobody = self.credentials.is_none() && self.wish.preview.is_none();
        if is_nobody || self.requester.is_none() {
            return Ok(Ok(()));
        }
        match self.find().await {
            Ok(requester) => {
                let before = self.requester.replace(requester);
                let callers = before.as_ref().zip(self.requester.as_ref());
                let is_the_same =
                    callers.is_none_or(|(before, now)| now.caller.may_what(&before.caller));
                if !is_the_same && !self.operations.is_empty() {
                    let reason = "what you may do has changed: connect again";
                    return Err(Close::Forbidden(reason.to_owned()));
                }
            }
            Err(problem) if problem.is_of_the_caller() => {
                return Err(Close::Forbidden(problem.detail().to_owned()));
            }
            Err(problem) => return Ok(Err(problem)),
        }
        Ok(Ok(()))
    }

    /// Tells the client that an operation does not begin.
    async fn refuse(&mut self, id: &str, error: ServerError) -> Result<(), Close> {
        let refused = Answer::from(error);
        let payload =
            errors(&refused.settled(self.origin.request_id.as_deref(), &self.state.settings));
        let payload = &payload;
        self.send(&ServerMessage::Error { id, payload }).await
    }

    async fn begin(
        &mut self,
        id: String,
        parameters: Parameters,
        events: &Sender<Event>,
    ) -> Result<(), Close> {
        let checked = self.check_again().await?;
        let Some(requester) = self.requester.clone() else {
            return Err(Close::Unauthorized);
        };
        if self.operations.contains_key(&id) {
            return Err(Close::DuplicateId(id));
        }
        if let Err(problem) = checked {
            return self.refuse(&id, problem.into_error()).await;
        }
        let most = self.state.settings.limit_operations;
        if self.operations.len() >= most {
            let message = format!("a connection has at most {most} operations under way");
            let refused = ErrorCode::TooManyOperations.refuse(message);
            return self.refuse(&id, refused).await;
        }
        self.count += 1;
        let operation = Task {
            id: id.clone(),
            number: self.count,
            state: self.state.clone(),
            requester,
            request_id: self.origin.request_id.clone(),
            events: events.clone(),
        };
        let task = self
            .tasks
            .spawn_local(unconstrained(operation.run(parameters)));
        let number = self.count;
        self.operations.insert(id, Running { number, task });
        Ok(())
    }

    /// Tells the client what an operation has to say, unless the client ended it meanwhile.
    async fn deliver(&mut self, event: Event) -> Result<(), Close> {
        let Event { id, number, kind } = event;
        if self
            .operations
            .get(&id)
            .is_none_or(|known| known.number != number)
        {
            return Ok(());
        }
        let message = match &kind {
            EventKind::Next(payload) => ServerMessage::Next { id: &id, payload },
            EventKind::Error(payload) => ServerMessage::Error { id: &id, payload },
            EventKind::Complete => ServerMessage::Complete { id: &id },
        };
        if !matches!(message, ServerMessage::Next { .. }) {
            self.operations.remove(&id);
        }
        self.send(&message).await
    }

    async fn send(&mut self, message: &ServerMessage<'_>) -> Result<(), Close> {
        let text = serde_json::to_string(message).map_err(|error| {
            tracing::error!(%error, "a message cannot be written");
            Close::Gone
        })?;
        sent(timeout(READING, self.session.text(text)).await)
    }
}

fn sent(sent: Result<Result<(), Closed>, tokio::time::error::Elapsed>) -> Result<(), Close> {
    match sent {
        Ok(Ok(())) => Ok(()),
        _ => Err(Close::Gone),
    }
}

/// The errors of a refusal as the protocol wants them: a list.
fn errors(answer: &Answer) -> Box<RawValue> {
    match answer {
        Answer::Refused(_, errors) => to_raw_value(errors).unwrap_or_default(),
        Answer::Executed(_) => Box::default(),
    }
}

/// The task of one operation.
struct Task {
    id: String,
    number: u64,
    state: Data<State>,
    requester: Requester,
    request_id: Option<String>,
    events: Sender<Event>,
}

impl Task {
    async fn run(self, parameters: Parameters) {
        let operation = match Operation::admit(&self.state, &self.requester, parameters) {
            Ok(operation) => operation,
            Err(error) => {
                self.tell(error.into()).await;
                return;
            }
        };
        let mut answers = operation.answers(&self.state, &self.requester);
        while let Some(answer) = answers.next().await {
            if !self.tell(answer).await {
                return;
            }
        }
        self.say(EventKind::Complete).await;
    }

    /// Tells the client an answer; says whether the operation goes on.
    async fn tell(&self, answer: Answer) -> bool {
        let answer = answer.settled(self.request_id.as_deref(), &self.state.settings);
        match answer {
            Answer::Executed(_) => self.say(EventKind::Next(answer.to_json())).await,
            Answer::Refused(..) => {
                self.say(EventKind::Error(errors(&answer))).await;
                false
            }
        }
    }

    async fn say(&self, kind: EventKind) -> bool {
        let event = Event {
            id: self.id.clone(),
            number: self.number,
            kind,
        };
        self.events.send(event).await.is_ok()
    }
}
