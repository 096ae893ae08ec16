//! The program is killed again and again while much changes, whoever is told fails at random, and so is the search
//! server, when there is one: in the end every change was told at least once, with the same id and the same words when
//! it was told again, and the indexes are what the database is. And the outbox on the command line.
//! `MUNICIPIO_CHANGES` is the number of changes, 240 when it is not set (.config/nextest.toml says how to run it with more).

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher, RandomState},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use municipio_domain::{
    content::{
        Body, ContentType, Draft, Slugs, create_all, publish_all, revise_all, unpublish_all,
    },
    identity::Vault,
    ids::ItemId,
    outbox::{JobStatus, NewJob, Outbox, enqueue},
    outgoing::Outgoing,
    store::{Database, TenantStore},
    tenants::{self, Tenant},
    webhooks::{EventType, NewWebhook, create_webhook},
};
use municipio_tests::{Engine, meili::Meili, now, receiver::Receiver};
use serde_json::json;

use crate::{publishing::Place, server::Server};

const SECRET: &str = "a secret of at least thirty-two characters";
/// How many items one transaction publishes, of which the first is taken off again.
const TOGETHER: usize = 4;

fn changes() -> usize {
    let changes = std::env::var("MUNICIPIO_CHANGES").ok();
    changes
        .and_then(|changes| changes.parse().ok())
        .unwrap_or(240)
}

async fn tenant(database: &Database) -> Tenant {
    tenants::show(database, &"c_h501".parse().unwrap())
        .await
        .unwrap()
}

async fn webhook(store: &TenantStore, url: &str) {
    let transaction = store.begin().await.unwrap();
    let new = NewWebhook {
        url: url.to_owned(),
        description: String::new(),
        events: [EventType::ContentPublished].into(),
    };
    let (vault, outgoing) = (Vault::new(SECRET).unwrap(), Outgoing::new(true));
    let made = create_webhook(&transaction, &vault, &outgoing, new, now()).await;
    made.unwrap();
    transaction.commit().await.unwrap();
}

async fn drafts(store: &TenantStore, count: usize) -> Vec<ItemId> {
    let ids: Vec<_> = (0..count).map(|_| ItemId::generate()).collect();
    let items: Vec<_> = ids.iter().map(|id| (*id, ContentType::Topic)).collect();
    let drafts = ids.iter().enumerate().map(|(number, id)| {
        let body =
            json!({ "title": format!("Argomento {number}"), "short_description": "Un argomento" });
        let draft = Draft {
            body: Body::parse(ContentType::Topic, body).unwrap(),
            slugs: Slugs::new(),
            author: "test".to_owned(),
            note: None,
        };
        (*id, draft)
    });
    let drafts = drafts.collect();
    let transaction = store.begin().await.unwrap();
    create_all(&transaction, &items, now()).await.unwrap();
    revise_all(&transaction, drafts, now()).await.unwrap();
    transaction.commit().await.unwrap();
    ids
}

/// A receiver that fails at random, but not twice for the same event.
async fn unreliable() -> Receiver {
    let (random, failed) = (RandomState::new(), Mutex::new(HashSet::new()));
    Receiver::start(move |received| {
        let fails = random.hash_one(&received.id) % 8 == 0;
        match fails && failed.lock().unwrap().insert(received.id.clone()) {
            true => (500, None),
            false => (200, None),
        }
    })
    .await
}

/// What is changed while the program is killed.
async fn publish(store: TenantStore, ids: Vec<ItemId>, tenant: Tenant) {
    for ids in ids.chunks(TOGETHER) {
        let transaction = store.begin().await.unwrap();
        let published = publish_all(&transaction, ids, &tenant.locales, now()).await;
        assert!(published.unwrap().iter().all(Result::is_ok));
        transaction.commit().await.unwrap();
        let transaction = store.begin().await.unwrap();
        let taken_off = unpublish_all(&transaction, &ids[..1], now()).await;
        assert!(taken_off.unwrap().iter().all(Result::is_ok));
        transaction.commit().await.unwrap();
    }
}

