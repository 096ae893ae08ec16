//! The index of one tenant: opening, reading, writing.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use municipio_domain::search::{Document, DocumentKey, EngineError, Position};
use tantivy::{
    Directory, Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument,
    TantivyError, Term,
    directory::{INDEX_WRITER_LOCK, MmapDirectory, error::OpenReadError},
    error::DataCorruption,
};

use super::{
    failed,
    schema::{self, Fields},
};

/// The memory of a writer: the least there may be.
const MEMORY: usize = 15_000_000;
/// How long to wait for another program that writes.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often to look whether it is done.
const INTERVAL: Duration = Duration::from_millis(20);

/// The index of a tenant.
pub(super) struct TenantIndex {
    folder: PathBuf,
    index: Index,
    reader: IndexReader,
    fields: Fields,
    seen: Mutex<Seen>,
}

/// What was read of the last commit.
#[derive(Debug, Default)]
struct Seen {
    committed: Option<SystemTime>,
    position: Option<Position>,
}

impl TenantIndex {
    /// Opens the index in a folder. One that is not there, or is damaged or of another program, is made anew: it is
    /// filled from the database.
    pub(super) fn open(folder: &Path) -> Result<Self, EngineError> {
        // A second look: what another program puts in place at this moment is not there for an instant.
        let opened = Self::try_open(folder).or_else(|_| Self::try_open(folder));
        let opened = opened.or_else(|error| {
            if !is_lasting(&error) {
                return Err(error);
            }
            tracing::warn!(%error, folder = %folder.display(), "the search index cannot be used; it is made anew");
            // Nobody writes into it meanwhile.
            let lock = MmapDirectory::open(folder)?.acquire_lock(&INDEX_WRITER_LOCK)?;
            fs::remove_dir_all(folder)?;
            drop(lock);
            Self::try_open(folder)
        });
        opened.map_err(|error| EngineError::Unavailable(error.to_string()))
    }

    fn try_open(folder: &Path) -> tantivy::Result<Self> {
        fs::create_dir_all(folder)?;
        let (schema, fields) = schema::schema();
        let index = Index::open_or_create(MmapDirectory::open(folder)?, schema)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual);
        let opened = Self {
            folder: folder.to_owned(),
            reader: reader.try_into()?,
            index,
            fields,
            seen: Mutex::default(),
        };
        opened.refresh()?;
        Ok(opened)
    }

    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The documents, as of the last commit of any program.
    pub(super) fn searcher(&self) -> Result<Searcher, EngineError> {
        self.refresh().map_err(failed)?;
        Ok(self.reader.searcher())
    }

    /// How far it has come.
    pub(super) fn position(&self) -> Result<Option<Position>, EngineError> {
        self.refresh().map_err(failed)?;
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(seen.position.clone())
    }

    /// Reads the last commit, when it is another than was seen.
    fn refresh(&self) -> tantivy::Result<()> {
        let committed = fs::metadata(self.folder.join("meta.json"))?.modified()?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.committed != Some(committed) {
            self.reader.reload()?;
            let payload = self.index.load_metas()?.payload;
            let position = payload.map(|payload| serde_json::from_str(&payload));
            let position = position.transpose();
            seen.position =
                position.map_err(|error| DataCorruption::comment_only(error.to_string()))?;
            seen.committed = Some(committed);
        }
        Ok(())
    }

    /// A writer of changes.
    pub(super) fn change(&self) -> Result<Writer, EngineError> {
        Ok(Writer {
            writer: self.writer()?,
            fields: self.fields.clone(),
            position: self.position()?,
        })
    }

    /// A writer whose documents take the place of all that are there.
    pub(super) fn replace(&self) -> Result<Writer, EngineError> {
        let writer = self.writer()?;
        writer.delete_all_documents().map_err(failed)?;
        Ok(Writer {
            writer,
            fields: self.fields.clone(),
            position: None,
        })
    }

    fn writer(&self) -> Result<IndexWriter, EngineError> {
        let begun = Instant::now();
        loop {
            match self.index.writer_with_num_threads(1, MEMORY) {
                Ok(writer) => return Ok(writer),
                Err(TantivyError::LockFailure(..)) if begun.elapsed() < PATIENCE => {
                    std::thread::sleep(INTERVAL);
                }
                Err(error) => return Err(EngineError::Unavailable(error.to_string())),
            }
        }
    }
}

/// The index will not do another time either: its files are damaged, missing, or of another version.
fn is_lasting(error: &TantivyError) -> bool {
    matches!(
        error,
        TantivyError::DataCorruption(_)
            | TantivyError::SchemaError(_)
            | TantivyError::IncompatibleIndex(_)
            | TantivyError::OpenReadError(
                OpenReadError::FileDoesNotExist(_) | OpenReadError::IncompatibleIndex(_)
            )
    )
}

/// Writes into an index; what is not committed is not there.
pub(super) struct Writer {
    writer: IndexWriter,
    fields: Fields,
    position: Option<Position>,
}

impl Writer {
    /// Removes the documents with these keys.
    pub(super) fn remove<'a>(&self, keys: impl IntoIterator<Item = &'a DocumentKey>) {
        for key in keys {
            self.writer
                .delete_term(Term::from_field_text(self.fields.key, &schema::key(key)));
        }
    }

    /// Adds documents.
    pub(super) fn add(&self, documents: &[Document]) -> Result<(), EngineError> {
        for document in documents {
            let document: TantivyDocument = self.fields.document(document);
            self.writer.add_document(document).map_err(failed)?;
        }
        Ok(())
    }

    /// Shows what was added, without saying how far the index has come.
    pub(super) fn show(mut self) -> Result<Self, EngineError> {
        self.writer.commit().map_err(failed)?;
        Ok(self)
    }

    /// Commits, with the position; as far as before when it is left out.
    pub(super) fn commit(mut self, position: Option<Position>) -> Result<(), EngineError> {
        let mut commit = self.writer.prepare_commit().map_err(failed)?;
        if let Some(position) = position.or(self.position) {
            commit.set_payload(
                &serde_json::to_string(&position)
                    .map_err(io::Error::from)
                    .map_err(failed)?,
            );
        }
        commit.commit().map_err(failed)?;
        self.writer.wait_merging_threads().map_err(failed)
    }
}
