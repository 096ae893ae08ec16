//! Releases: changes that are previewed, published and taken back together.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use municipio_domain::{
    audit::{AuditLog, Entry},
    content::{ContentType, Contents, fire_due, publish},
    ids::ItemId,
    tenants::Tenant,
};
use municipio_tests::{
    Editor, TestApp, now, on_both,
    story::{Basics, column, global_id},
};
use serde_json::{Value, json};

pub const NEWS: ContentType = ContentType::NewsItem;

/// A municipality with an editor who signed in, and three news: one that is public and has a newer draft, one
/// that was never public, and one that is to go.
pub struct Story {
    pub app: TestApp,
    pub tenant: Tenant,
    pub editor: Editor,
    pub basics: Basics,
    pub token: String,
    pub changed: ItemId,
    pub new: ItemId,
    pub old: ItemId,
}

const RELEASE: &str = "release { id status publishAt report { code path } refusal { itemId code }
        changes { contentId action revisionId previousRevisionId replacesNewer } }
    report { itemId code path } userErrors { code path }";

impl Story {
    pub async fn begin(engine: municipio_tests::Engine) -> Self {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let basics = editor.basics().await;
        let changed = editor.published(NEWS, basics.news("Com’era")).await;
        let rewritten = editor.rename(changed, NEWS, basics.news("Com’è"), &[("it", "com-e-ora")]);
        rewritten.await.unwrap();
        let new = editor.draft(NEWS, basics.news("Nuova")).await;
        let old = editor.published(NEWS, basics.news("Vecchia")).await;
        let token = app.signed_in_at(&tenant, &["editor"]).await;
        Self {
            app,
            tenant,
            editor,
            basics,
            token,
            changed,
            new,
            old,
        }
    }

    pub async fn ask(&self, mutation: &str, input: Value) -> Value {
        let name = format!("{}Input", mutation[..1].to_uppercase() + &mutation[1..]);
        let query = format!(
            "mutation($input: {name}!) {{ done: {mutation}(input: $input) {{ {RELEASE} }} }}"
        );
        let mut data = self
            .app
            .data_as(&self.token, &query, json!({ "input": input }))
            .await;
        data["done"].take()
    }

    /// A release of all three.
    pub async fn put_together(&self) -> Value {
        let made = self
            .ask("createRelease", json!({ "name": "Bilancio 2027" }))
            .await;
        let id = made["release"]["id"].clone();
        let changes = json!([
            { "id": global_id(NEWS, self.changed) },
            { "id": global_id(NEWS, self.new), "action": "PUBLISH" },
            { "id": global_id(NEWS, self.old), "action": "UNPUBLISH" },
        ]);
        let added = self
            .ask("addToRelease", json!({ "id": id, "changes": changes }))
            .await;
        assert_eq!(added["userErrors"], json!([]), "{added:#}");
        assert_eq!(
            added["release"]["changes"].as_array().unwrap().len(),
            3,
            "{added:#}"
        );
        id
    }

    async fn seen(&self, perspective: Option<String>) -> Value {
        let query = "{ news(first: 50, orderBy: TITLE_ASC) { totalCount nodes { id title path modifiedAt topics { title news { totalCount } } } } }";
        let request = json!({ "query": query, "extensions": { "perspective": perspective } });
        let post = self.app.post().bearer_auth(&self.token).json(&request);
        let mut answer: Value = post.send().await.unwrap().json().await.unwrap();
        assert!(answer.get("errors").is_none(), "{answer:#}");
        // When it was last published differs.
        for node in answer["data"]["news"]["nodes"].as_array_mut().unwrap() {
            node.as_object_mut().unwrap().remove("modifiedAt");
        }
        answer["data"]["news"].take()
    }

    pub async fn public(&self) -> Value {
        self.seen(None).await
    }

    /// The kinds of the last changes that readers are told of.
    async fn told(&self, after: i64) -> Vec<String> {
        let store = self.app.database.tenant(self.tenant.id);
        let contents = Contents::new(store, Contents::cache(0));
        let changes = contents.changes(after, 50).await.unwrap();
        changes
            .iter()
            .map(|change| format!("{:?} {}", change.kind, change.item))
            .collect()
    }

    async fn last_change(&self) -> i64 {
        let store = self.app.database.tenant(self.tenant.id);
        Contents::new(store, Contents::cache(0))
            .last_change()
            .await
            .unwrap()
    }
}

