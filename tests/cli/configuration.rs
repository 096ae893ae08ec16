//! Configuration: every wrong setting is one clear line, and nothing is touched before.

use std::{fs, net::TcpListener};

use crate::program::Folder;

fn refused(name: &str, value: &str, wanted: &[&str]) {
    let folder = Folder::new().with(name, value);
    let wanted: Vec<_> = wanted
        .iter()
        .copied()
        .chain(["configuration: ", name])
        .collect();
    for arguments in [&[] as &[&str], &["tenant", "list"]] {
        folder.fail_naming(arguments, &wanted);
    }
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn an_address_to_listen_on_is_a_host_and_a_port() {
    for address in ["nonsense", "8080"] {
        refused("MUNICIPIO_LISTEN", address, &["127.0.0.1:8080"]);
    }
}

#[test]
fn a_switch_is_on_or_off() {
    refused("MUNICIPIO_DEMO", "maybe", &["on or off"]);
    refused("MUNICIPIO_CACHE", "1", &["on or off"]);
}

#[test]
fn connections_are_at_least_one() {
    for connections in ["0", "1001"] {
        refused(
            "MUNICIPIO_DATABASE_CONNECTIONS",
            connections,
            &["1 to 1000"],
        );
    }
}

#[test]
fn a_number_is_a_number() {
    refused("MUNICIPIO_DATABASE_CONNECTIONS", "-3", &["-3"]);
    refused("MUNICIPIO_WORKERS", "many", &["many"]);
}

#[test]
fn a_database_is_postgresql_or_sqlite() {
    for url in ["mysql://x", "sqlite://elsewhere.db"] {
        refused("DATABASE_URL", url, &["postgres://", "SQLite"]);
    }
}

#[test]
fn logs_are_for_people_or_for_machines() {
    refused("MUNICIPIO_LOG_FORMAT", "xml", &["text", "json"]);
    refused("MUNICIPIO_LOG", "=x=", &[]);
}

#[test]
fn a_manifest_of_trusted_documents_can_be_read() {
    let folder = Folder::without_demo().with("MUNICIPIO_TRUSTED_DOCUMENTS", "manifest.json");
    let named = ["MUNICIPIO_TRUSTED_DOCUMENTS", "manifest.json"];
    folder.fail_naming(&[], &named);
    for text in [
        "",
        "not JSON",
        "[]",
        "{\"id\": 1}",
        "{\"operations\": [{\"id\": \"a\"}]}",
        "\u{0}",
    ] {
        folder.write("manifest.json", text);
        folder.fail_naming(&[], &named);
    }
    assert_eq!(folder.names(), ["manifest.json"], "nothing was made");
    folder.write("manifest.json", "{\"a\": \"{ __typename }\"}");
    folder.serve();
}

#[test]
fn a_manifest_that_is_all_that_counts_must_be_there() {
    refused(
        "MUNICIPIO_TRUSTED_DOCUMENTS_ONLY",
        "on",
        &["MUNICIPIO_TRUSTED_DOCUMENTS"],
    );
}

#[test]
fn an_unknown_variable_is_not_overlooked() {
    refused(
        "MUNICIPIO_LISTN",
        "127.0.0.1:0",
        &["there is no such setting", "listen"],
    );
}

#[test]
fn a_folder_may_have_a_number_for_a_name() {
    let folder = Folder::without_demo().with("MUNICIPIO_DATA_DIR", "2026");
    folder.succeed(&["tenant", "list"]);
    assert_eq!(folder.names(), ["2026"]);
}

#[test]
fn the_file_is_checked_like_the_environment() {
    for (text, wanted) in [
        (
            "listn = \"127.0.0.1:0\"",
            &["listn", "there is no such setting", "listen"] as &[&str],
        ),
        ("workers = \"many\"", &["workers", "many"]),
        ("listen = 12", &["listen", "12"]),
        ("demo = \"perhaps\"", &["demo", "on or off"]),
        (
            "database_connections = 0",
            &["database_connections", "1 to 1000"],
        ),
        (
            "[server]\nport = 1",
            &["server", "there is no such setting"],
        ),
    ] {
        let folder = Folder::bare();
        folder.write("municipio.toml", text);
        let message = folder.fail(&["tenant", "list"]);
        for wanted in wanted {
            let (message, wanted) = (message.to_lowercase(), wanted.to_lowercase());
            assert!(
                message.contains(&wanted),
                "{text}: «{wanted}» is missing in: {message}"
            );
        }
        assert_eq!(folder.names(), ["municipio.toml"]);
    }
}

#[test]
fn what_is_wrong_in_the_file_is_said_of_the_file() {
    for text in ["listn = \"127.0.0.1:0\"", "workers = \"many\""] {
        let folder = Folder::bare();
        folder.write("municipio.toml", text);
        folder.fail_naming(&["tenant", "list"], &["municipio.toml"]);
    }
}

#[test]
fn a_file_that_is_no_toml_is_named_with_the_line() {
    let folder = Folder::bare();
    folder.write("municipio.toml", "workers = 1\nlisten = \n");
    let message = folder.fail(&["tenant", "list"]);
    for wanted in ["municipio.toml", "line 2"] {
        assert!(
            message.contains(wanted),
            "«{wanted}» is missing in: {message}"
        );
    }
    assert!(
        !message.contains("configuration: :"),
        "an empty name in: {message}"
    );
    assert_eq!(folder.names(), ["municipio.toml"]);
}

#[test]
fn a_file_that_is_asked_for_must_be_there() {
    let folder = Folder::new();
    folder.fail_naming(&["--config", "missing.toml"], &["--config", "missing.toml"]);
    let folder = folder.with("MUNICIPIO_CONFIG", "gone.toml");
    folder.fail_naming(&["tenant", "list"], &["gone.toml"]);
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn the_environment_overrides_the_file() {
    let folder = Folder::new();
    folder.write("municipio.toml", "data_dir = \"from-file\"\ndemo = \"off\"");
    folder.write("other.toml", "data_dir = \"from-other-file\"");
    folder.succeed(&["tenant", "list"]);
    assert_eq!(
        folder.names(),
        ["from-file", "municipio.toml", "other.toml"]
    );

    folder.succeed(&["tenant", "list", "--config", "other.toml"]);
    assert!(folder.path().join("from-other-file").exists());

    let folder = folder.with("MUNICIPIO_DATA_DIR", "from-environment");
    folder.succeed(&["tenant", "list"]);
    assert!(folder.path().join("from-environment").exists());
    let server = folder.serve();
    assert_eq!(server.shown("Data"), "from-environment");
    assert!(!server.says("demo"), "{:?}", server.greeting);
}

#[test]
fn a_port_in_use_is_said_before_anything_is_touched() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let folder = Folder::new().with("MUNICIPIO_LISTEN", &address);
    folder.fail_naming(&[], &[&address, "in use", "MUNICIPIO_LISTEN"]);
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[actix_web::test]
async fn a_second_start_at_the_same_address_leaves_the_first_alone() {
    let folder = Folder::without_demo();
    let server = folder.serve();
    let second = Folder::new().with("MUNICIPIO_LISTEN", server.address());
    second.fail_naming(&["serve"], &["MUNICIPIO_LISTEN"]);
    let live = format!("http://{}/health/live", server.address());
    assert_eq!(reqwest::get(live).await.unwrap().status(), 200);
}

#[test]
fn a_data_folder_that_is_a_file_is_refused() {
    let folder = Folder::new().with("MUNICIPIO_DATA_DIR", "notes.txt");
    folder.write("notes.txt", "mine");
    folder.fail_naming(&[], &["notes.txt", "MUNICIPIO_DATA_DIR"]);
    let folder = folder.with("MUNICIPIO_DATA_DIR", "notes.txt/data");
    folder.fail_naming(&[], &["notes.txt/data", "MUNICIPIO_DATA_DIR"]);
    assert_eq!(
        fs::read_to_string(folder.path().join("notes.txt")).unwrap(),
        "mine"
    );
    assert_eq!(folder.names(), ["notes.txt"]);
}

#[test]
fn a_postgresql_that_does_not_answer_is_said_without_the_password() {
    let url = "postgres://municipio:very-secret@127.0.0.1:1/municipio";
    let folder = Folder::new().with("DATABASE_URL", url);
    let message = folder.fail(&["migrate"]);
    assert!(!message.contains("very-secret"), "{message}");
    assert!(message.contains("DATABASE_URL"), "{message}");
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}
