//! Looking for content over HTTP, with the embedded engine.

use municipio_domain::content::ContentType;
use municipio_tests::{
    TestApp,
    media::{Desk, document},
    on_both,
    story::{global_id, item_id},
};
use serde_json::{Value, json};

const SEARCH: &str = "query ($query: String!, $types: [ContentType!], $first: Int, $after: String, $locale: Locale) {
    search(query: $query, types: $types, first: $first, after: $after, locale: $locale) {
        totalCount nodes { item { __typename title path } title snippet score }
        edges { cursor node { item { id } } }
        pageInfo { hasNextPage hasPreviousPage endCursor } didYouMean engine { name isDegraded lag }
    }
}";

/// Asks until the index knows everything: on a machine that is busy a search does not wait for so long.
pub async fn ask(app: &TestApp, variables: Value) -> Value {
    loop {
        let answer = app.ask(SEARCH, variables.clone()).await;
        assert!(answer.get("errors").is_none(), "{variables}: {answer:#}");
        if answer["data"]["search"]["engine"]["lag"] == 0 {
            return answer;
        }
    }
}

/// The titles of the first hits.
pub async fn titles(app: &TestApp, query: &str) -> Vec<String> {
    let answer = ask(app, json!({ "query": query })).await;
    let nodes = answer["data"]["search"]["nodes"].as_array().unwrap();
    let title = |node: &Value| node["item"]["title"].as_str().unwrap().to_owned();
    nodes.iter().map(title).collect()
}

on_both! {
    async fn content_is_found_by_what_people_call_it(engine) {
        let app = TestApp::demo(engine).await;
        let answer = ask(&app, json!({ "query": "rinnovo crta d'identita", "first": 3 })).await;
        let found = &answer["data"]["search"];
        assert_eq!(found["nodes"][0]["item"]["title"], "Carta d'identità elettronica (CIE)", "{answer:#}");
        assert_eq!(found["nodes"][0]["item"]["__typename"], "Service");
        assert_eq!(found["nodes"][0]["title"], "<mark>Carta</mark> d&#39;<mark>identità</mark> elettronica (CIE)".replace("&#39;", "'"));
        assert!(found["nodes"][0]["snippet"].as_str().unwrap().contains("<mark>"), "{found:#}");
        assert_eq!(found["didYouMean"], "rinnovo carta identita");
        assert_eq!(found["engine"], json!({ "name": "embedded", "isDegraded": false, "lag": 0 }));
        assert_eq!(found["nodes"].as_array().unwrap().len(), 3);
    }
}

on_both! {
    async fn hits_are_leafed_through_to_the_end(engine) {
        let app = TestApp::demo(engine).await;
        let (mut after, mut seen) = (Value::Null, Vec::new());
        let total = loop {
            let variables = json!({ "query": "servizio comunale", "first": 7, "after": after });
            let answer = ask(&app, variables).await;
            let found = &answer["data"]["search"];
            let edges = found["edges"].as_array().unwrap();
            seen.extend(edges.iter().map(|edge| edge["node"]["item"]["id"].as_str().unwrap().to_owned()));
            assert_eq!(found["pageInfo"]["hasPreviousPage"], after != Value::Null);
            after = found["pageInfo"]["endCursor"].clone();
            if found["pageInfo"]["hasNextPage"] == false {
                break found["totalCount"].as_u64().unwrap();
            }
        };
        assert!(total > 7, "{total}");
        assert_eq!(seen.len() as u64, total);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len() as u64, total, "no hit comes twice");
    }
}

