//! The program is killed while mutations come with keys: each is done once, and sent again it is answered.

use std::{collections::hash_map::RandomState, hash::BuildHasher, thread, time::Duration};

use municipio_tests::{Engine, new_postgres_database};
use serde_json::{Value, json};

use crate::{program::Folder, server::Server};

const EMAIL: &str = "anna@h501.example";
const PASSWORD: &str = "cavallo batteria graffetta";
const CREATE: &str = "mutation($title: String!) {
    createContent(input: { content: { faq: { question: [{ locale: \"it\", value: $title }] } } }) {
        content { id title } revision userErrors { code } } }";

/// Sends the mutation with this number as its key and its title; nothing when the program died.
async fn send(
    client: &reqwest::Client,
    server: &Server,
    token: &str,
    number: usize,
) -> Option<(u16, Value)> {
    let request = json!({ "query": CREATE, "variables": { "title": number.to_string() } });
    let post = client.post(server.shown("GraphQL")).bearer_auth(token);
    let post = post.header("idempotency-key", format!("key-{number}"));
    let response = post.json(&request).send().await.ok()?;
    Some((response.status().as_u16(), response.json().await.ok()?))
}

/// Sends it until it is answered: what died with the program is held for a while.
async fn insist(
    client: &reqwest::Client,
    server: &Server,
    token: &str,
    number: usize,
) -> Option<Value> {
    loop {
        match send(client, server, token, number).await? {
            (200, answer) => return Some(answer["data"].clone()),
            (409, answer) if answer["code"] == "IDEMPOTENCY_IN_PROGRESS" => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn kill_while_writing(engine: Engine) {
    let mut folder = Folder::without_demo().with("MUNICIPIO_LIMIT_SECONDS", "2");
    if engine == Engine::Postgres {
        folder = folder.with("DATABASE_URL", &new_postgres_database().await);
    }
    folder.succeed(&["tenant", "create", "c_h501"]);
    let arguments = [
        "user",
        "create",
        "--tenant",
        "c_h501",
        "--email",
        EMAIL,
        "--name",
        "Anna",
        "--role",
        "administrator",
        "--password-stdin",
    ];
    let made = folder.start_with_input(&arguments, PASSWORD).finish();
    assert_eq!(made.code, Some(0), "{}", made.stderr);

    let client = reqwest::Client::new();
    let mut token = String::new();
    let mut answers: Vec<Value> = Vec::new();
    for round in 0..4_u64 {
        let server = folder.serve();
        if token.is_empty() {
            let sign_in = format!(
                "mutation {{ signIn(input: {{ email: \"{EMAIL}\", password: \"{PASSWORD}\" }}) {{ session {{ accessToken }} }} }}"
            );
            let session = server.ask("localhost", &sign_in).await;
            let access = &session["data"]["signIn"]["session"]["accessToken"];
            access.as_str().unwrap().clone_into(&mut token);
        }
        let random = RandomState::new().hash_one(round);
        let last = answers.len() + 1 + usize::try_from(random % 8).unwrap();
        let mut blow = None;
        while let Some(answer) = insist(&client, &server, &token, answers.len()).await {
            answers.push(answer);
            if answers.len() == last {
                // The moment of the blow, not a wait for something: in the middle of what follows.
                let pause = Duration::from_micros(random % 20_000);
                let kill = server.process.killer();
                blow = Some(thread::spawn(move || {
                    thread::sleep(pause);
                    kill();
                }));
            }
        }
        blow.unwrap().join().unwrap();
        assert_eq!(server.finish().code, None);
    }

    let server = folder.serve();
    answers.push(
        insist(&client, &server, &token, answers.len())
            .await
            .unwrap(),
    );
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(
            answer["createContent"]["content"]["title"],
            json!(number.to_string())
        );
        let again = insist(&client, &server, &token, number).await;
        assert_eq!(again.as_ref(), Some(answer));
    }
    let request = json!({ "query": "{ contentItems(first: 1) { totalCount } }" });
    let post = client.post(server.shown("GraphQL")).bearer_auth(&token);
    let count: Value = post
        .json(&request)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        count["data"]["contentItems"]["totalCount"],
        json!(answers.len())
    );
    server.stop("TERM");
}

#[actix_web::test]
async fn a_mutation_with_a_key_that_is_killed_is_done_once_and_answered() {
    kill_while_writing(Engine::Sqlite).await;
}

#[actix_web::test]
async fn a_mutation_with_a_key_that_is_killed_is_done_once_and_answered_on_postgresql() {
    if Engine::postgres_is_there() {
        kill_while_writing(Engine::Postgres).await;
    }
}
