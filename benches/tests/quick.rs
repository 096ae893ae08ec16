//! The bench works: every operation has an answer, every table has its rows. How fast anything is
//! does not matter here.
#![allow(clippy::unwrap_used)]

use std::process::Command;

/// Runs a bench at tiny sizes, with the copy of the program inside it; gives what it prints.
fn run(bench: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_municipio-bench"));
    command.args([bench, "--quick", "--program", "self"]);
    command.env_remove("BENCH_POSTGRES_URL");
    match std::env::var_os("TEST_POSTGRES_URL") {
        Some(url) => {
            command.env("BENCH_POSTGRES_URL", url);
        }
        None => {
            eprintln!("NOT RUN on PostgreSQL: TEST_POSTGRES_URL is not set; scripts/test sets it")
        }
    }
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// The rows of all tables, but not their heads.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let lines: Vec<_> = text.lines().collect();
    let mut rows = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let is_head = lines
            .get(index + 1)
            .is_some_and(|next| next.starts_with("|---"));
        if line.starts_with("| ") && !is_head {
            let cells = line.trim_matches('|').split('|').map(str::trim);
            rows.push(cells.collect());
        }
    }
    rows
}

fn engines() -> usize {
    1 + usize::from(std::env::var_os("TEST_POSTGRES_URL").is_some())
}

#[test]
fn what_editors_do_is_measured() {
    let text = run("editing");
    let rows = rows(&text);
    for (name, cells) in [
        ("sign in", 9),
        ("create a news item and publish", 9),
        ("an API key", 4),
    ] {
        let found = rows
            .iter()
            .filter(|row| row[0].starts_with(name) && row.len() == cells);
        assert_eq!(found.count(), engines(), "{name}: {text}");
    }
}

#[test]
fn operations_are_measured() {
    let text = run("operations");
    let rows = rows(&text);
    let lists: Vec<_> = rows
        .iter()
        .filter(|row| row[0] == "list of 20 services")
        .collect();
    assert_eq!(lists.len(), engines(), "{text}");
    let statements: u32 = lists[0][2].parse().unwrap();
    assert!((1..=4).contains(&statements), "{text}");
    let sheets = rows
        .iter()
        .filter(|row| row[0].starts_with("service sheet"));
    assert_eq!(sheets.count(), engines(), "{text}");
    let limits = rows.iter().filter(|row| row[0] == "hand-written statement");
    assert_eq!(limits.count(), engines() - 1, "{text}");
    assert!(rows.iter().any(|row| row[0] == "SQLite"), "{text}");
}

#[test]
fn growth_is_measured() {
    let text = run("growth");
    let rows = rows(&text);
    assert_eq!(rows.len(), 10 * engines(), "{text}");
    assert!(
        rows.iter()
            .all(|row| row.len() == 4 && row.iter().all(|cell| !cell.is_empty())),
        "{text}"
    );
}

#[test]
fn tenants_are_measured() {
    let text = run("tenants");
    assert_eq!(rows(&text).len(), 6 * engines(), "{text}");
}

#[test]
fn webhooks_are_measured() {
    let text = run("webhooks");
    let rows = rows(&text);
    assert_eq!(rows.len(), 2 * engines(), "{text}");
    assert!(rows.iter().all(|row| row.len() == 5), "{text}");
}

#[test]
fn files_are_measured() {
    let text = run("media");
    let rows = rows(&text);
    for (name, cells) in [
        ("over HTTP, WebP", 4),
        ("Municipio", 6),
        ("2 MiB by tus", 4),
    ] {
        let found = rows
            .iter()
            .filter(|row| row[0].starts_with(name) && row.len() == cells);
        assert_eq!(found.count(), 1, "{name}: {text}");
    }
}

#[test]
fn searches_are_measured() {
    let text = run("search");
    let found = rows(&text)
        .into_iter()
        .filter(|row| row[0].contains("embedded engine") && row.len() == 3);
    assert_eq!(found.count(), 4, "{text}");
}

#[test]
fn cases_are_measured() {
    let text = run("cases");
    let rows = rows(&text);
    assert_eq!(rows.len(), (6 + 6) * engines(), "{text}");
    assert!(rows.iter().all(|row| row.len() == 4), "{text}");
}
