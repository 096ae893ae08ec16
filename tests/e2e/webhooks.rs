//! Webhooks as administrators set them up over HTTP, and the outbox as they look after it; the server does what is
//! due.

use aws_lc_rs::{
    hmac,
    signature::{ED25519, UnparsedPublicKey},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use municipio_domain::{
    identity::BuiltInRole,
    outbox::{NewJob, enqueue},
    tenants::Tenant,
};
use municipio_tests::{
    Engine, TestApp, now, on_both,
    receiver::{Received, Receiver},
    story::{column, forged},
};
use serde_json::{Value, json};

const CREATE: &str = "mutation($input: CreateWebhookInput!) { createWebhook(input: $input) {
    secret webhook { id url description events isEnabled disabledReason publicKey failingSince }
    userErrors { code path message } } }";

struct Story {
    app: TestApp,
    tenant: Tenant,
    administrator: String,
    receiver: Receiver,
}

impl Story {
    async fn new(engine: Engine) -> Self {
        let app =
            TestApp::configured(engine, true, |settings, _| settings.internal_calls = true).await;
        Self {
            tenant: app.demo_tenant().await,
            administrator: app.signed_in(BuiltInRole::Administrator).await,
            receiver: Receiver::start(|_| (200, None)).await,
            app,
        }
    }

    async fn ask(&self, query: &str, variables: Value) -> Value {
        self.app
            .data_as(&self.administrator, query, variables)
            .await
    }

    async fn create(&self) -> Value {
        let input = json!({ "url": self.receiver.url, "description": "Portale", "events": ["CONTENT_PUBLISHED"] });
        let made = self.ask(CREATE, json!({ "input": input })).await["createWebhook"].take();
        assert_eq!(made["userErrors"], json!([]));
        made
    }

    /// The payload of a mutation that takes the id of something.
    async fn mutate(&self, name: &str, selection: &str, input: Value) -> Value {
        let input_type = name[..1].to_uppercase() + &name[1..];
        let query = format!(
            "mutation($input: {input_type}Input!) {{ {name}(input: $input) {{ {selection} userErrors {{ code path }} }} }}"
        );
        self.ask(&query, json!({ "input": input })).await[name].take()
    }
}

/// Whether what was sent is signed with this secret, and with the private key of this public one.
fn verify(received: &Received, secret: &str, public_key: &str) -> (bool, bool) {
    let signed = format!("{}.{}.{}", received.id, received.timestamp, received.body);
    let secret = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let secret = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let public = STANDARD
        .decode(public_key.strip_prefix("whpk_").unwrap())
        .unwrap();
    let public = UnparsedPublicKey::new(&ED25519, public);
    let of = |version: &str| {
        let signatures = received
            .signature
            .split(' ')
            .filter_map(|signature| signature.split_once(','));
        let signatures = signatures.filter(|(found, _)| *found == version);
        signatures
            .map(|(_, value)| STANDARD.decode(value).unwrap())
            .collect::<Vec<_>>()
    };
    (
        of("v1")
            .iter()
            .any(|signature| hmac::verify(&secret, signed.as_bytes(), signature).is_ok()),
        of("v1a")
            .iter()
            .any(|signature| public.verify(signed.as_bytes(), signature).is_ok()),
    )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value}"))
}

on_both! {
    async fn a_webhook_is_told_at_once_and_can_verify_what_it_is_told(engine) {
        let story = Story::new(engine).await;
        let made = story.create().await;
        let webhook = &made["webhook"];
        let (secret, public_key) = (text(&made["secret"]), text(&webhook["publicKey"]));
        assert_eq!((&webhook["isEnabled"], &webhook["events"]), (&json!(true), &json!(["CONTENT_PUBLISHED"])));

        story.app.editor(&story.tenant).topic("Fontane di prova").await;
        let told = story.receiver.wait_for(1).await.remove(0);
        assert_eq!(told.json()["data"]["path"], "/argomenti/fontane-di-prova");
        assert_eq!(verify(&told, secret, public_key), (true, true));
        let age = now().timestamp() - told.timestamp.parse::<i64>().unwrap();
        assert!((0..60).contains(&age), "{age}");

        let rotated = story.mutate("rotateWebhookSecret", "secret webhook { publicKey }", json!({ "id": webhook["id"] })).await;
        let (new_secret, new_key) = (text(&rotated["secret"]), text(&rotated["webhook"]["publicKey"]));
        assert_ne!((secret, public_key), (new_secret, new_key));
        let tested = story.mutate("testWebhook", "delivery { id eventType status }", json!({ "id": webhook["id"] })).await;
        assert_eq!(tested["delivery"]["eventType"], "webhook.test");
        let tested = story.receiver.wait_for(2).await.remove(1);
        assert_eq!(verify(&tested, new_secret, new_key), (true, true));
        assert_eq!(verify(&tested, secret, public_key), (true, true), "for a day with those before too");
        assert_eq!(verify(&told, new_secret, new_key), (false, false));
    }
}

