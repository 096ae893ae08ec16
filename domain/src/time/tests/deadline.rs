//! Deadlines: the worked examples of `docs/deadlines.md`, and what holds for all of them.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use proptest::prelude::*;

use super::super::{
    ClosingCalendar, Deadline, DeadlineRule, Pause, PauseKind, PauseRefused, Standing, TermLength,
    end_of_day, legal_day,
};

const PAGE: &str = include_str!("../../../../docs/deadlines.md");

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day + Days::new(days)
}

/// «30 days», «2 working days, Saturdays free», «6 months, ends on a working day».
fn rule(text: &str) -> DeadlineRule {
    let mut parts = text.split(", ");
    let (number, unit) = parts.next().unwrap().split_once(' ').unwrap();
    let number = number.parse().unwrap();
    let mut rule = DeadlineRule {
        length: match unit {
            "days" => TermLength::Days(number),
            "working days" => TermLength::WorkingDays(number),
            "months" => TermLength::Months(number),
            other => panic!("{other}"),
        },
        ..DeadlineRule::default()
    };
    for part in parts {
        match part {
            "ends on a working day" => rule.ends_on_working_day = true,
            "Saturdays free" => rule.saturday_is_holiday = true,
            other => panic!("{other}"),
        }
    }
    rule
}

/// «suspended 2026-01-20, resumed 2026-02-03».
fn happens(deadline: &mut Deadline, text: &str, calendar: &ClosingCalendar) {
    for event in text.split(", ").filter(|event| !event.is_empty()) {
        let (what, day) = event.rsplit_once(' ').unwrap();
        let day = date(day);
        match what {
            "suspended" => deadline.pause(PauseKind::Suspension, day, calendar),
            "rejection announced" => deadline.pause(PauseKind::RejectionNotice, day, calendar),
            "interrupted" => deadline.pause(PauseKind::Interruption, day, calendar),
            "resumed" => deadline.resume(PauseKind::Suspension, day),
            "observations" => deadline.resume(PauseKind::RejectionNotice, day),
            "completed" => deadline.resume(PauseKind::Interruption, day),
            other => panic!("{other}"),
        }
        .unwrap_or_else(|error| panic!("{event}: {error}"));
    }
}

#[test]
fn the_worked_examples_are_right() {
    let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| term");
    let mut examples = 0;
    let (_, page) = PAGE.split_once("## Examples").unwrap();
    for row in page.lines().filter(is_row) {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [term, start, what, patron, due, _why] = cells[..] else {
            panic!("{row}");
        };
        let calendar = ClosingCalendar {
            patron_saint: (!patron.is_empty()).then(|| patron.parse().unwrap()),
            ..ClosingCalendar::default()
        };
        let mut deadline = Deadline::new(rule(term), date(start));
        happens(&mut deadline, what, &calendar);
        let due = (due != "none yet").then(|| date(due));
        assert_eq!(deadline.due(&calendar), due, "{row}");
        examples += 1;
    }
    assert!(examples >= 20, "{examples} examples");
}

