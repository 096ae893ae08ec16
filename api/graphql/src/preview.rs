//! Preview tokens as those who give them out see them.

use async_graphql::{Context, ID, Object, Result};
use chrono::{DateTime, Utc};
use municipio_domain::{
    content::{self, PreviewScope},
    identity::{Action, Subject},
    ids::PreviewTokenId,
};

use crate::{
    context::{RequestData, data},
    error::internal,
    global_id::{self, Kind},
    work::content_id,
};

/// A token by which somebody without an account sees what is not public yet (token di anteprima).
#[derive(Clone, Debug)]
pub(crate) struct PreviewToken(pub(crate) content::PreviewToken);

impl PreviewToken {
    /// Those that are valid.
    pub(crate) async fn all(data: &RequestData) -> Result<Vec<Self>> {
        data.authorise(Action::ReadDrafts, &Subject::WHOLE)?;
        let tokens = data.contents.preview_tokens(data.now()).await;
        let tokens = tokens.map_err(internal)?.into_iter();
        Ok(tokens.map(Self).collect())
    }

    /// The valid one with this id.
    pub(crate) async fn find(data: &RequestData, id: PreviewTokenId) -> Result<Option<Self>> {
        data.authorise(Action::ReadDrafts, &Subject::WHOLE)?;
        Ok(data.preview_token(id).await?.map(Self))
    }
}

/// A token by which somebody without an account sees what is not public yet (token di anteprima).
#[Object]
impl PreviewToken {
    /// Its global id, by which it is revoked.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(global_id::encode_as(
            Kind::PreviewToken,
            municipality,
            self.0.id,
        ))
    }

    /// Its first characters.
    async fn hint(&self) -> &str {
        &self.0.hint
    }

    /// It shows all drafts (tutte le bozze).
    async fn all_drafts(&self) -> bool {
        self.0.scope == PreviewScope::Drafts
    }

    /// The global id of the `ContentItem` whose draft it shows, when it is one alone (contenuto).
    async fn item_id(&self, ctx: &Context<'_>) -> Result<Option<ID>> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(match self.0.scope {
            PreviewScope::Item(item) => Some(global_id::encode_work(municipality, item)),
            _ => None,
        })
    }

    /// The global id of the content whose draft it shows, when it is one alone and still there (contenuto).
    async fn content_id(&self, ctx: &Context<'_>) -> Option<Result<ID>> {
        match self.0.scope {
            PreviewScope::Item(item) => content_id(ctx, item).await.transpose(),
            _ => None,
        }
    }

    /// The global id of the release that it shows (rilascio).
    async fn release_id(&self, ctx: &Context<'_>) -> Result<Option<ID>> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(match self.0.scope {
            PreviewScope::Release(id) => {
                Some(global_id::encode_as(Kind::Release, municipality, id))
            }
            _ => None,
        })
    }

    /// Who made it: `account:…` or `key:…` (autore).
    async fn author(&self) -> &str {
        &self.0.author
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Until when it is valid (scadenza).
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }
}
