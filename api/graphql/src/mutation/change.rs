//! What the mutations that write content share: whether the caller may make a change, and the payload.

use async_graphql::{Context, ID, Object, Result};
use municipio_domain::{
    audit::Deed,
    content::{
        self, Body, ContentError, ContentType, Draft, Item, Slugs, Target, Touched, WorkingDraft,
        check_text, offices_of, working_draft,
    },
    identity::{Action, Subject},
    ids::ItemId,
    locale::Locale,
    store::Transaction,
};
use serde_json::{Value, json};

use super::{UserError, authorise::nothing, input::Places, outcome};
use crate::{
    context::{RequestData, data},
    error::internal,
    global_id,
    objects::{Content, PublishReport},
    view::{Reader, View},
};

/// A change of content that is to be written.
pub(super) struct Change {
    /// What was there; nothing for new content.
    pub(super) before: Option<WorkingDraft>,
    pub(super) id: ItemId,
    pub(super) body: Body,
    /// The slugs that are given.
    pub(super) slugs: Slugs,
    pub(super) note: Option<String>,
}

impl Change {
    /// What it really changes.
    pub(super) fn touched(&self) -> Touched {
        let old = self.before.as_ref().map(|before| stored(&before.body));
        let (old, new) = (old.unwrap_or_else(|| json!({})), stored(&self.body));
        let mut touched = Touched::between(self.body.content_type(), &old, &new);
        let slugs = self.before.as_ref().map(|before| &before.slugs);
        let new_slugs = self.slugs.iter();
        let new_slugs: Vec<_> = new_slugs
            .filter(|(locale, slug)| slugs.and_then(|slugs| slugs.get(*locale)) != Some(*slug))
            .map(|(locale, _)| locale.clone())
            .collect();
        if !new_slugs.is_empty() {
            touched.fields.push("slugs".to_owned());
            touched.locales.extend(new_slugs);
        }
        touched
    }

    /// What is there, when nothing of it changes. A first revision is a change.
    pub(super) fn unchanged(
        &self,
        touched: &Touched,
        places: &Places,
    ) -> Result<Option<Result<WorkingDraft, Vec<UserError>>>> {
        let before = self.before.as_ref();
        let before = before.filter(|before| touched.is_empty() && before.revision.is_some());
        let there = before.map(|before| before.check_is_there().map(|()| before.clone()));
        there.map(|there| placed(there, places)).transpose()
    }

    /// Lets a caller go on who may do one of these to the content as it is and as it will be: to its type,
    /// in its offices, in the fields and locales that change; where nothing does, in those that were sent. What all
    /// locales share belongs to all of them.
    pub(super) async fn authorise(
        &self,
        data: &RequestData,
        transaction: &Transaction,
        actions: &[Action],
        touched: &Touched,
        sent: &Touched,
    ) -> Result<()> {
        let touched = match touched.is_empty() {
            true => sent,
            false => touched,
        };
        let mut bodies = vec![(self.id, &self.body)];
        bodies.extend(self.before.as_ref().map(|before| (self.id, &before.body)));
        let offices = offices_of(transaction, &bodies).await.map_err(internal)?;
        let locales: Vec<Locale> = match touched.shared {
            true => data.tenant.locales.clone(),
            false => touched.locales.iter().cloned().collect(),
        };
        for offices in &offices {
            let subject = Subject {
                content_type: Some(self.body.content_type()),
                offices,
                locales: &locales,
                fields: &touched.fields,
            };
            data.authorise_one_of(actions, &subject)?;
        }
        Ok(())
    }

    /// Writes the revision. What is wrong is told at its place in the input.
    pub(super) async fn write(
        self,
        data: &RequestData,
        transaction: &Transaction,
        target: Target,
        places: &Places,
    ) -> Result<Result<WorkingDraft, Vec<UserError>>> {
        let draft = Draft {
            body: self.body,
            slugs: self.slugs,
            author: data.caller.author(),
            note: self.note,
        };
        let written = content::revise(transaction, target, draft, data.now()).await;
        if let Err(errors) = placed(written, places)? {
            return Ok(Err(errors));
        }
        outcome(working_draft(transaction, self.id.into()).await)
    }
}

