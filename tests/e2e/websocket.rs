//! graphql-transport-ws, message by message.

use futures_util::{SinkExt, StreamExt};
use municipio_domain::{content::ContentType, identity::BuiltInRole};
use municipio_tests::{Engine, TestApp};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(app: &TestApp, protocol: &str) -> Self {
        let address = format!("{}/graphql", app.base.replace("http://", "ws://"));
        let mut request = address.into_client_request().unwrap();
        if !protocol.is_empty() {
            request
                .headers_mut()
                .insert("sec-websocket-protocol", protocol.parse().unwrap());
        }
        let (socket, _) = connect_async(request).await.unwrap();
        Self(socket)
    }

    /// A connection that is acknowledged.
    async fn ready(app: &TestApp) -> Self {
        let mut socket = Self::open(app, "graphql-transport-ws").await;
        socket.say(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    async fn send(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({ "type": "subscribe", "id": id, "payload": { "query": query } }))
            .await;
    }

    async fn message(&mut self) -> Message {
        loop {
            let message = self.0.next().await.unwrap().unwrap();
            if !message.is_ping() {
                return message;
            }
        }
    }

    async fn hear(&mut self) -> Value {
        let message = self.message().await;
        let text = message.to_text().unwrap_or_else(|_| panic!("{message:?}"));
        serde_json::from_str(text).unwrap_or_else(|_| panic!("{message:?}"))
    }

    /// The code with which the server closes the connection.
    async fn closed(&mut self) -> u16 {
        match self.message().await {
            Message::Close(Some(frame)) => frame.code.into(),
            other => panic!("not closed: {other:?}"),
        }
    }
}

const CHANGES: &str = "subscription { contentChanged { kind item { title } } }";

async fn small() -> TestApp {
    let app = TestApp::empty(Engine::Sqlite).await;
    let tenant = app.tenant("c_x001", "www.x001.example").await;
    app.editor(&tenant).topic("Acqua").await;
    app
}

#[actix_web::test]
async fn a_connection_ends_with_the_session_of_who_opened_it() {
    let app = TestApp::demo(Engine::Sqlite).await;
    let token = app.signed_in(BuiltInRole::Editor).await;
    let begin = |token: &str| {
        let payload = json!({ "Authorization": format!("Bearer {token}") });
        json!({ "type": "connection_init", "payload": payload })
    };
    let mut socket = Socket::open(&app, "graphql-transport-ws").await;
    socket.say(begin(&token)).await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
    socket.subscribe("a", "{ me { name } }").await;
    let me = socket.hear().await;
    assert_eq!(me["payload"]["data"]["me"]["name"], "Prova editor");
    let out = "mutation { signOut { sessions } }";
    app.data_as(&token, out, json!({})).await;
    assert_eq!(socket.hear().await["type"], "complete");
    socket.subscribe("b", "{ me { name } }").await;
    assert_eq!(socket.closed().await, 4403);
    let mut socket = Socket::open(&app, "graphql-transport-ws").await;
    socket.say(begin(&token)).await;
    assert_eq!(socket.closed().await, 4403);
}

#[actix_web::test]
async fn what_runs_ends_when_who_asked_for_it_may_do_something_else() {
    let app = TestApp::demo(Engine::Sqlite).await;
    let root = app.signed_in(BuiltInRole::Administrator).await;
    let token = app.signed_in(BuiltInRole::Officer).await;
    let me = app
        .data_as(&token, "{ me { account { id } } }", json!({}))
        .await;
    let mut socket = Socket::open(&app, "graphql-transport-ws").await;
    let payload = json!({ "Authorization": format!("Bearer {token}") });
    socket
        .say(json!({ "type": "connection_init", "payload": payload }))
        .await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
    socket
        .subscribe("a", "subscription { caseUpdated { case { id } } }")
        .await;
    app.followed_by(1).await;
    let change = "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "id": me["me"]["account"]["id"], "roles": ["author"] } });
    let changed = app.data_as(&root, change, input).await;
    assert_eq!(changed["updateAccount"]["userErrors"], json!([]));
    // It is asked who it is whenever something begins, and as often as the connection is kept alive.
    socket.subscribe("b", "{ me { name } }").await;
    assert_eq!(socket.closed().await, 4403);
}

