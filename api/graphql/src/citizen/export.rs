//! What is kept of a person, as it is handed out.

use async_graphql::{Json, Result, SimpleObject};
use municipio_domain::{
    cases::{Cases, ExportFor},
    citizens::CitizenId,
};
use serde_json::Value;

use crate::{
    case::{failed, keys, next_place},
    context::RequestData,
};

/// A part of what is kept of a person: of at most a hundred cases, the oldest first (dati di una persona).
#[derive(SimpleObject)]
pub(crate) struct PersonExport {
    #[graphql(skip)]
    size: usize,
    /// The cases with what happened in them and who read them, and the delegations (documento).
    document: Json<Value>,
    /// The place after which there is more; null at the end.
    next: Option<String>,
}

impl PersonExport {
    /// Reads a part; that the caller read these cases is written down.
    pub(crate) async fn read(
        data: &RequestData,
        person: &CitizenId,
        reader: ExportFor,
        after: Option<i64>,
    ) -> Result<Self> {
        let cases = Cases::from(&data.contents);
        let with = (&*data.tenant, keys(data)?);
        let exported = cases.export(with, person, reader, after).await;
        let exported = exported.map_err(failed)?;
        data.note_readings(&exported.cases).await?;
        Ok(Self {
            size: exported.cases.len(),
            document: Json(exported.document),
            next: exported.next.map(|place| next_place(data, place)),
        })
    }

    /// How many cases it has.
    pub(crate) fn size(&self) -> usize {
        self.size
    }
}
