//! The calls of one look at a sheet, and what is known of it after each.

use chrono::{DateTime, Utc};

use super::{
    AppIoSheet, SheetContent, SheetLifecycle as Lifecycle, SheetPublication as Publication,
    SheetResolution as Resolution, logo,
    port::{SheetAtIo, Sheets},
    sources::Making,
};
use crate::{
    media::TenantMedia,
    notifications::{
        ServiceKeys,
        port::{CallError, CallFault},
    },
};

/// One look at a sheet.
pub(super) struct Run<'a> {
    sheets: &'a dyn Sheets,
    key: &'a str,
    seen: Option<SheetAtIo>,
}

/// Why something was not done.
pub(super) enum Failure {
    /// A call did not do what it was to do.
    Call(CallError),
    /// The same, and what was made just now may not be known yet.
    Fresh(CallError),
    /// It is not to be done, for this reason.
    Refused(String),
}

impl Failure {
    pub(super) fn problem(&self) -> &str {
        match self {
            Self::Call(error) | Self::Fresh(error) => &error.problem,
            Self::Refused(problem) => problem,
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

type Done = Result<(), Failure>;

impl<'a> Run<'a> {
    pub(super) fn new(sheets: &'a dyn Sheets, key: &'a str) -> Self {
        Self {
            sheets,
            key,
            seen: None,
        }
    }

    /// Whether it is known how the sheet stands at IO.
    pub(super) fn is_seen(&self) -> bool {
        self.seen.is_some()
    }

    /// Some of the services of the body, from this place on: one that is called like the sheet, and where to go on.
    pub(super) async fn called_like(
        &self,
        content: &SheetContent,
        offset: usize,
    ) -> Result<(Option<SheetAtIo>, Option<usize>), Failure> {
        let (part, total) = self.sheets.list(self.key, offset).await?;
        let end = offset + part.len();
        let has_more = !part.is_empty() && end < total;
        let found = part.into_iter().find(|one| {
            one.lifecycle != Lifecycle::Deleted && content.is_called_like(&one.content)
        });
        Ok((found, has_more.then_some(end)))
    }

    /// Takes the service that was found.
    pub(super) fn adopt(
        &self,
        sheet: &mut AppIoSheet,
        found: SheetAtIo,
        others: &[AppIoSheet],
    ) -> Done {
        let is_taken = |other: &AppIoSheet| other.io_id.as_ref() == Some(&found.id);
        if others.iter().any(is_taken) {
            let problem = "another service of the municipality is called like this at IO, which would reject it";
            return Err(Failure::Refused(problem.to_owned()));
        }
        sheet.io_id = Some(found.id);
        Ok(())
    }

    /// Makes a service. IO makes another one each time: it is looked for before.
    pub(super) async fn create(&mut self, sheet: &mut AppIoSheet, making: &Making) -> Done {
        let made = self.sheets.create(self.key, &making.content).await?;
        sheet.io_id = Some(made.id.clone());
        sheet.hashes.sent = Some(making.wanted.hash.clone());
        self.stands(sheet, made);
        Ok(())
    }

    /// Asks how a sheet stands, and tells what others changed.
    pub(super) async fn look(
        &mut self,
        sheet: &mut AppIoSheet,
        making: Option<&Making>,
        now: DateTime<Utc>,
    ) -> Done {
        let id = sheet.io_id.clone().unwrap_or_default();
        let Some(found) = self.sheets.find(self.key, &id).await? else {
            sheet.lifecycle = Some(Lifecycle::Deleted);
            sheet.publication = None;
            return Err(Failure::Refused("IO has no such service".to_owned()));
        };
        let published = self.sheets.published(self.key, &id).await?;
        sheet.publication = published.as_ref().map(|(publication, _)| *publication);
        sheet.hashes.published = published.map(|(_, content)| content.hash());
        sheet.looked_at = Some(now);
        sheet.lifecycle = Some(found.lifecycle);
        sheet.reason = found.reason.clone();
        compare(sheet, &found.content, making);
        if found.lifecycle == Lifecycle::Approved {
            sheet.hashes.approved = Some(found.content.hash());
        }
        let is_changed =
            making.is_some_and(|making| sheet.hashes.sent.as_ref() != Some(&making.wanted.hash));
        sheet.is_pending =
            is_changed && found.lifecycle == Lifecycle::Submitted && !sheet.has_drifted();
        self.seen = Some(found);
        Ok(())
    }

    pub(super) async fn write(&mut self, sheet: &mut AppIoSheet, making: &Making) -> Done {
        let Some(before) = &self.seen else {
            return Ok(());
        };
        match self
            .sheets
            .update(self.key, before, &making.content)
            .await?
        {
            Some(written) => {
                sheet.hashes.sent = Some(making.wanted.hash.clone());
                self.stands(sheet, written);
            }
            None => self.is_under_review(sheet, true),
        }
        Ok(())
    }

    pub(super) async fn submit(&mut self, sheet: &mut AppIoSheet) -> Done {
        let id = sheet.io_id.clone().unwrap_or_default();
        let is_released = sheet.settings.is_released;
        self.sheets.submit(self.key, &id, is_released).await?;
        // Where it could not be, it is under review already.
        self.is_under_review(sheet, false);
        Ok(())
    }

    pub(super) async fn release(&mut self, sheet: &mut AppIoSheet) -> Done {
        let id = sheet.io_id.clone().unwrap_or_default();
        match self.sheets.release(self.key, &id).await? {
            true => {
                sheet.publication = Some(Publication::Published);
                sheet.hashes.published = sheet.hashes.approved.clone();
                Ok(())
            }
            false => Err(Failure::Refused(
                "IO has no approved version to release".to_owned(),
            )),
        }
    }

    pub(super) async fn unpublish(&mut self, sheet: &mut AppIoSheet) -> Done {
        let id = sheet.io_id.clone().unwrap_or_default();
        self.sheets.unpublish(self.key, &id).await?;
        sheet.publication = Some(Publication::Unpublished);
        Ok(())
    }

    pub(super) async fn keys(&self, id: &str) -> Result<ServiceKeys, Failure> {
        let asked = self.sheets.keys(self.key, id).await;
        asked.map_err(|error| match error.fault {
            CallFault::Unauthorised => Failure::Fresh(error),
            _ => Failure::Call(error),
        })
    }

    pub(super) async fn set_logo(
        &mut self,
        sheet: &mut AppIoSheet,
        making: &Making,
        media: &TenantMedia,
    ) -> Done {
        let Some(facts) = &making.logo else {
            return Ok(());
        };
        let png = logo::png(media, facts).await;
        let png = png.map_err(|error| Failure::Refused(error.to_string()))?;
        let id = sheet.io_id.clone().unwrap_or_default();
        match self.sheets.set_logo(self.key, &id, &png).await {
            Ok(()) => {
                sheet.hashes.logo = making.wanted.logo.clone();
                Ok(())
            }
            // IO does so for some seconds after it made a service.
            Err(error) if error.fault == CallFault::Unauthorised => Err(Failure::Fresh(error)),
            Err(error) => Err(Failure::Call(error)),
        }
    }

    /// It was written: what IO says that it keeps is what is compared from now on.
    fn stands(&mut self, sheet: &mut AppIoSheet, at_io: SheetAtIo) {
        sheet.hashes.standing = Some(at_io.content.hash());
        sheet.hashes.trying = None;
        sheet.lifecycle = Some(at_io.lifecycle);
        sheet.reason = at_io.reason.clone();
        (sheet.keeps_theirs, sheet.is_pending, sheet.looks) = (false, false, 0);
        self.seen = Some(at_io);
    }

    fn is_under_review(&mut self, sheet: &mut AppIoSheet, is_pending: bool) {
        sheet.lifecycle = Some(Lifecycle::Submitted);
        (sheet.reason, sheet.is_pending, sheet.looks) = (None, is_pending, 0);
    }
}

/// Tells what others changed from what we did, and does what was said of it.
fn compare(sheet: &mut AppIoSheet, theirs: &SheetContent, making: Option<&Making>) {
    let hash = theirs.hash();
    let ours = making.map(|making| &making.wanted.hash);
    let is_known = sheet.hashes.standing.as_ref() == Some(&hash);
    let was_tried = sheet.hashes.trying.as_ref() == Some(&hash);
    if is_known {
        sheet.drift = None;
    } else if was_tried || ours == Some(&hash) {
        // It is ours: the answer that it arrived was lost, or somebody wrote the same.
        sheet.hashes.sent = Some(hash.clone());
        sheet.hashes.standing = Some(hash);
        (sheet.drift, sheet.keeps_theirs) = (None, false);
    } else if ours.is_some() || sheet.hashes.standing.is_some() {
        sheet.drift = Some(theirs.clone());
    }
    sheet.hashes.trying = None;
    if sheet.drift.is_none() {
        sheet.resolution = None;
        return;
    }
    let Some(resolution) = sheet.resolution.take() else {
        return;
    };
    sheet.hashes.standing = Some(theirs.hash());
    sheet.drift = None;
    match resolution {
        Resolution::Ours => (sheet.hashes.sent, sheet.keeps_theirs) = (None, false),
        Resolution::Theirs => {
            sheet.hashes.sent = ours.cloned();
            sheet.keeps_theirs = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notifications::sheet::step::{Wanted, tests::sheet};

    fn content(name: &str) -> SheetContent {
        SheetContent {
            name: name.to_owned(),
            ..SheetContent::default()
        }
    }

    fn making(name: &str) -> Making {
        let content = content(name);
        Making {
            wanted: Wanted {
                hash: content.hash(),
                logo: None,
                keys: false,
            },
            content,
            logo: None,
        }
    }

    #[test]
    fn what_others_changed_is_told_from_what_we_did() {
        let mut stands = sheet();
        stands.hashes.standing = Some(content("Uno").hash());
        stands.hashes.sent = Some(content("Uno").hash());
        let seen = |change: &dyn Fn(&mut AppIoSheet), theirs: &str, ours: &str| {
            let mut sheet = stands.clone();
            change(&mut sheet);
            compare(&mut sheet, &content(theirs), Some(&making(ours)));
            sheet
        };
        assert!(!seen(&|_| {}, "Uno", "Uno").has_drifted());
        assert!(
            !seen(&|_| {}, "Uno", "Due").has_drifted(),
            "ours changed, theirs did not"
        );
        assert!(seen(&|_| {}, "Altro", "Uno").has_drifted());
        assert!(seen(&|_| {}, "Altro", "Due").has_drifted());
        // The answer to what was sent was lost.
        let tried = seen(
            &|sheet| sheet.hashes.trying = Some(content("Due").hash()),
            "Due",
            "Tre",
        );
        assert!(!tried.has_drifted() && tried.hashes.sent == Some(content("Due").hash()));
        let adopted = |sheet: &mut AppIoSheet| {
            (sheet.hashes.standing, sheet.hashes.sent) = (None, None);
        };
        assert!(seen(&adopted, "Altro", "Uno").has_drifted());
        assert!(!seen(&adopted, "Uno", "Uno").has_drifted());
    }

    #[test]
    fn what_others_changed_stays_or_is_written_over_as_it_was_said() {
        let resolved = |resolution| {
            let mut sheet = sheet();
            sheet.hashes.standing = Some(content("Uno").hash());
            sheet.resolution = Some(resolution);
            compare(&mut sheet, &content("Altro"), Some(&making("Uno")));
            assert!(!sheet.has_drifted() && sheet.resolution.is_none());
            assert_eq!(sheet.hashes.standing, Some(content("Altro").hash()));
            sheet
        };
        let ours = resolved(Resolution::Ours);
        assert!(ours.hashes.sent.is_none() && !ours.keeps_theirs);
        let theirs = resolved(Resolution::Theirs);
        assert!(theirs.hashes.sent == Some(content("Uno").hash()) && theirs.keeps_theirs);
    }
}
