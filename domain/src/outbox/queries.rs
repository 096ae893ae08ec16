//! What is in the outbox of a tenant.

use chrono::{DateTime, Utc};
use municipio_entities::outbox_job::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, FromQueryResult, Iterable,
    sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query},
};
use serde_json::{Value, json};

use super::JobStatus;
use crate::{
    content::{Contents, InvalidCursor, Page, Window, seal, unseal},
    store::{StoreError, TenantStore},
    tenants::IpaCode,
};

/// Which jobs; all when everything is left out.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// With these numbers.
    pub numbers: Option<Vec<i64>>,
    /// Of this topic.
    pub topic: Option<String>,
    /// About this.
    pub aggregate: Option<String>,
    /// That stand like this.
    pub status: Option<JobStatus>,
}

impl JobFilter {
    /// What is written down of what was done to the jobs that match.
    pub fn details(&self, count: usize) -> Value {
        json!({
            "numbers": self.numbers,
            "topic": self.topic,
            "aggregate": self.aggregate,
            "status": self.status.map(JobStatus::as_str),
            "count": count,
        })
    }

    pub(super) fn condition(&self) -> Condition {
        let numbers = self.numbers.as_ref();
        Condition::all()
            .add_option(numbers.map(|numbers| Column::Number.is_in(numbers.iter().copied())))
            .add_option(self.topic.as_ref().map(|topic| Column::Topic.eq(topic)))
            .add_option(
                self.aggregate
                    .as_ref()
                    .map(|about| Column::Aggregate.eq(about)),
            )
            .add_option(self.status.map(|status| Column::Status.eq(status.as_str())))
    }
}

/// A job as those see it who look after the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct JobEntry {
    /// Its number.
    pub number: i64,
    /// The name of its topic.
    pub topic: String,
    /// What it is about.
    pub aggregate: String,
    /// What the handler needs to know.
    pub payload: Value,
    /// How it stands.
    pub status: JobStatus,
    /// When it is due; while it is running, when its lease ends; afterwards, when it was settled.
    pub due_at: DateTime<Utc>,
    /// How often it was begun.
    pub attempts: i32,
    /// What went wrong the last time.
    pub last_error: Option<String>,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
}

impl JobEntry {
    /// The place of the job with this number in the list, as an opaque string for readers of this municipality.
    pub fn cursor(number: i64, municipality: &IpaCode) -> String {
        seal(municipality, &("o", number))
    }

    /// Reads such a string.
    ///
    /// # Errors
    /// The text is no cursor of the list, or one of another municipality.
    pub fn decode_cursor(text: &str, municipality: &IpaCode) -> Result<i64, InvalidCursor> {
        match unseal::<(String, i64)>(text, municipality)? {
            (kind, number) if kind == "o" => Ok(number),
            _ => Err(InvalidCursor::OtherOrder),
        }
    }
}

impl TryFrom<Model> for JobEntry {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            number: row.number,
            topic: row.topic,
            aggregate: row.aggregate,
            payload: row.payload,
            status: row.status.parse()?,
            due_at: moment(row.due_key)?,
            attempts: row.attempts,
            last_error: row.last_error,
            created_at: row.created_at,
        })
    }
}

/// How many jobs of a topic stand in the same way.
#[derive(Clone, Debug, PartialEq)]
pub struct JobCount {
    /// The name of the topic.
    pub topic: String,
    /// How they stand.
    pub status: JobStatus,
    /// How many there are.
    pub total: i64,
    /// The first time among those at which they are due, or their leases end, or they were settled.
    pub first_at: DateTime<Utc>,
}

/// The outbox of a tenant, to be looked at.
#[derive(Clone, Debug)]
pub struct Outbox {
    store: TenantStore,
}

impl From<&Contents> for Outbox {
    fn from(contents: &Contents) -> Self {
        Self::new(contents.store().clone())
    }
}

impl Outbox {
    /// The outbox of the tenant whose rows these are.
    pub fn new(store: TenantStore) -> Self {
        Self { store }
    }

    /// A part of the list of the jobs that match, the newest first; their numbers are their places.
    ///
    /// # Errors
    /// The database failed.
    pub async fn page(
        &self,
        filter: &JobFilter,
        window: &Window<i64>,
    ) -> Result<Page<JobEntry, i64>, StoreError> {
        let mut select = Query::select();
        select
            .from(Entity)
            .columns(Column::iter().map(|column| (Entity, column)))
            .cond_where(filter.condition());
        window.select_down::<Entity, _>(&mut select, Column::Number, |number| *number);
        let rows = self.store.read().rows::<Entity>(select).await?;
        let size = usize::try_from(window.size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        let jobs = rows.iter().take(size).map(|row| {
            let job = JobEntry::try_from(Model::from_query_result(row, "")?)?;
            Ok::<_, StoreError>((job.number, job))
        });
        Ok(Page::of(window, jobs.collect::<Result<_, _>>()?, more))
    }

    /// The jobs with these numbers that there are.
    ///
    /// # Errors
    /// The database failed.
    pub async fn jobs(&self, numbers: &[i64]) -> Result<Vec<JobEntry>, StoreError> {
        let rows = self.store.read();
        let rows = rows.all_of::<Entity>(Column::Number, numbers.iter().copied(), Condition::all());
        rows.await?.into_iter().map(JobEntry::try_from).collect()
    }

    /// How many jobs stand how, of each topic.
    ///
    /// # Errors
    /// The database failed.
    pub async fn statistics(&self) -> Result<Vec<JobCount>, StoreError> {
        let [total, first] = ["total", "first"].map(Alias::new);
        let mut select = Query::select();
        select
            .from(Entity)
            .columns([(Entity, Column::Topic), (Entity, Column::Status)])
            .expr_as(Expr::col((Entity, Column::Number)).count(), total)
            .expr_as(Func::min(Expr::col((Entity, Column::DueKey))), first)
            .group_by_columns([(Entity, Column::Topic), (Entity, Column::Status)]);
        let rows = self.store.read().rows::<Entity>(select).await?;
        let counts = rows.iter().map(|row| {
            let status: String = row.try_get("", "status")?;
            Ok(JobCount {
                topic: row.try_get("", "topic")?,
                status: status.parse()?,
                total: row.try_get("", "total")?,
                first_at: moment(row.try_get("", "first")?)?,
            })
        });
        counts.collect()
    }
}

fn moment(milliseconds: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_millis(milliseconds)
        .ok_or_else(|| StoreError::corrupt("time of a job", milliseconds))
}
