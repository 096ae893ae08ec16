//! `municipio audit`.

use municipio_tests::{Engine, new_postgres_database};
use serde_json::Value;

use crate::program::Folder;

/// Number and hash at the end of what `verify` says of a municipality.
fn head(said: &str) -> String {
    let (_, head) = said.trim().rsplit_once(' ').unwrap();
    head.to_owned()
}

fn story(folder: &Folder) {
    folder.succeed(&["tenant", "create", "c_h501"]);
    folder.succeed(&["tenant", "suspend", "c_h501"]);
    let said = folder.succeed(&["audit", "verify"]);
    assert!(said.starts_with("c_h501: 2 entries, head 2:"), "{said}");
    let before = head(&said);

    folder.succeed(&["tenant", "resume", "c_h501"]);
    let verify = ["audit", "verify", "--tenant", "c_h501", "--expect-head"];
    let with = |head: &str| -> Vec<String> {
        verify
            .iter()
            .copied()
            .chain([head])
            .map(str::to_owned)
            .collect()
    };
    let run = |head: &str| {
        let arguments = with(head);
        folder.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let outcome = run(&before);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let now = head(&outcome.stdout);
    assert!(now.starts_with("3:"), "{now}");

    // A head that this log never had.
    let (number, hash) = now.split_once(':').unwrap();
    let outcome = run(&format!("4:{hash}"));
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stderr.contains("entry 4 is not there"),
        "{}",
        outcome.stderr
    );
    assert_eq!(run("nonsense").code, Some(2));

    let export = ["audit", "export", "--tenant", "c_h501"];
    let lines = folder.succeed(&export);
    let entries: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let names: Vec<_> = entries
        .iter()
        .map(|entry| entry["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["tenant.create", "tenant.suspend", "tenant.resume"]);
    assert_eq!(entries[2]["hash"].as_str(), Some(hash));
    assert_eq!(entries[2]["number"].to_string(), number);
    assert_eq!(entries[2]["previousHash"], entries[1]["hash"]);
    let last = folder.succeed(&["audit", "export", "--tenant", "c_h501", "--after", "2"]);
    assert_eq!(last.lines().count(), 1);
    folder.fail_naming(&["audit", "export", "--tenant", "c_a952"], &["c_a952"]);
    folder.fail_naming(&["audit", "verify", "--tenant", "c_a952"], &["c_a952"]);
}

#[test]
fn the_log_is_exported_and_verified_on_sqlite() {
    story(&Folder::without_demo());
}

#[actix_web::test]
async fn the_log_is_exported_and_verified_on_postgresql() {
    if !Engine::postgres_is_there() {
        return;
    }
    let url = new_postgres_database().await;
    story(&Folder::without_demo().with("DATABASE_URL", &url));
}

#[tokio::test]
async fn a_log_that_was_changed_is_an_error() {
    use sea_orm::ConnectionTrait;
    let folder = Folder::without_demo();
    folder.succeed(&["tenant", "create", "c_h501"]);
    folder.succeed(&["tenant", "suspend", "c_h501"]);
    folder.succeed(&["tenant", "create", "c_a952"]);
    let url = format!("sqlite://{}", folder.database().display());
    let connection = sea_orm::Database::connect(url).await.unwrap();
    let change = "DROP TRIGGER audit_entry_unchanged;
        UPDATE audit_entry SET name = 'tenant.resume' WHERE name = 'tenant.suspend'";
    connection.execute_unprepared(change).await.unwrap();
    connection.close().await.unwrap();
    let outcome = folder.run(&["audit", "verify"]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stdout.starts_with("c_a952: 1 entries"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stderr.contains("c_h501: 2 entries"),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome
            .stderr
            .contains("entry 2 was changed: its hash does not fit"),
        "{}",
        outcome.stderr
    );
}
