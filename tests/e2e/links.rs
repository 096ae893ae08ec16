//! Links between items: kept whatever the state of their target, delivered when it is published,
//! refused when it cannot be one.

use municipio_domain::{
    content::{ContentError, ContentType, FieldError, latest},
    ids::{ItemId, TenantId},
};
use municipio_tests::{
    TestApp, on_both,
    story::{column, global_id, office, with},
};
use serde_json::{Value, json};

async fn news_of(app: &TestApp, title: &str) -> Value {
    let data = app
        .data("{ news { nodes { title topics { title } relatedNews { title } } } }")
        .await;
    let nodes = data["news"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .find(|news| news["title"] == json!(title))
        .cloned()
        .unwrap_or_default()
}

fn invalid(refused: Result<ItemId, ContentError>) -> Vec<FieldError> {
    match refused {
        Err(ContentError::Invalid(errors)) => errors,
        other => panic!("not refused as invalid: {other:?}"),
    }
}

/// How many of these items are known to the municipality, published or not.
async fn known(app: &TestApp, tenant: TenantId, ids: &[ItemId]) -> usize {
    let transaction = app.database.tenant(tenant).begin().await.unwrap();
    latest(&transaction, ids).await.unwrap().len()
}

on_both! {
    async fn a_link_to_a_draft_waits_until_the_draft_is_published(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        let later = editor.draft(ContentType::Topic, json!({ "title": "Arriva dopo", "short_description": "Un argomento" })).await;
        let links = json!({ "topics": [later, basics.topic] });
        editor.published(ContentType::NewsItem, with(basics.news("Prima"), links)).await;
        assert_eq!(column(&news_of(&app, "Prima").await["topics"], "title"), ["Ambiente e territorio"]);

        editor.publish(later).await.unwrap();
        assert_eq!(column(&news_of(&app, "Prima").await["topics"], "title"), ["Arriva dopo", "Ambiente e territorio"],
            "the link appears, in its place");
        let inverse = app.data("{ topics { nodes { title news { totalCount nodes { title } } } } }").await;
        for topic in inverse["topics"]["nodes"].as_array().unwrap() {
            assert_eq!(column(&topic["news"]["nodes"], "title"), ["Prima"], "{topic}");
        }

        editor.unpublish(later).await;
        assert_eq!(column(&news_of(&app, "Prima").await["topics"], "title"), ["Ambiente e territorio"]);
        editor.publish(later).await.unwrap();
        assert_eq!(news_of(&app, "Prima").await["topics"].as_array().unwrap().len(), 2, "and comes back");
    }
}

on_both! {
    async fn two_items_that_link_to_each_other_can_be_published_in_any_order(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        for (round, first) in [(0, 0), (1, 1)] {
            let titles = [format!("Andata {round}"), format!("Ritorno {round}")];
            let there = editor.draft(ContentType::NewsItem, basics.news(&titles[0])).await;
            let back = with(basics.news(&titles[1]), json!({ "related_news": [there] }));
            let back = editor.draft(ContentType::NewsItem, back).await;
            let body = with(basics.news(&titles[0]), json!({ "related_news": [back] }));
            editor.rewrite(there, ContentType::NewsItem, body).await.unwrap();
            let order = [there, back];
            editor.publish(order[first]).await.unwrap();
            let alone = news_of(&app, &titles[first]).await;
            assert_eq!(alone["relatedNews"], json!([]), "the other is not there yet");
            editor.publish(order[1 - first]).await.unwrap();
            for (own, other) in [(0, 1), (1, 0)] {
                let news = news_of(&app, &titles[own]).await;
                assert_eq!(news["relatedNews"], json!([{ "title": titles[other] }]));
            }
        }
    }
}

on_both! {
    async fn an_unpublished_item_is_nowhere(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        let related = editor.published(ContentType::NewsItem, basics.news("Correlata")).await;
        let hidden = with(basics.news("Nascosta"), json!({ "related_news": [related] }));
        let hidden = editor.published(ContentType::NewsItem, hidden).await;
        let query = "query($id: ID!, $topic: ID!) {
            node(id: $id) { id } nodes(ids: [$id]) { id } newsItem(by: { id: $id }) { id }
            slug: newsItem(by: { slug: \"nascosta\" }) { id }
            news { totalCount nodes { title relatedBy { totalCount nodes { title } } } }
            of: news(filter: { topic: [$topic] }) { totalCount }
            topic(by: { id: $topic }) { news { totalCount nodes { title } } }
            home { latestNews { title } } }";
        let variables = json!({
            "id": global_id(ContentType::NewsItem, hidden),
            "topic": global_id(ContentType::Topic, basics.topic),
        });
        let before = app.read("", query, variables.clone()).await;
        assert_eq!(before["news"]["totalCount"], json!(2));
        assert!(before["slug"]["id"].is_string());
        editor.unpublish(hidden).await;
        let after = app.read("", query, variables).await;
        assert_eq!(after, json!({
            "node": null, "nodes": [null], "newsItem": null, "slug": null,
            "news": { "totalCount": 1, "nodes": [{ "title": "Correlata", "relatedBy": { "totalCount": 0, "nodes": [] } }] },
            "of": { "totalCount": 1 },
            "topic": { "news": { "totalCount": 1, "nodes": [{ "title": "Correlata" }] } },
            "home": { "latestNews": [{ "title": "Correlata" }] },
        }));
    }
}

on_both! {
    async fn a_new_revision_moves_the_links_only_when_it_is_published(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        let other = editor.topic("Zona").await;
        let id = editor.published(ContentType::NewsItem, basics.news("Si sposta")).await;
        let query = "{ topics { nodes { title news { totalCount } } } news { nodes { title topics { title } } } }";
        let state = async || {
            let data = app.data(query).await;
            let counts: Vec<_> = (0..2).map(|at| data["topics"]["nodes"][at]["news"]["totalCount"].as_i64().unwrap()).collect();
            (counts, column(&data["news"]["nodes"][0]["topics"], "title"))
        };
        let before = (vec![1, 0], vec!["Ambiente e territorio".to_owned()]);
        assert_eq!(state().await, before);
        let moved = with(basics.news("Si sposta"), json!({ "topics": [other] }));
        editor.rewrite(id, ContentType::NewsItem, moved).await.unwrap();
        assert_eq!(state().await, before, "a draft is nobody's business");
        editor.publish(id).await.unwrap();
        assert_eq!(state().await, (vec![0, 1], vec!["Zona".to_owned()]));
    }
}

on_both! {
    async fn links_that_lead_nowhere_are_refused_with_their_place(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let stranger = app.editor(&app.tenant("c_x002", "www.x002.example").await);
        let basics = editor.basics().await;
        let foreign = stranger.topic("Di un altro comune").await;
        let missing = ItemId::generate();
        let links = json!({
            "topics": [basics.topic, missing, foreign, basics.office],
            "edited_by": [basics.topic],
            "related_news": [missing],
            "body": format!("Vedi [qui](item:{foreign})."),
        });
        let errors = invalid(editor.try_draft(ContentType::NewsItem, with(basics.news("Sbagliata"), links)).await);
        let mut found: Vec<_> = errors.iter().map(|error| (error.path.as_str(), error.code.as_str())).collect();
        found.sort_unstable();
        assert_eq!(found, [
            ("body", "LINK_NOT_FOUND"),
            ("edited_by[0]", "LINK_WRONG_TYPE"),
            ("related_news[0]", "LINK_NOT_FOUND"),
            ("topics[1]", "LINK_NOT_FOUND"),
            ("topics[2]", "LINK_NOT_FOUND"),
            ("topics[3]", "LINK_WRONG_TYPE"),
        ]);
        let said = |path: &str| errors.iter().find(|error| error.path == path).unwrap().message.clone();
        assert!(said("edited_by[0]").contains("topic") && said("edited_by[0]").contains("office"));
        assert!(!said("topics[2]").contains("altro comune"), "nothing of another municipality is told");
    }
}

on_both! {
    async fn a_refused_draft_leaves_nothing_behind(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let basics = editor.basics().await;
        let id = editor.published(ContentType::NewsItem, basics.news("Resta com'è")).await;
        let wrong = with(basics.news("Cambiata"), json!({ "topics": [ItemId::generate()] }));
        let refused = editor.rename(id, ContentType::NewsItem, wrong, &[("it", "cambiata")]).await;
        assert!(matches!(refused, Err(ContentError::Invalid(_))), "{refused:?}");
        editor.publish(id).await.unwrap();
        let data = app.data("{ news { nodes { title slug } } route(path: \"/novita/notizie/cambiata\") { __typename } }").await;
        assert_eq!(data, json!({ "news": { "nodes": [{ "title": "Resta com'è", "slug": "resta-com-e" }] }, "route": null }));
        assert_eq!(known(&app, tenant.id, &[id]).await, 1);
    }
}

on_both! {
    async fn no_office_stands_above_itself(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        let below = async |title: &str, parent: ItemId| {
            let body = with(office(title, basics.contact, basics.place), json!({ "parent_office": parent }));
            editor.published(ContentType::Office, body).await
        };
        let area = below("Area", basics.office).await;
        let desk = below("Sportello", area).await;
        for parent in [basics.office, area, desk] {
            let body = with(office("Ufficio di prova", basics.contact, basics.place), json!({ "parent_office": parent }));
            let refused = editor.rewrite(basics.office, ContentType::Office, body).await;
            let Err(ContentError::Invalid(errors)) = refused else { panic!("a circle: {refused:?}") };
            assert_eq!((errors[0].code.as_str(), errors[0].path.as_str()), ("CIRCULAR_PARENT", "parent_office"));
        }
        let query = "query($id: ID!) { office(by: { id: $id }) { parentOffice { title parentOffice { title parentOffice { id } } } } }";
        let data = app.read("", query, json!({ "id": global_id(ContentType::Office, desk) })).await;
        assert_eq!(data["office"]["parentOffice"],
            json!({ "title": "Area", "parentOffice": { "title": "Ufficio di prova", "parentOffice": null } }));
    }
}

on_both! {
    async fn links_in_rich_text_are_paths_when_published_and_text_when_not(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        let target = editor.draft(ContentType::Topic, json!({
            "title": { "it": "Acqua pulita", "de": "Sauberes Wasser" }, "short_description": "Un argomento" })).await;
        let text = format!("Leggi [la pagina](item:{target}) con calma.");
        let news = with(basics.news("Con collegamento"), json!({ "body": { "it": text, "de": text } }));
        editor.published(ContentType::NewsItem, news).await;
        let query = "query($locale: Locale) { news(locale: $locale) { nodes { body { html markdown plainText blocks } } } }";
        let body = async |locale: &str| {
            let data = app.read("", query, json!({ "locale": locale })).await;
            data["news"]["nodes"][0]["body"].clone()
        };
        for published in [false, true, false] {
            if published {
                editor.publish(target).await.unwrap();
            } else {
                editor.unpublish(target).await;
            }
            for (locale, path) in [("it", "/argomenti/acqua-pulita"), ("de", "/de/argomenti/sauberes-wasser")] {
                let body = body(locale).await;
                let (html, markdown, blocks) = (body["html"].as_str().unwrap(), body["markdown"].as_str().unwrap(), body["blocks"].to_string());
                assert_eq!(body["plainText"].as_str().unwrap().trim(), "Leggi la pagina con calma.");
                if published {
                    assert!(html.contains(&format!("<a href=\"{path}\">la pagina</a>")), "{html}");
                    assert!(markdown.contains(&format!("[la pagina]({path})")), "{markdown}");
                    assert!(blocks.contains(&format!("\"{path}\"")), "{blocks}");
                } else {
                    assert!(html.contains("Leggi la pagina con calma.") && !html.contains("<a"), "{html}");
                    assert_eq!(markdown.trim(), "Leggi la pagina con calma.");
                }
                for text in [html, markdown, &blocks] {
                    assert!(!text.contains(&target.to_string()), "ids of the inside stay inside: {text}");
                }
            }
        }
    }
}
