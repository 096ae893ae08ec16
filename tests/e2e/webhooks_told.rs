//! What webhooks are told, and when they are told it again. The server does not run: a worker of the story does what
//! is due at the moments that the story says.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{TryStreamExt, future::join_all};
use municipio_domain::{
    audit::{AuditLog, Entry},
    content::{ContentType, Contents, Window, move_slug, publish_all},
    identity::BuiltInRole,
    ids::ItemId,
    outbox::{JobStatus, Outbox, Worker},
    tenants::Tenant,
    webhooks::{Delivery, DeliveryFilter, DeliveryStatus, Webhooks},
};
use municipio_tests::{
    Editor, Engine, TestApp, noon, on_both,
    receiver::{Answer, Received, Receiver},
    story::{forged, global_id_of},
    writer::Writer,
};
use serde_json::{Value, json};

/// A municipality with a webhook, whose server does not run.
struct Story {
    app: TestApp,
    tenant: Tenant,
    editor: Editor,
    administrator: Writer,
    receiver: Receiver,
    worker: Worker,
    /// The global id of the webhook.
    id: String,
}

impl Story {
    async fn new(
        engine: Engine,
        answer: impl Fn(&Received) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let app = app.by_hand().await;
        let mut story = Self {
            editor: app.editor(&tenant),
            administrator: app.writer(&tenant, BuiltInRole::Administrator),
            receiver: Receiver::start(answer).await,
            worker: app.worker(),
            app,
            tenant,
            id: String::new(),
        };
        story.id = story
            .webhook(&["CONTENT_PUBLISHED", "CONTENT_UNPUBLISHED"])
            .await;
        story
    }

    /// Another webhook of the same address.
    async fn webhook(&self, events: &[&str]) -> String {
        let input = json!({ "url": self.receiver.url, "events": events });
        let made = self
            .administrator
            .mutate("createWebhook", "webhook { id }", input)
            .await;
        made["webhook"]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{made}"))
            .to_owned()
    }

    /// Does what is due at a moment; gives what was sent by that.
    async fn run(&self, now: DateTime<Utc>) -> Vec<Received> {
        let before = self.receiver.received().len();
        self.worker.run_due(now).await.unwrap();
        self.receiver.received().split_off(before)
    }

    async fn deliveries(&self) -> Vec<Delivery> {
        let contents = Contents::new(self.app.database.tenant(self.tenant.id), Contents::cache(0));
        let window = Window {
            size: 100,
            after: None,
            before: None,
            from_end: false,
        };
        let page = Webhooks::from(&contents)
            .deliveries(DeliveryFilter::default(), &window)
            .await
            .unwrap();
        page.entries
            .into_iter()
            .rev()
            .map(|(_, delivery)| delivery)
            .collect()
    }

    /// How many jobs there are of webhooks, and how they stand.
    async fn jobs(&self) -> Vec<(JobStatus, i64)> {
        let outbox = Outbox::new(self.app.database.tenant(self.tenant.id));
        let counts = outbox.statistics().await.unwrap().into_iter();
        let counts = counts.filter(|count| count.topic.starts_with("webhook"));
        counts.map(|count| (count.status, count.total)).collect()
    }

    async fn statuses(&self) -> Vec<DeliveryStatus> {
        self.deliveries()
            .await
            .iter()
            .map(|delivery| delivery.status)
            .collect()
    }

    async fn shown(&self) -> Value {
        let query = "{ webhooks { nodes { isEnabled disabledReason failingSince } } }";
        self.administrator.answer(query, json!({})).await["data"]["webhooks"]["nodes"][0].take()
    }

    async fn audited(&self) -> Vec<Entry> {
        let log = AuditLog::new(self.app.database.tenant(self.tenant.id));
        log.entries(0).try_collect().await.unwrap()
    }
}

fn later(seconds: i64) -> DateTime<Utc> {
    noon() + TimeDelta::seconds(seconds)
}

