//! What a portal builds its frame with: menus, the home page, categories and vocabularies.

use std::collections::HashMap;

use municipio_domain::content::ContentType;
use municipio_tests::{
    TestApp, on_both,
    story::{column, texts, with},
};
use serde_json::{Value, json};

const FIRST: [(&str, &str, &str); 3] = [
    ("Amministrazione", "management", "/amministrazione"),
    ("Novità", "news", "/novita"),
    ("Servizi", "all-services", "/servizi"),
];

on_both! {
    async fn the_menus_are_those_of_the_national_validator(engine) {
        let app = TestApp::empty(engine).await;
        app.tenant("c_x001", "www.x001.example").await;
        let data = app.data("{ navigation { code label dataElement path itemCount children { label dataElement itemCount children { code } } } }").await;
        let menus = data["navigation"].as_array().unwrap();
        for (menu, (label, element, path)) in menus.iter().zip(FIRST) {
            assert_eq!((&menu["label"], &menu["dataElement"], &menu["path"]), (&json!(label), &json!(element), &json!(path)));
        }
        assert_eq!((&menus[3]["label"], &menus[3]["dataElement"]), (&json!("Vivere il Comune"), &json!("live")));
        assert_eq!(menus.len(), 4);
        let below = |at: usize| column(&menus[at]["children"], "label");
        assert_eq!(below(0), ["Organi di governo", "Aree amministrative", "Uffici", "Enti e fondazioni", "Politici", "Personale amministrativo", "Documenti e dati"]);
        assert_eq!(below(1), ["Notizie", "Comunicati", "Avvisi"]);
        assert_eq!(below(2), ["Educazione e formazione", "Salute, benessere e assistenza", "Vita lavorativa", "Mobilità e trasporti", "Catasto e urbanistica",
            "Anagrafe e stato civile", "Turismo", "Giustizia e sicurezza pubblica", "Tributi, finanze e contravvenzioni", "Cultura e tempo libero", "Ambiente",
            "Imprese e commercio", "Autorizzazioni", "Appalti pubblici", "Agricoltura e pesca"]);
        assert_eq!(below(3), ["Luoghi", "Eventi"]);
        let elements = |at: usize| column(&menus[at]["children"], "dataElement");
        assert!(elements(0).iter().all(|element| element == "management-category-link"));
        assert!(elements(1).iter().all(|element| element == "news-category-link"));
        assert!(elements(2).iter().all(|element| element == "service-category-link"));
        assert_eq!(elements(3), ["live-button-locations", "live-button-events"]);
        assert!(menus.iter().all(|menu| menu["itemCount"] == json!(0)), "nothing is published yet");
    }
}

