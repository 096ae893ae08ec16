//! What officers and citizens do to cases that they see.

use async_graphql::{Context, ID, Object, Result};
use municipio_domain::{
    cases::{
        Audience, CaseRefusal, Evidence, EvidenceKind, Message, Rights, Step, Terms, add_evidence,
        decide, hold, send_message, transition,
    },
    identity::Action,
    ids::CaseId,
};

use super::{
    CasePayload, finish,
    inputs::{AddCaseEvidenceInput, SendCaseMessageInput, TransitionCaseInput},
    of_its_level, refuse,
};
use crate::{
    case,
    context::{RequestData, data},
    error::internal,
};

#[derive(Default)]
pub(crate) struct WorkMutation;

#[Object]
impl WorkMutation {
    /// Takes a case from one state to another (passaggio di stato di una pratica).
    async fn transition_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which transition.")] input: TransitionCaseInput,
    ) -> Result<CasePayload> {
        let data = data(ctx)?;
        let (id, rights) = working(data, &input.id).await?;
        let step = Step {
            transition: input.transition,
            comment: input.comment,
            reasons: input.reasons,
            protocol: input.protocol.map(Into::into),
        };
        let calendar = data.closings().await?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let expected = Some(input.expected_version);
        let held = match hold(&transaction, &rights.works, id, expected).await {
            Ok(held) => held,
            Err(error) => return refuse(ctx, error).await,
        };
        let procedure = of_its_level(data, &held.case).await?;
        let definition = procedure.as_ref();
        let Some(definition) = definition.and_then(|known| known.definition.as_ref()) else {
            return refuse(ctx, CaseRefusal::NoDefinition.into()).await;
        };
        let terms = Terms {
            calendar: &calendar,
            now: data.now(),
        };
        let decided = rights.decide(&data.caller, |who| {
            decide(definition, &held.events, who, &step, &terms)
        });
        let movement = match decided {
            Ok(movement) => movement,
            Err(error) => return refuse(ctx, error).await,
        };
        let taken = (definition, movement, step);
        let (keys, actor) = (case::keys(data)?, data.caller.author());
        let moved = transition(&transaction, keys, held, taken, actor, data.now()).await;
        finish(ctx, transaction, "case.transition", moved).await
    }

    /// Notes that something came in that transitions require: a document, a payment, the answer of a registry, an
    /// appointment, a signature. Citizens add documents (acquisisci un elemento).
    async fn add_case_evidence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What came in.")] input: AddCaseEvidenceInput,
    ) -> Result<CasePayload> {
        let data = data(ctx)?;
        let (id, rights) = working(data, &input.id).await?;
        let evidence = Evidence {
            kind: input.kind.into(),
            code: input.code,
        };
        if !data.caller.is_staff() && evidence.kind != EvidenceKind::Document {
            return refuse(ctx, CaseRefusal::NotForCitizens.into()).await;
        }
        let transaction = data.contents.begin().await.map_err(internal)?;
        let held = match hold(&transaction, &rights.works, id, None).await {
            Ok(held) => held,
            Err(error) => return refuse(ctx, error).await,
        };
        let procedure = of_its_level(data, &held.case).await?;
        let definition = procedure.as_ref();
        let Some(definition) = definition.and_then(|known| known.definition.as_ref()) else {
            return refuse(ctx, CaseRefusal::NoDefinition.into()).await;
        };
        let reference = input.reference.as_deref();
        let checked = rights.decide(&data.caller, |who| {
            evidence.check(definition, &held, who, reference)
        });
        if let Err(refusal) = checked {
            return refuse(ctx, refusal.into()).await;
        }
        let what = (definition, evidence, input.title, input.reference);
        let (keys, actor) = (case::keys(data)?, data.caller.author());
        let added = add_evidence(&transaction, keys, held, what, actor, data.now()).await;
        finish(ctx, transaction, "case.add_evidence", added).await
    }

    /// Writes to the applicant of a case or to its office, or a note for the offices (scrivi in una pratica).
    async fn send_case_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is written.")] input: SendCaseMessageInput,
    ) -> Result<CasePayload> {
        let data = data(ctx)?;
        let (id, rights) = working(data, &input.id).await?;
        let audience = Audience::from(input.audience);
        if !data.caller.is_staff() && audience == Audience::Office {
            return refuse(ctx, CaseRefusal::NotForCitizens.into()).await;
        }
        let transaction = data.contents.begin().await.map_err(internal)?;
        let held = match hold(&transaction, &rights.works, id, None).await {
            Ok(held) => held,
            Err(error) => return refuse(ctx, error).await,
        };
        of_its_level(data, &held.case).await?;
        let what = (Message { audience }, input.text);
        let (keys, actor) = (case::keys(data)?, data.caller.author());
        let sent = send_message(&transaction, keys, held, what, actor, data.now()).await;
        finish(ctx, transaction, "case.send_message", sent).await
    }
}

/// The case that a caller names who works on some.
async fn working<'a>(data: &'a RequestData, id: &ID) -> Result<(CaseId, &'a Rights)> {
    let id = case::read_id(data, id, "input.id")?;
    Ok((id, case::rights(data, Action::WorkCases).await?))
}
