//! The same operation on many items, with a result for each.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    audit::Deed,
    content::{self, ContentError, ContentType, LifeStep, Outcomes},
    identity::Action,
    ids::ItemId,
    store::Transaction,
};
use serde_json::json;

use super::{Kept, UserError, authorise_each, outcome};
use crate::{
    context::{RequestData, data},
    error::{ErrorCode, internal},
    global_id,
};

/// How many items one operation takes.
const MOST: usize = 100;

#[derive(Default)]
pub(crate) struct BulkMutation;

/// An operation on many items.
#[derive(InputObject)]
struct BulkInput {
    /// What is done to each (operazione).
    operation: BulkOperation,
    /// The content, by its global ids: 1 to 100, each once (contenuti).
    ids: Vec<ID>,
}

/// What can be done to many items (operazione su più contenuti).
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
enum BulkOperation {
    /// Publishes the drafts (pubblica).
    Publish,
    /// Takes the content off the public site (ritira dalla pubblicazione).
    Unpublish,
    /// Archives the content, as `archive` does (archivia).
    Archive,
    /// Brings archived content back, as a draft (ripristina dall'archivio).
    Unarchive,
    /// Deletes the content, as `delete` does (elimina).
    Delete,
    /// Brings deleted content back, as `restore` does (ripristina).
    Restore,
}

impl BulkOperation {
    fn action(self) -> Action {
        match self {
            Self::Publish | Self::Unpublish | Self::Archive | Self::Unarchive => Action::Publish,
            Self::Delete | Self::Restore => Action::Delete,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Publish => "content.publish",
            Self::Unpublish => "content.unpublish",
            Self::Archive => "content.archive",
            Self::Unarchive => "content.unarchive",
            Self::Delete => "content.delete",
            Self::Restore => "content.restore",
        }
    }
}

/// What an operation on many items did.
#[derive(Default, SimpleObject)]
struct BulkPayload {
    /// What became of each item, in the order of the ids (esiti).
    results: Vec<BulkResult>,
    /// Why nothing was done at all (errori).
    user_errors: Vec<UserError>,
}

/// What became of one item.
#[derive(SimpleObject)]
struct BulkResult {
    /// The content, by its global id.
    content_id: ID,
    /// It was done (eseguita).
    done: bool,
    /// Why it was not (errori).
    user_errors: Vec<UserError>,
}

#[Object]
impl BulkMutation {
    /// Does the same to many items: to each of them or not, whatever becomes of the others (operazione su
    /// più contenuti).
    async fn bulk(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is done, and to what.")] input: BulkInput,
    ) -> Result<BulkPayload> {
        let data = data(ctx)?;
        let operation = input.operation;
        data.may(operation.action())?;
        let items = match items(data, &input.ids)? {
            Ok(items) => items,
            Err(error) => {
                return Ok(BulkPayload {
                    user_errors: vec![error],
                    ..BulkPayload::default()
                });
            }
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let allowed = allowed(data, &transaction, operation.action(), &items).await?;
        let done = run(data, &transaction, operation, allowed).await?;
        let subjects = input.ids.iter().zip(&done);
        let subjects: Vec<_> = subjects
            .filter(|(_, done)| done.is_ok())
            .map(|(id, _)| id.as_str())
            .collect();
        if !subjects.is_empty() {
            let deed = Deed::new(operation.name()).with(json!({ "subjects": subjects }));
            data.commit(transaction, &deed).await?;
        }
        let results = input.ids.iter().zip(done).map(|(id, done)| BulkResult {
            content_id: id.clone(),
            done: done.is_ok(),
            user_errors: done.err().unwrap_or_default(),
        });
        Ok(BulkPayload {
            results: results.collect(),
            user_errors: Vec::new(),
        })
    }
}

/// The items, each once.
fn items(data: &RequestData, ids: &[ID]) -> Result<Result<Vec<(ContentType, ItemId)>, UserError>> {
    if !(1..=MOST).contains(&ids.len()) {
        let message = format!("give 1 to {MOST} ids");
        return Ok(Err(UserError::at("OUT_OF_RANGE", message, "ids")));
    }
    let mut items: Vec<(ContentType, ItemId)> = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        let place = format!("input.ids[{index}]");
        let named = global_id::decode(id, &data.tenant.ipa_code, &place)?;
        if items.iter().any(|(_, known)| *known == named.1) {
            let place = format!("ids[{index}]");
            return Ok(Err(UserError::at(
                "DUPLICATE_ID",
                "the id is given twice",
                place,
            )));
        }
        items.push(named);
    }
    Ok(Ok(items))
}

type Outcome<T> = Result<T, Vec<UserError>>;

/// Those of the items to which the caller may do this; the others with the reason why not.
async fn allowed(
    data: &RequestData,
    transaction: &Transaction,
    action: Action,
    items: &[(ContentType, ItemId)],
) -> Result<Vec<Outcome<ItemId>>> {
    let asked = authorise_each(data, transaction, &[action], items).await?;
    let answers = asked.into_iter().zip(items).enumerate();
    Ok(answers
        .map(|(index, (asked, (_, id)))| match asked {
            Ok(()) => Ok(*id),
            Err(Kept::Refused(errors)) => Err(errors),
            Err(Kept::Denied(reason)) => Err(vec![UserError::at(
                ErrorCode::Forbidden.as_str(),
                reason.to_string(),
                format!("ids[{index}]"),
            )]),
        })
        .collect())
}

/// Does it to those that are allowed.
async fn run(
    data: &RequestData,
    transaction: &Transaction,
    operation: BulkOperation,
    allowed: Vec<Outcome<ItemId>>,
) -> Result<Vec<Outcome<()>>> {
    let ids: Vec<ItemId> = allowed
        .iter()
        .filter_map(|id| id.as_ref().ok().copied())
        .collect();
    let done = match outcome(take(data, transaction, operation, &ids).await)? {
        Ok(done) => done,
        Err(errors) => return Ok(allowed.iter().map(|_| Err(errors.clone())).collect()),
    };
    let mut done = done.into_iter();
    let mut outcomes = Vec::with_capacity(allowed.len());
    for id in allowed {
        outcomes.push(match id {
            Err(errors) => Err(errors),
            Ok(_) => match done.next() {
                Some(done) => outcome(done)?,
                None => Ok(()),
            },
        });
    }
    Ok(outcomes)
}

/// Calls the operation of the domain, which takes all of them together.
async fn take(
    data: &RequestData,
    transaction: &Transaction,
    operation: BulkOperation,
    ids: &[ItemId],
) -> Result<Outcomes<()>, ContentError> {
    let now = data.now();
    let step = match operation {
        BulkOperation::Publish => {
            let locales = &data.tenant.locales;
            let published = content::publish_all(transaction, ids, locales, now).await?;
            let published = published.into_iter();
            return Ok(published.map(|done| done.map(|_| ())).collect());
        }
        BulkOperation::Unpublish => return content::unpublish_all(transaction, ids, now).await,
        BulkOperation::Archive => LifeStep::Archive,
        BulkOperation::Unarchive => LifeStep::Unarchive,
        BulkOperation::Delete => LifeStep::Delete,
        BulkOperation::Restore => LifeStep::Restore,
    };
    content::move_on_all(transaction, ids, step, now).await
}
