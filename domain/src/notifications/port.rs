//! App IO, as far as messages need it: what the crate of integrations fills, and the double of tests answers.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::Precondition;

/// App IO. The key of a service says who calls.
pub trait AppIo: Send + Sync {
    /// Whether a service may write to somebody. To be asked before each message.
    fn profile<'a>(&'a self, key: &'a str, fiscal_code: &'a str) -> Called<'a, Profile>;

    /// Sends a message; gives its id.
    fn send<'a>(&'a self, key: &'a str, message: &'a Message) -> Called<'a, String>;

    /// What became of a message.
    fn standing<'a>(&'a self, key: &'a str, fiscal_code: &'a str, id: &'a str) -> Called<'a, Seen>;

    /// The ids of the configurations of remote content that a manage key sees.
    fn configurations<'a>(&'a self, manage_key: &'a str) -> Called<'a, Vec<String>>;

    /// The assertion (SAML) with which a citizen signed in to IO, by the name of the key of their device, and with what IO handed
    /// on to fetch it with (`x-pagopa-lollipop-auth-jwt`). It is refused when there is none.
    fn assertion<'a>(
        &'a self,
        key: &'a str,
        reference: &'a str,
        authorization: &'a str,
    ) -> Called<'a, String>;
}

/// A call on its way.
pub type Called<'a, T> = BoxFuture<'a, Result<T, CallError>>;

/// Whether a service may write to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Profile {
    /// It may; they prefer these languages (`it_IT`).
    Reachable(Vec<String>),
    /// It may not: they are not on IO, or want nothing of it.
    Unreachable,
}

/// A message, as IO takes it.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// To whom.
    pub fiscal_code: String,
    /// The subject.
    pub subject: String,
    /// The text in Markdown, with front matter.
    pub markdown: String,
    /// By channels alone that nobody else reads.
    pub is_secure: bool,
    /// Until when something is to be done.
    pub due_at: Option<DateTime<Utc>>,
    /// What is to be paid.
    pub payment: Option<PaymentData>,
    /// Where the text is, when it is here.
    pub remote: Option<RemoteReference>,
    /// It is sent with the rights of a premium contract.
    pub is_premium: bool,
}

impl std::fmt::Debug for Message {
    /// Nothing of what it says, or to whom.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Message(…)")
    }
}

/// What is to be paid (dati del pagamento).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentData {
    /// How much, in cents.
    pub amount: u64,
    /// The number of the notice (numero avviso): 18 digits, the first of them 0 to 3.
    pub notice_number: String,
    /// It cannot be paid any more after the last day.
    pub is_void_after_due_date: bool,
}

impl PaymentData {
    /// The field that is wrong, and why.
    pub fn flaw(&self) -> Option<(&'static str, &'static str)> {
        let number = self.notice_number.as_bytes();
        let is_number = number.len() == 18
            && number.iter().all(u8::is_ascii_digit)
            && number.first().is_some_and(|first| *first <= b'3');
        if !(1..=9_999_999_999).contains(&self.amount) {
            return Some(("payment.amount", "give 1 to 9,999,999,999 cents"));
        }
        let message = "a notice number has 18 digits, the first of them 0 to 3";
        (!is_number).then_some(("payment.noticeNumber", message))
    }
}

/// Where the text of a message is, when it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteReference {
    /// Under which id IO asks for it.
    pub id: String,
    /// The configuration at IO, which says where.
    pub configuration: String,
    /// What is shown before it is opened.
    pub precondition: Precondition,
    /// Files come with it: for premium contracts alone.
    pub has_attachments: bool,
}

/// What IO says of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What became of it.
    pub standing: Standing,
    /// Whether it was read; of messages of premium contracts alone, and as their readers wish.
    pub is_read: Option<bool>,
    /// Whether what it asks for was paid; of messages of premium contracts alone.
    pub is_paid: Option<bool>,
}

/// What became of a message, as IO says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was taken in.
    Accepted,
    /// It is in the inbox of the citizen.
    Processed,
    /// The citizen cannot have it.
    Rejected,
    /// It waits, because there is too much.
    Throttled,
    /// It was lost.
    Failed,
}

/// Why a call did not do what it was to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problem)]
pub struct CallError {
    /// What follows from it.
    pub fault: CallFault,
    /// What IO says of it, without anything of people.
    pub problem: String,
}

/// What follows from a call that did not do what it was to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallFault {
    /// Too many calls: IO wants to be left alone for so long.
    Throttled(Duration),
    /// The key is not accepted; shortly after it was made that passes.
    Unauthorised,
    /// IO will not do it, however often it is asked.
    Refused,
    /// It did nothing, and may do it another time.
    Failed,
    /// Nobody knows whether it did it.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payments_are_those_that_io_takes() {
        let flaw = |amount, number: &str| {
            let payment = PaymentData {
                amount,
                notice_number: number.to_owned(),
                is_void_after_due_date: false,
            };
            payment.flaw().map(|(field, _)| field)
        };
        let number = "301234567890123456";
        assert_eq!(flaw(1, number), None);
        assert_eq!(flaw(9_999_999_999, number), None);
        assert_eq!(flaw(0, number), Some("payment.amount"));
        assert_eq!(flaw(10_000_000_000, number), Some("payment.amount"));
        for wrong in [
            "401234567890123456",
            "30123456789012345",
            "3012345678901234567",
            "30123456789012345a",
            "",
        ] {
            assert_eq!(flaw(1, wrong), Some("payment.noticeNumber"), "{wrong}");
        }
    }
}
