//! Takes the bytes of a file from a request.

use std::time::{Duration, Instant};

use actix_web::{
    error::PayloadError,
    rt::{self, task::JoinHandle},
    web::Bytes,
};
use futures_util::{Stream, StreamExt, stream};
use municipio_domain::{
    identity::{Action, Caller, Denied},
    ids::UploadId,
    media::{Checksum, MediaError, NewUpload, TenantMedia, Upload},
};

use crate::{clock, http::caller::Requester};

/// How long a client may pause.
const PAUSE: Duration = Duration::from_secs(30);
/// Over how long its bytes are counted, and how many must come in that time: who sends less holds a place that
/// others need.
const WHILE: Duration = Duration::from_secs(60);
const LEAST: usize = 60 * 1024;

/// Whose the uploads of a requester are, if they may send files: those who may make or change content or work on cases
/// somewhere, and citizens, for their cases.
pub(in crate::http) fn author(requester: &Requester) -> Result<String, Denied> {
    let caller = &requester.caller;
    let permissions = caller.permissions().ok_or(Denied::NotSignedIn)?;
    let mut actions = [Action::Create, Action::Update, Action::WorkCases].into_iter();
    let is_citizen = matches!(caller, Caller::Citizen(_));
    match is_citizen || actions.any(|action| permissions.has(action)) {
        true => Ok(caller.author()),
        false => Err(Denied::Action(Action::Create)),
    }
}

/// How fast bytes arrive.
struct Pace {
    since: Instant,
    arrived: usize,
}

impl Pace {
    fn new(since: Instant) -> Self {
        Self { since, arrived: 0 }
    }

    /// Counts bytes; says whether enough came lately.
    fn keeps(&mut self, bytes: usize, now: Instant) -> bool {
        self.arrived += bytes;
        if now - self.since < WHILE {
            return true;
        }
        let keeps = self.arrived >= LEAST;
        *self = Self::new(now);
        keeps
    }
}

/// Bytes as they arrive; a pause that is too long ends them, and so does a client that is too slow.
fn patient<S, E>(bytes: S) -> impl Stream<Item = Result<Bytes, String>> + Unpin + 'static
where
    S: Stream<Item = Result<Bytes, E>> + Unpin + 'static,
    E: std::fmt::Display,
{
    let next = async |bytes: Option<(S, Pace)>| {
        let (mut open, mut pace) = bytes?;
        let chunk = match tokio::time::timeout(PAUSE, open.next()).await {
            Ok(None) => return None,
            Ok(Some(chunk)) => chunk.map_err(|error| error.to_string()),
            Err(_) => Err("nothing came for too long".to_owned()),
        };
        let chunk = match chunk {
            Ok(chunk) if !pace.keeps(chunk.len(), Instant::now()) => {
                Err("it comes too slowly".to_owned())
            }
            chunk => chunk,
        };
        let rest = chunk.is_ok().then_some((open, pace));
        Some((chunk, rest))
    };
    stream::unfold(Some((bytes, Pace::new(Instant::now()))), next).boxed_local()
}

/// Takes a whole file. When the client goes away this goes on until that is noticed, and then leaves nothing behind.
pub(in crate::http) async fn receive<E: std::fmt::Display + 'static>(
    media: TenantMedia,
    new: NewUpload,
    bytes: impl Stream<Item = Result<Bytes, E>> + Unpin + 'static,
) -> Result<Upload, MediaError> {
    ended(rt::spawn(async move {
        media.receive(new, patient(bytes), clock::now).await
    }))
    .await
}

/// How far an upload has come. One that has arrived may have to be looked at, and that is done to its end.
pub(super) async fn progress(
    media: TenantMedia,
    (id, author): (UploadId, String),
) -> Result<Upload, MediaError> {
    ended(rt::spawn(async move {
        media.upload(id, &author, clock::now).await
    }))
    .await
}

/// Begins an upload with its first bytes. When those are not taken nobody is told of it, and nothing is left; also when
/// the client goes away.
pub(super) async fn begin(
    media: TenantMedia,
    new: NewUpload,
    first: Option<impl Stream<Item = Result<Bytes, PayloadError>> + Unpin + 'static>,
    checksum: Option<Checksum>,
) -> Result<Upload, MediaError> {
    ended(rt::spawn(async move {
        let author = new.author.clone();
        let begun = media.begin_upload(new, clock::now()).await?;
        let Some(first) = first else {
            return Ok(begun);
        };
        let whose = (begun.id, author.as_str());
        let taken = media.append(whose, 0, patient(first), checksum, clock::now);
        let taken = taken.await;
        if taken.is_err() {
            forget(&media, &[begun.id], &author).await;
        }
        taken
    }))
    .await
}

/// Forgets uploads of which nobody is told.
pub(in crate::http) async fn forget(media: &TenantMedia, uploads: &[UploadId], author: &str) {
    for upload in uploads {
        match media.cancel_upload(*upload, author, clock::now()).await {
            // One that is refused is gone already.
            Ok(()) | Err(MediaError::NoUpload) => {}
            Err(error) => {
                tracing::warn!(%error, %upload, "an upload that is not needed cannot be removed yet");
            }
        }
    }
}

/// What became of something that goes on when nobody waits for it.
async fn ended(task: JoinHandle<Result<Upload, MediaError>>) -> Result<Upload, MediaError> {
    let ended = task.await;
    ended.unwrap_or_else(|error| Err(MediaError::Cut(error.to_string())))
}

/// Takes a part of a file. When the client goes away this goes on for a moment: what arrived is to be kept.
pub(super) async fn append(
    media: TenantMedia,
    (id, author): (UploadId, String),
    offset: u64,
    bytes: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin + 'static,
    checksum: Option<Checksum>,
) -> Result<Upload, MediaError> {
    ended(rt::spawn(async move {
        let bytes = patient(bytes);
        media
            .append((id, &author), offset, bytes, checksum, clock::now)
            .await
    }))
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sends_next_to_nothing_is_not_waited_for() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        assert!(pace.keeps(1, start + WHILE / 2));
        assert!(!pace.keeps(1, start + WHILE));
        let mut pace = Pace::new(start);
        assert!(pace.keeps(LEAST, start + WHILE));
        assert!(!pace.keeps(LEAST - 1, start + WHILE * 2));
    }
}
