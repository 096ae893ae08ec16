//! Cases, as officers work on them and citizens apply.

mod apply;
mod inputs;
mod open;
mod work;

use std::sync::Arc;

use async_graphql::{Context, MergedObject, Result, SimpleObject};
use municipio_domain::{
    cases::{self, CaseError, CaseRefusal, Cases},
    content::{ContentType, types::Procedure},
    ids::{ItemId, RevisionId},
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
pub(crate) struct CaseMutation(open::OpenMutation, work::WorkMutation, apply::ApplyMutation);

/// What was done to a case.
#[derive(Default, SimpleObject)]
struct CasePayload {
    /// The case as it is now, also when somebody was faster (`CONFLICT`); null when there is none.
    case: Option<Case>,
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

/// Tells why nothing was done, with the case as it is when somebody was faster.
fn refuse(ctx: &Context<'_>, error: CaseError) -> Result<CasePayload> {
    let refusals = match error {
        CaseError::Refused(refusals) => refusals,
        error => return Err(case::failed(error)),
    };
    let mut payload = CasePayload::default();
    for refusal in refusals {
        let (code, message, path) = (refusal.code(), refusal.to_string(), refusal.path());
        payload.user_errors.push(match path {
            Some(path) => UserError::at(code, message, path),
            None => UserError::new(code, message),
        });
        if let CaseRefusal::Conflict(case) = refusal {
            payload.case = Some(Case::new(*case, Reader::new(ctx, None)?));
        }
    }
    Ok(payload)
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
        Err(error) => return refuse(ctx, error),
    };
    let data = data(ctx)?;
    let deed = case.deed(name, &data.tenant.ipa_code);
    data.commit(transaction, &deed).await?;
    Ok(CasePayload {
        case: Some(Case::new(case, Reader::new(ctx, None)?)),
        user_errors: Vec::new(),
    })
}
