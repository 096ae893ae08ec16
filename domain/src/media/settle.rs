//! How an upload becomes the file of an asset: when a revision is written, in its transaction.

use std::collections::{HashMap, HashSet};

use municipio_entities::{media_upload, media_use};
use sea_orm::sea_query::Condition;
use uuid::Uuid;

use super::{
    AssetFile, FileFacts,
    rows::{hash_of, hashes, one_of},
};
use crate::{
    content::{Body, FieldError, types::Asset},
    ids::RevisionId,
    store::{StoreError, Transaction},
};

/// A body that is about to be written, the one before it, and its author.
pub(crate) struct Settling<'a> {
    /// The body.
    pub(crate) body: &'a mut Body,
    /// The body of the revision before, as it is stored.
    pub(crate) before: Option<&'a serde_json::Value>,
    /// Who writes: nobody uses the uploads of others.
    pub(crate) author: &'a str,
}

/// Puts what is known of their files into the bodies of assets. Gives what is wrong with each of them.
pub(crate) async fn settle(
    transaction: &Transaction,
    bodies: &mut [Settling<'_>],
) -> Result<Vec<Option<FieldError>>, StoreError> {
    let named = || bodies.iter().filter_map(|settling| file(settling.body));
    let uploads: Vec<_> = named().filter_map(|file| Some(file.upload?.0)).collect();
    let wanted = named().filter_map(|file| Some(file.facts.as_ref()?.sha256.to_string()));
    let mut wanted: Vec<_> = wanted.collect();
    let mut known = Known::default();
    if !uploads.is_empty() {
        let rows = transaction
            .all_of::<media_upload::Entity>(media_upload::Column::Id, uploads, Condition::all())
            .await?;
        known.uploads = rows.into_iter().map(|row| (row.id, row)).collect();
        wanted.extend(known.uploads.values().filter_map(hash_of));
    }
    if !wanted.is_empty() {
        known.kept = hashes(transaction, one_of(wanted)).await?;
    }
    let mut wrong = Vec::with_capacity(bodies.len());
    for settling in bodies {
        wrong.push(known.settle(settling)?);
    }
    Ok(wrong)
}

fn file(body: &Body) -> Option<&AssetFile> {
    match body {
        Body::Asset(asset) => asset.file.as_ref(),
        _ => None,
    }
}

#[derive(Default)]
struct Known {
    uploads: HashMap<Uuid, media_upload::Model>,
    kept: HashSet<String>,
}

impl Known {
    fn settle(&self, settling: &mut Settling<'_>) -> Result<Option<FieldError>, StoreError> {
        let Some(file) = file(settling.body) else {
            return Ok(None);
        };
        let wrong = |code: &str, field: &str, message: &str| {
            Ok(Some(FieldError::new(
                code,
                format!("file.{field}"),
                message,
            )))
        };
        let mut file = file.clone();
        match (file.upload.take(), &file.facts) {
            (Some(id), _) => {
                let row = self
                    .uploads
                    .get(&id.0)
                    .filter(|row| row.author == settling.author);
                if row.is_some_and(|row| row.file.is_none() && row.length == Some(row.received)) {
                    let message = "the upload has arrived, but what it is could not be looked at; ask how far it has come, and try again";
                    return wrong("UPLOAD_NOT_READY", "upload", message);
                }
                let found = row.and_then(|row| {
                    let is_kept = self.kept.contains(&hash_of(row)?);
                    Some((row, row.file.clone().filter(|_| is_kept)?))
                });
                let Some((row, facts)) = found else {
                    let message =
                        "there is no such upload of yours, it is not complete, or it has expired";
                    return wrong("UPLOAD_NOT_FOUND", "upload", message);
                };
                file.facts = Some(facts_of(facts)?);
                file.name.get_or_insert_with(|| row.name.clone());
            }
            (None, Some(facts)) => {
                // No client says facts. They may differ from those of the upload that brought the same bytes first:
                // its name had another ending, or less was known of files then.
                if !self.kept.contains(facts.sha256.as_str()) {
                    return wrong(
                        "FILE_NOT_FOUND",
                        "facts",
                        "the file is not kept here; upload it",
                    );
                }
            }
            (None, None) => {
                let before = settling
                    .before
                    .and_then(|body| body.pointer("/file/facts"))
                    .cloned();
                let Some(facts) = before else {
                    return wrong(
                        "UPLOAD_MISSING",
                        "upload",
                        "name the upload that is to be the file",
                    );
                };
                file.facts = Some(facts_of(facts)?);
                let name = settling
                    .before
                    .and_then(|body| body.pointer("/file/name")?.as_str());
                file.name = file.name.or_else(|| name.map(str::to_owned));
            }
        }
        if let (Some(name), Some(kind)) =
            (&file.name, file.facts.as_ref().and_then(FileFacts::kind))
        {
            file.name = Some(super::clean_name(name, kind));
        }
        if let Body::Asset(asset) = settling.body {
            let asset: &mut Asset = std::sync::Arc::make_mut(asset);
            asset.file = Some(file);
        }
        Ok(None)
    }
}

fn facts_of(facts: serde_json::Value) -> Result<FileFacts, StoreError> {
    serde_json::from_value(facts).map_err(|error| StoreError::corrupt("facts of a file", error))
}

/// Which file a revision uses, if it uses one: that stays for as long as the revision does.
pub(crate) fn uses(revision: RevisionId, tenant: Uuid, body: &Body) -> Option<media_use::Model> {
    let facts = file(body)?.facts.as_ref()?;
    Some(media_use::Model {
        revision_id: revision.0,
        tenant_id: tenant,
        sha256: facts.sha256.to_string(),
    })
}