on_both! {
    async fn a_release_is_seen_published_and_taken_back_as_a_whole(engine) {
        let story = Story::begin(engine).await;
        let before = story.public().await;
        assert_eq!(column(&before["nodes"], "title"), ["Com’era", "Vecchia"]);
        let id = story.put_together().await;
        let preview = story.seen(Some(format!("release={}", id.as_str().unwrap()))).await;
        assert_eq!(column(&preview["nodes"], "title"), ["Com’è", "Nuova"]);
        assert_eq!(story.public().await, before, "nothing is public before its time");

        let last = story.last_change().await;
        let published = story.ask("publishRelease", json!({ "id": id })).await;
        assert_eq!(published["release"]["status"], "PUBLISHED", "{published:#}");
        assert_eq!(published["release"]["report"], json!([]), "what was published is not looked at again");
        let changes = published["release"]["changes"].as_array().unwrap().iter();
        let previous: BTreeMap<_, _> = changes
            .map(|change| (change["contentId"].as_str().unwrap().to_owned(), change["previousRevisionId"].is_string()))
            .collect();
        let expected = [(story.changed, true), (story.new, false), (story.old, true)];
        assert_eq!(previous, expected.map(|(id, was)| (global_id(NEWS, id), was)).into());
        assert_eq!(story.public().await, preview);
        let mut told = story.told(last).await;
        told.sort();
        let mut expected = vec![
            format!("Published {}", story.changed),
            format!("Published {}", story.new),
            format!("Unpublished {}", story.old),
        ];
        expected.sort();
        assert_eq!(told, expected);
        let again = story.ask("publishRelease", json!({ "id": id })).await;
        assert_eq!(again["userErrors"][0]["code"], "RELEASE_CLOSED", "{again:#}");

        let back = story.ask("rollBackRelease", json!({ "id": id })).await;
        assert_eq!(back["release"]["status"], "ROLLED_BACK", "{back:#}");
        assert_eq!(story.public().await, before);
        let again = story.ask("rollBackRelease", json!({ "id": id })).await;
        assert_eq!(again["userErrors"][0]["code"], "RELEASE_NOT_PUBLISHED", "{again:#}");
    }
}

