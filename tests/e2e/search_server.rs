//! Search by a server: it answers while it is there, the embedded engine stands in while it is not, and what
//! was published meanwhile is made up for. On a real Meilisearch, when there is one on PATH.

use municipio_domain::content::ContentType;
use municipio_tests::{Engine, TestApp, meili::Meili, on_both};
use serde_json::{Value, json};

use crate::search_judged::missed;

const SEARCH: &str = "query ($query: String!) { search(query: $query) {
    totalCount nodes { item { title } } engine { name isDegraded lag }
} }";

async fn ask(app: &TestApp, query: &str) -> Value {
    let answer = app.ask(SEARCH, json!({ "query": query })).await;
    assert!(answer.get("errors").is_none(), "{query}: {answer:#}");
    answer["data"]["search"].clone()
}

/// Asks until the server answers and knows everything.
async fn asked_of_server(app: &TestApp, query: &str) -> Value {
    loop {
        let found = ask(app, query).await;
        if found["engine"] == json!({ "name": "meilisearch", "isDegraded": false, "lag": 0 }) {
            return found;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn ready(app: &TestApp) -> Value {
    app.get("/health/ready")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap()
}

on_both! {
    async fn without_its_server_search_is_degraded_and_nothing_else_is(engine) {
        let app = TestApp::configured(engine, true, |settings, _| {
            settings.meili_url = Some("http://127.0.0.1:9".parse().unwrap());
        })
        .await;
        let topic = app.editor(&app.demo_tenant().await).topic("Mongolfiere").await;
        let found = loop {
            let found = ask(&app, "mongolfiere").await;
            if found["engine"]["lag"] == 0 {
                break found;
            }
        };
        assert_eq!(found["nodes"], json!([{ "item": { "title": "Mongolfiere" } }]), "{topic}");
        assert_eq!(found["engine"], json!({ "name": "embedded", "isDegraded": true, "lag": 0 }));
        let ready = ready(&app).await;
        assert_eq!((&ready["status"], &ready["search"]), (&json!("degraded"), &json!("the embedded engine stands in")));
    }
}

async fn with_server(engine: Engine, server: &Meili) -> TestApp {
    TestApp::configured(engine, true, |settings, _| {
        settings.meili_url = Some(server.url.parse().unwrap());
        settings.meili_api_key = Some(server.key.clone());
    })
    .await
}

on_both! {
    async fn a_server_that_was_killed_makes_up_for_what_it_missed(engine) {
        let Some(mut server) = Meili::start().await else { return };
        let app = with_server(engine, &server).await;
        let editor = app.editor(&app.demo_tenant().await);
        let found = asked_of_server(&app, "carta idntità").await;
        assert_eq!(found["nodes"][0]["item"]["title"], "Carta d'identità elettronica (CIE)", "{found:#}");
        assert_eq!(ready(&app).await["search"], "ok");
        editor.topic("Aquiloni").await;
        assert_eq!(asked_of_server(&app, "aquilone").await["totalCount"], 1);
        server.kill();
        let kites = editor.topic("Mongolfiere").await;
        let found = loop {
            let found = ask(&app, "mongolfiera").await;
            assert_eq!(found["engine"]["name"], "embedded");
            if found["engine"]["lag"] == 0 {
                break found;
            }
        };
        assert_eq!((&found["totalCount"], &found["engine"]["isDegraded"]), (&json!(1), &json!(true)));
        assert!(server.again().await);
        assert_eq!(asked_of_server(&app, "mongolfiera").await["totalCount"], 1);
        editor.unpublish(kites).await;
        assert_eq!(asked_of_server(&app, "mongolfiera").await["totalCount"], 0);
        let renamed = json!({ "title": "Aerostati di carta", "short_description": "Un argomento" });
        let renamed = editor.draft(ContentType::Topic, renamed).await;
        editor.publish(renamed).await.unwrap();
        assert!(asked_of_server(&app, "aerostato").await["totalCount"].as_u64() >= Some(1));
    }
}

on_both! {
    async fn a_server_that_lost_its_data_is_not_believed_until_it_is_filled_again(engine) {
        let Some(mut server) = Meili::start().await else { return };
        let app = with_server(engine, &server).await;
        let before = asked_of_server(&app, "carta").await["totalCount"].clone();
        assert!(before.as_u64() > Some(3), "{before}");
        server.kill();
        server.forget();
        assert!(server.again().await);
        // Whoever answers, something is found.
        for _ in 0..20 {
            let found = ask(&app, "carta").await;
            assert!(found["totalCount"].as_u64() > Some(3), "{found:#}");
        }
        // The next change has it filled; so does the hour.
        app.editor(&app.demo_tenant().await).topic("Aquiloni").await;
        assert_eq!(asked_of_server(&app, "aquilone").await["totalCount"], 1);
        assert_eq!(asked_of_server(&app, "carta").await["totalCount"], before);
    }
}

#[actix_web::test]
async fn the_right_service_is_among_the_first_three_of_a_server() {
    let Some(server) = Meili::start().await else {
        return;
    };
    let app = with_server(Engine::Sqlite, &server).await;
    asked_of_server(&app, "").await;
    let (asked, missed) = missed(&app).await;
    eprintln!(
        "meilisearch: {} of {asked} right\n{}",
        asked - missed.len(),
        missed.join("\n")
    );
    assert!(missed.len() * 100 <= asked * 5, "{missed:#?}");
}
