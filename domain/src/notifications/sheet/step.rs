//! What is done next with a sheet. A plain decision: what stands here, what stands at IO, and what is to stand there.

use super::{SheetLifecycle as Lifecycle, SheetPublication as Publication, row::AppIoSheet};

/// What is done next with a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is looked for among the services of IO, and made when it is not there.
    Make,
    /// IO is asked how it stands.
    Look,
    /// It is written.
    Write,
    /// Its draft is submitted to review.
    Submit,
    /// Citizens are let see what was approved.
    Release,
    /// Citizens do not see it any more.
    Unpublish,
    /// It gets its picture.
    Logo,
    /// Its keys are fetched.
    Keys,
    /// Nothing, for the time being.
    Rest,
}

/// What is to stand at IO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The hash of the content.
    pub(super) hash: String,
    /// The hash of the picture.
    pub(super) logo: Option<String>,
    /// Its keys are to be fetched.
    pub(super) keys: bool,
}

/// What is done next. `wanted` is nothing while the service is not public; `is_seen` says whether IO was asked in this
/// run: nothing is ever changed there without that.
pub(super) fn next(sheet: &AppIoSheet, wanted: Option<&Wanted>, is_seen: bool, now: i64) -> Step {
    if sheet.io_id.is_none() {
        return wanted.map_or(Step::Rest, |_| Step::Make);
    }
    let is_changed = wanted.is_some_and(|wanted| sheet.hashes.sent.as_ref() != Some(&wanted.hash));
    let has_new_logo =
        wanted.is_some_and(|wanted| wanted.logo.is_some() && wanted.logo != sheet.hashes.logo);
    let has_no_keys = wanted.is_some_and(|wanted| wanted.keys);
    let is_shown = sheet.publication == Some(Publication::Published);
    if !is_seen {
        let is_due = sheet.look_key.is_none_or(|look| look <= now);
        let is_asked = sheet.resolution.is_some();
        let is_to_go = wanted.is_none() && is_shown;
        let is_to_come = wanted.is_some() && sheet.settings.is_released && sheet.is_release_due();
        let is_waiting = is_changed && !sheet.has_drifted() && !sheet.is_pending;
        let is_new = has_new_logo || has_no_keys;
        return match is_due || is_asked || is_to_go || is_to_come || is_waiting || is_new {
            true => Step::Look,
            false => Step::Rest,
        };
    }
    if sheet.lifecycle == Some(Lifecycle::Deleted) {
        return Step::Rest;
    }
    if wanted.is_none() && is_shown {
        return Step::Unpublish;
    }
    if sheet.has_drifted() || wanted.is_none() {
        return Step::Rest;
    }
    match sheet.lifecycle {
        Some(Lifecycle::Draft | Lifecycle::Rejected | Lifecycle::Approved) if is_changed => {
            Step::Write
        }
        // What others wrote they submit.
        Some(Lifecycle::Draft) if !sheet.keeps_theirs => Step::Submit,
        _ if has_no_keys => Step::Keys,
        _ if has_new_logo => Step::Logo,
        _ if sheet.settings.is_released && sheet.is_release_due() => Step::Release,
        _ => Step::Rest,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        ids::{AppIoSheetId, ItemId},
        notifications::sheet::{SheetContent, SheetSettings, row::SheetHashes},
    };

    pub(in super::super) fn sheet() -> AppIoSheet {
        AppIoSheet {
            id: AppIoSheetId::generate(),
            item: ItemId::generate(),
            io_id: Some("01HMRBX079WA5SGYBQP1A7FSKH".to_owned()),
            settings: SheetSettings {
                is_released: true,
                ..SheetSettings::default()
            },
            lifecycle: Some(Lifecycle::Approved),
            reason: None,
            publication: Some(Publication::Published),
            is_pending: false,
            keeps_theirs: false,
            resolution: None,
            problem: None,
            looked_at: None,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            rendered: None,
            drift: None,
            hashes: SheetHashes {
                sent: Some("a".to_owned()),
                standing: Some("A".to_owned()),
                approved: Some("A".to_owned()),
                published: Some("A".to_owned()),
                ..SheetHashes::default()
            },
            failures: 0,
            looks: 0,
            due_key: Some(0),
            look_key: Some(1_000),
            touches: 0,
        }
    }

    fn wanted(hash: &str) -> Option<Wanted> {
        Some(Wanted {
            hash: hash.to_owned(),
            logo: None,
            keys: false,
        })
    }

    #[test]
    fn what_stands_as_it_should_is_left_alone_until_it_is_time_to_look() {
        let sheet = sheet();
        assert_eq!(next(&sheet, wanted("a").as_ref(), false, 999), Step::Rest);
        assert_eq!(next(&sheet, wanted("a").as_ref(), false, 1_000), Step::Look);
        assert_eq!(next(&sheet, wanted("a").as_ref(), true, 1_000), Step::Rest);
        assert_eq!(next(&sheet, wanted("b").as_ref(), false, 0), Step::Look);
        assert_eq!(next(&sheet, wanted("b").as_ref(), true, 0), Step::Write);
        assert_eq!(next(&sheet, None, false, 0), Step::Look);
        assert_eq!(next(&sheet, None, true, 0), Step::Unpublish);
    }

    #[test]
    fn what_was_approved_is_released_where_that_is_wanted() {
        let mut sheet = sheet();
        sheet.hashes.published = Some("before".to_owned());
        assert_eq!(next(&sheet, wanted("a").as_ref(), true, 0), Step::Release);
        sheet.settings.is_released = false;
        assert_eq!(next(&sheet, wanted("a").as_ref(), true, 0), Step::Rest);
    }

    fn states() -> impl Strategy<Value = Option<Lifecycle>> {
        prop::sample::select(vec![
            None,
            Some(Lifecycle::Draft),
            Some(Lifecycle::Submitted),
            Some(Lifecycle::Approved),
            Some(Lifecycle::Rejected),
            Some(Lifecycle::Deleted),
        ])
    }

    proptest! {
        /// Whatever is wanted: what is under review is not written, what others changed is not written over, nothing is
        /// written without looking, and what is not public here is never made, written or shown there.
        #[test]
        fn nothing_is_written_that_must_not_be(
            lifecycle in states(), flags in any::<[bool; 7]>(), hash in prop::option::of("[ab]"), now in 0..2_000_i64,
        ) {
            let [has_id, is_seen, is_drifted, is_pending, keeps_theirs, is_released, is_shown] = flags;
            let mut sheet = sheet();
            sheet.io_id = sheet.io_id.filter(|_| has_id);
            sheet.lifecycle = lifecycle;
            sheet.drift = is_drifted.then(SheetContent::default);
            sheet.is_pending = is_pending;
            sheet.keeps_theirs = keeps_theirs;
            sheet.settings.is_released = is_released;
            sheet.publication = is_shown.then_some(Publication::Published);
            let wanted = hash.and_then(|hash| wanted(&hash));
            let step = next(&sheet, wanted.as_ref(), is_seen, now);
            let changes = !matches!(step, Step::Look | Step::Rest | Step::Make);
            prop_assert!(is_seen || !changes, "{step:?}");
            if lifecycle == Some(Lifecycle::Submitted) || is_drifted {
                prop_assert!(!matches!(step, Step::Write | Step::Submit), "{step:?}");
            }
            if wanted.is_none() {
                prop_assert!(matches!(step, Step::Look | Step::Rest | Step::Unpublish), "{step:?}");
            }
            if lifecycle == Some(Lifecycle::Deleted) && has_id {
                prop_assert!(!changes, "{step:?}");
            }
            if step == Step::Release {
                prop_assert!(is_released && lifecycle == Some(Lifecycle::Approved));
            }
            if keeps_theirs {
                prop_assert!(step != Step::Submit);
            }
        }
    }
}
