//! Documents that the server knows: queries that clients persisted by their hash (APQ), and a
//! manifest of trusted documents.

use std::{collections::HashMap, fs, io, path::Path, sync::Arc};

use async_graphql::ServerError;
use moka::sync::Cache;
use municipio_domain::digest::sha256;
use municipio_graphql::ErrorCode;
use serde::Deserialize;

use super::request::Parameters;

/// The documents that the server knows.
#[derive(Clone, Debug)]
pub(crate) struct Documents {
    persisted: Cache<String, Arc<String>>,
    trusted: Arc<HashMap<String, Arc<String>>>,
    /// The same documents by the SHA-256 of their text: clients name them by it, or send the text.
    trusted_by_hash: Arc<HashMap<String, Arc<String>>>,
    trusted_only: bool,
}

/// A manifest that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It has neither the form of Relay nor that of Apollo.
    #[error("is no manifest: neither Relay's `{{id: document}}` nor Apollo's `operations`: {0}")]
    Form(#[from] serde_json::Error),
}

/// Relay writes a map from id to document; Apollo a list of operations.
#[derive(Deserialize)]
#[serde(untagged)]
enum Manifest {
    Apollo { operations: Vec<Operation> },
    Relay(HashMap<String, String>),
}

#[derive(Deserialize)]
struct Operation {
    id: String,
    body: String,
}

impl Documents {
    /// The most bytes of queries that clients may persist at a time; those not asked for longest go
    /// first.
    const CAPACITY: u64 = 32 * 1024 * 1024;

    /// Knows the documents of a manifest, and whether to answer no others.
    ///
    /// # Errors
    /// The manifest cannot be read.
    pub(crate) fn new(manifest: Option<&Path>, trusted_only: bool) -> Result<Self, ManifestError> {
        let trusted: HashMap<String, Arc<String>> = match manifest {
            None => HashMap::new(),
            Some(path) => match serde_json::from_str(&fs::read_to_string(path)?)? {
                Manifest::Relay(documents) => documents
                    .into_iter()
                    .map(|(id, text)| (id, Arc::new(text)))
                    .collect(),
                Manifest::Apollo { operations } => operations
                    .into_iter()
                    .map(|operation| (operation.id, Arc::new(operation.body)))
                    .collect(),
            },
        };
        let by_hash = trusted
            .values()
            .map(|text| (sha256(text.as_bytes()), Arc::clone(text)));
        let size = |hash: &String, text: &Arc<String>| {
            u32::try_from(hash.len() + text.len()).unwrap_or(u32::MAX)
        };
        let persisted = Cache::builder().max_capacity(Self::CAPACITY);
        Ok(Self {
            persisted: persisted.weigher(size).build(),
            trusted_by_hash: Arc::new(by_hash.collect()),
            trusted: Arc::new(trusted),
            trusted_only,
        })
    }

    /// The text of the document that a request asks for.
    pub(crate) fn find(&self, parameters: &Parameters) -> Result<Arc<String>, ServerError> {
        let hash = parameters.persisted_hash();
        let id = parameters.document_id.as_deref().or(hash);
        if let Some(text) = id.and_then(|id| self.trusted.get(id)) {
            return Ok(Arc::clone(text));
        }
        let hash = hash.map(str::to_ascii_lowercase);
        if let Some(text) = hash
            .as_ref()
            .and_then(|hash| self.trusted_by_hash.get(hash))
        {
            return Ok(Arc::clone(text));
        }
        if self.trusted_only {
            // A client may send the text of a trusted document in full.
            let text = parameters.query.as_ref();
            let known = text.and_then(|text| self.trusted_by_hash.get(&sha256(text)));
            return known.cloned().ok_or_else(|| {
                ErrorCode::UntrustedDocument
                    .refuse("only documents of the manifest are answered here")
            });
        }
        match (hash, &parameters.query) {
            (Some(hash), Some(text)) => {
                if sha256(text) != hash {
                    let message = "the hash is not the SHA-256 of the query";
                    return Err(ErrorCode::PersistedQueryMismatch.refuse(message));
                }
                let text = Arc::new(text.clone());
                self.persisted.insert(hash, Arc::clone(&text));
                Ok(text)
            }
            // Clients look for this very message.
            (Some(hash), None) => self
                .persisted
                .get(&hash)
                .ok_or_else(|| ErrorCode::PersistedQueryNotFound.refuse("PersistedQueryNotFound")),
            (None, Some(text)) => Ok(Arc::new(text.clone())),
            (None, None) => {
                let message = match &parameters.document_id {
                    Some(_) => "no document is known under this id",
                    None => "the request has no `query`",
                };
                Err(ErrorCode::BadRequest.refuse(message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persisted_queries_take_no_more_memory_than_set_aside() {
        let documents = Documents::new(None, false).unwrap();
        let text = Arc::new("x".repeat(64 * 1024));
        for index in 0..1_000 {
            documents
                .persisted
                .insert(index.to_string(), Arc::clone(&text));
        }
        documents.persisted.run_pending_tasks();
        let size = documents.persisted.weighted_size();
        assert!(size <= Documents::CAPACITY, "{size}");
        assert!(documents.persisted.entry_count() > 100);
    }
}
