//! Who acts for whom.

use async_graphql::{Enum, SimpleObject};
use chrono::NaiveDate;
use municipio_domain::citizens;

/// Why somebody may act for somebody else (titolo della rappresentanza).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "citizens::DelegationKind")]
pub(crate) enum DelegationKind {
    /// They were chosen (delega).
    Delegation,
    /// They are a parent, or have the responsibility of one (responsabilità genitoriale).
    Parental,
}

/// That somebody may act for somebody else (delega); of whom it is kept is a hash, so that nobody is named.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Delegation {
    /// Why (titolo).
    kind: DelegationKind,
    /// From which day (dal).
    from: NaiveDate,
    /// Until which day; null when there is no end (al).
    until: Option<NaiveDate>,
}

impl From<&citizens::Delegation> for Delegation {
    fn from(delegation: &citizens::Delegation) -> Self {
        Self {
            kind: delegation.kind.into(),
            from: delegation.term.from,
            until: delegation.term.until,
        }
    }
}
