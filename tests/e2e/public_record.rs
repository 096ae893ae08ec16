//! The public record where it is not whole, and the bounds of what is laid over the public site.

use chrono::{TimeDelta, TimeZone, Utc};
use municipio_domain::content::{ContentType, LifeStep, move_on, publish, purge, unpublish};
use municipio_tests::{
    TestApp, on_both,
    story::{column, global_id, with},
};
use serde_json::{Value, json};

use crate::perspectives::{Sight, basics_at, drafts};

/// The code of the first error of an answer that has data beside it.
async fn code(sight: &Sight<'_>, query: &str) -> (Value, Value) {
    let answer = sight.respond(json!({ "query": query })).await;
    assert_eq!(answer.status(), 200);
    let mut answer: Value = answer.json().await.unwrap();
    let extensions = answer["errors"][0]["extensions"].take();
    (extensions, answer["data"].take())
}

on_both! {
    async fn what_was_purged_is_not_passed_over_in_silence(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let begin = Utc.with_ymd_and_hms(2021, 3, 1, 8, 0, 0).unwrap();
        let basics = basics_at(&editor, &app, &tenant, begin - TimeDelta::days(1)).await;
        let store = app.database.tenant(tenant.id);
        let kept = editor.draft(ContentType::NewsItem, basics.news("Resta")).await;
        let gone = editor.draft(ContentType::NewsItem, basics.news("Sparita")).await;
        let linked = editor.draft(ContentType::Topic, json!({ "title": "Argomento sparito", "short_description": "Andrà via" })).await;
        let linking = with(basics.news("Con argomento"), json!({ "topics": [linked] }));
        let linking = editor.draft(ContentType::NewsItem, linking).await;
        let transaction = store.begin().await.unwrap();
        for id in [kept, gone, linked, linking] {
            publish(&transaction, id, &tenant.locales, begin).await.unwrap();
        }
        transaction.commit().await.unwrap();
        let path = format!("{{ node(id: \"{}\") {{ ... on NewsItem {{ path }} }} }}", global_id(ContentType::NewsItem, gone));
        let path = Sight::public(&app).data(&path).await["node"]["path"].as_str().unwrap().to_owned();
        let deleted = begin + TimeDelta::days(10);
        let transaction = store.begin().await.unwrap();
        move_on(&transaction, gone, LifeStep::Delete, deleted).await.unwrap();
        move_on(&transaction, linked, LifeStep::Delete, deleted).await.unwrap();
        transaction.commit().await.unwrap();
        let before = Sight::as_of(&app, begin + TimeDelta::hours(1));
        // What is deleted is still there.
        let news = "{ news { totalCount nodes { title } } }";
        assert_eq!(before.data(news).await["news"]["totalCount"], 3);
        assert_eq!(purge(&store, &tenant, deleted + TimeDelta::days(91)).await.unwrap(), 2);

        let node = |id| format!("{{ node(id: \"{}\") {{ ... on NewsItem {{ title }} }} }}", global_id(ContentType::NewsItem, id));
        let route = |path: &str| format!("{{ route(path: \"{path}\") {{ __typename }} }}");
        assert_eq!(before.data(&node(kept)).await["node"]["title"], "Resta");
        assert_eq!(before.data(&route(&path.replace("sparita", "resta"))).await["route"]["__typename"], "RouteContent");
        assert_eq!(before.data("{ services { totalCount } }").await["services"]["totalCount"], 0);
        for lost in [
            news,
            "{ news { totalCount } }",
            "{ navigation { itemCount } }",
            "{ home { latestNews { title } } }",
            &node(gone),
            &route(&path),
            &format!("{{ node(id: \"{}\") {{ ... on NewsItem {{ topics {{ title }} }} }} }}", global_id(ContentType::NewsItem, linking)),
        ] {
            let (extensions, _) = code(&before, lost).await;
            assert_eq!(extensions["code"], "NOT_ON_RECORD", "{lost}");
            let since: chrono::DateTime<Utc> = extensions["wholeSince"].as_str().unwrap().parse().unwrap();
            assert_eq!(since, deleted, "{lost}");
        }
        let since = Sight::as_of(&app, deleted).data(news).await;
        assert_eq!(column(&since["news"]["nodes"], "title").len(), 2);
        let early = Sight::as_of(&app, begin - TimeDelta::hours(1)).data(news).await;
        assert_eq!(early["news"]["totalCount"], 0);
    }
}

