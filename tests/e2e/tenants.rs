//! One installation, many municipalities: who is meant, and that nobody sees the other's content.

use municipio_domain::{content::ContentType, tenants};
use municipio_tests::{
    TestApp, noon, on_both,
    story::{column, global_id_of},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

const WHO: &str = "{ topics { nodes { title } } }";

/// Status, media type and body of a query with these headers.
async fn ask(app: &TestApp, headers: &[(&str, &str)]) -> (StatusCode, String, Value) {
    let mut request = app.post().json(&json!({ "query": WHO }));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let media_type = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    (
        response.status(),
        media_type,
        response.json().await.unwrap(),
    )
}

async fn title(app: &TestApp, headers: &[(&str, &str)]) -> String {
    let (status, _, body) = ask(app, headers).await;
    assert_eq!(status, 200, "{headers:?} {body}");
    column(&body["data"]["topics"]["nodes"], "title").concat()
}

async fn two() -> [(&'static str, &'static str); 2] {
    [
        ("c_x001", "www.x001.example"),
        ("c_x002", "www.x002.example"),
    ]
}

on_both! {
    async fn the_host_name_says_which_municipality(engine) {
        let app = TestApp::empty(engine).await;
        for (code, host) in two().await {
            app.editor(&app.tenant(code, host).await).topic(code).await;
        }
        for (code, host) in two().await {
            assert_eq!(title(&app, &[("host", host)]).await, code);
            assert_eq!(title(&app, &[("host", &format!("{host}:8443"))]).await, code, "the port does not matter");
            assert_eq!(title(&app, &[("host", &host.to_uppercase())]).await, code, "nor do capitals");
            assert_eq!(title(&app, &[("municipio-tenant", code)]).await, code, "the header, at an unknown host");
            let other = two().await.iter().find(|(other, _)| *other != code).unwrap().0;
            assert_eq!(title(&app, &[("host", host), ("municipio-tenant", other)]).await, code, "the host wins");
        }
    }
}

on_both! {
    async fn the_only_municipality_needs_no_name(engine) {
        let app = TestApp::empty(engine).await;
        app.editor(&app.tenant("c_x001", "www.x001.example").await).topic("c_x001").await;
        assert_eq!(title(&app, &[]).await, "c_x001");
        assert_eq!(title(&app, &[("host", "localhost")]).await, "c_x001");
    }
}

on_both! {
    async fn who_is_not_known_is_told_so_with_a_code(engine) {
        let app = TestApp::empty(engine).await;
        let none = ask(&app, &[]).await;
        assert_eq!((none.0, none.2["code"].clone()), (StatusCode::NOT_FOUND, json!("TENANT_NOT_FOUND")), "no municipality at all");
        for (code, host) in two().await {
            app.tenant(code, host).await;
        }
        for (headers, said) in [
            (vec![], "127.0.0.1"),
            (vec![("host", "www.nobody.example")], "www.nobody.example"),
            (vec![("host", "x001.example")], "x001.example"),
            (vec![("municipio-tenant", "c_x009")], "c_x009"),
            (vec![("municipio-tenant", "")], "Municipio-Tenant"),
            (vec![("municipio-tenant", "' OR 1=1")], "Municipio-Tenant"),
            (vec![("municipio-tenant", "../c_x001")], "Municipio-Tenant"),
        ] {
            let (status, media_type, body) = ask(&app, &headers).await;
            assert_eq!((status, media_type.as_str()), (StatusCode::NOT_FOUND, "application/problem+json"), "{headers:?}");
            assert_eq!(body["code"], json!("TENANT_NOT_FOUND"), "{headers:?} {body}");
            assert_eq!((&body["status"], &body["title"]), (&json!(404), &json!("Not Found")));
            assert!(body["type"].as_str().unwrap().ends_with("TENANT_NOT_FOUND"));
            assert!(body["detail"].as_str().unwrap().contains(said), "{headers:?} {body}");
            assert!(body["requestId"].is_string(), "{body}");
            assert!(!body.to_string().contains("x002.example"), "others are not named: {body}");
        }
    }
}

on_both! {
    async fn a_suspended_municipality_is_not_served_and_comes_back(engine) {
        let app = TestApp::empty(engine).await;
        let code = "c_x001".parse().unwrap();
        app.editor(&app.tenant("c_x001", "www.x001.example").await).topic("c_x001").await;
        tenants::suspend(&app.database, &code, true, noon()).await.unwrap();
        for headers in [vec![], vec![("municipio-tenant", "c_x001")]] {
            let (status, media_type, body) = ask(&app, &headers).await;
            assert_eq!((status, media_type.as_str()), (StatusCode::NOT_FOUND, "application/problem+json"));
            assert_eq!(body["code"], json!("TENANT_SUSPENDED"));
            assert!(body.get("data").is_none());
        }
        tenants::suspend(&app.database, &code, false, noon()).await.unwrap();
        // The directory keeps an answer for some seconds; this host name was never asked for.
        assert_eq!(title(&app, &[("host", "www.x001.example")]).await, "c_x001");
    }
}

on_both! {
    async fn the_same_slugs_in_two_municipalities_are_two_things(engine) {
        let app = TestApp::empty(engine).await;
        let mut ids = Vec::new();
        for (code, host) in two().await {
            let editor = app.editor(&app.tenant(code, host).await);
            let topic = json!({ "title": "Acqua", "short_description": format!("Acqua di {code}") });
            ids.push(editor.published(ContentType::Topic, topic).await);
            editor.published(ContentType::Municipality, json!({ "title": format!("Comune {code}"), "region": "Lombardia" })).await;
            let basics = editor.basics().await;
            editor.published(ContentType::NewsItem, basics.news("Notizia")).await;
            let event = basics.event("Fiera", json!({ "occurrences": [{ "starts_at": "2199-01-05T10:00" }] }));
            editor.published(ContentType::Event, event).await;
        }
        let query = "{ topic(by: { slug: \"acqua\" }) { id shortDescription slug url }
            route(path: \"/argomenti/acqua\") { ... on RouteContent { content { id } } }
            topics { totalCount } news { totalCount nodes { topics { title } editedBy { title } } } municipality { title ipaCode }
            prefixed: topics(filter: { titlePrefix: \"acq\" }) { totalCount nodes { id } }
            eventOccurrences(during: { from: \"2199-01-01\", through: \"2199-12-31\" }) { edges { node { event { id place { title } } } } }
            home { latestNews { id } nextEvents { id } }
            navigation { code itemCount } }";
        let mut seen = Vec::new();
        for (index, (code, host)) in two().await.into_iter().enumerate() {
            let data = app.read(host, query, json!({})).await;
            let id = json!(global_id_of(code, ContentType::Topic, ids[index]));
            assert_eq!(data["topic"], json!({ "id": id, "shortDescription": format!("Acqua di {code}"), "slug": "acqua", "url": format!("https://{host}/argomenti/acqua") }));
            assert_eq!(data["route"]["content"]["id"], id);
            assert_eq!(data["prefixed"], json!({ "totalCount": 1, "nodes": [{ "id": id }] }));
            assert_eq!((&data["topics"]["totalCount"], &data["news"]["totalCount"]), (&json!(2), &json!(1)));
            assert_eq!(data["municipality"]["title"], json!(format!("Comune {code}")));
            assert_eq!(data["municipality"]["ipaCode"], json!(code));
            assert_eq!(data["eventOccurrences"]["edges"].as_array().unwrap().len(), 1);
            assert_eq!(data["home"]["latestNews"].as_array().unwrap().len(), 1);
            assert_eq!(data["home"]["nextEvents"].as_array().unwrap().len(), 1);
            assert_eq!(data["navigation"][1]["itemCount"], json!(1));
            seen.push(data["eventOccurrences"]["edges"][0]["node"]["event"]["id"].clone());
            seen.push(data["home"]["latestNews"][0]["id"].clone());
        }
        assert_ne!(seen[..2], seen[2..]);
    }
}

on_both! {
    async fn a_cursor_of_one_municipality_opens_nothing_in_another(engine) {
        let app = TestApp::empty(engine).await;
        for (code, host) in two().await {
            let editor = app.editor(&app.tenant(code, host).await);
            for title in ["Acqua", "Bosco", "Clima"] {
                editor.topic(&format!("{title} {code}")).await;
            }
        }
        let [(_, first), (_, second)] = two().await;
        let cursor = app.read(first, "{ topics(first: 1) { pageInfo { endCursor } } }", json!({})).await;
        for place in ["after", "before"] {
            let query = format!("query($cursor: String) {{ topics({place}: $cursor) {{ nodes {{ title }} }} }}");
            let variables = json!({ "cursor": cursor["topics"]["pageInfo"]["endCursor"] });
            let refused = app.refused_at(second, &query, variables.clone()).await;
            assert_eq!(refused.parts(), ("FOREIGN_ID", place, "topics"));
            assert!(refused.message.contains("another municipality"), "{}", refused.message);
            app.read(first, &query, variables).await;
        }
    }
}
