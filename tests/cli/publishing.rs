//! The program is killed while it publishes: each item, and each release, is as it was, or published in every
//! respect.

use std::{collections::hash_map::RandomState, hash::BuildHasher, thread, time::Duration};

use chrono::TimeDelta;
use municipio_domain::{
    content::{
        Body, ContentType, Draft, Plan, ReleaseAction, ReleaseChange, Slugs, add_to_release,
        create_all, create_release, revise_all, schedule, schedule_release,
    },
    ids::ItemId,
    store::{Database, DatabaseOptions, Transaction},
    tenants,
};
use municipio_tests::{Engine, new_postgres_database};
use sea_orm::{ConnectOptions, ConnectionTrait, Statement};
use serde_json::json;

use crate::program::Folder;

const ITEMS: usize = 60;
/// How many items a release has.
const EACH: usize = 4;

/// What must be there of each published item, and how often it is there.
const TRACES: [&str; 5] = [
    "SELECT COUNT(*) FROM content_item WHERE published_revision_id = draft_revision_id AND state = 'published'",
    "SELECT COUNT(*) FROM content_listing WHERE field = '' AND locale = 'it'",
    "SELECT COALESCE(SUM(total), 0) FROM content_count WHERE field = '' AND locale = 'it'",
    "SELECT COUNT(*) FROM content_slug",
    "SELECT COUNT(*) FROM content_change WHERE kind = 'published'",
];
const OF_SCHEDULES: [&str; 2] = [
    "SELECT COUNT(*) FROM content_schedule WHERE status = 'done'",
    "SELECT COUNT(*) FROM audit_entry WHERE name = 'content.publish'",
];
/// A release counts as often as it has items.
const OF_RELEASES: [&str; 2] = [
    "SELECT COUNT(*) * 4 FROM content_release WHERE status = 'published'",
    "SELECT COUNT(*) * 4 FROM audit_entry WHERE name = 'release.publish'",
];

/// How items come to be published at a time.
#[derive(Clone, Copy)]
enum By {
    Schedules,
    Releases,
}

impl By {
    fn traces(self) -> String {
        let own = match self {
            Self::Schedules => OF_SCHEDULES,
            Self::Releases => OF_RELEASES,
        };
        let traces = TRACES.iter().chain(&own);
        let traces: Vec<_> = traces
            .map(|trace| format!("CAST(({trace}) AS BIGINT)"))
            .collect();
        // One statement: it sees one moment, whatever the database still does for a program that was killed.
        format!("SELECT {}", traces.join(", "))
    }

    async fn plan(self, transaction: &Transaction, ids: &[ItemId]) {
        let yesterday = municipio_tests::now() - TimeDelta::days(1);
        let soon = yesterday + TimeDelta::hours(1);
        match self {
            Self::Schedules => {
                let plan = Plan {
                    publish_at: Some(soon),
                    expire_at: None,
                };
                for id in ids {
                    let done = schedule(transaction, *id, plan, "test", yesterday).await;
                    done.unwrap();
                }
            }
            Self::Releases => {
                for ids in ids.chunks(EACH) {
                    let author = "test".to_owned();
                    let made = create_release(transaction, "Prova", None, author, yesterday).await;
                    let release = made.unwrap().id;
                    let changes = ids.iter().map(|id| ReleaseChange {
                        item: *id,
                        action: ReleaseAction::Publish(None),
                        replaces_newer: false,
                    });
                    let changes: Vec<_> = changes.collect();
                    add_to_release(transaction, release, &changes)
                        .await
                        .unwrap();
                    let due = schedule_release(transaction, release, Some(soon), yesterday).await;
                    due.unwrap();
                }
            }
        }
    }
}

/// The program in a folder, and where its database is.
pub struct Place {
    pub folder: Folder,
    url: Option<String>,
}

impl Place {
    pub async fn new(engine: Engine) -> Self {
        let folder = Folder::without_demo();
        match engine {
            Engine::Sqlite => Self { folder, url: None },
            Engine::Postgres => {
                let url = new_postgres_database().await;
                Self {
                    folder: folder.with("DATABASE_URL", &url),
                    url: Some(url),
                }
            }
        }
    }

    /// The same with an environment variable.
    pub fn with(self, name: &str, value: &str) -> Self {
        Self {
            folder: self.folder.with(name, value),
            ..self
        }
    }