on_both! {
    async fn what_is_lost_is_missed_by_those_alone_who_link_to_it(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let begin = Utc.with_ymd_and_hms(2021, 3, 1, 8, 0, 0).unwrap();
        let basics = basics_at(&editor, &app, &tenant, begin - TimeDelta::days(1)).await;
        let store = app.database.tenant(tenant.id);
        let gone = editor.draft(ContentType::Topic, json!({ "title": "Sparito", "short_description": "Andrà via" })).await;
        let mut items = vec![gone];
        for number in 0..20 {
            let topic = if number == 7 { gone } else { basics.topic };
            let body = with(basics.service(&format!("Servizio {number:02}")), json!({ "topics": [topic] }));
            items.push(editor.draft(ContentType::Service, body).await);
        }
        let transaction = store.begin().await.unwrap();
        for id in &items {
            publish(&transaction, *id, &tenant.locales, begin).await.unwrap();
        }
        move_on(&transaction, gone, LifeStep::Delete, begin + TimeDelta::days(10)).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(purge(&store, &tenant, begin + TimeDelta::days(101)).await.unwrap(), 1);

        let before = Sight::as_of(&app, begin + TimeDelta::hours(1));
        let ids: Vec<_> = items[1..].iter().map(|id| global_id(ContentType::Service, *id)).collect();
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Service { topics { title } } } }";
        let answer = before.respond(json!({ "query": query, "variables": { "ids": ids } })).await;
        let answer: Value = answer.json().await.unwrap();
        let errors = answer["errors"].as_array().unwrap();
        let told: Vec<_> = errors.iter().map(|error| (&error["extensions"]["code"], &error["path"])).collect();
        assert_eq!(told, [(&json!("NOT_ON_RECORD"), &json!(["nodes", 7, "topics"]))], "{answer:#}");
        let nodes = answer["data"]["nodes"].as_array().unwrap();
        let read = nodes.iter().filter(|node| node["topics"][0]["title"].is_string());
        assert_eq!(read.count(), 19);
    }
}

on_both! {
    async fn what_was_published_before_the_record_is_told_apart(engine) {
        use sea_orm::ConnectionTrait;
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let begin = Utc.with_ymd_and_hms(2021, 3, 1, 8, 0, 0).unwrap();
        let basics = basics_at(&editor, &app, &tenant, begin).await;
        let connection = app.as_the_program(&tenant).await;
        connection.execute_unprepared("UPDATE content_change SET revision_id = NULL, slugs = NULL").await.unwrap();
        let taken_off = begin + TimeDelta::days(10);
        let transaction = app.database.tenant(tenant.id).begin().await.unwrap();
        unpublish(&transaction, basics.contact, taken_off).await.unwrap();
        transaction.commit().await.unwrap();
        let before = Sight::as_of(&app, begin + TimeDelta::hours(1));
        let (extensions, _) = code(&before, "{ contactPoints { totalCount } }").await;
        let since: chrono::DateTime<Utc> = extensions["wholeSince"].as_str().unwrap().parse().unwrap();
        assert_eq!(since, taken_off);
        let body = json!({ "title": "Cambiato", "short_description": "Adesso" });
        editor.rewrite(basics.topic, ContentType::Topic, body).await.unwrap();
        editor.publish(basics.topic).await.unwrap();
        let before = Sight::as_of(&app, begin + TimeDelta::hours(1));
        let (extensions, _) = code(&before, "{ topics { totalCount } }").await;
        assert_eq!(extensions["code"], "NOT_ON_RECORD");
        assert_eq!(before.data("{ places { totalCount } }").await["places"]["totalCount"], 1);
    }
}

on_both! {
    async fn what_is_too_large_is_refused_again_and_again(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let basics = editor.basics().await;
        let drafts = drafts(&app, &tenant).await;
        let query = json!({ "query": "{ events { totalCount } }" });
        for number in 0..40 {
            let daily = json!({ "occurrences": [{ "starts_at": "2024-10-20T10:00", "ends_at": "2024-10-20T12:00" }], "recurrence": { "rule": "FREQ=DAILY" } });
            editor.draft(ContentType::Event, basics.event(&format!("Ogni giorno {number}"), daily)).await;
        }
        for _ in 0..2 {
            let refused = (400, "PERSPECTIVE_TOO_LARGE".to_owned());
            assert_eq!(drafts.refused(query.clone()).await, refused);
        }
        let public = Sight::public(&app).data("{ events { totalCount } }").await;
        assert_eq!(public["events"]["totalCount"], 0);
    }
}

on_both! {
    async fn a_moment_of_the_record_is_read_by_few_statements(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let begin = Utc.with_ymd_and_hms(2021, 3, 1, 8, 0, 0).unwrap();
        let basics = basics_at(&editor, &app, &tenant, begin).await;
        let query = "{ topics { totalCount nodes { title } } }";
        let mut counts = Vec::new();
        for many in [1, 20] {
            for number in 0..many {
                editor.published(ContentType::NewsItem, basics.news(&format!("Notizia {many} {number}"))).await;
            }
            let body = json!({ "title": format!("Cambiato {many}"), "short_description": "Adesso" });
            editor.rewrite(basics.topic, ContentType::Topic, body).await.unwrap();
            editor.publish(basics.topic).await.unwrap();
            // Moments of one day between two changes show the same, and share what was made.
            for hour in 1..4 {
                let sight = Sight::as_of(&app, begin + TimeDelta::hours(hour));
                let (_, statements) = app.database.statements_of(sight.data(query)).await;
                let own = |statement: &&sea_orm::Statement| !statement.sql.contains("FROM \"tenant");
                counts.push(statements.iter().filter(own).count());
            }
        }
        // The body that was public then is read once; what lists hold now, for each overlay.
        assert_eq!(counts, [7, 5, 5, 6, 5, 5]);
    }
}