#[test]
fn a_term_stands_still_once_for_each_reason_and_not_when_it_is_over() {
    let calendar = ClosingCalendar::default();
    let mut deadline = Deadline::new(DeadlineRule::default(), date("2026-03-02"));
    let (suspension, notice) = (PauseKind::Suspension, PauseKind::RejectionNotice);
    let pause = |deadline: &mut Deadline, kind, day| deadline.pause(kind, date(day), &calendar);
    assert_eq!(
        deadline.resume(suspension, date("2026-03-05")),
        Err(PauseRefused::Running)
    );
    assert_eq!(
        pause(&mut deadline, suspension, "2026-03-01"),
        Err(PauseRefused::Earlier)
    );
    pause(&mut deadline, suspension, "2026-03-10").unwrap();
    let paused = Standing::Paused(suspension, Some(date("2026-05-01")));
    assert_eq!(deadline.on(date("2026-03-11"), &calendar), paused);
    assert_eq!(
        pause(&mut deadline, suspension, "2026-03-11"),
        Err(PauseRefused::Again)
    );
    assert_eq!(
        deadline.resume(suspension, date("2026-03-09")),
        Err(PauseRefused::Earlier)
    );
    deadline.resume(suspension, date("2026-03-20")).unwrap();
    assert_eq!(
        deadline.resume(suspension, date("2026-03-21")),
        Err(PauseRefused::Running)
    );
    assert_eq!(
        pause(&mut deadline, suspension, "2026-03-25"),
        Err(PauseRefused::Again)
    );
    let due = date("2026-04-11");
    assert_eq!(deadline.on(due, &calendar), Standing::Running(due));
    assert_eq!(deadline.on(after(due, 1), &calendar), Standing::Over(due));
    assert_eq!(
        pause(&mut deadline, notice, "2026-04-12"),
        Err(PauseRefused::Over)
    );
    pause(&mut deadline, notice, "2026-04-11").unwrap();
    assert_eq!(
        deadline.on(due, &calendar),
        Standing::Running(date("2026-04-21"))
    );
}

#[test]
fn what_happens_on_one_day_is_told_apart() {
    let calendar = ClosingCalendar::default();
    let (suspension, notice) = (PauseKind::Suspension, PauseKind::RejectionNotice);
    let mut deadline = Deadline::new(DeadlineRule::default(), date("2026-03-02"));
    let day = date("2026-03-10");
    deadline.pause(suspension, day, &calendar).unwrap();
    let observations = deadline.resume(notice, day);
    assert_eq!(observations, Err(PauseRefused::Running));
    deadline.resume(suspension, day).unwrap();
    deadline.pause(notice, day, &calendar).unwrap();
    deadline.resume(notice, day).unwrap();
    assert_eq!(deadline.due(&calendar), Some(date("2026-04-11")));
}

#[test]
fn what_begins_while_documents_are_waited_for_ends_that() {
    let calendar = ClosingCalendar::default();
    let mut suspended = Deadline::new(DeadlineRule::default(), date("2026-03-02"));
    let pause = |deadline: &mut Deadline, kind, day| deadline.pause(kind, date(day), &calendar);
    pause(&mut suspended, PauseKind::Suspension, "2026-03-10").unwrap();

    let mut announced = suspended.clone();
    pause(&mut announced, PauseKind::RejectionNotice, "2026-03-12").unwrap();
    let due = Some(date("2026-04-14"));
    assert_eq!(announced.due(&calendar), due, "two days, then eleven");
    let documents = announced.resume(PauseKind::Suspension, date("2026-03-13"));
    assert_eq!(documents, Err(PauseRefused::Running));

    let mut interrupted = suspended;
    pause(&mut interrupted, PauseKind::Interruption, "2026-03-12").unwrap();
    assert_eq!(interrupted.due(&calendar), None, "it begins anew");
    let notice = pause(&mut interrupted, PauseKind::RejectionNotice, "2026-03-13");
    assert_eq!(notice, Err(PauseRefused::Paused));
    let completed = interrupted.resume(PauseKind::Interruption, date("2026-03-20"));
    assert_eq!(completed, Ok(()));
    assert_eq!(interrupted.due(&calendar), Some(date("2026-04-19")));
}

#[test]
fn documents_that_are_asked_for_during_a_notice_hold_the_term_beyond_it() {
    let calendar = ClosingCalendar::default();
    let mut deadline = Deadline::new(DeadlineRule::default(), date("2026-03-02"));
    let (suspension, notice) = (PauseKind::Suspension, PauseKind::RejectionNotice);
    deadline
        .pause(notice, date("2026-03-10"), &calendar)
        .unwrap();
    deadline.resume(notice, date("2026-03-12")).unwrap();
    deadline
        .pause(suspension, date("2026-03-13"), &calendar)
        .unwrap();
    deadline.resume(suspension, date("2026-03-15")).unwrap();
    // Within the twelve days of the notice.
    assert_eq!(deadline.due(&calendar), Some(date("2026-04-13")));
    let mut longer = deadline;
    longer.pauses[1].answered = Some(date("2026-03-25"));
    assert_eq!(longer.due(&calendar), Some(date("2026-04-16")));
}

