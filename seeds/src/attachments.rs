//! The files that assets of a folder name: pictures and documents in its folder `files/`.

use std::{collections::HashMap, fs, path::Path};

use chrono::{DateTime, Utc};
use include_dir::Dir;
use municipio_domain::media::{AssetFile, Inspected, TenantMedia, inspect};

use crate::{Problem, SeedError};

/// The folder of the files.
pub(crate) const FOLDER: &str = "files";

/// A file: its name in the folder, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The name, such as `municipio.webp`.
    pub name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The files that assets may name, by their names.
#[derive(Clone, Debug, Default)]
pub struct Attached(HashMap<String, AssetFile>);

impl Attached {
    /// The file of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&AssetFile> {
        self.0.get(name)
    }
}

impl FromIterator<(String, AssetFile)> for Attached {
    fn from_iter<I: IntoIterator<Item = (String, AssetFile)>>(files: I) -> Self {
        Self(files.into_iter().collect())
    }
}

/// The files of a folder that is compiled in.
pub(crate) fn of_dir(folder: &Dir<'_>) -> Vec<Attachment> {
    let files = folder.get_dir(FOLDER).into_iter().flat_map(Dir::files);
    let attachments = files.filter_map(|file| {
        Some(Attachment {
            name: file.path().file_name()?.to_str()?.to_owned(),
            bytes: file.contents().to_vec(),
        })
    });
    attachments.collect()
}

/// The files of a folder on disk; none when it has no folder `files/`.
///
/// # Errors
/// The folder cannot be read.
pub fn read_attachments(folder: &Path) -> Result<Vec<Attachment>, SeedError> {
    let folder = folder.join(FOLDER);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let unreadable = |error: std::io::Error| problem(&folder.display().to_string(), &error);
    let mut attachments = Vec::new();
    for entry in fs::read_dir(&folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let bytes = fs::read(entry.path()).map_err(|error| problem(&name, &error))?;
        attachments.push(Attachment { name, bytes });
    }
    Ok(attachments)
}

/// Keeps files, so that assets can name them.
///
/// # Errors
/// One of them is not taken in, or they cannot be kept.
pub async fn attach(
    media: &TenantMedia,
    attachments: Vec<Attachment>,
    now: DateTime<Utc>,
) -> Result<Attached, SeedError> {
    let limits = media.limits().image;
    let look = move || {
        let files = attachments.into_iter();
        let files = files.map(|file| {
            let found = inspect(&file.name, file.bytes.into(), &limits);
            found
                .map_err(|error| problem(&file.name, &error))
                .map(|found| (file.name, found))
        });
        files.collect::<Result<Vec<(String, Inspected)>, SeedError>>()
    };
    let inspected = tokio::task::spawn_blocking(look).await;
    let inspected = inspected.map_err(|error| problem(FOLDER, &error))??;
    let files: Vec<_> = inspected.iter().map(|(_, file)| file.clone()).collect();
    let kept = media.adopt(&files, now).await;
    kept.map_err(|error| problem(FOLDER, &error))?;
    Ok(inspected
        .into_iter()
        .map(|(name, found)| (name, found.file))
        .collect())
}

fn problem(file: &str, error: &dyn std::fmt::Display) -> SeedError {
    SeedError::Files(vec![Problem {
        file: file.to_owned(),
        line: 0,
        field: String::new(),
        message: error.to_string(),
    }])
}
