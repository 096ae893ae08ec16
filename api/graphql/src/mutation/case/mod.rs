//! Cases, as officers work on them and citizens apply.

mod apply;
mod files;
mod inputs;
mod open;
mod states;
mod work;

use std::sync::Arc;

use async_graphql::{Context, MergedObject, Result, SimpleObject};
use municipio_domain::{
    cases::{self, CaseError, CaseRefusal, Cases, give_code},
    citizens::LevelOfAssurance,
    content::{ContentType, types::Procedure},
    identity::Caller,
    ids::{ItemId, RevisionId},
    procedures::{CaseStatus, Definition},
    store::Transaction,
};

use super::UserError;
use crate::{
    case::{self, Case, ProcedureOf},
    context::{RequestData, data},
    error::internal,
    view::Reader,
};

/// What is done to cases.
#[derive(MergedObject, Default)]
pub(crate) struct CaseMutation(
    open::OpenMutation,
    work::WorkMutation,
    apply::ApplyMutation,
    states::StatesMutation,
);

/// What was done to a case.
#[derive(Default, SimpleObject)]
struct CasePayload {
    /// The case as it is now, also when somebody was faster (`CONFLICT`); null when there is none, or the caller does not
    /// see it (any more).
    case: Option<Case>,
    /// The code by which it is asked how the case stands without signing in, told once to whoever sends the application;
    /// null where the municipality does not offer that (codice di consultazione).
    code: Option<String>,
    /// Why nothing was done.
    user_errors: Vec<UserError>,
}

/// What is published of a procedure.
async fn published(
    data: &RequestData,
    procedure: ItemId,
) -> Result<Option<(RevisionId, Arc<Procedure>)>> {
    let cases = Cases::from(&data.contents);
    let Some(revision) = cases.published(procedure).await.map_err(internal)? else {
        return Ok(None);
    };
    let body = data.case_procedure(ProcedureOf(revision)).await?;
    Ok(body.map(|body| (revision, body)))
}

/// Whether it is an office that is published: a global id is no proof of a type.
async fn is_office(data: &RequestData, office: ItemId) -> Result<bool> {
    let found = data.items([office]).await?.remove(&office);
    Ok(found.is_some_and(|item| item.content_type() == ContentType::Office))
}

/// How sure it must be of citizens who they are who do something in a case of this procedure.
fn level(definition: &Definition) -> LevelOfAssurance {
    match definition.level_of_assurance() {
        1 => LevelOfAssurance::Low,
        2 => LevelOfAssurance::Substantial,
        _ => LevelOfAssurance::High,
    }
}

/// The procedure of a case as it follows it, for a caller of whom it is sure enough who they are.
async fn of_its_level(data: &RequestData, case: &cases::Case) -> Result<Option<Arc<Procedure>>> {
    let procedure = data.case_procedure(ProcedureOf(case.revision)).await?;
    let definition = procedure.as_ref();
    let definition = definition.and_then(|known| known.definition.as_ref());
    if let (Some(definition), Caller::Citizen(_)) = (definition, &data.caller) {
        data.citizen_at(level(definition))?;
    }
    Ok(procedure)
}

/// Tells why nothing was done, with the case as it is when somebody was faster.
async fn refuse(ctx: &Context<'_>, error: CaseError) -> Result<CasePayload> {
    let refusals = match error {
        CaseError::Refused(refusals) => refusals,
        error => return Err(case::failed(error)),
    };
    let (data, mut payload) = (data(ctx)?, CasePayload::default());
    for refusal in refusals {
        let (code, message, path) = (refusal.code(), refusal.to_string(), refusal.path());
        payload.user_errors.push(match path {
            Some(path) => UserError::at(code, message, path),
            None => UserError::new(code, message),
        });
        if let CaseRefusal::Conflict(case) = refusal
            && data.case_rights().await?.reads.sees(&case)
        {
            data.keep_secret();
            payload.case = Some(Case::new(*case, Reader::new(ctx, None)?));
        }
    }
    Ok(payload)
}

/// The same of what may have sent an application, which had this status before: then whoever sent it is told a code.
async fn finish_sending(
    ctx: &Context<'_>,
    transaction: Transaction,
    (name, before): (&'static str, Option<CaseStatus>),
    done: std::result::Result<cases::Case, CaseError>,
) -> Result<CasePayload> {
    let data = data(ctx)?;
    let code = match &done {
        Ok(case) if cases::was_sent(before, case) && data.offers_case_codes().await? => {
            let given = give_code(&transaction, case::keys(data)?, case, data.now()).await;
            Some(given.map_err(case::failed)?.reveal())
        }
        _ => None,
    };
    let payload = finish(ctx, transaction, name, done).await?;
    Ok(CasePayload { code, ..payload })
}

/// Ends the transaction of what was done, and shows the case as it is now.
async fn finish(
    ctx: &Context<'_>,
    transaction: Transaction,
    name: &'static str,
    done: std::result::Result<cases::Case, CaseError>,
) -> Result<CasePayload> {
    let case = match done {
        Ok(case) => case,
        Err(error) => return refuse(ctx, error).await,
    };
    let data = data(ctx)?;
    let deed = case.deed(name, &data.tenant.ipa_code);
    data.commit(transaction, &deed).await?;
    let is_seen = data.case_rights().await?.reads.sees(&case);
    let reader = Reader::new(ctx, None)?;
    Ok(CasePayload {
        code: None,
        case: is_seen.then(|| Case::new(case, reader)),
        user_errors: Vec::new(),
    })
}
