//! What App IO fetches when a citizen opens a message whose text is here, as its specification for remote content says.
//! A message that does not exist and one of somebody else are the same answer, after the same work.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, ContentEncoding, ContentType},
    web::{Data, Path},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use municipio_domain::{
    citizens::CitizenKeys,
    identity::Identity,
    media::{ByteStream, MediaError, SealedFile},
    notifications::{
        Environment, LollipopError, NotificationError, RemoteContent, RemoteReader,
        remote_attachment, remote_caller, remote_content,
    },
    store::TenantStore,
    tenants::Tenant,
};
use municipio_graphql::ErrorCode;
use serde_json::{Value, json};

use crate::{
    app::State,
    clock,
    http::{problem::Problem, tenant},
};

/// The header with the key of IO.
const KEY: &str = "x-api-key";
/// The header with the fiscal code of who reads.
const FISCAL_CODE: &str = "fiscal_code";

/// The text of a message, and what comes with it.
pub(super) async fn message(
    request: HttpRequest,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let found = fetch(&request, &id, &state).await;
    let content = found.map_err(|problem| problem.of(&request))?;
    let details = json!({ "subject": content.subject, "markdown": content.markdown });
    let attachments: Vec<_> = content
        .attachments
        .iter()
        .map(|(name, segment)| {
            json!({ "id": segment, "url": segment, "name": name, "content_type": "application/pdf",
                "category": "DOCUMENT" })
        })
        .collect();
    Ok(answer(
        &json!({ "details": details, "attachments": attachments }),
    ))
}

/// What is shown before it is opened.
pub(super) async fn precondition(
    request: HttpRequest,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let found = fetch(&request, &id, &state).await;
    let shown = found.and_then(|content| content.precondition.ok_or_else(nothing));
    let shown = shown.map_err(|problem| problem.of(&request))?;
    Ok(answer(
        &json!({ "title": shown.title, "markdown": shown.markdown }),
    ))
}

/// A file that comes with it.
pub(super) async fn attachment(
    request: HttpRequest,
    path: Path<(String, String)>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let (id, segment) = path.into_inner();
    let found = open(&request, (&id, &segment), &state).await;
    let (file, bytes) = found.map_err(|problem| problem.of(&request))?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .insert_header(ContentType::octet_stream())
        // Nothing is gained by packing a PDF once more.
        .insert_header(ContentEncoding::Identity)
        .no_chunking(file.size)
        .streaming(bytes))
}

/// A file, from its beginning: what cannot be read yet is told before anything of it is sent.
async fn open(
    request: &HttpRequest,
    (id, segment): (&str, &str),
    state: &Data<State>,
) -> Result<(SealedFile, ByteStream), Problem> {
    let asked = Asked::by(request, state).await?;
    let identity = state.identity(&asked.tenant);
    let found = remote_attachment(&asked.store, keys(&identity)?, asked.reader(id), segment);
    let (file, case, key) = found.await.map_err(failed)?.ok_or_else(nothing)?;
    let media = state.media_of(&asked.tenant);
    let mut bytes = media.unseal((case, key), &file).await.map_err(unready)?;
    let first = bytes.try_next().await.map_err(unready)?;
    let first = stream::iter(first.map(Ok));
    Ok((file, Box::pin(first.chain(bytes))))
}

async fn fetch(
    request: &HttpRequest,
    id: &str,
    state: &Data<State>,
) -> Result<RemoteContent, Problem> {
    let asked = Asked::by(request, state).await?;
    let identity = state.identity(&asked.tenant);
    let content = remote_content(&asked.store, keys(&identity)?, asked.reader(id)).await;
    content.map_err(failed)?.ok_or_else(nothing)
}

/// What IO asks, once it is known that it is IO.
struct Asked {
    tenant: Arc<Tenant>,
    store: TenantStore,
    environment: Environment,
    fiscal_code: String,
}

