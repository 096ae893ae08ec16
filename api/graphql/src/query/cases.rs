//! Cases, for those who see them.

use async_graphql::{Context, ID, Object, Result};
use chrono::NaiveDate;
use municipio_domain::{citizens::LevelOfAssurance, identity::Action};

use crate::{
    case::{
        self, Case, CaseConnection, CaseFilter, CaseInsight, CaseInsightFilter, CaseOrder,
        CaseStateMap, ProcedureSimulation, last_updated_first, next_due_first,
    },
    connection::Part,
    context::data,
    identity::List,
    view::Reader,
};

#[derive(Default)]
pub(crate) struct CaseQuery;

#[Object]
impl CaseQuery {
    /// The case with this id, for officers of its office or of one above it, and for its applicant and delegate
    /// (pratica).
    async fn case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id.")] id: ID,
    ) -> Option<Result<Case>> {
        let read = async || -> Result<Option<Case>> {
            let data = data(ctx)?;
            let id = case::read_id(data, &id, "id")?;
            Case::find(data, Reader::new(ctx, None)?, id).await
        };
        read().await.transpose()
    }

    /// The work queue: the cases of the offices of the caller and of those below them (pratiche).
    #[allow(clippy::too_many_arguments)]
    async fn cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.")] filter: Option<CaseFilter>,
        #[graphql(
            desc = "What the list is ordered by.",
            default_with = "next_due_first()"
        )]
        order_by: CaseOrder,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this place.")] before: Option<String>,
    ) -> Option<Result<CaseConnection>> {
        let part = Part::new(first, after, last, before);
        let read = async || {
            let rights = case::staff_rights(data(ctx)?, Action::ReadCases).await?;
            let sight = rights.reads.clone();
            CaseConnection::read(ctx, sight, filter, order_by, part).await
        };
        Some(read().await)
    }

    /// The cases of the citizen who calls, as an applicant or a delegate, drafts included; and those of people as whose
    /// delegate or parent they are recorded (le mie pratiche).
    #[allow(clippy::too_many_arguments)]
    async fn my_cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.")] filter: Option<CaseFilter>,
        #[graphql(
            desc = "What the list is ordered by.",
            default_with = "last_updated_first()"
        )]
        order_by: CaseOrder,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this place.")] before: Option<String>,
    ) -> Option<Result<CaseConnection>> {
        let part = Part::new(first, after, last, before);
        let read = async || {
            let data = data(ctx)?;
            data.citizen_at(LevelOfAssurance::Substantial)?;
            let sight = data.case_rights().await?.reads.clone();
            CaseConnection::read(ctx, sight, filter, order_by, part).await
        };
        Some(read().await)
    }

    /// What is counted of the cases of the offices of the caller and of those below them, in a period (statistiche
    /// sulle pratiche).
    async fn case_insight(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day of the period.")] from: NaiveDate,
        #[graphql(desc = "The last day of the period.")] until: NaiveDate,
        #[graphql(desc = "Of which cases; of all when left out.")] filter: Option<
            CaseInsightFilter,
        >,
    ) -> Option<Result<CaseInsight>> {
        Some(CaseInsight::read(ctx, from, until, filter).await)
    }

    /// What would have been different in past cases, the newest first, with the definition of a revision of a procedure,
    /// such as a draft; for those who may write procedures, of the cases that they see. Nothing is done (simula un
    /// procedimento).
    async fn simulate_procedure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The revision, by its global id.")] revision: ID,
        #[graphql(desc = "Which cases; all of the procedure when left out.")] filter: Option<
            CaseFilter,
        >,
        #[graphql(desc = "How many cases at the most: 1 to 500.", default = 200)] most_cases: i32,
    ) -> Option<Result<ProcedureSimulation>> {
        Some(ProcedureSimulation::read(ctx, &revision, filter, most_cases).await)
    }

    /// What other software calls the states of cases, by source; for callers who read drafts (mappe degli stati).
    async fn case_state_maps(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this place.")] before: Option<String>,
    ) -> Option<Result<List<CaseStateMap>>> {
        let part = Part::new(first, after, last, before);
        Some(CaseStateMap::list(ctx, part).await)
    }
}
