//! The publishing gate: what is missing keeps content off the site, and is told field by field in
//! two languages; what could be better is told too, and keeps nothing.

use std::collections::BTreeSet;

use municipio_domain::content::{
    ContentError, ContentType, Issue, LifeStep, PublishReport, Severity, move_on,
};
use municipio_domain::ids::ItemId;
use municipio_tests::{
    Editor, TestApp, noon, on_both,
    story::{column, global_id, office, place, with},
};
use serde_json::{Value, json};

async fn refused(editor: &Editor, id: ItemId) -> PublishReport {
    match editor.publish(id).await {
        Err(ContentError::NotPublishable(report)) => report,
        other => panic!("the gate was open: {other:?}"),
    }
}

fn errors(report: &PublishReport) -> Vec<&Issue> {
    report
        .issues
        .iter()
        .filter(|issue| issue.severity == Severity::Error)
        .collect()
}

async fn report(app: &TestApp, content_type: ContentType, id: ItemId) -> Value {
    app.read(
        "",
        &asking(content_type),
        json!({ "id": global_id(content_type, id) }),
    )
    .await["node"]["publishReport"]
        .take()
}

fn asking(content_type: ContentType) -> String {
    format!(
        "query($id: ID!) {{ node(id: $id) {{ ... on {} {{ publishReport {{ isPublishable issues {{ severity code path messageIt messageEn source }} }} }} }} }}",
        content_type.type_name()
    )
}