on_both! {
    async fn what_webhooks_were_told_is_on_record_and_their_secrets_are_not(engine) {
        let story = Story::new(engine).await;
        let made = story.create().await;
        let id = &made["webhook"]["id"];
        for title in ["Prova prima", "Prova seconda", "Prova terza"] {
            story.app.editor(&story.tenant).topic(title).await;
        }
        story.receiver.wait_for(3).await;
        const LOG: &str = "query($id: ID, $status: WebhookDeliveryStatus, $after: String, $first: Int) {
            webhookDeliveries(webhook: $id, status: $status, first: $first, after: $after) {
                nodes { id webhookId eventId eventType status payload settledAt attempts { status duration error answer } }
                pageInfo { hasNextPage endCursor } } }";
        // The last answer may not be written down yet.
        let log = loop {
            let log = story.ask(LOG, json!({ "id": id, "status": "DELIVERED" })).await["webhookDeliveries"].take();
            if log["nodes"].as_array().unwrap().len() == 3 { break log }
        };
        let newest = &log["nodes"][0];
        assert_eq!(newest["payload"]["data"]["slugs"]["it"], "prova-terza");
        assert_eq!(newest["attempts"][0]["answer"], "It is 200.");
        assert_eq!(&newest["webhookId"], id);
        let page = story.ask(LOG, json!({ "first": 2 })).await["webhookDeliveries"].take();
        assert_eq!(page["pageInfo"]["hasNextPage"], true);
        let rest = story.ask(LOG, json!({ "after": page["pageInfo"]["endCursor"] })).await["webhookDeliveries"].take();
        let both = [column(&page["nodes"], "id"), column(&rest["nodes"], "id")].concat();
        assert_eq!(both, column(&log["nodes"], "id"));
        let node = story.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", json!({ "ids": [id, newest["id"]] })).await;
        assert_eq!(node["nodes"], json!([{ "id": id, "__typename": "Webhook" }, { "id": newest["id"], "__typename": "WebhookDelivery" }]));

        let replayed = story.mutate("replayWebhookDelivery", "delivery { eventId }", json!({ "id": newest["id"] })).await;
        assert_eq!(replayed["delivery"]["eventId"], newest["eventId"]);
        let again = story.receiver.wait_for(4).await.remove(3);
        assert_eq!(json!(again.id), newest["eventId"]);

        let secret = text(&made["secret"]).strip_prefix("whsec_").unwrap();
        let audit = story.ask("{ auditEntries { nodes { name subject details } } }", json!({})).await.to_string();
        assert!(audit.contains("webhook.create") && audit.contains("webhook.replay"), "{audit}");
        let shown = story.ask("{ webhooks { nodes { id url description events publicKey isEnabled } } }", json!({})).await.to_string();
        for text in [audit, shown] {
            assert!(!text.contains(secret));
        }
        let deleted = story.mutate("deleteWebhook", "deletedId", json!({ "id": id })).await;
        assert_eq!(&deleted["deletedId"], id);
        assert_eq!(story.app.rows("webhook_delivery").await, 0);
    }
}

