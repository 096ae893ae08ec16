//! Personal data in texts: what looks like it and has the right check characters. Nothing inside a
//! longer word, a number or an address is taken for it.

use std::ops::Range;

use crate::citizens::is_fiscal_code;

/// The longest IBAN there may be (ISO 13616).
const LONGEST_IBAN: usize = 34;

/// Fiscal codes of persons, written together or in four groups.
pub(super) fn fiscal_codes(text: &str) -> Vec<Range<usize>> {
    let words = words(text);
    let one = words.iter().filter(|word| word.len() == 16).cloned();
    let grouped = words.windows(4).filter_map(|words| {
        let lengths = words.iter().map(Range::len);
        let apart = words
            .windows(2)
            .all(|pair| &text[pair[0].end..pair[1].start] == " ");
        (lengths.eq([3, 3, 5, 5]) && apart).then(|| words[0].start..words[3].end)
    });
    let found = one.chain(grouped).filter(|range| {
        let code = text[range.clone()].bytes().filter(|byte| *byte != b' ');
        let code: Vec<_> = code.map(|byte| byte.to_ascii_uppercase()).collect();
        stands_alone(text, range) && is_fiscal_code(&code)
    });
    found.collect()
}

/// IBANs of any country, written together or in groups.
pub(super) fn ibans(text: &str) -> Vec<Range<usize>> {
    let words = words(text);
    let mut found = Vec::new();
    let mut next = 0;
    while let Some(first) = words.get(next) {
        next += 1;
        let begin = text[first.clone()].as_bytes();
        let begins = first.len() >= 4
            && begin[..2].iter().all(u8::is_ascii_alphabetic)
            && begin[2..4].iter().all(u8::is_ascii_digit);
        if !begins {
            continue;
        }
        let mut iban = String::new();
        for (index, word) in words.iter().enumerate().skip(next - 1) {
            if index >= next && &text[words[index - 1].end..word.start] != " " {
                break;
            }
            iban.push_str(&text[word.clone()]);
            if iban.len() > LONGEST_IBAN {
                break;
            }
            let range = first.start..word.end;
            if iban.to_ascii_uppercase().parse::<iban::Iban>().is_ok() && stands_alone(text, &range)
            {
                found.push(range);
                next = index + 1;
                break;
            }
        }
    }
    found
}

/// Italian mobile numbers: 3 and nine digits of a range that is given out for telephones, with or
/// without the prefix of the country, together or in the groups in which people write them.
pub(super) fn mobiles(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut place = 0;
    while let Some(start) = bytes[place..]
        .iter()
        .position(|byte| byte.is_ascii_digit() || *byte == b'+')
    {
        let start = place + start;
        let end = end_of_number(bytes, start);
        place = end.max(start + 1);
        let range = start..end;
        if is_mobile(&text[range.clone()]) && stands_alone(text, &range) {
            found.push(range);
        }
    }
    found
}

/// The end of a run of digits with single separators between them.
fn end_of_number(bytes: &[u8], start: usize) -> usize {
    let mut end = start + 1;
    loop {
        match (bytes.get(end), bytes.get(end + 1)) {
            (Some(byte), _) if byte.is_ascii_digit() => end += 1,
            (Some(b' ' | b'.' | b'-' | b'/'), Some(next)) if next.is_ascii_digit() => end += 2,
            _ => return end,
        }
    }
}

fn is_mobile(number: &str) -> bool {
    let (number, has_prefix) = ["+39", "0039"]
        .iter()
        .find_map(|prefix| number.strip_prefix(prefix))
        .map_or((number, false), |number| (number.trim_start(), true));
    let groups: Vec<_> = number.split([' ', '.', '-', '/']).map(str::len).collect();
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    // 10 digits in a date, a protocol number or an amount stand in other groups.
    let written = match groups.as_slice() {
        [10] => true,
        [3, rest @ ..] => rest.iter().all(|group| *group >= 2) && rest.iter().sum::<usize>() == 7,
        _ => false,
    };
    let range = digits.get(..2).unwrap_or_default();
    let is_given_out = matches!(range, "32" | "33" | "34" | "35" | "36" | "37" | "38" | "39");
    written
        && is_given_out
        && digits.len() == 10
        && (has_prefix || !number.contains('/') || groups.len() == 2)
}

/// Runs of ASCII letters and digits.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    for (index, _) in text
        .bytes()
        .enumerate()
        .filter(|(_, byte)| byte.is_ascii_alphanumeric())
    {
        match words.last_mut() {
            Some(word) if word.end == index => word.end += 1,
            _ => words.push(index..index + 1),
        }
    }
    words
}