on_both! {
    async fn nothing_empty_is_published_and_every_lack_is_said(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        for content_type in ContentType::ALL {
            let id = editor.draft(*content_type, json!({})).await;
            let report = refused(&editor, id).await;
            let errors = errors(&report);
            assert!(!errors.is_empty(), "{content_type}");
            let mut known = BTreeSet::new();
            for issue in &report.issues {
                assert!(issue.code.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_'), "{issue:?}");
                assert!(!issue.path.is_empty() && !issue.source.is_empty(), "{content_type} {issue:?}");
                for sentence in [&issue.message_it, &issue.message_en] {
                    assert!(sentence.ends_with('.') && sentence.len() > 10, "{content_type} {issue:?}");
                }
                assert_ne!(issue.message_it, issue.message_en, "{content_type}");
                assert!(known.insert((issue.code.clone(), issue.path.clone())), "said twice: {content_type} {issue:?}");
            }
            let data = app.read("", "query($id: ID!) { node(id: $id) { id } }", json!({ "id": global_id(*content_type, id) })).await;
            assert_eq!(data["node"], Value::Null, "{content_type} is not on the site");
        }
    }
}

on_both! {
    async fn each_error_goes_when_its_field_is_there(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        let bodies = [
            (ContentType::Service, basics.service("Servizio")),
            (ContentType::NewsItem, basics.news("Notizia")),
            (ContentType::Event, basics.event("Evento", json!({ "occurrences": [{ "starts_at": "2026-12-05T10:00" }] }))),
            (ContentType::Office, office("Ufficio", basics.contact, basics.place)),
            (ContentType::Place, place("Luogo", basics.contact)),
        ];
        for (content_type, whole) in bodies {
            let fields: Vec<_> = whole.as_object().unwrap().keys().cloned().collect();
            for field in fields {
                let mut body = whole.clone();
                body.as_object_mut().unwrap().remove(&field);
                let id = editor.draft(content_type, body).await;
                let report = refused(&editor, id).await;
                let errors = errors(&report);
                assert_eq!(errors.len(), 1, "{content_type} without {field}: {errors:?}");
                let own = errors[0].path.split(['.', '[']).next().unwrap();
                let stands_for = if field == "booking" { "digital_channel" } else { field.as_str() };
                assert_eq!(own, stands_for, "{errors:?}");
                editor.rewrite(id, content_type, whole.clone()).await.unwrap();
                editor.publish(id).await.unwrap();
            }
        }
    }
}

on_both! {
    async fn a_revision_that_is_refused_leaves_what_is_published(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        let id = editor.published(ContentType::NewsItem, basics.news("Resta")).await;
        let state = async || app.data("{ news { nodes { title modifiedAt topics { title } } } }").await;
        let before = state().await;
        editor.rewrite(id, ContentType::NewsItem, with(basics.news("Vuota"), json!({ "body": "", "topics": [] }))).await.unwrap();
        let report = refused(&editor, id).await;
        assert_eq!(errors(&report).iter().map(|issue| issue.code.as_str()).collect::<Vec<_>>(), ["TOPICS_MISSING", "BODY_MISSING"]);
        assert_eq!(state().await, before);
    }
}

on_both! {
    async fn errors_deep_inside_name_their_place(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        let more = json!({
            "status": "inactive",
            "needs": [{ "title": "Un modulo" }, { "description": "senza titolo" }],
            "outputs": [{ "title": " " }],
            "phases": [{ "days": 3 }],
            "costs": [{ "description": "Bollo", "value": "16" }, { "value": 5 }, {}],
            "image": { "url": "https://www.comune.example/a.jpg" },
        });
        let id = editor.draft(ContentType::Service, with(basics.service("Servizio"), more)).await;
        let report = refused(&editor, id).await;
        let mut found: Vec<_> = errors(&report).into_iter().map(|issue| (issue.code.as_str(), issue.path.as_str())).collect();
        found.sort_unstable();
        assert_eq!(found, [
            ("ALT_TEXT_MISSING", "image.alt"), ("COST_DESCRIPTION_MISSING", "costs[1].description"), ("COST_DESCRIPTION_MISSING", "costs[2].description"),
            ("NEED_TITLE_MISSING", "needs[1].title"), ("OUTPUT_TITLE_MISSING", "outputs[0].title"), ("PHASE_TITLE_MISSING", "phases[0].title"),
            ("STATUS_REASON_MISSING", "status_reason"),
        ]);
    }
}

on_both! {
    async fn everything_in_the_demo_could_be_published(engine) {
        let app = TestApp::demo(engine).await;
        let roots = ["services", "offices", "places", "people", "roles", "contactPoints", "news", "events", "documents", "datasets", "topics", "pages", "faqs", "procedures"];
        let report = "publishReport { isPublishable issues { severity code path messageIt messageEn } }";
        for root in roots {
            let data = app.data(&format!("{{ {root}(first: 100) {{ totalCount nodes {{ title {report} }} }} }}")).await;
            let nodes = data[root]["nodes"].as_array().unwrap();
            assert_eq!(data[root]["totalCount"], json!(nodes.len()));
            for node in nodes {
                assert_eq!(node["publishReport"]["isPublishable"], json!(true), "{root} {node:#}");
                for issue in node["publishReport"]["issues"].as_array().unwrap() {
                    assert_eq!(issue["severity"], json!("WARNING"), "{root} {node:#}");
                    let code = issue["code"].as_str().unwrap();
                    let wrong = ["LINK_NOT_PUBLISHED", "LINK_DEAD", "FISCAL_CODE_IN_TEXT", "IBAN_IN_TEXT", "MOBILE_IN_TEXT"];
                    assert!(!wrong.contains(&code), "the demo is whole: {node:#}");
                }
            }
        }
        let data = app.data(&format!("{{ municipality {{ {report} }} }}")).await;
        assert_eq!(data["municipality"]["publishReport"]["isPublishable"], json!(true));
    }
}

on_both! {
    async fn a_link_to_what_is_not_published_is_a_warning_until_it_is(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let basics = editor.basics().await;
        let later = editor.draft(ContentType::Topic, json!({ "title": "Dopo", "short_description": "Un argomento" })).await;
        let body = with(basics.news("Notizia"), json!({ "topics": [basics.topic, later], "body": format!("Vedi [qui](item:{later}).") }));
        let id = editor.published(ContentType::NewsItem, body).await;
        let found = report(&app, ContentType::NewsItem, id).await;
        assert_eq!(found["isPublishable"], json!(true));
        let waiting = |report: &Value| {
            let issues = report["issues"].as_array().unwrap().iter().filter(|issue| issue["code"] == json!("LINK_NOT_PUBLISHED")).cloned();
            let issues: Vec<_> = issues.collect();
            for issue in &issues {
                assert_eq!(issue["severity"], json!("WARNING"));
                assert!(issue["messageIt"].as_str().unwrap().contains("non è pubblicato"));
                assert!(issue["messageEn"].as_str().unwrap().contains("not published"));
            }
            column(&json!(issues), "path")
        };
        assert_eq!(waiting(&found), ["topics[1]", "body"]);
        editor.publish(later).await.unwrap();
        assert!(waiting(&report(&app, ContentType::NewsItem, id).await).is_empty());
        editor.unpublish(basics.topic).await;
        let token = app.signed_in_at(&tenant, &["editor"]).await;
        assert_eq!(waiting(&report(&app, ContentType::NewsItem, id).await), ["topics[0]"]);
        for (step, code) in [(LifeStep::Archive, "LINK_ARCHIVED"), (LifeStep::Delete, "LINK_DELETED")] {
            let transaction = app.database.tenant(tenant.id).begin().await.unwrap();
            move_on(&transaction, basics.topic, step, noon()).await.unwrap();
            transaction.commit().await.unwrap();
            // Where it stands is not for everybody.
            assert_eq!(waiting(&report(&app, ContentType::NewsItem, id).await), ["topics[0]"]);
            let named = json!({ "id": global_id(ContentType::NewsItem, id) });
            let found = app.data_as(&token, &asking(ContentType::NewsItem), named).await["node"]["publishReport"].take();
            assert!(waiting(&found).is_empty(), "what was deleted does not appear later");
            let issues = found["issues"].as_array().unwrap();
            let told = issues.iter().find(|issue| issue["code"] == json!(code));
            assert_eq!(told.unwrap_or_else(|| panic!("{found:#}"))["path"], json!("topics[0]"));
        }
    }
}

on_both! {
    async fn a_service_wants_a_topic_of_the_model_and_an_office_with_an_address(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        let id = editor.published(ContentType::Service, basics.service("Servizio")).await;
        let codes = async || column(&report(&app, ContentType::Service, id).await["issues"], "code");
        assert!(codes().await.contains(&"TOPIC_NOT_IN_MODEL".to_owned()));
        assert!(!codes().await.contains(&"OFFICE_ADDRESS_MISSING".to_owned()));
        let topic = json!({ "title": "Acqua", "short_description": "Un argomento", "code": "acqua" });
        editor.rewrite(basics.topic, ContentType::Topic, topic).await.unwrap();
        assert!(codes().await.contains(&"TOPIC_NOT_IN_MODEL".to_owned()), "only drafted so far");
        editor.publish(basics.topic).await.unwrap();
        assert!(!codes().await.contains(&"TOPIC_NOT_IN_MODEL".to_owned()));
        editor.unpublish(basics.place).await;
        assert!(codes().await.contains(&"OFFICE_ADDRESS_MISSING".to_owned()), "the site is not on the site");
    }
}

on_both! {
    async fn texts_are_looked_at_too(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        let text = "Scrivere ad **Ada Rossi** (C.F. RSSMRA80A01H501U).\n\n\
            Vedi [l'argomento](/argomenti/ambiente-e-territorio), [il servizio](https://www.x001.example/servizi/turismo/non-c-e) \
            e [un altro sito](https://www.altro.example/servizi/turismo/non-c-e).";
        let body = with(basics.news("Notizia"), json!({ "body": text }));
        let id = editor.published(ContentType::NewsItem, body).await;
        let found = async || {
            let report = report(&app, ContentType::NewsItem, id).await;
            assert_eq!(report["isPublishable"], json!(true), "{report:#}");
            let issues = report["issues"].as_array().unwrap().iter();
            let told = issues.filter(|issue| issue["path"] == json!("body")).map(|issue| {
                assert_eq!(issue["severity"], json!("WARNING"));
                (issue["code"].as_str().unwrap().to_owned(), issue["messageIt"].as_str().unwrap().to_owned())
            });
            told.collect::<Vec<_>>()
        };
        let told = found().await;
        let codes: Vec<_> = told.iter().map(|(code, _)| code.as_str()).collect();
        assert_eq!(codes, ["FISCAL_CODE_IN_TEXT", "LINK_DEAD"], "{told:?}");
        assert!(told[1].1.contains("https://www.x001.example/servizi/turismo/non-c-e"), "{told:?}");
        editor.unpublish(basics.topic).await;
        let told = found().await;
        assert!(told.iter().any(|(code, message)| code == "LINK_DEAD" && message.contains("/argomenti/ambiente-e-territorio")), "{told:?}");
    }
}
