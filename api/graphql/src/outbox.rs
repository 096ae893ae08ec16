//! The outbox, as those see it who look after it.

use async_graphql::{Context, Enum, InputObject, Json, Result, SimpleObject, connection::PageInfo};
use chrono::{DateTime, Utc};
use municipio_domain::{
    identity::{Action, Subject},
    outbox::{self, JobEntry, JobFilter, Outbox},
};
use serde_json::Value;

use crate::{
    connection::{Part, places},
    context::data,
    error::internal,
};

/// How a job stands (stato del lavoro).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "outbox::JobStatus")]
pub(crate) enum OutboxJobStatus {
    /// It is to be done when it is due and nothing is before it (in attesa).
    Waiting,
    /// A worker has it (in corso).
    Running,
    /// It is done; it is known for three days (eseguito).
    Done,
    /// It was given up, and is kept until somebody replays or drops it (abbandonato).
    Dead,
}

/// Which jobs of the outbox; those that match all of it.
#[derive(Default, InputObject)]
pub(crate) struct OutboxJobFilter {
    /// With these numbers; at most 1,000.
    #[graphql(validator(max_items = 1000))]
    numbers: Option<Vec<i64>>,
    /// Of this topic, such as `webhooks`.
    topic: Option<String>,
    /// About this.
    aggregate: Option<String>,
    /// That stand like this.
    status: Option<OutboxJobStatus>,
}

impl From<OutboxJobFilter> for JobFilter {
    fn from(filter: OutboxJobFilter) -> Self {
        Self {
            numbers: filter.numbers,
            topic: filter.topic,
            aggregate: filter.aggregate,
            status: filter.status.map(Into::into),
        }
    }
}

/// Something that is to be done after a change was committed (lavoro in uscita).
#[derive(Clone, SimpleObject)]
pub(crate) struct OutboxJob {
    /// Its number: 1, 2, 3 and so on, in the order in which jobs were enqueued.
    number: i64,
    /// What kind of work it is, such as `webhooks` (argomento).
    topic: String,
    /// What it is about: jobs of one topic about the same thing are done one after the other (aggregato).
    aggregate: String,
    /// What whoever does it needs to know (contenuto).
    payload: Json<Value>,
    /// How it stands (stato).
    status: OutboxJobStatus,
    /// When it is due; while it is running, when its lease ends; afterwards, when it was settled.
    due_at: DateTime<Utc>,
    /// How often it was begun (tentativi).
    attempts: i32,
    /// What went wrong the last time (ultimo errore).
    last_error: Option<String>,
    /// When it was enqueued.
    created_at: DateTime<Utc>,
}

impl From<JobEntry> for OutboxJob {
    fn from(job: JobEntry) -> Self {
        Self {
            number: job.number,
            topic: job.topic,
            aggregate: job.aggregate,
            payload: Json(job.payload),
            status: job.status.into(),
            due_at: job.due_at,
            attempts: job.attempts,
            last_error: job.last_error,
            created_at: job.created_at,
        }
    }
}

/// A job with its place in the list.
#[derive(SimpleObject)]
pub(crate) struct OutboxJobEdge {
    /// The place, for `after` and `before`.
    cursor: String,
    /// The job.
    node: OutboxJob,
}

/// A part of the list of jobs, newest first (Relay connection): at most 100.
#[derive(SimpleObject)]
pub(crate) struct OutboxJobConnection {
    /// The jobs with their places.
    edges: Vec<OutboxJobEdge>,
    /// The jobs alone.
    nodes: Vec<OutboxJob>,
    /// Whether there is more, and how to go on.
    page_info: PageInfo,
}

impl OutboxJobConnection {
    /// Reads a part of the list, for who manages the settings.
    pub(crate) async fn read(
        ctx: &Context<'_>,
        filter: Option<OutboxJobFilter>,
        part: Part,
    ) -> Result<Self> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let municipality = &data.tenant.ipa_code;
        let window = part.window(|text| JobEntry::decode_cursor(text, municipality))?;
        let outbox = Outbox::from(&data.contents);
        let filter = filter.unwrap_or_default().into();
        let page = outbox.page(&filter, &window).await.map_err(internal)?;
        let cursor = |number: &i64| JobEntry::cursor(*number, municipality);
        let page_info = places(Some(&page), cursor);
        let edges = page.entries.into_iter().map(|(number, job)| OutboxJobEdge {
            cursor: cursor(&number),
            node: job.into(),
        });
        let edges: Vec<_> = edges.collect();
        Ok(Self {
            nodes: edges.iter().map(|edge| edge.node.clone()).collect(),
            edges,
            page_info,
        })
    }
}

/// How many jobs of a topic stand in the same way (statistica dei lavori in uscita).
#[derive(SimpleObject)]
pub(crate) struct OutboxStatistics {
    /// What kind of work it is, such as `webhooks` (argomento).
    topic: String,
    /// How they stand (stato).
    status: OutboxJobStatus,
    /// How many there are (totale).
    total: i64,
    /// The first time at which one of them is due, its lease ends, or it was settled.
    first_at: DateTime<Utc>,
    /// How long the one that is due first has been due, in seconds; 0 when none is (attesa).
    age: i64,
}

impl OutboxStatistics {
    /// Those of all topics, for who manages the settings.
    pub(crate) async fn all(ctx: &Context<'_>) -> Result<Vec<Self>> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let counts = Outbox::from(&data.contents).statistics().await;
        let counts = counts.map_err(internal)?.into_iter();
        let shown = counts.map(|count| Self {
            topic: count.topic,
            status: count.status.into(),
            total: count.total,
            first_at: count.first_at,
            age: match count.status {
                outbox::JobStatus::Waiting => (data.now() - count.first_at).num_seconds().max(0),
                _ => 0,
            },
        });
        Ok(shown.collect())
    }
}
