//! `municipio demo`.

use serde_json::{Value, json};

use crate::program::Folder;

#[actix_web::test]
async fn a_citizen_of_the_demo_calls_with_a_token_that_the_program_signs() {
    let folder = Folder::new();
    let server = folder.serve();
    let who = async |arguments: &[&str]| -> Value {
        let token = folder.succeed(&[&["demo", "token"], arguments].concat());
        let url = format!("http://{}/graphql", server.address());
        let query = json!({ "query": "{ citizen { name levelOfAssurance } }" });
        let request = reqwest::Client::new().post(url).bearer_auth(token.trim());
        let answer = request.json(&query).send().await.unwrap();
        answer.json().await.unwrap()
    };
    let anna = who(&["--citizen", "1"]).await;
    let citizen = json!({ "name": "Anna Bianchi", "levelOfAssurance": "SUBSTANTIAL" });
    assert_eq!(anna["data"]["citizen"], citizen, "{anna:#}");
    let giulia = who(&["--citizen", "3", "--level", "high"]).await;
    assert_eq!(giulia["data"]["citizen"]["levelOfAssurance"], "HIGH");
    let low = who(&["--citizen", "2", "--level", "low"]).await;
    assert_eq!(low["code"], "INSUFFICIENT_USER_AUTHENTICATION");
    let fourth = folder.run(&["demo", "token", "--citizen", "4"]);
    assert!(fourth.stderr.contains("1..=3"), "{}", fourth.stderr);
}

#[test]
fn without_the_demo_there_are_no_tokens() {
    let folder = Folder::without_demo();
    folder.fail_naming(&["demo", "token", "--citizen", "1"], &["c_m999"]);
}

#[test]
fn the_issuer_of_the_demo_has_the_key_of_the_secret_of_now() {
    let token = ["demo", "token", "--citizen", "1"];
    let folder = Folder::new().with("MUNICIPIO_SECRET", &"1".repeat(32));
    folder.serve().stop("TERM");
    let first = folder.succeed(&token);
    // There are accounts, and an issuer with another key.
    let folder = folder.with("MUNICIPIO_SECRET", &"2".repeat(32));
    folder.serve().stop("TERM");
    let second = folder.succeed(&token);
    let signature = |token: &str| token.trim().rsplit('.').next().unwrap().to_owned();
    assert_ne!(signature(&first), signature(&second));
}
