//! The lists of what links to an item: each pages by itself, whatever else is asked at once.

use municipio_domain::content::{Body, ContentType};
use municipio_tests::{
    TestApp, draft, on_both,
    story::{column, global_id, office, with},
};
use serde_json::json;

on_both! {
    async fn lists_of_what_links_here_page_by_themselves_for_each_target(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let basics = editor.basics().await;
        let other = editor.topic("Zona").await;
        for day in 1..=7 {
            let both = if day > 5 { json!([basics.topic, other]) } else { json!([basics.topic]) };
            let news = with(basics.news(&format!("Notizia {day}")), json!({ "news_date": format!("2026-11-0{day}"), "topics": both }));
            editor.published(ContentType::NewsItem, news).await;
            let service = with(basics.service(&format!("Servizio {day}")), json!({ "topics": both }));
            editor.published(ContentType::Service, service).await;
        }
        let query = "query($topic: ID!, $office: ID!, $newsAfter: String, $servicesBefore: String) {
            topics { nodes { title news(first: 2) { totalCount nodes { title } pageInfo { hasNextPage } } } }
            topic(by: { id: $topic }) { news(first: 3, after: $newsAfter) { totalCount nodes { title } pageInfo { hasNextPage hasPreviousPage endCursor } } }
            office(by: { id: $office }) { services(last: 3, before: $servicesBefore) { totalCount nodes { title } pageInfo { hasNextPage hasPreviousPage startCursor } } } }";
        let mut variables = json!({
            "topic": global_id(ContentType::Topic, basics.topic),
            "office": global_id(ContentType::Office, basics.office),
        });
        let (mut news, mut services) = (Vec::new(), Vec::new());
        for (round, size) in [3, 3, 1].into_iter().enumerate() {
            let data = app.read("", query, variables.clone()).await;
            let topics = &data["topics"]["nodes"];
            assert_eq!(column(&topics[0]["news"]["nodes"], "title"), ["Notizia 7", "Notizia 6"]);
            assert_eq!(column(&topics[1]["news"]["nodes"], "title"), ["Notizia 7", "Notizia 6"]);
            let counts = [&topics[0], &topics[1]].map(|topic| topic["news"]["totalCount"].as_i64().unwrap());
            assert_eq!(counts, [7, 2], "each topic counts its own");
            assert_eq!([&topics[0], &topics[1]].map(|topic| topic["news"]["pageInfo"]["hasNextPage"] == json!(true)), [true, false]);
            let (newest, last) = (&data["topic"]["news"], &data["office"]["services"]);
            assert_eq!((newest["totalCount"].as_i64(), last["totalCount"].as_i64()), (Some(7), Some(7)));
            assert_eq!(newest["nodes"].as_array().unwrap().len(), size);
            assert_eq!(last["nodes"].as_array().unwrap().len(), size);
            for (flag, wanted) in [("hasNextPage", round < 2), ("hasPreviousPage", round > 0)] {
                assert_eq!(newest["pageInfo"][flag], json!(wanted), "news {flag} {round}");
            }
            for (flag, wanted) in [("hasPreviousPage", round < 2), ("hasNextPage", round > 0)] {
                assert_eq!(last["pageInfo"][flag], json!(wanted), "services {flag} {round}");
            }
            news.extend(column(&newest["nodes"], "title"));
            services.splice(0..0, column(&last["nodes"], "title"));
            variables["newsAfter"] = newest["pageInfo"]["endCursor"].clone();
            variables["servicesBefore"] = last["pageInfo"]["startCursor"].clone();
        }
        let days = |name: &str| (1..=7).map(|day| format!("{name} {day}")).collect::<Vec<_>>();
        assert_eq!(news, days("Notizia").into_iter().rev().collect::<Vec<_>>(), "news come newest first");
        assert_eq!(services, days("Servizio"), "services come by title");
    }
}

on_both! {
    async fn offices_page_below_their_parent(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let basics = editor.basics().await;
        for title in ["Ufficio tributi", "Ufficio anagrafe", "Ufficio élite"] {
            let below = with(office(title, basics.contact, basics.place), json!({ "parent_office": basics.office }));
            editor.published(ContentType::Office, below).await;
        }
        let query = "query($id: ID!, $after: String) { office(by: { id: $id }) { childOffices(first: 2, after: $after) {
            nodes { title parentOffice { id } } pageInfo { hasNextPage endCursor } } } }";
        let id = global_id(ContentType::Office, basics.office);
        let page = app.read("", query, json!({ "id": id })).await;
        let page = &page["office"]["childOffices"];
        assert_eq!(column(&page["nodes"], "title"), ["Ufficio anagrafe", "Ufficio élite"]);
        assert_eq!(page["nodes"][0]["parentOffice"]["id"], json!(id));
        let page = app.read("", query, json!({ "id": id, "after": page["pageInfo"]["endCursor"] })).await;
        assert_eq!(column(&page["office"]["childOffices"]["nodes"], "title"), ["Ufficio tributi"]);
        assert_eq!(page["office"]["childOffices"]["pageInfo"]["hasNextPage"], json!(false));
    }
}

on_both! {
    async fn sizes_are_right_whatever_is_published_and_taken_back(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        let other = editor.topic("Altro").await;
        let mut items = Vec::new();
        for number in 0..4 {
            let mut body = basics.news(&format!("Notizia {number}"));
            body["topics"] = json!(if number % 2 == 0 { vec![basics.topic] } else { vec![basics.topic, other] });
            items.push((editor.published(ContentType::NewsItem, body.clone()).await, body));
        }
        let query = "query($topic: ID!, $other: ID!) { all: news { totalCount } topic: news(filter: { topic: [$topic] }) { totalCount nodes { id } }
            other: news(filter: { topic: [$other] }) { totalCount nodes { id } } topics { nodes { title news { totalCount nodes { id } } } } navigation { itemCount } }";
        let variables = json!({ "topic": global_id(ContentType::Topic, basics.topic), "other": global_id(ContentType::Topic, other) });
        let sizes = async || {
            let data = app.read("", query, variables.clone()).await;
            for part in ["topic", "other"] {
                assert_eq!(data[part]["totalCount"], json!(data[part]["nodes"].as_array().unwrap().len()));
            }
            for topic in data["topics"]["nodes"].as_array().unwrap() {
                assert_eq!(topic["news"]["totalCount"], json!(topic["news"]["nodes"].as_array().unwrap().len()), "{topic}");
            }
            assert_eq!(data["navigation"][1]["itemCount"], data["all"]["totalCount"]);
            ["all", "topic", "other"].map(|part| data[part]["totalCount"].as_u64().unwrap())
        };
        assert_eq!(sizes().await, [4, 4, 2]);
        // Published anew without a change, then with another topic.
        editor.publish(items[0].0).await.unwrap();
        assert_eq!(sizes().await, [4, 4, 2]);
        let (id, mut body) = items.remove(0);
        body["topics"] = json!([other]);
        editor.revise(id, draft(Body::parse(ContentType::NewsItem, body).unwrap())).await.unwrap();
        assert_eq!(sizes().await, [4, 4, 2], "a draft changes nothing");
        editor.publish(id).await.unwrap();
        assert_eq!(sizes().await, [4, 3, 3]);
        for (id, _) in &items {
            editor.unpublish(*id).await;
            editor.unpublish(*id).await;
        }
        assert_eq!(sizes().await, [1, 0, 1]);
    }
}
