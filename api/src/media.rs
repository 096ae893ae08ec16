//! Where the files are kept, as it is configured.

use municipio_domain::media::{Blobs, Media, Program};

use crate::{app::StartError, settings::Settings};

/// The files of these settings.
pub(crate) fn media(settings: &Settings) -> Result<Media, StartError> {
    let blobs = match &settings.media_bucket {
        Some(bucket) => Blobs::s3(bucket).map_err(|error| StartError::Media(error.to_string()))?,
        None => {
            let folder = settings.data_dir.join("media");
            Blobs::local(&folder).map_err(|error| StartError::DataDir {
                folder: folder.display().to_string(),
                error,
            })?
        }
    };
    // It was read before, when the settings were checked.
    let scanner = settings.clamd.as_deref().and_then(|text| text.parse().ok());
    let program = match &settings.program {
        Some(program) => program.clone(),
        None => std::env::current_exe().map_err(StartError::Program)?,
    };
    let program = Program::new(program);
    Ok(Media::new(blobs, settings.media_limits(), scanner, program))
}
