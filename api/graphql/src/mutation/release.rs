//! Releases: put together, published, scheduled and rolled back.

use std::collections::BTreeMap;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    audit::Deed,
    content::{self, ContentType, ReleaseAction, ReleaseChange, ReleaseError},
    identity::{Action, Subject},
    ids::{ItemId, ReleaseId},
    store::Transaction,
};

use super::{Kept, UserError, authorise_each, outcome};
use crate::{
    context::{RequestData, data},
    error::{denied, internal},
    global_id::{self, Kind},
    release::{Release, ReleaseActionName, ReleaseProblem, problems},
    scalars,
};

#[derive(Default)]
pub(crate) struct ReleaseMutation;

/// A release to be made.
#[derive(InputObject)]
struct CreateReleaseInput {
    /// What it is called: 1 to 200 characters (nome).
    name: String,
    /// What it is for (nota).
    note: Option<String>,
}

/// What a release does to one content (modifica).
#[derive(InputObject)]
struct ReleaseChangeInput {
    /// The content, by its global id.
    id: ID,
    /// What happens to it (azione).
    #[graphql(default_with = "ReleaseActionName::Publish")]
    action: ReleaseActionName,
    /// The revision that is published; the newest one of this moment when left out (revisione).
    revision: Option<ID>,
    /// Although a newer revision is public by then; without it the release is refused with `NEWER_PUBLISHED`
    /// (sostituisci una revisione più recente).
    #[graphql(default)]
    replace_newer: bool,
}

/// Changes to be added to a release.
#[derive(InputObject)]
struct AddToReleaseInput {
    /// The release, by its global id.
    id: ID,
    /// The changes, in place of what it did to the same content before; at most 100 at once.
    changes: Vec<ReleaseChangeInput>,
}

/// Content to be taken out of a release.
#[derive(InputObject)]
struct RemoveFromReleaseInput {
    /// The release, by its global id.
    id: ID,
    /// The content, by global ids; at most 100 at once.
    items: Vec<ID>,
}

/// A release to be published now.
#[derive(InputObject)]
struct PublishReleaseInput {
    /// The release, by its global id.
    id: ID,
}

/// A release to be published at a time.
#[derive(InputObject)]
struct ScheduleReleaseInput {
    /// The release, by its global id.
    id: ID,
    /// When; not at any time when left out (data di pubblicazione).
    publish_at: Option<scalars::LocalDateTime>,
}

/// A release to be taken back.
#[derive(InputObject)]
struct RollBackReleaseInput {
    /// The release, by its global id.
    id: ID,
    /// Although somebody published or took off some of its content since (forza).
    #[graphql(default)]
    force: bool,
}

/// What became of a release.
#[derive(Default, SimpleObject)]
struct ReleasePayload {
    /// The release as it is now; null when there is none.
    release: Option<Release>,
    /// What kept it back, content by content (rapporto).
    report: Vec<ReleaseProblem>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[Object]
impl ReleaseMutation {
    /// Makes a release without changes (crea un rilascio).
    async fn create_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is called.")] input: CreateReleaseInput,
    ) -> Result<ReleasePayload> {
        let data = data(ctx)?;
        data.authorise(Action::Release, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let author = data.caller.author();
        let (name, note) = (input.name, input.note);
        let made = content::create_release(&transaction, &name, note, author, data.now()).await;
        let release = match outcome(made)? {
            Ok(release) => release,
            Err(errors) => return Ok(ReleasePayload::refused(errors)),
        };
        finish(data, transaction, "release.create", release.id).await
    }

    /// Adds changes to a release (aggiungi al rilascio).
    async fn add_to_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The release and the changes.")] input: AddToReleaseInput,
    ) -> Result<ReleasePayload> {
        let data = data(ctx)?;
        let id = Release::read_id(data, &input.id, "input.id")?;
        at_once(input.changes.len(), "input.changes")?;
        data.may(Action::Release)?;
        let (mut named, mut changes) = (Vec::new(), Vec::new());
        for (index, change) in input.changes.iter().enumerate() {
            let (item, change) = change.read(data, &format!("input.changes[{index}]"))?;
            named.push(item);
            changes.push(change);
        }
        let transaction = data.contents.begin().await.map_err(internal)?;
        if let Err(errors) = outcome(content::hold_release(&transaction, id).await)? {
            return Ok(ReleasePayload::refused(errors));
        }
        if let Err(errors) = allow(data, &transaction, named, "changes").await? {
            return Ok(ReleasePayload::refused(errors));
        }
        let added = content::add_to_release(&transaction, id, &changes).await;
        match outcome(added)? {
            Ok(()) => finish(data, transaction, "release.add", id).await,
            Err(errors) => Ok(ReleasePayload::refused(errors)),
        }
    }