on_both! {
    async fn what_cannot_be_a_webhook_is_refused(engine) {
        let app = TestApp::demo(engine).await;
        let administrator = app.signed_in(BuiltInRole::Administrator).await;
        let create = async |url: &str, events: Value, description: &str| {
            let input = json!({ "url": url, "events": events, "description": description });
            let mut answer = app.data_as(&administrator, CREATE, json!({ "input": input })).await;
            let error = &answer["createWebhook"]["userErrors"][0];
            let found = [&error["code"], &error["path"]].map(|text| text.as_str().unwrap_or_default().to_owned());
            (found, answer["createWebhook"]["webhook"]["id"].take())
        };
        let published = json!(["CONTENT_PUBLISHED"]);
        for url in [
            "", "portale", "ftp://portale.example/", "http://portale.example/hook", "https://user:pw@portale.example/",
            "https://portale.example/#x", "https://127.0.0.1/", "https://10.0.0.1/hook", "https://[::1]/",
            "https://169.254.169.254/latest", "https://192.168.1.1/", &format!("https://portale.example/{}", "x".repeat(500)),
        ] {
            let (error, _) = create(url, published.clone(), "").await;
            assert_eq!(error, ["INVALID_URL", "url"], "{url}");
        }
        let url = "https://portale.example/hook";
        assert_eq!(create(url, json!([]), "").await.0, ["INVALID_EVENTS", "events"]);
        assert_eq!(create(url, published.clone(), &"x".repeat(501)).await.0, ["TOO_LONG", "description"]);
        let (_, id) = create(url, published.clone(), "").await;
        let update = "mutation($id: ID!) { updateWebhook(input: { id: $id, url: \"https://10.1.1.1/\" }) { userErrors { code path } } }";
        let refused = app.data_as(&administrator, update, json!({ "id": id })).await;
        assert_eq!(refused["updateWebhook"]["userErrors"], json!([{ "code": "INVALID_URL", "path": "url" }]));
        for _ in 1..20 {
            create(url, published.clone(), "").await;
        }
        assert_eq!(create(url, published.clone(), "").await.0, ["TOO_MANY_WEBHOOKS", ""]);
        let stranger = json!({ "id": forged("Webhook:c_m999:019383a0-0000-7000-8000-000000000000") });
        for name in ["updateWebhook", "deleteWebhook", "rotateWebhookSecret", "testWebhook"] {
            let input = name[..1].to_uppercase() + &name[1..];
            let query = format!("mutation($input: {input}Input!) {{ {name}(input: $input) {{ userErrors {{ code path }} }} }}");
            let refused = app.data_as(&administrator, &query, json!({ "input": stranger })).await;
            assert_eq!(refused[name]["userErrors"], json!([{ "code": "NOT_FOUND", "path": "id" }]), "{name}");
        }
    }
}

on_both! {
    async fn the_outbox_is_looked_after(engine) {
        let story = Story::new(engine).await;
        let store = story.app.database.tenant(story.tenant.id);
        let transaction = store.begin().await.unwrap();
        // A job that the server has no use for, and one that it cannot read.
        let jobs = [NewJob::new("nobody", "a", json!({ "x": 1 })), NewJob::new("webhook-delivery", "b", json!({}))];
        enqueue(&transaction, jobs, now()).await.unwrap();
        transaction.commit().await.unwrap();
        const JOBS: &str = "query($filter: OutboxJobFilter, $first: Int, $after: String) { outboxJobs(filter: $filter, first: $first, after: $after) {
            nodes { number topic aggregate payload status attempts lastError } edges { cursor } pageInfo { hasNextPage } }
            outboxStatistics { topic status total firstAt age } }";
        let dead = json!({ "filter": { "status": "DEAD" } });
        let seen = loop {
            let seen = story.ask(JOBS, dead.clone()).await;
            if seen["outboxJobs"]["nodes"] != json!([]) { break seen }
        };
        let job = &seen["outboxJobs"]["nodes"][0];
        assert_eq!((&job["topic"], &job["attempts"]), (&json!("webhook-delivery"), &json!(1)));
        assert!(text(&job["lastError"]).contains("missing field"), "{job}");
        let statistics = seen["outboxStatistics"].as_array().unwrap();
        assert!(statistics.iter().any(|of| of["topic"] == "nobody" && of["status"] == "WAITING" && of["total"] == 1), "{seen}");
        let ready = story.app.get("/health/ready").send().await.unwrap();
        assert_eq!(ready.status(), 200);
        let ready: Value = ready.json().await.unwrap();
        assert_eq!((&ready["status"], &ready["outbox"]), (&json!("degraded"), &json!("1 jobs were given up")));

        let replayed = story.mutate("replayOutboxJobs", "count", json!({ "filter": { "topic": "webhook-delivery" } })).await;
        assert_eq!(replayed["count"], 1);
        loop {
            let seen = story.ask(JOBS, dead.clone()).await;
            if seen["outboxJobs"]["nodes"] != json!([]) { break }
        }
        let dropped = story.mutate("dropOutboxJobs", "count", json!({ "filter": { "topic": "webhook-delivery" } })).await;
        assert_eq!(dropped["count"], 1);
        let dropped = story.mutate("dropOutboxJobs", "count", json!({ "filter": { "topic": "nobody" } })).await;
        assert_eq!(dropped["count"], 1);
        let ready: Value = story.app.get("/health/ready").send().await.unwrap().json().await.unwrap();
        assert_eq!((&ready["status"], &ready["outbox"]), (&json!("ok"), &json!("ok")));
        let audit = story.ask("{ auditEntries { nodes { name details } } }", json!({})).await.to_string();
        assert!(audit.contains("outbox.replay") && audit.contains("outbox.drop"), "{audit}");
    }
}
