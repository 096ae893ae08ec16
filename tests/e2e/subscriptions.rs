//! `contentChanged`, as server-sent events: what is published and taken back, in order, once, and
//! without a gap after a lost connection.

use municipio_domain::content::ContentType;
use municipio_tests::{Editor, TestApp, on_both, story::global_id};
use reqwest::Response;
use serde_json::{Value, json};

const FOLLOW: &str = "subscription($types: [ContentType!], $ids: [ID!], $after: String) {
    contentChanged(types: $types, ids: $ids, after: $after) { kind itemId type changedAt cursor item { title } } }";

/// A stream of events.
struct Events {
    response: Response,
    read: String,
}

impl Events {
    async fn of(app: &TestApp, query: &str, variables: Value) -> Self {
        let post = app.post().header("accept", "text/event-stream");
        let response = post
            .json(&json!({ "query": query, "variables": variables }))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            read: String::new(),
        }
    }

    async fn follow(app: &TestApp, variables: Value) -> Self {
        let others = app.database.feeds().listeners();
        let events = Self::of(app, FOLLOW, variables).await;
        app.followed_by(others + 1).await;
        events
    }

    async fn raw(&mut self) -> Option<String> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let event = event.to_owned();
                self.read = rest.to_owned();
                return Some(event);
            }
            let chunk = self.response.chunk().await.ok()??;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event that is not a comment: its name and its data.
    async fn event(&mut self) -> Option<(String, Value)> {
        loop {
            let raw = self.raw().await?;
            if raw == ":" {
                continue;
            }
            let (name, data) = raw.split_once('\n').unwrap();
            let data = data.strip_prefix("data:").unwrap().trim();
            let data = if data.is_empty() {
                Value::Null
            } else {
                serde_json::from_str(data).unwrap()
            };
            return Some((name.strip_prefix("event: ").unwrap().to_owned(), data));
        }
    }

    async fn change(&mut self) -> Value {
        let (name, mut data) = self.event().await.unwrap();
        assert_eq!(name, "next", "{data}");
        assert!(data.get("errors").is_none(), "{data}");
        data["data"]["contentChanged"].take()
    }
}

on_both! {
    async fn what_is_published_and_taken_back_is_told_in_order(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        editor.topic("Prima").await;
        let mut events = Events::follow(&app, json!({})).await;
        let topic = editor.topic("Acqua").await;
        let change = events.change().await;
        let id = global_id(ContentType::Topic, topic);
        assert_eq!(change["item"], json!({ "title": "Acqua" }));
        assert_eq!((&change["kind"], &change["type"], &change["itemId"]), (&json!("PUBLISHED"), &json!("TOPIC"), &json!(id)));
        editor.unpublish(topic).await;
        let change = events.change().await;
        assert_eq!((&change["kind"], &change["item"]), (&json!("UNPUBLISHED"), &Value::Null));
        // What is not public any more is not taken back again.
        editor.unpublish(topic).await;
        editor.publish(topic).await.unwrap();
        assert_eq!(events.change().await["kind"], json!("PUBLISHED"));
    }
}

on_both! {
    async fn nothing_is_lost_or_repeated_after_a_lost_connection(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let mut events = Events::follow(&app, json!({})).await;
        let mut expected = Vec::new();
        for number in 0..250 {
            let title = format!("Argomento {number:03}");
            editor.topic(&title).await;
            expected.push(title);
        }
        let mut seen = Vec::new();
        let mut cursor = Value::Null;
        // The connection is lost again and again, in the middle of what is there to be read.
        while seen.len() < expected.len() {
            for _ in 0..60.min(expected.len() - seen.len()) {
                let change = events.change().await;
                seen.push(change["item"]["title"].as_str().unwrap().to_owned());
                cursor = change["cursor"].clone();
            }
            drop(events);
            events = Events::of(&app, FOLLOW, json!({ "after": cursor })).await;
        }
        assert_eq!(seen, expected);
        editor.topic("Ultimo").await;
        assert_eq!(events.change().await["item"]["title"], json!("Ultimo"));
    }
}

on_both! {
    async fn subscribers_hear_of_their_types_and_items_alone(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let wanted = editor.topic("Acqua").await;
        let id = global_id(ContentType::Topic, wanted);
        let mut by_type = Events::follow(&app, json!({ "types": ["MUNICIPALITY", "FAQ"] })).await;
        let mut by_id = Events::follow(&app, json!({ "ids": [id] })).await;
        let mut both = Events::follow(&app, json!({ "types": ["FAQ"], "ids": [id] })).await;
        editor.topic("Bosco").await;
        editor.publish(wanted).await.unwrap();
        editor.published(ContentType::Municipality, json!({ "title": "Comune", "region": "Lombardia" })).await;
        assert_eq!(by_type.change().await["type"], json!("MUNICIPALITY"));
        assert_eq!(by_id.change().await["itemId"], json!(id));
        app.stop().await;
        for events in [&mut by_type, &mut by_id, &mut both] {
            assert_eq!(events.event().await, None, "the stream ends with the server, and says nothing more");
        }
    }
}

