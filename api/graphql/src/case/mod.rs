//! Cases, as officers and citizens see them.

mod event;
mod list;
mod loader;
mod object;
mod update;

use async_graphql::{Error, ID, Result};
use municipio_domain::{
    cases::{CaseError, CaseRefusal, Rights},
    citizens::{CitizenKeys, LevelOfAssurance},
    identity::{Action, Caller},
    ids::CaseId,
};

pub(crate) use event::{CaseEvent, CaseEvidenceKind};
pub(crate) use list::{CaseConnection, CaseFilter, CaseOrder, last_updated_first, next_due_first};
pub(crate) use loader::{
    AccessesOf, ApplicationOf, CaseLoader, EventsOf, ProcedureOf, ReadBy, SeenCase,
};
pub(crate) use object::Case;
pub(crate) use update::CaseUpdate;

use crate::{
    context::RequestData,
    error::{ErrorCode, internal},
    global_id::{self, Kind},
};

/// Reads the global id of a case.
pub(crate) fn read_id(data: &RequestData, id: &ID, argument: &str) -> Result<CaseId> {
    global_id::decode_as(id, Kind::Case, &data.tenant.ipa_code, argument).map(CaseId)
}

/// What the caller may do with which cases: who works for the municipality as their roles allow, if they allow this
/// with some; a citizen with their own.
pub(crate) async fn rights(data: &RequestData, action: Action) -> Result<&Rights> {
    match &data.caller {
        Caller::Citizen(_) => {
            data.citizen_at(LevelOfAssurance::Substantial)?;
            data.case_rights().await
        }
        _ => staff_rights(data, action).await,
    }
}

/// The same for those alone who work for the municipality.
pub(crate) async fn staff_rights(data: &RequestData, action: Action) -> Result<&Rights> {
    data.may(action)?;
    data.case_rights().await
}

/// What fails that nobody can mend by asking otherwise.
pub(crate) fn failed(error: CaseError) -> Error {
    match error {
        CaseError::Store(error) => internal(error),
        // It tells nothing of what was to be read.
        error => {
            tracing::error!(%error, "a case cannot be read");
            ErrorCode::Internal.error(ErrorCode::Internal.apology())
        }
    }
}

/// The keys of what cases say of people.
pub(crate) fn keys(data: &RequestData) -> Result<&CitizenKeys> {
    let keys = data.identity.vault().citizens();
    keys.ok_or_else(|| failed(CaseRefusal::NoSecret.into()))
}
