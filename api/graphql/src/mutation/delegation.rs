//! Officers record who acts for whom, and take it back.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use chrono::NaiveDate;
use municipio_domain::{
    audit::Deed,
    citizens::{
        DelegationError, DelegationRefused, FiscalCode, NewDelegation, Term, grant_delegation,
        revoke_delegations,
    },
    identity::{Action, Subject},
};
use serde_json::json;

use super::UserError;
use crate::{
    case,
    citizen::{Delegation, DelegationKind},
    context::data,
    error::internal,
};

#[derive(Default)]
pub(crate) struct DelegationMutation;

/// Somebody who is to act for somebody else (delega).
#[derive(InputObject)]
struct GrantDelegationInput {
    /// For whom, by the fiscal code (rappresentato).
    principal: String,
    /// Who acts, by the fiscal code (delegato).
    delegate: String,
    /// Why (titolo).
    kind: DelegationKind,
    /// From which day; today when left out (dal).
    from: Option<NaiveDate>,
    /// Until which day; without an end when left out, and for a parent until the child is of age (al).
    until: Option<NaiveDate>,
    /// When the child was born for whom a parent acts, as a document says it (data di nascita del minore).
    born_on: Option<NaiveDate>,
}

/// Somebody who is to act for somebody else no more (revoca della delega).
#[derive(InputObject)]
struct RevokeDelegationInput {
    /// For whom they acted, by the fiscal code (rappresentato).
    principal: String,
    /// Who acted, by the fiscal code (delegato).
    delegate: String,
}

/// What was recorded.
#[derive(Default, SimpleObject)]
struct GrantDelegationPayload {
    /// The delegation; null when it was refused.
    delegation: Option<Delegation>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What was taken back.
#[derive(Default, SimpleObject)]
struct RevokeDelegationPayload {
    /// How many delegations held until now (deleghe revocate).
    revoked: u64,
    /// Why nothing was done.
    user_errors: Vec<UserError>,
}

/// The two people, or what is wrong with their fiscal codes.
fn people(principal: &str, delegate: &str) -> Result<[FiscalCode; 2], Vec<UserError>> {
    let read = |code: &str, place: &str| {
        let code = code.parse::<FiscalCode>();
        code.map_err(|error| UserError::at("INVALID_FISCAL_CODE", error.to_string(), place))
    };
    match (read(principal, "principal"), read(delegate, "delegate")) {
        (Ok(principal), Ok(delegate)) => Ok([principal, delegate]),
        (principal, delegate) => Err([principal.err(), delegate.err()]
            .into_iter()
            .flatten()
            .collect()),
    }
}

fn refused(refusal: DelegationRefused) -> UserError {
    let place = match refusal {
        DelegationRefused::Oneself => "delegate",
        DelegationRefused::Order => "until",
        DelegationRefused::BirthDate => "bornOn",
        DelegationRefused::OfAge => "kind",
    };
    UserError::at(refusal.code(), refusal.to_string(), place)
}

#[Object]
impl DelegationMutation {
    /// Records that somebody acts for somebody else, whose proof the officer has seen: they see the cases of that person,
    /// work on them and begin new ones. For officers of all offices (registra una delega).
    async fn grant_delegation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who acts for whom.")] input: GrantDelegationInput,
    ) -> Result<GrantDelegationPayload> {
        let data = data(ctx)?;
        data.authorise(Action::WorkCases, &Subject::WHOLE)?;
        let refuse = |user_errors| GrantDelegationPayload {
            delegation: None,
            user_errors,
        };
        let [principal, delegate] = match people(&input.principal, &input.delegate) {
            Ok(people) => people,
            Err(errors) => return Ok(refuse(errors)),
        };
        let author = data.caller.author();
        let new = NewDelegation {
            principal: &principal,
            delegate: &delegate,
            kind: input.kind.into(),
            term: Term {
                from: input.from.unwrap_or_else(|| data.today()),
                until: input.until,
            },
            born: input.born_on,
            granted_by: &author,
        };
        let keys = case::keys(data)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let granted = match grant_delegation(&transaction, keys, new, data.now()).await {
            Ok(granted) => granted,
            Err(DelegationError::Refused(refusal)) => return Ok(refuse(vec![refused(refusal)])),
            Err(DelegationError::Store(error)) => return Err(internal(error)),
        };
        data.commit(transaction, &granted.deed("delegation.grant"))
            .await?;
        Ok(GrantDelegationPayload {
            delegation: Some((&granted).into()),
            user_errors: Vec::new(),
        })
    }

    /// Takes back all that lets somebody act for somebody else; what they did stays. For officers of all offices (revoca
    /// una delega).
    async fn revoke_delegation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who acted for whom.")] input: RevokeDelegationInput,
    ) -> Result<RevokeDelegationPayload> {
        let data = data(ctx)?;
        data.authorise(Action::WorkCases, &Subject::WHOLE)?;
        let [principal, delegate] = match people(&input.principal, &input.delegate) {
            Ok(people) => people,
            Err(user_errors) => {
                return Ok(RevokeDelegationPayload {
                    revoked: 0,
                    user_errors,
                });
            }
        };
        let keys = case::keys(data)?;
        let [principal, delegate] =
            [principal, delegate].map(|code| keys.citizen(data.tenant.id, &code));
        let transaction = data.contents.begin().await.map_err(internal)?;
        let revoked = revoke_delegations(&transaction, (&principal, &delegate), data.now()).await;
        let revoked = revoked.map_err(internal)?;
        let deed = Deed::to("delegation.revoke", format!("citizen:{principal}"));
        let details = json!({ "delegate": delegate, "delegations": revoked });
        data.commit(transaction, &deed.with(details)).await?;
        Ok(RevokeDelegationPayload {
            revoked,
            user_errors: Vec::new(),
        })
    }
}
