//! Who makes a request: told by the header `Authorization`, or by the payload with which a WebSocket
//! begins.

use std::sync::Arc;

use actix_web::{HttpRequest, http::header::AUTHORIZATION};
use municipio_domain::{audit::Origin, identity::Caller, tenants::Tenant};
use municipio_graphql::{ErrorCode, Moment, RequestData};

use super::{origin, problem::Problem};
use crate::app::State;

/// For whom an operation runs.
#[derive(Clone, Debug)]
pub(super) struct Requester {
    pub(super) tenant: Arc<Tenant>,
    pub(super) caller: Caller,
    /// From where the request comes.
    pub(super) origin: Origin,
}

impl Requester {
    /// What the operation brings with it.
    pub(super) fn data(&self, state: &State, moment: Moment) -> RequestData {
        let (tenant, caller) = (Arc::clone(&self.tenant), self.caller.clone());
        let data = RequestData::new(tenant, state.contents(&self.tenant), caller, moment);
        data.by(self.origin.clone())
    }

    /// The requester of a request to this municipality.
    pub(super) async fn of(
        request: &HttpRequest,
        state: &State,
        tenant: Arc<Tenant>,
    ) -> Result<Self, Problem> {
        let origin = origin::of(request, state.settings.proxies);
        let requester = Self::with(Self::credentials(request), state, tenant, origin).await;
        requester.map_err(|problem| problem.of(request))
    }

    /// What the header `Authorization` holds.
    pub(super) fn credentials(request: &HttpRequest) -> Option<&str> {
        let header = request.headers().get(AUTHORIZATION);
        header.map(|value| value.to_str().unwrap_or_default())
    }

    /// The requester with these credentials, such as `Bearer …`; nobody in particular without them.
    pub(super) async fn with(
        credentials: Option<&str>,
        _state: &State,
        tenant: Arc<Tenant>,
        origin: Origin,
    ) -> Result<Self, Problem> {
        match credentials {
            None => Ok(Self {
                tenant,
                caller: Caller::Anonymous,
                origin,
            }),
            Some(_) => {
                let message = "the token is not known here, or has expired";
                Err(Problem::new(ErrorCode::Unauthenticated, message))
            }
        }
    }
}