#[test]
fn days_are_those_of_italy_at_both_changes_of_the_clock() {
    let moment = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    for (at, day) in [
        ("2026-01-31T22:59:59Z", "2026-01-31"),
        ("2026-01-31T23:00:00Z", "2026-02-01"),
        ("2026-07-31T21:59:59Z", "2026-07-31"),
        ("2026-07-31T22:00:00Z", "2026-08-01"),
        ("2026-03-28T23:00:00Z", "2026-03-29"),
        ("2026-10-24T22:00:00Z", "2026-10-25"),
    ] {
        assert_eq!(legal_day(moment(at)), date(day), "{at}");
    }
    // 29 March has 23 hours, 25 October 25.
    for (day, end) in [
        ("2026-03-28", "2026-03-28T23:00:00Z"),
        ("2026-03-29", "2026-03-29T22:00:00Z"),
        ("2026-10-24", "2026-10-24T22:00:00Z"),
        ("2026-10-25", "2026-10-25T23:00:00Z"),
    ] {
        assert_eq!(end_of_day(date(day)), Some(moment(end)), "{day}");
    }
    assert_eq!(end_of_day(NaiveDate::MAX), None);
}

#[test]
fn a_term_that_never_ends_does_not_fail() {
    let calendar = ClosingCalendar::default();
    let deadline = Deadline::new(rule("1200 months"), NaiveDate::MAX);
    assert_eq!(deadline.due(&calendar), None);
    assert_eq!(deadline.on(NaiveDate::MAX, &calendar), Standing::Endless);
}

fn day() -> impl Strategy<Value = NaiveDate> {
    (0..20_000u64).prop_map(|days| after(date("2000-01-01"), days))
}

fn length() -> impl Strategy<Value = TermLength> {
    prop_oneof![
        (0..400u16).prop_map(TermLength::Days),
        (0..120u16).prop_map(TermLength::WorkingDays),
        (0..13u16).prop_map(TermLength::Months),
    ]
}

fn rules() -> impl Strategy<Value = DeadlineRule> {
    let parts = (length(), any::<bool>(), any::<bool>());
    parts.prop_map(
        |(length, ends_on_working_day, saturday_is_holiday)| DeadlineRule {
            length,
            ends_on_working_day,
            saturday_is_holiday,
        },
    )
}

fn calendars() -> impl Strategy<Value = ClosingCalendar> {
    let patron = prop_oneof!["09-29", "06-24", "02-29"].prop_map(|day| day.parse().ok());
    patron.prop_map(|patron_saint| ClosingCalendar {
        patron_saint,
        ..ClosingCalendar::default()
    })
}

fn suspended(from: NaiveDate, days: u64) -> Pause {
    Pause {
        kind: PauseKind::Suspension,
        from,
        answered: Some(after(from, days)),
    }
}

