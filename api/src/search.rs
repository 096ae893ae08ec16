//! The engines of search that these settings ask for.

use std::sync::Arc;

use municipio_domain::{
    search::{Search, SearchEngine},
    store::Database,
};
use municipio_search::{Embedded, Meilisearch};

use crate::settings::Settings;

/// The folder of the embedded engine, in the data folder.
const FOLDER: &str = "search";

/// Search as these settings want it. Nothing is opened or called yet.
pub(crate) fn open(settings: &Settings, database: &Database) -> Search {
    let embedded = Arc::new(Embedded::new(settings.data_dir.join(FOLDER)));
    let server = settings.meili_url.as_ref().map(|url| {
        let key = settings.meili_api_key.as_deref();
        let server = Meilisearch::new(url.as_str(), key, &settings.search_index);
        Arc::new(server) as Arc<dyn SearchEngine>
    });
    Search::new(database.clone(), embedded, server)
}
