//! Officers begin cases, assign them, and have them follow what their procedure says now.

use async_graphql::{Context, Object, Result};
use municipio_domain::{
    cases::{CaseOrigin, CaseRefusal, NewCase, People, Terms, assign, hold, migrate, open_case},
    content::ContentType,
    identity::{AccountStatus, Action},
    ids::AccountId,
};

use super::{
    CasePayload, finish,
    inputs::{AssignCaseInput, CasePersonInput, MigrateCaseInput, OpenCaseInput},
    is_office, published, refuse,
};
use crate::{
    case::{self, ProcedureOf},
    context::{RequestData, data},
    error::internal,
    global_id::{self, Kind},
};

#[derive(Default)]
pub(crate) struct OpenMutation;

#[Object]
impl OpenMutation {
    /// Begins a case in the first state of its procedure (apri una pratica).
    async fn open_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case.")] input: OpenCaseInput,
    ) -> Result<CasePayload> {
        let data = data(ctx)?;
        let procedure =
            data.item_id(&input.procedure, ContentType::Procedure, "input.procedure")?;
        let office = input.office.as_ref();
        let office = office.map(|id| data.item_id(id, ContentType::Office, "input.office"));
        let office = office.transpose()?;
        let rights = case::staff_rights(data, Action::WorkCases).await?;
        let read = |person: Option<CasePersonInput>, place| {
            person.map(|person| person.read(place)).transpose()
        };
        let (applicant, delegate) = match (
            read(input.applicant, "applicant"),
            read(input.delegate, "delegate"),
        ) {
            (Ok(applicant), Ok(delegate)) => (applicant, delegate),
            (Err(error), _) | (_, Err(error)) => {
                return Ok(CasePayload {
                    case: None,
                    user_errors: vec![error],
                });
            }
        };
        let Some((revision, body)) = published(data, procedure).await? else {
            return refuse(ctx, CaseRefusal::NoDefinition.into()).await;
        };
        let new = NewCase {
            procedure,
            revision: (revision, &body),
            office,
            people: People {
                applicant,
                delegate,
                subject: input.subject,
            },
            data: input.data.map(|data| data.0),
            origin: CaseOrigin::Office,
        };
        let office = match new.office() {
            Ok(office) => office,
            Err(error) => return refuse(ctx, error).await,
        };
        if !rights.works.takes_in(office) || !is_office(data, office).await? {
            return refuse(ctx, CaseRefusal::NotFound("office").into()).await;
        }
        let Some(keys) = data.identity.vault().citizens() else {
            return refuse(ctx, CaseRefusal::NoSecret.into()).await;
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let opened = open_case(&transaction, keys, new, data.caller.author(), data.now()).await;
        finish(ctx, transaction, "case.open", opened).await
    }

    /// Gives a case to an office and an officer (assegna una pratica).
    async fn assign_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "To whom.")] input: AssignCaseInput,
    ) -> Result<CasePayload> {
        let data = data(ctx)?;
        let id = case::read_id(data, &input.id, "input.id")?;
        let office = input.office.as_ref();
        let office = office.map(|id| data.item_id(id, ContentType::Office, "input.office"));
        let office = office.transpose()?;
        let officer = input.officer.as_ref().map(|id| {
            let municipality = &data.tenant.ipa_code;
            global_id::decode_as(id, Kind::Account, municipality, "input.officer").map(AccountId)
        });
        let officer = officer.transpose()?;
        let rights = case::staff_rights(data, Action::WorkCases).await?;
        if let Some(officer) = officer
            && !is_active(data, officer).await?
        {
            return refuse(ctx, CaseRefusal::UnknownOfficer.into()).await;
        }
        if let Some(office) = office
            && !is_office(data, office).await?
        {
            return refuse(ctx, CaseRefusal::NotFound("office").into()).await;
        }
        let transaction = data.contents.begin().await.map_err(internal)?;
        let expected = Some(input.expected_version);
        let held = match hold(&transaction, &rights.works, id, expected).await {
            Ok(held) => held,
            Err(error) => return refuse(ctx, error).await,
        };
        let to = (office.unwrap_or(held.case.office), officer);
        let (keys, actor) = (case::keys(data)?, data.caller.author());
        let assigned = assign(&transaction, keys, held, to, actor, data.now()).await;
        finish(ctx, transaction, "case.assign", assigned).await
    }

    /// Has a case follow what its procedure says now, instead of what it said when the case began (aggiorna la
    /// definizione di una pratica).
    async fn migrate_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which case.")] input: MigrateCaseInput,
    ) -> Result<CasePayload> {
        let data = data(ctx)?;
        let id = case::read_id(data, &input.id, "input.id")?;
        let rights = case::staff_rights(data, Action::WorkCases).await?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let expected = Some(input.expected_version);
        let held = match hold(&transaction, &rights.works, id, expected).await {
            Ok(held) => held,
            Err(error) => return refuse(ctx, error).await,
        };
        let follows = data.case_procedure(ProcedureOf(held.case.revision)).await?;
        let follows = follows.as_ref();
        let follows = follows.and_then(|known| known.definition.as_ref());
        let published = published(data, held.case.procedure).await?;
        let newest = published.as_ref().and_then(|(revision, body)| {
            let definition = body.definition.as_ref()?;
            Some((*revision, definition))
        });
        let Some((follows, (revision, definition))) = follows.zip(newest) else {
            return refuse(ctx, CaseRefusal::NoDefinition.into()).await;
        };
        let calendar = data.closings().await?;
        let terms = Terms {
            calendar: &calendar,
            now: data.now(),
        };
        let to = (revision, definition, input.state.as_deref());
        let (keys, by) = (case::keys(data)?, (data.caller.author(), &terms));
        let migrated = migrate(&transaction, keys, held, follows, to, by).await;
        finish(ctx, transaction, "case.migrate", migrated).await
    }
}

/// Whether somebody works here.
async fn is_active(data: &RequestData, officer: AccountId) -> Result<bool> {
    let account = data.account(officer).await?;
    Ok(account.is_some_and(|account| account.status == AccountStatus::Active))
}
