//! Errors that the user can mend: they are part of a payload, each with a code and a path.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use municipio_domain::{
    content::{ContentError, FieldError},
    identity::{IdentityError, Refusal},
    ids::RevisionId,
};

use crate::{
    context::data,
    error::{ErrorCode, denied, internal, openid},
    filters::camel,
    global_id,
};

/// Something that the user can mend (errore dell'utente).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct UserError {
    /// What it is, such as `CONFLICT` or `UNKNOWN_FIELD`.
    pub(crate) code: String,
    /// What is wrong and what would be right.
    message: String,
    /// What is wrong in the input, such as `content.service.costs[1].value`; null for the whole.
    path: Option<String>,
    /// The newest revision as the caller knew it, and as it is.
    #[graphql(skip)]
    revisions: [Option<RevisionId>; 2],
}

#[ComplexObject]
impl UserError {
    /// Of a `CONFLICT`: the revision that was expected to be the newest (revisione attesa).
    async fn expected_revision(&self, ctx: &Context<'_>) -> Result<Option<ID>> {
        revision(ctx, self.revisions[0])
    }

    /// Of a `CONFLICT`: the newest revision that there is (revisione attuale); compare the two with `diff`.
    async fn actual_revision(&self, ctx: &Context<'_>) -> Result<Option<ID>> {
        revision(ctx, self.revisions[1])
    }
}

fn revision(ctx: &Context<'_>, id: Option<RevisionId>) -> Result<Option<ID>> {
    let municipality = &data(ctx)?.tenant.ipa_code;
    Ok(id.map(|id| global_id::encode_revision(municipality, id)))
}

impl UserError {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            path: None,
            revisions: [None, None],
        }
    }
}

impl UserError {
    /// Something wrong at a place of the input.
    pub(crate) fn at(code: &str, message: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            path: Some(path.into()),
            ..Self::new(code, message)
        }
    }

    /// The same, of this place of the input.
    pub(crate) fn of(self, path: String) -> Self {
        Self {
            path: Some(path),
            ..self
        }
    }
}

impl From<&FieldError> for UserError {
    fn from(error: &FieldError) -> Self {
        Self {
            code: error.code.clone(),
            message: error.message.clone(),
            path: (!error.path.is_empty()).then(|| camel(&error.path)),
            revisions: [None, None],
        }
    }
}

/// Tells what the user can mend from what failed.
pub(crate) fn outcome<T>(done: Result<T, ContentError>) -> Result<Result<T, Vec<UserError>>> {
    let error = match done {
        Ok(done) => return Ok(Ok(done)),
        Err(error) => error,
    };
    let message = error.to_string();
    let errors = match error {
        ContentError::Store(error) => return Err(internal(error)),
        ContentError::NotFound(_) => vec![UserError::new("NOT_FOUND", "there is no such content")],
        ContentError::Invalid(fields) => fields.iter().map(UserError::from).collect(),
        ContentError::Conflict { expected, actual } => vec![UserError {
            revisions: [expected, actual],
            ..UserError::new("CONFLICT", message)
        }],
        ContentError::NotPublishable(_) => vec![UserError::new("NOT_PUBLISHABLE", message)],
    };
    Ok(Err(errors))
}

impl From<&Refusal> for UserError {
    fn from(refusal: &Refusal) -> Self {
        Self {
            path: refusal.path().map(str::to_owned),
            ..Self::new(refusal.code(), refusal.to_string())
        }
    }
}

/// Tells what the user can mend from what failed, of accounts, sessions and keys.
pub(crate) fn identity_outcome<T>(
    done: Result<T, IdentityError>,
) -> Result<Result<T, Vec<UserError>>> {
    let error = match done {
        Ok(done) => return Ok(Ok(done)),
        Err(error) => error,
    };
    Err(match error {
        IdentityError::Refused(refusal) => return Ok(Err(vec![UserError::from(&refusal)])),
        IdentityError::Store(error) => internal(error),
        IdentityError::Denied(why) => denied(why),
        IdentityError::OpenId(error) => openid(&error),
        IdentityError::Busy => ErrorCode::Busy.error(error.to_string()),
        IdentityError::Hash(_) | IdentityError::Randomness(_) | IdentityError::Vault(_) => {
            tracing::error!(%error, "a secret cannot be made or read");
            ErrorCode::Internal.error(ErrorCode::Internal.apology())
        }
    })
}