/// Searches until the index knows everything, by the engine that is wanted; gives how much is found.
async fn found(server: &Server, engine: &str) -> u64 {
    let query = "{ search(query: \"argomento\") { totalCount engine { name lag } } }";
    loop {
        let answer = server.ask("localhost", query).await;
        let search = &answer["data"]["search"];
        if search["engine"] == json!({ "name": engine, "lag": 0 }) {
            return search["totalCount"].as_u64().unwrap();
        }
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn kill_while_telling(engine: Engine) {
    let place = Place::new(engine).await;
    let mut place = place
        .with("MUNICIPIO_INTERNAL_CALLS", "on")
        .with("MUNICIPIO_SECRET", SECRET);
    let mut meili = Meili::start().await;
    if let Some(meili) = &meili {
        place = place
            .with("MEILI_URL", &meili.url)
            .with("MEILI_API_KEY", &meili.key);
    }
    place.folder.succeed(&["tenant", "create", "c_h501"]);
    let receiver = unreliable().await;
    let database = place.database().await;
    let tenant = tenant(&database).await;
    let store = database.tenant(tenant.id);
    webhook(&store, &receiver.url).await;
    let ids = drafts(&store, changes()).await;
    let writer = actix_web::rt::spawn(publish(store.clone(), ids.clone(), tenant));
    let mut kills = 0_u32;
    while kills < 6 || !writer.is_finished() {
        let server = place.folder.serve();
        // The embedded engine follows when somebody searches.
        let searching = server.begin(
            "localhost",
            "{ search(query: \"argomento\") { totalCount } }",
        );
        // The moment of the blow, not a wait for something. Whoever is told must be able to answer meanwhile.
        let moment = Duration::from_millis(RandomState::new().hash_one(kills) % 400);
        actix_web::rt::time::sleep(moment).await;
        if let Some(meili) = meili.as_mut().filter(|_| kills % 3 == 2) {
            meili.kill();
            assert_eq!(server.stop("KILL").code, None);
            meili.again().await;
        } else {
            assert_eq!(server.stop("KILL").code, None);
        }
        drop(searching);
        kills += 1;
    }
    writer.await.unwrap();
    let server = place.folder.serve();
    let named = meili.as_ref().map_or("embedded", |_| "meilisearch");
    let public = ids.len() - ids.len().div_ceil(TOGETHER);
    assert_eq!(found(&server, named).await, public as u64);
    let told = all_of(&receiver, ids.len()).await;
    assert_eq!(told.len(), ids.len(), "every change once or more");
    let mut words: Vec<_> = told.values().collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), ids.len(), "one id for each change");
    let outbox = Outbox::new(store);
    let open = |status| matches!(status, JobStatus::Waiting | JobStatus::Running);
    // What was told and not written down is told once more when its lease ends; nothing was given up.
    let counts = outbox.statistics().await.unwrap();
    assert!(
        counts.iter().all(|count| count.status != JobStatus::Dead),
        "{counts:?}"
    );
    let left: i64 = counts
        .iter()
        .filter(|count| open(count.status))
        .map(|count| count.total)
        .sum();
    let again = receiver.received().len() - ids.len();
    eprintln!(
        "{} changes, {kills} kills, told again {again} times, {left} jobs left to be written down",
        ids.len()
    );
    assert_eq!(server.stop("TERM").code, Some(0));
    let verified = place.folder.succeed(&["search", "verify"]);
    let right = format!("c_h501: {public} documents are right, 0 missing, 0 outdated, 0 too many");
    let expected = 1 + usize::from(meili.is_some());
    assert_eq!(verified.matches(&right).count(), expected, "{verified}");
    database.close().await.unwrap();
}

/// What was told by the id of each event, once so many were told; always in the same words.
async fn all_of(receiver: &Receiver, count: usize) -> BTreeMap<String, String> {
    let end = Instant::now()
        + Duration::from_secs(100)
        + Duration::from_millis(100) * u32::try_from(count).unwrap();
    loop {
        let mut told = BTreeMap::new();
        for received in receiver.received() {
            let before = told.insert(received.id, received.body.clone());
            assert!(before.is_none_or(|before| before == received.body));
        }
        if told.len() >= count || Instant::now() > end {
            return told;
        }
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
}

#[actix_web::test]
async fn what_is_killed_while_it_tells_of_changes_has_told_all_of_them_in_the_end() {
    kill_while_telling(Engine::Sqlite).await;
}

#[actix_web::test]
async fn what_is_killed_while_it_tells_of_changes_has_told_all_of_them_in_the_end_on_postgresql() {
    if Engine::postgres_is_there() {
        kill_while_telling(Engine::Postgres).await;
    }
}

#[actix_web::test]
async fn the_outbox_is_listed_replayed_and_dropped() {
    let place = Place::new(Engine::Sqlite).await;
    place.folder.succeed(&["tenant", "create", "c_h501"]);
    let database = place.database().await;
    let store = database.tenant(tenant(&database).await.id);
    let transaction = store.begin().await.unwrap();
    let jobs = ["a", "b"].map(|about| NewJob::new("webhook-delivery", about, json!({})));
    enqueue(&transaction, jobs, now()).await.unwrap();
    transaction.commit().await.unwrap();
    database.close().await.unwrap();
    let folder = &place.folder;
    let listed = folder.succeed(&["outbox", "list"]);
    assert!(
        listed.contains("c_h501: 2 webhook-delivery waiting"),
        "{listed}"
    );
    assert!(
        listed.contains("1 waiting webhook-delivery a, 0 attempts"),
        "{listed}"
    );
    // Commands enqueue too; what they enqueue is found without being told.
    let server = folder.serve();
    let end = Instant::now() + Duration::from_secs(30);
    while !folder
        .succeed(&["outbox", "list", "--status", "dead"])
        .contains("2 webhook-delivery dead")
    {
        assert!(Instant::now() < end);
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.stop("TERM").code, Some(0));
    let dropped = folder.succeed(&["outbox", "drop", "--tenant", "c_h501", "1"]);
    assert_eq!(dropped.trim(), "c_h501: 1 jobs were dropped.");
    let replayed = folder.succeed(&["outbox", "replay", "--topic", "webhook-delivery"]);
    assert_eq!(replayed.trim(), "c_h501: 1 jobs were replayed.");
    let listed = folder.succeed(&["outbox", "list"]);
    assert!(
        listed.contains("3 waiting webhook-delivery b, 0 attempts"),
        "{listed}"
    );
    let audit = folder.succeed(&["audit", "export", "--tenant", "c_h501"]);
    assert!(
        audit.contains("outbox.drop") && audit.contains("outbox.replay"),
        "{audit}"
    );
    for (arguments, wanted) in [
        (
            &["outbox", "list", "--status", "lost"][..],
            "waiting, running, done, dead",
        ),
        (&["outbox", "drop", "1"], "--tenant"),
    ] {
        let outcome = folder.run(arguments);
        assert_eq!(outcome.code, Some(2));
        assert!(outcome.stderr.contains(wanted), "{}", outcome.stderr);
    }
    assert!(
        folder
            .succeed(&["outbox", "drop", "--status", "waiting"])
            .contains("1 jobs")
    );
}
