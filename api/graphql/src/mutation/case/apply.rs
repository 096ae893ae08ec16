//! Citizens apply: they begin a case, and change what it says until they send it (`transitionCase`).

use async_graphql::{Context, Object, Result};
use municipio_domain::{
    cases::{CaseOrigin, CaseRefusal, NewCase, People, Person, hold, open_case, revise_case},
    citizens::{DelegationKind, LevelOfAssurance, delegations_of},
    content::ContentType,
};

use super::{
    CasePayload, finish, finish_sending,
    inputs::{ReviseCaseInput, StartCaseInput, email},
    level, of_its_level, published, refuse,
};
use crate::{
    case,
    context::{RequestData, data},
    error::internal,
    mutation::UserError,
};

#[derive(Default)]
pub(crate) struct ApplyMutation;

#[Object]
impl ApplyMutation {
    /// Begins a case for the citizen who calls, or for somebody as whose delegate or parent they are recorded: a draft where
    /// the procedure has one, which nobody else sees until it is sent (avvia una pratica).
    async fn start_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case.")] input: StartCaseInput,
    ) -> Result<CasePayload> {
        let data = data(ctx)?;
        let procedure =
            data.item_id(&input.procedure, ContentType::Procedure, "input.procedure")?;
        data.citizen()?;
        let published = published(data, procedure).await?;
        let definition = published.as_ref();
        let definition = definition.and_then(|(_, body)| body.definition.as_ref());
        let (Some((revision, body)), Some(definition)) = (&published, definition) else {
            return refuse(ctx, CaseRefusal::NoDefinition.into()).await;
        };
        let citizen = data.citizen_at(level(definition))?;
        let email = match email(input.email, "email") {
            Ok(email) => email,
            Err(error) => return Ok(wrong(error)),
        };
        let caller = Person {
            fiscal_code: citizen.fiscal_code.clone(),
            name: citizen.name.clone(),
            email,
        };
        let mut is_by_parent = false;
        let (applicant, delegate) = match input.applicant.map(|person| person.read("applicant")) {
            None => (caller, None),
            Some(Ok(applicant)) if applicant.fiscal_code == caller.fiscal_code => (caller, None),
            Some(Ok(applicant)) => {
                let acts_as = acts_as(data, &applicant).await?;
                if acts_as.is_empty() {
                    return refuse(ctx, CaseRefusal::NoDelegation.into()).await;
                }
                is_by_parent = acts_as.contains(&DelegationKind::Parental);
                (applicant, Some(caller))
            }
            Some(Err(error)) => return Ok(wrong(error)),
        };
        let new = NewCase {
            procedure,
            revision: (*revision, body),
            office: None,
            people: People {
                applicant: Some(applicant),
                delegate,
                subject: input.subject,
            },
            data: input.data.map(|data| data.0),
            origin: CaseOrigin::Citizen,
            is_by_parent,
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let (keys, actor) = (case::keys(data)?, data.caller.author());
        let opened = open_case(&transaction, keys, new, actor, data.now()).await;
        finish_sending(ctx, transaction, ("case.start", None), opened).await
    }

    /// Changes what an application says that was not sent yet (modifica una bozza).
    async fn revise_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it says.")] input: ReviseCaseInput,
    ) -> Result<CasePayload> {
        let data = data(ctx)?;
        let id = case::read_id(data, &input.id, "input.id")?;
        data.citizen_at(LevelOfAssurance::Substantial)?;
        let sight = &data.case_rights().await?.works;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let held = match hold(&transaction, sight, id, Some(input.expected_version)).await {
            Ok(held) => held,
            Err(error) => return refuse(ctx, error).await,
        };
        of_its_level(data, &held.case).await?;
        let (keys, actor) = (case::keys(data)?, data.caller.author());
        let (said, now) = (input.data.0, data.now());
        let revised = revise_case(&transaction, keys, held, said, actor, now).await;
        finish(ctx, transaction, "case.revise", revised).await
    }
}

/// What is answered to something that is wrong.
fn wrong(error: UserError) -> CasePayload {
    CasePayload {
        user_errors: vec![error],
        ..CasePayload::default()
    }
}

/// As what the citizen who calls acts today for the person for whom they apply.
async fn acts_as(data: &RequestData, applicant: &Person) -> Result<Vec<DelegationKind>> {
    let principal = case::keys(data)?.citizen(data.tenant.id, &applicant.fiscal_code);
    let store = data.contents.store();
    let acts_for = delegations_of(store, &data.citizen()?.id, data.today()).await;
    let acts_for = acts_for.map_err(internal)?.into_iter();
    let of_principal = acts_for.filter(|one| one.principal == principal);
    Ok(of_principal.map(|one| one.kind).collect())
}