#[actix_web::test]
async fn queries_and_subscriptions_share_a_connection() {
    let app = small().await;
    let tenant = municipio_domain::tenants::show(&app.database, &"c_x001".parse().unwrap())
        .await
        .unwrap();
    let editor = app.editor(&tenant);
    let mut socket = Socket::ready(&app).await;
    socket.subscribe("a", CHANGES).await;
    app.followed_by(1).await;
    socket.subscribe("b", "{ topics { totalCount } }").await;
    assert_eq!(
        socket.hear().await,
        json!({ "type": "next", "id": "b", "payload": { "data": { "topics": { "totalCount": 1 } } } })
    );
    assert_eq!(
        socket.hear().await,
        json!({ "type": "complete", "id": "b" })
    );
    editor.topic("Bosco").await;
    assert_eq!(
        socket.hear().await,
        json!({ "type": "next", "id": "a", "payload": { "data": { "contentChanged": { "kind": "PUBLISHED", "item": { "title": "Bosco" } } } } })
    );
    socket.say(json!({ "type": "complete", "id": "a" })).await;
    socket
        .say(json!({ "type": "ping", "payload": { "number": 1 } }))
        .await;
    assert_eq!(
        socket.hear().await,
        json!({ "type": "pong", "payload": { "number": 1 } })
    );
    // Nothing of what was completed arrives any more, and its id is free.
    editor.topic("Clima").await;
    socket
        .subscribe("a", "{ topics(first: 1) { nodes { title } } }")
        .await;
    assert_eq!(
        socket.hear().await["payload"]["data"]["topics"]["nodes"][0]["title"],
        json!("Acqua")
    );
    assert_eq!(
        socket.hear().await,
        json!({ "type": "complete", "id": "a" })
    );
}

#[actix_web::test]
async fn a_refused_operation_is_an_error_and_the_connection_goes_on() {
    let app = small().await;
    let mut socket = Socket::ready(&app).await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ colour }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription { contentChanged { colour } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "{ topics(first: 100) { nodes { services(first: 100) { nodes { topics { title } } } } } }",
            "TOO_EXPENSIVE",
        ),
    ] {
        socket.subscribe("1", query).await;
        let answer = socket.hear().await;
        assert_eq!(
            (&answer["type"], &answer["id"]),
            (&json!("error"), &json!("1")),
            "{answer}"
        );
        assert_eq!(
            answer["payload"][0]["extensions"]["code"],
            json!(code),
            "{answer}"
        );
        assert!(
            answer["payload"][0]["extensions"]["requestId"].is_string(),
            "{answer}"
        );
    }
    for id in 0..50 {
        socket.subscribe(&format!("s{id}"), CHANGES).await;
    }
    socket.subscribe("one more", CHANGES).await;
    let answer = socket.hear().await;
    assert_eq!(
        answer["payload"][0]["extensions"]["code"],
        json!("TOO_MANY_OPERATIONS"),
        "{answer}"
    );
    socket.say(json!({ "type": "complete", "id": "s0" })).await;
    socket.subscribe("one more", "{ __typename }").await;
    assert_eq!(socket.hear().await["type"], json!("next"));
}

#[actix_web::test]
async fn every_breach_of_the_protocol_has_its_close_code() {
    let app = small().await;
    let init = json!({ "type": "connection_init" });
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": { "query": CHANGES } });
    for (messages, code) in [
        (vec![json!("hello")], 4400),
        (vec![json!({ "type": "start" })], 4400),
        (
            vec![init.clone(), json!({ "type": "subscribe", "payload": {} })],
            4400,
        ),
        (vec![subscribe.clone()], 4401),
        (
            vec![json!({ "type": "connection_init", "payload": { "Municipio-Tenant": "c_x009" } })],
            4403,
        ),
        (
            vec![json!({ "type": "connection_init", "payload": { "Municipio-Tenant": 1 } })],
            4403,
        ),
        (vec![init.clone(), subscribe.clone(), subscribe], 4409),
        (vec![init.clone(), init], 4429),
    ] {
        let mut socket = Socket::open(&app, "graphql-transport-ws").await;
        for message in &messages {
            socket.say(message.clone()).await;
        }
        let closed = loop {
            match socket.message().await {
                Message::Close(Some(frame)) => break u16::from(frame.code),
                message => assert!(
                    message.to_text().unwrap().contains("connection_ack"),
                    "{messages:?}: {message:?}"
                ),
            }
        };
        assert_eq!(closed, code, "{messages:?}");
    }
    let mut socket = Socket::open(&app, "graphql-transport-ws").await;
    socket.send(Message::binary(b"{}".to_vec())).await;
    assert_eq!(socket.closed().await, 4400);
    let mut socket = Socket::open(&app, "graphql-transport-ws").await;
    socket.send(Message::text(" ".repeat(300_000))).await;
    assert_eq!(socket.closed().await, 1009);
    assert_eq!(Socket::open(&app, "").await.closed().await, 4406);
    // Says nothing for three seconds.
    assert_eq!(
        Socket::open(&app, "graphql-transport-ws")
            .await
            .closed()
            .await,
        4408
    );
}

