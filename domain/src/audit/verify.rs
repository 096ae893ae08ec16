//! Whether the entries of a log are those that were written.

use municipio_entities::audit_entry;

use super::Entry;
use crate::{chain::Row, ids::TenantId, store::StoreError};

/// What a walk through the log of a tenant needs of a row.
pub(super) fn link(row: audit_entry::Model, tenant: TenantId) -> Row {
    Row {
        number: row.number,
        hash: row.hash.clone(),
        previous_hash: row.previous_hash.clone(),
        computed: Entry::from_row(row).and_then(|entry| match entry.tenant == tenant {
            true => entry.computed_hash(),
            false => Err(StoreError::corrupt("its tenant", "it is another")),
        }),
    }
}
