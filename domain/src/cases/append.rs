//! Adds an event to a case, and changes the row of the case to what it leaves.

use chrono::{DateTime, Utc};
use municipio_entities::{case_event, case_feed, case_file};
use sea_orm::ColumnTrait;

use super::{
    CaseError, CaseEvent, Happening, Personal,
    file::apply,
    people::{drawer, seal},
};
use crate::{
    citizens::DataKey,
    ids::CaseId,
    store::{Log, StoreError, Transaction},
};

/// What is added to a case.
pub(super) struct Addition {
    pub(super) actor: String,
    pub(super) happening: Happening,
    pub(super) personal: Personal,
}

/// Adds an event to a case whose row nobody else changes until the transaction ends; gives its row.
pub(super) async fn append(
    transaction: &Transaction,
    row: case_file::Model,
    key: Option<&DataKey>,
    addition: Addition,
    now: DateTime<Utc>,
) -> Result<case_file::Model, CaseError> {
    let (case, number) = (CaseId(row.id), row.version + 1);
    let sealed = match (addition.personal.is_empty(), key) {
        (true, _) => None,
        (false, Some(key)) => Some(seal(key, &drawer(case, number), &addition.personal)?),
        (false, None) => return Err(CaseError::Sealing("the case was erased".to_owned())),
    };
    let place = next_place(transaction).await?;
    let event = CaseEvent {
        tenant: transaction.tenant_id(),
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
    let row = apply(row, &event);
    save(transaction, &row).await?;
    transaction
        .insert::<case_event::Entity>([event.to_row()?])
        .await?;
    transaction.announce(Log::Cases, place).await?;
    Ok(row)
}

async fn next_place(transaction: &Transaction) -> Result<i64, StoreError> {
    let last = case_feed::Column::LastPlace;
    transaction.count_up::<case_feed::Entity>(last, 1).await
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
    ];
    let this = Column::Id.eq(row.id);
    transaction.update::<Entity>(values, this).await?;
    Ok(())
}