#[actix_web::test]
async fn the_payload_may_name_the_municipality() {
    let app = small().await;
    let other = app.tenant("c_x002", "www.x002.example").await;
    app.editor(&other).topic("Bosco").await;
    let mut socket = Socket::open(&app, "graphql-ws, graphql-transport-ws").await;
    socket
        .say(json!({ "type": "connection_init", "payload": { "Municipio-Tenant": "c_x002" } }))
        .await;
    assert_eq!(socket.hear().await["type"], json!("connection_ack"));
    socket
        .subscribe("1", "{ topics { nodes { title } } }")
        .await;
    assert_eq!(
        socket.hear().await["payload"]["data"]["topics"]["nodes"],
        json!([{ "title": "Bosco" }])
    );
    // Without a name there are two to choose from.
    let mut socket = Socket::open(&app, "graphql-transport-ws").await;
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.closed().await, 4403);
}

#[actix_web::test]
async fn stopping_says_goodbye() {
    let app = small().await;
    let mut socket = Socket::ready(&app).await;
    socket.subscribe("1", CHANGES).await;
    let (code, ()) = tokio::join!(socket.closed(), app.stop());
    assert_eq!(code, 1001);
}

#[actix_web::test]
async fn a_connection_and_its_operations_have_perspectives() {
    let app = small().await;
    let tenant = municipio_domain::tenants::show(&app.database, &"c_x001".parse().unwrap()).await;
    let tenant = tenant.unwrap();
    let body = json!({ "title": "Fuoco", "short_description": "Una bozza" });
    app.editor(&tenant).draft(ContentType::Topic, body).await;
    let token = app.signed_in_at(&tenant, &["author"]).await;
    let mut socket = Socket::open(&app, "graphql-transport-ws").await;
    let payload =
        json!({ "Authorization": format!("Bearer {token}"), "Municipio-Perspective": "draft" });
    socket
        .say(json!({ "type": "connection_init", "payload": payload }))
        .await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
    let count = "{ topics { totalCount } }";
    for (id, named, expected) in [
        ("a", json!(null), 2),
        ("b", json!("published"), 1),
        ("c", json!("draft"), 2),
    ] {
        let payload = json!({ "query": count, "extensions": { "perspective": named } });
        socket
            .say(json!({ "type": "subscribe", "id": id, "payload": payload }))
            .await;
        let next = socket.hear().await;
        assert_eq!(
            next["payload"]["data"]["topics"]["totalCount"], expected,
            "{next}"
        );
        assert_eq!(socket.hear().await["type"], "complete");
    }
    // Who did not sign in sees what is public, and is told why not more.
    let mut socket = Socket::ready(&app).await;
    let payload = json!({ "query": count, "extensions": { "perspective": "draft" } });
    socket
        .say(json!({ "type": "subscribe", "id": "a", "payload": payload }))
        .await;
    let refused = socket.hear().await;
    assert_eq!(refused["type"], "error", "{refused}");
    assert_eq!(
        refused["payload"][0]["extensions"]["code"], "UNAUTHENTICATED",
        "{refused}"
    );
    socket.subscribe("b", count).await;
    assert_eq!(
        socket.hear().await["payload"]["data"]["topics"]["totalCount"],
        1
    );
}

#[actix_web::test]
async fn nothing_begins_for_somebody_whom_nobody_can_look_up() {
    if !Engine::postgres_is_there() {
        return;
    }
    let (app, proxy) = TestApp::behind_a_proxy().await;
    let token = app.signed_in(BuiltInRole::Editor).await;
    let colleague = app.signed_in(BuiltInRole::Editor).await;
    let mut socket = Socket::open(&app, "graphql-transport-ws").await;
    let payload = json!({ "Authorization": format!("Bearer {token}") });
    socket
        .say(json!({ "type": "connection_init", "payload": payload }))
        .await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
    // Whoever is kept in memory is forgotten.
    app.data_as(&colleague, "mutation { signOut { sessions } }", json!({}))
        .await;
    proxy.cut().await;
    socket.subscribe("a", "{ me { name } }").await;
    let refused = socket.hear().await;
    assert_eq!(refused["type"], "error", "{refused}");
    let code = &refused["payload"][0]["extensions"]["code"];
    assert_eq!(code, "UNAVAILABLE", "{refused}");
    proxy.mend().await;
}
