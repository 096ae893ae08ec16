//! Cases, as officers and citizens see them.

mod automation;
mod event;
mod file;
mod insight;
mod list;
mod loader;
mod object;
mod simulation;
mod state_map;
mod update;

use async_graphql::{Context, Error, ID, Result};
use municipio_domain::{
    cases::{self, CaseError, CaseRefusal, Rights},
    citizens::{CitizenKeys, LevelOfAssurance},
    identity::{Action, Caller},
    ids::{CaseId, ItemId},
};

use event::actor;
pub(crate) use event::{CaseActor, CaseEvent, CaseEvidenceKind};
pub(crate) use insight::{CaseInsight, CaseInsightFilter};
pub(crate) use list::{CaseConnection, CaseFilter, CaseOrder, last_updated_first, next_due_first};
pub(crate) use loader::{
    AccessesOf, ApplicationOf, CaseLoader, EventsOf, OutlineOf, ProcedureOf, ReadBy, RunsOf,
    SeenCase,
};
pub(crate) use object::Case;
pub(crate) use simulation::ProcedureSimulation;
pub(crate) use state_map::CaseStateMap;
pub(crate) use update::CaseUpdate;

use crate::{
    context::{RequestData, data},
    error::{ErrorCode, cursor, internal},
    global_id::{self, Kind},
    view::{ContentObject, Reader, View},
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

/// The place after which a list of the cases of a person goes on.
pub(crate) fn after_place(data: &RequestData, after: Option<&str>) -> Result<Option<i64>> {
    let read = |text| cases::CaseOrder::Oldest.decode_cursor(text, &data.tenant.ipa_code);
    let place = after.map(read).transpose();
    place.map_err(|error| cursor("after", error))
}

/// The same place as text.
pub(crate) fn next_place(data: &RequestData, place: i64) -> String {
    cases::CaseOrder::Oldest.cursor(place, &data.tenant.ipa_code)
}

/// What keeps something from being done that the caller can mend.
pub(crate) fn refusals(error: CaseError) -> Result<Vec<CaseRefusal>> {
    match error {
        CaseError::Refused(refusals) => Ok(refusals),
        error => Err(failed(error)),
    }
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

/// The content of this id as it is published now.
async fn content<T: ContentObject>(
    ctx: &Context<'_>,
    id: ItemId,
    reader: &Reader,
) -> Result<Option<T>> {
    let item = data(ctx)?.items([id]).await?.remove(&id);
    let reader = reader.clone();
    Ok(item.and_then(|item| T::new(View { item, reader })))
}
