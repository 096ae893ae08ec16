//! Adds an event to a case, and changes the row of the case to what it leaves.

use chrono::{DateTime, Utc};
use municipio_entities::{case_event, case_feed, case_file};
use sea_orm::ColumnTrait;

use super::{
    CaseError, CaseEvent, Happening, Personal, automation,
    count::Shifts,
    file::apply,
    people::{drawer, seal},
};
use crate::{
    citizens::DataKey,
    ids::{CaseId, TenantId},
    procedures::Definition,
    store::{Log, StoreError, Transaction},
};

/// What is added to a case.
pub(super) struct Addition<'a> {
    pub(super) actor: String,
    pub(super) happening: Happening,
    pub(super) personal: Personal,
    /// The definition that the case follows, where it was read: it says whether there are rules for the event.
    pub(super) definition: Option<&'a Definition>,
}

/// Adds an event to a case whose row nobody else changes until the transaction ends; gives its row.
pub(super) async fn append(
    transaction: &Transaction,
    row: case_file::Model,
    key: Option<&DataKey>,
    addition: Addition<'_>,
    now: DateTime<Utc>,
) -> Result<case_file::Model, CaseError> {
    let place = (transaction.tenant_id(), reserve(transaction, 1).await?);
    let before = (row.version > 0).then(|| row.clone());
    let definition = addition.definition;
    let (row, event) = follow_on(place, row, key, addition, now)?;
    let may_set_off = match definition {
        _ if matches!(event.happening, Happening::Erased(_)) => false,
        Some(definition) => automation::set_off(definition, &event).next().is_some(),
        None => true,
    };
    save(transaction, &row).await?;
    let mut shifts = Shifts::default();
    shifts.shift(before.as_ref(), &row);
    shifts.write(transaction).await?;
    transaction
        .insert::<case_event::Entity>([event.to_row()?])
        .await?;
    transaction.announce(Log::Cases, event.place).await?;
    if may_set_off {
        automation::tell(transaction, event.case, event.number, now).await?;
    }
    Ok(row)
}

/// What a case becomes by something that happens in it at this place of the log of the tenant, and the event.
pub(super) fn follow_on(
    (tenant, place): (TenantId, i64),
    row: case_file::Model,
    key: Option<&DataKey>,
    addition: Addition<'_>,
    now: DateTime<Utc>,
) -> Result<(case_file::Model, CaseEvent), CaseError> {
    let (case, number) = (CaseId(row.id), row.version + 1);
    let sealed = match (addition.personal.is_empty(), key) {
        (true, _) => None,
        (false, Some(key)) => Some(seal(key, &drawer(case, number), &addition.personal)?),
        (false, None) => return Err(CaseError::Sealing("the case was erased".to_owned())),
    };
    let event = CaseEvent {
        tenant,
        case,
        number,
        at: now,
        actor: addition.actor,
        happening: addition.happening,
        sealed,
        previous_hash: row.head.clone(),
        hash: String::new(),
        place,
    };
    let event = event.hashed()?;
    Ok((apply(row, &event), event))
}

/// Takes the next places in the log of the tenant's cases; gives the last of them.
pub(super) async fn reserve(transaction: &Transaction, count: i64) -> Result<i64, StoreError> {
    let last = case_feed::Column::LastPlace;
    transaction.count_up::<case_feed::Entity>(last, count).await
}

/// Writes what events change of a case; a new one as a whole.
async fn save(transaction: &Transaction, row: &case_file::Model) -> Result<(), StoreError> {
    use case_file::{Column, Entity};
    if row.version == 1 {
        return transaction.insert::<Entity>([row.clone()]).await;
    }
    let row = row.clone();
    let values = [
        (Column::RevisionId, row.revision_id.into()),
        (Column::OfficeId, row.office_id.into()),
        (Column::OfficerId, row.officer_id.into()),
        (Column::State, row.state.into()),
        (Column::Status, row.status.into()),
        (Column::Outcome, row.outcome.into()),
        (Column::ProtocolNumber, row.protocol_number.into()),
        (Column::ProtocolDate, row.protocol_date.into()),
        (Column::Applicant, row.applicant.into()),
        (Column::Delegate, row.delegate.into()),
        (Column::IsPrivate, row.is_private.into()),
        (Column::DataKey, row.data_key.into()),
        (Column::Sealed, row.sealed.into()),
        (Column::Version, row.version.into()),
        (Column::Head, row.head.into()),
        (Column::DueOn, row.due_on.into()),
        (Column::DuePlace, row.due_place.into()),
        (Column::UpdatedPlace, row.updated_place.into()),
        (Column::UpdatedAt, row.updated_at.into()),
        (Column::ClosedAt, row.closed_at.into()),
        (Column::BegunDay, row.begun_day.into()),
        (Column::StateDay, row.state_day.into()),
        (Column::ClosedDay, row.closed_day.into()),
        (Column::ClosedInTime, row.closed_in_time.into()),
    ];
    let this = Column::Id.eq(row.id);
    transaction.update::<Entity>(values, this).await?;
    Ok(())
}
