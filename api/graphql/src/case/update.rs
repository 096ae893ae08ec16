//! What happens in cases, as it happens.

use async_graphql::{Context, Object, Result};
use municipio_domain::cases::{self, Personal};

use super::{Case, CaseEvent, event::is_for_offices, failed, keys};
use crate::{
    context::{RequestData, data},
    view::Reader,
};

/// The fields of an event that say nothing of people. A field that is not among them is taken to say something.
const PLAIN: [&str; 15] = [
    "__typename",
    "actor",
    "actorId",
    "at",
    "dueOn",
    "effect",
    "from",
    "hash",
    "kind",
    "notifies",
    "number",
    "rule",
    "status",
    "to",
    "transition",
];

/// Something that happened in a case, and the case as it is then (aggiornamento di una pratica).
pub(crate) struct CaseUpdate {
    case: cases::Case,
    event: cases::CaseEvent,
}

impl CaseUpdate {
    pub(crate) fn new(case: cases::Case, event: cases::CaseEvent) -> Self {
        Self { case, event }
    }

    /// What the event says of people; that is written down first.
    async fn personal(&self, data: &RequestData) -> Result<Personal> {
        data.note_reading(self.case.id).await?;
        let events = std::slice::from_ref(&self.event);
        let personal = self
            .case
            .personal(keys(data)?, events)
            .map_err(failed)?
            .pop();
        Ok(personal.unwrap_or_default())
    }

    /// Whether it is told to citizens: what offices note for themselves is not.
    pub(crate) fn is_for_citizens(&self) -> bool {
        !is_for_offices(&self.event)
    }
}

/// Something that happened in a case, and the case as it is then (aggiornamento di una pratica).
#[Object]
impl CaseUpdate {
    /// The case (pratica).
    async fn case(&self, ctx: &Context<'_>) -> Result<Case> {
        Ok(Case::new(self.case.clone(), Reader::new(ctx, None)?))
    }

    /// What happened (evento).
    async fn event(&self, ctx: &Context<'_>) -> Option<Result<CaseEvent>> {
        let field = ctx.field();
        let is_personal = field
            .selection_set()
            .any(|field| !PLAIN.contains(&field.name()));
        let read = async || -> Result<Option<CaseEvent>> {
            let data = data(ctx)?;
            // Who is told where a case stands, and no more, has read nothing of people.
            let personal = match is_personal {
                true => self.personal(data).await?,
                false => Personal::default(),
            };
            let for_staff = data.caller.is_staff();
            Ok(CaseEvent::new(&self.event, personal, for_staff))
        };
        read().await.transpose()
    }
}
