//! Synonyms as editors set them, and what people look for as editors see it.

use municipio_domain::{content::ContentType, identity::BuiltInRole};
use municipio_tests::{TestApp, on_both};
use serde_json::{Value, json};

use crate::search::{ask, titles};

const SET: &str = "mutation ($input: SetSearchSynonymsInput!) { setSearchSynonyms(input: $input) {
    synonyms { version groups { phrases } } userErrors { code path }
} }";
const CLICK: &str = "mutation ($input: RecordSearchClickInput!) { recordSearchClick(input: $input) { isCounted userErrors { code } } }";
const INSIGHT: &str = "{ searchInsight(days: 1) {
    mostSearched(first: 3) { text locale searches withoutHits clicks } notFound { text withoutHits }
} }";

on_both! {
    async fn words_of_a_municipality_mean_the_same(engine) {
        let app = TestApp::demo(engine).await;
        let administrator = app.signed_in(BuiltInRole::Administrator).await;
        let set = async |input: Value| app.data_as(&administrator, SET, json!({ "input": input })).await["setSearchSynonyms"].take();
        assert_eq!(titles(&app, "spiaggetta").await, Vec::<String>::new());
        let groups = json!([{ "phrases": ["parco delle rive", "spiaggetta"] }]);
        let done = set(json!({ "groups": groups, "expectedVersion": 0 })).await;
        assert_eq!(done["synonyms"], json!({ "version": 1, "groups": groups }), "{done:#}");
        let found = titles(&app, "spiaggetta").await;
        assert!(found.contains(&"Parco delle Rive".to_owned()), "{found:?}");
        for (input, error) in [
            (json!({ "groups": groups, "expectedVersion": 0 }), json!({ "code": "CONFLICT", "path": "expectedVersion" })),
            (json!({ "groups": [{ "phrases": ["uno"] }] }), json!({ "code": "INVALID_SYNONYMS", "path": "groups[0].phrases" })),
            (json!({ "groups": vec![json!({ "phrases": ["a", "b"] }); 501] }), json!({ "code": "TOO_MANY_SYNONYMS", "path": "groups" })),
        ] {
            let refused = set(input).await;
            assert_eq!(refused, json!({ "synonyms": null, "userErrors": [error] }));
        }
        let read = "{ searchSynonyms { version groups { phrases } national { phrases } } }";
        let read = app.data_as(&administrator, read, json!({})).await["searchSynonyms"].take();
        assert_eq!((&read["version"], &read["groups"]), (&json!(1), &groups));
        assert!(read["national"].as_array().unwrap().len() > 20);
        set(json!({ "groups": [] })).await;
        assert_eq!(titles(&app, "spiaggetta").await, Vec::<String>::new());
    }
}

on_both! {
    async fn editors_see_what_is_looked_for_and_nobody_who_did(engine) {
        let app = TestApp::demo(engine).await;
        let editor = app.signed_in(BuiltInRole::Editor).await;
        let found = ask(&app, json!({ "query": "Carta d'identità", "first": 1 })).await;
        let card = found["data"]["search"]["edges"][0]["node"]["item"]["id"].clone();
        ask(&app, json!({ "query": "la CARTA identita", "first": 1 })).await;
        for private in ["RSSMRA80A01H501U", "mario.rossi@example.org", "347 123 4567"] {
            ask(&app, json!({ "query": private })).await;
        }
        ask(&app, json!({ "query": "xyzzyx plugh" })).await;
        let click = async |query: &str, id: &Value| {
            let input = json!({ "query": query, "id": id });
            let answer = app.ask(CLICK, json!({ "input": input })).await;
            answer["data"]["recordSearchClick"]["isCounted"].clone()
        };
        assert_eq!(click("carta d'identità", &card).await, true);
        assert_eq!(click("mario.rossi@example.org", &card).await, false);
        let draft = app.editor(&app.demo_tenant().await).draft(ContentType::Topic, json!({})).await;
        let draft = municipio_tests::story::forged(&format!("Topic:c_m999:{draft}"));
        assert_eq!(click("carta", &json!(draft)).await, false, "it is not public");
        let insight = app.data_as(&editor, INSIGHT, json!({})).await["searchInsight"].take();
        let most = insight["mostSearched"].as_array().unwrap();
        assert!(most[0]["searches"].as_u64() >= Some(2), "{insight:#}");
        assert_eq!((&most[0]["text"], &most[0]["clicks"]), (&json!("carta identita"), &json!(1)));
        assert!(insight["notFound"].as_array().unwrap().iter().any(|one| one["text"] == "xyzzyx plugh"), "{insight:#}");
        for private in ["rssmra", "rossi", "347"] {
            assert!(!insight.to_string().contains(private), "{insight:#}");
        }
        // Counts add up over the times at which they are written down.
        ask(&app, json!({ "query": "carta identità", "first": 1 })).await;
        let later = app.data_as(&editor, INSIGHT, json!({})).await["searchInsight"].take();
        assert!(later["mostSearched"][0]["searches"].as_u64() > most[0]["searches"].as_u64(), "{later:#}");
        assert_eq!(app.error("{ searchInsight(days: 0) { notFound { text } } }").await.0, "UNAUTHENTICATED");
    }
}
