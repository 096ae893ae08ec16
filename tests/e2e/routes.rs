//! Paths of the site: what has one is found at it, what moved is redirected, what is gone says so.

use std::collections::HashMap;

use municipio_domain::content::{ContentError, ContentType};
use municipio_tests::{
    TestApp, on_both,
    story::{global_id, with},
};
use serde_json::{Value, json};

const ROUTE: &str = "query($path: String!, $locale: Locale) { route(path: $path, locale: $locale) { __typename
    ... on RouteContent { content { id locale path } } ... on RouteRedirect { path statusCode } ... on RouteGone { statusCode } } }";

async fn route(app: &TestApp, path: &str) -> Value {
    app.read("", ROUTE, json!({ "path": path })).await["route"].take()
}

fn moved(path: &str) -> Value {
    json!({ "__typename": "RouteRedirect", "path": path, "statusCode": 301 })
}

fn gone() -> Value {
    json!({ "__typename": "RouteGone", "statusCode": 410 })
}

on_both! {
    async fn every_item_of_the_demo_is_found_at_its_path_in_every_locale(engine) {
        let app = TestApp::demo(engine).await;
        let roots = ["services", "offices", "places", "people", "roles", "contactPoints", "news", "events", "documents",
            "datasets", "topics", "pages", "faqs", "procedures"];
        for locale in ["it", "de", "en"] {
            let lists: String = roots.iter()
                .map(|root| format!("{root}(first: 100, locale: \"{locale}\") {{ totalCount nodes {{ id path url title }} }} "))
                .collect();
            let data = app.data(&format!("{{ {lists} municipality(locale: \"{locale}\") {{ id path url }} }}")).await;
            let mut items = vec![data["municipality"].clone()];
            for root in roots {
                let nodes = data[root]["nodes"].as_array().unwrap();
                assert_eq!(data[root]["totalCount"], json!(nodes.len()), "{root} has more than a page");
                items.extend(nodes.iter().cloned());
            }
            let mut paths: HashMap<String, Value> = HashMap::new();
            for item in &items {
                let path = item["path"].as_str().unwrap();
                assert_eq!(path == "/de" || path.starts_with("/de/"), locale == "de", "{item}");
                assert_eq!(path == "/en" || path.starts_with("/en/"), locale == "en", "{item}");
                assert_eq!(item["url"], json!(format!("https://www.comune.montelago.example{path}")));
                let other = paths.insert(path.to_owned(), item.clone());
                assert!(other.is_none(), "two items at {path}: {item} {other:?}");
            }
            for part in items.chunks(15) {
                let fields: String = part.iter().enumerate().map(|(index, item)| format!(
                    "r{index}: route(path: {}) {{ __typename ... on RouteContent {{ content {{ id locale }} }} }} ", item["path"])).collect();
                let data = app.data(&format!("{{ {fields} }}")).await;
                for (index, item) in part.iter().enumerate() {
                    assert_eq!(data[format!("r{index}")], json!({
                        "__typename": "RouteContent", "content": { "id": item["id"], "locale": locale } }), "{item}");
                }
            }
        }
    }
}

on_both! {
    async fn a_path_that_is_almost_right_leads_to_the_right_one(engine) {
        let app = TestApp::demo(engine).await;
        let right = "/servizi/anagrafe-e-stato-civile/carta-d-identita-elettronica";
        let found = route(&app, right).await;
        assert_eq!(found["__typename"], json!("RouteContent"));
        for almost in [
            "/servizi/turismo/carta-d-identita-elettronica",
            "/servizi/carta-d-identita-elettronica",
            "/servizi/anagrafe-e-stato-civile/carta-d-identita-elettronica/",
            "/it/servizi/anagrafe-e-stato-civile/carta-d-identita-elettronica",
            "//servizi//anagrafe-e-stato-civile/carta-d-identita-elettronica",
            "servizi/anagrafe-e-stato-civile/carta-d-identita-elettronica",
        ] {
            assert_eq!(route(&app, almost).await, moved(right), "{almost}");
        }
        let tracked = route(&app, &format!("{right}?utm_source=mail#costi")).await;
        assert_eq!(tracked, found, "what is asked of a path is no part of it");
        let german = app.data("{ service(by: { slug: \"carta-d-identita-elettronica\" }, locale: \"de\") { path } }").await;
        let german = german["service"]["path"].as_str().unwrap();
        assert!(german.starts_with("/de/servizi/") && !german.ends_with("/carta-d-identita-elettronica"), "{german}");
        assert_eq!(route(&app, &format!("/de{right}")).await, moved(german), "the Italian slug under the German prefix");
        assert_eq!(route(&app, "/amministrazione/uffici/giunta-comunale").await, moved("/amministrazione/organi-di-governo/giunta-comunale"));
    }
}