    pub async fn database(&self) -> Database {
        let options = DatabaseOptions::patient(2);
        let opened = match &self.url {
            Some(url) => Database::connect(url, options).await,
            None => Database::open(self.folder.database().parent().unwrap(), options).await,
        };
        opened.unwrap()
    }

    /// Drafts whose time has come before the program starts; gives the tenant.
    async fn prepare(&self, by: By) -> String {
        let database = self.database().await;
        let tenant = tenants::show(&database, &"c_h501".parse().unwrap())
            .await
            .unwrap();
        let yesterday = municipio_tests::now() - TimeDelta::days(1);
        let ids: Vec<_> = (0..ITEMS).map(|_| ItemId::generate()).collect();
        let items: Vec<_> = ids.iter().map(|id| (*id, ContentType::Topic)).collect();
        let drafts = ids.iter().enumerate().map(|(number, id)| {
            let title = format!("Argomento {number}");
            let body = json!({ "title": title, "short_description": "Un argomento" });
            let draft = Draft {
                body: Body::parse(ContentType::Topic, body).unwrap(),
                slugs: Slugs::new(),
                author: "test".to_owned(),
                note: None,
            };
            (*id, draft)
        });
        let drafts = drafts.collect();
        let transaction = database.tenant(tenant.id).begin().await.unwrap();
        create_all(&transaction, &items, yesterday).await.unwrap();
        revise_all(&transaction, drafts, yesterday).await.unwrap();
        by.plan(&transaction, &ids).await;
        transaction.commit().await.unwrap();
        database.close().await.unwrap();
        tenant.id.to_string()
    }

    /// How often each trace is there.
    async fn traces(&self, by: By, tenant: &str) -> Vec<i64> {
        let sqlite = format!("sqlite://{}", self.folder.database().display());
        let mut options = ConnectOptions::new(self.url.as_ref().unwrap_or(&sqlite));
        options.max_connections(1);
        let connection = sea_orm::Database::connect(options).await.unwrap();
        if self.url.is_some() {
            let tell = format!("SET municipio.tenant = '{tenant}'");
            connection.execute_unprepared(&tell).await.unwrap();
        }
        let statement = Statement::from_string(connection.get_database_backend(), by.traces());
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        let traces = (0..TRACES.len() + 2).map(|trace| row.try_get_by_index(trace).unwrap());
        let traces = traces.collect();
        connection.close().await.unwrap();
        traces
    }
}

async fn kill_while_publishing(engine: Engine, by: By) {
    let place = Place::new(engine).await;
    place.folder.succeed(&["tenant", "create", "c_h501"]);
    let tenant = place.prepare(by).await;
    let all = i64::try_from(ITEMS).unwrap();
    let mut halfway = 0;
    for round in 0..80_u32 {
        let server = place.folder.serve();
        // The moment of the blow, not a wait for something; later each time, so that it comes to an end.
        let moment = RandomState::new().hash_one(round) % u64::from(30 + 10 * round);
        thread::sleep(Duration::from_millis(moment));
        assert_eq!(server.stop("KILL").code, None);
        let traces = place.traces(by, &tenant).await;
        assert!(
            traces.iter().all(|trace| *trace == traces[0]),
            "a mix: {traces:?}"
        );
        if traces[0] == all {
            break;
        }
        halfway += i32::from(traces[0] > 0);
    }
    let traces = place.traces(by, &tenant).await;
    assert_eq!(traces, vec![all; TRACES.len() + 2]);
    assert!(halfway > 0, "it was never killed in the middle");
}

#[actix_web::test]
async fn a_publish_that_is_killed_has_happened_or_has_not() {
    kill_while_publishing(Engine::Sqlite, By::Schedules).await;
}

#[actix_web::test]
async fn a_publish_that_is_killed_has_happened_or_has_not_on_postgresql() {
    if Engine::postgres_is_there() {
        kill_while_publishing(Engine::Postgres, By::Schedules).await;
    }
}

#[actix_web::test]
async fn a_release_that_is_killed_is_published_as_a_whole_or_not_at_all() {
    kill_while_publishing(Engine::Sqlite, By::Releases).await;
}

#[actix_web::test]
async fn a_release_that_is_killed_is_published_as_a_whole_or_not_at_all_on_postgresql() {
    if Engine::postgres_is_there() {
        kill_while_publishing(Engine::Postgres, By::Releases).await;
    }
}
