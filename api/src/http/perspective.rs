//! From which perspective a request reads: what is public, drafts, a release, or the public record. The
//! header `Municipio-Perspective` names it, or `extensions.perspective` of an operation; a preview token
//! chooses its own.

use actix_web::HttpRequest;
use async_graphql::ServerError;
use chrono::{DateTime, Utc};
use municipio_domain::{
    content::{Contents, Perspective, PreviewToken, Sight, is_preview_token},
    identity::Action,
    tenants::Tenant,
};
use municipio_graphql::{ErrorCode, read_perspective, refuse_denied, refuse_perspective};

use super::{caller::Requester, problem::Problem};
use crate::{app::State, clock};

/// The header that names a perspective.
pub(super) const PERSPECTIVE: &str = "Municipio-Perspective";
/// The header that brings a preview token, for those who need `Authorization` for something else.
pub(super) const PREVIEW: &str = "Municipio-Preview";

/// What the headers of a request, or the payload that begins a WebSocket, say of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Wish {
    pub(super) perspective: Option<String>,
    pub(super) preview: Option<String>,
}

impl Wish {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let said = |name: &str| {
            let value = request.headers().get(name)?;
            Some(value.to_str().unwrap_or_default().to_owned())
        };
        Self {
            perspective: said(PERSPECTIVE),
            preview: said(PREVIEW),
        }
    }

    /// Takes a preview token out of credentials, which then are none of an account.
    pub(super) fn take_token<'a>(&mut self, credentials: Option<&'a str>) -> Option<&'a str> {
        let token = credentials.and_then(super::caller::bearer);
        match token.filter(|token| is_preview_token(token)) {
            Some(token) => {
                self.preview = Some(token.to_owned());
                None
            }
            None => credentials,
        }
    }

    /// What the preview token stands for.
    pub(super) async fn previewed(
        &self,
        state: &State,
        tenant: &Tenant,
    ) -> Result<Option<PreviewToken>, Problem> {
        let Some(token) = &self.preview else {
            return Ok(None);
        };
        let found = state
            .contents(tenant)
            .preview_token(token, clock::now())
            .await;
        match found.map_err(|error| Problem::failed(&error))? {
            Some(token) => Ok(Some(token)),
            None => {
                let message = "the preview token is not known here, has expired or was revoked";
                Err(Problem::new(ErrorCode::Unauthenticated, message))
            }
        }
    }
}

impl Requester {
    /// The content as the requester sees it; `named` is the perspective of the operation itself.
    pub(super) async fn contents(
        &self,
        state: &State,
        named: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Contents, ServerError> {
        let contents = state.contents(&self.tenant);
        let perspective = self.perspective(named)?;
        if perspective == Perspective::Published {
            return Ok(contents);
        }
        let types = match perspective.is_public() || self.own() == Some(perspective.clone()) {
            true => None,
            false => {
                let types = self.caller.types(Action::ReadDrafts);
                Some(types.map_err(refuse_denied)?)
            }
        };
        let sight = Sight {
            perspective: &perspective,
            types: types.as_deref(),
            locales: &self.tenant.locales,
            now,
        };
        let seen = contents.see(&sight, &state.overlays).await;
        seen.map_err(|error| refuse_perspective(&error))
    }

    /// Whether answers are for the requester alone.
    pub(super) fn is_private(&self, named: Option<&str>) -> bool {
        let perspective = self.perspective(named);
        self.caller.permissions().is_some()
            || self.preview.is_some()
            || !perspective.is_ok_and(|perspective| perspective.is_public())
    }

    fn perspective(&self, named: Option<&str>) -> Result<Perspective, ServerError> {
        let named = named.or(self.wish.perspective.as_deref());
        let named = named.map(|named| read_perspective(named, &self.tenant.ipa_code));
        Ok(named
            .transpose()?
            .or_else(|| self.own())
            .unwrap_or(Perspective::Published))
    }

    /// What the preview token shows.
    fn own(&self) -> Option<Perspective> {
        self.preview.as_ref().map(|token| token.scope.perspective())
    }
}