on_both! {
    async fn what_was_never_there_is_nothing(engine) {
        let app = TestApp::demo(engine).await;
        for path in ["/servizi/turismo/non-c-e", "/non-c-e", "/de/argomenti/non-c-e", "/fr", "/fr/argomenti/acqua", "/argomenti",
            "/argomenti/acqua/altro", "/argomenti/ACQUA", "/argomenti/acqua%00", "/..", "/ / ", "/servizi/%2e%2e/x", "/argomenti/\u{0}"] {
            assert_eq!(route(&app, path).await, Value::Null, "{path}");
        }
        let long = format!("/argomenti/{}", "a".repeat(5_000));
        assert_eq!(route(&app, &long).await, Value::Null);
    }
}

on_both! {
    async fn the_home_page_is_the_municipality(engine) {
        let app = TestApp::demo(engine).await;
        let data = app.data("{ municipality { id path url } }").await;
        let id = &data["municipality"]["id"];
        assert_eq!(data["municipality"]["path"], json!("/"));
        for (path, locale, own) in [("/", "it", "/"), ("", "it", "/"), ("/de", "de", "/de"), ("/?a=1", "it", "/")] {
            let found = route(&app, path).await;
            let content = json!({ "id": id, "locale": locale, "path": own });
            assert_eq!(found, json!({ "__typename": "RouteContent", "content": content }), "{path}");
        }
        for (path, today) in [("/de/", "/de"), ("/it", "/"), ("/it/", "/")] {
            let redirect = json!({ "__typename": "RouteRedirect", "path": today, "statusCode": 301 });
            assert_eq!(route(&app, path).await, redirect, "{path}");
        }
    }
}

on_both! {
    async fn the_locale_of_a_route_gives_the_texts_when_the_path_has_none(engine) {
        let app = TestApp::demo(engine).await;
        let found = app.read("", ROUTE, json!({ "path": "/argomenti/acqua", "locale": "de" })).await;
        assert_eq!(found["route"]["content"]["locale"], json!("de"), "{found}");
        let found = app.read("", ROUTE, json!({ "path": "/en/argomenti/water", "locale": "de" })).await;
        assert_eq!(found["route"]["content"]["locale"], json!("en"), "the path wins: {found}");
    }
}

on_both! {
    async fn a_renamed_item_is_found_under_all_its_names(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let body = json!({ "title": "Primo nome", "short_description": "Un argomento" });
        let id = editor.published(ContentType::Topic, body.clone()).await;
        let here = |path: &str| json!({ "__typename": "RouteContent", "content": {
            "id": global_id(ContentType::Topic, id), "locale": "it", "path": path } });
        let names = ["primo-nome", "secondo-nome", "terzo-nome", "primo-nome"];
        for (round, name) in names.into_iter().enumerate() {
            editor.rename(id, ContentType::Topic, body.clone(), &[("it", name)]).await.unwrap();
            editor.publish(id).await.unwrap();
            let path = format!("/argomenti/{name}");
            assert_eq!(route(&app, &path).await, here(&path), "round {round}");
            for old in names[..round].iter().filter(|old| **old != name) {
                assert_eq!(route(&app, &format!("/argomenti/{old}")).await, moved(&path), "round {round}");
                let data = app.data(&format!("{{ topic(by: {{ slug: \"{old}\" }}) {{ slug }} }}")).await;
                assert_eq!(data["topic"]["slug"], json!(name), "old slugs work as keys too");
            }
        }
        editor.rewrite(id, ContentType::Topic, with(body, json!({ "title": "Quarto nome" }))).await.unwrap();
        editor.publish(id).await.unwrap();
        assert_eq!(route(&app, "/argomenti/primo-nome").await, here("/argomenti/primo-nome"), "a new title moves nothing");
    }
}

