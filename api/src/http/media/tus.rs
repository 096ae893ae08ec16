//! Resumable uploads: tus 1.0.0 with its extensions creation, creation-with-upload, expiration, checksum and
//! termination (<https://tus.io/protocols/resumable-upload>). An upload that is complete becomes the file of an
//! asset when a mutation names it.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    guard::{self, Guard},
    http::{
        Method, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION},
    },
    middleware::Next,
    web::{Data, Path, Payload},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use municipio_domain::{
    ids::UploadId,
    media::{Checksum, NewUpload, TenantMedia, Upload},
};
use municipio_graphql::ErrorCode;

use super::{failed, receive};
use crate::{
    app::State,
    clock,
    http::{caller::Requester, problem::Problem, tenant},
};

const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,creation-with-upload,expiration,checksum,termination";
const OFFSET_STREAM: &str = "application/offset+octet-stream";

/// What the server can do.
pub(super) async fn options(state: Data<State>) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header(("Tus-Version", VERSION))
        .insert_header(("Tus-Extension", EXTENSIONS))
        .insert_header(("Tus-Max-Size", state.media.limits().file.to_string()))
        .insert_header(("Tus-Checksum-Algorithm", Checksum::ALGORITHMS))
        .finish()
}

/// Begins an upload, with its first bytes if they are sent along.
pub(super) async fn create(
    request: HttpRequest,
    body: Payload,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let (media, author) = sender(&request, &state).await?;
    let length = number(&request, "Upload-Length")?;
    let length = length.ok_or_else(|| wrong(&request, "the header Upload-Length is missing"))?;
    let name = metadata(
        header(&request, "Upload-Metadata").unwrap_or_default(),
        "filename",
    );
    let new = NewUpload {
        author,
        name: name.unwrap_or_default(),
        length: Some(length),
    };
    let checksum = checksum(&request)?;
    let first = is_offset_stream(&request).then_some(body);
    let begun = receive::begin(media, new, first, checksum).await;
    let upload = begun.map_err(|error| failed(&error).of(&request))?;
    let mut created = progressed(StatusCode::CREATED, &upload);
    created.insert_header((LOCATION, format!("/media/uploads/{}", upload.id)));
    Ok(created.finish())
}

/// How far an upload has come.
pub(super) async fn progress(
    request: HttpRequest,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let (media, author) = sender(&request, &state).await?;
    let found = receive::progress(media, (upload_id(&request, &id)?, author)).await;
    let upload = found.map_err(|error| failed(&error).of(&request))?;
    let mut answer = progressed(StatusCode::OK, &upload);
    if let Some(length) = upload.length {
        answer.insert_header(("Upload-Length", length.to_string()));
    }
    if !upload.name.is_empty() {
        let name = STANDARD.encode(&upload.name);
        answer.insert_header(("Upload-Metadata", format!("filename {name}")));
    }
    Ok(answer.insert_header((CACHE_CONTROL, "no-store")).finish())
}

/// Takes further bytes.
pub(super) async fn append(
    request: HttpRequest,
    id: Path<String>,
    body: Payload,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let (media, author) = sender(&request, &state).await?;
    if !is_offset_stream(&request) {
        let message = format!("send the bytes as {OFFSET_STREAM}");
        return Err(Problem::new(ErrorCode::UnsupportedMediaType, message).of(&request));
    }
    let offset = number(&request, "Upload-Offset")?;
    let offset = offset.ok_or_else(|| wrong(&request, "the header Upload-Offset is missing"))?;
    let checksum = checksum(&request)?;
    let id = upload_id(&request, &id)?;
    let taken = receive::append(media, (id, author), offset, body, checksum).await;
    let upload = taken.map_err(|error| failed(&error).of(&request))?;
    Ok(progressed(StatusCode::NO_CONTENT, &upload).finish())
}

/// Forgets an upload.
pub(super) async fn cancel(
    request: HttpRequest,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let (media, author) = sender(&request, &state).await?;
    let done = media
        .cancel_upload(upload_id(&request, &id)?, &author, clock::now())
        .await;
    done.map_err(|error| failed(&error).of(&request))?;
    Ok(HttpResponse::NoContent().finish())
}