on_both! {
    async fn a_release_that_was_published_shows_what_it_published(engine) {
        let story = Story::begin(engine).await;
        let id = story.put_together().await;
        let named = format!("release={}", id.as_str().unwrap());
        story.ask("publishRelease", json!({ "id": id })).await;
        let published = story.public().await;
        let body = story.basics.news("Corretta dopo");
        story.editor.rewrite(story.new, NEWS, body).await.unwrap();
        let transaction = story.app.database.tenant(story.tenant.id).begin().await.unwrap();
        let later = now() + TimeDelta::minutes(1);
        publish(&transaction, story.new, &story.tenant.locales, later).await.unwrap();
        transaction.commit().await.unwrap();
        assert_ne!(story.public().await, published);
        assert_eq!(story.seen(Some(named.clone())).await, published);
        story.ask("rollBackRelease", json!({ "id": id, "force": true })).await;
        let request = json!({ "query": "{ news { totalCount } }", "extensions": { "perspective": named } });
        let post = story.app.post().bearer_auth(&story.token).json(&request);
        let answer: Value = post.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID_PERSPECTIVE", "{answer:#}");
    }
}

on_both! {
    async fn one_wrong_item_keeps_all_of_a_release_back(engine) {
        let story = Story::begin(engine).await;
        let id = story.put_together().await;
        let before = story.public().await;
        let bare = json!({ "title": "Senza niente" });
        let bare = story.editor.draft(ContentType::Service, bare).await;
        let changes = json!([{ "id": global_id(ContentType::Service, bare) }]);
        let added = story.ask("addToRelease", json!({ "id": id, "changes": changes })).await;
        assert_ne!(added["release"]["report"], json!([]), "{added:#}");
        for mutation in ["publishRelease", "scheduleRelease"] {
            let input = match mutation {
                "publishRelease" => json!({ "id": id }),
                _ => json!({ "id": id, "publishAt": "2999-01-01T09:00" }),
            };
            let refused = story.ask(mutation, input).await;
            assert_eq!(refused["userErrors"][0]["code"], "RELEASE_REFUSED", "{mutation} {refused:#}");
            let codes = column(&refused["report"], "code");
            assert!(codes.contains(&"HOW_TO_MISSING".to_owned()), "{codes:?}");
            assert_eq!(refused["release"]["status"], "OPEN");
        }
        assert_eq!(story.public().await, before);
        let items = json!([global_id(ContentType::Service, bare)]);
        story.ask("removeFromRelease", json!({ "id": id, "items": items })).await;
        let published = story.ask("publishRelease", json!({ "id": id })).await;
        assert_eq!(published["release"]["status"], "PUBLISHED", "{published:#}");
    }
}

on_both! {
    async fn what_was_published_since_is_not_taken_back_by_surprise(engine) {
        let story = Story::begin(engine).await;
        let id = story.put_together().await;
        story.ask("publishRelease", json!({ "id": id })).await;
        let body = story.basics.news("Corretta dopo");
        story.editor.rewrite(story.new, NEWS, body).await.unwrap();
        story.editor.publish(story.new).await.unwrap();
        let refused = story.ask("rollBackRelease", json!({ "id": id })).await;
        assert_eq!(refused["userErrors"][0]["code"], "RELEASE_REFUSED", "{refused:#}");
        assert_eq!(column(&refused["report"], "code"), ["CHANGED_SINCE"]);
        assert_eq!(column(&story.public().await["nodes"], "title"), ["Com’è", "Corretta dopo"]);
        let forced = story.ask("rollBackRelease", json!({ "id": id, "force": true })).await;
        assert_eq!(forced["release"]["status"], "ROLLED_BACK", "{forced:#}");
        assert_eq!(column(&story.public().await["nodes"], "title"), ["Com’era", "Vecchia"]);
    }
}

on_both! {
    async fn a_scheduled_release_is_published_once_when_its_time_comes(engine) {
        let story = Story::begin(engine).await;
        let id = story.put_together().await;
        let past = story.ask("scheduleRelease", json!({ "id": id, "publishAt": "2001-01-01T09:00" })).await;
        assert_eq!(past["userErrors"][0]["code"], "IN_THE_PAST", "{past:#}");
        let scheduled = story.ask("scheduleRelease", json!({ "id": id, "publishAt": "2999-01-01T09:00" })).await;
        assert_eq!(scheduled["release"]["status"], "SCHEDULED", "{scheduled:#}");
        let due: DateTime<Utc> = scheduled["release"]["publishAt"].as_str().unwrap().parse().unwrap();
        let last = story.last_change().await;
        let early = fire_due(&story.app.database, due - chrono::TimeDelta::seconds(1)).await.unwrap();
        assert_eq!(early, Some(due));
        assert_eq!(story.last_change().await, last);
        let other = story.app.other_program().await;
        let (one, two) = tokio::join!(fire_due(&story.app.database, due), fire_due(&other, due));
        one.unwrap();
        two.unwrap();
        assert_eq!(story.last_change().await, last + 3);
        assert_eq!(column(&story.public().await["nodes"], "title"), ["Com’è", "Nuova"]);
        let log = AuditLog::new(story.app.database.tenant(story.tenant.id));
        let entries: Vec<Entry> = log.entries(0).try_collect().await.unwrap();
        let published = entries.iter().filter(|entry| entry.name == "release.publish");
        let told: Vec<_> = published.map(|entry| (entry.actor.as_str(), entry.subject.as_deref())).collect();
        assert_eq!(told, [("system", id.as_str())]);
    }
}

on_both! {
    async fn releases_are_for_those_who_may(engine) {
        let story = Story::begin(engine).await;
        let id = story.put_together().await;
        let author = story.app.signed_in_at(&story.tenant, &["author"]).await;
        let publish = "mutation($id: ID!) { publishRelease(input: { id: $id }) { userErrors { code } } }";
        let refused = story.app.ask_as(&author, publish, json!({ "id": id })).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused:#}");
        let refused = story.app.refused(publish, json!({ "id": id })).await;
        assert_eq!(refused.code, "UNAUTHENTICATED");
        let list = "{ releases(first: 1) { nodes { id name changes { action } } pageInfo { hasNextPage endCursor } } }";
        let seen = story.app.data_as(&author, list, json!({})).await;
        assert_eq!(seen["releases"]["nodes"][0]["name"], "Bilancio 2027", "{seen:#}");
        let refused = story.app.refused(list, json!({})).await;
        assert_eq!(refused.code, "UNAUTHENTICATED");

        let wrong = json!([
            { "id": global_id(NEWS, ItemId::generate()) },
            { "id": global_id(NEWS, story.old), "revision": null },
        ]);
        let refused = story.ask("addToRelease", json!({ "id": id, "changes": wrong })).await;
        let error = &refused["userErrors"][0];
        assert_eq!((error["code"].as_str(), error["path"].as_str()), (Some("NOT_FOUND"), Some("changes[0]")), "{refused:#}");
    }
}
