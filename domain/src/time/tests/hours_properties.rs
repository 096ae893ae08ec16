use chrono::{Days, TimeDelta};
use proptest::{collection::vec, option, prelude::*};

use super::{date, italian, json};
use crate::time::{
    ClosingCalendar, ClosingPeriod, HoursException, MonthDay, OpeningHours, TimeOfDay, TimeSpan,
    Weekday, WeeklyHours,
};

fn time() -> impl Strategy<Value = TimeOfDay> {
    (0u8..24, prop_oneof![Just(0u8), Just(30), 0u8..60])
        .prop_map(|(h, m)| TimeOfDay::new(h, m).unwrap())
}

fn span() -> impl Strategy<Value = TimeSpan> {
    let closes = prop_oneof![9 => time(), 1 => Just(TimeOfDay::END)];
    (time(), closes).prop_map(|(opens, closes)| TimeSpan { opens, closes })
}

/// A date close to one of the two changes of the clock in 2026, or Christmas.
fn day() -> impl Strategy<Value = chrono::NaiveDate> {
    let around = prop_oneof![Just("2026-03-25"), Just("2026-10-21"), Just("2026-12-20")];
    (around, 0u64..9).prop_map(|(around, days)| date(around) + Days::new(days))
}

fn weekly() -> impl Strategy<Value = WeeklyHours> {
    let days = proptest::sample::subsequence(Weekday::ALL.to_vec(), 1..=7);
    (
        days,
        span(),
        option::weighted(0.2, day()),
        option::weighted(0.2, day()),
        any::<bool>(),
    )
        .prop_map(
            |(days, span, valid_from, through, by_appointment)| WeeklyHours {
                days,
                opens: span.opens,
                closes: span.closes,
                valid_from,
                valid_through: through.max(valid_from).filter(|_| through.is_some()),
                by_appointment,
                note: Default::default(),
            },
        )
}

fn exception() -> impl Strategy<Value = HoursException> {
    (day(), option::of(0u64..4), vec(span(), 0..3)).prop_map(|(from, days, hours)| HoursException {
        from,
        through: days.map(|days| from + Days::new(days)),
        hours,
        reason: italian("Eccezione"),
    })
}

/// Hours that are valid: what would make them invalid is left out.
fn valid() -> impl Strategy<Value = OpeningHours> {
    (vec(weekly(), 0..6), vec(exception(), 0..3), any::<bool>()).prop_map(
        |(weekly, exceptions, open)| {
            let mut hours = OpeningHours {
                open_on_public_holidays: open,
                ..Default::default()
            };
            for entry in weekly {
                hours.weekly.push(entry);
                if hours.validate().is_err() {
                    hours.weekly.pop();
                }
            }
            for exception in exceptions {
                hours.exceptions.push(exception);
                if hours.validate().is_err() {
                    hours.exceptions.pop();
                }
            }
            hours
        },
    )
}

fn closings() -> impl Strategy<Value = ClosingCalendar> {
    (option::of(day()), option::of((day(), 0u64..4))).prop_map(|(saint, period)| ClosingCalendar {
        patron_saint: saint
            .and_then(|day| day.format("%m-%d").to_string().parse::<MonthDay>().ok()),
        patron_saint_name: italian("Santo"),
        closing_periods: period
            .map(|(from, days)| ClosingPeriod {
                from,
                through: from + Days::new(days),
                reason: italian("Ferie"),
            })
            .into_iter()
            .collect(),
    })
}

fn instant() -> impl Strategy<Value = chrono::DateTime<chrono::Utc>> {
    (day(), 0i64..24 * 60).prop_map(|(day, minutes)| {
        day.and_time(Default::default()).and_utc() + TimeDelta::minutes(minutes)
    })
}

proptest! {
    #[test]
    fn open_at_agrees_with_the_days(hours in valid(), closings in closings(), at in instant()) {
        let days = hours.days(at.date_naive() - Days::new(3), 6, &closings);
        let listed = days.iter().flat_map(|day| &day.intervals).any(|it| it.opens <= at && at < it.closes);
        let found = hours.open_at(at, &closings);
        prop_assert_eq!(found.is_some(), listed);
        if let Some(found) = found {
            prop_assert!(found.contains(at));
            prop_assert!(days.iter().any(|day| day.intervals.contains(&found)));
        }
    }

    #[test]
    fn the_next_opening_is_the_next(hours in valid(), closings in closings(), at in instant(), samples in vec(0.0f64..1.0, 8)) {
        let next = hours.next_opening(at, &closings);
        if let Some(next) = next {
            prop_assert!(next > at);
            let opened = hours.open_at(next.to_utc(), &closings);
            prop_assert!(opened.is_some());
            let listed = hours.day(next.date_naive(), &closings);
            prop_assert!(listed.intervals.iter().any(|it| it.opens == next));
        }
        // Until then nothing else opens; what is open was open already.
        let span = next.map_or(TimeDelta::days(400), |next| next.to_utc() - at);
        for sample in samples {
            let between = at + TimeDelta::seconds((span.num_seconds() as f64 * sample) as i64);
            if let Some(open) = hours.open_at(between, &closings) {
                prop_assert!(open.opens <= at);
            }
        }
    }

    #[test]
    fn intervals_are_ordered_and_apart(hours in valid(), closings in closings(), from in day()) {
        for schedule in hours.days(from, 9, &closings) {
            prop_assert!(schedule.intervals.iter().all(|it| it.opens < it.closes));
            prop_assert!(schedule.intervals.iter().all(|it| it.opens.date_naive() == schedule.date));
            prop_assert!(schedule.intervals.windows(2).all(|two| two[0].closes <= two[1].opens));
            prop_assert!(schedule.closed_reason.is_none() || schedule.intervals.is_empty());
        }
    }

    #[test]
    fn hours_survive_storage(hours in valid(), time in time()) {
        prop_assert_eq!(&json::<OpeningHours>(serde_json::to_value(&hours).unwrap()), &hours);
        prop_assert_eq!(time.to_string().parse(), Ok(time));
    }
}
