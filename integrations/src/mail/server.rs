//! Where mails are handed over, as the operator says it.

use std::{fmt, str::FromStr};

use lettre::transport::smtp::authentication::Credentials;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// The port for handing mails over with `STARTTLS`, and that for TLS from the beginning (RFC 6409, RFC 8314).
const SUBMISSION: u16 = 587;
const SUBMISSIONS: u16 = 465;

/// A server of mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) credentials: Option<Credentials>,
}

/// How a connection is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Security {
    /// TLS from the beginning.
    Tls,
    /// It is changed to TLS before anything is said.
    StartTls,
    /// Not at all: a server beside this program.
    Nothing,
}

/// An address that is none of a server of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write smtps://user:password@host, smtp://user:password@host (with STARTTLS), or smtp://host?tls=off for a server beside this program"
)]
pub struct InvalidServer;

impl FromStr for Server {
    type Err = InvalidServer;

    fn from_str(text: &str) -> Result<Self, InvalidServer> {
        let url = Url::parse(text).map_err(|_| InvalidServer)?;
        let is_open = match url.query() {
            None => false,
            Some("tls=off") => true,
            Some(_) => return Err(InvalidServer),
        };
        let (security, usual) = match (url.scheme(), is_open) {
            ("smtps", false) => (Security::Tls, SUBMISSIONS),
            ("smtp", false) => (Security::StartTls, SUBMISSION),
            ("smtp", true) => (Security::Nothing, SUBMISSION),
            _ => return Err(InvalidServer),
        };
        let host = match url.host().ok_or(InvalidServer)? {
            Host::Ipv6(address) => address.to_string(),
            host => host.to_string(),
        };
        if host.is_empty() || !matches!(url.path(), "" | "/") {
            return Err(InvalidServer);
        }
        Ok(Self {
            host,
            port: url.port().unwrap_or(usual),
            security,
            credentials: credentials(&url)?,
        })
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, InvalidServer> {
    let decoded = |text| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(|text| text.into_owned())
            .map_err(|_| InvalidServer)
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(InvalidServer),
        (user, Some(password)) => Ok(Some(Credentials::new(decoded(user)?, decoded(password)?))),
    }
}

impl fmt::Debug for Server {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Server({}:{}, {:?})",
            self.host, self.port, self.security
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_from_its_address() {
        for (text, host, port, security) in [
            (
                "smtps://u:p@mail.comune.example",
                "mail.comune.example",
                465,
                Security::Tls,
            ),
            (
                "smtp://u:p@mail.comune.example",
                "mail.comune.example",
                587,
                Security::StartTls,
            ),
            (
                "smtp://localhost:25?tls=off",
                "localhost",
                25,
                Security::Nothing,
            ),
            ("smtp://[::1]:2525?tls=off", "::1", 2525, Security::Nothing),
        ] {
            let server: Server = text.parse().unwrap();
            assert_eq!(
                (server.host.as_str(), server.port, server.security),
                (host, port, security),
                "{text}"
            );
        }
        let server: Server = "smtps://ufficio%40comune.example:a%2Fb%40c@mail.example"
            .parse()
            .unwrap();
        let known = Credentials::new("ufficio@comune.example".to_owned(), "a/b@c".to_owned());
        assert_eq!(server.credentials, Some(known));
        assert!(!format!("{server:?}").contains("a/b"));
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for text in [
            "",
            "mail.comune.example",
            "https://mail.comune.example",
            "smtp://",
            "smtp://user@mail.comune.example",
            "smtp://:password@mail.comune.example",
            "smtps://mail.comune.example?tls=off",
            "smtp://mail.comune.example?tls=maybe",
            "smtp://mail.comune.example/x",
        ] {
            assert_eq!(text.parse::<Server>(), Err(InvalidServer), "{text}");
        }
    }
}
