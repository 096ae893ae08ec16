//! Who makes a request: told by the header `Authorization`, or by the payload with which a WebSocket
//! begins.

use std::sync::Arc;

use actix_web::{HttpRequest, http::header::AUTHORIZATION};
use municipio_domain::{
    audit::Origin,
    content::{Contents, PreviewToken},
    identity::Caller,
    openid::is_signed,
    tenants::Tenant,
};
use municipio_graphql::{ErrorCode, FileAddresses, Moment, RequestData};

use super::{origin, perspective::Wish, problem::Problem, tenant};
use crate::{app::State, clock};

/// For whom an operation runs.
#[derive(Clone, Debug)]
pub(super) struct Requester {
    pub(super) tenant: Arc<Tenant>,
    pub(super) caller: Caller,
    /// From where the request comes.
    pub(super) origin: Origin,
    /// What was said of the perspective.
    pub(super) wish: Wish,
    /// What the preview token stands for, when there is one.
    pub(super) preview: Option<PreviewToken>,
    /// With what the addresses of files begin, as the requester reaches this program.
    base: Arc<str>,
}

impl Requester {
    /// What the operation brings with it.
    pub(super) fn data(&self, state: &State, contents: Contents, moment: Moment) -> RequestData {
        let (tenant, caller) = (Arc::clone(&self.tenant), self.caller.clone());
        let identity = state.identities.of(contents.store().clone());
        let data = RequestData::new(tenant, contents, identity, caller, moment);
        let files = FileAddresses::new(Arc::clone(&self.base), state.signer.clone());
        let data = data.by(self.origin.clone()).with_files(files);
        let data = data.keeping(state.media_of(&self.tenant));
        data.searching(state.search.clone())
    }

    /// The same, who reaches this program at this address.
    pub(super) fn at(self, base: Arc<str>) -> Self {
        Self { base, ..self }
    }

    /// The requester of a request to this municipality.
    pub(super) async fn of(
        request: &HttpRequest,
        state: &State,
        tenant: Arc<Tenant>,
    ) -> Result<Self, Problem> {
        let (credentials, wish) = (Self::credentials(request), Wish::of(request));
        let origin = origin::of(request, state.settings.proxies);
        let base = tenant::base(request, &state.settings);
        let base = tenant::base_of(base, &tenant, state).await;
        let requester = Self::with(credentials, wish, state, tenant, origin).await;
        let requester = requester.map_err(|problem| problem.of(request))?;
        Ok(requester.at(base.map_err(|problem| problem.of(request))?))
    }

    /// What the header `Authorization` holds.
    pub(super) fn credentials(request: &HttpRequest) -> Option<&str> {
        let header = request.headers().get(AUTHORIZATION);
        header.map(|value| value.to_str().unwrap_or_default())
    }

    /// The requester with these credentials, such as `Bearer …`; nobody in particular without them.
    pub(super) async fn with(
        credentials: Option<&str>,
        mut wish: Wish,
        state: &State,
        tenant: Arc<Tenant>,
        origin: Origin,
    ) -> Result<Self, Problem> {
        let credentials = wish.take_token(credentials);
        let preview = wish.previewed(state, &tenant).await?;
        let caller = match credentials {
            None => Caller::Anonymous,
            Some(credentials) => signed_in(credentials, state, &tenant).await?,
        };
        Ok(Self {
            tenant,
            caller,
            origin,
            wish,
            preview,
            base: Arc::default(),
        })
    }
}

/// Who calls with these credentials. An unknown token is never taken for no token: its owner would see
/// less than they think.
async fn signed_in(credentials: &str, state: &State, tenant: &Tenant) -> Result<Caller, Problem> {
    let refused = |message: &str| Problem::new(ErrorCode::Unauthenticated, message);
    let token = bearer(credentials)
        .ok_or_else(|| refused("the header Authorization is not «Bearer» and a token"))?;
    let (identity, now) = (state.identity(tenant), clock::now());
    let found = identity.caller(token, now).await;
    let found = found.map_err(|error| Problem::failed(&error))?;
    match found {
        Some(caller) => Ok(caller),
        None if is_signed(token) => {
            let citizen = identity.citizen(token, now).await;
            citizen.map(Caller::Citizen).map_err(Problem::of_citizen)
        }
        None => Err(refused(
            "the token is not known here, has expired or was revoked",
        )),
    }
}

/// The token in `Bearer …`; the name of the scheme may be written in any case (RFC 9110, section 11.1).
pub(super) fn bearer(credentials: &str) -> Option<&str> {
    let (scheme, token) = credentials.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_after_the_scheme() {
        assert_eq!(bearer("Bearer x"), Some("x"));
        assert_eq!(bearer("bEARER  x "), Some("x"));
        for other in ["", "Bearer", "x", "Basic eDp5"] {
            assert_eq!(bearer(other), None, "{other}");
        }
    }
}
