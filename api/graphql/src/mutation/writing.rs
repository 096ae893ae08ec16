//! Making and changing content. A change makes a working draft beside what is published.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use municipio_domain::{content::create, identity::Action, ids::ItemId};

use super::{
    change::{
        Change, CreateContentPayload, UpdateContentPayload, Written, before, deed, note, placed,
        stored,
    },
    input::{ContentInput, Given, SlugInput},
    named, target,
};
use crate::{context::data, error::internal, mutation::UserError};

#[derive(Default)]
pub(crate) struct WritingMutation;

/// New content.
#[derive(InputObject)]
struct CreateContentInput {
    /// Its fields (contenuto).
    content: ContentInput,
    /// Its slugs; a locale that is left out gets one from the title (parti finali degli indirizzi).
    slugs: Option<Vec<SlugInput>>,
    /// Why it was written, for the history (nota).
    note: Option<String>,
}

/// A change of content.
#[derive(InputObject)]
struct UpdateContentInput {
    /// The content, by its global id.
    id: ID,
    /// The newest revision as the caller knows it; when there is a newer one, nothing changes and the answer
    /// is a `CONFLICT` (revisione attesa).
    expected_revision: Option<ID>,
    /// The fields that change, of the type that the content has (contenuto).
    content: Option<ContentInput>,
    /// What becomes of fields that are left out (modalità).
    #[graphql(default_with = "UpdateMode::Merge")]
    mode: UpdateMode,
    /// New slugs; a locale that is left out keeps its own (parti finali degli indirizzi).
    slugs: Option<Vec<SlugInput>>,
    /// Why it was changed, for the history (nota).
    note: Option<String>,
}

/// What becomes of fields that are left out.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
enum UpdateMode {
    /// They stay as they are. A field that is given replaces the one that was there, and null clears it; of a
    /// text by locale only the locales that are given change (unisci).
    Merge,
    /// They are cleared: the content is what is given (sostituisci).
    Replace,
}

#[Object]
impl WritingMutation {
    /// Makes content, which is a draft until it is published (crea).
    async fn create_content(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is made.")] input: CreateContentInput,
    ) -> Result<CreateContentPayload> {
        let data = data(ctx)?;
        data.may(Action::Create)?;
        let refused = |errors| Ok(CreateContentPayload(Written::refused(errors)));
        let content_type = input.content.content_type;
        let given = Given::read(
            &data.tenant,
            Some(&input.content),
            input.slugs,
            content_type,
        );
        let sent = given.touched();
        let (body, note) = match (given.alone(), note(input.note)) {
            (Ok(body), Ok(note)) => (body, note),
            (body, note) => return refused(all([body.err(), note.err()])),
        };
        let id = ItemId::generate();
        let change = Change {
            before: None,
            id,
            body,
            slugs: given.slugs,
            note,
        };
        let touched = change.touched();
        let transaction = data.contents.begin().await.map_err(internal)?;
        let actions = [Action::Create];
        change
            .authorise(data, &transaction, &actions, &touched, &sent)
            .await?;
        let made = create(&transaction, id, content_type, data.now()).await;
        if let Err(errors) = placed(made, &given.places)? {
            return refused(errors);
        }
        let written = change
            .write(data, &transaction, id.into(), &given.places)
            .await?;
        let draft = match written {
            Ok(draft) => draft,
            Err(errors) => return refused(errors),
        };
        let deed = deed("content.create", data, &draft, &touched);
        data.commit(transaction, &deed).await?;
        Written::new(ctx, draft).map(CreateContentPayload)
    }

    /// Changes the draft of content; what is published stays as it is. What changes nothing writes no revision
    /// (modifica).
    async fn update_content(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: UpdateContentInput,
    ) -> Result<UpdateContentPayload> {
        let data = data(ctx)?;
        data.may(Action::Update)?;
        let refused = |errors| Ok(UpdateContentPayload(Written::refused(errors)));
        let (named, id) = named(data, &input.id)?;
        let target = target(data, id, input.expected_revision.as_ref())?;
        let given_type = input.content.as_ref().map(|content| content.content_type);
        if given_type.is_some_and(|given| given != named) {
            let message = "the content is of another type than its new fields";
            return refused(vec![UserError::at("WRONG_TYPE", message, "content")]);
        }
        let given = Given::read(&data.tenant, input.content.as_ref(), input.slugs, named);
        let transaction = data.contents.begin().await.map_err(internal)?;
        let before = match before(&transaction, named, target).await? {
            Ok(before) => before,
            Err(errors) => return refused(errors),
        };
        let sent = given.touched();
        let body = match input.mode {
            UpdateMode::Replace if input.content.is_some() => given.alone(),
            _ => given.merged(stored(&before.body)),
        };
        let (body, note) = match (body, note(input.note)) {
            (Ok(body), Ok(note)) => (body, note),
            (body, note) => return refused(all([body.err(), note.err()])),
        };
        let change = Change {
            before: Some(before),
            id,
            body,
            slugs: given.slugs,
            note,
        };
        let touched = change.touched();
        let actions = [Action::Update];
        change
            .authorise(data, &transaction, &actions, &touched, &sent)
            .await?;
        match change.unchanged(&touched, &given.places)? {
            Some(Ok(draft)) => return Written::new(ctx, draft).map(UpdateContentPayload),
            Some(Err(errors)) => return refused(errors),
            None => {}
        }
        let written = change
            .write(data, &transaction, target, &given.places)
            .await?;
        let draft = match written {
            Ok(draft) => draft,
            Err(errors) => return refused(errors),
        };
        let deed = deed("content.update", data, &draft, &touched);
        data.commit(transaction, &deed).await?;
        Written::new(ctx, draft).map(UpdateContentPayload)
    }
}

fn all<const N: usize>(errors: [Option<Vec<UserError>>; N]) -> Vec<UserError> {
    errors.into_iter().flatten().flatten().collect()
}
