//! What other software calls the states of cases.

use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use chrono::{DateTime, Utc};
use municipio_domain::{
    cases::{self, Cases},
    identity::Action,
    ids::ItemId,
};

use super::content;
use crate::{
    connection::Part,
    context::data,
    error::internal,
    identity::{List, listed},
    objects::Procedure,
    view::Reader,
};

/// A name that a software has for a state (corrispondenza di stato).
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct CaseStateName {
    /// What the software calls it (nome nel sistema).
    name: String,
    /// The state, by its code in the definition (stato).
    state: String,
}

/// What a software calls the states of the cases of a procedure (mappa degli stati).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct CaseStateMap {
    #[graphql(skip)]
    id: ItemId,
    #[graphql(skip)]
    reader: Reader,
    /// The software, by the name that stands in the address of its reports (sistema).
    source: String,
    /// The names, in the order of the alphabet (corrispondenze).
    states: Vec<CaseStateName>,
    /// When it was changed last (ultima modifica).
    updated_at: DateTime<Utc>,
}

impl CaseStateMap {
    pub(crate) fn new(map: cases::StateMap, reader: Reader) -> Self {
        let states = map.states.into_iter();
        Self {
            id: map.procedure,
            reader,
            source: map.source,
            states: states
                .map(|(name, state)| CaseStateName { name, state })
                .collect(),
            updated_at: map.updated_at,
        }
    }

    /// The maps of all sources, for who may read drafts.
    pub(crate) async fn list(ctx: &Context<'_>, part: Part) -> Result<List<Self>> {
        let data = data(ctx)?;
        data.may(Action::ReadDrafts)?;
        let maps = Cases::from(&data.contents).state_maps().await;
        let reader = Reader::new(ctx, None)?;
        let key = |map: &cases::StateMap| format!("{}\n{}", map.source, map.procedure);
        let show = |map| Self::new(map, reader.clone());
        listed(data, maps.map_err(internal)?, key, show, &part)
    }
}

#[ComplexObject]
impl CaseStateMap {
    /// The procedure as it is published now (procedimento).
    async fn procedure(&self, ctx: &Context<'_>) -> Option<Result<Procedure>> {
        content(ctx, self.id, &self.reader).await.transpose()
    }
}
