//! The engines of search that these settings ask for.

use std::sync::Arc;

use municipio_domain::{search::Search, store::Database};
use municipio_search::Embedded;

use crate::settings::Settings;

/// The folder of the embedded engine, in the data folder.
const FOLDER: &str = "search";

/// Search as these settings want it. Nothing is opened or called yet.
pub(crate) fn open(settings: &Settings, database: &Database) -> Search {
    let embedded = Arc::new(Embedded::new(settings.data_dir.join(FOLDER)));
    Search::new(database.clone(), embedded, None)
}
