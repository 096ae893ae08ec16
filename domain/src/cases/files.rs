//! Files of cases: attached to evidence, messages and transitions. What is known of them stands in the events, encrypted
//! with what these say of people; their bytes are kept by [`crate::media`], encrypted with the same key.

use municipio_entities::case_event::{Column, Entity};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};

use super::{Case, CaseError, CaseEvent, CaseRefusal, Cases, Sight};
use crate::{
    citizens::{CitizenKeys, DataKey},
    ids::CaseId,
    media::{ContentHash, SealedFile},
    store::Scope,
};

/// The most files of an event.
pub const MOST_FILES: usize = 10;

impl Case {
    /// The key with which its files are encrypted.
    ///
    /// # Errors
    /// What it says of people was erased, or it was encrypted with another secret.
    pub fn file_key(&self, keys: &CitizenKeys) -> Result<DataKey, CaseError> {
        let key = self.key(keys)?;
        key.ok_or_else(|| CaseRefusal::Erased.into())
    }
}

/// The files of these events of a case, each with the number of its event.
pub(crate) async fn files_of<C: ConnectionTrait>(
    scope: &Scope<C>,
    keys: &CitizenKeys,
    case: &Case,
    events: impl IntoIterator<Item = i64>,
) -> Result<Vec<(i64, SealedFile)>, CaseError> {
    let these = Condition::all()
        .add(Column::CaseId.eq(case.id.0))
        .add(Column::Number.is_in(events));
    let rows = scope.all::<Entity>(these).await?.into_iter();
    let events: Vec<_> = rows.map(CaseEvent::from_row).collect::<Result<_, _>>()?;
    let said = case.personal(keys, &events)?;
    let files = events.iter().zip(said).flat_map(|(event, said)| {
        let files = said.files.into_iter();
        files.map(move |file| (event.number, file))
    });
    Ok(files.collect())
}

impl Cases {
    /// A file of an event of a case, by its hash, with the key to it; for whoever has an address of it.
    ///
    /// # Errors
    /// It was encrypted with another secret, or the database failed.
    pub async fn file(
        &self,
        keys: &CitizenKeys,
        (case, number): (CaseId, i64),
        sha256: &ContentHash,
    ) -> Result<Option<(SealedFile, DataKey)>, CaseError> {
        let Some(case) = self.among(&Sight::Time, &[case]).await?.pop() else {
            return Ok(None);
        };
        let this = Condition::all()
            .add(Column::CaseId.eq(case.id.0))
            .add(Column::Number.eq(number));
        let row = self.contents().store().read().one::<Entity>(this).await?;
        let event = row.map(CaseEvent::from_row).transpose()?;
        let said = case.personal(keys, event.as_slice())?.pop();
        let mut files = said.unwrap_or_default().files.into_iter();
        let file = files.find(|file| file.sha256 == *sha256);
        Ok(file.zip(case.key(keys)?))
    }
}