on_both! {
    async fn a_draft_moves_no_path_before_it_is_published(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let body = json!({ "title": "Nome di oggi", "short_description": "Un argomento" });
        let id = editor.published(ContentType::Topic, body.clone()).await;
        editor.rename(id, ContentType::Topic, body, &[("it", "nome-di-domani")]).await.unwrap();
        let data = app.data("{ topics { nodes { path } } }").await;
        assert_eq!(data["topics"]["nodes"][0]["path"], json!("/argomenti/nome-di-oggi"), "the new slug is only drafted");
        assert_eq!(route(&app, "/argomenti/nome-di-oggi").await["__typename"], json!("RouteContent"));
        editor.publish(id).await.unwrap();
        assert_eq!(route(&app, "/argomenti/nome-di-oggi").await, moved("/argomenti/nome-di-domani"));
    }
}

on_both! {
    async fn a_slug_belongs_to_one_item_for_good(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let body = |title: &str| json!({ "title": title, "short_description": "Un argomento" });
        let first = editor.published(ContentType::Topic, body("Acqua")).await;
        editor.rename(first, ContentType::Topic, body("Acqua"), &[("it", "acqua-del-lago")]).await.unwrap();
        editor.publish(first).await.unwrap();
        let second = editor.published(ContentType::Topic, body("Fuoco")).await;
        for taken in ["acqua", "acqua-del-lago"] {
            let refused = editor.rename(second, ContentType::Topic, body("Fuoco"), &[("it", taken)]).await;
            let Err(ContentError::Invalid(errors)) = refused else { panic!("{taken} was given away: {refused:?}") };
            assert_eq!((errors[0].code.as_str(), errors[0].path.as_str()), ("SLUG_TAKEN", "slug.it"));
        }
        editor.unpublish(first).await;
        let refused = editor.rename(second, ContentType::Topic, body("Fuoco"), &[("it", "acqua")]).await;
        assert!(refused.is_err(), "not even while the first is not published");
        let page = json!({ "title": "Acqua", "short_description": "Una pagina" });
        editor.published(ContentType::Page, page).await;
        assert_eq!(route(&app, "/acqua").await["content"]["path"], json!("/acqua"), "other types have slugs of their own");
    }
}

on_both! {
    async fn the_same_title_gives_a_numbered_slug(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let mut paths = Vec::new();
        for _ in 0..3 {
            let id = editor.topic("È già così!").await;
            let data = app.data(&format!("{{ node(id: \"{}\") {{ ... on Topic {{ path }} }} }}", global_id(ContentType::Topic, id))).await;
            paths.push(data["node"]["path"].as_str().unwrap().to_owned());
        }
        assert_eq!(paths, ["/argomenti/e-gia-cosi", "/argomenti/e-gia-cosi-2", "/argomenti/e-gia-cosi-3"]);
    }
}

on_both! {
    async fn unpublished_is_gone_and_a_draft_was_never_there(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let id = editor.topic("Passeggero").await;
        editor.unpublish(id).await;
        assert_eq!(route(&app, "/argomenti/passeggero").await, gone());
        editor.publish(id).await.unwrap();
        assert_eq!(route(&app, "/argomenti/passeggero").await["__typename"], json!("RouteContent"));
        editor.draft(ContentType::Topic, json!({ "title": "Segreto", "short_description": "Non ancora" })).await;
        assert_eq!(route(&app, "/argomenti/segreto").await, Value::Null, "a draft that was never published tells nobody of itself");
    }
}

on_both! {
    async fn a_translated_slug_does_not_hide_another_item(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let italian = editor.topic("Park").await;
        let both = json!({ "title": { "it": "Parcheggi", "de": "Park" }, "short_description": "Un argomento" });
        let both = editor.published(ContentType::Topic, both).await;
        for id in [italian, both] {
            let id = global_id(ContentType::Topic, id);
            let data = app.data(&format!("{{ topic(by: {{ id: \"{id}\" }}, locale: \"de\") {{ path }} }}")).await;
            let path = data["topic"]["path"].as_str().unwrap().to_owned();
            assert_eq!(route(&app, &path).await["content"]["id"], json!(id), "{path} leads to another item");
        }
    }
}
