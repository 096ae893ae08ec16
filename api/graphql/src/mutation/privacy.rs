//! What is kept of a person is handed out, and erased where the law allows it.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::NaiveDate;
use municipio_domain::{
    audit::Deed,
    cases::{CaseRefusal, Cases, ErasedPerson, ExportFor, KeptFor, erase_person},
    citizens::{CitizenId, FiscalCode},
    identity::{Action, Subject},
};
use serde_json::json;

use super::UserError;
use crate::{
    case::{self, after_place, next_place},
    citizen::PersonExport,
    context::{RequestData, data},
    error::internal,
    global_id::{self, Kind},
};

#[derive(Default)]
pub(crate) struct PrivacyMutation;

/// A person whose data are handed out (accesso dell'interessato).
#[derive(InputObject)]
struct ExportPersonInput {
    /// The fiscal code (codice fiscale).
    fiscal_code: String,
    /// The place after which to go on: `next` of the part before.
    after: Option<String>,
}

/// A person whose data are erased (cancellazione dei dati).
#[derive(InputObject)]
struct ErasePersonInput {
    /// The fiscal code (codice fiscale).
    fiscal_code: String,
    /// The place after which to go on: `next` of the part before.
    after: Option<String>,
    /// Says what would be erased, and erases nothing (simulazione).
    #[graphql(default)]
    dry_run: bool,
}

/// What is kept of a person.
#[derive(Default, SimpleObject)]
struct ExportPersonPayload {
    /// A part of it; null when it was refused.
    export: Option<PersonExport>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// Why a case is kept though somebody wants it erased (motivo della conservazione).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum CaseKeptReason {
    /// It is under way (pratica in corso).
    UnderWay,
    /// It is to be kept until the end of a day (conservazione).
    Retention,
    /// Its procedure does not say for how long it is to be kept (conservazione non definita).
    NoRetention,
    /// It is the case of somebody else, for whom the person acted (pratica di altri).
    SomebodyElse,
}

/// What became of a case of a person whose data are erased (esito della cancellazione).
#[derive(SimpleObject)]
struct CaseErasure {
    /// The global id of the case (pratica).
    case_id: ID,
    /// What it says of people is erased, or would be (cancellata).
    is_erased: bool,
    /// Why it is kept; null when it is not (motivo della conservazione).
    kept_for: Option<CaseKeptReason>,
    /// The last day on which it is to be kept, when that is known (da conservare fino al).
    kept_until: Option<NaiveDate>,
}

/// What was erased of a person.
#[derive(Default, SimpleObject)]
struct ErasePersonPayload {
    /// What became of the cases, the oldest first: of at most a hundred (pratiche).
    cases: Vec<CaseErasure>,
    /// How many delegations that hold no more were forgotten (deleghe).
    delegations: u64,
    /// The place after which there are more cases; null at the end.
    next: Option<String>,
    /// Why nothing was done.
    user_errors: Vec<UserError>,
}