/// The newest revision of what is named; an error for the user when it is of another type than its id says.
pub(super) async fn before(
    transaction: &Transaction,
    content_type: ContentType,
    target: Target,
) -> Result<Result<WorkingDraft, Vec<UserError>>> {
    let before = outcome(working_draft(transaction, target).await)?;
    Ok(
        before.and_then(|before| match before.content_type == content_type {
            true => Ok(before),
            false => Err(vec![nothing()]),
        }),
    )
}

/// Tells what the user can mend, at its place in the input, from what failed.
pub(super) fn placed<T>(
    done: Result<T, ContentError>,
    places: &Places,
) -> Result<Result<T, Vec<UserError>>> {
    match done {
        Err(ContentError::Invalid(errors)) => Ok(Err(places.errors(&errors))),
        done => outcome(done),
    }
}

/// What is written down of a change.
pub(super) fn deed(
    name: &'static str,
    data: &RequestData,
    draft: &WorkingDraft,
    touched: &Touched,
) -> Deed {
    let municipality = &data.tenant.ipa_code;
    let id = global_id::encode(draft.content_type, municipality, draft.id);
    let revision = draft
        .revision
        .map(|id| global_id::encode_revision(municipality, id));
    let locales: Vec<_> = touched.locales.iter().map(Locale::as_str).collect();
    Deed::to(name, id.as_str()).with(json!({
        "revision": revision.as_ref().map(|id| id.as_str()),
        "fields": touched.fields,
        "locales": locales,
    }))
}

/// A length that nobody needs for the reason of a change.
const MOST_OF_A_NOTE: usize = 1_000;

/// The reason of a change.
pub(super) fn note(note: Option<String>) -> Result<Option<String>, Vec<UserError>> {
    match note.filter(|note| !note.trim().is_empty()) {
        Some(note) => match check_text(&note, MOST_OF_A_NOTE, "note") {
            Ok(()) => Ok(Some(note)),
            Err(error) => Err(vec![UserError::from(&error)]),
        },
        None => Ok(None),
    }
}

/// What writing content did.
#[derive(Default)]
pub(super) struct Written {
    view: Option<View>,
    errors: Vec<UserError>,
}

impl Written {
    pub(super) fn refused(errors: Vec<UserError>) -> Self {
        Self { view: None, errors }
    }

    pub(super) fn new(ctx: &Context<'_>, draft: WorkingDraft) -> Result<Self> {
        let now = data(ctx)?.now();
        let view = draft.revision.map(|revision_id| Item {
            id: draft.id,
            revision_id,
            slugs: std::sync::Arc::new(draft.slugs),
            published_at: draft.published_at,
            updated_at: now,
            body: draft.body,
        });
        let reader = Reader::new(ctx, None)?;
        Ok(Self {
            view: view.map(|item| View { item, reader }),
            errors: Vec::new(),
        })
    }
}

macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            pub(super) struct $name(pub(super) Written);

            #[Object]
            $(#[$doc])*
            impl $name {
                /// The draft, which stands beside what is published; null when it was refused (bozza).
                async fn content(&self) -> Option<Content> {
                    self.0.view.clone().and_then(Content::new)
                }

                /// The revision that is the draft now, for `expectedRevision` of the next change (revisione).
                async fn revision(&self, ctx: &Context<'_>) -> Result<Option<ID>> {
                    let municipality = &data(ctx)?.tenant.ipa_code;
                    let view = self.0.view.as_ref();
                    Ok(view.map(|view| global_id::encode_revision(municipality, view.item.revision_id)))
                }

                /// What the publishing rules say of the draft (rapporto di pubblicazione).
                async fn publish_report(&self, ctx: &Context<'_>) -> Result<Option<PublishReport>> {
                    match &self.0.view {
                        Some(view) => view.publish_report(ctx).await.map(Some),
                        None => Ok(None),
                    }
                }

                /// Why it was refused: everything that is wrong, each at its place in the input (errori).
                async fn user_errors(&self) -> &[UserError] {
                    &self.0.errors
                }
            }
        )*
    };
}

payloads! {
    /// What making content did.
    CreateContentPayload;
    /// What changing content did.
    UpdateContentPayload;
    /// What translating content did.
    SetTranslationPayload;
}

/// A body as it is stored. It serialises, or it could not have been read.
pub(super) fn stored(body: &Body) -> Value {
    body.to_json().unwrap_or_default()
}
