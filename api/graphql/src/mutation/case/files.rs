//! Files that are attached to what is done in a case. They are encrypted before its transaction begins, so that nobody waits
//! for that; when nothing comes of it they are removed.

use async_graphql::Result;
use municipio_domain::{
    cases::{CaseError, CaseRefusal, Cases, MOST_FILES, Rights},
    ids::CaseId,
    media::{Arrived, MediaError, SealedFile, TenantMedia},
};

use super::CasePayload;
use crate::{
    case,
    context::RequestData,
    error::{ErrorCode, internal},
    scalars::Upload,
};

/// Files that are about to belong to a case.
#[derive(Default)]
pub(super) struct Attached {
    media: Option<(TenantMedia, CaseId)>,
    files: Vec<(Arrived, SealedFile)>,
}

impl Attached {
    /// Encrypts uploads of the caller for a case that they see.
    pub(super) async fn new(
        data: &RequestData,
        (rights, id): (&Rights, CaseId),
        uploads: Option<Vec<Upload>>,
    ) -> Result<std::result::Result<Self, CaseError>> {
        let uploads = uploads.unwrap_or_default();
        let Some(media) = data.media.clone().filter(|_| !uploads.is_empty()) else {
            return Ok(Ok(Self::default()));
        };
        if uploads.len() > MOST_FILES {
            let message = format!("at most {MOST_FILES} files come at once");
            return Ok(Err(refused(message)));
        }
        let cases = Cases::from(&data.contents);
        let found = cases
            .among(&rights.works, &[id])
            .await
            .map_err(internal)?
            .pop();
        let Some(found) = found else {
            return Ok(Err(CaseRefusal::NotFound("case").into()));
        };
        let key = match found.file_key(case::keys(data)?) {
            Ok(key) => key,
            Err(error) => return Ok(Err(error)),
        };
        let mut attached = Self {
            media: Some((media.clone(), id)),
            files: Vec::new(),
        };
        let author = data.caller.author();
        for upload in uploads {
            let sealed = async {
                let arrived = media.arrived(upload.0, &author, data.now()).await?;
                let file = media.seal((id, &key), &arrived).await?;
                Ok::<_, MediaError>((arrived, file))
            };
            match sealed.await {
                Ok(sealed) => attached.files.push(sealed),
                Err(error) => {
                    attached.end(false);
                    return match error {
                        MediaError::NoUpload => Ok(Err(CaseRefusal::NoUpload.into())),
                        error => Err(broken(&error)),
                    };
                }
            }
        }
        Ok(Ok(attached))
    }

    /// What an event says of them.
    pub(super) fn files(&self) -> Vec<SealedFile> {
        self.files.iter().map(|(_, file)| file.clone()).collect()
    }

    /// They belong to the case if this was done, or are removed.
    pub(super) fn end_with(self, done: Result<CasePayload>) -> Result<CasePayload> {
        let is_done = matches!(&done, Ok(payload) if payload.user_errors.is_empty());
        self.end(is_done);
        done
    }

    /// They belong to the case now, or are removed. What has to be done to that end is done afterwards: it writes, and what
    /// was done may still be part of something larger.
    fn end(self, is_done: bool) {
        let Some((media, case)) = self.media else {
            return;
        };
        tokio::spawn(async move {
            for (arrived, file) in self.files {
                let ended = match is_done {
                    true => media.release(&arrived).await,
                    false => media.remove_sealed(case, file.id).await,
                };
                if let Err(error) = ended {
                    tracing::warn!(%error, %case, "what is left of a file of a case cannot be removed yet");
                }
            }
        });
    }
}

fn refused(message: String) -> CaseError {
    CaseRefusal::Text {
        path: "files",
        message,
    }
    .into()
}

fn broken(error: &MediaError) -> async_graphql::Error {
    let code = ErrorCode::from(error);
    tracing::error!(%error, code = code.as_str(), "a file of a case cannot be kept");
    code.error(code.apology())
}
