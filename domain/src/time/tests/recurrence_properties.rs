use chrono::{DateTime, Datelike, TimeDelta, Utc};
use proptest::{collection::vec, option, prelude::*};

use super::{date, json, recurring};
use crate::time::{EventSchedule, LocalDateTime, Occurrence, Recurrence};

fn moment() -> impl Strategy<Value = LocalDateTime> {
    (0i64..6 * 365 * 24 * 4).prop_map(|quarters| {
        LocalDateTime::from(
            date("2023-01-01").and_time(Default::default()) + TimeDelta::minutes(15 * quarters),
        )
    })
}

fn occurrence() -> impl Strategy<Value = Occurrence> {
    (moment(), option::of(0i64..300), any::<bool>()).prop_map(|(starts_at, quarters, all_day)| {
        Occurrence {
            starts_at,
            ends_at: quarters.map(|quarters| {
                LocalDateTime::from(starts_at.naive() + TimeDelta::minutes(15 * quarters))
            }),
            all_day,
        }
    })
}

/// Rules without an end of their own.
fn rule() -> impl Strategy<Value = String> {
    let kind = prop_oneof![
        Just("FREQ=DAILY"),
        Just("FREQ=DAILY;BYHOUR=2,9;BYMINUTE=15,30"),
        Just("FREQ=DAILY;BYDAY=SA,SU"),
        Just("FREQ=WEEKLY"),
        Just("FREQ=WEEKLY;BYDAY=MO,SA,SU"),
        Just("FREQ=WEEKLY;WKST=SU;BYDAY=SU,TH"),
        Just("FREQ=WEEKLY;BYDAY=MO,TU,FR;BYSETPOS=-1"),
        Just("FREQ=WEEKLY;BYDAY=MO,TU,FR;BYSETPOS=1"),
        Just("FREQ=MONTHLY"),
        Just("FREQ=MONTHLY;BYMONTHDAY=-1"),
        Just("FREQ=MONTHLY;BYMONTHDAY=31"),
        Just("FREQ=MONTHLY;BYDAY=2SA,-1SU"),
        Just("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
        Just("FREQ=YEARLY"),
        Just("FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU"),
        Just("FREQ=YEARLY;BYYEARDAY=1,-1"),
        Just("FREQ=YEARLY;BYWEEKNO=1,53"),
        Just("FREQ=YEARLY;BYWEEKNO=13,43;BYDAY=SA,SU"),
    ];
    (kind, 1u8..5).prop_map(|(kind, interval)| format!("{kind};INTERVAL={interval}"))
}

fn recurrence() -> impl Strategy<Value = Recurrence> {
    let end = prop_oneof![
        Just(""),
        Just(";COUNT=20"),
        Just(";UNTIL=20290101"),
        Just(";UNTIL=20291025T003000Z")
    ];
    (rule(), end, vec(moment(), 0..3)).prop_map(|(rule, end, except)| Recurrence {
        rule: rule + end,
        except: except.into_iter().map(LocalDateTime::date).collect(),
    })
}

fn schedule() -> impl Strategy<Value = EventSchedule> {
    (vec(occurrence(), 1..4), option::of(recurrence())).prop_map(|(occurrences, recurrence)| {
        EventSchedule {
            occurrences,
            recurrence,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn windows_compose(schedule in schedule(), times in [moment(), moment(), moment()]) {
        let mut times = times.map(LocalDateTime::to_utc);
        times.sort();
        let [a, b, c] = times;
        let whole = schedule.expand(a, c, usize::MAX);
        let mut parts = schedule.expand(a, b, usize::MAX);
        parts.extend(schedule.expand(b, c, usize::MAX));
        parts.sort();
        parts.dedup();
        prop_assert_eq!(&whole, &parts);
        prop_assert!(whole.windows(2).all(|two| two[0] < two[1]));
        let few = schedule.expand(a, c, 5);
        prop_assert_eq!(&few[..], &whole[..whole.len().min(5)]);
    }

    #[test]
    fn a_later_start_gives_the_same_dates(first in occurrence(), rule in rule(), days in 0i64..2000) {
        // A rule with COUNT is calculated from its beginning; one without is not.
        let with = |rule: String| EventSchedule { occurrences: vec![first.clone()], recurrence: Some(Recurrence { rule, except: vec![] }) };
        let from = first.starts_at.to_utc() + TimeDelta::days(days);
        let until = from + TimeDelta::days(400);
        let counted = with(format!("{rule};COUNT=10000"));
        prop_assert_eq!(with(rule).expand(from, until, usize::MAX), counted.expand(from, until, usize::MAX));
    }

    #[test]
    fn daily_and_weekly_rules_agree_with_counting_days(start in moment(), interval in 1i64..9, weekly in any::<bool>(), days in 0i64..900) {
        let freq = if weekly { "WEEKLY" } else { "DAILY" };
        let schedule = recurring(&start.to_string(), &format!("FREQ={freq};INTERVAL={interval}"));
        let (from, until) = (start.to_utc() + TimeDelta::days(days), start.to_utc() + TimeDelta::days(days + 60));
        let step = if weekly { 7 * interval } else { interval };
        let expected: Vec<_> = (0..=1000 / step)
            .map(|n| LocalDateTime::from(start.naive() + TimeDelta::days(n * step)).to_utc())
            .filter(|at| (from..until).contains(at))
            .collect();
        let found: Vec<_> = schedule.expand(from, until, usize::MAX).iter().map(|it| it.starts_at).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn the_last_end_is_the_last(schedule in schedule()) {
        let all = |year| {
            let until = date(year).and_time(Default::default()).and_utc();
            schedule.expand(DateTime::<Utc>::MIN_UTC, until, usize::MAX)
        };
        match schedule.last_end() {
            Some(last) => prop_assert_eq!(all("2200-01-01").iter().map(|it| it.ends_at).max(), Some(last)),
            None => prop_assert!(all("2080-01-01").last().is_none_or(|it| it.starts_at.year() > 2050)),
        }
    }

    #[test]
    fn schedules_survive_storage(schedule in schedule(), at in moment()) {
        prop_assert_eq!(&json::<EventSchedule>(serde_json::to_value(&schedule).unwrap()), &schedule);
        prop_assert_eq!(at.to_string().parse(), Ok(at));
    }
}