on_both! {
    async fn the_counts_of_the_menus_are_those_of_the_lists(engine) {
        let app = TestApp::demo(engine).await;
        let data = app.data("{ navigation { code label itemCount children { code label itemCount path } } municipality { liveLabel } }").await;
        let menus = data["navigation"].as_array().unwrap();
        assert_eq!(menus[3]["label"], data["municipality"]["liveLabel"], "the municipality names its fourth menu");
        let mut counts = HashMap::new();
        for menu in menus {
            let children = menu["children"].as_array().unwrap();
            let sum: u64 = children.iter().map(|entry| entry["itemCount"].as_u64().unwrap()).sum();
            // A service in two categories counts once.
            let expected = if menu["code"] == json!("services") { 50 } else { sum };
            assert_eq!(menu["itemCount"], json!(expected), "{}", menu["label"]);
            counts.extend(children.iter().map(|entry| (entry["label"].as_str().unwrap().to_owned(), entry["itemCount"].as_u64().unwrap())));
        }
        let total = |list: &Value| list["totalCount"].as_u64().unwrap();
        let lists = app.data("{
            political: offices(filter: { officeType: [\"struttura-politica\"] }) { totalCount }
            areas: offices(filter: { officeType: [\"struttura-amministrativa.area\"] }) { totalCount }
            desks: offices(filter: { officeType: [\"struttura-amministrativa.ufficio\"] }) { totalCount }
            other: offices(filter: { officeType: [\"altra-struttura\"] }) { totalCount }
            documents { totalCount } places { totalCount } events { totalCount } services { totalCount }
            offices { totalCount }
            notizie: news(filter: { newsType: [\"notizie\"] }) { totalCount } comunicati: news(filter: { newsType: [\"comunicati\"] }) { totalCount }
            avvisi: news(filter: { newsType: [\"avvisi\"] }) { totalCount } news { totalCount }
            serviceCategories { label code services(first: 1) { totalCount } } }").await;
        for (label, list) in [("Organi di governo", "political"), ("Aree amministrative", "areas"), ("Uffici", "desks"), ("Enti e fondazioni", "other"),
            ("Documenti e dati", "documents"), ("Luoghi", "places"), ("Eventi", "events"), ("Notizie", "notizie"), ("Comunicati", "comunicati"), ("Avvisi", "avvisi")] {
            assert_eq!(counts[label], total(&lists[list]), "{label}");
        }
        assert_eq!(["political", "areas", "desks", "other"].map(|list| total(&lists[list])).iter().sum::<u64>(), total(&lists["offices"]), "every office is in one menu");
        assert_eq!(menus[1]["itemCount"], lists["news"]["totalCount"]);
        for category in lists["serviceCategories"].as_array().unwrap() {
            let code = category["code"].as_str().unwrap();
            let filtered = app.data(&format!("{{ services(filter: {{ category: [\"{code}\"] }}) {{ totalCount }} }}")).await;
            assert_eq!(counts[category["label"].as_str().unwrap()], total(&category["services"]), "{code}");
            assert_eq!(total(&category["services"]), total(&filtered["services"]), "{code}");
        }
    }
}

on_both! {
    async fn each_entry_of_the_menus_holds_what_has_its_path(engine) {
        let app = TestApp::demo(engine).await;
        let data = app.data("{ navigation { children { path itemCount } } offices(first: 100) { nodes { path } } news(first: 100) { nodes { path } }
            places(first: 100) { nodes { path } } events(first: 100) { nodes { path } } documents(first: 100) { nodes { path } } }").await;
        let mut paths = Vec::new();
        for list in ["offices", "news", "places", "events", "documents"] {
            paths.extend(column(&data[list]["nodes"], "path"));
        }
        let entries = data["navigation"].as_array().unwrap().iter().flat_map(|menu| menu["children"].as_array().unwrap());
        let mut checked = 0;
        for entry in entries {
            let prefix = format!("{}/", entry["path"].as_str().unwrap());
            let found = paths.iter().filter(|path| path.starts_with(&prefix)).count();
            if found > 0 {
                assert_eq!(entry["itemCount"], json!(found), "{prefix}");
                checked += 1;
            }
        }
        assert!(checked >= 9, "{checked} entries checked");
    }
}

on_both! {
    async fn the_home_page_shows_the_newest_news_that_still_matter(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        for (title, day, expires) in [("Vecchia", "2020-01-01", None), ("Nuova", "2026-11-22", None), ("Media", "2025-05-01", Some("2199-12-31")),
            ("Scaduta", "2021-11-21", Some("2022-01-31")), ("Antica", "2019-01-01", None)] {
            let mut more = json!({ "news_date": day });
            if let Some(expires) = expires {
                more["expires_at"] = json!(expires);
            }
            editor.published(ContentType::NewsItem, with(basics.news(title), more)).await;
        }
        let data = app.data("{ home { latestNews { title } all: latestNews(first: 100) { title } one: latestNews(first: 1) { title } }
            current: news(filter: { current: true }) { nodes { title } } expired: news(filter: { current: false }) { nodes { title } } }").await;
        assert_eq!(column(&data["home"]["latestNews"], "title"), ["Nuova", "Media", "Vecchia"]);
        assert_eq!(column(&data["home"]["all"], "title"), ["Nuova", "Media", "Vecchia", "Antica"]);
        assert_eq!(column(&data["home"]["one"], "title"), ["Nuova"]);
        assert_eq!(data["current"]["nodes"], data["home"]["all"]);
        assert_eq!(column(&data["expired"]["nodes"], "title"), ["Scaduta"]);
    }
}

on_both! {
    async fn the_home_page_shows_the_next_events_once_each(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        let times = |list: &[&str]| json!({ "occurrences": list.iter().map(|at| json!({ "starts_at": at })).collect::<Vec<_>>() });
        let mut ids = Vec::new();
        for (title, schedule) in [
            ("Terzo", times(&["2199-03-05T10:00"])), ("Passato", times(&["2001-01-01T10:00"])), ("Primo", times(&["2199-01-05T10:00", "2199-01-06T10:00", "2001-01-02T10:00"])),
            ("Secondo", json!({ "occurrences": [{ "starts_at": "2199-02-01T10:00" }], "recurrence": { "rule": "FREQ=DAILY;COUNT=9" } })),
            ("In corso", json!({ "occurrences": [{ "starts_at": "2001-01-01", "ends_at": "2199-12-31", "all_day": true }] })), ("Quarto", times(&["2199-04-05T10:00"])),
        ] {
            ids.push(editor.published(ContentType::Event, basics.event(title, schedule)).await);
        }
        let next = async |size: u8| column(&app.data(&format!("{{ home {{ nextEvents(first: {size}) {{ title }} }} }}")).await["home"]["nextEvents"], "title");
        assert_eq!(next(100).await, texts(&["In corso", "Primo", "Secondo", "Terzo", "Quarto"]));
        assert_eq!(next(2).await, texts(&["In corso", "Primo"]));
        assert_eq!(app.data("{ home { nextEvents { id } } }").await["home"]["nextEvents"].as_array().unwrap().len(), 4);
        editor.unpublish(ids[2]).await;
        assert_eq!(next(3).await, texts(&["In corso", "Secondo", "Terzo"]));
    }
}

on_both! {
    async fn what_is_featured_comes_in_the_order_of_the_municipality(engine) {
        let app = TestApp::demo(engine).await;
        let query = "{ home { featured { __typename path } } municipality { featured { __typename path } } }";
        let data = app.data(query).await;
        let types = column(&data["home"]["featured"], "__typename");
        assert_eq!(types, ["Service", "Service", "Place", "Document", "Dataset", "Page"]);
        assert_eq!(data["home"]["featured"], data["municipality"]["featured"]);
        let empty = TestApp::empty(engine).await;
        empty.tenant("c_x001", "www.x001.example").await;
        let data = empty.data("{ home { featured { id } latestNews { id } nextEvents { id } } municipality { id } }").await;
        assert_eq!(data, json!({ "home": { "featured": [], "latestNews": [], "nextEvents": [] }, "municipality": null }));
    }
}

on_both! {
    async fn services_are_grouped_by_the_events_of_life(engine) {
        let app = TestApp::demo(engine).await;
        for (root, filter) in [("lifeEvents", "lifeEvent"), ("businessEvents", "businessEvent"), ("serviceCategories", "category")] {
            let data = app.data(&format!("{{ {root} {{ code label services(first: 100) {{ totalCount nodes {{ id }} }} }} }}")).await;
            let terms = data[root].as_array().unwrap();
            assert!(terms.iter().any(|term| term["services"]["totalCount"] != json!(0)), "{root}");
            for term in terms {
                let code = term["code"].as_str().unwrap();
                let list = app.data(&format!("{{ services(first: 100, filter: {{ {filter}: [\"{code}\"] }}) {{ totalCount nodes {{ id }} }} }}")).await;
                assert_eq!(list["services"], term["services"], "{root} {code}");
            }
        }
    }
}

on_both! {
    async fn a_broader_term_finds_what_has_a_narrower_one(engine) {
        let app = TestApp::demo(engine).await;
        let data = app.data("{ vocabularies { id } vocabulary(id: \"office-types\") { terms { code } topTerms { code parent { code } children { code parent { code } } } } }").await;
        let vocabulary = &data["vocabulary"];
        let (mut codes, mut found) = (column(&vocabulary["terms"], "code"), Vec::new());
        for top in vocabulary["topTerms"].as_array().unwrap() {
            assert_eq!(top["parent"], Value::Null);
            found.push(top["code"].as_str().unwrap().to_owned());
            let count = async |code: &Value| {
                let list = app.data(&format!("{{ offices(filter: {{ officeType: [{code}] }}) {{ totalCount }} }}")).await;
                list["offices"]["totalCount"].as_u64().unwrap()
            };
            let mut narrower = 0;
            for child in top["children"].as_array().unwrap() {
                assert_eq!(child["parent"]["code"], top["code"]);
                found.push(child["code"].as_str().unwrap().to_owned());
                narrower += count(&child["code"]).await;
            }
            assert!(count(&top["code"]).await >= narrower && narrower > 0, "{}", top["code"]);
        }
        codes.sort();
        found.sort();
        assert_eq!(codes, found, "the hierarchy holds every term once");
        for id in column(&data["vocabularies"], "id") {
            let query = format!("{{ vocabulary(id: \"{id}\") {{ id source licence version terms {{ code label vocabularyId }} }} }}");
            let vocabulary = app.data(&query).await["vocabulary"].take();
            for term in vocabulary["terms"].as_array().unwrap() {
                assert_eq!(term["vocabularyId"], json!(id));
                assert!(!term["label"].as_str().unwrap().is_empty(), "{id} {term}");
            }
            assert!(!vocabulary["source"].as_str().unwrap().is_empty() && !vocabulary["licence"].as_str().unwrap().is_empty(), "{id}");
        }
    }
}
