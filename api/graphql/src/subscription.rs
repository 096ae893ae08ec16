//! The subscription roots: what is told as it happens.

use async_graphql::{Context, ID, Result, Subscription};
use futures_util::{Stream, StreamExt, future::ready};
use municipio_domain::{
    cases::{Cases, Sight},
    citizens::LevelOfAssurance,
    content::{Change, ContentType},
    identity::Action,
    ids::ItemId,
};

use crate::{
    case::{self, CaseUpdate},
    changes::{ContentChange, place},
    context::{RequestData, data},
    error::internal,
    global_id,
    objects::ContentTypeName,
};

/// Everything that can be followed as it happens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subscription;

/// Everything that can be followed as it happens: over WebSocket (graphql-transport-ws) or as
/// server-sent events (graphql-sse).
#[Subscription]
impl Subscription {
    /// Content that is published, published anew, or taken off the public site, in the order in which
    /// it happens: for the caches of portals and editors (contenuti modificati).
    async fn content_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of these types; of all when left out.")] types: Option<
            Vec<ContentTypeName>,
        >,
        #[graphql(desc = "These items alone, by their global ids; at most 100.")] ids: Option<
            Vec<ID>,
        >,
        #[graphql(
            desc = "Begin after this change: the `cursor` of the last one seen, after a lost connection. From now on when left out."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<ContentChange>> + use<>> {
        let data = data(ctx)?;
        let items = ids.map(|ids| item_ids(data, &ids)).transpose()?;
        let types: Option<Vec<ContentType>> =
            types.map(|types| types.into_iter().map(Into::into).collect());
        let last = data.contents.last_change().await.map_err(internal)?;
        let begin = match after {
            None => last,
            Some(text) => place(data, &text, last)?,
        };
        let wanted = move |change: &Change| {
            types
                .as_ref()
                .is_none_or(|types| types.contains(&change.content_type))
                && items
                    .as_ref()
                    .is_none_or(|items| items.contains(&change.item))
        };
        let changes = data.contents.follow(begin).filter_map(move |change| {
            ready(match change {
                Ok(change) => wanted(&change).then(|| Ok(ContentChange(change))),
                Err(error) => Some(Err(internal(error))),
            })
        });
        Ok(changes)
    }

    /// What happens in cases, in the order in which it happens: of those of the offices of the caller and of those
    /// below them, as they were when the subscription began (pratiche aggiornate).
    async fn case_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This case alone, by its global id.")] id: Option<ID>,
    ) -> Result<impl Stream<Item = Result<CaseUpdate>> + use<>> {
        let data = data(ctx)?;
        let wanted = id.map(|id| case::read_id(data, &id, "id")).transpose()?;
        let sight = case::rights(data, Action::ReadCases).await?.reads.clone();
        let cases = Cases::from(&data.contents);
        let last = cases.last_place().await.map_err(internal)?;
        let for_staff = data.caller.is_staff();
        let updates = cases.follow(sight, last).filter_map(move |update| {
            ready(match update {
                Ok((case, event)) => {
                    let is_wanted = wanted.is_none_or(|wanted| wanted == case.id);
                    let update = CaseUpdate::new(case, event);
                    (is_wanted && (for_staff || update.is_for_citizens())).then_some(Ok(update))
                }
                Err(error) => Some(Err(internal(error))),
            })
        });
        Ok(updates)
    }

    /// What happens in the cases of the citizen who calls, in the order in which it happens (le mie pratiche
    /// aggiornate).
    async fn my_case_updated(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = Result<CaseUpdate>> + use<>> {
        let data = data(ctx)?;
        let citizen = data.citizen_at(LevelOfAssurance::Substantial)?;
        let sight = Sight::Citizen(citizen.id.clone(), Vec::new());
        let cases = Cases::from(&data.contents);
        let last = cases.last_place().await.map_err(internal)?;
        let updates = cases.follow(sight, last).filter_map(|update| {
            ready(match update {
                Ok((case, event)) => {
                    let update = CaseUpdate::new(case, event);
                    update.is_for_citizens().then_some(Ok(update))
                }
                Err(error) => Some(Err(internal(error))),
            })
        });
        Ok(updates)
    }
}

fn item_ids(data: &RequestData, ids: &[ID]) -> Result<Vec<ItemId>> {
    if !ids.is_empty() {
        crate::connection::page_size(i32::try_from(ids.len()).ok().or(Some(i32::MAX)), "ids")?;
    }
    let ids = ids.iter().enumerate().map(|(index, id)| {
        global_id::decode(id, &data.tenant.ipa_code, &format!("ids[{index}]")).map(|(_, id)| id)
    });
    ids.collect()
}
