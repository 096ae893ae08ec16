//! How the client library calls Meilisearch: through the one HTTP client of the product.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::{AsyncRead, AsyncReadExt};
use meilisearch_sdk::{
    errors::{Error, MeilisearchCommunicationError, MeilisearchError},
    request::{HttpClient, Method},
};
use municipio_domain::outgoing::{self, Exchange, Outgoing, OutgoingError};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

/// The most bytes of an answer: a thousand documents to compare, or a page of hits with counts.
const MOST: usize = 16 * 1024 * 1024;

/// Calls Meilisearch with a key, within a time.
#[derive(Clone)]
pub(super) struct Http {
    outgoing: Outgoing,
    key: Option<String>,
    within: Duration,
}

impl Http {
    pub(super) fn new(outgoing: &Outgoing, key: Option<&str>, within: Duration) -> Self {
        Self {
            outgoing: outgoing.clone(),
            key: key.map(str::to_owned),
            within,
        }
    }

    /// Gets what lies at an address, in a form of our own.
    pub(super) async fn get<T: DeserializeOwned + Send + 'static>(
        &self,
        url: &str,
    ) -> Result<T, Error> {
        self.request::<(), (), T>(url, Method::Get { query: () }, 200)
            .await
    }

    async fn send<Query: Serialize>(
        &self,
        url: &str,
        method: outgoing::Method,
        query: &Query,
        body: Option<Vec<u8>>,
    ) -> Result<(u16, Vec<u8>), Error> {
        let mut url = Url::parse(url).map_err(|error| other(&error))?;
        if let serde_json::Value::Object(parameters) = serde_json::to_value(query)? {
            let mut pairs = url.query_pairs_mut();
            for (name, value) in &parameters {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                pairs.append_pair(name, &value);
            }
        }
        let call = Exchange {
            method,
            url: &url,
            body,
            bearer: self.key.as_deref(),
            headers: &[],
            within: self.within,
            most: MOST,
        };
        let answer = self
            .outgoing
            .exchange(call)
            .await
            .map_err(|error| unreachable(&url, error))?;
        Ok((answer.status, answer.body))
    }
}

#[async_trait]
impl HttpClient for Http {
    async fn request<Query, Body, Output>(
        &self,
        url: &str,
        method: Method<Query, Body>,
        expected: u16,
    ) -> Result<Output, Error>
    where
        Query: Serialize + Send + Sync,
        Body: Serialize + Send + Sync,
        Output: DeserializeOwned + 'static + Send,
    {
        let body = method.body().map(serde_json::to_vec).transpose()?;
        let (status, answer) = self.send(url, verb(&method), method.query(), body).await?;
        parse(status, expected, &answer, url)
    }

    async fn stream_request<
        Query: Serialize + Send + Sync,
        Body: AsyncRead + Send + Sync + 'static,
        Output: DeserializeOwned + 'static,
    >(
        &self,
        url: &str,
        method: Method<Query, Body>,
        _content_type: &str,
        expected: u16,
    ) -> Result<Output, Error> {
        let verb = verb(&method);
        let query = serde_json::to_value(method.query())?;
        let mut bytes = Vec::new();
        if let Some(body) = method.into_body() {
            let mut body = std::pin::pin!(body);
            body.read_to_end(&mut bytes)
                .await
                .map_err(|error| other(&error))?;
        }
        let (status, answer) = self.send(url, verb, &query, Some(bytes)).await?;
        parse(status, expected, &answer, url)
    }

    fn is_tokio(&self) -> bool {
        true
    }
}

fn verb<Query, Body>(method: &Method<Query, Body>) -> outgoing::Method {
    match method {
        Method::Get { .. } => outgoing::Method::GET,
        Method::Post { .. } => outgoing::Method::POST,
        Method::Patch { .. } => outgoing::Method::PATCH,
        Method::Put { .. } => outgoing::Method::PUT,
        Method::Delete { .. } => outgoing::Method::DELETE,
    }
}

/// Reads an answer. (The library has this too, and logs whatever is not there as a fault.)
fn parse<T: DeserializeOwned>(
    status: u16,
    expected: u16,
    answer: &[u8],
    url: &str,
) -> Result<T, Error> {
    if status == expected {
        return Ok(serde_json::from_slice(answer)?);
    }
    match serde_json::from_slice::<MeilisearchError>(answer) {
        Ok(error) => Err(error.into()),
        // A proxy, or something else that is no Meilisearch.
        Err(_) => Err(Error::MeilisearchCommunication(
            MeilisearchCommunicationError {
                status_code: status,
                message: None,
                url: url.to_owned(),
            },
        )),
    }
}

fn other(error: &dyn std::error::Error) -> Error {
    Error::Other(error.to_string().into())
}

/// No answer at all, in the words that the library has for it: a status that no server sends.
fn unreachable(url: &Url, error: OutgoingError) -> Error {
    Error::MeilisearchCommunication(MeilisearchCommunicationError {
        status_code: 0,
        message: Some(error.to_string()),
        url: url.to_string(),
    })
}
