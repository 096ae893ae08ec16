//! What is not written: everything that is wrong is told at once, each by its code and its place in the
//! input, and nothing changes.

use municipio_domain::{
    content::{ContentType, latest},
    identity::BuiltInRole,
    ids::ItemId,
    tenants::Tenant,
};
use municipio_tests::{
    TestApp, on_both,
    story::{global_id, global_id_of},
    writer::{Writer, wrong},
};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

async fn refused(writer: &Writer, content: Value) -> Vec<String> {
    let payload = writer
        .mutate("createContent", "revision", json!({ "content": content }))
        .await;
    assert_eq!(payload["revision"], Value::Null, "{content}");
    wrong(&payload)
}

/// How many revisions there are.
async fn revisions(app: &TestApp) -> i64 {
    let connection = app.administrator().await;
    let count = Statement::from_string(
        connection.get_database_backend(),
        "SELECT count(*) FROM content_revision",
    );
    let row = connection.query_one_raw(count).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

async fn writer(app: &TestApp) -> (Tenant, Writer) {
    let tenant = app.tenant("c_x001", "www.x001.example").await;
    let writer = app.writer(&tenant, BuiltInRole::Editor);
    (tenant, writer)
}

on_both! {
    async fn everything_wrong_is_told_at_once_at_its_place(engine) {
        let app = TestApp::empty(engine).await;
        let (tenant, writer) = writer(&app).await;
        let topic = app.editor(&tenant).topic("Ambiente").await;
        let before = revisions(&app).await;
        let found = refused(&writer, json!({ "service": {
            "title": [{ "locale": "it", "value": "x".repeat(256) }],
            "category": ["anagrafe-e-stato-civile", "astronomia"],
            "topics": [
                global_id(ContentType::Topic, topic),
                global_id(ContentType::Service, topic),
                global_id_of("c_m999", ContentType::Topic, topic),
                "nonsense",
            ],
            "costs": [{ "value": "16.00" }, { "value": "tanto" }],
            "howTo": [
                { "locale": "de", "markdown": "Komm." },
                { "locale": "it", "html": "<p>Vieni</p><a href=\"javascript:alert(1)\">qui</a>" },
            ],
            "shortDescription": [{ "locale": "it", "value": "a" }, { "locale": "it", "value": "b" }, { "locale": "fr", "value": "c" }],
            "audience": [{ "locale": "it", "markdown": "a", "html": "b" }],
            "digitalChannel": { "url": "www.example" },
        } })).await;
        let mut found: Vec<_> = found.iter().map(String::as_str).collect();
        found.sort_unstable();
        let mut expected = vec![
            "TOO_LONG content.service.title",
            "UNKNOWN_CODE content.service.category[1]",
            "INVALID_ID content.service.topics[1]",
            "FOREIGN_ID content.service.topics[2]",
            "INVALID_ID content.service.topics[3]",
            "INVALID_VALUE content.service.costs[1].value",
            "UNSAFE_LINK content.service.howTo[1].html",
            "DUPLICATE_LOCALE content.service.shortDescription[1].locale",
            "UNKNOWN_LOCALE content.service.shortDescription[2].locale",
            "INVALID_VALUE content.service.audience[0]",
            "INVALID_VALUE content.service.digitalChannel.url",
        ];
        expected.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!(revisions(&app).await, before);
    }
}

on_both! {
    async fn links_dates_and_circles_are_checked(engine) {
        let app = TestApp::empty(engine).await;
        let (tenant, writer) = writer(&app).await;
        let nowhere = ItemId::generate();
        assert_eq!(
            refused(&writer, json!({ "page": { "topics": [global_id(ContentType::Topic, nowhere)] } })).await,
            ["LINK_NOT_FOUND content.page.topics[0]"]
        );
        // Not even when the id pretends to be of the right type.
        let office = app.editor(&tenant).draft(ContentType::Office, json!({})).await;
        assert_eq!(
            refused(&writer, json!({ "page": { "topics": [global_id(ContentType::Topic, office)] } })).await,
            ["LINK_WRONG_TYPE content.page.topics[0]"]
        );
        assert_eq!(
            refused(&writer, json!({ "newsItem": { "newsDate": "2026-12-05", "expiresAt": "2026-12-04" } })).await,
            ["END_BEFORE_START content.newsItem"]
        );
        let backwards = json!({ "occurrences": [{ "startsAt": "2026-12-05T21:00", "endsAt": "2026-12-05T20:00" }] });
        assert_eq!(
            refused(&writer, json!({ "event": { "schedule": backwards } })).await,
            ["INVALID_SCHEDULE content.event.schedule.occurrences[0].endsAt"]
        );

        let parent = json!({ "office": { "title": [{ "locale": "it", "value": "Sopra" }] } });
        let (above, _) = writer.create(parent).await;
        let (below, _) = writer.create(json!({ "office": { "parentOffice": above } })).await;
        let before = revisions(&app).await;
        let circle = json!({ "id": above, "content": { "office": { "parentOffice": below } } });
        let payload = writer.mutate("updateContent", "revision", circle).await;
        assert_eq!(wrong(&payload), ["CIRCULAR_PARENT content.office.parentOffice"]);
        let itself = json!({ "id": above, "content": { "office": { "parentOffice": above } } });
        assert_eq!(wrong(&writer.mutate("updateContent", "revision", itself).await), ["CIRCULAR_PARENT content.office.parentOffice"]);
        let other_type = json!({ "id": above, "content": { "service": {} } });
        assert_eq!(wrong(&writer.mutate("updateContent", "revision", other_type).await), ["WRONG_TYPE content"]);
        let gone = json!({ "id": global_id(ContentType::Office, nowhere), "content": { "office": {} } });
        assert_eq!(wrong(&writer.mutate("updateContent", "revision", gone).await), ["NOT_FOUND"]);
        assert_eq!(revisions(&app).await, before);

        let slug = |slug: &str| json!({ "content": { "topic": { "title": [{ "locale": "it", "value": "Uno" }] } }, "slugs": [{ "locale": "it", "slug": slug }] });
        let first = writer.mutate("createContent", "content { id }", slug("uno")).await;
        let published = writer.mutate("bulk", "results { done }", json!({ "operation": "PUBLISH", "ids": [first["content"]["id"]] })).await;
        assert_eq!(published["results"], json!([{ "done": false }]), "the short description is missing");
        let described = json!({ "id": first["content"]["id"], "content": { "topic": { "shortDescription": [{ "locale": "it", "value": "Uno" }] } } });
        writer.mutate("updateContent", "revision", described).await;
        writer.mutate("publish", "content { id }", json!({ "id": first["content"]["id"] })).await;
        assert_eq!(wrong(&writer.mutate("createContent", "revision", slug("uno")).await), ["SLUG_TAKEN slugs[0].slug"]);
    }
}

on_both! {
    async fn html_is_kept_without_its_scripts(engine) {
        let app = TestApp::empty(engine).await;
        let (_, writer) = writer(&app).await;
        let html = "<script>alert(1)</script><p onclick=\"x()\">Testo <b>forte</b></p><iframe src=\"https://a\"></iframe>\
                    <style>p{}</style><img src=\"https://a.example/b.png\" alt=\"b\" onerror=\"x()\">";
        let content = json!({ "page": { "title": [{ "locale": "it", "value": "Pagina" }], "body": [{ "locale": "it", "html": html }] } });
        let payload = writer.mutate("createContent", "content { ... on Page { body { html plainText } } }", json!({ "content": content })).await;
        let shown = payload["content"]["body"]["html"].as_str().unwrap();
        for gone in ["script", "onclick", "onerror", "iframe", "style", "alert"] {
            assert!(!shown.contains(gone), "{shown}");
        }
        assert!(shown.contains("Testo <strong>forte</strong>"), "{shown}");
        for unsafe_html in ["<a href=\"data:text/html,x\">x</a>", "<a href=\" jAvascript:x\">x</a>", "<a href=\"//a.example\">x</a>"] {
            let content = json!({ "page": { "body": [{ "locale": "it", "html": unsafe_html }] } });
            assert_eq!(refused(&writer, content).await, ["UNSAFE_LINK content.page.body[0].html"], "{unsafe_html}");
        }
    }
}

on_both! {
    async fn texts_have_their_limits(engine) {
        let app = TestApp::empty(engine).await;
        let (_, writer) = writer(&app).await;
        let huge = "x".repeat(10 << 20);
        let content = json!({ "page": { "body": [{ "locale": "it", "markdown": huge }] } });
        assert_eq!(refused(&writer, content).await, ["TOO_LONG content.page.body[0].markdown"]);
        let content = json!({ "page": { "title": [{ "locale": "it", "value": huge }] } });
        assert_eq!(refused(&writer, content).await, ["TOO_LONG content.page.title"]);
        let content = json!({ "page": { "title": [{ "locale": "it", "value": "a\u{0}b" }] } });
        assert_eq!(refused(&writer, content).await, ["INVALID_VALUE content.page.title[0].value"]);
        let input = json!({ "content": { "faq": {} }, "note": "x".repeat(1_001) });
        assert_eq!(wrong(&writer.mutate("createContent", "revision", input).await), ["TOO_LONG note"]);
    }
}

on_both! {
    async fn what_is_no_field_is_refused_before_anything_runs(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let query = "mutation($input: CreateContentInput!) { createContent(input: $input) { revision } }";
        for (content, told) in [
            (json!({ "service": { "tilte": [] } }), "tilte"),
            (json!({ "service": {}, "page": {} }), "exactly one"),
            (json!({}), "exactly one"),
            (json!({ "bando": {} }), "bando"),
            (json!({ "contactPoint": { "entries": [{ "value": "1" }] } }), "type"),
            (json!({ "service": { "maxResponseDays": "presto" } }), "maxResponseDays"),
            (json!({ "service": { "status": "ASLEEP" } }), "status"),
        ] {
            let refused = app.refused(query, json!({ "input": { "content": content } })).await;
            assert_eq!(refused.code, "GRAPHQL_VALIDATION_FAILED", "{content}");
            assert!(refused.message.contains(told), "{content}: {}", refused.message);
        }
        let transaction = app.database.tenant(tenant.id).begin().await.unwrap();
        assert!(latest(&transaction, &[]).await.unwrap().is_empty());
    }
}
