//! Review: a revision is submitted, and approved or rejected. What is approved is exactly one
//! revision: who writes another has it reviewed anew. Where a municipality wants four eyes for a type,
//! nothing of it is published without the approval of somebody who did not write it.
//!
//! The steps are plain functions from one review to the next; `operations` keeps them.

mod operations;
mod queries;

use std::str::FromStr;

use chrono::{DateTime, Utc};

use crate::{
    ids::{ItemId, RevisionId},
    store::StoreError,
};

pub(super) use operations::{Asked, not_approved};
pub use operations::{approve, assign, reject, set_four_eyes, submit};
pub use queries::{Reviewed, WorkList};

/// The longest comment, in characters.
pub const LONGEST_COMMENT: usize = 5_000;

/// Where a review stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewState {
    /// It waits for somebody to look at it.
    Submitted,
    /// It may be published.
    Approved,
    /// It went back to who submitted it.
    Rejected,
}

impl ReviewState {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

impl FromStr for ReviewState {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "submitted" => Ok(Self::Submitted),
            "approved" => Ok(Self::Approved),
            "rejected" => Ok(Self::Rejected),
            _ => Err(StoreError::corrupt("state of a review", name)),
        }
    }
}

/// The review of a revision. People stand in it as [`Caller::author`](crate::identity::Caller::author)
/// writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The revision that was submitted.
    pub revision: RevisionId,
    /// Where it stands.
    pub state: ReviewState,
    /// Who submitted it.
    pub submitted_by: String,
    /// When.
    pub submitted_at: DateTime<Utc>,
    /// Who is to look at it; anybody who may when there is none.
    pub assignee: Option<String>,
    /// Who approved or rejected it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// What they said.
    pub comment: Option<String>,
}

/// Why a step is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// There is nothing that readers do not see already.
    #[error("there is nothing to review: the newest revision is published, or there is none")]
    NothingToReview,
    /// The revision waits already.
    #[error("the revision is submitted already")]
    AlreadySubmitted,
    /// The revision is approved.
    #[error("the revision is approved already")]
    AlreadyApproved,
    /// Nobody submitted it, or somebody decided already.
    #[error("the content does not wait for a review")]
    NotSubmitted,
    /// A newer revision was written.
    #[error("a newer revision was written since it was submitted: submit that one")]
    Revised,
    /// Who wrote the revision approves it.
    #[error("who wrote the revision cannot approve it")]
    OwnWork,
    /// A rejection without a reason.
    #[error("say in a comment what is to be changed")]
    CommentMissing,
    /// A comment that is too long.
    #[error("a comment has at most {LONGEST_COMMENT} characters")]
    CommentTooLong,
    /// A comment with a character that is not kept.
    #[error("a text has no character U+0000")]
    CommentInvalid,
    /// Four eyes are wanted, and the revision has no approval.
    #[error(
        "content of this type is published only when somebody else approved exactly this revision"
    )]
    NotApproved,
    /// Nobody has this account, or it is suspended.
    #[error("nobody who works here has this account")]
    UnknownAssignee,
}

impl ReviewError {
    /// The code as clients see it.
    pub fn code(self) -> &'static str {
        match self {
            Self::NothingToReview => "NOTHING_TO_REVIEW",
            Self::AlreadySubmitted => "ALREADY_SUBMITTED",
            Self::AlreadyApproved => "ALREADY_APPROVED",
            Self::NotSubmitted => "NOT_SUBMITTED",
            Self::Revised => "REVISED",
            Self::OwnWork => "OWN_WORK",
            Self::CommentMissing => "COMMENT_MISSING",
            Self::CommentTooLong => "COMMENT_TOO_LONG",
            Self::CommentInvalid => "INVALID_VALUE",
            Self::NotApproved => "NOT_APPROVED",
            Self::UnknownAssignee => "UNKNOWN_ASSIGNEE",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::CommentMissing | Self::CommentTooLong | Self::CommentInvalid => "comment",
            Self::UnknownAssignee => "assignee",
            _ => "",
        }
    }
}