fn by_title(received: &[Received]) -> Vec<String> {
    let slug = |received: &Received| {
        received.json()["data"]["slugs"]["it"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    received.iter().map(slug).collect()
}

on_both! {
    async fn what_changes_is_told_with_its_addresses_and_what_it_makes_out_of_date(engine) {
        let story = Story::new(engine, |_| (200, None)).await;
        let id = story.editor.topic("Acqua pubblica").await;
        let told = story.run(noon()).await;
        assert_eq!(told.len(), 1);
        let global = global_id_of("c_x001", ContentType::Topic, id);
        let cursor = &told[0].json()["data"]["cursor"];
        assert_eq!(told[0].json(), json!({
            "type": "content.published",
            "timestamp": "2026-11-23T12:00:00.000Z",
            "data": {
                "municipality": "c_x001",
                "id": global,
                "type": "Topic",
                "slugs": { "it": "acqua-pubblica" },
                "path": "/argomenti/acqua-pubblica",
                "changedPaths": ["/argomenti/acqua-pubblica", "/de/argomenti/acqua-pubblica"],
                "cacheTags": ["c_x001", "c_x001:Topic", global],
                "cursor": cursor,
            },
        }));
        // The cursor is that of the feed.
        let feed = story.administrator.answer("query($after: String) { changes(after: $after) { nodes { cursor } } changesBefore: changes { nodes { cursor } } }", json!({ "after": cursor })).await;
        assert_eq!(feed["data"]["changes"]["nodes"], json!([]), "{feed}");
        assert_eq!(feed["data"]["changesBefore"]["nodes"], json!([{ "cursor": cursor }]));

        let transaction = story.app.database.tenant(story.tenant.id).begin().await.unwrap();
        let (locale, slug) = ("it".parse().unwrap(), "acqua".parse().unwrap());
        move_slug(&transaction, id, &locale, &slug, later(1)).await.unwrap();
        transaction.commit().await.unwrap();
        let moved = story.run(later(1)).await;
        let data = &moved[0].json()["data"];
        assert_eq!(data["path"], "/argomenti/acqua");
        let paths: BTreeSet<_> = data["changedPaths"].as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
        assert!(paths.contains("/argomenti/acqua") && paths.contains("/argomenti/acqua-pubblica"), "{paths:?}");

        story.editor.unpublish(id).await;
        let gone = story.run(later(2)).await;
        assert_eq!(gone[0].json()["type"], "content.unpublished");
        assert_eq!(gone[0].json()["data"]["path"], "/argomenti/acqua", "where it was");
        let ids: BTreeSet<_> = [&told[0], &moved[0], &gone[0]].map(|received| received.id.as_str()).into();
        assert_eq!(ids.len(), 3);
        assert_eq!(story.run(later(1_000)).await, [], "once");
    }
}

on_both! {
    async fn each_is_told_of_its_events_from_its_beginning_on(engine) {
        let story = Story::new(engine, |_| (204, None)).await;
        let id = story.editor.topic("Acqua").await;
        let unpublished = story.webhook(&["CONTENT_UNPUBLISHED"]).await;
        story.editor.topic("Bosco").await;
        story.editor.unpublish(id).await;
        let told = story.run(noon()).await;
        assert_eq!(told.len(), 4, "both of the last");
        let off = json!({ "id": story.id, "isEnabled": false });
        let changed = story.administrator.mutate("updateWebhook", "webhook { isEnabled }", off).await;
        assert_eq!(changed["webhook"]["isEnabled"], false);
        story.editor.publish(id).await.unwrap();
        story.editor.unpublish(id).await;
        assert_eq!(story.run(later(1)).await.len(), 1);
        let on = json!({ "id": story.id, "isEnabled": true });
        story.administrator.mutate("updateWebhook", "webhook { isEnabled }", on).await;
        assert_eq!(story.run(later(2)).await, [], "what happened meanwhile is not told");
        story.administrator.mutate("deleteWebhook", "deletedId", json!({ "id": unpublished })).await;
        story.editor.publish(id).await.unwrap();
        assert_eq!(story.run(later(3)).await.len(), 1);
        assert_eq!(story.deliveries().await.iter().filter(|delivery| delivery.event_type == "content.unpublished").count(), 1);
    }
}

on_both! {
    async fn what_does_not_arrive_is_told_again_with_the_same_id_over_three_days_and_can_be_replayed(engine) {
        let arrives = Arc::new(AtomicBool::new(false));
        let now_arrives = Arc::clone(&arrives);
        let story = Story::new(engine, move |_| match now_arrives.load(Ordering::SeqCst) {
            true => (200, None),
            false => (500, None),
        }).await;
        story.editor.topic("Acqua").await;
        let mut moment = noon();
        let mut told = Vec::new();
        for pause in [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] {
            if pause > 0 {
                assert_eq!(story.run(moment + TimeDelta::seconds(pause - 1)).await, [], "before {pause}");
            }
            moment += TimeDelta::seconds(pause + pause / 5 + 1);
            told.extend(story.run(moment).await);
        }
        assert_eq!(told.len(), 10);
        assert!(told.iter().all(|again| again.id == told[0].id && again.body == told[0].body));
        assert_ne!(told[0].timestamp, told[9].timestamp);
        let deliveries = story.deliveries().await;
        assert_eq!((deliveries[0].status, deliveries[0].attempts.len()), (DeliveryStatus::Failed, 10));
        let attempt = &deliveries[0].attempts[9];
        assert_eq!((attempt.status, attempt.answer.as_deref()), (Some(500), Some("It is 500.")));
        assert_eq!(story.run(moment + TimeDelta::days(2)).await, [], "given up");
        // It is not the fault of this service: nothing is dead.
        assert!(story.jobs().await.iter().all(|(status, _)| *status == JobStatus::Done));

        arrives.store(true, Ordering::SeqCst);
        let id = forged(&format!("WebhookDelivery:c_x001:{}", deliveries[0].id));
        let replayed = story.administrator.mutate("replayWebhookDelivery", "delivery { status eventId }", json!({ "id": id })).await;
        assert_eq!(replayed["delivery"], json!({ "status": "PENDING", "eventId": told[0].id }), "{replayed}");
        // Asked for twice, it is told once.
        let twice = story.administrator.mutate("replayWebhookDelivery", "delivery { status }", json!({ "id": id })).await;
        assert_eq!(twice["delivery"]["status"], "PENDING", "{twice}");
        let again = story.run(moment + TimeDelta::days(3)).await;
        assert_eq!((again.len(), &again[0].id), (1, &told[0].id));
        assert_eq!(story.statuses().await, [DeliveryStatus::Delivered]);
        assert_eq!(story.shown().await["failingSince"], Value::Null);
    }
}

on_both! {
    async fn who_asks_to_be_left_alone_is_left_alone(engine) {
        let first = AtomicUsize::new(0);
        let story = Story::new(engine, move |_| match first.fetch_add(1, Ordering::SeqCst) {
            0 => (503, Some("3600")),
            _ => (200, None),
        }).await;
        story.editor.topic("Acqua").await;
        assert_eq!(story.run(noon()).await.len(), 1);
        story.editor.topic("Bosco").await;
        assert_eq!(story.run(later(3_590)).await, []);
        let both: BTreeSet<_> = by_title(&story.run(later(3_610)).await).into_iter().collect();
        assert_eq!(both, BTreeSet::from(["acqua".to_owned(), "bosco".to_owned()]));
    }
}

on_both! {
    async fn events_of_one_item_arrive_in_their_order_and_do_not_keep_others_back(engine) {
        let first = AtomicUsize::new(0);
        let story = Story::new(engine, move |received| {
            let is_first = received.body.contains("/argomenti/acqua") && first.fetch_add(1, Ordering::SeqCst) == 0;
            if is_first { (500, None) } else { (200, None) }
        }).await;
        let id = story.editor.topic("Acqua").await;
        story.editor.unpublish(id).await;
        story.editor.topic("Bosco").await;
        let told = story.run(noon()).await;
        assert_eq!(BTreeSet::from_iter(by_title(&told)), BTreeSet::from(["acqua".to_owned(), "bosco".to_owned()]));
        assert_eq!(story.statuses().await, [DeliveryStatus::Pending, DeliveryStatus::Pending, DeliveryStatus::Delivered]);
        let types: Vec<_> = story.run(later(10)).await.iter().map(|told| told.json()["type"].clone()).collect();
        assert_eq!(types, ["content.published", "content.unpublished"]);
    }
}

on_both! {
    async fn who_is_gone_is_switched_off_and_it_is_written_down(engine) {
        let story = Story::new(engine, |_| (410, None)).await;
        let id = story.editor.topic("Acqua").await;
        story.editor.unpublish(id).await;
        assert_eq!(story.run(noon()).await.len(), 1);
        let shown = story.shown().await;
        assert_eq!((&shown["isEnabled"], &shown["disabledReason"]), (&json!(false), &json!("GONE")));
        assert_eq!(story.statuses().await, [DeliveryStatus::Failed; 2], "what waited is not told any more");
        let entries = story.audited().await;
        let entry = entries.iter().find(|entry| entry.name == "webhook.disable").unwrap();
        assert_eq!((entry.actor.as_str(), &entry.details["disabledReason"]), ("system", &json!("gone")));
        story.editor.topic("Bosco").await;
        assert_eq!(story.run(later(1)).await, []);
        assert_eq!(story.deliveries().await.len(), 2);
        // Whether it came back is tried out all the same.
        story.administrator.mutate("testWebhook", "delivery { status }", json!({ "id": story.id })).await;
        assert_eq!(story.run(later(2)).await[0].json()["type"], "webhook.test");
    }
}

on_both! {
    async fn who_is_not_reached_for_days_is_switched_off(engine) {
        let story = Story::new(engine, |_| (200, None)).await;
        story.receiver.stop().await;
        story.editor.topic("Acqua").await;
        story.run(noon()).await;
        assert_eq!(story.shown().await["failingSince"], "2026-11-23T12:00:00+00:00");
        let attempts = story.deliveries().await[0].attempts.clone();
        assert!(attempts[0].status.is_none() && attempts[0].error.is_some(), "{attempts:?}");
        for hours in [24, 48, 72, 96, 119] {
            story.editor.topic(&format!("Ora {hours}")).await;
            story.run(noon() + TimeDelta::hours(hours)).await;
            assert_eq!(story.shown().await["isEnabled"], true, "after {hours} hours");
        }
        story.editor.topic("Ultima").await;
        story.run(noon() + TimeDelta::hours(121)).await;
        assert_eq!(story.shown().await["disabledReason"], "FAILING");
        assert!(story.audited().await.iter().any(|entry| entry.name == "webhook.disable"));
    }
}

on_both! {
    async fn who_fails_again_and_again_is_left_alone_for_a_while(engine) {
        let story = Story::new(engine, |_| (500, None)).await;
        for number in 0..12 {
            story.editor.topic(&format!("Tema {number}")).await;
        }
        let told = story.run(noon()).await.len();
        // Some were under way already when it was known.
        assert!((5..=8).contains(&told), "{told}");
        assert_eq!(story.run(later(3)).await, []);
        assert!(!story.run(later(700)).await.is_empty());
    }
}

on_both! {
    async fn nobody_is_sent_elsewhere(engine) {
        let story = Story::new(engine, |_| (302, None)).await;
        story.editor.topic("Acqua").await;
        assert_eq!(story.run(noon()).await.len(), 1);
        assert_eq!(story.deliveries().await[0].attempts[0].status, Some(302));
        assert_eq!(story.statuses().await, [DeliveryStatus::Pending]);
    }
}

on_both! {
    async fn many_changes_are_one_job_and_two_nodes_tell_each_event_once(engine) {
        let story = Story::new(engine, |_| (200, None)).await;
        let mut ids: Vec<ItemId> = Vec::new();
        for number in 0..130 {
            let body = json!({ "title": format!("Tema {number}"), "short_description": "Un argomento" });
            ids.push(story.editor.draft(ContentType::Topic, body).await);
        }
        let transaction = story.app.database.tenant(story.tenant.id).begin().await.unwrap();
        let published = publish_all(&transaction, &ids, &story.tenant.locales, noon()).await.unwrap();
        assert!(published.iter().all(Result::is_ok));
        transaction.commit().await.unwrap();
        assert_eq!(story.jobs().await, [(JobStatus::Waiting, 1)]);
        let nodes = [story.worker.clone(), story.app.worker()];
        while story.receiver.received().len() < ids.len() {
            let done = join_all(nodes.iter().map(|node| node.run_due(later(5)))).await;
            done.into_iter().for_each(|done| assert!(done.is_ok(), "{done:?}"));
        }
        let mut times: BTreeMap<_, usize> = BTreeMap::new();
        for received in story.receiver.received() {
            *times.entry(received.id).or_default() += 1;
        }
        assert_eq!((times.len(), times.values().max()), (ids.len(), Some(&1)));
    }
}
