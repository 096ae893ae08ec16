//! Files of a case that come with a message: IO fetches them when the citizen opens them, each time.
//!
//! What IO asks of them is looked at when they are attached, by what is known of them since they were taken in: that they
//! begin as a PDF and that their metadata say PDF/A-2a. Whether they keep to it is not looked at.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{NotificationError, NotificationRefusal};
use crate::{
    cases::{Case, files_of},
    citizens::CitizenKeys,
    media::{ContentHash, SealedFile},
    store::Transaction,
};

/// The most files of a message.
pub const MOST_ATTACHMENTS: usize = 10;
/// The most bytes of one: IO says no number, and an app waits for it.
const LARGEST: u64 = 10 * 1024 * 1024;
/// The longest name, as IO shows it.
const LONGEST_NAME: usize = 127;
/// The level of PDF/A that IO asks for.
const LEVEL: &str = "2A";

/// A file of a case, by the number of the event that it came with, and its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReference {
    /// The number of the event.
    pub event: i64,
    /// SHA-256 of its bytes.
    pub sha256: ContentHash,
}

/// A file that comes with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// Under which name IO asks for it: it says nothing.
    pub id: Uuid,
    /// The file.
    pub file: SealedFile,
}

impl Attachment {
    /// The segment of its address.
    pub fn segment(&self) -> String {
        self.id.simple().to_string()
    }
}

/// The files of a case that are to come with a message.
///
/// # Errors
/// One of them is not there, or IO would not show it; or the database failed.
pub async fn attachments(
    transaction: &Transaction,
    keys: &CitizenKeys,
    case: &Case,
    wanted: &[FileReference],
) -> Result<Vec<Attachment>, NotificationError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    if wanted.len() > MOST_ATTACHMENTS {
        let message = format!("at most {MOST_ATTACHMENTS} files come with a message");
        return Err(NotificationRefusal::Attachment(0, message).into());
    }
    let events = wanted.iter().map(|wanted| wanted.event);
    let known = files_of(transaction, keys, case, events).await?;
    let mut attached: Vec<Attachment> = Vec::new();
    for (index, wanted) in wanted.iter().enumerate() {
        let refuse = |message: &str| NotificationRefusal::Attachment(index, message.to_owned());
        let found = known
            .iter()
            .find(|(event, file)| *event == wanted.event && file.sha256 == wanted.sha256);
        let (_, file) = found.ok_or_else(|| refuse("there is no such file in the case"))?;
        if let Some(flaw) = flaw(file) {
            return Err(refuse(&flaw).into());
        }
        if attached.iter().any(|other| other.file.id == file.id) {
            return Err(refuse("the file is named twice").into());
        }
        attached.push(Attachment {
            id: Uuid::new_v4(),
            file: file.clone(),
        });
    }
    Ok(attached)
}

/// Those of these files that IO shows, as they come with a message of which nobody said so one by one.
pub(super) fn those_shown(files: &[SealedFile]) -> Vec<Attachment> {
    let shown = files.iter().filter(|file| flaw(file).is_none());
    let attached = shown.take(MOST_ATTACHMENTS).map(|file| Attachment {
        id: Uuid::new_v4(),
        file: file.clone(),
    });
    attached.collect()
}

/// Why IO would not show a file.
fn flaw(file: &SealedFile) -> Option<String> {
    if file.media_type != "application/pdf" {
        return Some("IO shows PDF alone".to_owned());
    }
    if file.size > LARGEST {
        return Some("a file that comes with a message has at most 10 MiB".to_owned());
    }
    let is_named = file.name.len() <= LONGEST_NAME && file.name.ends_with(".pdf");
    if !is_named || file.name.contains(char::is_control) {
        return Some("its name ends with .pdf and has at most 127 bytes".to_owned());
    }
    match file.pdf_a.as_deref() {
        Some(LEVEL) => None,
        Some(other) => Some(format!("IO asks for PDF/A-2a; the file says PDF/A-{other}")),
        None => Some(
            "IO asks for PDF/A-2a; the file does not say that it is, or came from a citizen"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(change: impl FnOnce(&mut SealedFile)) -> Option<String> {
        let mut file = SealedFile {
            id: Uuid::nil(),
            name: "provvedimento.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            size: LARGEST,
            sha256: "0".repeat(64).parse().unwrap(),
            pdf_a: Some("2A".to_owned()),
        };
        change(&mut file);
        flaw(&file)
    }

    #[test]
    fn what_io_does_not_show_is_refused() {
        assert_eq!(file(|_| {}), None);
        assert_eq!(
            file(|file| file.name = format!("{}.pdf", "x".repeat(123))),
            None
        );
        assert!(file(|file| file.name = format!("{}.pdf", "x".repeat(124))).is_some());
        assert!(file(|file| file.name = "provvedimento".to_owned()).is_some());
        assert!(file(|file| file.name = "a\u{7}.pdf".to_owned()).is_some());
        assert!(file(|file| file.size += 1).is_some());
        assert!(file(|file| file.media_type = "image/png".to_owned()).is_some());
        let level = file(|file| file.pdf_a = Some("2B".to_owned()));
        assert_eq!(
            level.as_deref(),
            Some("IO asks for PDF/A-2a; the file says PDF/A-2B")
        );
        assert!(file(|file| file.pdf_a = None).is_some());
    }
}