/// What a step is taken on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The item.
    pub item: ItemId,
    /// Its newest revision.
    pub draft: Option<RevisionId>,
    /// The revision that readers see.
    pub published: Option<RevisionId>,
    /// Who wrote the newest revision.
    pub written_by: String,
    /// Whether its type wants four eyes.
    pub four_eyes: bool,
}

/// Who takes a step, and when.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Who.
    pub by: &'a str,
    /// When.
    pub now: DateTime<Utc>,
}

impl Review {
    /// Submits the newest revision, whatever became of the review of an earlier one.
    ///
    /// # Errors
    /// There is nothing to review, or the revision waits or is approved already.
    pub fn submit(
        before: Option<&Self>,
        subject: &Subject,
        assignee: Option<String>,
        step: Step<'_>,
    ) -> Result<Self, ReviewError> {
        let draft = subject
            .draft
            .filter(|draft| subject.published != Some(*draft));
        let revision = draft.ok_or(ReviewError::NothingToReview)?;
        match before.filter(|review| review.revision == revision) {
            Some(review) if review.state == ReviewState::Submitted => {
                return Err(ReviewError::AlreadySubmitted);
            }
            Some(review) if review.state == ReviewState::Approved => {
                return Err(ReviewError::AlreadyApproved);
            }
            _ => {}
        }
        Ok(Self {
            revision,
            state: ReviewState::Submitted,
            submitted_by: step.by.to_owned(),
            submitted_at: step.now,
            assignee,
            decided_by: None,
            decided_at: None,
            comment: None,
        })
    }

    /// Says who is to look at it.
    ///
    /// # Errors
    /// It does not wait for a review.
    pub fn assign(self, assignee: Option<String>) -> Result<Self, ReviewError> {
        match self.state {
            ReviewState::Submitted => Ok(Self { assignee, ..self }),
            _ => Err(ReviewError::NotSubmitted),
        }
    }

    /// Lets the revision be published.
    ///
    /// # Errors
    /// It does not wait for a review, was revised since, or four eyes are wanted and these are the two
    /// that wrote it.
    pub fn approve(
        self,
        subject: &Subject,
        comment: Option<&str>,
        step: Step<'_>,
    ) -> Result<Self, ReviewError> {
        if subject.four_eyes && subject.written_by == step.by {
            return Err(ReviewError::OwnWork);
        }
        self.decide(subject, ReviewState::Approved, comment, step)
    }

    /// Sends the revision back.
    ///
    /// # Errors
    /// It does not wait for a review, was revised since, or the comment is missing or too long.
    pub fn reject(
        self,
        subject: &Subject,
        comment: &str,
        step: Step<'_>,
    ) -> Result<Self, ReviewError> {
        if comment.trim().is_empty() {
            return Err(ReviewError::CommentMissing);
        }
        self.decide(subject, ReviewState::Rejected, Some(comment), step)
    }

    fn decide(
        self,
        subject: &Subject,
        state: ReviewState,
        comment: Option<&str>,
        step: Step<'_>,
    ) -> Result<Self, ReviewError> {
        if self.state != ReviewState::Submitted {
            return Err(ReviewError::NotSubmitted);
        }
        if subject.draft != Some(self.revision) {
            return Err(ReviewError::Revised);
        }
        let comment = comment.map(str::trim).filter(|comment| !comment.is_empty());
        if comment.is_some_and(|comment| comment.chars().count() > LONGEST_COMMENT) {
            return Err(ReviewError::CommentTooLong);
        }
        if comment.is_some_and(|comment| comment.contains('\0')) {
            return Err(ReviewError::CommentInvalid);
        }
        Ok(Self {
            state,
            decided_by: Some(step.by.to_owned()),
            decided_at: Some(step.now),
            comment: comment.map(str::to_owned),
            ..self
        })
    }

