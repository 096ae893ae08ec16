//! What is sent of cases.

use async_graphql::{Enum, ID, InputObject, Json};
use chrono::NaiveDate;
use municipio_domain::{
    cases::{self, Person, Protocol},
    citizens::InvalidFiscalCode,
    identity::EmailAddress,
};
use serde_json::Value;

use crate::{case::CaseEvidenceKind, mutation::UserError, scalars::Upload};

/// Somebody of whom a case tells (persona).
#[derive(InputObject)]
pub(super) struct CasePersonInput {
    /// The fiscal code (codice fiscale).
    fiscal_code: String,
    /// Given name and family name (nome e cognome).
    name: Option<String>,
    /// Where mails reach them: what App IO does not tell them is told there (indirizzo e-mail).
    email: Option<String>,
}

impl CasePersonInput {
    /// The person, or what is wrong with it at this place.
    pub(super) fn read(self, place: &str) -> Result<Person, UserError> {
        let wrong = |error: InvalidFiscalCode| {
            let path = format!("{place}.fiscalCode");
            UserError::at("INVALID_FISCAL_CODE", error.to_string(), path)
        };
        Ok(Person {
            fiscal_code: self.fiscal_code.parse().map_err(wrong)?,
            name: self.name,
            email: email(self.email, &format!("{place}.email"))?,
        })
    }
}

/// An address for mails, or what is wrong with it at this place.
pub(super) fn email(address: Option<String>, place: &str) -> Result<Option<String>, UserError> {
    let Some(address) = address else {
        return Ok(None);
    };
    let address = address.parse::<EmailAddress>();
    let address =
        address.map_err(|error| UserError::at("INVALID_EMAIL", error.to_string(), place))?;
    Ok(Some(address.to_string()))
}

/// A new case, such as of an application on paper (apertura di una pratica).
#[derive(InputObject)]
pub(super) struct OpenCaseInput {
    /// The procedure, by its global id (procedimento).
    pub(super) procedure: ID,
    /// The office in charge, by its global id; the competent body of the procedure when left out (ufficio).
    pub(super) office: Option<ID>,
    /// What it is about, in a line (oggetto).
    pub(super) subject: String,
    /// For whom it is; nobody when the municipality began it by itself (richiedente).
    pub(super) applicant: Option<CasePersonInput>,
    /// Who acts for them, if the procedure allows that (delegato).
    pub(super) delegate: Option<CasePersonInput>,
    /// What the application says, as the JSON Schema of the procedure wants it (dati dell'istanza).
    pub(super) data: Option<Json<Value>>,
}

/// A case that a citizen begins (avvio di una pratica).
#[derive(InputObject)]
pub(super) struct StartCaseInput {
    /// The procedure, by its global id (procedimento).
    pub(super) procedure: ID,
    /// What it is about, in a line (oggetto).
    pub(super) subject: String,
    /// For whom it is, if the caller acts for somebody else and the procedure allows that (richiedente).
    pub(super) applicant: Option<CasePersonInput>,
    /// Where mails reach the caller: what App IO does not tell them is told there (indirizzo e-mail).
    pub(super) email: Option<String>,
    /// What the application says so far (dati dell'istanza).
    pub(super) data: Option<Json<Value>>,
}

/// What an application says that was not sent yet (modifica di una bozza).
#[derive(InputObject)]
pub(super) struct ReviseCaseInput {
    /// The case, by its global id (pratica).
    pub(super) id: ID,
    /// The version that the caller knows: if somebody was faster, nothing happens (versione attesa).
    pub(super) expected_version: i64,
    /// All that the application says; it is compared with the JSON Schema of the procedure when it is sent (dati
    /// dell'istanza).
    pub(super) data: Json<Value>,
}

/// The number and the date under which something stands in the protocol (protocollo).
#[derive(InputObject)]
pub(super) struct CaseProtocolInput {
    /// The number (numero).
    number: String,
    /// The date (data).
    date: NaiveDate,
}

impl From<CaseProtocolInput> for Protocol {
    fn from(protocol: CaseProtocolInput) -> Self {
        Self {
            number: protocol.number,
            date: protocol.date,
        }
    }
}

/// A transition that is taken (passaggio di stato).
#[derive(InputObject)]
pub(super) struct TransitionCaseInput {
    /// The case, by its global id (pratica).
    pub(super) id: ID,
    /// The version that the caller knows: if somebody was faster, nothing happens (versione attesa).
    pub(super) expected_version: i64,
    /// The transition, by its code, one of `availableTransitions` (passaggio).
    pub(super) transition: String,
    /// A comment, which the applicant reads; of a request for what is missing, what that is (nota).
    pub(super) comment: Option<String>,
    /// The reasons of the outcome (motivazione).
    pub(super) reasons: Option<String>,
    /// The protocol of the application (protocollo).
    pub(super) protocol: Option<CaseProtocolInput>,
    /// Files, such as what the office asked for: at most ten (allegati).
    pub(super) files: Option<Vec<Upload>>,
}

/// Who is in charge from then on (assegnazione).
#[derive(InputObject)]
pub(super) struct AssignCaseInput {
    /// The case, by its global id (pratica).
    pub(super) id: ID,
    /// The version that the caller knows: if somebody was faster, nothing happens (versione attesa).
    pub(super) expected_version: i64,
    /// The office, by its global id; the same when left out (ufficio).
    pub(super) office: Option<ID>,
    /// The officer, by the global id of the account; nobody when left out (operatore).
    pub(super) officer: Option<ID>,
}

/// Something that came in that transitions require (elemento acquisito).
#[derive(InputObject)]
pub(super) struct AddCaseEvidenceInput {
    /// The case, by its global id (pratica).
    pub(super) id: ID,
    /// What kind of thing (tipo).
    pub(super) kind: CaseEvidenceKind,
    /// Which one: its code in the definition; of a signature that of the transition (codice).
    pub(super) code: String,
    /// What it is called (titolo).
    pub(super) title: Option<String>,
    /// Under which number or address it is kept elsewhere; offices need not say it of documents (riferimento).
    pub(super) reference: Option<String>,
    /// The file itself, of a document (file).
    pub(super) file: Option<Upload>,
}

/// For whom something is written (destinatario).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "cases::Audience")]
pub(super) enum CaseAudience {
    /// For the offices alone: a note (annotazione).
    Office,
    /// For the applicant and the office: a message (messaggio).
    Everyone,
}

/// Something that is written in a case (messaggio o annotazione).
#[derive(InputObject)]
pub(super) struct SendCaseMessageInput {
    /// The case, by its global id (pratica).
    pub(super) id: ID,
    /// For whom it is; citizens write to everyone (destinatario).
    pub(super) audience: CaseAudience,
    /// The text (testo).
    pub(super) text: String,
    /// Files that go with it: at most ten (allegati).
    pub(super) files: Option<Vec<Upload>>,
}

/// A case that is to follow what its procedure says now (migrazione).
#[derive(InputObject)]
pub(super) struct MigrateCaseInput {
    /// The case, by its global id (pratica).
    pub(super) id: ID,
    /// The version that the caller knows: if somebody was faster, nothing happens (versione attesa).
    pub(super) expected_version: i64,
    /// The state in the definition that is published now; the same when left out (stato).
    pub(super) state: Option<String>,
}
