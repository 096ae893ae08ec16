//! The program is killed while it publishes: each item is as it was, or published in every respect.

use std::{collections::hash_map::RandomState, hash::BuildHasher, thread, time::Duration};

use chrono::TimeDelta;
use municipio_domain::{
    content::{Body, ContentType, Draft, Plan, Slugs, create_all, revise_all, schedule},
    ids::ItemId,
    store::{Database, DatabaseOptions},
    tenants,
};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::program::Folder;

const ITEMS: i64 = 60;

/// What must be there of each published item, and how often it is there.
const TRACES: [&str; 7] = [
    "SELECT COUNT(*) FROM content_item WHERE published_revision_id = draft_revision_id AND state = 'published'",
    "SELECT COUNT(*) FROM content_schedule WHERE status = 'done'",
    "SELECT COUNT(*) FROM content_listing WHERE field = '' AND locale = 'it'",
    "SELECT COALESCE(SUM(total), 0) FROM content_count WHERE field = '' AND locale = 'it'",
    "SELECT COUNT(*) FROM content_slug",
    "SELECT COUNT(*) FROM content_change WHERE kind = 'published'",
    "SELECT COUNT(*) FROM audit_entry WHERE name = 'content.publish'",
];

/// Drafts whose time has come before the program starts.
async fn prepare(folder: &Folder) {
    let data = folder.database();
    let database = Database::open(data.parent().unwrap(), DatabaseOptions::patient(2))
        .await
        .unwrap();
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
    let transaction = database.tenant(tenant.id).begin().await.unwrap();
    create_all(&transaction, &items, yesterday).await.unwrap();
    revise_all(&transaction, drafts.collect(), yesterday)
        .await
        .unwrap();
    let plan = Plan {
        publish_at: Some(yesterday + TimeDelta::hours(1)),
        expire_at: None,
    };
    for id in ids {
        schedule(&transaction, id, plan, "test", yesterday)
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
    database.close().await.unwrap();
}

/// How often each trace is there.
async fn traces(folder: &Folder) -> Vec<i64> {
    let url = format!("sqlite://{}", folder.database().display());
    let connection = sea_orm::Database::connect(url).await.unwrap();
    let mut traces = Vec::new();
    for trace in TRACES {
        let statement = Statement::from_string(connection.get_database_backend(), trace);
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        traces.push(row.try_get_by_index(0).unwrap());
    }
    connection.close().await.unwrap();
    traces
}

#[actix_web::test]
async fn a_publish_that_is_killed_has_happened_or_has_not() {
    let folder = Folder::without_demo();
    folder.succeed(&["tenant", "create", "c_h501"]);
    prepare(&folder).await;
    let mut halfway = 0;
    for round in 0..12_u32 {
        let server = folder.serve();
        // The moment of the blow, not a wait for something; later each time, so that it comes to an end.
        let moment = RandomState::new().hash_one(round) % (30 << round);
        thread::sleep(Duration::from_millis(moment));
        assert_eq!(server.stop("KILL").code, None);
        let traces = traces(&folder).await;
        assert!(
            traces.iter().all(|trace| *trace == traces[0]),
            "a mix: {traces:?}"
        );
        if traces[0] == ITEMS {
            break;
        }
        halfway += i32::from(traces[0] > 0);
    }
    assert_eq!(traces(&folder).await, vec![ITEMS; TRACES.len()]);
    assert!(halfway > 0, "it was never killed in the middle");
}
