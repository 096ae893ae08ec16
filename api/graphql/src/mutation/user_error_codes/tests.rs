use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::*;
use crate::error::ErrorCode;

/// Texts in capitals that are no codes of errors, and the codes of publish reports that are not in the file of
/// the rules.
const OTHERS: [&str; 47] = [
    "ABCDEHLMPRST",
    "ANSWER_BY_TIMER",
    "CARGO_PKG_VERSION",
    "CAUTION",
    "DEFINITION_LABEL_MISSING",
    "EDDSA",
    "FINAL_STATE_MISSING",
    "FULL",
    "HTML",
    "INITIAL_STATE_FINAL",
    "IO_ADDRESS_INVALID",
    "IO_CONTACT_MISSING",
    "IO_DESCRIPTION_TOO_LONG",
    "IO_NAME_NAMES_BODY",
    "IO_NAME_NEEDLESS_WORD",
    "IO_NAME_TOO_LONG",
    "IO_NAME_UPPER_CASE",
    "IO_NAME_WORDY",
    "IO_PRIVACY_MISSING",
    "LINK_ARCHIVED",
    "LINK_DEAD",
    "LINK_DELETED",
    "LINK_NOT_PUBLISHED",
    "LMNPQRSTUV",
    "MOTO_SERVER",
    "NOTE",
    "NULL",
    "OFFICE_ADDRESS_MISSING",
    "OUTCOME_NOT_FINAL",
    "REASONS_NOT_REQUIRED",
    "REOPENING_WITHOUT_TERM",
    "RICH_TEXT_CASES",
    "RULE_IDLE",
    "RULE_MAY_NOT_TAKE",
    "RULE_WAITS_IN_FINAL_STATE",
    "SAML",
    "SCREAMING_SNAKE_CASE",
    "STATES_MISSING",
    "STATE_DEAD_END",
    "STATE_UNREACHABLE",
    "TIMER_WITHOUT_START",
    "TOPIC_NOT_IN_MODEL",
    "TRANSITION_ORIGIN_MISSING",
    "TRANSITION_TAKER_MISSING",
    "UNTIL",
    "UPDATE_ERRORS",
    "WARNING",
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        match path.is_dir() {
            true if name != "tests" => files(&path, found),
            false if name.ends_with(".rs") && name != "tests.rs" => found.push(path),
            _ => {}
        }
    }
}

/// The texts in capitals that the sources hold, this file and tests apart.
fn codes_of_the_sources() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["src", "../../domain/src"] {
        files(&root.join(folder), &mut found);
    }
    let mut codes = BTreeSet::new();
    let others = |path: &&PathBuf| !path.ends_with("user_error_codes.rs");
    for path in found.iter().filter(others) {
        let text = fs::read_to_string(path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        let parts: Vec<_> = text.split('"').collect();
        let texts = parts.windows(2).filter(|pair| {
            // Bytes, such as the names of the parts of a picture, are no texts.
            is_code(pair[1]) && !pair[0].ends_with('b')
        });
        codes.extend(texts.map(|pair| pair[1].to_owned()));
    }
    codes
}

fn is_code(text: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_uppercase() || letter == '_';
    text.len() > 3 && text.chars().all(fits) && !text.starts_with('_')
}

#[test]
fn every_code_of_the_sources_is_told_once_and_no_other() {
    let told: Vec<_> = USER_ERRORS.iter().map(|(code, _)| *code).collect();
    assert!(told.is_sorted(), "in the order of the alphabet");
    let unique: BTreeSet<_> = told.iter().copied().collect();
    assert_eq!(unique.len(), told.len());
    let requests: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    let sources = codes_of_the_sources();
    let untold: Vec<_> = sources
        .iter()
        .map(String::as_str)
        .filter(|code| !unique.contains(code) && !requests.contains(code))
        .filter(|code| !OTHERS.contains(code))
        .collect();
    assert!(untold.is_empty(), "not in the catalogue: {untold:?}");
    let unused: Vec<_> = unique
        .iter()
        .filter(|code| !sources.contains(**code))
        .collect();
    assert!(unused.is_empty(), "nobody says {unused:?}");
}
