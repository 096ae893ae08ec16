//! Requests with files: the GraphQL multipart request specification. The files are taken in as they arrive, and
//! the variables get the ids of the uploads in their place. A form could come from any page by a simple request,
//! so a header is asked for that no form has.

use std::collections::HashMap;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{HttpRequest, http::header, rt, web::Payload};
use futures_util::StreamExt;
use municipio_domain::{
    ids::UploadId,
    media::{NewUpload, TenantMedia},
};
use municipio_graphql::ErrorCode;
use serde_json::Value;

use super::{Requester, request::Parameters};
use crate::{
    app::State,
    http::{
        media::{author, failed, forget, receive},
        problem::Problem,
    },
};

/// The headers of which one must be there.
const PREFLIGHT: [&str; 2] = ["GraphQL-Require-Preflight", "Apollo-Require-Preflight"];
/// The most files of one request.
const MOST_FILES: usize = 20;
/// The most bytes of the map of files.
const MOST_OF_A_MAP: usize = 16 * 1024;

/// Whether a request brings files.
pub(super) fn is_multipart(request: &HttpRequest) -> bool {
    let header = request.headers().get(header::CONTENT_TYPE);
    let header = header
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let name = header.split(';').next().unwrap_or_default();
    name.trim().eq_ignore_ascii_case("multipart/form-data")
}

/// Refuses what a page of somebody else could have sent.
pub(super) fn check_preflight(request: &HttpRequest) -> Result<(), Problem> {
    let is_there = |name: &&str| {
        request
            .headers()
            .get(*name)
            .is_some_and(|value| !value.is_empty())
    };
    match PREFLIGHT.iter().any(is_there) {
        true => Ok(()),
        false => {
            let message = format!("a request with files has the header {}", PREFLIGHT[0]);
            Err(Problem::new(ErrorCode::PreflightMissing, message).of(request))
        }
    }
}

/// Files that a request brought. They are those of assets once its operation is done, or nobody's: nobody knows their
/// ids, so they are forgotten as uploads when this is dropped.
pub(super) struct Brought {
    media: TenantMedia,
    author: String,
    uploads: Vec<UploadId>,
}

impl Drop for Brought {
    fn drop(&mut self) {
        let (media, author) = (self.media.clone(), std::mem::take(&mut self.author));
        let uploads = std::mem::take(&mut self.uploads);
        // Also when the client goes away before it is answered.
        rt::spawn(async move { forget(&media, &uploads, &author).await });
    }
}

/// Takes the files in, and gives the operation with their ids.
pub(super) async fn read(
    request: &HttpRequest,
    body: Payload,
    state: &State,
    requester: &Requester,
    most: usize,
) -> Result<(Parameters, Brought), Problem> {
    let author = author(requester).map_err(|denied| Problem::denied(&denied).of(request))?;
    let reading = Reading { request, state };
    let mut parts = Multipart::new(request.headers(), body);
    let operations = reading.text(&mut parts, "operations", most).await?;
    let mut parameters: Parameters = reading.json(&operations, "operations")?;
    let map = reading.text(&mut parts, "map", MOST_OF_A_MAP).await?;
    let mut map: HashMap<String, Vec<String>> = reading.json(&map, "map")?;
    if map.len() > MOST_FILES {
        return Err(reading.wrong(&format!("a request has at most {MOST_FILES} files")));
    }
    let mut brought = Brought {
        media: state.media_of(&requester.tenant),
        author,
        uploads: Vec::new(),
    };
    while !map.is_empty() {
        let part = reading.part(&mut parts).await?;
        let name = part.name().unwrap_or_default();
        let Some(places) = map.remove(name) else {
            return Err(reading.wrong("a part is not named in `map`"));
        };
        let upload = reading.file(part, &brought).await?;
        brought.uploads.push(upload);
        for place in places {
            reading.put(&mut parameters, &place, &upload.to_string())?;
        }
    }
    Ok((parameters, brought))
}

struct Reading<'a> {
    request: &'a HttpRequest,
    state: &'a State,
}

impl Reading<'_> {
    fn wrong(&self, message: &str) -> Problem {
        Problem::new(ErrorCode::BadRequest, message).of(self.request)
    }

    async fn part(&self, parts: &mut Multipart) -> Result<Field, Problem> {
        let time = self.state.settings.body_timeout();
        match tokio::time::timeout(time, parts.next()).await {
            Ok(Some(Ok(part))) => Ok(part),
            Ok(Some(Err(error))) => Err(self.broken(&error)),
            Ok(None) => {
                Err(self
                    .wrong("a part that `map` names, or `operations` or `map` itself, is missing"))
            }
            Err(_) => Err(self.late()),
        }
    }

    fn broken(&self, error: &MultipartError) -> Problem {
        self.wrong(&format!("the body cannot be read: {error}"))
    }

    fn late(&self) -> Problem {
        let message = "the body did not arrive in time";
        Problem::new(ErrorCode::RequestTimeout, message).of(self.request)
    }

    /// The text of the next part, which has this name.
    async fn text(
        &self,
        parts: &mut Multipart,
        name: &str,
        most: usize,
    ) -> Result<Vec<u8>, Problem> {
        let mut part = self.part(parts).await?;
        if part.name() != Some(name) {
            return Err(
                self.wrong("the parts are `operations`, `map`, and the files, in this order")
            );
        }
        let reading = async {
            let mut text = Vec::new();
            while let Some(chunk) = part.next().await {
                let chunk = chunk.map_err(|error| self.broken(&error))?;
                if text.len() + chunk.len() > most {
                    let message = format!("`{name}` has at most {most} bytes");
                    return Err(Problem::new(ErrorCode::PayloadTooLarge, message).of(self.request));
                }
                text.extend_from_slice(&chunk);
            }
            Ok(text)
        };
        let time = self.state.settings.body_timeout();
        tokio::time::timeout(time, reading)
            .await
            .unwrap_or_else(|_| Err(self.late()))
    }

    /// Takes the file of a part in.
    async fn file(&self, part: Field, brought: &Brought) -> Result<UploadId, Problem> {
        let file_name = part
            .content_disposition()
            .and_then(|found| found.get_filename());
        let new = NewUpload {
            author: brought.author.clone(),
            name: file_name.unwrap_or_default().to_owned(),
            length: None,
        };
        let taken = receive(brought.media.clone(), new, part).await;
        let upload = taken.map_err(|error| failed(&error).of(self.request))?;
        Ok(upload.id)
    }

    fn json<T: serde::de::DeserializeOwned>(&self, text: &[u8], name: &str) -> Result<T, Problem> {
        let read = serde_json::from_slice(text);
        read.map_err(|error| self.wrong(&format!("`{name}` cannot be read: {error}")))
    }

    /// Puts the id of an upload into the variables, where null stands for it: `variables.content.asset.file.upload`.
    fn put(&self, parameters: &mut Parameters, place: &str, id: &str) -> Result<(), Problem> {
        let wrong = || self.wrong("a place in `map` is none where `variables` have null");
        let path = place.strip_prefix("variables.").ok_or_else(wrong)?;
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let first = parameters.variables.get_mut(first).ok_or_else(wrong)?;
        let mut steps = rest.split('.').filter(|step| !step.is_empty());
        let found = steps.try_fold(first, |value, step| match value {
            Value::Object(fields) => fields.get_mut(step),
            Value::Array(entries) => entries.get_mut(step.parse::<usize>().ok()?),
            _ => None,
        });
        match found {
            Some(value @ Value::Null) => {
                *value = Value::String(id.to_owned());
                Ok(())
            }
            _ => Err(wrong()),
        }
    }
}