    /// Takes content out of a release (togli dal rilascio).
    async fn remove_from_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The release and the content.")] input: RemoveFromReleaseInput,
    ) -> Result<ReleasePayload> {
        let data = data(ctx)?;
        let id = Release::read_id(data, &input.id, "input.id")?;
        at_once(input.items.len(), "input.items")?;
        data.may(Action::Release)?;
        let mut named = Vec::new();
        for (index, item) in input.items.iter().enumerate() {
            let argument = format!("input.items[{index}]");
            named.push(global_id::decode(item, &data.tenant.ipa_code, &argument)?);
        }
        let items: Vec<_> = named.iter().map(|(_, item)| *item).collect();
        let transaction = data.contents.begin().await.map_err(internal)?;
        if let Err(errors) = outcome(content::hold_release(&transaction, id).await)? {
            return Ok(ReleasePayload::refused(errors));
        }
        if let Err(errors) = allow(data, &transaction, named, "items").await? {
            return Ok(ReleasePayload::refused(errors));
        }
        let removed = content::remove_from_release(&transaction, id, &items).await;
        match outcome(removed)? {
            Ok(()) => finish(data, transaction, "release.remove", id).await,
            Err(errors) => Ok(ReleasePayload::refused(errors)),
        }
    }

    /// Publishes everything in a release at once; when something in it cannot be published, nothing is, and the
    /// report says why (pubblica il rilascio).
    async fn publish_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: PublishReleaseInput,
    ) -> Result<ReleasePayload> {
        let data = data(ctx)?;
        let id = Release::read_id(data, &input.id, "input.id")?;
        data.may(Action::Release)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        if let Err(errors) = hold(data, &transaction, id).await? {
            return Ok(ReleasePayload::refused(errors));
        }
        let locales = &data.tenant.locales;
        match content::publish_release(&transaction, id, locales, data.now()).await {
            Ok(()) => finish(data, transaction, "release.publish", id).await,
            Err(error) => refused(data, transaction, id, error).await,
        }
    }

    /// Has a release published at a time, or not at any (programma il rilascio).
    async fn schedule_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and when.")] input: ScheduleReleaseInput,
    ) -> Result<ReleasePayload> {
        let data = data(ctx)?;
        let id = Release::read_id(data, &input.id, "input.id")?;
        data.may(Action::Release)?;
        let due = input.publish_at.as_ref().map(|moment| moment.0.begins());
        if due.is_some() {
            // What could not be published today is not scheduled. It is asked again when the time comes.
            let trial = data.contents.begin().await.map_err(internal)?;
            if let Err(errors) = hold(data, &trial, id).await? {
                return Ok(ReleasePayload::refused(errors));
            }
            let locales = &data.tenant.locales;
            let tried = content::publish_release(&trial, id, locales, data.now()).await;
            if let Err(error) = tried {
                return refused(data, trial, id, error).await;
            }
        }
        let transaction = data.contents.begin().await.map_err(internal)?;
        if let Err(errors) = hold(data, &transaction, id).await? {
            return Ok(ReleasePayload::refused(errors));
        }
        let done = content::schedule_release(&transaction, id, due, data.now()).await;
        if let Err(errors) = outcome(done)? {
            return Ok(ReleasePayload::refused(errors));
        }
        let payload = finish(data, transaction, "release.schedule", id).await;
        data.contents.wake();
        payload
    }

    /// Puts everything in a release back to what was public before it (annulla il rilascio).
    async fn roll_back_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RollBackReleaseInput,
    ) -> Result<ReleasePayload> {
        let data = data(ctx)?;
        let id = Release::read_id(data, &input.id, "input.id")?;
        data.may(Action::Release)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        if let Err(errors) = hold(data, &transaction, id).await? {
            return Ok(ReleasePayload::refused(errors));
        }
        let (force, locales) = (input.force, &data.tenant.locales);
        match content::roll_back_release(&transaction, id, force, locales, data.now()).await {
            Ok(()) => finish(data, transaction, "release.roll_back", id).await,
            Err(error) => refused(data, transaction, id, error).await,
        }
    }
}

