//! The languages of content: what is translated comes translated, what is not comes in the
//! fallback and says so.

use municipio_domain::{
    content::ContentType,
    locale::Locale,
    tenants::{self, NewTenant},
};
use municipio_tests::{
    TestApp, noon, on_both,
    story::{column, texts, with},
};
use serde_json::{Value, json};

const ONE: &str = "query($locale: Locale) { news(locale: $locale) { nodes {
    title shortDescription slug path locale isFallback availableLocales languages { code }
    topics { title locale isFallback }
    body { plainText locale isFallback } furtherInformation { plainText locale isFallback } } } }";

async fn read(app: &TestApp, locale: &str) -> Value {
    app.read("", ONE, json!({ "locale": locale })).await["news"]["nodes"][0].take()
}

on_both! {
    async fn texts_come_in_the_locale_that_is_asked_for(engine) {
        let app = TestApp::demo(engine).await;
        let query = "query($locale: Locale) { service(by: { slug: \"carta-d-identita-elettronica\" }, locale: $locale) {
            id title slug path locale isFallback availableLocales category { code label } responsibleOffice { title locale }
            howTo { locale isFallback plainText } } }";
        let mut titles = Vec::new();
        let italian = app.read("", query, json!({})).await;
        for locale in ["it", "de", "en"] {
            let service = app.read("", query, json!({ "locale": locale })).await["service"].take();
            assert_eq!(service["id"], italian["service"]["id"], "the id is the same in all locales");
            assert_eq!(service["locale"], json!(locale));
            assert_eq!(service["isFallback"], json!(false));
            assert_eq!(service["availableLocales"], json!(["de", "en", "it"]));
            assert_eq!(service["responsibleOffice"]["locale"], json!(locale), "links are read in the same locale");
            assert_eq!(service["howTo"]["locale"], json!(locale));
            assert_eq!(service["category"]["code"], json!("anagrafe-e-stato-civile"));
            assert_eq!(service["path"].as_str().unwrap().starts_with(&format!("/{locale}/")), locale != "it");
            for own in [&service["title"], &service["slug"], &service["responsibleOffice"]["title"], &service["howTo"]["plainText"]] {
                assert!(!titles.contains(own), "the same text in two locales: {own}");
                titles.push(own.clone());
            }
        }
        assert_eq!(italian["service"]["locale"], json!("it"), "the default is the first locale of the municipality");
    }
}

on_both! {
    async fn every_text_falls_back_by_itself(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        let texts = json!({
            "title": { "it": "Avviso", "de": "Bekanntmachung" },
            "short_description": { "it": "Solo in italiano" },
            "body": { "it": "Il testo." },
            "further_information": { "it": "Altro.", "de": "Mehr." },
        });
        editor.published(ContentType::NewsItem, with(basics.news(""), texts)).await;
        let german = read(&app, "de").await;
        assert_eq!(german, json!({
            "title": "Bekanntmachung", "shortDescription": "Solo in italiano", "slug": "bekanntmachung",
            "path": "/de/novita/notizie/bekanntmachung", "locale": "de", "isFallback": false,
            "availableLocales": ["de", "it"], "languages": [{ "code": "ITA" }, { "code": "DEU" }],
            "topics": [{ "title": "Ambiente e territorio", "locale": "de", "isFallback": true }],
            "body": { "plainText": "Il testo.", "locale": "it", "isFallback": true },
            "furtherInformation": { "plainText": "Mehr.", "locale": "de", "isFallback": false },
        }));
        let italian = read(&app, "it").await;
        assert_eq!(italian["body"], json!({ "plainText": "Il testo.", "locale": "it", "isFallback": false }));
        assert_eq!(italian["topics"][0]["isFallback"], json!(false));
    }
}

on_both! {
    async fn what_is_not_translated_is_marked_and_keeps_its_slug(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        let basics = editor.basics().await;
        editor.published(ContentType::NewsItem, basics.news("Solo in italiano")).await;
        let german = read(&app, "de").await;
        assert_eq!(german["title"], json!("Solo in italiano"));
        assert_eq!(german["isFallback"], json!(true));
        assert_eq!(german["locale"], json!("de"), "the locale is the one that was asked for");
        assert_eq!(german["availableLocales"], json!(["it"]));
        assert_eq!(german["path"], json!("/de/novita/notizie/solo-in-italiano"));
    }
}

