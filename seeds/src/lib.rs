//! Content written as files, and its loader: the demo municipality that is compiled in, or any
//! folder of the same form. Files go through the same write path as everything else, and so does
//! what is generated for measurements.

mod attachments;
mod cases;
mod document;
pub mod generate;
mod load;
mod problem;

use std::{fs, io, path::Path};

use include_dir::{Dir, include_dir};
use serde::Deserialize;

pub use attachments::{Attached, Attachment, attach, read_attachments};
pub use cases::{generate_cases, load_cases};
pub use load::{AUTHOR, LoadReport, load};
pub use problem::{Problem, SeedError};

static DEMO: Dir = include_dir!("$CARGO_MANIFEST_DIR/demo");

/// A file of content: its path in the folder, such as `services/imu.yaml`, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedFile {
    /// The path, with `/` between its parts.
    pub path: String,
    /// The text, YAML.
    pub text: String,
}

/// Who the municipality of a folder is: the file `tenant.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantFile {
    /// IPA code.
    pub ipa_code: String,
    /// Name.
    pub name: String,
    /// Fiscal code of the body.
    pub fiscal_code: Option<String>,
    /// Host names.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Locales, the default first.
    #[serde(default)]
    pub locales: Vec<String>,
}

/// The demo municipality.
///
/// # Errors
/// The compiled-in file `tenant.toml` is wrong.
pub fn demo() -> Result<(TenantFile, Vec<SeedFile>), SeedError> {
    let tenant = DEMO
        .get_file("tenant.toml")
        .and_then(|file| file.contents_utf8());
    let mut files = Vec::new();
    collect(&DEMO, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((tenant_file(tenant.unwrap_or_default())?, files))
}

/// The files of the demo municipality.
pub fn demo_attachments() -> Vec<Attachment> {
    attachments::of_dir(&DEMO)
}

fn collect(folder: &Dir, files: &mut Vec<SeedFile>) {
    for file in folder.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        if let Some(text) = file.contents_utf8().filter(|_| path.ends_with(".yaml")) {
            let text = text.to_owned();
            files.push(SeedFile { path, text });
        }
    }
    for folder in folder.dirs() {
        collect(folder, files);
    }
}

/// The files of a folder on disk.
///
/// # Errors
/// The folder cannot be read, a file is not text, or none is YAML.
pub fn read_folder(folder: &Path) -> Result<Vec<SeedFile>, SeedError> {
    let problem = |file: &str, message: String| {
        let problem = Problem {
            file: file.to_owned(),
            line: 0,
            field: String::new(),
            message,
        };
        SeedError::Files(vec![problem])
    };
    let mut files = Vec::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let shown = folder.display().to_string();
        let unreadable = |error: io::Error| problem(&shown, error.to_string());
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            if entry.file_type().map_err(unreadable)?.is_dir() {
                if path == attachments::FOLDER {
                    continue;
                }
                folders.push((entry.path(), format!("{path}/")));
            } else if name.ends_with(".yml") {
                return Err(problem(
                    &path,
                    "the names of files end with .yaml".to_owned(),
                ));
            } else if name.ends_with(".yaml") {
                let text = fs::read_to_string(entry.path());
                let text = text.map_err(|error| problem(&path, error.to_string()))?;
                files.push(SeedFile { path, text });
            }
        }
    }
    if files.is_empty() {
        let message = "there is no .yaml file in this folder".to_owned();
        return Err(problem(&folder.display().to_string(), message));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Reads a file `tenant.toml`.
///
/// # Errors
/// It is not TOML of that form.
pub fn tenant_file(text: &str) -> Result<TenantFile, SeedError> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        let problem = Problem {
            file: "tenant.toml".to_owned(),
            line,
            field: String::new(),
            message: error.message().to_owned(),
        };
        SeedError::Files(vec![problem])
    })
}
