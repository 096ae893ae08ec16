//! What those do who look after the outbox.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    audit::Deed,
    identity::{Action, Subject},
    outbox::{JobFilter, drop_jobs, replay},
};

use super::UserError;
use crate::{context::data, error::internal, outbox::OutboxJobFilter};

#[derive(Default)]
pub(crate) struct OutboxMutation;

/// Jobs that are to be done again.
#[derive(InputObject)]
struct ReplayOutboxJobsInput {
    /// Which of those that were given up; all when it says nothing.
    #[graphql(default)]
    filter: OutboxJobFilter,
}

/// Jobs that are to be dropped.
#[derive(InputObject)]
struct DropOutboxJobsInput {
    /// Which of those that wait or were given up; all when it says nothing.
    filter: OutboxJobFilter,
}

/// What replaying jobs did.
#[derive(SimpleObject)]
struct ReplayOutboxJobsPayload {
    /// How many jobs are to be done again (quanti).
    count: usize,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What dropping jobs did.
#[derive(SimpleObject)]
struct DropOutboxJobsPayload {
    /// How many jobs were dropped (quanti).
    count: usize,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[Object]
impl OutboxMutation {
    /// Has jobs done again that were given up, after everything that waits (ripeti i lavori in uscita).
    async fn replay_outbox_jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] input: ReplayOutboxJobsInput,
    ) -> Result<ReplayOutboxJobsPayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let filter = JobFilter::from(input.filter);
        let transaction = data.contents.begin().await.map_err(internal)?;
        let replayed = replay(&transaction, &filter, data.now()).await;
        let count = replayed.map_err(internal)?;
        data.commit(transaction, &deed("outbox.replay", &filter, count))
            .await?;
        Ok(ReplayOutboxJobsPayload {
            count,
            user_errors: Vec::new(),
        })
    }

    /// Drops jobs that wait or were given up: they are not done (elimina i lavori in uscita).
    async fn drop_outbox_jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] input: DropOutboxJobsInput,
    ) -> Result<DropOutboxJobsPayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let filter = JobFilter::from(input.filter);
        let transaction = data.contents.begin().await.map_err(internal)?;
        let dropped = drop_jobs(&transaction, &filter, data.now()).await;
        let count = dropped.map_err(internal)?;
        data.commit(transaction, &deed("outbox.drop", &filter, count))
            .await?;
        Ok(DropOutboxJobsPayload {
            count,
            user_errors: Vec::new(),
        })
    }
}

/// What is written down of what was done to jobs: which they were, and how many.
fn deed(name: &'static str, filter: &JobFilter, count: usize) -> Deed {
    Deed::new(name).with(filter.details(count))
}