on_both! {
    async fn hits_are_counted_and_chosen(engine) {
        let app = TestApp::demo(engine).await;
        ask(&app, json!({ "query": "" })).await;
        let query = "query ($filter: SearchFilter, $types: [ContentType!]) {
            search(query: \"scuola\", filter: $filter, types: $types, facets: [TYPE, CATEGORY, TOPIC, OFFICE]) {
                totalCount facets { field values { value label count } } nodes { item { __typename } }
            }
        }";
        let all = app.ask(query, json!({})).await["data"]["search"].take();
        let facet = |field: &str| {
            let facets = all["facets"].as_array().unwrap();
            facets.iter().find(|facet| facet["field"] == field).unwrap()["values"].clone()
        };
        for field in ["TYPE", "CATEGORY", "TOPIC", "OFFICE"] {
            let values = facet(field);
            assert!(!values.as_array().unwrap().is_empty(), "{field}: {all:#}");
            let value = &values[0];
            let wanted = value["value"].clone();
            let variables = match field {
                "TYPE" => json!({ "types": [wanted] }),
                "CATEGORY" => json!({ "filter": { "category": [wanted] } }),
                "TOPIC" => json!({ "filter": { "topics": [wanted] } }),
                _ => json!({ "filter": { "offices": [wanted] } }),
            };
            let chosen = app.ask(query, variables).await["data"]["search"].take();
            assert_eq!(chosen["totalCount"], value["count"], "{value}");
        }
        let educated = facet("CATEGORY");
        assert!(educated.to_string().contains("Educazione e formazione"), "{educated}");
    }
}

on_both! {
    async fn what_changes_is_found_at_once(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let editor = app.editor(&tenant);
        assert_eq!(titles(&app, "mongolfiera").await, Vec::<String>::new());
        let office = json!({ "title": "Ufficio mongolfiere", "short_description": "Volo", "office_type": "struttura-amministrativa.area",
            "responsibilities": "Il volo", "contact_points": [] });
        let office = editor.draft(ContentType::Office, office).await;
        let topic = editor.topic("Volo libero").await;
        assert_eq!(titles(&app, "volo libero").await, ["Volo libero"]);
        let body = json!({ "title": "Gita in mongolfiera", "short_description": "Si vola",
            "topics": [topic], "news_date": "2026-11-20", "news_type": "notizie", "body": "Si parte dal lago.",
            "edited_by": [office] });
        let news = editor.draft(ContentType::NewsItem, body.clone()).await;
        assert_eq!(titles(&app, "mongolfiera").await, Vec::<String>::new(), "drafts are not found");
        editor.publish(news).await.unwrap();
        assert_eq!(titles(&app, "mongolfiera").await, ["Gita in mongolfiera"]);
        // The new name of what it belongs to.
        let renamed = json!({ "title": "Aerostati", "short_description": "Un argomento" });
        let renamed = municipio_domain::content::Body::parse(ContentType::Topic, renamed).unwrap();
        editor.revise(topic, municipio_tests::draft(renamed)).await.unwrap();
        editor.publish(topic).await.unwrap();
        let mut found = titles(&app, "aerostati").await;
        found.sort();
        assert_eq!(found, ["Aerostati", "Gita in mongolfiera"]);
        editor.unpublish(news).await;
        assert_eq!(titles(&app, "mongolfiera").await, Vec::<String>::new());
        editor.topic("Mongolfiere").await;
        assert_eq!(titles(&app, "mongolfiera").await, ["Mongolfiere"]);
    }
}

