//! What keeps a release back, and what does not: approvals, newer publications, time and other releases.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use municipio_domain::{
    audit::{AuditLog, Entry},
    content::{
        Plan, fire_due, publish_all,
        review::{self, Step},
        schedule, unpublish_all,
    },
    ids::ItemId,
    store::{Database, Transaction},
};
use municipio_tests::{
    noon, on_both,
    story::{column, forged, global_id},
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::releases::{NEWS, Story};

impl Story {
    async fn release_of(&self, changes: Value) -> Value {
        let made = self
            .ask("createRelease", json!({ "name": "Rilascio" }))
            .await;
        let id = made["release"]["id"].clone();
        let added = self
            .ask("addToRelease", json!({ "id": id, "changes": changes }))
            .await;
        assert_eq!(added["userErrors"], json!([]), "{added:#}");
        id
    }

    async fn transaction(&self) -> Transaction {
        let store = self.app.database.tenant(self.tenant.id);
        store.begin().await.unwrap()
    }

    async fn submit(&self, id: ItemId) {
        let transaction = self.transaction().await;
        let step = Step {
            by: "account:author",
            now: noon(),
        };
        review::submit(&transaction, id, None, step).await.unwrap();
        transaction.commit().await.unwrap();
    }

    async fn approve(&self, id: ItemId) {
        self.submit(id).await;
        let transaction = self.transaction().await;
        let step = Step {
            by: "account:other",
            now: noon(),
        };
        review::approve(&transaction, id, None, step).await.unwrap();
        transaction.commit().await.unwrap();
    }

    async fn demand_four_eyes(&self) {
        let transaction = self.transaction().await;
        review::set_four_eyes(&transaction, NEWS, true)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }

    /// What the audit log has of releases that the program published or refused by itself.
    async fn audited(&self) -> Vec<Entry> {
        let log = AuditLog::new(self.app.database.tenant(self.tenant.id));
        let entries: Vec<_> = log.entries(0).try_collect().await.unwrap();
        let own = entries.into_iter().filter(|entry| entry.actor == "system");
        own.filter(|entry| entry.name.starts_with("release."))
            .collect()
    }

    async fn scheduled(&self, id: &Value, at: &str) -> DateTime<Utc> {
        let scheduled = self
            .ask("scheduleRelease", json!({ "id": id, "publishAt": at }))
            .await;
        assert_eq!(scheduled["release"]["status"], "SCHEDULED", "{scheduled:#}");
        scheduled["release"]["publishAt"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    async fn read(&self, id: &Value) -> Value {
        let query =
            "query($id: ID!) { release(id: $id) { status refusal { itemId code message } } }";
        let mut data = self
            .app
            .data_as(&self.token, query, json!({ "id": id }))
            .await;
        data["release"].take()
    }
}

on_both! {
    async fn an_approval_stays_with_its_revision(engine) {
        let story = Story::begin(engine).await;
        story.demand_four_eyes().await;
        let changes = json!([{ "id": global_id(NEWS, story.changed) }]);
        let id = story.release_of(changes).await;
        let refused = story.ask("publishRelease", json!({ "id": id })).await;
        assert_eq!(column(&refused["report"], "code"), ["NOT_APPROVED"], "{refused:#}");
        assert_eq!(column(&refused["release"]["report"], "code"), ["NOT_APPROVED"], "{refused:#}");
        story.approve(story.changed).await;
        // Somebody goes on writing and submits that.
        story.editor.rewrite(story.changed, NEWS, story.basics.news("Come sarà")).await.unwrap();
        story.submit(story.changed).await;
        let published = story.ask("publishRelease", json!({ "id": id })).await;
        assert_eq!(published["release"]["status"], "PUBLISHED", "{published:#}");
        assert_eq!(column(&story.public().await["nodes"], "title"), ["Com’è", "Vecchia"]);
        // What was public before was published when nobody asked for approvals.
        let back = story.ask("rollBackRelease", json!({ "id": id })).await;
        assert_eq!(back["release"]["status"], "ROLLED_BACK", "{back:#}");
        assert_eq!(column(&story.public().await["nodes"], "title"), ["Com’era", "Vecchia"]);
    }
}

on_both! {
    async fn a_release_does_not_replace_what_is_newer_by_surprise(engine) {
        let story = Story::begin(engine).await;
        let item = global_id(NEWS, story.changed);
        let id = story.release_of(json!([{ "id": item }])).await;
        let due = story.scheduled(&id, "2999-01-01T09:00").await;
        story.editor.rewrite(story.changed, NEWS, story.basics.news("Corretta")).await.unwrap();
        story.editor.publish(story.changed).await.unwrap();
        for mutation in ["publishRelease", "scheduleRelease"] {
            let input = match mutation {
                "publishRelease" => json!({ "id": id }),
                _ => json!({ "id": id, "publishAt": "2999-01-02T09:00" }),
            };
            let refused = story.ask(mutation, input).await;
            assert_eq!(column(&refused["report"], "code"), ["NEWER_PUBLISHED"], "{refused:#}");
            assert_eq!(column(&refused["release"]["report"], "code"), ["NEWER_PUBLISHED"], "{refused:#}");
        }
        fire_due(&story.app.database, due).await.unwrap();
        assert_eq!(column(&story.public().await["nodes"], "title"), ["Corretta", "Vecchia"]);
        let refused = story.read(&id).await;
        assert_eq!(refused["status"], "REFUSED");
        assert_eq!(column(&refused["refusal"], "code"), ["NEWER_PUBLISHED"]);

        let history = "query($id: ID!) { contentItem(id: $id) { revisions(first: 3) { nodes { id } } } }";
        let history = story.app.data_as(&story.token, history, json!({ "id": item })).await;
        let earlier = &history["contentItem"]["revisions"]["nodes"][1]["id"];
        let changes = json!([{ "id": item, "revision": earlier, "replaceNewer": true }]);
        let added = story.ask("addToRelease", json!({ "id": id, "changes": changes })).await;
        assert_eq!(added["release"]["report"], json!([]), "{added:#}");
        let published = story.ask("publishRelease", json!({ "id": id })).await;
        assert_eq!(published["release"]["status"], "PUBLISHED", "{published:#}");
        assert_eq!(column(&story.public().await["nodes"], "title"), ["Com’è", "Vecchia"]);
    }
}

on_both! {
    async fn after_a_downtime_releases_and_items_are_done_in_their_order(engine) {
        let story = Story::begin(engine).await;
        let id = story.release_of(json!([{ "id": global_id(NEWS, story.changed) }])).await;
        let due = story.scheduled(&id, "2999-01-01T09:00").await;
        let end = due + TimeDelta::hours(1);
        let transaction = story.app.database.tenant(story.tenant.id).begin().await.unwrap();
        let plan = Plan { publish_at: None, expire_at: Some(end) };
        schedule(&transaction, story.changed, plan, "account:test", noon()).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(fire_due(&story.app.database, end + TimeDelta::hours(1)).await.unwrap(), None);
        assert_eq!(story.read(&id).await["status"], "PUBLISHED");
        assert_eq!(column(&story.public().await["nodes"], "title"), ["Vecchia"], "published, then taken off");
    }
}

on_both! {
    async fn what_the_program_does_with_a_release_is_written_down(engine) {
        let story = Story::begin(engine).await;
        let (empty, broken, whole) = (
            story.release_of(json!([{ "id": global_id(NEWS, story.new) }])).await,
            story.release_of(json!([{ "id": global_id(NEWS, story.old), "action": "UNPUBLISH" }])).await,
            story.release_of(json!([{ "id": global_id(NEWS, story.changed) }])).await,
        );
        story.scheduled(&empty, "2999-01-01T09:00").await;
        story.scheduled(&broken, "2999-01-01T10:00").await;
        let due = story.scheduled(&whole, "2999-01-01T11:00").await;
        let items = json!([global_id(NEWS, story.new)]);
        story.ask("removeFromRelease", json!({ "id": empty, "items": items })).await;
        let connection = story.app.administrator().await;
        let dance = "UPDATE content_release_change SET action = 'dance' WHERE action = 'unpublish'";
        connection.execute_unprepared(dance).await.unwrap();

        assert_eq!(fire_due(&story.app.database, due).await.unwrap(), None);
        assert_eq!(column(&story.public().await["nodes"], "title"), ["Com’è", "Vecchia"]);
        let refusal = |code: &str| (json!("REFUSED"), json!(null), json!(code));
        for (id, code) in [(&empty, "EMPTY_RELEASE"), (&broken, "UNREADABLE")] {
            let mut release = story.read(id).await;
            let mut why = release["refusal"][0].take();
            assert_eq!((release["status"].take(), why["itemId"].take(), why["code"].take()), refusal(code));
        }
        let audited = story.audited().await;
        let told: Vec<_> = audited.iter().map(|entry| (entry.name.as_str(), entry.subject.clone().unwrap())).collect();
        let expected = [("release.refuse_schedule", &empty), ("release.refuse_schedule", &broken), ("release.publish", &whole)];
        assert_eq!(told, expected.map(|(name, id)| (name, id.as_str().unwrap().to_owned())));
    }
}

on_both! {
    async fn the_statements_of_a_release_do_not_grow_with_its_items(engine) {
        let story = Story::begin(engine).await;
        let mut counts = Vec::new();
        for (round, size) in [2, 8].into_iter().enumerate() {
            let mut changes = Vec::new();
            for number in 0..size {
                let news = |what: &str| story.basics.news(&format!("{what} {round} {number}"));
                let gone = story.editor.published(NEWS, news("Via")).await;
                changes.push(json!({ "id": global_id(NEWS, gone), "action": "UNPUBLISH" }));
                // Not the newest revision.
                let come = story.editor.draft(NEWS, news("Nuova")).await;
                let item = global_id(NEWS, come);
                changes.push(json!({ "id": item }));
            }
            let id = story.release_of(json!(changes)).await;
            for change in changes.iter().skip(1).step_by(2) {
                let item = municipio_tests::story::item_id(change["id"].as_str().unwrap());
                story.editor.rewrite(item, NEWS, story.basics.news("Dopo")).await.unwrap();
            }
            let publish = story.ask("publishRelease", json!({ "id": id }));
            let (published, statements) = story.app.database.statements_of(publish).await;
            assert_eq!(published["release"]["status"], "PUBLISHED", "{published:#}");
            let own = statements.iter().filter(|statement| !statement.sql.contains("FROM \"tenant"));
            counts.push(own.count());
        }
        assert_eq!(counts[0], counts[1]);
    }
}

on_both! {
    async fn two_nodes_that_move_many_items_do_not_wait_for_each_other(engine) {
        let story = Story::begin(engine).await;
        let mut halves = [Vec::new(), Vec::new()];
        for number in 0..8 {
            let topic = story.editor.topic(&format!("Tema {number}")).await;
            let news = story.basics.news(&format!("Notizia {number}"));
            let news = story.editor.published(NEWS, news).await;
            halves[number % 2].extend([topic, news]);
        }
        // The other node names them the other way round.
        halves[1].reverse();
        let other = story.app.other_program().await;
        let move_all = async |database: &Database, ids: &[ItemId]| {
            for _ in 0..10 {
                let transaction = database.tenant(story.tenant.id).begin().await.unwrap();
                let gone = unpublish_all(&transaction, ids, noon()).await.unwrap();
                assert!(gone.iter().all(Result::is_ok));
                transaction.commit().await.unwrap();
                let transaction = database.tenant(story.tenant.id).begin().await.unwrap();
                let locales = &story.tenant.locales;
                let back = publish_all(&transaction, ids, locales, noon()).await.unwrap();
                assert!(back.iter().all(Result::is_ok));
                transaction.commit().await.unwrap();
            }
        };
        let [one, two] = &halves;
        tokio::join!(move_all(&story.app.database, one), move_all(&other, two));
    }
}

on_both! {
    async fn texts_that_databases_do_not_keep_are_refused_with_their_place(engine) {
        let story = Story::begin(engine).await;
        let (nul, long) = ("a\0b", "x".repeat(5_001));
        let name = "x".repeat(201);
        let cases = [
            (json!({ "name": nul }), "INVALID_VALUE name"),
            (json!({ "name": name }), "TOO_LONG name"),
            (json!({ "name": " " }), "INVALID_NAME name"),
            (json!({ "name": "a", "note": nul }), "INVALID_VALUE note"),
            (json!({ "name": "a", "note": long }), "TOO_LONG note"),
        ];
        for (input, expected) in cases {
            let refused = story.ask("createRelease", input).await;
            let error = &refused["userErrors"][0];
            let found = format!("{} {}", error["code"].as_str().unwrap_or_default(), error["path"].as_str().unwrap_or_default());
            assert_eq!(found, expected, "{refused:#}");
        }
        story.submit(story.new).await;
        let id = global_id(NEWS, story.new);
        let revision = forged("ContentRevision:c_x001:00000000-0000-0000-0000-000000000000");
        let cases = [
            ("approve", "ApproveInput", json!({ "id": id, "comment": nul }), "INVALID_VALUE comment"),
            ("reject", "RejectInput", json!({ "id": id, "comment": nul }), "INVALID_VALUE comment"),
            ("reject", "RejectInput", json!({ "id": id, "comment": long }), "COMMENT_TOO_LONG comment"),
            ("restoreRevision", "RestoreRevisionInput", json!({ "id": id, "revision": revision, "note": nul }), "INVALID_VALUE note"),
            ("restoreRevision", "RestoreRevisionInput", json!({ "id": id, "revision": revision, "note": long }), "TOO_LONG note"),
        ];
        for (mutation, kind, input, expected) in cases {
            let query = format!("mutation($input: {kind}!) {{ done: {mutation}(input: $input) {{ userErrors {{ code path }} }} }}");
            let data = story.app.data_as(&story.token, &query, json!({ "input": input })).await;
            let error = &data["done"]["userErrors"][0];
            let found = format!("{} {}", error["code"].as_str().unwrap_or_default(), error["path"].as_str().unwrap_or_default());
            assert_eq!(found, expected, "{mutation}: {data:#}");
        }
    }
}
