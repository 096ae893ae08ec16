//! How often REST is asked, and how that is told: `X-RateLimit-…` as the Italian guidelines name them.

use std::net::IpAddr;

use actix_web::{
    HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue, RETRY_AFTER},
    middleware::Next,
};
use municipio_graphql::ErrorCode;

use crate::{
    http::{origin, problem::Problem},
    limiter::{Limiter, Standing},
};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Lets somebody go on who has some of their limit left; the answer says how much.
pub(super) fn count(request: &HttpRequest, limiter: &Limiter, who: &str) -> Result<(), Problem> {
    match limiter.count(who) {
        Ok(None) => Ok(()),
        Ok(Some(standing)) => {
            request.extensions_mut().insert(standing);
            Ok(())
        }
        Err(standing) => {
            request.extensions_mut().insert(standing);
            let seconds = standing.reset;
            let message = format!(
                "at most {} requests in a row; ask again in {seconds} seconds",
                standing.limit
            );
            Err(Problem::new(ErrorCode::TooManyRequests, message))
        }
    }
}

/// Who asks without having signed in: an address, or the network of a home (64 bits of IPv6).
pub(super) fn address(request: &HttpRequest, proxies: usize) -> String {
    const HOME: u128 = u128::MAX << 64;
    match origin::client_address(request, proxies).map(|address| address.to_canonical()) {
        None => "nowhere".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => (address.to_bits() & HOME).to_string(),
    }
}

/// Says in the answer how much whoever asked has left, if they were counted.
pub(super) async fn told(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let counted = response.request().extensions().get::<Standing>().copied();
    let Some(standing) = counted else {
        return Ok(response);
    };
    let headers = response.headers_mut();
    headers.insert(LIMIT, HeaderValue::from(standing.limit));
    headers.insert(REMAINING, HeaderValue::from(standing.remaining));
    headers.insert(RESET, HeaderValue::from(standing.reset));
    if response.status().as_u16() == ErrorCode::TooManyRequests.status() {
        let seconds = HeaderValue::from(standing.reset);
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    Ok(response)
}
