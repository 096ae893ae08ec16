//! Procedure definitions: through which states cases go, who may take them on, what that requires, and what is done
//! by itself. A definition is part of the body of a procedure, and so it is written, reviewed and published like other
//! content; a case keeps the revision that it began with. Everything here is a plain function of a definition and of
//! what is known.

mod definition;
mod flaws;
mod form;
mod guard;
mod judge;
mod malformed;
mod rule;
mod status;
#[cfg(test)]
mod tests;

pub use definition::{
    Attachment, DeadlineEffect, Definition, Effect, Recipient, Requirement, Retention, State,
    Taker, Term, Timer, Transition,
};
pub use flaws::{Flaw, FlawKind, flaws};
pub use form::{FormError, check_form};
pub use guard::{Available, Facts, Given, Kept, Missing, Officer, Who, available, may_take, take};
pub use judge::{Judgement, RuleFacts};
pub use rule::{
    Channel, Comparison, Condition, MessageAuthor, Rule, RuleAction, RuleAssignee, RuleEvent,
    Trigger,
};
pub use status::CaseStatus;
