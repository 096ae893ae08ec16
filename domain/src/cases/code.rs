//! Codes by which somebody asks how a case stands who has not signed in. Whoever sends an application is told one, once; it
//! is kept as a keyed hash. With the number of the protocol it opens the least that there is to say: no names.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use municipio_entities::{
    case_code::{Column, Entity, Model},
    case_file,
};
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use super::{Case, CaseError, Cases};
use crate::{
    citizens::CitizenKeys,
    ids::TenantId,
    procedures::CaseStatus,
    sealing::SealError,
    store::{StoreError, Transaction},
};

/// Digits and letters that nobody takes for another one (base 32 of Crockford).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many of them a code has: 60 bits, far more than anybody tries where so few attempts are let through.
const LENGTH: usize = 12;

/// A code. `Debug` does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseCode(String);

/// Text that is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no code of a case")]
pub struct InvalidCaseCode;

impl CaseCode {
    fn generate() -> Result<Self, SealError> {
        let mut bytes = [0; LENGTH];
        getrandom::fill(&mut bytes).map_err(|_| SealError::Library)?;
        let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
        Ok(Self(bytes.iter().map(letter).collect()))
    }

    /// The code, in groups of four.
    pub fn reveal(&self) -> String {
        let letters: Vec<char> = self.0.chars().collect();
        let groups = letters
            .chunks(4)
            .map(|group| group.iter().collect::<String>());
        groups.collect::<Vec<_>>().join("-")
    }

    /// As it is kept.
    fn hash(&self, keys: &CitizenKeys, tenant: TenantId) -> String {
        keys.code(tenant, &self.0)
    }
}

impl FromStr for CaseCode {
    type Err = InvalidCaseCode;

    /// Reads a code as people write it: in small letters, with other dashes, or with an O for a zero.
    fn from_str(text: &str) -> Result<Self, InvalidCaseCode> {
        let written = text.chars().filter(|letter| !"- –".contains(*letter));
        let letters = written
            .take(LENGTH + 1)
            .map(|letter| match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                letter => letter,
            });
        let code: String = letters.collect();
        let belongs = |letter| u8::try_from(letter).is_ok_and(|byte| LETTERS.contains(&byte));
        match code.len() == LENGTH && code.chars().all(belongs) {
            true => Ok(Self(code)),
            false => Err(InvalidCaseCode),
        }
    }
}

impl fmt::Debug for CaseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CaseCode(…)")
    }
}

/// Whether an application was sent by what was just done, so that whoever did it is told a code: before it there was no
/// case, or a draft.
pub fn was_sent(before: Option<CaseStatus>, case: &Case) -> bool {
    before.is_none_or(|status| status == CaseStatus::Draft)
        && case.status != CaseStatus::Draft
        && !case.status.is_final()
}

/// Gives a case a code, for once readable; one that it had is good no more.
///
/// # Errors
/// There is no randomness, or the database failed.
pub async fn give_code(
    transaction: &Transaction,
    keys: &CitizenKeys,
    case: &Case,
    now: DateTime<Utc>,
) -> Result<CaseCode, CaseError> {
    let code = CaseCode::generate()?;
    let row = Model {
        case_id: case.id.0,
        tenant_id: Uuid::nil(),
        hash: code.hash(keys, transaction.tenant_id()),
        created_at: now,
    };
    let same = Column::CaseId.eq(case.id.0);
    transaction.delete::<Entity>(same).await?;
    transaction.insert::<Entity>([row]).await?;
    Ok(code)
}

impl Cases {
    /// The case with this number of the protocol and this code. For a number that there is not and for a wrong code the
    /// same is done: nothing is found by the hash of the code.
    ///
    /// # Errors
    /// The database failed.
    pub async fn look_up(
        &self,
        keys: &CitizenKeys,
        protocol_number: &str,
        code: &CaseCode,
    ) -> Result<Option<Case>, StoreError> {
        let store = self.contents().store();
        let hash = code.hash(keys, store.tenant_id());
        let scope = store.read();
        let Some(found) = scope.one::<Entity>(Column::Hash.eq(hash)).await? else {
            return Ok(None);
        };
        let this = Condition::all()
            .add(case_file::Column::Id.eq(found.case_id))
            .add(case_file::Column::ProtocolNumber.eq(protocol_number));
        let row = scope.one::<case_file::Entity>(this).await?;
        row.map(Case::try_from).transpose()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_read_as_people_write_them() {
        let code: CaseCode = "0123-4567-89AB".parse().unwrap();
        for written in ["o123 4567 89ab", "0L23456789AB", "0i23–4567–89AB"] {
            assert_eq!(written.parse(), Ok(code.clone()), "{written}");
        }
        for wrong in [
            "",
            "0123-4567-89A",
            "0123-4567-89ABC",
            "0123-4567-89AU",
            "0123-4567-89Aé",
        ] {
            assert_eq!(wrong.parse::<CaseCode>(), Err(InvalidCaseCode), "{wrong}");
        }
        assert_eq!(format!("{code:?}"), "CaseCode(…)");
    }

    #[test]
    fn a_code_that_is_told_is_read_again() {
        let code = CaseCode::generate().unwrap();
        assert_eq!(code.reveal().parse(), Ok(code.clone()));
        assert_ne!(CaseCode::generate().unwrap(), code);
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_or_not(text in "\\PC*") {
            if let Ok(code) = text.parse::<CaseCode>() {
                prop_assert_eq!(code.reveal().parse(), Ok(code));
            }
        }
    }
}
