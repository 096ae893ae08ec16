//! How sure it is who somebody is.

use serde::{Deserialize, Serialize};

/// How sure it is who somebody is (livello di garanzia), as Regulation (EU) 910/2014 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelOfAssurance {
    /// A password (basso: SPID 1).
    Low,
    /// Two factors (significativo: SPID 2).
    Substantial,
    /// Two factors, one of them a device that cannot be copied (elevato: SPID 3, CIE 3).
    High,
}

/// How an issuer calls a level of assurance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelWord {
    /// The word of the issuer, such as `https://www.spid.gov.it/SpidL2`.
    pub word: String,
    /// The level that it is.
    pub level: LevelOfAssurance,
}

/// How issuers call the levels: by the class of authentication (`acr`) of SPID and CIE, and of eIDAS.
pub(super) const USUAL: [(&str, LevelOfAssurance); 6] = [
    ("https://www.spid.gov.it/SpidL1", LevelOfAssurance::Low),
    (
        "https://www.spid.gov.it/SpidL2",
        LevelOfAssurance::Substantial,
    ),
    ("https://www.spid.gov.it/SpidL3", LevelOfAssurance::High),
    ("http://eidas.europa.eu/LoA/low", LevelOfAssurance::Low),
    (
        "http://eidas.europa.eu/LoA/substantial",
        LevelOfAssurance::Substantial,
    ),
    ("http://eidas.europa.eu/LoA/high", LevelOfAssurance::High),
];
