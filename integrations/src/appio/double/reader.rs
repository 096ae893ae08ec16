//! What IO does when a citizen opens a message whose text is elsewhere: it fetches it, compares it with what was said when it
//! was sent, and shows nothing of what does not fit.

use std::time::Duration;

use municipio_domain::outgoing::{Answer, Exchange, Method, Outgoing, OutgoingError};
use serde::Deserialize;
use url::Url;

use super::Taken;

/// How long the app waits.
const WITHIN: Duration = Duration::from_secs(8);
/// The most bytes that are read.
const MOST: usize = 16 * 1024 * 1024;

/// A message as the citizen sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The subject.
    pub subject: String,
    /// The text in Markdown.
    pub markdown: String,
    /// The files that come with it, to be fetched.
    pub attachments: Vec<RemoteFile>,
}

/// A file that comes with a message.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RemoteFile {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub url: String,
    /// What it is called.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// What kind of file it is.
    pub category: String,
}

/// Why the citizen sees nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// There was no answer, or one that cannot be read.
    Unanswered,
    /// It answered with this status.
    Status(u16),
    /// It is to be asked again in so many seconds.
    Later(u64),
    /// What was said to be there is not, or is not as it may be: what IO calls it.
    Incoherent(&'static str),
    /// It is no PDF (415).
    BadFormat,
}

#[derive(Deserialize)]
struct Remote {
    details: Option<Details>,
    #[serde(default)]
    attachments: Vec<RemoteFile>,
}

#[derive(Deserialize)]
struct Details {
    subject: String,
    markdown: String,
}

/// Opens messages as IO does, with the configuration that the sender made.
#[derive(Clone, Debug)]
pub struct Reader {
    outgoing: Outgoing,
    base: Url,
    key: String,
}

impl Reader {
    /// Asks at this address (`base_url`), with this key.
    pub fn new(base: Url, key: &str) -> Self {
        Self {
            outgoing: Outgoing::of_operator(),
            base,
            key: key.to_owned(),
        }
    }

    /// Opens a message for somebody.
    ///
    /// # Errors
    /// The citizen sees nothing of it, and why.
    pub async fn open(&self, message: &Taken, fiscal_code: &str) -> Result<Opened, Unreadable> {
        let declared = &message.body["content"]["third_party_data"];
        let id = declared["id"].as_str().unwrap_or_default();
        let answer = self.get(&[id], fiscal_code).await?;
        let remote: Remote =
            serde_json::from_slice(&answer.body).map_err(|_| Unreadable::Unanswered)?;
        if declared["has_attachments"] == true && remote.attachments.is_empty() {
            return Err(Unreadable::Incoherent("ATTACHMENTS_NOT_PRESENT"));
        }
        let details = match declared["has_remote_content"] == true {
            true => remote.details,
            false => None,
        };
        let details = details.ok_or(Unreadable::Incoherent("REMOTE_CONTENT_NOT_PRESENT"))?;
        let length = |text: &str| text.encode_utf16().count();
        if !(80..=10_000).contains(&length(&details.markdown)) {
            return Err(Unreadable::Incoherent("MARKDOWN_VALIDATION_ERROR"));
        }
        if !(10..=120).contains(&length(&details.subject)) {
            return Err(Unreadable::Incoherent("SUBJECT_VALIDATION_ERROR"));
        }
        Ok(Opened {
            subject: details.subject,
            markdown: details.markdown,
            // Those that were not declared are dropped.
            attachments: match declared["has_attachments"] == true {
                true => remote.attachments,
                false => Vec::new(),
            },
        })
    }

    /// Fetches a file of a message for somebody: each time that they open it.
    ///
    /// # Errors
    /// The citizen sees nothing of it, and why.
    pub async fn file(
        &self,
        message: &Taken,
        file: &RemoteFile,
        fiscal_code: &str,
    ) -> Result<Vec<u8>, Unreadable> {
        let id = &message.body["content"]["third_party_data"]["id"];
        let path = [id.as_str().unwrap_or_default(), &file.url];
        let bytes = self.get(&path, fiscal_code).await?.body;
        match bytes.starts_with(b"%PDF") {
            true => Ok(bytes),
            false => Err(Unreadable::BadFormat),
        }
    }

    async fn get(&self, path: &[&str], fiscal_code: &str) -> Result<Answer, Unreadable> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("messages").extend(path);
        }
        let call = Exchange {
            method: Method::GET,
            url: &url,
            body: None,
            bearer: None,
            headers: &[("x-api-key", &self.key), ("fiscal_code", fiscal_code)],
            within: WITHIN,
            most: MOST,
        };
        let answer: Result<Answer, OutgoingError> = self.outgoing.exchange(call).await;
        let answer = answer.map_err(|_| Unreadable::Unanswered)?;
        match answer.status {
            200 => Ok(answer),
            503 => Err(Unreadable::Later(retry_after(&answer))),
            // It follows no redirects.
            status => Err(Unreadable::Status(status)),
        }
    }
}

/// In how many seconds it is to be asked again: ten when that is not said.
fn retry_after(answer: &Answer) -> u64 {
    let said = answer.headers.get("retry-after");
    let said = said.and_then(|value| value.to_str().ok()?.parse().ok());
    said.unwrap_or(10)
}
