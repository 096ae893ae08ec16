//! Calls to other servers: the one HTTP client. Who sets an address up is not who runs the service, so a call
//! never reaches the network around this program, unless the operator lets it; it goes over TLS, follows no
//! redirects, ends after some seconds, and reads no more than it may.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use reqwest::{
    Client, RequestBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
pub use reqwest::{Method, header::HeaderMap};
use url::{Host, Url};

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(2);
/// How long a whole call may take: several of them fit into the time of one request.
const WHOLE: Duration = Duration::from_secs(4);
/// How long a delivery may take: whoever is told of an event may think about it.
const DELIVERY: Duration = Duration::from_secs(15);
/// The most bytes of an answer.
const MOST: usize = 256 * 1024;

/// Calls other servers.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Made by the first call: it reads the certificates of the machine.
    client: Arc<OnceLock<Client>>,
    internal: bool,
    /// Calls only what the operator named.
    is_of_operator: bool,
}

/// A call with a body of JSON to a server that the operator named.
#[derive(Clone, Debug)]
pub struct Exchange<'a> {
    /// What is to be done.
    pub method: Method,
    /// What with.
    pub url: &'a Url,
    /// The body, when there is one.
    pub body: Option<Vec<u8>>,
    /// A bearer token.
    pub bearer: Option<&'a str>,
    /// Further headers.
    pub headers: &'a [(&'static str, &'a str)],
    /// How long it may take.
    pub within: Duration,
    /// The most bytes of the answer.
    pub most: usize,
}

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// What a server answered to a delivery.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The HTTP status.
    pub status: u16,
    /// When it wants to be asked again, as it said it.
    pub retry_after: Option<String>,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutgoingError {
    /// Not over TLS.
    #[error("{0} is not called: write an address with https")]
    Insecure(String),
    /// In the network around this program.
    #[error("{0} is not called: it is not a public address")]
    Internal(String),
    /// Longer than it may be.
    #[error("{0} answered with more bytes than are read")]
    TooLarge(String),
    /// There was no connection: nothing was sent.
    #[error("{0} cannot be reached: {1}")]
    Unreached(String, String),
    /// It answered nothing, not all of it, or too late: nobody knows what it did.
    #[error("{0} does not answer: {1}")]
    Failed(String, String),
}

impl Outgoing {
    /// A client; `internal` lets it call private addresses, and those of this machine without TLS.
    pub fn new(internal: bool) -> Self {
        Self {
            client: Arc::default(),
            internal,
            is_of_operator: false,
        }
    }

    /// A client of servers that the operator named, such as a search server beside this program: wherever they
    /// are, with TLS or without.
    pub fn of_operator() -> Self {
        Self {
            client: Arc::default(),
            internal: true,
            is_of_operator: true,
        }
    }

    /// Refuses an address that may not be called. Names are looked at again when they are resolved.
    ///
    /// # Errors
    /// It is without TLS, or not public.
    pub fn check(&self, url: &Url) -> Result<(), OutgoingError> {
        let shown = || shown(url);
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(OutgoingError::Insecure(shown())),
        };
        let is_safe = match url.scheme() {
            "https" => true,
            "http" => self.is_of_operator || self.internal && is_this_machine(url),
            _ => false,
        };
        match address {
            _ if !is_safe => Err(OutgoingError::Insecure(shown())),
            Some(address) if !self.internal && !is_public(address) => {
                Err(OutgoingError::Internal(shown()))
            }
            _ => Ok(()),
        }
    }

    /// Gets an address, with a bearer token if one is given.
    ///
    /// # Errors
    /// The address may not be called, or does not answer as it should.
    pub async fn get(&self, url: &Url, bearer: Option<&str>) -> Result<Answer, OutgoingError> {
        let request = self.client(url)?.get(url.clone());
        let request = match bearer {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        send(url, request).await
    }

    /// Posts a form, with a name and a password if they are given.
    ///
    /// # Errors
    /// The address may not be called, or does not answer as it should.
    pub async fn post_form(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        basic: Option<(&str, &str)>,
    ) -> Result<Answer, OutgoingError> {
        let request = self.client(url)?.post(url.clone()).form(form);
        let request = match basic {
            Some((name, password)) => request.basic_auth(name, Some(password)),
            None => request,
        };
        send(url, request).await
    }

    /// Sends JSON to a server that the operator named, and gives its answer.
    ///
    /// # Errors
    /// The server does not answer as it should.
    pub async fn exchange(&self, call: Exchange<'_>) -> Result<Answer, OutgoingError> {
        let request = self
            .client(call.url)?
            .request(call.method, call.url.clone());
        let request = match call.bearer {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let request = match call.body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(body),
            None => request,
        };
        let headers = call.headers.iter();
        let request = headers.fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        receive(call.url, request.timeout(call.within), call.most).await
    }

    /// Delivers JSON, with headers. Of the body of the answer no more than this is read.
    ///
    /// # Errors
    /// The address may not be called, or does not answer.
    pub async fn deliver(
        &self,
        url: &Url,
        headers: &[(&'static str, String)],
        json: String,
        most: usize,
    ) -> Result<Receipt, OutgoingError> {
        let mut request = self.client(url)?.post(url.clone()).timeout(DELIVERY);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request
            .header("content-type", "application/json")
            .body(json);
        let mut response = request.send().await.map_err(|error| failed(url, &error))?;
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.and_then(|value| value.to_str().ok());
        let mut receipt = Receipt {
            status: response.status().as_u16(),
            retry_after: retry_after.map(str::to_owned),
            body: Vec::new(),
        };
        // The status says everything: that the rest cannot be read changes nothing.
        while receipt.body.len() < most
            && let Ok(Some(chunk)) = response.chunk().await
        {
            receipt.body.extend_from_slice(&chunk);
        }
        receipt.body.truncate(most);
        Ok(receipt)
    }

    fn client(&self, url: &Url) -> Result<&Client, OutgoingError> {
        self.check(url)?;
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let mut builder = Client::builder()
            .user_agent(concat!("Municipio/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(WHOLE);
        if !self.internal {
            builder = builder.dns_resolver(Arc::new(PublicAddresses));
        }
        let client = builder.build().map_err(|error| failed(url, &error))?;
        Ok(self.client.get_or_init(|| client))
    }
}

async fn send(url: &Url, request: RequestBuilder) -> Result<Answer, OutgoingError> {
    receive(url, request, MOST).await
}

async fn receive(url: &Url, request: RequestBuilder, most: usize) -> Result<Answer, OutgoingError> {
    let failed = |error: reqwest::Error| failed(url, &error);
    let request = request.header("accept", "application/json");
    let mut response = request.send().await.map_err(failed)?;
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > most {
            return Err(OutgoingError::TooLarge(shown(url)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        headers,
        body,
    })
}

/// Why there is no answer.
fn failed(url: &Url, error: &reqwest::Error) -> OutgoingError {
    let (shown, reason) = (shown(url), reason(error));
    match error.is_connect() || error.is_builder() {
        true => OutgoingError::Unreached(shown, reason),
        false => OutgoingError::Failed(shown, reason),
    }
}

/// An address without what may be secret in it.
fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    format!("{}://{host}{}", url.scheme(), url.path())
}

/// What is behind an error; the address is said already.
fn reason(error: &reqwest::Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    match error.is_timeout() {
        true => "it took too long".to_owned(),
        false => deepest.to_string(),
    }
}

/// Whether an address is on this machine, whatever names say.
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Resolves names to public addresses alone: a name can be given any address by who owns it.
struct PublicAddresses;

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            match public.is_empty() {
                true => Err("the name has no public address".into()),
                false => Ok(Box::new(public.into_iter()) as Addrs),
            }
        })
    }
}