on_both! {
    async fn content_is_found_by_what_its_public_documents_say(engine) {
        let desk = Desk::open(engine).await;
        let says = |word: &str| document(format!("BT /F1 12 Tf 50 700 Td (Modulo per il {word}) Tj ET").into_bytes());
        let form = desk.asset("modulo.pdf", &says("zeppelin")).await;
        let editor = desk.app.editor(&desk.app.demo_tenant().await);
        let file = item_id(form["id"].as_str().unwrap());
        let topic = editor.topic("Volo libero").await;
        let office = json!({ "title": "Ufficio volo", "short_description": "Volo", "office_type": "struttura-amministrativa.area",
            "responsibilities": "Il volo", "contact_points": [] });
        let office = editor.draft(ContentType::Office, office).await;
        let news = json!({ "title": "Si vola", "edited_by": [office], "short_description": "Dal lago", "topics": [topic], "news_date": "2026-11-20",
            "news_type": "notizie", "body": "Ecco il modulo.", "attachments": [{ "asset": file, "title": "Il modulo" }] });
        editor.published(ContentType::NewsItem, news).await;
        assert_eq!(titles(&desk.app, "zeppelin").await, Vec::<String>::new(), "the file is a draft");
        desk.publish(&form["id"]).await;
        assert_eq!(titles(&desk.app, "zeppelin").await, ["Si vola"], "and no hit by itself");
        let change = async |fields: &str, word: &str| {
            let query = format!("mutation($file: Upload) {{ updateContent(input: {{ id: {}, content: {{ asset: {{ {fields} }} }} }}) {{
                userErrors {{ code message }} }} }}", form["id"]);
            let operations = json!({ "query": query, "variables": { "file": null } });
            let answer: Value = desk.multipart(&operations, "modulo.pdf", &says(word)).send().await.unwrap().json().await.unwrap();
            assert_eq!(answer["data"]["updateContent"]["userErrors"], json!([]), "{answer:#}");
            desk.publish(&form["id"]).await;
        };
        change("file: { upload: $file }", "deltaplano").await;
        assert_eq!(titles(&desk.app, "deltaplano").await, ["Si vola"]);
        assert_eq!(titles(&desk.app, "zeppelin").await, Vec::<String>::new());
        change("access: PRIVATE, file: { upload: $file }", "parapendio").await;
        assert_eq!(titles(&desk.app, "parapendio").await, Vec::<String>::new());
        assert_eq!(titles(&desk.app, "deltaplano").await, Vec::<String>::new());
    }
}

on_both! {
    async fn municipalities_find_their_own_content_alone(engine) {
        let app = TestApp::demo(engine).await;
        ask(&app, json!({ "query": "" })).await;
        let other = app.tenant("c_x001", "www.x001.example").await;
        app.editor(&other).topic("Trampolino elastico").await;
        let of = async |host: &str| {
            let request = app.client.post(format!("{}/graphql", app.base)).header("host", host);
            let query = "{ search(query: \"trampolino\") { totalCount } all: search(query: \"\") { totalCount } }";
            let answer: Value = request.json(&json!({ "query": query })).send().await.unwrap().json().await.unwrap();
            (answer["data"]["search"]["totalCount"].clone(), answer["data"]["all"]["totalCount"].clone())
        };
        assert_eq!(of("www.x001.example").await, (json!(1), json!(1)));
        let demo = app.demo_tenant().await;
        let (found, all) = of(&demo.hosts[0]).await;
        assert_eq!(found, 0);
        assert!(all.as_u64().unwrap() > 100, "{all}");
    }
}

on_both! {
    async fn the_locale_decides_what_is_read(engine) {
        let app = TestApp::demo(engine).await;
        let first = async |query: &str, locale: &str| {
            let answer = ask(&app, json!({ "query": query, "locale": locale, "first": 1 })).await;
            answer["data"]["search"]["nodes"][0]["item"]["title"].clone()
        };
        assert_eq!(first("personalausweis identitätskarten", "de").await, "Elektronische Identitätskarte (CIE)");
        assert_eq!(first("identity cards", "en").await, "Electronic identity card (CIE)");
        // What is not written in it is found in the fallback.
        assert_ne!(first("mercatino", "de").await, Value::Null);
    }
}

