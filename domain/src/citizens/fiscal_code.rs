//! The fiscal code of a person (codice fiscale): sixteen characters, of which the last one checks the others
//! (D.M. 23 December 1976). Where two people would have the same code, letters stand in place of digits (omocodia):
//! such a code is one of its own, and not another way to write the first. Bodies and companies have eleven digits
//! ([`crate::tenants::FiscalCode`]).

use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate};

/// The values of the characters in odd places, 0 to 9 and A to Z.
const ODD: [u8; 36] = [
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6,
    8, 12, 14, 16, 10, 22, 25, 24, 23,
];
/// The letters that stand for digits.
const DIGITS: &[u8; 10] = b"LMNPQRSTUV";
/// What is added to the day of birth of women.
const OF_WOMEN: u32 = 40;
/// The letters of the months.
pub(crate) const MONTHS: &[u8; 12] = b"ABCDEHLMPRST";

/// The fiscal code of a person, in capitals. It is never written to a log: `Debug` hides it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FiscalCode(String);

/// Text that is not the fiscal code of a person. It does not say what the text was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFiscalCode {
    /// Other characters than a fiscal code has.
    #[error("a fiscal code has sixteen characters, such as RSSMRA80A01H501U")]
    Shape,
    /// The last character does not check the others.
    #[error("the last character of the fiscal code does not fit the others: one of them is wrong")]
    CheckCharacter,
}

impl FiscalCode {
    /// The code, to be encrypted or hashed.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether somebody with this code may be born on this day. The code has two digits of the year: it does not tell a
    /// child from who is a hundred years older.
    pub fn may_be_born_on(&self, day: NaiveDate) -> bool {
        let bytes = self.0.as_bytes();
        let number = |index: usize| {
            let (tens, ones) = (digit(*bytes.get(index)?)?, digit(*bytes.get(index + 1)?)?);
            Some(u32::from(tens * 10 + ones))
        };
        let month = usize::try_from(day.month0()).ok();
        number(6) == Some(day.year().rem_euclid(100).unsigned_abs())
            && bytes.get(8) == month.and_then(|month| MONTHS.get(month))
            && number(9).map(|number| number % OF_WOMEN) == Some(day.day())
    }
}

impl FromStr for FiscalCode {
    type Err = InvalidFiscalCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code = text.trim().to_ascii_uppercase();
        match <&[u8; 16]>::try_from(code.as_bytes()) {
            Ok(bytes) if has_shape(bytes) => match is_checked(bytes) {
                true => Ok(Self(code)),
                false => Err(InvalidFiscalCode::CheckCharacter),
            },
            _ => Err(InvalidFiscalCode::Shape),
        }
    }
}

impl fmt::Debug for FiscalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FiscalCode(…)")
    }
}

/// Whether these are the characters of the fiscal code of a person, its last one included.
pub(crate) fn is_fiscal_code(code: &[u8]) -> bool {
    <&[u8; 16]>::try_from(code).is_ok_and(|code| has_shape(code) && is_checked(code))
}

/// The digit, or that for which the letter stands.
fn digit(byte: u8) -> Option<u8> {
    let letter = || DIGITS.iter().position(|letter| *letter == byte);
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        _ => letter().and_then(|digit| u8::try_from(digit).ok()),
    }
}

/// Letters, digits and the day of birth are where they belong.
fn has_shape(code: &[u8; 16]) -> bool {
    let digits = [6, 7, 9, 10, 12, 13, 14].map(|index| digit(code[index]));
    let letters = [0, 1, 2, 3, 4, 5, 11, 15];
    let day = match (digits[2], digits[3]) {
        (Some(tens), Some(ones)) => tens * 10 + ones,
        _ => return false,
    };
    letters
        .iter()
        .all(|index| code[*index].is_ascii_uppercase())
        && digits.iter().all(Option::is_some)
        && MONTHS.contains(&code[8])
        && (matches!(day, 1..=31) || matches!(day, 41..=71))
}

fn is_checked(code: &[u8; 16]) -> bool {
    code[15] == check_character(&code[..15])
}

