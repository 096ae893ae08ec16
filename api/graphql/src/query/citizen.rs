//! What citizens read of themselves, and who looks after the issuers of their tokens.

use async_graphql::{Context, Object, Result};

use crate::{
    citizen::{Citizen, CitizenIssuer},
    connection::Part,
    identity::List,
};

#[derive(Default)]
pub(crate) struct CitizenQuery;

#[Object]
impl CitizenQuery {
    /// The citizen who calls, with a token of an issuer of the municipality (cittadino).
    async fn citizen(&self, ctx: &Context<'_>) -> Option<Result<Citizen>> {
        Some(Citizen::calling(ctx))
    }

    /// The issuers of tokens of citizens, by name; for callers who manage the settings (emittenti).
    async fn citizen_issuers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this place.")] before: Option<String>,
    ) -> Option<Result<List<CitizenIssuer>>> {
        let part = Part::new(first, after, last, before);
        Some(CitizenIssuer::list(ctx, part).await)
    }
}
