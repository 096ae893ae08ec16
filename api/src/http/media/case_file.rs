//! Delivers files of cases, decrypted: to whoever has an address that was signed here, for as long as that is good.

use actix_web::{
    HttpRequest, HttpResponse,
    http::Method,
    web::{Data, Path, Query},
};
use futures_util::stream;
use municipio_domain::{
    cases::{CaseError, Cases},
    ids::CaseId,
    media::{ContentHash, Signed},
};
use municipio_graphql::ErrorCode;
use serde::Deserialize;

use super::{
    answer::{Delivered, Lasting, Part},
    delivery::Permit,
    failed, nothing,
};
use crate::{
    app::State,
    clock,
    http::{problem::Problem, tenant},
};

/// The address of a file of an event of a case.
#[derive(Debug, Deserialize)]
pub(super) struct OfCase {
    case: String,
    number: i64,
    hash: String,
}

/// A file of a case.
pub(super) async fn case_file(
    request: HttpRequest,
    path: Path<OfCase>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let tenant = tenant::resolve(&request, &state).await?;
    let permit = Query::<Permit>::from_query(request.query_string()).map_err(|error| {
        let message = format!("the address cannot be read: {error}");
        Problem::new(ErrorCode::BadRequest, message).of(&request)
    })?;
    let (Ok(case), Ok(hash)) = (
        path.case.parse::<CaseId>(),
        path.hash.parse::<ContentHash>(),
    ) else {
        return nothing(&request);
    };
    let signed = Signed {
        tenant: tenant.id,
        hash: &hash,
        variant: &Signed::of_event(case, path.number),
        expires_at: Some(permit.expires_at().unwrap_or_default()),
    };
    if !permit.is_good(&state, &signed, clock::now()) {
        let message = "the address has expired, or was not made here";
        return Err(Problem::new(ErrorCode::SignatureInvalid, message).of(&request));
    }
    let identity = state.identity(&tenant);
    let Some(keys) = identity.vault().citizens() else {
        return nothing(&request);
    };
    let cases = Cases::from(&state.contents(&tenant));
    let found = cases.file(keys, (case, path.number), &hash).await;
    let Some((file, key)) = found.map_err(|error| unreadable(&error).of(&request))? else {
        return nothing(&request);
    };
    let delivered = Delivered {
        media_type: file.media_type.clone(),
        name: file.name.clone(),
        length: file.size,
        tag: file.sha256.to_string(),
        lasting: Lasting::Never,
        negotiated: false,
    };
    if request.method() == Method::HEAD {
        return Ok(delivered.respond(&Part::Whole, stream::empty()));
    }
    let bytes = state.media_of(&tenant).unseal((case, key), &file).await;
    let bytes = bytes.map_err(|error| failed(&error).of(&request))?;
    // Ranges of it would have to be decrypted from its beginning.
    Ok(delivered.respond(&Part::Whole, bytes))
}

fn unreadable(error: &CaseError) -> Problem {
    match error {
        CaseError::Store(error) => Problem::failed(error),
        CaseError::Sealing(_) | CaseError::Refused(_) => {
            tracing::error!("a file of a case cannot be read");
            Problem::new(ErrorCode::Internal, ErrorCode::Internal.apology())
        }
    }
}
