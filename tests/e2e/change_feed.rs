//! The feed of changes: every change once, in its order, whenever somebody comes back for more.

use std::time::Duration;

use municipio_domain::{
    content::{ContentType, publish, unpublish},
    ids::ItemId,
};
use municipio_tests::{Editor, TestApp, noon, on_both, story::global_id};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

const FEED: &str = "query($after: String, $types: [ContentType!], $first: Int) {
    changes(after: $after, types: $types, first: $first) {
        nodes { kind itemId type changedAt cursor item { title } }
        edges { cursor node { itemId } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } }";

async fn feed(app: &TestApp, variables: Value) -> Value {
    app.read("www.x001.example", FEED, variables).await["changes"].take()
}

async fn topics(editor: &Editor, titles: &[&str]) -> Vec<ItemId> {
    let mut ids = Vec::new();
    for title in titles {
        ids.push(editor.topic(title).await);
    }
    ids
}

fn ids(feed: &Value) -> Vec<String> {
    let nodes = feed["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["itemId"].as_str().unwrap().to_owned())
        .collect()
}

on_both! {
    async fn every_change_is_told_once_and_in_its_order(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let empty = feed(&app, json!({})).await;
        assert_eq!(empty["nodes"], json!([]));
        assert_eq!(empty["pageInfo"]["hasNextPage"], json!(false));
        let begin = &empty["pageInfo"]["endCursor"];

        let made = topics(&editor, &["Acqua", "Bosco", "Casa", "Danza", "Energia"]).await;
        editor.unpublish(made[1]).await;
        let mut expected: Vec<_> = made.iter().map(|id| global_id(ContentType::Topic, *id)).collect();
        expected.push(expected[1].clone());

        let (mut seen, mut after) = (Vec::new(), begin.clone());
        loop {
            let page = feed(&app, json!({ "after": after, "first": 2 })).await;
            seen.extend(ids(&page));
            let cursors: Vec<_> = page["nodes"].as_array().unwrap().iter().map(|node| &node["cursor"]).collect();
            let edges: Vec<_> = page["edges"].as_array().unwrap().iter().map(|edge| &edge["cursor"]).collect();
            assert_eq!(cursors, edges);
            assert_eq!(Some(&&page["pageInfo"]["endCursor"]), cursors.last());
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                let last = &page["nodes"][1];
                assert_eq!((&last["kind"], &last["item"], &last["type"]), (&json!("UNPUBLISHED"), &Value::Null, &json!("TOPIC")));
                break;
            }
        }
        assert_eq!(seen, expected);
        let nothing = feed(&app, json!({ "after": after })).await;
        assert_eq!((ids(&nothing).len(), &nothing["pageInfo"]["endCursor"]), (0, &after), "it can be asked again");
        editor.publish(made[1]).await.unwrap();
        let more = feed(&app, json!({ "after": after })).await;
        assert_eq!(ids(&more), [expected[1].clone()]);
        assert_eq!(more["nodes"][0]["item"]["title"], json!("Bosco"));
        // The same place serves those who are told.
        assert_eq!(feed(&app, json!({ "after": more["nodes"][0]["cursor"] })).await["nodes"], json!([]));
    }
}

on_both! {
    async fn what_is_of_other_types_is_passed_over_and_not_read_again(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        topics(&editor, &["Acqua", "Bosco"]).await;
        let settings = json!({ "title": "Comune", "region": "Lombardia" });
        let municipality = editor.published(ContentType::Municipality, settings).await;
        topics(&editor, &["Casa"]).await;
        let page = feed(&app, json!({ "types": ["MUNICIPALITY"], "first": 1 })).await;
        assert_eq!(ids(&page), [global_id(ContentType::Municipality, municipality)]);
        assert_eq!(page["pageInfo"]["hasNextPage"], json!(false));
        let rest = feed(&app, json!({ "after": page["pageInfo"]["endCursor"] })).await;
        assert_eq!(ids(&rest).len(), 0, "it stands behind them");
        let none = feed(&app, json!({ "types": [] })).await;
        assert_eq!(ids(&none).len(), 0);
    }
}

on_both! {
    async fn two_who_publish_at_once_are_told_in_one_order_and_nothing_is_overlooked(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let made = topics(&editor, &["Acqua", "Bosco"]).await;
        let store = app.database.tenant(tenant.id);
        let before = feed(&app, json!({})).await["pageInfo"]["endCursor"].clone();
        // What is not committed is not told; nobody else gets a number beyond it meanwhile.
        let transaction = store.begin().await.unwrap();
        publish(&transaction, made[0], &tenant.locales, noon()).await.unwrap();
        let (other, id, taken_off) = (app.other_program().await, tenant.id, made[1]);
        let second = tokio::spawn(async move {
            let transaction = other.tenant(id).begin().await.unwrap();
            unpublish(&transaction, taken_off, noon()).await.unwrap();
            transaction.commit().await.unwrap();
        });
        let mut second = std::pin::pin!(second);
        let waits = tokio::time::timeout(Duration::from_millis(300), &mut second).await;
        assert!(waits.is_err(), "it has a number before the first");
        assert_eq!(ids(&feed(&app, json!({ "after": before })).await).len(), 0);
        transaction.commit().await.unwrap();
        second.await.unwrap();
        let told = feed(&app, json!({ "after": before })).await;
        let kinds: Vec<_> = told["nodes"].as_array().unwrap().iter().map(|node| node["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["PUBLISHED", "UNPUBLISHED"]);
    }
}

on_both! {
    async fn a_place_that_is_not_in_the_log_says_so(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        topics(&app.editor(&tenant), &["Acqua", "Bosco", "Casa"]).await;
        let page = feed(&app, json!({ "first": 1 })).await;
        let first = &page["pageInfo"]["endCursor"];
        let all = app.administrator().await;
        all.execute_unprepared("DELETE FROM content_change WHERE sequence <= 2").await.unwrap();
        let place = |text: &str| json!(municipio_tests::story::forged(text));
        for (variables, code, argument) in [
            (json!({ "after": first }), "CURSOR_EXPIRED", "after"),
            (json!({ "after": "x" }), "INVALID_CURSOR", "after"),
            (json!({ "after": place("[\"c_x001\",[\"c\",4]]") }), "INVALID_CURSOR", "after"),
            (json!({ "after": place("[\"c_x002\",[\"c\",1]]") }), "FOREIGN_ID", "after"),
            (json!({ "first": 101 }), "INVALID_ARGUMENT", "first"),
        ] {
            let refused = app.refused(FEED, variables).await;
            assert_eq!(refused.parts(), (code, argument, "changes"));
        }
        let kept = feed(&app, json!({ "after": place("[\"c_x001\",[\"c\",2]]") })).await;
        assert_eq!(ids(&kept).len(), 1);
        assert_eq!(ids(&feed(&app, json!({})).await).len(), 1, "all that there is");
    }
}
