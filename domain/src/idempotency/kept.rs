//! Answers that hold secrets, or are about citizens, as they are kept: encrypted.

use serde::{Deserialize, Serialize};

use super::Repeatable;
use crate::store::StoreError;

/// What is encrypted.
#[derive(Serialize, Deserialize)]
struct Kept {
    exact_fingerprint: String,
    answer: String,
}

/// What comes out of it.
pub(super) enum Opened {
    Answer(String),
    /// The answer to something else that was sent.
    OtherRequest,
    /// It was encrypted for another token, or with another secret.
    Unreadable,
}

impl Repeatable {
    /// The answer as it is kept when nobody may read it.
    pub(super) fn seal(&self, answer: &str) -> Result<String, StoreError> {
        let kept = Kept {
            exact_fingerprint: self.exact_fingerprint.clone(),
            answer: answer.to_owned(),
        };
        let failed = |reason: &dyn ToString| StoreError::corrupt("an answer", reason.to_string());
        let kept = serde_json::to_vec(&kept).map_err(|error| failed(&error))?;
        let sealed = self.vault.seal(&self.place(), &kept);
        sealed.map_err(|error| failed(&error))
    }

    /// Reads an answer that was kept so.
    pub(super) fn open(&self, sealed: &str) -> Opened {
        let kept = self.vault.open(&self.place(), sealed).ok();
        match kept.and_then(|kept| serde_json::from_slice::<Kept>(&kept).ok()) {
            None => Opened::Unreadable,
            Some(kept) if kept.exact_fingerprint == self.exact_fingerprint => {
                Opened::Answer(kept.answer)
            }
            Some(_) => Opened::OtherRequest,
        }
    }

    /// Where it is kept: an answer is not put in the place of another.
    fn place(&self) -> String {
        format!("idempotency {} {}", self.caller, self.key.as_str())
    }
}
