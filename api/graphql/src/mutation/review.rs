//! Review: submitting, assigning, approving and rejecting; and which types want four eyes.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    audit::Deed,
    content::{
        self, ContentError,
        review::{self, Review, Step},
    },
    identity::{AccountStatus, Action, Subject},
    ids::ItemId,
    store::Transaction,
};
use serde_json::json;

use super::{UserError, authorise, named, outcome};
use crate::{
    context::{RequestData, data},
    error::internal,
    identity::Account,
    objects::ContentTypeName,
    work::{ContentReview, ReviewRule},
};

#[derive(Default)]
pub(crate) struct ReviewMutation;

/// Content whose newest revision is submitted for review (invio in revisione).
#[derive(InputObject)]
struct SubmitForReviewInput {
    /// The content, by its global id.
    id: ID,
    /// The account that is to look at it; anybody who may when left out (assegnatario).
    assignee: Option<ID>,
}

/// Who is to look at content that waits for a review (assegnazione).
#[derive(InputObject)]
struct AssignReviewInput {
    /// The content, by its global id.
    id: ID,
    /// The account that is to look at it; anybody who may when left out (assegnatario).
    assignee: Option<ID>,
}

/// Content whose submitted revision may be published (approvazione).
#[derive(InputObject)]
struct ApproveInput {
    /// The content, by its global id.
    id: ID,
    /// What is said about it (commento).
    comment: Option<String>,
}

/// Content that goes back to who submitted it (respingimento).
#[derive(InputObject)]
struct RejectInput {
    /// The content, by its global id.
    id: ID,
    /// What is to be changed (commento).
    comment: String,
}

/// Whether content of a type is published with four eyes alone (regola dei quattro occhi).
#[derive(InputObject)]
struct SetReviewRuleInput {
    /// The type.
    content_type: ContentTypeName,
    /// Publishing needs the approval of somebody who did not write the revision.
    four_eyes: bool,
}

/// What became of a review.
#[derive(Default, SimpleObject)]
struct ReviewPayload {
    /// The review as it stands now; null when the step was refused.
    review: Option<ContentReview>,
    /// Why the step was refused.
    user_errors: Vec<UserError>,
}

/// The rule as it is now.
#[derive(SimpleObject)]
struct SetReviewRulePayload {
    /// The rule.
    rule: ReviewRule,
    /// Why it was refused; nothing is at the moment.
    user_errors: Vec<UserError>,
}

/// The author name of the account that an input names; an error for the user when there is none.
async fn assignee(
    data: &RequestData,
    id: Option<&ID>,
) -> Result<Result<Option<String>, ContentError>> {
    let Some(id) = id else { return Ok(Ok(None)) };
    let id = Account::read_id(data, id, "input.assignee")?;
    let found = data.identity.account(id).await.map_err(internal)?;
    Ok(
        match found.filter(|account| account.status == AccountStatus::Active) {
            Some(_) => Ok(Some(format!("account:{id}"))),
            None => Err(review::ReviewError::UnknownAssignee.into()),
        },
    )
}

/// Begins a step of a review, for who may take it; an error for the user when there is no such content.
async fn begin(
    data: &RequestData,
    id: &ID,
    action: Action,
) -> Result<Result<(Transaction, ItemId), ReviewPayload>> {
    data.may(action)?;
    let (content_type, item) = named(data, id)?;
    let transaction = data.contents.begin().await.map_err(internal)?;
    let allowed = authorise(data, &transaction, &[action], (content_type, item)).await?;
    Ok(match allowed {
        Ok(()) => Ok((transaction, item)),
        Err(user_errors) => Err(ReviewPayload {
            review: None,
            user_errors,
        }),
    })
}

/// Ends a step: what was done is kept, what was refused leaves nothing.
async fn end(
    data: &RequestData,
    transaction: Transaction,
    deed: Deed,
    done: Result<Review, ContentError>,
) -> Result<ReviewPayload> {
    let review = match outcome(done)? {
        Ok(review) => review,
        Err(user_errors) => {
            return Ok(ReviewPayload {
                review: None,
                user_errors,
            });
        }
    };
    data.commit(transaction, &deed).await?;
    Ok(ReviewPayload {
        review: Some(ContentReview(review)),
        user_errors: Vec::new(),
    })
}

