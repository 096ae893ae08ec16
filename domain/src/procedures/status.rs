//! Where a case stands in the words of the national model, the same for all procedures and municipalities.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a case stands, as citizens are told: the nine statuses of the national model, whose codes are those of the
/// vocabulary `case-statuses` (stato della pratica per il cittadino).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseStatus {
    /// Not begun (processo non avviato).
    NotStarted,
    /// Being written by the applicant (in bozza).
    Draft,
    /// Under way (processo in corso).
    #[default]
    InProgress,
    /// Held (processo sospeso).
    Suspended,
    /// Held until the applicant does something (si richiede un'azione da parte dell'utente).
    WaitingForApplicant,
    /// Held until an office does something (si richiede un'azione da parte della Pubblica Amministrazione).
    WaitingForOffice,
    /// Closed (processo concluso).
    Concluded,
    /// Closed with what was asked for (esito positivo).
    ConcludedPositive,
    /// Closed without what was asked for (esito negativo).
    ConcludedNegative,
}

impl CaseStatus {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::NotStarted,
        Self::Draft,
        Self::InProgress,
        Self::Suspended,
        Self::WaitingForApplicant,
        Self::WaitingForOffice,
        Self::Concluded,
        Self::ConcludedPositive,
        Self::ConcludedNegative,
    ];

    /// The code in the vocabulary `case-statuses`.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotStarted => "processo-non-avviato",
            Self::Draft => "processo-non-avviato.in-bozza",
            Self::InProgress => "processo-in-corso",
            Self::Suspended => "processo-sospeso",
            Self::WaitingForApplicant => {
                "processo-sospeso.si-richiede-un-azione-da-parte-dell-utente"
            }
            Self::WaitingForOffice => {
                "processo-sospeso.si-richiede-un-azione-da-parte-della-pubblica-amministrazione"
            }
            Self::Concluded => "processo-concluso",
            Self::ConcludedPositive => "processo-concluso.esito-positivo",
            Self::ConcludedNegative => "processo-concluso.esito-negativo",
        }
    }

    /// The status of this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Nothing is to be done any more.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Concluded | Self::ConcludedPositive | Self::ConcludedNegative
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabularies;

    #[test]
    fn statuses_are_those_of_the_national_model() {
        let vocabulary = vocabularies::get("case-statuses").unwrap();
        let codes: Vec<_> = vocabulary.terms.iter().map(|term| &term.code).collect();
        assert_eq!(codes, CaseStatus::ALL.map(CaseStatus::code));
        for status in CaseStatus::ALL {
            assert_eq!(CaseStatus::of_code(status.code()), Some(status));
        }
    }
}