#[Object]
impl PrivacyMutation {
    /// Hands out what is kept of a person, in parts of a hundred cases: for who answers for the privacy of people
    /// (esporta i dati di una persona).
    async fn export_person(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose data.")] input: ExportPersonInput,
    ) -> Result<ExportPersonPayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManagePrivacy, &Subject::WHOLE)?;
        let after = after_place(data, input.after.as_deref())?;
        let person = match person(data, &input.fiscal_code)? {
            Ok(person) => person,
            Err(error) => {
                return Ok(ExportPersonPayload {
                    export: None,
                    user_errors: vec![error],
                });
            }
        };
        let export = PersonExport::read(data, &person, ExportFor::Officer, after).await?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let deed = deed("person.export", &person).with(json!({ "cases": export.size() }));
        data.commit(transaction, &deed).await?;
        Ok(ExportPersonPayload {
            export: Some(export),
            user_errors: Vec::new(),
        })
    }

    /// Erases what is kept of a person where the law allows it, of a hundred cases at a time: cases that are closed and
    /// need not be kept any more, drafts that were never sent, and delegations that hold no more. That the cases were, and
    /// what happened in them, stays provable (cancella i dati di una persona).
    async fn erase_person(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose data.")] input: ErasePersonInput,
    ) -> Result<ErasePersonPayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManagePrivacy, &Subject::WHOLE)?;
        let after = after_place(data, input.after.as_deref())?;
        let refused = |error| ErasePersonPayload {
            user_errors: vec![error],
            ..ErasePersonPayload::default()
        };
        let person = match person(data, &input.fiscal_code)? {
            Ok(person) => person,
            Err(error) => return Ok(refused(error)),
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let cases = Cases::from(&data.contents);
        let (whose, by) = (
            (&person, &data.tenant.ipa_code),
            (&data.actor(), data.now()),
        );
        let done = match erase_person(&transaction, &cases, whose, after, by).await {
            Ok(done) => done,
            Err(error) => {
                return match case::refusals(error)?.pop() {
                    Some(CaseRefusal::Conflict(_)) | None => Ok(refused(busy())),
                    Some(refusal) => {
                        Ok(refused(UserError::new(refusal.code(), refusal.to_string())))
                    }
                };
            }
        };
        if !input.dry_run {
            let erased = done.cases.iter().filter(|(_, kept)| kept.is_none()).count();
            let counts = json!({ "cases": erased, "kept": done.cases.len() - erased });
            data.commit(transaction, &deed("person.erase", &person).with(counts))
                .await?;
            remove_files(data, &done);
        }
        Ok(shown(data, done))
    }
}

/// Removes the files of cases that were erased: nobody can read them any more, so that nobody waits for it.
fn remove_files(data: &RequestData, done: &ErasedPerson) {
    let erased = done.cases.iter().filter(|(_, kept)| kept.is_none());
    let erased: Vec<_> = erased.map(|(case, _)| case.id).collect();
    if let Some(media) = data.media.clone() {
        tokio::spawn(async move {
            for case in erased {
                media.remove_all_sealed(case).await;
            }
        });
    }
}

fn busy() -> UserError {
    UserError::new(
        "CONFLICT",
        "somebody works on a case of the person: try again",
    )
}

/// Who has a fiscal code here, or what is wrong with it.
fn person(data: &RequestData, code: &str) -> Result<std::result::Result<CitizenId, UserError>> {
    let code = match code.parse::<FiscalCode>() {
        Ok(code) => code,
        Err(error) => {
            let error = UserError::at("INVALID_FISCAL_CODE", error.to_string(), "fiscalCode");
            return Ok(Err(error));
        }
    };
    Ok(Ok(case::keys(data)?.citizen(data.tenant.id, &code)))
}

/// What is written down: the person as a hash, which says nothing without the secret of the program.
fn deed(name: &'static str, person: &CitizenId) -> Deed {
    Deed::to(name, format!("citizen:{person}"))
}

fn shown(data: &RequestData, done: ErasedPerson) -> ErasePersonPayload {
    let cases = done.cases.into_iter().map(|(case, kept)| CaseErasure {
        case_id: global_id::encode_as(Kind::Case, &data.tenant.ipa_code, case.id),
        is_erased: kept.is_none(),
        kept_for: kept.map(|kept| match kept {
            KeptFor::UnderWay => CaseKeptReason::UnderWay,
            KeptFor::Retention(_) => CaseKeptReason::Retention,
            KeptFor::NoRetention => CaseKeptReason::NoRetention,
            KeptFor::SomebodyElse => CaseKeptReason::SomebodyElse,
        }),
        kept_until: match kept {
            Some(KeptFor::Retention(last)) => Some(last),
            _ => None,
        },
    });
    ErasePersonPayload {
        cases: cases.collect(),
        delegations: done.delegations,
        next: done.next.map(|place| next_place(data, place)),
        user_errors: Vec::new(),
    }
}