proptest! {
    #[test]
    fn what_holds_a_term_up_never_brings_its_end_nearer(
        rule in rules(), start in day(), calendar in calendars(),
        kind in prop_oneof![Just(PauseKind::Suspension), Just(PauseKind::RejectionNotice), Just(PauseKind::Interruption)],
        begins in 0..200u64, takes in proptest::option::of(0..100u64),
    ) {
        let free = Deadline::new(rule, start);
        let mut held = free.clone();
        let from = after(start, begins);
        let answered = takes.map(|days| after(from, days));
        held.pauses.push(Pause { kind, from, answered });
        let (free, held) = (free.due(&calendar), held.due(&calendar));
        prop_assert!(held.is_none_or(|held| Some(held) >= free), "{free:?} {held:?}");
    }

    #[test]
    fn calendar_days_move_by_as_many_as_the_term_stood_still(
        days in 1..400u16, start in day(), first in 0..400u64, takes in 0..=30u64, pause in 0..400u64, more in 0..=30u64,
    ) {
        let calendar = ClosingCalendar::default();
        let rule = DeadlineRule { length: TermLength::Days(days), ..DeadlineRule::default() };
        let plain = after(start, days.into());
        let mut deadline = Deadline::new(rule, start);
        prop_assert_eq!(deadline.due(&calendar), Some(plain));
        let from = after(start, first);
        deadline.pauses.push(suspended(from, takes));
        let once = after(plain, if from <= plain { takes } else { 0 });
        prop_assert_eq!(deadline.due(&calendar), Some(once));
        // A second one, apart from the first.
        let from = after(from, takes + pause);
        deadline.pauses.push(suspended(from, more));
        let twice = after(once, if from <= once { more } else { 0 });
        prop_assert_eq!(deadline.due(&calendar), Some(twice));
        deadline.pauses.reverse();
        prop_assert_eq!(deadline.due(&calendar), Some(twice));
    }

    #[test]
    fn who_begins_later_ends_no_earlier(rule in rules(), start in day(), later in 1..60u64, calendar in calendars()) {
        let due = |start| Deadline::new(rule, start).due(&calendar);
        prop_assert!(due(start) <= due(after(start, later)));
        prop_assert!(due(start) >= Some(start));
    }

    #[test]
    fn a_shifted_end_is_the_first_working_day_from_the_plain_one(
        length in length(), start in day(), saturday_is_holiday in any::<bool>(), calendar in calendars(),
    ) {
        let plain = DeadlineRule { length, ends_on_working_day: false, saturday_is_holiday };
        let shifted = DeadlineRule { ends_on_working_day: true, ..plain };
        let due = |rule| Deadline::new(rule, start).due(&calendar).unwrap();
        let (plain, shifted) = (due(plain), due(shifted));
        let is_free = |day: NaiveDate| {
            let number = day.weekday().number_from_monday();
            number == 7 || number == 6 && saturday_is_holiday || calendar.public_holiday_on(day).is_some()
        };
        prop_assert!(!is_free(shifted));
        let before = plain.iter_days().take_while(|day| *day < shifted);
        prop_assert!(before.count() <= 6 && plain.iter_days().take_while(|day| *day < shifted).all(is_free));
    }

    #[test]
    fn an_interrupted_term_is_that_of_the_day_on_which_it_begins_anew(
        rule in rules(), start in day(), begins in 0..100u64, takes in 0..100u64, calendar in calendars(),
    ) {
        let from = after(start, begins);
        let anew = after(from, takes);
        let mut deadline = Deadline::new(rule, start);
        deadline.pauses.push(Pause { kind: PauseKind::Interruption, from, answered: None });
        prop_assert_eq!(deadline.due(&calendar), None);
        prop_assert_eq!(deadline.resume(PauseKind::Interruption, anew), Ok(()));
        prop_assert_eq!(deadline.due(&calendar), Deadline::new(rule, anew).due(&calendar));
    }

    #[test]
    fn a_suspension_ends_after_thirty_days_by_itself(start in day(), takes in 30..200u64) {
        let calendar = ClosingCalendar::default();
        let mut open = Deadline::new(DeadlineRule::default(), start);
        open.pause(PauseKind::Suspension, start, &calendar).unwrap();
        let mut answered = open.clone();
        answered.resume(PauseKind::Suspension, after(start, takes)).unwrap();
        prop_assert_eq!(open.due(&calendar), Some(after(start, 60)));
        prop_assert_eq!(answered.due(&calendar), open.due(&calendar));
    }
}
