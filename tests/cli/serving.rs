//! Start and stop.

use std::time::Instant;

use serde_json::json;

use crate::program::Folder;

const QUERY: &str = "{ municipality { title } services { totalCount } }";

#[actix_web::test]
async fn an_empty_folder_serves_the_demo_and_a_second_start_keeps_it() {
    let folder = Folder::new();
    let start = Instant::now();
    let server = folder.serve();
    let first_start = start.elapsed();

    let files = municipio_seeds::demo().unwrap().1.len();
    assert!(
        server.says("Municipio 0.1.0 is ready."),
        "{:?}",
        server.greeting
    );
    assert!(
        server.says(&format!("loaded: {files} items")),
        "{:?}",
        server.greeting
    );
    assert!(server.says("MUNICIPIO_DEMO=off"), "{:?}", server.greeting);
    assert_eq!(server.shown("Data"), "data");
    for label in ["GraphQL", "Try it", "Schema", "Status"] {
        let mut url = server.shown(label).to_owned();
        if label == "GraphQL" {
            url.push_str("?query=%7B__typename%7D");
        }
        let answer = reqwest::get(&url).await.unwrap();
        assert_eq!(answer.status(), 200, "{url}");
    }
    let answer = server.ask("localhost", QUERY).await;
    assert_eq!(
        answer["data"]["municipality"]["title"],
        json!("Comune di Montelago")
    );
    assert!(
        answer["data"]["services"]["totalCount"].as_u64().unwrap() > 0,
        "{answer}"
    );
    let outcome = server.stop("TERM");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(folder.names(), ["data"]);
    assert_eq!(
        std::fs::read_dir(folder.path().join("data"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| name != "municipio.lock"
                && name != "municipio.secret"
                && name != "media")
            .count(),
        1,
        "only the database, the secret and the files are left behind"
    );

    let start = Instant::now();
    let server = folder.serve();
    assert!(
        start.elapsed() < first_start,
        "{:?}, first {first_start:?}",
        start.elapsed()
    );
    assert!(!server.says("demo"), "{:?}", server.greeting);
    assert_eq!(server.ask("localhost", QUERY).await, answer);
    assert_eq!(server.stop("INT").code, Some(0));
}

#[actix_web::test]
async fn the_demo_can_be_left_out() {
    let folder = Folder::without_demo();
    let server = folder.serve();
    assert!(!server.says("demo"), "{:?}", server.greeting);
    let status = reqwest::get(server.shown("Status")).await.unwrap();
    let status: serde_json::Value = status.json().await.unwrap();
    assert_eq!(status["municipalities"], json!(0));
    let answer = server.ask("localhost", QUERY).await;
    assert_eq!(answer["code"], json!("TENANT_NOT_FOUND"));
    assert_eq!(server.stop("TERM").code, Some(0));

    // What was created is not taken for an empty database later.
    folder.succeed(&["tenant", "create", "c_h501"]);
    let server = folder.with("MUNICIPIO_DEMO", "on").serve();
    assert!(!server.says("demo"), "{:?}", server.greeting);
}

#[test]
fn a_request_under_way_is_finished_on_sigterm() {
    a_request_under_way_is_finished("TERM");
}

#[test]
fn a_request_under_way_is_finished_on_ctrl_c() {
    a_request_under_way_is_finished("INT");
}

fn a_request_under_way_is_finished(signal: &str) {
    let folder = Folder::without_demo();
    folder.succeed(&["tenant", "create", "c_h501"]);
    let server = folder.serve();
    let request = server.begin("localhost", "{ __typename }");
    server.ask_to_stop(signal);
    let answer = request.complete().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.contains(r#"{"data":{"__typename":"Query"}}"#),
        "{answer}"
    );
    let outcome = server.finish();
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
}

#[test]
fn a_signal_is_heard_from_the_greeting_on() {
    let folder = Folder::without_demo();
    for signal in ["TERM", "INT", "TERM", "INT"] {
        let outcome = folder.serve().stop(signal);
        assert_eq!(outcome.code, Some(0), "{signal}: {}", outcome.stderr);
    }
}

#[actix_web::test]
async fn the_demo_has_accounts_with_passwords_that_are_shown_once() {
    let folder = Folder::new();
    let server = folder.serve();
    let account = |line: &String| {
        let (email, password) = line.trim().split_once(' ')?;
        email
            .ends_with("@montelago.example")
            .then(|| (email.to_owned(), password.trim().to_owned()))
    };
    let accounts: Vec<_> = server.greeting.iter().filter_map(account).collect();
    assert_eq!(accounts.len(), 7, "{:?}", server.greeting);
    let (email, password) = accounts
        .iter()
        .find(|(email, _)| email.starts_with("administrator@"))
        .unwrap();
    let sign_in = |password: &str| {
        format!(
            "mutation {{ signIn(input: {{ email: \"{email}\", password: \"{password}\" }}) {{ session {{ account {{ roles }} }} }} }}"
        )
    };
    let answer = server.ask("localhost", &sign_in(password)).await;
    let session = &answer["data"]["signIn"]["session"];
    assert_eq!(
        session["account"]["roles"],
        json!(["administrator"]),
        "{answer}"
    );
    let wrong = server.ask("localhost", &sign_in(&accounts[0].1)).await;
    assert_eq!(wrong["data"]["signIn"]["session"], json!(null));
    server.stop("TERM");
    let server = folder.serve();
    assert!(!server.says("@montelago.example"), "{:?}", server.greeting);
    server.stop("TERM");
    folder.succeed(&["tenant", "create", "c_h501"]);
    let list = folder.succeed(&["user", "list", "--tenant", "c_h501"]);
    assert_eq!(list.trim(), "There are no accounts.");
}