impl ReleaseChangeInput {
    fn read(
        &self,
        data: &RequestData,
        argument: &str,
    ) -> Result<((ContentType, ItemId), ReleaseChange)> {
        let id = format!("{argument}.id");
        let named = global_id::decode(&self.id, &data.tenant.ipa_code, &id)?;
        let item = named.1;
        let revision = |id| {
            let argument = format!("{argument}.revision");
            global_id::decode_revision(id, &data.tenant.ipa_code, &argument)
        };
        let action = match self.action {
            ReleaseActionName::Publish => {
                ReleaseAction::Publish(self.revision.as_ref().map(revision).transpose()?)
            }
            ReleaseActionName::Unpublish => ReleaseAction::Unpublish,
        };
        let change = ReleaseChange {
            item,
            action,
            replaces_newer: self.replace_newer,
        };
        Ok((named, change))
    }
}

/// Lets a caller go on who may release all of these, which are in this list of the input; of the
/// municipality, when there are none.
async fn allow(
    data: &RequestData,
    transaction: &Transaction,
    named: Vec<(ContentType, ItemId)>,
    list: &str,
) -> Result<Result<(), Vec<UserError>>> {
    if named.is_empty() {
        data.authorise(Action::Release, &Subject::WHOLE)?;
    }
    let mut places = BTreeMap::new();
    for (index, item) in named.into_iter().enumerate() {
        places.entry(item).or_insert(index);
    }
    let named: Vec<_> = places.keys().copied().collect();
    let allowed = authorise_each(data, transaction, &[Action::Release], &named).await?;
    let mut errors = Vec::new();
    for (index, item) in places.into_values().zip(allowed) {
        match item {
            Ok(()) => {}
            Err(Kept::Denied(reason)) => return Err(denied(reason)),
            Err(Kept::Refused(why)) => errors.extend(
                why.into_iter()
                    .map(|error| error.of(format!("{list}[{index}]"))),
            ),
        }
    }
    Ok(if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    })
}

fn at_once(many: usize, argument: &str) -> Result<()> {
    if many == 0 {
        return Ok(());
    }
    let many = i32::try_from(many).unwrap_or(i32::MAX);
    crate::connection::page_size(Some(many), argument).map(|_| ())
}

/// Keeps a release from others until the transaction ends, and lets a caller go on who may release all that it
/// changes.
async fn hold(
    data: &RequestData,
    transaction: &Transaction,
    id: ReleaseId,
) -> Result<Result<(), Vec<UserError>>> {
    if let Err(errors) = outcome(content::hold_release(transaction, id).await)? {
        return Ok(Err(errors));
    }
    let changed = content::released_items(transaction, id).await;
    allow(data, transaction, changed.map_err(internal)?, "changes").await
}

async fn finish(
    data: &RequestData,
    transaction: Transaction,
    deed: &'static str,
    id: ReleaseId,
) -> Result<ReleasePayload> {
    let subject = global_id::encode_as(Kind::Release, &data.tenant.ipa_code, id);
    data.commit(transaction, &Deed::to(deed, subject.as_str()))
        .await?;
    Ok(ReleasePayload {
        release: Release::read(data, id).await?,
        ..ReleasePayload::default()
    })
}

/// Tells why a release is kept back.
async fn refused(
    data: &RequestData,
    transaction: Transaction,
    id: ReleaseId,
    error: ReleaseError,
) -> Result<ReleasePayload> {
    // What is told is what was there before.
    drop(transaction);
    let report = match error {
        ReleaseError::Content(error) => {
            let errors = outcome::<()>(Err(error))?.err().unwrap_or_default();
            return Ok(ReleasePayload::refused(errors));
        }
        ReleaseError::Refused(report) => report,
    };
    let message = "some of the content keeps the release back; the report says which";
    Ok(ReleasePayload {
        release: Release::read(data, id).await?,
        report: problems(data, &report),
        user_errors: vec![UserError::new("RELEASE_REFUSED", message)],
    })
}

impl ReleasePayload {
    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            user_errors,
            ..Self::default()
        }
    }
}
