//! Takes the bytes of a file from a request.

use std::time::Duration;

use actix_web::{error::PayloadError, rt, web::Bytes};
use futures_util::{Stream, StreamExt, stream};
use municipio_domain::{
    identity::{Action, Denied},
    ids::UploadId,
    media::{Checksum, MediaError, NewUpload, TenantMedia, Upload},
};

use crate::{clock, http::caller::Requester};

/// How long a client may pause.
const PAUSE: Duration = Duration::from_secs(30);

/// Whose the uploads of a requester are, if they may send files: those who may make or change content somewhere.
pub(in crate::http) fn author(requester: &Requester) -> Result<String, Denied> {
    let caller = &requester.caller;
    let permissions = caller.permissions().ok_or(Denied::NotSignedIn)?;
    match permissions.has(Action::Create) || permissions.has(Action::Update) {
        true => Ok(caller.author()),
        false => Err(Denied::Action(Action::Create)),
    }
}

/// Bytes as they arrive; a pause that is too long ends them.
fn patient<S, E>(bytes: S) -> impl Stream<Item = Result<Bytes, String>> + Unpin + 'static
where
    S: Stream<Item = Result<Bytes, E>> + Unpin + 'static,
    E: std::fmt::Display,
{
    let next = async |bytes: Option<S>| {
        let mut open = bytes?;
        let chunk = match tokio::time::timeout(PAUSE, open.next()).await {
            Ok(None) => return None,
            Ok(Some(chunk)) => chunk.map_err(|error| error.to_string()),
            Err(_) => Err("nothing came for too long".to_owned()),
        };
        let rest = chunk.is_ok().then_some(open);
        Some((chunk, rest))
    };
    stream::unfold(Some(bytes), next).boxed_local()
}

/// Takes a whole file.
pub(in crate::http) async fn receive<E: std::fmt::Display + 'static>(
    media: TenantMedia,
    new: NewUpload,
    bytes: impl Stream<Item = Result<Bytes, E>> + Unpin + 'static,
) -> Result<Upload, MediaError> {
    media.receive(new, patient(bytes), clock::now()).await
}

/// Takes a part of a file. When the client goes away this goes on for a moment: what arrived is to be kept.
pub(super) async fn append(
    media: TenantMedia,
    (id, author): (UploadId, String),
    offset: u64,
    bytes: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin + 'static,
    checksum: Option<Checksum>,
) -> Result<Upload, MediaError> {
    let taking = rt::spawn(async move {
        let bytes = patient(bytes);
        media
            .append((id, &author), offset, bytes, checksum, clock::now())
            .await
    });
    let taken = taking.await;
    taken.unwrap_or_else(|error| Err(MediaError::Cut(error.to_string())))
}
