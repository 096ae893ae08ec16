//! From where a request comes, as the audit log tells it.

use std::net::IpAddr;

use actix_web::HttpRequest;
use municipio_domain::audit::Origin;

use super::problem::request_id;

/// The header to which each proxy adds the address that called it, at the end.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The origin of a request.
pub(super) fn of(request: &HttpRequest, proxies: usize) -> Origin {
    Origin {
        request_id: request_id(request),
        network: client_address(request, proxies).map(Into::into),
    }
}

/// The address of the client, behind so many proxies that the header can be believed of; nothing when
/// they do not say it.
pub(super) fn client_address(request: &HttpRequest, proxies: usize) -> Option<IpAddr> {
    let Some(hops) = proxies.checked_sub(1) else {
        return Some(request.peer_addr()?.ip());
    };
    let headers = request.headers().get_all(FORWARDED_FOR);
    let headers: Vec<_> = headers
        .map(|value| value.to_str().unwrap_or_default())
        .collect();
    forwarded(&headers, hops)
}

/// The address before the last ones: what stands further left was written by the client.
fn forwarded(headers: &[&str], last: usize) -> Option<IpAddr> {
    let addresses = headers.iter().flat_map(|value| value.split(','));
    let addresses: Vec<_> = addresses.map(str::trim).collect();
    addresses.iter().rev().nth(last)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_proxies_wrote_is_believed() {
        let address = |headers: &[&str], last: usize| {
            forwarded(headers, last).map(|address| address.to_string())
        };
        let headers = ["203.0.113.9, 198.51.100.7", "192.0.2.1"];
        assert_eq!(address(&headers, 0).as_deref(), Some("192.0.2.1"));
        assert_eq!(address(&headers, 1).as_deref(), Some("198.51.100.7"));
        assert_eq!(address(&headers, 3), None);
        assert_eq!(address(&[], 0), None);
        assert_eq!(address(&["unknown"], 0), None);
        assert_eq!(address(&["2001:db8::1"], 0).as_deref(), Some("2001:db8::1"));
    }
}
