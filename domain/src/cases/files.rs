//! Files of cases: attached to evidence, messages and transitions. What is known of them stands in the events, encrypted
//! with what these say of people; their bytes are kept by [`crate::media`], encrypted with the same key.

use super::{Case, CaseError, CaseRefusal, Cases, Sight};
use crate::{
    citizens::{CitizenKeys, DataKey},
    ids::CaseId,
    media::{ContentHash, SealedFile},
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
        let events = self.events(&[case.id]).await?.remove(&case.id);
        let event = events
            .unwrap_or_default()
            .into_iter()
            .find(|event| event.number == number);
        let said = case.personal(keys, event.as_slice())?.pop();
        let mut files = said.unwrap_or_default().files.into_iter();
        let file = files.find(|file| file.sha256 == *sha256);
        Ok(file.zip(case.key(keys)?))
    }
}
