//! Who may act for whom: a delegate for somebody who chose them, a parent for a child. Plain rules; the rows are in
//! `delegations.rs`.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::FiscalCode;

/// Of age (art. 2 c.c.).
const OF_AGE: Months = Months::new(18 * 12);

/// Why somebody may act for somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DelegationKind {
    /// They were chosen (delega).
    Delegation,
    /// They are a parent, or have the responsibility of one (responsabilità genitoriale).
    Parental,
}

impl DelegationKind {
    const ALL: [Self; 2] = [Self::Delegation, Self::Parental];

    /// What is stored of it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Delegation => "delegation",
            Self::Parental => "parental",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// The days on which somebody may act for somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The first day.
    pub from: NaiveDate,
    /// The last day; none when there is none.
    pub until: Option<NaiveDate>,
}

/// Why nobody is made a delegate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DelegationRefused {
    /// Everybody acts for themselves.
    #[error("nobody needs a delegation to act for themselves")]
    Oneself,
    /// No day would be left.
    #[error("the last day is before the first")]
    Order,
    /// Nobody guesses the century of a fiscal code.
    #[error("say when the child was born: the day must fit the fiscal code")]
    BirthDate,
    /// Parents act for children.
    #[error("who is eighteen acts for themselves: there is no parental responsibility any more")]
    OfAge,
}

impl DelegationRefused {
    /// The code by which programs know it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Oneself => "DELEGATION_TO_ONESELF",
            Self::Order => "END_BEFORE_START",
            Self::BirthDate => "BIRTH_DATE_WRONG",
            Self::OfAge => "OF_AGE",
        }
    }
}

impl Term {
    /// Whether this day is one of them.
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// The days on which a delegate may act as these two and this day say; that of a parent ends the day before the child
/// is of age, who was born on the day that a document says: the fiscal code does not tell the century.
///
/// # Errors
/// They are the same person, there are no such days, the day of birth is missing or wrong, or the child is of age.
pub fn delegation_term(
    kind: DelegationKind,
    (principal, delegate): (&FiscalCode, &FiscalCode),
    term: Term,
    born: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<Term, DelegationRefused> {
    if principal == delegate {
        return Err(DelegationRefused::Oneself);
    }
    if term.until.is_some_and(|until| until < term.from) {
        return Err(DelegationRefused::Order);
    }
    if kind == DelegationKind::Delegation {
        return Ok(term);
    }
    let born = born.filter(|born| *born <= today && principal.may_be_born_on(*born));
    let born = born.ok_or(DelegationRefused::BirthDate)?;
    let last = born
        .checked_add_months(OF_AGE)
        .and_then(|day| day.pred_opt())
        .ok_or(DelegationRefused::OfAge)?;
    match last < term.from.max(today) {
        true => Err(DelegationRefused::OfAge),
        false => Ok(Term {
            until: Some(term.until.map_or(last, |until| until.min(last))),
            ..term
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn code(text: &str) -> FiscalCode {
        text.parse().unwrap()
    }

    /// The last day on which somebody acts for who has this fiscal code.
    fn granted(
        kind: DelegationKind,
        principal: &str,
        (from, until): (&str, Option<&str>),
        born: Option<&str>,
    ) -> Result<Option<NaiveDate>, DelegationRefused> {
        let delegate = code("RSSMRA80A01H501U");
        let term = Term {
            from: day(from),
            until: until.map(day),
        };
        let people = (&code(principal), &delegate);
        let born = born.map(day);
        delegation_term(kind, people, term, born, day("2026-11-26")).map(|term| term.until)
    }

    #[test]
    fn parents_act_until_the_child_is_of_age_and_delegates_for_as_long_as_was_said() {
        use DelegationKind::{Delegation, Parental};
        // Born on 7 April 2014, a girl; and in 1985.
        let (child, grown) = ("BNCSFO14D47X999N", "BNCNNA85E52X999M");
        let parent = |term| granted(Parental, child, term, Some("2014-04-07"));
        let last = Some(day("2032-04-06"));
        assert_eq!(parent(("2026-11-26", None)), Ok(last));
        assert_eq!(parent(("2026-11-26", Some("2040-01-01"))), Ok(last));
        let sooner = parent(("2026-11-26", Some("2027-01-01")));
        assert_eq!(sooner, Ok(Some(day("2027-01-01"))));
        let too_late = parent(("2032-04-07", None));
        assert_eq!(too_late, Err(DelegationRefused::OfAge));
        let from = ("2026-11-26", None);
        let of_age = granted(Parental, grown, from, Some("1985-05-12"));
        assert_eq!(of_age, Err(DelegationRefused::OfAge));
        assert_eq!(granted(Delegation, grown, from, None), Ok(None));
        let order = granted(Delegation, grown, ("2026-11-26", Some("2026-11-25")), None);
        assert_eq!(order, Err(DelegationRefused::Order));
        let oneself = granted(Delegation, "RSSMRA80A01H501U", from, None);
        assert_eq!(oneself, Err(DelegationRefused::Oneself));
    }

    #[test]
    fn nobody_is_taken_for_a_child_who_is_a_hundred_years_older() {
        let parental = |born| {
            let from = ("2026-11-26", None);
            granted(DelegationKind::Parental, "BNCSFO20D47X999O", from, born)
        };
        let last = Some(day("2038-04-06"));
        assert_eq!(parental(Some("2020-04-07")), Ok(last));
        let old = parental(Some("1920-04-07"));
        assert_eq!(old, Err(DelegationRefused::OfAge));
        for wrong in [None, Some("2020-04-08"), Some("2120-04-07")] {
            assert_eq!(parental(wrong), Err(DelegationRefused::BirthDate));
        }
    }

    proptest! {
        #[test]
        fn a_term_holds_from_its_first_day_to_its_last(from in 0..1000i64, until in proptest::option::of(0..1000i64), on in -10..1010i64) {
            let at = |days| day("2026-01-01") + chrono::TimeDelta::days(days);
            let term = Term { from: at(from), until: until.map(at) };
            prop_assert_eq!(term.holds(at(on)), from <= on && until.is_none_or(|until| on <= until));
        }
    }
}