fn refused(error: ContentError) -> Result<ReviewPayload> {
    let user_errors = outcome::<()>(Err(error))?.err().unwrap_or_default();
    Ok(ReviewPayload {
        review: None,
        user_errors,
    })
}

#[Object]
impl ReviewMutation {
    /// Submits the newest revision of content for review (invia in revisione). Who writes another revision
    /// submits it anew.
    async fn submit_for_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is submitted.")] input: SubmitForReviewInput,
    ) -> Result<ReviewPayload> {
        let data = data(ctx)?;
        let (transaction, item) = match begin(data, &input.id, Action::Update).await? {
            Ok(begun) => begun,
            Err(refused) => return Ok(refused),
        };
        let assignee = match assignee(data, input.assignee.as_ref()).await? {
            Ok(assignee) => assignee,
            Err(error) => return refused(error),
        };
        let deed =
            Deed::to("review.submit", input.id.as_str()).with(json!({ "assignee": assignee }));
        let by = data.caller.author();
        let step = Step {
            by: &by,
            now: data.now(),
        };
        let done = review::submit(&transaction, item, assignee, step).await;
        end(data, transaction, deed, done).await
    }

    /// Says who is to look at content that waits for a review (assegna).
    async fn assign_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is assigned, and to whom.")] input: AssignReviewInput,
    ) -> Result<ReviewPayload> {
        let data = data(ctx)?;
        let (transaction, item) = match begin(data, &input.id, Action::Review).await? {
            Ok(begun) => begun,
            Err(refused) => return Ok(refused),
        };
        let assignee = match assignee(data, input.assignee.as_ref()).await? {
            Ok(assignee) => assignee,
            Err(error) => return refused(error),
        };
        let deed =
            Deed::to("review.assign", input.id.as_str()).with(json!({ "assignee": assignee }));
        let done = review::assign(&transaction, item, assignee).await;
        end(data, transaction, deed, done).await
    }

    /// Approves the revision that was submitted: exactly this one may be published (approva). Who wrote it
    /// cannot, where four eyes are wanted.
    async fn approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is approved.")] input: ApproveInput,
    ) -> Result<ReviewPayload> {
        let data = data(ctx)?;
        let (transaction, item) = match begin(data, &input.id, Action::Review).await? {
            Ok(begun) => begun,
            Err(refused) => return Ok(refused),
        };
        let by = data.caller.author();
        let step = Step {
            by: &by,
            now: data.now(),
        };
        let done = review::approve(&transaction, item, input.comment.as_deref(), step).await;
        let deed = Deed::to("review.approve", input.id.as_str());
        end(data, transaction, deed, done).await
    }

    /// Sends the revision that was submitted back, and says what is to be changed (respingi).
    async fn reject(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is rejected, and why.")] input: RejectInput,
    ) -> Result<ReviewPayload> {
        let data = data(ctx)?;
        let (transaction, item) = match begin(data, &input.id, Action::Review).await? {
            Ok(begun) => begun,
            Err(refused) => return Ok(refused),
        };
        let by = data.caller.author();
        let step = Step {
            by: &by,
            now: data.now(),
        };
        let done = review::reject(&transaction, item, &input.comment, step).await;
        let deed = Deed::to("review.reject", input.id.as_str());
        end(data, transaction, deed, done).await
    }

    /// Sets whether content of a type is published only when somebody who did not write the revision approved
    /// exactly this one (regola dei quattro occhi).
    async fn set_review_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule.")] input: SetReviewRuleInput,
    ) -> Result<SetReviewRulePayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let content_type = content::ContentType::from(input.content_type);
        let transaction = data.contents.begin().await.map_err(internal)?;
        let set = review::set_four_eyes(&transaction, content_type, input.four_eyes).await;
        set.map_err(internal)?;
        let details =
            json!({ "contentType": content_type.type_name(), "fourEyes": input.four_eyes });
        let deed = Deed::new("review.rule").with(details);
        data.commit(transaction, &deed).await?;
        Ok(SetReviewRulePayload {
            rule: ReviewRule {
                content_type: input.content_type,
                four_eyes: input.four_eyes,
            },
            user_errors: Vec::new(),
        })
    }
}