impl Asked {
    async fn by(request: &HttpRequest, state: &Data<State>) -> Result<Self, Problem> {
        let tenant: Arc<Tenant> = tenant::resolve(request, state).await?;
        let store = state.database.tenant(tenant.id);
        let header = |name: &str| request.headers().get(name)?.to_str().ok();
        let now = clock::now();
        let caller = remote_caller(&store, header(KEY).unwrap_or_default(), now).await;
        let caller = caller.map_err(failed)?.ok_or_else(|| {
            let message = "send the key of this municipality in the header x-api-key";
            Problem::new(ErrorCode::Unauthenticated, message)
        })?;
        let code = header(FISCAL_CODE).filter(|code| is_fiscal_code(code));
        let code = code.ok_or_else(|| {
            // What was sent is not said again: it may be of somebody.
            let message =
                "send the fiscal code of who reads, in capitals, in the header fiscal_code";
            Problem::new(ErrorCode::BadRequest, message)
        })?;
        if let Some(key) = &caller.lollipop_key {
            let verified = state.lollipop.verify((tenant.id, key), code, &header, now);
            verified.await.map_err(unproved)?;
        }
        Ok(Self {
            fiscal_code: code.to_owned(),
            environment: caller.environment,
            tenant,
            store,
        })
    }

    fn reader<'a>(&'a self, message: &'a str) -> RemoteReader<'a> {
        RemoteReader {
            environment: self.environment,
            message,
            fiscal_code: &self.fiscal_code,
        }
    }
}

fn keys(identity: &Identity) -> Result<&CitizenKeys, Problem> {
    identity.vault().citizens().ok_or_else(|| {
        let code = ErrorCode::CitizensUnavailable;
        Problem::new(code, code.apology())
    })
}

/// The place of the files does not give it now: IO asks again in some seconds.
fn unready(error: MediaError) -> Problem {
    tracing::error!(%error, "a file that comes with a message cannot be read");
    Problem::new(ErrorCode::Unavailable, ErrorCode::Unavailable.apology())
}

/// It was not proved who reads, or that cannot be found out now.
fn unproved(error: LollipopError) -> Problem {
    match error {
        LollipopError::Flaw(flaw) => Problem::new(ErrorCode::Forbidden, flaw.to_string()),
        error => {
            tracing::error!(%error, "it cannot be found out who reads a message");
            Problem::new(ErrorCode::Internal, ErrorCode::Internal.apology())
        }
    }
}

/// Whether it looks like a fiscal code, as the specification of IO has it: without its last letter being right.
fn is_fiscal_code(code: &str) -> bool {
    let is_digit = |letter: u8| letter.is_ascii_digit() || b"LMNPQRSTUV".contains(&letter);
    let fits = |(place, letter): (usize, u8)| match place {
        6 | 7 | 9 | 10 | 12..=14 => is_digit(letter),
        8 => b"ABCDEHLMPRST".contains(&letter),
        _ => letter.is_ascii_uppercase(),
    };
    code.len() == 16 && code.bytes().enumerate().all(fits)
}

fn nothing() -> Problem {
    Problem::new(ErrorCode::NotFound, "there is no such message")
}

fn failed(error: NotificationError) -> Problem {
    match error {
        NotificationError::Store(error) => Problem::failed(&error),
        error => {
            tracing::error!(%error, "the text of a message cannot be read");
            Problem::new(ErrorCode::Internal, ErrorCode::Internal.apology())
        }
    }
}

fn answer(body: &Value) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .json(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fiscal_codes_are_those_of_the_specification() {
        for code in ["AAAAAA00A00A000A", "RSSMRA80A01H501U", "RSSMRALLA01H501U"] {
            assert!(is_fiscal_code(code), "{code}");
        }
        for code in [
            "",
            "12345678901",
            "rssmra80a01h501u",
            "RSSMRA80G01H501U",
            "RSSMRA80A01H501UU",
        ] {
            assert!(!is_fiscal_code(code), "{code}");
        }
    }
}