/// The files of the municipality that is addressed, and who sends one, if they may.
async fn sender(request: &HttpRequest, state: &State) -> Result<(TenantMedia, String), Problem> {
    if header(request, "Tus-Resumable") != Some(VERSION) {
        let message = format!("tus {VERSION} is spoken here: send the header Tus-Resumable");
        return Err(Problem::new(ErrorCode::TusVersion, message).of(request));
    }
    let tenant = tenant::resolve(request, state).await?;
    let requester = Requester::of(request, state, tenant).await?;
    let author = receive::author(&requester);
    let author = author.map_err(|denied| Problem::denied(&denied).of(request))?;
    Ok((state.media_of(&requester.tenant), author))
}

fn upload_id(request: &HttpRequest, id: &str) -> Result<UploadId, Problem> {
    let none = || Problem::new(ErrorCode::UploadNotFound, "there is no such upload").of(request);
    id.parse().map_err(|_| none())
}

/// Says in every answer, also when something is refused, which version is spoken.
pub(super) async fn versioned(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let is_other = response.status() == StatusCode::PRECONDITION_FAILED;
    let headers = response.headers_mut();
    let version = HeaderValue::from_static(VERSION);
    headers.insert(HeaderName::from_static("tus-resumable"), version.clone());
    if is_other {
        headers.insert(HeaderName::from_static("tus-version"), version);
    }
    Ok(response)
}

/// Whether a request stands for another method, because something on its way lets nothing but POST through.
pub(super) fn stands_for(method: &'static str) -> impl Guard {
    guard::fn_guard(move |context| {
        let header = context.head().headers().get("X-HTTP-Method-Override");
        context.head().method == Method::POST
            && header.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(method.as_bytes()))
    })
}

fn progressed(status: StatusCode, upload: &Upload) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    // RFC 9110, section 5.6.7.
    let expires = upload
        .expires_at
        .format("%a, %d %b %Y %H:%M:%S GMT")
        .to_string();
    answer
        .insert_header(("Upload-Offset", upload.received.to_string()))
        .insert_header(("Upload-Expires", expires));
    answer
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

fn wrong(request: &HttpRequest, message: &str) -> Problem {
    Problem::new(ErrorCode::BadRequest, message).of(request)
}

fn number(request: &HttpRequest, name: &str) -> Result<Option<u64>, Problem> {
    let Some(text) = header(request, name) else {
        return Ok(None);
    };
    let number = text.parse().map(Some);
    number.map_err(|_| wrong(request, &format!("the header {name} is no whole number")))
}

fn is_offset_stream(request: &HttpRequest) -> bool {
    header(request, CONTENT_TYPE.as_str()) == Some(OFFSET_STREAM)
}

fn checksum(request: &HttpRequest) -> Result<Option<Checksum>, Problem> {
    let read = header(request, "Upload-Checksum")
        .map(str::parse)
        .transpose();
    read.map_err(|message| wrong(request, &format!("the header Upload-Checksum: {message}")))
}

/// A value of `Upload-Metadata`: pairs of a key and a value in base64, divided by commas.
fn metadata(pairs: &str, wanted: &str) -> Option<String> {
    let mut pairs = pairs.split(',').map(|pair| pair.trim().split_once(' '));
    let (_, value) = pairs.find_map(|pair| pair.filter(|(key, _)| *key == wanted))?;
    String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_stands_in_the_metadata() {
        let pairs = "filetype aW1hZ2UvcG5n,filename Zm90byDDqC5wbmc=,empty";
        assert_eq!(metadata(pairs, "filename").as_deref(), Some("foto è.png"));
        assert_eq!(metadata(pairs, "empty"), None);
        for wrong in ["", "filename", "filename !", "filename /w=="] {
            assert_eq!(metadata(wrong, "filename"), None, "{wrong}");
        }
    }
}
