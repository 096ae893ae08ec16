//! `municipio read-document`, by which the server has documents read: within limits of its own.

use municipio_tests::media::document;
use serde_json::Value;

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
