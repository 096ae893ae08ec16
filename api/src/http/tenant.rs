//! Which municipality a request is for: an IPA code in its path, the host name, else the header `Municipio-Tenant`
//! with an IPA code, else the only municipality there is.

use std::sync::Arc;

use actix_web::{HttpRequest, http::header};
use municipio_domain::tenants::{IpaCode, Tenant, TenantStatus};

use municipio_graphql::ErrorCode;

use super::problem::Problem;
use crate::{app::State, settings::Settings};

/// The header by which API clients name the municipality.
pub(super) const HEADER: &str = "Municipio-Tenant";
/// Answers are remembered by host name, and nothing longer is one (RFC 1035, 2.3.4).
const MAX_HOST: usize = 253;

/// How a request says which municipality it is for.
#[derive(Clone, Debug)]
pub(super) struct Address {
    host: String,
    /// The IPA code of [`HEADER`].
    pub(super) named: Option<String>,
    /// The IPA code in the path of a file: no header goes along where a page shows a picture.
    of_path: Option<String>,
}

impl Address {
    pub(super) fn of(request: &HttpRequest) -> Self {
        // Not `X-Forwarded-Host`: whoever sends a request could choose it.
        let authority = request
            .uri()
            .authority()
            .map(|authority| authority.as_str());
        let text = |name: &str| {
            let value = request.headers().get(name);
            value.map(|value| value.to_str().unwrap_or_default())
        };
        let host = text(header::HOST.as_str()).filter(|host| !host.is_empty());
        Self {
            host: host_name(host.or(authority).unwrap_or_default()).to_owned(),
            named: text(HEADER).map(str::to_owned),
            of_path: request.match_info().get("tenant").map(str::to_owned),
        }
    }
}

/// With what the addresses begin at which the client of a request reaches this program: as it is configured, or as
/// the request says.
pub(super) fn base(request: &HttpRequest, settings: &Settings) -> Arc<str> {
    if let Some(url) = &settings.public_url {
        return url.trim_end_matches('/').into();
    }
    let forwarded = request.headers().get("x-forwarded-proto");
    let is_secure = settings.proxies > 0 && forwarded.is_some_and(|scheme| scheme == "https");
    let scheme = if is_secure { "https" } else { "http" };
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    format!("{scheme}://{host}").into()
}

/// The municipality of a request.
pub(super) async fn resolve(request: &HttpRequest, state: &State) -> Result<Arc<Tenant>, Problem> {
    let tenant = find(&Address::of(request), state).await;
    tenant.map_err(|problem| problem.of(request))
}

/// The municipality that is addressed.
pub(super) async fn find(address: &Address, state: &State) -> Result<Arc<Tenant>, Problem> {
    let tenant = look_up(address, state).await?;
    match tenant.status {
        TenantStatus::Active => Ok(tenant),
        TenantStatus::Suspended => {
            let message = "the municipality is not served at the moment";
            Err(Problem::new(ErrorCode::TenantSuspended, message))
        }
    }
}

/// With what the addresses of files of a municipality begin, at a program that is reached at `base`: its IPA code is
/// named where nothing else tells it from others.
pub(super) async fn base_of(
    base: Arc<str>,
    tenant: &Tenant,
    state: &State,
) -> Result<Arc<str>, Problem> {
    let authority = base.split_once("://").map_or(&*base, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    let address = Address {
        host: host_name(authority).to_owned(),
        named: None,
        of_path: None,
    };
    match look_up(&address, state).await {
        Ok(reached) if reached.id == tenant.id => Ok(base),
        Err(problem) if !problem.is_of_no_municipality() => Err(problem),
        _ => Ok(format!("{base}/tenants/{}", tenant.ipa_code).into()),
    }
}

async fn look_up(address: &Address, state: &State) -> Result<Arc<Tenant>, Problem> {
    let directory = &state.directory;
    if let Some(code) = &address.of_path {
        let none = || {
            Problem::new(
                ErrorCode::TenantNotFound,
                "no municipality has this IPA code",
            )
        };
        let code: IpaCode = code.parse().map_err(|_| none())?;
        let found = directory.by_ipa_code(&code).await;
        return found
            .map_err(|error| Problem::failed(&error))?
            .ok_or_else(none);
    }
    if address.host.len() <= MAX_HOST {
        let found = directory.by_host(&address.host).await;
        if let Some(tenant) = found.map_err(|error| Problem::failed(&error))? {
            return Ok(tenant);
        }
    }
    if let Some(named) = &address.named {
        let wrong = |message: String| Problem::new(ErrorCode::TenantNotFound, message);
        let code: IpaCode = named
            .parse()
            .map_err(|error| wrong(format!("{HEADER}: {error}")))?;
        let found = directory.by_ipa_code(&code).await;
        return found
            .map_err(|error| Problem::failed(&error))?
            .ok_or_else(|| wrong(format!("{HEADER}: no municipality has the IPA code {code}")));
    }
    let only = directory.only().await;
    only.map_err(|error| Problem::failed(&error))?.ok_or_else(|| {
        let shown: String = address.host.chars().take(80).collect();
        let message = format!(
            "no municipality is served as «{shown}»; call a known host name, or name one with the header {HEADER}"
        );
        Problem::new(ErrorCode::TenantNotFound, message)
    })
}

/// The host without its port.
fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}
