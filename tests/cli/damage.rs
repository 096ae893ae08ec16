//! What happens to data: databases of other versions, broken files, and starts that were killed.

use std::{collections::hash_map::RandomState, fs, hash::BuildHasher, path::Path, time::Duration};

use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::program::Folder;

/// Opens the database beside the program.
pub async fn connect(file: &Path) -> DatabaseConnection {
    sea_orm::Database::connect(format!("sqlite://{}", file.display()))
        .await
        .unwrap()
}

#[actix_web::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let folder = Folder::new();
    folder.succeed(&["migrate"]);
    let connection = connect(&folder.database()).await;
    connection
        .execute_unprepared(
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000001_future', 0)",
        )
        .await
        .unwrap();
    connection.close().await.unwrap();

    let before = fs::read(folder.database()).unwrap();
    for arguments in [
        &[] as &[&str],
        &["migrate"],
        &["seed", "demo"],
        &["tenant", "create", "c_h501"],
    ] {
        folder.fail_naming(arguments, &["newer", "m20991231_000001_future", "install"]);
    }
    assert!(
        fs::read(folder.database()).unwrap() == before,
        "the database was changed"
    );
}

#[test]
fn a_file_that_is_no_database_is_named_and_left_alone() {
    let folder = Folder::new();
    folder.write(
        "data/municipio.db",
        "This is not a database. ".repeat(1_000),
    );
    let before = fs::read(folder.database()).unwrap();
    for arguments in [&[] as &[&str], &["tenant", "list"]] {
        folder.fail_naming(arguments, &["not a database", "municipio.db"]);
    }
    assert!(
        fs::read(folder.database()).unwrap() == before,
        "the file was changed"
    );
}

#[test]
fn a_database_that_was_cut_off_is_named_and_left_alone() {
    let folder = Folder::without_demo();
    folder.succeed(&["tenant", "create", "c_h501"]);
    let whole = fs::read(folder.database()).unwrap();
    for length in [whole.len() / 10, whole.len() / 2] {
        let length = length / 4096 * 4096;
        folder.write("data/municipio.db", &whole[..length]);
        folder.fail_naming(&[], &["malformed", "municipio.db"]);
        assert!(
            fs::read(folder.database()).unwrap() == whole[..length],
            "the file was changed"
        );
    }
}

#[test]
fn a_first_start_that_left_rubbish_is_begun_again() {
    let folder = Folder::without_demo();
    folder.write("data/first-start/municipio.db", "half a database");
    folder.write("data/first-start/municipio.db-wal", "half a journal");
    folder.write("data/first-start/deeper/notes.txt", "rubbish");
    folder.succeed(&["tenant", "create", "c_h501"]);
    assert!(
        folder
            .succeed(&["tenant", "list"])
            .contains("Comune di Roma")
    );
    assert!(!folder.path().join("data/first-start").exists());
}

/// The end of a first start that was killed at the worst moment: the database is in its place, the
/// folder in which it was made is still there.
#[test]
fn what_a_finished_first_start_left_behind_does_no_harm() {
    let folder = Folder::without_demo();
    folder.succeed(&["tenant", "create", "c_h501"]);
    folder.write("data/first-start/municipio.db-wal", "a journal");
    drop(folder.serve());
    assert!(
        folder
            .succeed(&["tenant", "list"])
            .contains("Comune di Roma")
    );
}

#[test]
fn a_first_start_that_is_killed_leaves_nothing_half_done() {
    let files = municipio_seeds::demo().unwrap().1.len();
    let folder = Folder::new();
    for attempt in 0..6 {
        let moment = attempt * 400 + RandomState::new().hash_one(attempt) % 400;
        let process = folder.start(&[]);
        process.run_for(Duration::from_millis(moment));
        process.signal("KILL");
        let outcome = process.finish();
        assert_eq!(outcome.code, None, "{}", outcome.stderr);
        if folder.database().exists() {
            break; // The first start was quicker.
        }
    }
    drop(folder.serve());
    assert_eq!(
        folder.succeed(&["seed", "demo"]),
        format!("0 created, 0 updated, {files} unchanged.\n")
    );
}

#[test]
fn a_killed_server_starts_again_with_what_was_written() {
    let folder = Folder::without_demo();
    let server = folder.serve();
    folder.succeed(&["tenant", "create", "c_h501"]);
    assert_eq!(server.stop("KILL").code, None);
    assert!(
        folder
            .succeed(&["tenant", "list"])
            .contains("Comune di Roma")
    );
    drop(folder.serve());
}
