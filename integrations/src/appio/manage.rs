//! Calls IO for who manages services.

use municipio_domain::{
    notifications::{
        CallError, CallFault, Called, ServiceKeys, SheetAtIo, SheetContent, SheetPublication,
        SheetTopic, Sheets,
    },
    outgoing::{Answer, Method, OutgoingError},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Client,
    answer::{done, read},
    service_body::{Metadata, ServiceData, logo, payload},
};

/// How many services are asked for at once: as many as fit into an answer that is read.
const PAGE: usize = 50;

#[derive(Deserialize)]
struct Lifecycle {
    id: String,
    status: Status,
    #[serde(flatten)]
    data: ServiceData,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Status {
    value: String,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Publication {
    status: String,
    #[serde(flatten)]
    data: ServiceData,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    value: Vec<Lifecycle>,
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Pagination {
    count: usize,
}

#[derive(Deserialize)]
struct Keys {
    primary_key: String,
    secondary_key: String,
}

#[derive(Deserialize)]
struct Topics {
    topics: Vec<Topic>,
}

#[derive(Deserialize)]
struct Topic {
    id: i64,
    name: String,
}

impl Lifecycle {
    fn at_io(self) -> Result<SheetAtIo, CallError> {
        let lifecycle = self.status.value.parse().map_err(|_| unexpected())?;
        Ok(SheetAtIo {
            id: self.id,
            lifecycle,
            reason: self.status.reason,
            recipients: self.data.recipients(),
            content: self.data.content(self.metadata),
        })
    }
}

fn unexpected() -> CallError {
    CallError {
        fault: CallFault::Unknown,
        problem: "IO said something of a service that is not known".to_owned(),
    }
}

/// Whether the answer has this status.
fn is(answered: &Result<Answer, OutgoingError>, status: u16) -> bool {
    answered
        .as_ref()
        .is_ok_and(|answer| answer.status == status)
}

impl Client {
    async fn manage(
        &self,
        method: Method,
        path: &[&str],
        key: &str,
        body: Option<Value>,
    ) -> Result<Answer, OutgoingError> {
        let path: Vec<_> = ["manage", "services"].iter().chain(path).copied().collect();
        self.call(method, &path, key, body.as_ref()).await
    }
}

impl Sheets for Client {
    fn topics<'a>(&'a self, key: &'a str) -> Called<'a, Vec<SheetTopic>> {
        Box::pin(async move {
            let answered = self.manage(Method::GET, &["topics"], key, None).await;
            let topics = read::<Topics>(answered, 200)?.topics.into_iter();
            let topics = topics.map(|topic| SheetTopic {
                id: topic.id,
                name: topic.name,
            });
            Ok(topics.collect())
        })
    }

    fn list<'a>(&'a self, key: &'a str, offset: usize) -> Called<'a, (Vec<SheetAtIo>, usize)> {
        Box::pin(async move {
            let mut url = self.address(&["manage", "services"]);
            url.query_pairs_mut()
                .append_pair("limit", &PAGE.to_string())
                .append_pair("offset", &offset.to_string());
            let answered = self.exchange(Method::GET, &url, key, None).await;
            let part: Part = read(answered, 200)?;
            let services = part.value.into_iter().map(Lifecycle::at_io);
            Ok((services.collect::<Result<_, _>>()?, part.pagination.count))
        })
    }

    fn find<'a>(&'a self, key: &'a str, id: &'a str) -> Called<'a, Option<SheetAtIo>> {
        Box::pin(async move {
            let answered = self.manage(Method::GET, &[id], key, None).await;
            if is(&answered, 404) {
                return Ok(None);
            }
            read::<Lifecycle>(answered, 200)?.at_io().map(Some)
        })
    }

    fn create<'a>(&'a self, key: &'a str, content: &'a SheetContent) -> Called<'a, SheetAtIo> {
        Box::pin(async move {
            let body = payload(content, &[]);
            let answered = self.manage(Method::POST, &[], key, Some(body)).await;
            read::<Lifecycle>(answered, 201)?.at_io()
        })
    }

    fn update<'a>(
        &'a self,
        key: &'a str,
        before: &'a SheetAtIo,
        content: &'a SheetContent,
    ) -> Called<'a, Option<SheetAtIo>> {
        Box::pin(async move {
            let body = payload(content, &before.recipients);
            let answered = self
                .manage(Method::PUT, &[&before.id], key, Some(body))
                .await;
            if is(&answered, 409) {
                return Ok(None);
            }
            read::<Lifecycle>(answered, 200)?.at_io().map(Some)
        })
    }

    fn submit<'a>(&'a self, key: &'a str, id: &'a str, is_released: bool) -> Called<'a, bool> {
        Box::pin(async move {
            let body = json!({ "auto_publish": is_released });
            let answered = self
                .manage(Method::PUT, &[id, "review"], key, Some(body))
                .await;
            if is(&answered, 409) {
                return Ok(false);
            }
            done(answered, 204).map(|()| true)
        })
    }

    fn published<'a>(
        &'a self,
        key: &'a str,
        id: &'a str,
    ) -> Called<'a, Option<(SheetPublication, SheetContent)>> {
        Box::pin(async move {
            let answered = self.manage(Method::GET, &[id, "release"], key, None).await;
            if is(&answered, 404) {
                return Ok(None);
            }
            let found: Publication = read(answered, 200)?;
            let publication = found.status.parse().map_err(|_| unexpected())?;
            Ok(Some((publication, found.data.content(found.metadata))))
        })
    }

    fn release<'a>(&'a self, key: &'a str, id: &'a str) -> Called<'a, bool> {
        Box::pin(async move {
            let answered = self.manage(Method::POST, &[id, "release"], key, None).await;
            if is(&answered, 404) || is(&answered, 409) {
                return Ok(false);
            }
            done(answered, 204).map(|()| true)
        })
    }

    fn unpublish<'a>(&'a self, key: &'a str, id: &'a str) -> Called<'a, ()> {
        Box::pin(async move {
            let answered = self
                .manage(Method::DELETE, &[id, "release"], key, None)
                .await;
            if is(&answered, 404) {
                return Ok(());
            }
            done(answered, 204)
        })
    }

    fn keys<'a>(&'a self, key: &'a str, id: &'a str) -> Called<'a, ServiceKeys> {
        Box::pin(async move {
            let answered = self.manage(Method::GET, &[id, "keys"], key, None).await;
            let keys: Keys = read(answered, 200)?;
            Ok(ServiceKeys {
                primary: keys.primary_key,
                secondary: Some(keys.secondary_key),
            })
        })
    }

    fn set_logo<'a>(&'a self, key: &'a str, id: &'a str, png: &'a [u8]) -> Called<'a, ()> {
        Box::pin(async move {
            let answered = self
                .manage(Method::PUT, &[id, "logo"], key, Some(logo(png)))
                .await;
            done(answered, 204)
        })
    }
}
