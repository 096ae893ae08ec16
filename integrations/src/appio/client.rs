//! Calls IO.

use std::time::Duration;

use municipio_domain::{
    notifications::{AppIo, Called, Message, Profile, Seen, Standing},
    outgoing::{Answer, Exchange, Method, Outgoing, OutgoingError},
};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{KEY, LOLLIPOP_AUTH, answer::read, assertions_address, body::new_message};

/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(10);
/// The most bytes of an answer.
const MOST: usize = 256 * 1024;

/// Calls IO at an address.
#[derive(Clone, Debug)]
pub struct Client {
    outgoing: Outgoing,
    base: Url,
    assertions: Url,
    within: Duration,
}

impl Client {
    /// Calls IO at this address, which the operator named.
    pub fn new(base: Url) -> Self {
        Self {
            outgoing: Outgoing::of_operator(),
            base,
            assertions: assertions_address(),
            within: WITHIN,
        }
    }

    /// The same, which fetches assertions at this address.
    pub fn with_assertions(self, assertions: Url) -> Self {
        Self { assertions, ..self }
    }

    /// The same, which waits so long for an answer.
    pub fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    pub(super) async fn call(
        &self,
        method: Method,
        path: &[&str],
        key: &str,
        body: Option<&Value>,
    ) -> Result<Answer, OutgoingError> {
        self.exchange(method, &self.address(path), key, body).await
    }

    /// The address of something.
    pub(super) fn address(&self, path: &[&str]) -> Url {
        joined(&self.base, path)
    }

    pub(super) async fn exchange(
        &self,
        method: Method,
        url: &Url,
        key: &str,
        body: Option<&Value>,
    ) -> Result<Answer, OutgoingError> {
        let body = body.map(|body| body.to_string().into_bytes());
        self.send_with(method, url, &[(KEY, key)], body).await
    }

    async fn send_with(
        &self,
        method: Method,
        url: &Url,
        headers: &[(&'static str, &str)],
        body: Option<Vec<u8>>,
    ) -> Result<Answer, OutgoingError> {
        let call = Exchange {
            method,
            url,
            body,
            bearer: None,
            headers,
            within: self.within,
            most: MOST,
        };
        self.outgoing.exchange(call).await
    }
}

fn joined(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

#[derive(Deserialize)]
struct LimitedProfile {
    sender_allowed: bool,
    #[serde(default)]
    preferred_languages: Vec<String>,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

#[derive(Deserialize)]
struct MessageStatus {
    /// IO says none while it has not begun.
    #[serde(default)]
    status: Option<String>,
    /// It says these of messages of premium contracts.
    #[serde(default)]
    read_status: Option<String>,
    #[serde(default)]
    payment_status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configurations {
    #[serde(default)]
    rc_config_list: Vec<Configuration>,
}

#[derive(Deserialize)]
struct Configuration {
    configuration_id: String,
}

#[derive(Deserialize)]
struct Assertion {
    response_xml: String,
}

impl AppIo for Client {
    fn profile<'a>(&'a self, key: &'a str, fiscal_code: &'a str) -> Called<'a, Profile> {
        Box::pin(async move {
            // Not by its path, where it would be in logs.
            let body = json!({ "fiscal_code": fiscal_code });
            let answered = self
                .call(Method::POST, &["profiles"], key, Some(&body))
                .await;
            if answered.as_ref().is_ok_and(|answer| answer.status == 404) {
                return Ok(Profile::Unreachable);
            }
            let profile: LimitedProfile = read(answered, 200)?;
            Ok(match profile.sender_allowed {
                true => Profile::Reachable(profile.preferred_languages),
                false => Profile::Unreachable,
            })
        })
    }

    fn send<'a>(&'a self, key: &'a str, message: &'a Message) -> Called<'a, String> {
        Box::pin(async move {
            let body = new_message(message);
            let answered = self
                .call(Method::POST, &["messages"], key, Some(&body))
                .await;
            Ok(read::<Created>(answered, 201)?.id)
        })
    }

    fn standing<'a>(&'a self, key: &'a str, fiscal_code: &'a str, id: &'a str) -> Called<'a, Seen> {
        Box::pin(async move {
            let path = ["messages", fiscal_code, id];
            let answered = self.call(Method::GET, &path, key, None).await;
            let message: MessageStatus = read(answered, 200)?;
            let standing = match message.status.as_deref() {
                Some("PROCESSED") => Standing::Processed,
                Some("REJECTED") => Standing::Rejected,
                Some("FAILED") => Standing::Failed,
                Some("THROTTLED") => Standing::Throttled,
                _ => Standing::Accepted,
            };
            Ok(Seen {
                standing,
                is_read: match message.read_status.as_deref() {
                    Some("READ") => Some(true),
                    Some("UNREAD") => Some(false),
                    _ => None,
                },
                is_paid: match message.payment_status.as_deref() {
                    Some("PAID") => Some(true),
                    Some("NOT_PAID") => Some(false),
                    _ => None,
                },
            })
        })
    }

    fn configurations<'a>(&'a self, manage_key: &'a str) -> Called<'a, Vec<String>> {
        Box::pin(async move {
            let path = ["messages-sending", "remote-contents", "configurations"];
            let answered = self.call(Method::GET, &path, manage_key, None).await;
            // The keys in it are read past.
            let found: Configurations = read(answered, 200)?;
            let ids = found.rc_config_list.into_iter();
            Ok(ids.map(|one| one.configuration_id).collect())
        })
    }

    fn assertion<'a>(
        &'a self,
        key: &'a str,
        reference: &'a str,
        authorization: &'a str,
    ) -> Called<'a, String> {
        Box::pin(async move {
            let url = joined(&self.assertions, &["assertions", reference]);
            let bearer = format!("Bearer {authorization}");
            let headers = [(KEY, key), (LOLLIPOP_AUTH, bearer.as_str())];
            let answered = self.send_with(Method::GET, &url, &headers, None).await;
            Ok(read::<Assertion>(answered, 200)?.response_xml)
        })
    }
}
