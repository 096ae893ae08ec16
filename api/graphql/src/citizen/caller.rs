//! The citizen who calls.

use async_graphql::{Context, Enum, Object, Result};
use municipio_domain::{cases::ExportFor, citizens};

use super::{Delegation, PersonExport};
use crate::{case::after_place, context::data, error::internal};

/// How sure it is who somebody is (livello di garanzia): Regulation (EU) 910/2014.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "citizens::LevelOfAssurance")]
pub(crate) enum LevelOfAssurance {
    /// A password (basso: SPID 1).
    Low,
    /// Two factors (significativo: SPID 2).
    Substantial,
    /// Two factors, one of them a device that cannot be copied (elevato: SPID 3, CIE 3).
    High,
}

/// Somebody whom the municipality serves, as the token says with which they call (cittadino).
pub(crate) struct Citizen(citizens::Citizen);

impl Citizen {
    /// The citizen who calls; an error when somebody else does.
    pub(crate) fn calling(ctx: &Context<'_>) -> Result<Self> {
        Ok(Self(data(ctx)?.citizen()?.clone()))
    }
}

/// Somebody whom the municipality serves, as the token says with which they call (cittadino).
#[Object]
impl Citizen {
    /// Their name; null when the token does not say it (nome e cognome).
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// How sure it is who they are (livello di garanzia).
    async fn level_of_assurance(&self) -> LevelOfAssurance {
        self.0.level.into()
    }

    /// What lets them act for others today (deleghe ricevute).
    async fn acts_for(&self, ctx: &Context<'_>) -> Result<Vec<Delegation>> {
        let data = data(ctx)?;
        let (store, today) = (data.contents.store(), data.today());
        let delegations = citizens::delegations_of(store, &self.0.id, today).await;
        let delegations = delegations.map_err(internal)?;
        Ok(delegations.iter().map(Delegation::from).collect())
    }

    /// What lets others act for them today (deleghe conferite).
    async fn represented_by(&self, ctx: &Context<'_>) -> Result<Vec<Delegation>> {
        let data = data(ctx)?;
        let delegations = citizens::delegations_about(data.contents.store(), &self.0.id).await;
        let delegations = delegations.map_err(internal)?;
        let holds = |one: &&citizens::Delegation| {
            one.principal == self.0.id && one.revoked_at.is_none() && one.term.holds(data.today())
        };
        Ok(delegations
            .iter()
            .filter(holds)
            .map(Delegation::from)
            .collect())
    }

    /// All that is kept of them, in parts of a hundred cases, the oldest first (i miei dati).
    async fn export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The place after which to go on: `next` of the part before.")]
        after: Option<String>,
    ) -> Option<Result<PersonExport>> {
        let read = async || -> Result<PersonExport> {
            let data = data(ctx)?;
            data.citizen_at(citizens::LevelOfAssurance::Substantial)?;
            let after = after_place(data, after.as_deref())?;
            PersonExport::read(data, &self.0.id, ExportFor::Person, after).await
        };
        Some(read().await)
    }

    /// What the municipality calls the issuer of the token (emittente).
    async fn issuer_name(&self) -> &str {
        self.0.issuer_name()
    }
}