/// Nothing hangs on it that would make it a part of something else: a letter, a digit, or what binds
/// the parts of addresses and file names.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let binds = |next: char| next.is_alphanumeric() || "/=_-&?#@%\\".contains(next);
    let before = text[..range.start].chars().next_back();
    let after = text[range.end..].chars().next();
    !before.is_some_and(binds) && !after.is_some_and(binds)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::citizens::{MONTHS, check_character};

    fn texts(find: fn(&str) -> Vec<Range<usize>>, text: &str) -> Vec<&str> {
        find(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn fiscal_codes_are_found_by_their_check_character() {
        for (text, expected) in [
            (
                "C.F. RSSMRA80A01H501U, nato a Roma",
                vec!["RSSMRA80A01H501U"],
            ),
            ("(rssmra80a01h501u)", vec!["rssmra80a01h501u"]),
            ("C.F.RSS MRA 80A01 H501U.", vec!["RSS MRA 80A01 H501U"]),
            // A woman, and a code in which letters stand for digits.
            ("MRTMTT91D08F205J", vec!["MRTMTT91D08F205J"]),
            ("RSSMRA80A01H501V", vec![]),
            ("RSSMRA80A01H5O1U", vec![]),
            ("RSSMRA80F01H501Z", vec![]),
            ("XRSSMRA80A01H501U", vec![]),
            ("https://a.example/RSSMRA80A01H501U", vec![]),
            ("CF_RSSMRA80A01H501U.pdf", vec![]),
            (
                "Partita IVA 01234567890, CIG Z3A2B1C4D5, CUP E51B21003500001",
                vec![],
            ),
        ] {
            assert_eq!(texts(fiscal_codes, text), expected, "{text}");
        }
    }

    #[test]
    fn letters_stand_for_digits_where_two_would_have_the_same_code() {
        let code = b"RSSMRA80A01H50M";
        let mut whole = code.to_vec();
        whole.push(check_character(code));
        assert!(is_fiscal_code(&whole));
        assert!(fiscal_codes(&String::from_utf8(whole).unwrap()).len() == 1);
    }

    #[test]
    fn ibans_are_found_by_their_check_digits() {
        for (text, expected) in [
            (
                "IBAN: IT60X0542811101000000123456.",
                vec!["IT60X0542811101000000123456"],
            ),
            (
                "it60 x054 2811 1010 0000 0123 456 oppure",
                vec!["it60 x054 2811 1010 0000 0123 456"],
            ),
            ("IT 60 X 05428 11101 000000123456", vec![]),
            (
                "IT60 X 05428 11101 000000123456 intestato",
                vec!["IT60 X 05428 11101 000000123456"],
            ),
            ("DE89370400440532013000", vec!["DE89370400440532013000"]),
            ("IT61X0542811101000000123456", vec![]),
            ("/IT60X0542811101000000123456", vec![]),
            ("Prot. AB12 del 2026", vec![]),
            (
                "IT60X0542811101000000123456 e DE89370400440532013000",
                vec!["IT60X0542811101000000123456", "DE89370400440532013000"],
            ),
        ] {
            assert_eq!(texts(ibans, text), expected, "{text}");
        }
    }

    #[test]
    fn mobile_numbers_are_told_from_other_numbers() {
        for (text, expected) in [
            (
                "Chiamare 347 1234567 o 347.123.4567",
                vec!["347 1234567", "347.123.4567"],
            ),
            ("cell. +39 347 123 45 67;", vec!["+39 347 123 45 67"]),
            ("0039 3471234567", vec!["0039 3471234567"]),
            ("347/1234567", vec!["347/1234567"]),
            ("tel. 0467 123456, 06 12345678, 800 123456", vec![]),
            ("Prot. 3471234567890, P.IVA 34712345678", vec![]),
            ("€ 3.471.234.567,00 il 31.12.2026", vec![]),
            ("3111234567 e 3001234567", vec![]),
            ("pratica 2026/3471234567", vec![]),
            ("pratica 3471234567/2026", vec![]),
            ("https://wa.me/393471234567?n=3471234567", vec![]),
            (
                "D.Lgs. 33/2013, artt. 35 e 36; 347 articoli 1234567",
                vec![],
            ),
        ] {
            assert_eq!(texts(mobiles, text), expected, "{text}");
        }
    }

    fn fiscal_code() -> impl Strategy<Value = String> {
        let parts = (
            "[A-Z]{6}",
            0..100u8,
            0..12usize,
            1..32u8,
            any::<bool>(),
            "[A-Z]",
            0..1000u16,
        );
        parts.prop_map(|(names, year, month, day, woman, place, number)| {
            let day = day + if woman { 40 } else { 0 };
            let month = char::from(MONTHS[month]);
            let code = format!("{names}{year:02}{month}{day:02}{place}{number:03}");
            let check = char::from(check_character(code.as_bytes()));
            format!("{code}{check}")
        })
    }

    proptest! {
        #[test]
        fn every_fiscal_code_is_found_and_none_with_a_wrong_end(
            code in fiscal_code(),
            before in "[ (:;«]{0,2}",
            after in "[ ).,»]{0,2}",
            other in b'A'..=b'Z',
        ) {
            let text = format!("{before}{code}{after}");
            prop_assert_eq!(texts(fiscal_codes, &text), vec![code.as_str()]);
            let wrong = format!("{}{}", &code[..15], char::from(other));
            prop_assert_eq!(fiscal_codes(&wrong).is_empty(), wrong != code);
        }

        #[test]
        fn every_way_to_write_a_mobile_number_is_found(
            range in 32..40u8, rest in 0..100_000_000u32, separator in "[ .-]", prefix in "(\\+39 ?|0039 ?|)",
        ) {
            let digits = format!("{range}{rest:08}");
            let (a, b, c) = (&digits[..3], &digits[3..6], &digits[6..]);
            for number in [digits.clone(), format!("{a}{separator}{b}{c}"), format!("{a}{separator}{b}{separator}{c}")] {
                let number = format!("{prefix}{number}");
                let text = format!("Tel: {number}, Ada");
                prop_assert_eq!(texts(mobiles, &text), vec![number.as_str()]);
            }
        }

        #[test]
        fn any_text_is_read_to_its_end(text in ".{0,300}", noise in "[0-9A-Z /.+-]{0,80}") {
            for text in [&text, &noise] {
                for find in [fiscal_codes, ibans, mobiles] {
                    let mut end = 0;
                    for range in find(text) {
                        prop_assert!(range.start >= end && text.get(range.clone()).is_some());
                        end = range.end;
                    }
                }
            }
        }
    }
}