    /// Whether this lets a revision be published that somebody wrote, where four eyes are wanted.
    pub fn allows(&self, revision: RevisionId, written_by: &str) -> bool {
        self.state == ReviewState::Approved
            && self.revision == revision
            && self
                .decided_by
                .as_deref()
                .is_some_and(|by| by != written_by)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use proptest::prelude::*;

    use super::*;

    const PEOPLE: [&str; 3] = ["account:a", "account:b", "key:c"];

    #[derive(Clone, Debug)]
    enum Act {
        Write,
        Submit,
        Assign(Option<usize>),
        Approve,
        Reject(String),
        Publish,
        Demand(bool),
    }

    fn act() -> impl Strategy<Value = (Act, usize)> {
        let act = prop_oneof![
            3 => Just(Act::Write),
            3 => Just(Act::Submit),
            1 => prop::option::of(0..3usize).prop_map(Act::Assign),
            3 => Just(Act::Approve),
            2 => "[a-z ]{0,5}".prop_map(Act::Reject),
            3 => Just(Act::Publish),
            1 => any::<bool>().prop_map(Act::Demand),
        ];
        (act, 0..3usize)
    }

    proptest! {
        /// Whatever is done in whatever order: with four eyes nothing is published that nobody else
        /// approved just as it is, and a refused step changes nothing.
        #[test]
        fn nothing_passes_four_eyes_unseen(acts in prop::collection::vec(act(), 1..60)) {
            let now = Utc.timestamp_opt(0, 0).unwrap();
            let mut subject = Subject {
                item: ItemId::generate(),
                draft: None,
                published: None,
                written_by: String::new(),
                four_eyes: false,
            };
            let mut review: Option<Review> = None;
            // Who approved the newest revision since it was written: the model.
            let mut approved_by: Option<&str> = None;
            let mut waits = false;
            for (act, person) in acts {
                let by = PEOPLE[person];
                let step = Step { by, now };
                let stood = review.clone();
                match act {
                    Act::Write => {
                        subject.draft = Some(RevisionId::generate());
                        subject.written_by = by.to_owned();
                        (approved_by, waits) = (None, false);
                    }
                    Act::Submit => match Review::submit(review.as_ref(), &subject, None, step) {
                        Ok(submitted) => {
                            prop_assert!(!waits && approved_by.is_none() && subject.draft != subject.published);
                            review = Some(submitted);
                            waits = true;
                        }
                        Err(ReviewError::AlreadySubmitted) => prop_assert!(waits),
                        Err(ReviewError::AlreadyApproved) => prop_assert!(approved_by.is_some()),
                        Err(error) => prop_assert_eq!(error, ReviewError::NothingToReview),
                    },
                    Act::Assign(assignee) => {
                        let assignee = assignee.map(|person| PEOPLE[person].to_owned());
                        if let Some(Ok(assigned)) = review.clone().map(|review| review.assign(assignee.clone())) {
                            prop_assert_eq!(&assigned.assignee, &assignee);
                            review = Some(assigned);
                        }
                    }
                    Act::Approve => match review.clone().map(|review| review.approve(&subject, None, step)) {
                        Some(Ok(approved)) => {
                            prop_assert!(waits);
                            prop_assert!(!subject.four_eyes || subject.written_by != by);
                            (review, approved_by, waits) = (Some(approved), Some(by), false);
                        }
                        Some(Err(ReviewError::OwnWork)) => prop_assert!(subject.four_eyes),
                        Some(Err(_)) | None => prop_assert!(!waits),
                    },
                    Act::Reject(comment) => match review.clone().map(|review| review.reject(&subject, &comment, step)) {
                        Some(Ok(rejected)) => {
                            prop_assert!(waits && !comment.trim().is_empty());
                            (review, waits) = (Some(rejected), false);
                        }
                        Some(Err(ReviewError::CommentMissing)) => prop_assert!(comment.trim().is_empty()),
                        Some(Err(_)) | None => prop_assert!(!waits),
                    },
                    Act::Publish => {
                        let Some(draft) = subject.draft else { continue };
                        let allowed = review.as_ref().is_some_and(|review| review.allows(draft, &subject.written_by));
                        let seen = approved_by.is_some_and(|by| by != subject.written_by);
                        prop_assert_eq!(allowed, seen);
                        if !subject.four_eyes || allowed {
                            subject.published = Some(draft);
                        }
                    }
                    Act::Demand(four_eyes) => subject.four_eyes = four_eyes,
                }
                if let (Some(before), Some(after)) = (&stood, &review) {
                    // What was decided stays decided until it is submitted anew.
                    let decided = before.state != ReviewState::Submitted;
                    prop_assert!(!decided || before == after || after.state == ReviewState::Submitted);
                }
            }
        }
    }
}
