//! What officers and citizens do to cases that they see.

use async_graphql::{Context, ID, Object, Result};
use municipio_domain::{
    cases::{
        Audience, CaseRefusal, Evidence, EvidenceKind, Message, Personal, Rights, Step, Terms,
        add_evidence, decide, hold, send_message, transition,
    },
    identity::Action,
    ids::CaseId,
    media::SealedFile,
};

use super::{
    CasePayload,
    files::Attached,
    finish, finish_sending,
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
        let of = working(data, &input.id).await?;
        let attached = match Attached::new(data, of, input.files).await? {
            Ok(attached) => attached,
            Err(error) => return refuse(ctx, error).await,
        };
        let step = Step {
            transition: input.transition,
            comment: input.comment,
            reasons: input.reasons,
            protocol: input.protocol.map(Into::into),
            files: attached.files(),
        };
        let done = take(ctx, of, input.expected_version, step).await;
        attached.end_with(done)
    }

    /// Notes that something came in that transitions require: a document, a payment, the answer of a registry, an
    /// appointment, a signature. Citizens add documents (acquisisci un elemento).
    async fn add_case_evidence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What came in.")] input: AddCaseEvidenceInput,
    ) -> Result<CasePayload> {
        let data = data(ctx)?;
        let of = working(data, &input.id).await?;
        let evidence = Evidence {
            kind: input.kind.into(),
            code: input.code,
        };
        if !data.caller.is_staff() && evidence.kind != EvidenceKind::Document {
            return refuse(ctx, CaseRefusal::NotForCitizens.into()).await;
        }
        let file = input.file.map(|file| vec![file]);
        let attached = match Attached::new(data, of, file).await? {
            Ok(attached) => attached,
            Err(error) => return refuse(ctx, error).await,
        };
        let said = Personal {
            title: input.title,
            reference: input.reference,
            files: attached.files(),
            ..Personal::default()
        };
        let done = add(ctx, of, evidence, said).await;
        attached.end_with(done)
    }

    /// Writes to the applicant of a case or to its office, or a note for the offices (scrivi in una pratica).
    async fn send_case_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is written.")] input: SendCaseMessageInput,
    ) -> Result<CasePayload> {
        let data = data(ctx)?;
        let of = working(data, &input.id).await?;
        let audience = Audience::from(input.audience);
        if !data.caller.is_staff() && audience == Audience::Office {
            return refuse(ctx, CaseRefusal::NotForCitizens.into()).await;
        }
        let attached = match Attached::new(data, of, input.files).await? {
            Ok(attached) => attached,
            Err(error) => return refuse(ctx, error).await,
        };
        let what = (Message { audience }, input.text, attached.files());
        let done = write(ctx, of, what).await;
        attached.end_with(done)
    }
}

/// A case that somebody names, and what they may do with which.
type Named<'a> = (&'a Rights, CaseId);

/// The case that a caller names who works on some.
async fn working<'a>(data: &'a RequestData, id: &ID) -> Result<Named<'a>> {
    let id = case::read_id(data, id, "input.id")?;
    Ok((case::rights(data, Action::WorkCases).await?, id))
}

async fn take(
    ctx: &Context<'_>,
    (rights, id): Named<'_>,
    expected: i64,
    step: Step,
) -> Result<CasePayload> {
    let data = data(ctx)?;
    let calendar = data.closings().await?;
    let transaction = data.contents.begin().await.map_err(internal)?;
    let held = match hold(&transaction, &rights.works, id, Some(expected)).await {
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
    let (taken, before) = ((definition, movement, step), held.case.status);
    let (keys, actor) = (case::keys(data)?, data.caller.author());
    let moved = transition(&transaction, keys, held, taken, actor, data.now()).await;
    let sending = ("case.transition", Some(before));
    finish_sending(ctx, transaction, sending, moved).await
}

async fn add(
    ctx: &Context<'_>,
    (rights, id): Named<'_>,
    evidence: Evidence,
    said: Personal,
) -> Result<CasePayload> {
    let data = data(ctx)?;
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
    // A document whose file is here is not kept elsewhere.
    let file = said.files.first().map(|file| file.name.as_str());
    let place = said.reference.as_deref().or(file);
    let checked = rights.decide(&data.caller, |who| {
        evidence.check(definition, &held, who, place)
    });
    if let Err(refusal) = checked {
        return refuse(ctx, refusal.into()).await;
    }
    let what = (definition, evidence, said);
    let (keys, actor) = (case::keys(data)?, data.caller.author());
    let added = add_evidence(&transaction, keys, held, what, actor, data.now()).await;
    finish(ctx, transaction, "case.add_evidence", added).await
}

async fn write(
    ctx: &Context<'_>,
    (rights, id): Named<'_>,
    what: (Message, String, Vec<SealedFile>),
) -> Result<CasePayload> {
    let data = data(ctx)?;
    let transaction = data.contents.begin().await.map_err(internal)?;
    let held = match hold(&transaction, &rights.works, id, None).await {
        Ok(held) => held,
        Err(error) => return refuse(ctx, error).await,
    };
    of_its_level(data, &held.case).await?;
    let (keys, actor) = (case::keys(data)?, data.caller.author());
    let sent = send_message(&transaction, keys, held, what, actor, data.now()).await;
    finish(ctx, transaction, "case.send_message", sent).await
}
