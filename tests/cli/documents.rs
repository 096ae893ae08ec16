//! `municipio read-document` and `work-on-picture`, by which the server has done what no library bounds: within limits
//! of their own.

use municipio_tests::media::{document, progressive};
use serde_json::{Value, json};

use crate::program::{Folder, Outcome};

fn read(content: Vec<u8>) -> Outcome {
    let process = Folder::bare().start_with_input(&["read-document"], document(content));
    process.finish()
}

fn lines(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_document_is_read_with_its_text() {
    let outcome = read(b"BT /F1 12 Tf (Modulo) Tj ET".to_vec());
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let known = lines(&outcome);
    assert_eq!((known.len(), &known[0]["text"]), (2, &Value::Null));
    assert_eq!(
        (&known[1]["facts"]["pages"], &known[1]["text"]),
        (&1.into(), &"Modulo".into())
    );
}

#[test]
fn a_document_that_becomes_gigabytes_ends_its_reader_alone() {
    let outcome = read(b"q ".repeat(15_000_000));
    // The system gave it no more memory; what it had said before stands.
    assert_ne!(outcome.code, Some(0));
    let known = lines(&outcome);
    assert_eq!((known.len(), &known[0]["facts"]["pages"]), (1, &1.into()));
}

/// What becomes of a picture of 4,000 x 4,000 pixels when pictures may have so many.
fn look(pixels: u64) -> Outcome {
    let limits = json!({ "pixels": pixels, "bytes": 1_000_000, "frames": 1 });
    let order = json!({ "kind": "Jpeg", "limits": limits, "variant": null });
    let order = format!("{order}\n").into_bytes();
    let input = [order, progressive(4_000, 4_000, 20)].concat();
    let process = Folder::bare().start_with_input(&["work-on-picture"], input);
    process.finish()
}

#[test]
fn a_picture_is_worked_on_within_limits() {
    let outcome = look(16_000_000);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let seen = &lines(&outcome)[0]["Ok"];
    assert_eq!(seen["size"], json!([4_000, 4_000]), "{seen}");
    let refused = lines(&look(15_999_999));
    assert!(refused[0]["Err"].is_string(), "{refused:?}");
}
