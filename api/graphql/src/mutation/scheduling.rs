//! Plans for content, and who is at work on it.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    audit::Deed,
    content::{self, ContentError, Plan, Worker},
    identity::{Action, Caller},
};

use super::{
    UserError, authorise,
    lifecycle::{ContentStatePayload, change},
    named, outcome, target,
};
use crate::{
    context::{RequestData, data},
    error::internal,
    scalars,
    work::{ContentLock, ScheduledActionName},
};

#[derive(Default)]
pub(crate) struct SchedulingMutation;

/// When content is to be public (programmazione). What is left out stays as it is.
#[derive(InputObject)]
struct ScheduleInput {
    /// The content, by its global id.
    id: ID,
    /// When its newest revision is published; what is written later is not (data di pubblicazione).
    publish_at: Option<scalars::LocalDateTime>,
    /// When it is taken off the public site (data di scadenza).
    expire_at: Option<scalars::LocalDateTime>,
    /// The newest revision as the caller knows it; when there is a newer one, nothing changes and the answer
    /// is a `CONFLICT` (revisione attesa).
    expected_revision: Option<ID>,
}

/// Plans that are called off (annullamento).
#[derive(InputObject)]
struct CancelScheduleInput {
    /// The content, by its global id.
    id: ID,
    /// What does not happen; nothing of it when left out (azione).
    action: Option<ScheduledActionName>,
    /// The newest revision as the caller knows it; when there is a newer one, nothing changes and the answer
    /// is a `CONFLICT` (revisione attesa).
    expected_revision: Option<ID>,
}

/// Content that somebody begins or goes on to work on.
#[derive(InputObject)]
struct LockContentInput {
    /// The content, by its global id.
    id: ID,
    /// Take over from whoever is at work on it (subentra).
    #[graphql(default)]
    take_over: bool,
}

/// Content that somebody does not work on any more.
#[derive(InputObject)]
struct UnlockContentInput {
    /// The content, by its global id.
    id: ID,
}

/// Who is at work on the content.
#[derive(Default, SimpleObject)]
struct LockContentPayload {
    /// Who is at work on it now; somebody else when the caller did not take over.
    lock: Option<ContentLock>,
    /// Why it was refused: `LOCKED` when somebody else is at work on it.
    user_errors: Vec<UserError>,
}

/// What unlocking did.
#[derive(Default, SimpleObject)]
struct UnlockContentPayload {
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[Object]
impl SchedulingMutation {
    /// Schedules the publication of the newest revision of content, its end, or both, in place of what was
    /// scheduled before. What the publishing rules refuse today is refused; what they refuse when the time
    /// comes is not published, and `schedules` says why (programma).
    async fn schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What happens when.")] input: ScheduleInput,
    ) -> Result<ContentStatePayload> {
        let plan = Plan {
            publish_at: input.publish_at.as_ref().map(|moment| moment.0.begins()),
            expire_at: input.expire_at.as_ref().map(|moment| moment.0.ends()),
        };
        let done = change!(
            ctx,
            input,
            Action::Publish,
            "content.schedule",
            async |data: &RequestData, transaction, target| {
                let author = data.caller.author();
                content::schedule(transaction, target, plan, &author, data.now()).await
            }
        );
        data(ctx)?.contents.wake();
        done
    }

    /// Calls off what is scheduled for content (annulla la programmazione).
    async fn cancel_schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What does not happen.")] input: CancelScheduleInput,
    ) -> Result<ContentStatePayload> {
        let action = input.action.map(Into::into);
        change!(
            ctx,
            input,
            Action::Publish,
            "content.cancel_schedule",
            async |data: &RequestData, transaction, target| {
                content::cancel_schedule(transaction, target, action, data.now()).await
            }
        )
    }

    /// Says that the caller is at work on content, for two minutes; to be repeated for as long as it is so. It
    /// keeps nobody from writing: `expectedRevision` does (segnala la lavorazione).
    async fn lock_content(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the caller works on.")] input: LockContentInput,
    ) -> Result<LockContentPayload> {
        let data = data(ctx)?;
        data.may(Action::ReadDrafts)?;
        let (content_type, id) = named(data, &input.id)?;
        let worker = Worker {
            holder: data.caller.author(),
            name: match &data.caller {
                Caller::Staff(staff) => staff.name.clone(),
                Caller::Machine(machine) => machine.name.clone(),
                Caller::Anonymous | Caller::Citizen(_) => String::new(),
            },
        };
        let holder = worker.holder.clone();
        let transaction = data.contents.begin().await.map_err(internal)?;
        let allowed = authorise(
            data,
            &transaction,
            &[Action::ReadDrafts],
            (content_type, id),
        );
        if let Err(user_errors) = allowed.await? {
            return Ok(LockContentPayload {
                lock: None,
                user_errors,
            });
        }
        let lock = content::lock(&transaction, id, worker, input.take_over, data.now()).await;
        let lock = match outcome(lock)? {
            Ok(lock) => lock,
            Err(user_errors) => {
                return Ok(LockContentPayload {
                    lock: None,
                    user_errors,
                });
            }
        };
        let mut user_errors = Vec::new();
        if lock.holder == holder {
            // Repeated every minute: it is nothing that anybody looks for in the log.
            transaction.commit().await.map_err(internal)?;
        } else {
            let message = format!("{} is at work on it; take over, or wait", lock.holder_name);
            user_errors.push(UserError::new("LOCKED", message));
        }
        Ok(LockContentPayload {
            lock: Some(lock.into()),
            user_errors,
        })
    }

    /// Says that the caller is not at work on content any more (fine della lavorazione).
    async fn unlock_content(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the caller worked on.")] input: UnlockContentInput,
    ) -> Result<UnlockContentPayload> {
        let data = data(ctx)?;
        data.may(Action::ReadDrafts)?;
        let (_, id) = named(data, &input.id)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        // Nothing but a lock of the caller's own ends.
        let done = content::unlock(&transaction, id, &data.caller.author()).await;
        done.map_err(internal)?;
        transaction.commit().await.map_err(internal)?;
        Ok(UnlockContentPayload::default())
    }
}