/// The letter that checks these characters.
pub(crate) fn check_character(code: &[u8]) -> u8 {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => byte - b'0',
        byte => byte.wrapping_sub(b'A'),
    };
    let sum: u32 = code
        .iter()
        .enumerate()
        .map(|(index, byte)| match index % 2 {
            0 => {
                let place = value(*byte) + if byte.is_ascii_digit() { 0 } else { 10 };
                ODD.get(usize::from(place))
                    .copied()
                    .unwrap_or_default()
                    .into()
            }
            _ => u32::from(value(*byte)),
        })
        .sum();
    b'A' + u8::try_from(sum % 26).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<String, InvalidFiscalCode> {
        text.parse::<FiscalCode>()
            .map(|code| code.reveal().to_owned())
    }

    #[test]
    fn codes_are_read_in_any_case_and_never_shown() {
        assert_eq!(read(" rssmra80a01h501u ").unwrap(), "RSSMRA80A01H501U");
        let code: FiscalCode = "RSSMRA80A01H501U".parse().unwrap();
        assert_eq!(format!("{code:?}"), "FiscalCode(…)");
        for wrong in [
            "",
            "RSSMRA80A01H501",
            "RSSMRA80A01H501UU",
            "01234567890",
            "RSSMRA80F01H501Z",
            "RSSMRA80A32H501U",
            "RSSMRA80A00H501U",
            "R5SMRA80A01H501U",
            "RSSMRA80A01H50ÀU",
        ] {
            assert_eq!(read(wrong), Err(InvalidFiscalCode::Shape), "{wrong}");
        }
        let error = read("RSSMRA80A01H501V").unwrap_err();
        assert_eq!(error, InvalidFiscalCode::CheckCharacter);
        assert!(!error.to_string().contains("RSSMRA80A01H501V"));
    }

    #[test]
    fn the_last_character_is_that_of_the_decree() {
        for code in [
            "RSSMRA80A01H501U",
            "MRTMTT91D08F205J",
            "MLLSNT82P65Z404U",
            "RSSMRA85T10A562S",
            // The same with letters in place of digits.
            "RSSMRA85T10A56NH",
            "RSSMRA80A01H50MM",
            "RSSMRAULALMHRLMD",
        ] {
            assert_eq!(read(code).as_deref(), Ok(code));
            let check = check_character(&code.as_bytes()[..15]);
            assert!(code.ends_with(char::from(check)), "{code}");
        }
    }

    #[test]
    fn a_day_of_birth_fits_the_code_or_not() {
        let code: FiscalCode = "BNCSFO20D47X999O".parse().unwrap();
        for (day, fits) in [
            ("2020-04-07", true),
            ("1920-04-07", true),
            ("2020-04-08", false),
            ("2020-05-07", false),
            ("2021-04-07", false),
        ] {
            assert_eq!(code.may_be_born_on(day.parse().unwrap()), fits, "{day}");
        }
        let with_letters: FiscalCode = "RSSMRAULALMHRLMD".parse().unwrap();
        assert!(with_letters.may_be_born_on("1980-01-01".parse().unwrap()));
    }

    /// The first fifteen characters of a code, some of its digits written as letters.
    fn beginning() -> impl Strategy<Value = String> {
        let parts = ("[A-Z]{6}", 0..100u8, 0..12usize, 1..32u8, any::<bool>());
        let rest = ("[A-Z]", 0..1000u16, any::<[bool; 7]>());
        (parts, rest).prop_map(
            |((names, year, month, day, woman), (place, number, letters))| {
                let day = day + if woman { 40 } else { 0 };
                let month = char::from(MONTHS[month]);
                let code = format!("{names}{year:02}{month}{day:02}{place}{number:03}");
                let mut code = code.into_bytes();
                for (index, _) in [6, 7, 9, 10, 12, 13, 14]
                    .iter()
                    .zip(letters)
                    .filter(|(_, is)| *is)
                {
                    code[*index] = DIGITS[usize::from(code[*index] - b'0')];
                }
                String::from_utf8(code).unwrap()
            },
        )
    }

    proptest! {
        #[test]
        fn one_last_character_is_right_whatever_stands_for_digits(beginning in beginning()) {
            let right: Vec<_> = (b'A'..=b'Z')
                .map(|last| format!("{beginning}{}", char::from(last)))
                .filter(|code| read(code).is_ok())
                .collect();
            prop_assert_eq!(right.len(), 1);
        }

        #[test]
        fn a_slip_of_the_pen_is_found(beginning in beginning(), index in 0..16usize, other in "[A-Z0-9]") {
            let check = char::from(check_character(beginning.as_bytes()));
            let code = format!("{beginning}{check}");
            let mut slip = code.clone();
            slip.replace_range(index..=index, &other);
            prop_assert_eq!(read(&code), Ok(code.clone()));
            prop_assert_eq!(read(&slip).is_ok(), slip == code);
        }

        #[test]
        fn nothing_makes_it_fail(text in "\\PC{0,20}") {
            let _ = read(&text);
        }
    }
}