on_both! {
    async fn what_cannot_be_asked_is_refused_with_a_reason(engine) {
        let app = TestApp::demo(engine).await;
        let long = "parola ".repeat(1_500);
        for (query, code, argument) in [
            (format!("{{ search(query: \"{long}\") {{ totalCount }} }}"), "INVALID_ARGUMENT", "query"),
            (format!("{{ suggest(prefix: \"{long}\") {{ title }} }}"), "INVALID_ARGUMENT", "prefix"),
            ("{ search(query: \"a\", orderBy: DISTANCE) { totalCount } }".to_owned(), "INVALID_ARGUMENT", "orderBy"),
            ("{ search(query: \"a\", first: 101) { totalCount } }".to_owned(), "INVALID_ARGUMENT", "first"),
            ("{ search(query: \"a\", after: \"x\") { totalCount } }".to_owned(), "INVALID_CURSOR", "after"),
            ("{ search(query: \"a\", near: { latitude: 91, longitude: 0 }) { totalCount } }".to_owned(), "INVALID_ARGUMENT", "near"),
            ("{ search(query: \"a\", filter: { category: [\"x\"] }) { totalCount } }".to_owned(), "UNKNOWN_CODE", "filter.category[0]"),
            ("{ searchInsight { mostSearched { text } } }".to_owned(), "UNAUTHENTICATED", ""),
        ] {
            let shown: String = query.chars().take(80).collect();
            assert_eq!(app.error(&query).await, (code.to_owned(), argument.to_owned()), "{shown}");
        }
        for text in ["\0", "\"", "AND OR NOT", "🪪🙂", "بطاقة", "carta~2^4 title:*", "\u{202e}atrac", "  ", "'; DROP TABLE"] {
            let answer = app.ask(SEARCH, json!({ "query": text })).await;
            assert!(answer.get("errors").is_none(), "{text}: {answer:#}");
        }
    }
}

on_both! {
    async fn a_search_box_shows_services_first(engine) {
        let app = TestApp::demo(engine).await;
        ask(&app, json!({ "query": "" })).await;
        let query = "{ suggest(prefix: \"ana\") { title markedTitle contentType path item { id } } }";
        let found = app.data(query).await["suggest"].take();
        let types: Vec<_> = found.as_array().unwrap().iter().map(|one| one["contentType"].as_str().unwrap()).collect();
        assert!(types.contains(&"SERVICE") && types.contains(&"OFFICE"), "{found:#}");
        let last_service = types.iter().rposition(|name| *name == "SERVICE").unwrap();
        assert!(types[..last_service].iter().all(|name| *name == "SERVICE"), "{found:#}");
        assert!(found[0]["markedTitle"].as_str().unwrap().contains("<mark>"), "{found:#}");
        assert_eq!(app.data("{ suggest(prefix: \" \") { title } }").await["suggest"], json!([]));
    }
}

on_both! {
    async fn places_are_near_or_far(engine) {
        let app = TestApp::demo(engine).await;
        ask(&app, json!({ "query": "" })).await;
        let query = "query ($within: Int) {
            places(first: 1) { nodes { geo { latitude longitude } } }
            search(query: \"\", types: [PLACE], near: { latitude: 46.0, longitude: 11.0, withinMetres: $within },
                   orderBy: DISTANCE) { totalCount nodes { distance item { __typename } } }
        }";
        let all = app.ask(query, json!({})).await["data"]["search"].take();
        let distances: Vec<f64> =
            all["nodes"].as_array().unwrap().iter().filter_map(|node| node["distance"].as_f64()).collect();
        assert!(distances.len() > 3 && distances.is_sorted(), "{distances:?}");
        let within = distances[1].ceil() as u32;
        let near = app.ask(query, json!({ "within": within })).await["data"]["search"].take();
        assert!(near["totalCount"].as_u64().unwrap() < all["totalCount"].as_u64().unwrap(), "{near:#}");
        let _ = global_id;
    }
}

on_both! {
    async fn the_number_of_statements_does_not_grow_with_the_page(engine) {
        let app = TestApp::demo(engine).await;
        ask(&app, json!({ "query": "" })).await;
        let query = "query ($first: Int) { search(query: \"scuola\", first: $first, facets: [TOPIC, OFFICE]) {
            totalCount nodes { title snippet item { title path } } facets { values { label } } didYouMean
        } }";
        let mut counts = Vec::new();
        for first in [50, 50, 3, 1] {
            let mut least = usize::MAX;
            for _ in 0..3 {
                let asked = app.ask(query, json!({ "first": first }));
                let (_, statements) = app.database.statements_of(asked).await;
                // Whose request it is, is looked up every five seconds.
                let own = statements.iter().filter(|statement| !statement.sql.contains("FROM \"tenant"));
                least = least.min(own.count());
            }
            counts.push(least);
        }
        // How far the log is, the hits, and the topics and offices of the counts.
        assert_eq!(counts[1..], [3, 3, 3], "{counts:?}");
    }
}
