//! Who publishes a procedure says what other software calls its states.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    cases::{CaseRefusal, set_state_map},
    content::ContentType,
    identity::Action,
};

use super::{CasePayload, published, refuse};
use crate::{
    case::CaseStateMap,
    context::data,
    error::internal,
    mutation::{UserError, authorise},
    view::Reader,
};

#[derive(Default)]
pub(crate) struct StatesMutation;

/// A name that a software has for a state (corrispondenza di stato).
#[derive(InputObject)]
struct CaseStateNameInput {
    /// What the software calls it (nome nel sistema).
    name: String,
    /// The state, by its code in the definition that is published (stato).
    state: String,
}

/// What a software calls the states of a procedure, in place of what was said before (mappa degli stati).
#[derive(InputObject)]
struct SetCaseStateMapInput {
    /// The software, by the name that stands in the address of its reports (sistema).
    source: String,
    /// The procedure, by its global id (procedimento).
    procedure: ID,
    /// All names; without any there is no map any more (corrispondenze).
    states: Vec<CaseStateNameInput>,
}

/// What became of a map of states.
#[derive(Default, SimpleObject)]
struct SetCaseStateMapPayload {
    /// The map as it is now; null when it was refused.
    state_map: Option<CaseStateMap>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

impl From<CasePayload> for SetCaseStateMapPayload {
    fn from(refused: CasePayload) -> Self {
        Self {
            state_map: None,
            user_errors: refused.user_errors,
        }
    }
}

#[Object]
impl StatesMutation {
    /// Says what a software calls the states of the cases of a procedure, so that its reports may name them; it holds for
    /// the next report, and for who may publish the procedure (imposta la mappa degli stati).
    async fn set_case_state_map(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The map.")] input: SetCaseStateMapInput,
    ) -> Result<SetCaseStateMapPayload> {
        let data = data(ctx)?;
        let procedure =
            data.item_id(&input.procedure, ContentType::Procedure, "input.procedure")?;
        data.may(Action::Publish)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let named = (ContentType::Procedure, procedure);
        if let Err(user_errors) = authorise(data, &transaction, &[Action::Publish], named).await? {
            return Ok(SetCaseStateMapPayload {
                state_map: None,
                user_errors,
            });
        }
        let published = published(data, procedure).await?;
        let definition = published.as_ref();
        let Some(definition) = definition.and_then(|(_, body)| body.definition.as_ref()) else {
            return Ok(refuse(ctx, CaseRefusal::NoDefinition.into()).await?.into());
        };
        let states = input.states.into_iter();
        let states: Vec<_> = states.map(|one| (one.name, one.state)).collect();
        let of = (input.source, procedure);
        let set = set_state_map(&transaction, of, definition, &states, data.now()).await;
        let map = match set {
            Ok(map) => map,
            Err(error) => return Ok(refuse(ctx, error).await?.into()),
        };
        data.commit(transaction, &map.deed(&data.tenant.ipa_code))
            .await?;
        Ok(SetCaseStateMapPayload {
            state_map: Some(CaseStateMap::new(map, Reader::new(ctx, None)?)),
            user_errors: Vec::new(),
        })
    }
}
