//! The database server is gone for a while: clients are told so, and are served again when it is
//! back, without a restart.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use futures_util::future::join_all;
use municipio_tests::{Engine, TestApp};
use serde_json::{Value, json};

const QUERY: &str =
    "{ services(first: 5) { totalCount nodes { title responsibleOffice { title } } } }";

/// What a client is answered: nothing when all is well, else the code.
async fn code(app: &TestApp) -> Option<String> {
    let answer = app
        .post()
        .json(&json!({ "query": QUERY }))
        .send()
        .await
        .unwrap();
    let status = answer.status();
    let body: Value = answer.json().await.unwrap();
    if status == 200 && body.get("errors").is_none() {
        assert_eq!(body["data"]["services"]["totalCount"], json!(50), "{body}");
        return None;
    }
    let code = if status == 200 {
        &body["errors"][0]["extensions"]["code"]
    } else {
        &body["code"]
    };
    Some(
        code.as_str()
            .unwrap_or_else(|| panic!("no code: {body}"))
            .to_owned(),
    )
}

#[actix_web::test]
async fn clients_are_told_and_served_again_without_a_restart() {
    if !Engine::postgres_is_there() {
        return;
    }
    let (app, proxy) = TestApp::behind_a_proxy().await;
    let app = Arc::new(app);
    assert_eq!(code(&app).await, None);
    let over = Arc::new(AtomicBool::new(false));
    let refused = Arc::new(AtomicUsize::new(0));
    let clients = (0..8).map(|_| {
        let (app, over, refused) = (Arc::clone(&app), Arc::clone(&over), Arc::clone(&refused));
        async move {
            while !over.load(Ordering::Relaxed) {
                if let Some(code) = code(&app).await {
                    assert_eq!(code, "UNAVAILABLE");
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    });
    let outage = async {
        proxy.cut().await;
        while refused.load(Ordering::Relaxed) < 16 {
            tokio::task::yield_now().await;
        }
        let ready = app.get("/health/ready").send().await.unwrap();
        assert_eq!(ready.status(), 503);
        let live = app.get("/health/live").send().await.unwrap();
        assert_eq!(live.status(), 200);
        proxy.mend().await;
        while code(&app).await.is_some() {}
        over.store(true, Ordering::Relaxed);
    };
    tokio::join!(join_all(clients), outage);
    for _ in 0..20 {
        assert_eq!(code(&app).await, None);
    }
    assert_eq!(app.get("/health/ready").send().await.unwrap().status(), 200);
}

#[actix_web::test]
async fn subscriptions_hear_again_of_what_changes() {
    if !Engine::postgres_is_there() {
        return;
    }
    let (app, proxy) = TestApp::behind_a_proxy().await;
    let query = "subscription { contentChanged(types: [TOPIC]) { item { title } } }";
    let subscribe = || {
        app.post()
            .header("accept", "text/event-stream")
            .json(&json!({ "query": query }))
            .send()
    };
    let mut before = subscribe().await.unwrap();
    app.followed_by(1).await;
    proxy.cut().await;
    proxy.mend().await;
    // Written past the proxy, by a program that noticed nothing.
    let program = app.other_program().await;
    let editor = municipio_tests::Editor::new(program.clone(), &app.demo_tenant().await);
    editor.topic("Novità").await;
    let mut heard = String::new();
    while !heard.contains("Novità") && !heard.contains("complete") {
        heard.push_str(std::str::from_utf8(&before.chunk().await.unwrap().unwrap()).unwrap());
    }
    assert!(
        heard.contains("Novità") || heard.contains("UNAVAILABLE"),
        "{heard}"
    );
    program.close().await.unwrap();
}
