//! Preview tokens.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, Result, SimpleObject};
use chrono::TimeDelta;
use municipio_domain::{
    audit::Deed,
    content::{self, ContentType, LONGEST_PREVIEW, PreviewError, PreviewScope},
    identity::{Action, Subject},
    ids::{ItemId, PreviewTokenId, ReleaseId},
};

use super::{UserError, authorise};
use crate::{
    context::{RequestData, data},
    error::{ErrorCode, internal},
    global_id::{self, Kind},
    preview::PreviewToken,
};

#[derive(Default)]
pub(crate) struct PreviewMutation;

/// What a preview token shows.
#[derive(OneofObject)]
enum PreviewScopeInput {
    /// The draft of this content; everything else as it is public (bozza di un contenuto).
    Item(ID),
    /// What will be public once this release is published (rilascio).
    Release(ID),
    /// All drafts: give `true` (tutte le bozze).
    AllDrafts(bool),
}

/// A preview token to be made.
#[derive(InputObject)]
struct CreatePreviewTokenInput {
    /// What it shows.
    shows: PreviewScopeInput,
    /// For how many minutes it is valid: 1 to 10,080, which is a week (durata in minuti).
    #[graphql(default = 60)]
    minutes: i32,
}

/// A preview token to be ended before its time.
#[derive(InputObject)]
struct RevokePreviewTokenInput {
    /// The token, by its global id.
    id: ID,
}

/// The preview token that was made.
#[derive(Default, SimpleObject)]
struct CreatePreviewTokenPayload {
    /// The token itself: it is shown this once. It is sent as `Authorization: Bearer …` or in the header
    /// `Municipio-Preview`.
    token: Option<String>,
    /// What is kept of it.
    preview_token: Option<PreviewToken>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What revoking did.
#[derive(Default, SimpleObject)]
struct RevokePreviewTokenPayload {
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[Object]
impl PreviewMutation {
    /// Makes a token by which a portal or a person without an account sees what is not public yet
    /// (crea un token di anteprima).
    async fn create_preview_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it shows, and for how long.")] input: CreatePreviewTokenInput,
    ) -> Result<CreatePreviewTokenPayload> {
        let data = data(ctx)?;
        let scope = match scope(data, &input.shows)? {
            Ok(scope) => scope,
            Err(error) => return Ok(refused(error)),
        };
        let lifetime = TimeDelta::minutes(input.minutes.into());
        if lifetime < TimeDelta::minutes(1) || lifetime > LONGEST_PREVIEW {
            let longest = LONGEST_PREVIEW.num_minutes();
            let message = format!("a token is valid for 1 to {longest} minutes");
            return Ok(refused(UserError::new("OUT_OF_RANGE", message)));
        }
        let transaction = data.contents.begin().await.map_err(internal)?;
        if let PreviewScopeInput::Item(id) = &input.shows {
            let named = named(data, id)?;
            let allowed = authorise(data, &transaction, &[Action::ReadDrafts], named);
            if let Err(user_errors) = allowed.await? {
                return Ok(CreatePreviewTokenPayload {
                    user_errors,
                    ..CreatePreviewTokenPayload::default()
                });
            }
        }
        let now = data.now();
        let author = data.caller.author();
        let made = content::create_preview_token(&transaction, scope, author, now + lifetime, now);
        let (kept, token) = made.await.map_err(|error| match error {
            PreviewError::Store(error) => internal(error),
            PreviewError::Randomness(error) => {
                tracing::error!(%error, "a token cannot be made");
                ErrorCode::Internal.error(ErrorCode::Internal.apology())
            }
        })?;
        let preview_token = PreviewToken(kept);
        let municipality = &data.tenant.ipa_code;
        let id = global_id::encode_as(Kind::PreviewToken, municipality, preview_token.0.id);
        let deed = Deed::to("preview_token.create", id.as_str());
        data.commit(transaction, &deed).await?;
        Ok(CreatePreviewTokenPayload {
            token: Some(token.reveal().to_owned()),
            preview_token: Some(preview_token),
            user_errors: Vec::new(),
        })
    }

    /// Ends a preview token before its time (revoca un token di anteprima).
    async fn revoke_preview_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RevokePreviewTokenInput,
    ) -> Result<RevokePreviewTokenPayload> {
        let data = data(ctx)?;
        let municipality = &data.tenant.ipa_code;
        let id = global_id::decode_as(&input.id, Kind::PreviewToken, municipality, "input.id")?;
        let id = PreviewTokenId(id);
        data.authorise(Action::ReadDrafts, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let revoked = content::revoke_preview_token(&transaction, id, data.now()).await;
        if !revoked.map_err(internal)? {
            let message = "there is no such token, or it has ended already";
            let user_errors = vec![UserError::new("NOT_FOUND", message)];
            return Ok(RevokePreviewTokenPayload { user_errors });
        }
        let deed = Deed::to("preview_token.revoke", input.id.as_str());
        data.commit(transaction, &deed).await?;
        Ok(RevokePreviewTokenPayload::default())
    }
}

fn refused(error: UserError) -> CreatePreviewTokenPayload {
    CreatePreviewTokenPayload {
        user_errors: vec![error],
        ..CreatePreviewTokenPayload::default()
    }
}

/// The content that a token is to show.
fn named(data: &RequestData, id: &ID) -> Result<(ContentType, ItemId)> {
    global_id::decode(id, &data.tenant.ipa_code, "input.shows.item")
}

/// What is to be shown; of an item only that the caller may read drafts somewhere.
fn scope(data: &RequestData, shows: &PreviewScopeInput) -> Result<Result<PreviewScope, UserError>> {
    let municipality = &data.tenant.ipa_code;
    let whole = || data.authorise(Action::ReadDrafts, &Subject::WHOLE);
    Ok(Ok(match shows {
        PreviewScopeInput::Item(id) => {
            data.may(Action::ReadDrafts)?;
            PreviewScope::Item(named(data, id)?.1)
        }
        PreviewScopeInput::Release(id) => {
            let argument = "input.shows.release";
            let id = global_id::decode_as(id, Kind::Release, municipality, argument)?;
            whole()?;
            PreviewScope::Release(ReleaseId(id))
        }
        PreviewScopeInput::AllDrafts(all) => {
            whole()?;
            if !all {
                let message = "say `true`, or name an item or a release";
                return Ok(Err(UserError::new("INVALID_SCOPE", message)));
            }
            PreviewScope::Drafts
        }
    }))
}