on_both! {
    async fn the_first_locale_of_a_municipality_is_its_default(engine) {
        let app = TestApp::empty(engine).await;
        let locale = |tag: &str| tag.parse::<Locale>().unwrap();
        let new = NewTenant {
            ipa_code: "c_x003".parse().unwrap(),
            name: Some("Gemeinde".to_owned()),
            fiscal_code: None,
            hosts: vec!["www.x003.example".to_owned()],
            locales: vec![locale("de"), locale("it"), locale("en")],
            id: None,
        };
        let tenant = tenants::create(&app.database, new, noon()).await.unwrap();
        let editor = app.editor(&tenant);
        let both = json!({ "title": { "it": "Acqua", "de": "Wasser" }, "short_description": "Un argomento" });
        editor.published(ContentType::Topic, both).await;
        let query = "query($locale: Locale) { topics(locale: $locale) { nodes { title path locale isFallback } } }";
        let topic = async |locale: Value| app.read("", query, json!({ "locale": locale })).await["topics"]["nodes"][0].take();
        let german = json!({ "title": "Wasser", "path": "/argomenti/wasser", "locale": "de", "isFallback": false });
        assert_eq!(topic(Value::Null).await, german);
        assert_eq!(topic(json!("de")).await, german);
        let italian = json!({ "title": "Acqua", "path": "/it/argomenti/acqua", "locale": "it", "isFallback": false });
        assert_eq!(topic(json!("it")).await, italian);
        let english = json!({ "title": "Wasser", "path": "/en/argomenti/wasser", "locale": "en", "isFallback": true });
        assert_eq!(topic(json!("en")).await, english, "the default comes before Italian");
        for path in ["/argomenti/wasser", "/it/argomenti/acqua", "/en/argomenti/wasser"] {
            let data = app.data(&format!("{{ route(path: \"{path}\") {{ __typename }} }}")).await;
            assert_eq!(data["route"]["__typename"], json!("RouteContent"), "{path}");
        }
    }
}

on_both! {
    async fn lists_are_ordered_and_filtered_by_the_title_of_the_locale(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        for (italian, german) in [("Acqua", "Wasser"), ("Bosco", "Wald"), ("Imprese", ""), ("Uffici", "Ämter"), ("Zone", "Straße"), ("Élite", "Zebra")] {
            let mut title = json!({ "it": italian });
            if !german.is_empty() {
                title["de"] = json!(german);
            }
            editor.published(ContentType::Topic, json!({ "title": title, "short_description": "Un argomento" })).await;
        }
        let list = async |locale: &str, more: &str| {
            let data = app.data(&format!("{{ topics(locale: \"{locale}\"{more}) {{ nodes {{ title }} }} }}")).await;
            column(&data["topics"]["nodes"], "title")
        };
        assert_eq!(list("it", "").await, texts(&["Acqua", "Bosco", "Élite", "Imprese", "Uffici", "Zone"]));
        assert_eq!(list("de", "").await, texts(&["Ämter", "Imprese", "Straße", "Wald", "Wasser", "Zebra"]));
        assert_eq!(list("de", ", orderBy: TITLE_DESC, first: 2").await, texts(&["Zebra", "Wasser"]));
        for (prefix, found) in [("wa", vec!["Wald", "Wasser"]), ("AMT", vec!["Ämter"]), ("strasse", vec!["Straße"]), ("Strau", vec![]), ("acqua", vec![])] {
            assert_eq!(list("de", &format!(", filter: {{ titlePrefix: \"{prefix}\" }}")).await, texts(&found), "{prefix}");
        }
    }
}

on_both! {
    async fn people_are_listed_by_family_name_in_every_locale(engine) {
        let app = TestApp::demo(engine).await;
        for locale in ["it", "de", "en"] {
            let data = app.data(&format!("{{ people(first: 100, locale: \"{locale}\") {{ nodes {{ familyName givenName title }} }} }}")).await;
            let nodes = data["people"]["nodes"].as_array().unwrap();
            let names: Vec<_> = nodes.iter().map(|person| person["familyName"].as_str().unwrap().to_owned()).collect();
            let mut sorted = names.clone();
            sorted.sort();
            assert_eq!(names, sorted);
            assert_eq!(nodes[0]["title"], json!(format!("{} {}", nodes[0]["givenName"].as_str().unwrap(), names[0])));
        }
    }
}

on_both! {
    async fn vocabularies_and_menus_speak_the_locale_too(engine) {
        let app = TestApp::demo(engine).await;
        let query = "query($locale: Locale) { serviceCategories(locale: $locale) { code label }
            navigation(locale: $locale) { label path children { label path } } }";
        let (italian, german) = (app.read("", query, json!({ "locale": "it" })).await, app.read("", query, json!({ "locale": "de" })).await);
        let codes = |data: &Value| column(&data["serviceCategories"], "code");
        assert_eq!(codes(&italian), codes(&german), "codes do not depend on the language");
        assert!(column(&german["serviceCategories"], "label").iter().all(|label| !label.is_empty()), "Italian where there is no German");
        assert_eq!(german["navigation"][0]["label"], json!("Verwaltung"));
        assert_eq!(german["navigation"][0]["path"], json!("/de/amministrazione"));
        assert_eq!(german["navigation"][2]["children"][0]["label"], json!("Bildung und Ausbildung"));
    }
}