on_both! {
    async fn what_another_program_publishes_is_heard_and_other_municipalities_are_not(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let mut events = Events::follow(&app, json!({})).await;
        let other = app.tenant("c_x002", "www.x002.example").await;
        let program = app.other_program().await;
        Editor::new(program.clone(), &other).topic("Altrove").await;
        Editor::new(program.clone(), &tenant).topic("Acqua").await;
        assert_eq!(events.change().await["item"]["title"], json!("Acqua"));
        program.close().await.unwrap();
    }
}

on_both! {
    async fn wrong_subscriptions_are_refused_with_code_and_path(engine) {
        let app = TestApp::empty(engine).await;
        let own = app.tenant("c_x001", "www.x001.example").await;
        app.editor(&own).topic("Acqua").await;
        let cursor = |text: &str| municipio_tests::story::forged(text);
        for (variables, code, argument) in [
            (json!({ "after": "x" }), "INVALID_CURSOR", "after"),
            (json!({ "after": cursor("[\"c_x001\",[\"c\",-1]]") }), "INVALID_CURSOR", "after"),
            (json!({ "after": cursor("[\"c_x001\",[\"c\",99]]") }), "INVALID_CURSOR", "after"),
            (json!({ "after": cursor("[\"c_x002\",[\"c\",1]]") }), "FOREIGN_ID", "after"),
            (json!({ "ids": ["x"] }), "INVALID_ID", "ids[0]"),
            (json!({ "ids": vec![global_id(ContentType::Topic, municipio_domain::ids::ItemId::generate()); 101] }), "INVALID_ARGUMENT", "ids"),
        ] {
            let mut events = Events::of(&app, FOLLOW, variables).await;
            let (name, data) = events.event().await.unwrap();
            assert_eq!(name, "next");
            let error = &data["errors"][0];
            assert_eq!((error["extensions"]["code"].as_str(), error["extensions"]["argument"].as_str()), (Some(code), Some(argument)), "{data}");
            assert_eq!(error["path"], json!(["contentChanged"]));
            assert_eq!(events.event().await.unwrap(), ("complete".to_owned(), Value::Null));
            assert_eq!(events.event().await, None);
        }
        let mut events = Events::of(&app, "subscription { contentChanged { colour } }", json!({})).await;
        let (_, data) = events.event().await.unwrap();
        assert_eq!(data["errors"][0]["extensions"]["code"], json!("GRAPHQL_VALIDATION_FAILED"));
        assert!(data.get("data").is_none(), "{data}");
        let mut events = Events::of(&app, "{ topics { totalCount } }", json!({})).await;
        assert_eq!(events.event().await.unwrap().1, json!({ "data": { "topics": { "totalCount": 1 } } }));
        assert_eq!(events.event().await.unwrap().0, "complete");
        // Without an event stream there is nowhere to tell what happens later.
        let plain = app.post().json(&json!({ "query": FOLLOW })).send().await.unwrap();
        assert_eq!(plain.status(), 406);
        assert_eq!(plain.json::<Value>().await.unwrap()["code"], json!("NOT_ACCEPTABLE"));
    }
}

on_both! {
    async fn a_query_as_an_event_stream_has_a_perspective(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        editor.topic("Acqua").await;
        let body = json!({ "title": "Fuoco", "short_description": "Una bozza" });
        editor.draft(ContentType::Topic, body).await;
        let token = app.signed_in_at(&tenant, &["author"]).await;
        let ask = async |perspective: &str, token: Option<&str>| {
            let query = json!({ "query": "{ topics { totalCount } }" });
            let mut post = app.post().header("accept", "text/event-stream").json(&query);
            post = post.header("municipio-perspective", perspective);
            if let Some(token) = token {
                post = post.bearer_auth(token);
            }
            let response = post.send().await.unwrap();
            let cached = response.headers().get("cache-control").map(|value| value.to_str().unwrap().to_owned());
            let mut events = Events { response, read: String::new() };
            let (name, data) = events.event().await.unwrap();
            assert_eq!(name, "next", "{data}");
            (cached.unwrap_or_default(), data)
        };
        let (cached, seen) = ask("draft", Some(&token)).await;
        assert_eq!(seen["data"]["topics"]["totalCount"], 2, "{seen}");
        assert!(cached.contains("no-store"), "{cached}");
        let (_, seen) = ask("published", Some(&token)).await;
        assert_eq!(seen["data"]["topics"]["totalCount"], 1, "{seen}");
        let (_, refused) = ask("draft", None).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{refused}");
    }
}
