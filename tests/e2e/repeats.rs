//! Mutations that are sent again with the same `Idempotency-Key`: one effect, the same answer.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use municipio_domain::{
    content::{ContentType, create},
    idempotency::{self, Attempt, Begun, Repeatable},
    identity::Vault,
    ids::ItemId,
    store::TenantStore,
    tenants::Tenant,
};
use municipio_tests::{TestApp, now, on_both};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

const CREATE: &str = "mutation($title: String!) {
    createContent(input: { content: { faq: { question: [{ locale: \"it\", value: $title }] } } }) {
        content { id title } revision userErrors { code path } } }";

/// A request with a key: its status and its answer.
async fn send(
    app: &TestApp,
    token: &str,
    key: &str,
    query: &str,
    variables: Value,
) -> (u16, Value) {
    let request = json!({ "query": query, "variables": variables });
    let post = app.post().bearer_auth(token).header("idempotency-key", key);
    let response = post.json(&request).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn drafts(app: &TestApp) -> i64 {
    app.rows("content_revision").await
}

async fn municipality(app: &TestApp) -> (Tenant, String) {
    let tenant = app.tenant("c_x001", "www.x001.example").await;
    let token = app.signed_in_at(&tenant, &["editor"]).await;
    (tenant, token)
}

on_both! {
    async fn the_same_key_gives_the_same_answer_and_one_effect(engine) {
        let app = TestApp::empty(engine).await;
        let (tenant, token) = municipality(&app).await;
        let title = json!({ "title": "Dove?" });
        let (status, first) = send(&app, &token, "\"key-1\"", CREATE, title.clone()).await;
        assert_eq!((status, &first["data"]["createContent"]["userErrors"]), (200, &json!([])));
        for _ in 0..3 {
            let (status, again) = send(&app, &token, "key-1", CREATE, title.clone()).await;
            assert_eq!((status, &again["data"]), (200, &first["data"]));
        }
        assert_eq!(drafts(&app).await, 1);

        let (status, other) = send(&app, &token, "key-1", CREATE, json!({ "title": "Quando?" })).await;
        assert_eq!((status, &other["code"]), (422, &json!("IDEMPOTENCY_KEY_REUSED")));
        let (status, wrong) = send(&app, &token, "two words", CREATE, title.clone()).await;
        assert_eq!((status, &wrong["code"]), (400, &json!("IDEMPOTENCY_KEY_INVALID")));
        assert_eq!(drafts(&app).await, 1);

        // Another key, and the same key of somebody else, are other mutations.
        let colleague = app.signed_in_at(&tenant, &["editor"]).await;
        for (token, key) in [(&token, "key-2"), (&colleague, "key-1")] {
            let (_, answer) = send(&app, token, key, CREATE, title.clone()).await;
            assert_ne!(answer["data"], first["data"]);
        }
        assert_eq!(drafts(&app).await, 3);
        // Queries are asked again as ever.
        let (status, _) = send(&app, &token, "key-1", "{ faqs { totalCount } }", json!({})).await;
        assert_eq!(status, 200);
    }
}

on_both! {
    async fn of_those_that_come_at_once_one_runs(engine) {
        let app = TestApp::empty(engine).await;
        let (_, token) = municipality(&app).await;
        let all = (0..8).map(|_| send(&app, &token, "at-once", CREATE, json!({ "title": "Dove?" })));
        let answers = futures_util::future::join_all(all).await;
        let done: Vec<_> = answers.iter().filter(|(status, _)| *status == 200).collect();
        assert!(!done.is_empty());
        for (status, answer) in &answers {
            match status {
                200 => assert_eq!(answer["data"], done[0].1["data"]),
                _ => assert_eq!((*status, &answer["code"]), (409, &json!("IDEMPOTENCY_IN_PROGRESS"))),
            }
        }
        assert_eq!(drafts(&app).await, 1);
    }
}

on_both! {
    async fn refusals_are_answers_and_errors_are_not(engine) {
        let app = TestApp::empty(engine).await;
        let (tenant, token) = municipality(&app).await;
        let long = json!({ "title": "x".repeat(256) });
        let (_, first) = send(&app, &token, "long", CREATE, long.clone()).await;
        assert_eq!(first["data"]["createContent"]["userErrors"][0]["code"], json!("TOO_LONG"));
        let (_, again) = send(&app, &token, "long", CREATE, long).await;
        assert_eq!(again["data"], first["data"]);
        assert_eq!(app.rows("idempotency_key").await, 1);

        let translator = app.signed_in_at(&tenant, &["translator"]).await;
        let (_, denied) = send(&app, &translator, "mine", CREATE, json!({ "title": "Dove?" })).await;
        assert_eq!(denied["errors"][0]["extensions"]["code"], json!("FORBIDDEN"));
        assert_eq!(app.rows("idempotency_key").await, 1, "the key is free again");
    }
}

on_both! {
    async fn a_key_is_for_one_mutation(engine) {
        let app = TestApp::empty(engine).await;
        let (_, token) = municipality(&app).await;
        let both = "mutation {
            a: createContent(input: { content: { faq: {} } }) { revision }
            b: createContent(input: { content: { topic: {} } }) { revision } }";
        let (status, refused) = send(&app, &token, "both", both, json!({})).await;
        assert_eq!((status, &refused["code"]), (400, &json!("IDEMPOTENCY_KEY_INVALID")));
        assert_eq!(drafts(&app).await, 0);
    }
}

fn repeatable() -> Repeatable {
    Repeatable {
        caller: "account:1".to_owned(),
        key: "k".parse().unwrap(),
        fingerprint: "f".to_owned(),
        exact_fingerprint: "f".to_owned(),
        vault: Vault::new("a token").unwrap(),
        is_personal: false,
    }
}

/// Begins by the clock of the application, which forgets what is a day old by it.
async fn begin(store: &TenantStore, start: DateTime<Utc>, seconds_later: i64) -> Begun {
    let now = start + TimeDelta::seconds(seconds_later);
    idempotency::begin(store, &repeatable(), TimeDelta::seconds(15), now)
        .await
        .unwrap()
}

async fn run(store: &TenantStore, start: DateTime<Utc>, seconds_later: i64) -> Arc<Attempt> {
    match begin(store, start, seconds_later).await {
        Begun::Run(attempt) => attempt,
        other => panic!("it does not run: {other:?}"),
    }
}

/// Does something in a transaction of the attempt.
async fn act(attempt: &Attempt) {
    let transaction = attempt.store().begin().await.unwrap();
    create(&transaction, ItemId::generate(), ContentType::Topic, now())
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    attempt.act();
}

on_both! {
    async fn what_is_done_and_its_answer_are_there_together(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let store = app.database.tenant(tenant.id);

        let start = now();
        // Whoever dies before the answer is kept did nothing; another runs it when its time is over.
        let first = run(&store, start, 0).await;
        act(&first).await;
        assert_eq!(app.rows("content_item").await, 0);
        drop(first);
        assert!(matches!(begin(&store, start, 14).await, Begun::InProgress));
        // Who was too slow finds that another ran it, and undoes what it did.
        let slow = run(&store, start, 16).await;
        let second = run(&store, start, 32).await;
        act(&slow).await;
        assert!(!slow.answer("{\"by\": \"the slow one\"}").await.unwrap());
        assert_eq!(app.rows("content_item").await, 0);
        act(&second).await;
        assert!(second.answer("{}").await.unwrap());
        assert_eq!(app.rows("content_item").await, 1);
        assert!(matches!(begin(&store, start, 33).await, Begun::Answered(answer) if answer == "{}"));

        // A day later it is forgotten.
        assert_eq!(idempotency::forget(&store, start + TimeDelta::hours(24)).await.unwrap(), 0);
        assert_eq!(idempotency::forget(&store, start + TimeDelta::hours(25)).await.unwrap(), 1);
        let last = run(&store, start, 25 * 3600).await;
        act(&last).await;
        last.undo().await.unwrap();
        assert_eq!(app.rows("content_item").await, 1);
        assert_eq!(app.rows("idempotency_key").await, 0, "the key is free again");
    }
}

on_both! {
    async fn of_many_items_those_refused_change_nothing(engine) {
        let app = TestApp::empty(engine).await;
        let (_, token) = municipality(&app).await;
        let mut ids = Vec::new();
        for title in ["Dove?", "Quando?"] {
            let (_, made) = send(&app, &token, &format!("make-{}", ids.len()), CREATE, json!({ "title": title })).await;
            ids.push(made["data"]["createContent"]["content"]["id"].clone());
        }
        let bulk = "mutation($ids: [ID!]!, $operation: BulkOperation!) { bulk(input: { ids: $ids, operation: $operation }) {
            results { userErrors { code } } } }";
        let publish = json!({ "ids": ids, "operation": "PUBLISH" });
        let (_, refused) = send(&app, &token, "publish", bulk, publish).await;
        let results = &refused["data"]["bulk"]["results"];
        assert_ne!((&results[0]["userErrors"], &results[1]["userErrors"]), (&json!([]), &json!([])), "{refused}");
        let (_, gone) = send(&app, &token, "one", bulk, json!({ "ids": [ids[0]], "operation": "DELETE" })).await;
        assert_eq!(gone["data"]["bulk"]["results"][0]["userErrors"], json!([]));
        let both = json!({ "ids": ids, "operation": "ARCHIVE" });
        let (_, first) = send(&app, &token, "both", bulk, both.clone()).await;
        let results = &first["data"]["bulk"]["results"];
        assert_ne!(results[0]["userErrors"], json!([]), "{first}");
        assert_eq!(results[1]["userErrors"], json!([]), "{first}");
        let (_, again) = send(&app, &token, "both", bulk, both).await;
        assert_eq!(again["data"], first["data"]);
        let archived = app.texts("SELECT state FROM content_item ORDER BY state").await;
        assert_eq!(archived, ["archived", "deleted"]);
    }
}

on_both! {
    async fn long_pages_in_four_languages_fit_for_those_who_write(engine) {
        let app = TestApp::empty(engine).await;
        let (_, token) = municipality(&app).await;
        let query = "mutation($text: String!) { createContent(input: { content: { page: { body: [
            { locale: \"it\", markdown: $text }] } } }) { revision userErrors { code } } }";
        let text = |kilobytes: usize| json!({ "text": "Testo. ".repeat(kilobytes * 1024 / 7) });
        let (status, answer) = send(&app, &token, "k", query, text(1_000)).await;
        assert_eq!((status, &answer["data"]["createContent"]["userErrors"]), (200, &json!([])));
        let (status, _) = send(&app, &token, "l", query, text(3_000)).await;
        assert_eq!(status, 413);
        let request = json!({ "query": "query($t: String!) { faqs { totalCount } a: __typename @skip(if: $t) }", "variables": text(1_000) });
        let anonymous = app.post().json(&request).send().await.unwrap();
        assert_eq!(anonymous.status(), 413);
    }
}

on_both! {
    async fn an_error_that_passes_is_no_answer(engine) {
        let app = TestApp::empty(engine).await;
        let (_, token) = municipality(&app).await;
        let title = json!({ "title": "Dove?" });
        let administrator = app.administrator().await;
        administrator.execute_unprepared("ALTER TABLE audit_chain RENAME TO away").await.unwrap();
        let (_, failed) = send(&app, &token, "key", CREATE, title.clone()).await;
        assert_eq!(failed["errors"][0]["extensions"]["code"], "INTERNAL", "{failed}");
        administrator.execute_unprepared("ALTER TABLE away RENAME TO audit_chain").await.unwrap();
        let (status, done) = send(&app, &token, "key", CREATE, title).await;
        assert_eq!((status, &done["data"]["createContent"]["userErrors"]), (200, &json!([])));
        assert_eq!(drafts(&app).await, 1);
    }
}

on_both! {
    async fn secrets_are_told_to_the_same_token_and_kept_encrypted(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let (email, password, new) = ("anna@x001.example", "cavallo batteria graffetta", "quattro stagioni sul lago");
        let account = app.account_with_password(&tenant, email, password, &["administrator"]).await;
        let token = app.session(&tenant, account).await.access.reveal().to_owned();
        let key = "mutation { createApiKey(input: { name: \"Prova\", scopes: [{ action: \"content.read\" }] }) { secret } }";
        let (status, made) = send(&app, &token, "key", key, json!({})).await;
        let secret = made["data"]["createApiKey"]["secret"].as_str().unwrap();
        assert_eq!(status, 200);
        let (status, again) = send(&app, &token, "key", key, json!({})).await;
        assert_eq!((status, &again["data"]), (200, &made["data"]));
        assert_eq!(app.rows("api_key").await, 1);
        // Another session of the same account cannot read it.
        let other = app.session(&tenant, account).await.access.reveal().to_owned();
        let (status, again) = send(&app, &other, "key", key, json!({})).await;
        assert_eq!((status, &again["code"]), (409, &json!("IDEMPOTENCY_ANSWER_LOST")));

        // Of what takes a password nothing is kept by which it could be guessed.
        let change = "mutation($current: String!, $new: String!) { changePassword(input: { currentPassword: $current, password: $new }) {
            session { accessToken } userErrors { code } } }";
        let (_, wrong) = send(&app, &token, "password", change, json!({ "current": "sbagliata", "new": new })).await;
        assert_eq!(wrong["data"]["changePassword"]["userErrors"][0]["code"], "INVALID_CREDENTIALS");
        assert_eq!(app.rows("idempotency_key").await, 1, "the key is free again");
        assert_eq!(app.rows("sign_in_attempt").await, 1, "the failure counts");
        let (_, changed) = send(&app, &token, "password", change, json!({ "current": password, "new": new })).await;
        let token = changed["data"]["changePassword"]["session"]["accessToken"].as_str().unwrap();
        let (status, other) = send(&app, token, "password", change, json!({ "current": new, "new": password })).await;
        assert_eq!((status, &other["code"]), (409, &json!("IDEMPOTENCY_ANSWER_LOST")));
        // Who mistypes a password tries again with the same key.
        let sign_in = "mutation($password: String!) { signIn(input: { email: \"anna@x001.example\", password: $password }) {
            session { accessToken } userErrors { code } } }";
        let (_, wrong) = send(&app, token, "sign-in", sign_in, json!({ "password": "sbagliata" })).await;
        assert_eq!(wrong["data"]["signIn"]["userErrors"][0]["code"], "INVALID_CREDENTIALS");
        let (status, right) = send(&app, token, "sign-in", sign_in, json!({ "password": new })).await;
        assert_eq!((status, right["data"]["signIn"]["session"].is_object()), (200, true), "{right}");
        let (status, again) = send(&app, token, "sign-in", sign_in, json!({ "password": new })).await;
        assert_eq!((status, &again["data"]), (200, &right["data"]));
        // Once it succeeded, another password is another request.
        let (status, other) = send(&app, token, "sign-in", sign_in, json!({ "password": password })).await;
        assert_eq!((status, &other["code"]), (422, &json!("IDEMPOTENCY_KEY_REUSED")));
        for kept in app.texts("SELECT answer FROM idempotency_key").await {
            assert!(!kept.contains(secret) && !kept.contains("mun_") && !kept.contains("accessToken"), "{kept}");
        }
    }
}
