//! The same on PostgreSQL, by `DATABASE_URL` alone.

use municipio_tests::{Engine, new_postgres_database};
use serde_json::json;

use crate::program::Folder;

#[actix_web::test]
async fn a_database_url_is_all_that_postgresql_takes() {
    if !Engine::postgres_is_there() {
        return;
    }
    let url = new_postgres_database().await;
    let folder = Folder::new().with("DATABASE_URL", &url);
    let server = folder.serve();
    assert!(
        server.says("The demo municipality was loaded"),
        "{:?}",
        server.greeting
    );
    assert_eq!(server.shown("Data"), "PostgreSQL (DATABASE_URL)");
    let status = reqwest::get(server.shown("Status")).await.unwrap();
    let status: serde_json::Value = status.json().await.unwrap();
    assert_eq!(status["database"], json!("PostgreSQL"));
    let query = "{ municipality { title } services { totalCount } }";
    let answer = server.ask("localhost", query).await;
    assert_eq!(
        answer["data"]["municipality"]["title"],
        json!("Comune di Montelago")
    );

    // Commands work beside it.
    let files = municipio_seeds::demo().unwrap().1.len();
    assert_eq!(
        folder.succeed(&["seed", "demo"]),
        format!("0 created, 0 updated, {files} unchanged.\n")
    );
    assert!(folder.succeed(&["migrate"]).contains("PostgreSQL"));
    folder.succeed(&[
        "tenant",
        "create",
        "c_h501",
        "--host",
        "www.comune.roma.example",
    ]);
    assert_eq!(folder.succeed(&["tenant", "list"]).lines().count(), 2);
    folder.fail_naming(&["tenant", "create", "c_h501"], &["c_h501", "already"]);
    let request = server.begin("www.comune.roma.example", "{ __typename }");
    server.ask_to_stop("TERM");
    assert!(request.complete().unwrap().starts_with("HTTP/1.1 200"));
    assert_eq!(server.finish().code, Some(0));

    let server = folder.serve();
    assert!(!server.says("demo"), "{:?}", server.greeting);
    assert_eq!(
        server.ask("www.comune.montelago.example", query).await,
        answer
    );
    assert_eq!(server.stop("TERM").code, Some(0));
    // Files and the indexes of search are in the data folder, and nothing of what PostgreSQL keeps.
    assert_eq!(folder.names(), ["data"]);
    assert!(!folder.database().exists());
}

#[actix_web::test]
async fn the_demo_has_its_issuer_as_soon_as_there_is_a_secret() {
    if !Engine::postgres_is_there() {
        return;
    }
    let url = new_postgres_database().await;
    let token = ["demo", "token", "--citizen", "1"];
    let folder = Folder::new().with("DATABASE_URL", &url);
    folder.serve().stop("TERM");
    folder.fail_naming(&token, &["MUNICIPIO_SECRET"]);
    let folder = folder.with("MUNICIPIO_SECRET", &"1".repeat(32));
    folder.serve().stop("TERM");
    assert_eq!(folder.succeed(&token).split('.').count(), 3);
}
