//! A file of a case.

use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use municipio_domain::{ids::CaseId, media::SealedFile};

use crate::context::data;

/// A file of a case, kept encrypted (allegato della pratica).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct CaseFile {
    #[graphql(skip)]
    event: (CaseId, i64),
    #[graphql(skip)]
    file: SealedFile,
    /// What it is called (nome del file).
    name: String,
    /// Media type of RFC 6838 (tipo di file).
    media_type: String,
    /// How many bytes it has (dimensione).
    size: u64,
    /// SHA-256 of its bytes; the hash of the event covers it (impronta).
    sha256: String,
}

impl CaseFile {
    /// A file of an event of a case.
    pub(super) fn new(event: (CaseId, i64), file: SealedFile) -> Self {
        Self {
            event,
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            size: file.size,
            sha256: file.sha256.to_string(),
            file,
        }
    }
}

#[ComplexObject]
impl CaseFile {
    /// Where it can be fetched for five minutes, by whoever has the address (indirizzo).
    async fn url(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let address = || -> Result<Option<String>> {
            let data = data(ctx)?;
            Ok(data.case_file_address(self.event, &self.file))
        };
        address().transpose()
    }
}