/// Whether an address is one of the public internet (IANA special-purpose registries).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => {
            let parts = address.segments();
            // Global unicast is 2000::/3; in it are documentation, Teredo and others, and addresses of IPv4 in
            // those of IPv6 (6to4).
            parts[0] & 0xe000 == 0x2000
                && !(parts[0] == 0x2001 && (parts[1] < 0x0200 || parts[1] == 0x0db8))
                && parts[0] != 0x2002
                && !(parts[0] == 0x3fff && parts[1] < 0x1000)
        }
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || first == 0
        || first >= 224
        || (first == 100 && (64..128).contains(&second))
        || (first == 192 && second == 0 && third == 0)
        || (first == 198 && (18..20).contains(&second));
    !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for public in [
            "9.9.9.9",
            "193.205.1.1",
            "2620:fe::fe",
            "2a00:1450:4002:400::200e",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for other in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "198.18.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "fd00::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2002:a00:1::1",
        ] {
            assert!(!is_public(other.parse().unwrap()), "{other}");
        }
    }

    #[test]
    fn addresses_are_called_over_tls_and_not_in_the_own_network() {
        let may = |internal: bool, url: &str| {
            let url = Url::parse(url).unwrap();
            Outgoing::new(internal).check(&url).is_ok()
        };
        for (url, from_outside, from_inside) in [
            ("https://login.comune.example/realm", true, true),
            ("https://9.9.9.9/", true, true),
            ("https://10.0.0.1/", false, true),
            ("https://[::1]/", false, true),
            ("http://login.comune.example/", false, false),
            ("http://127.0.0.1:9000/", false, true),
            ("http://localhost:9000/", false, true),
            ("http://10.0.0.1/", false, false),
            ("file:///etc/passwd", false, false),
            ("data:text/plain,x", false, false),
        ] {
            assert_eq!(may(false, url), from_outside, "{url}");
            assert_eq!(may(true, url), from_inside, "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_with_no_public_address_is_not_called() {
        let url = Url::parse("https://localhost:1/").unwrap();
        let error = Outgoing::new(false).get(&url, None).await.unwrap_err();
        assert!(error.to_string().contains("no public address"), "{error}");
    }

    #[tokio::test]
    async fn an_answer_is_read_as_far_as_it_may_be_long() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/x", listener.local_addr().unwrap());
        tokio::spawn(async move {
            for length in [MOST, MOST + 1] {
                let (mut connection, _) = listener.accept().await.unwrap();
                let mut request = [0; 1024];
                assert_ne!(connection.read(&mut request).await.unwrap(), 0);
                let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
                connection.write_all(head.as_bytes()).await.unwrap();
                // Who reads no further closes the connection.
                let _ = connection.write_all(&vec![b'x'; length]).await;
            }
        });
        let (url, outgoing) = (Url::parse(&url).unwrap(), Outgoing::new(true));
        let whole = outgoing.get(&url, None).await.unwrap();
        assert_eq!((whole.status, whole.body.len()), (200, MOST));
        let error = outgoing.get(&url, None).await.unwrap_err();
        assert!(matches!(error, OutgoingError::TooLarge(_)), "{error}");
    }
}
