//! Writing content through GraphQL: every type by its own fields, drafts beside what is published,
//! changes in part and as a whole, translations, many items at once.

use municipio_domain::{
    content::{Body, ContentType, Contents, working_draft},
    identity::BuiltInRole,
    ids::ItemId,
    tenants::Tenant,
};
use municipio_tests::{
    TestApp, on_both,
    story::{global_id, global_id_of},
    writer::{as_input, wrong},
};
use serde_json::{Value, json};

const EDITOR: BuiltInRole = BuiltInRole::Editor;

/// The draft of an item as it is stored.
async fn draft_of(app: &TestApp, tenant: &Tenant, id: ItemId) -> Value {
    let contents = Contents::new(app.database.tenant(tenant.id), Contents::cache(0));
    let transaction = contents.begin().await.unwrap();
    let draft = working_draft(&transaction, id.into()).await.unwrap();
    draft.body.to_json().unwrap()
}

/// The id of the item in a global id.
fn item(global: &Value) -> ItemId {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let bytes = URL_SAFE_NO_PAD.decode(global.as_str().unwrap()).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    ItemId(text.rsplit(':').next().unwrap().parse().unwrap())
}

on_both! {
    async fn every_content_of_the_demo_can_be_written_as_it_is(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let writer = app.writer(&tenant, EDITOR);
        let (_, files) = municipio_seeds::demo().unwrap();
        let mut written = 0;
        // There is one municipality; an asset is written with an upload (`media`).
        let written_alone = |kind: &&ContentType| !matches!(**kind, ContentType::Municipality | ContentType::Asset);
        for content_type in ContentType::ALL.iter().filter(written_alone) {
            let query = format!("{{ nodes: {}(first: 3) {{ nodes {{ id }} }} }}", root(*content_type));
            let data = app.data(&query).await;
            for node in data["nodes"]["nodes"].as_array().unwrap() {
                let stored = draft_of(&app, &tenant, item(&node["id"])).await;
                let input = as_input("c_m999", *content_type, &stored);
                // Links of any type are told here as those to pages; the type of the target does not matter to them.
                let payload = writer.mutate("createContent", "content { id } publishReport { isPublishable }", json!({ "content": input })).await;
                assert_eq!(payload["userErrors"], json!([]), "{content_type} {stored:#}");
                assert_eq!(payload["publishReport"]["isPublishable"], json!(true), "{content_type}");
                let copy = draft_of(&app, &tenant, item(&payload["content"]["id"])).await;
                assert_eq!(copy, stored, "{content_type}");
                written += 1;
            }
        }
        assert!(written > 30 && !files.is_empty(), "{written}");
    }
}

/// The root that lists a type.
fn root(content_type: ContentType) -> &'static str {
    match content_type {
        ContentType::Person => "people",
        ContentType::NewsItem => "news",
        ContentType::ContactPoint => "contactPoints",
        ContentType::Municipality => "municipality",
        ContentType::Service => "services",
        ContentType::Office => "offices",
        ContentType::Place => "places",
        ContentType::Role => "roles",
        ContentType::Event => "events",
        ContentType::Document => "documents",
        ContentType::Dataset => "datasets",
        ContentType::Topic => "topics",
        ContentType::Page => "pages",
        ContentType::Faq => "faqs",
        ContentType::Procedure => "procedures",
        ContentType::Asset => "assets",
    }
}

on_both! {
    async fn a_change_is_a_draft_beside_what_is_published(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let writer = app.writer(&tenant, EDITOR);
        let topic = app.editor(&tenant).topic("Ambiente").await;
        let page = json!({ "page": {
            "title": [{ "locale": "it", "value": "Privacy" }],
            "shortDescription": [{ "locale": "it", "value": "Come trattiamo i dati" }],
            "body": [{ "locale": "it", "markdown": "## Chi\n\nIl **Comune**." }],
            "topics": [global_id(ContentType::Topic, topic)],
        } });
        let (id, first) = writer.create(page).await;
        let payload = writer.mutate("publish", "content { title slug }", json!({ "id": id, "expectedRevision": first })).await;
        assert_eq!(payload["content"], json!({ "title": "Privacy", "slug": "privacy" }), "{payload}");

        let change = json!({ "id": id, "expectedRevision": first, "note": "Tradotta", "content": { "page": {
            "title": [{ "locale": "de", "value": "Datenschutz" }],
            "shortDescription": null,
        } } });
        let selection = "revision content { title ... on Page { body { markdown } topics { title } availableLocales } } publishReport { isPublishable issues { code } }";
        let payload = writer.mutate("updateContent", selection, change).await;
        assert_eq!(payload["userErrors"], json!([]));
        assert_ne!(payload["revision"], json!(first));
        let content = &payload["content"];
        assert_eq!(content["title"], json!("Privacy"), "the other locale stays");
        assert_eq!(content["availableLocales"], json!(["de", "it"]));
        assert_eq!(content["body"]["markdown"], json!("## Chi\n\nIl **Comune**."), "what is left out stays");
        assert_eq!(content["topics"], json!([{ "title": "Ambiente" }]));
        assert_eq!(payload["publishReport"]["isPublishable"], json!(false), "the short description is gone");
        let published = app.data("{ pages { nodes { title shortDescription availableLocales } } }").await;
        assert_eq!(published["pages"]["nodes"], json!([{ "title": "Privacy", "shortDescription": "Come trattiamo i dati", "availableLocales": ["it"] }]));

        let replaced = json!({ "id": id, "mode": "REPLACE", "content": { "page": { "title": [{ "locale": "it", "value": "Solo il titolo" }] } } });
        let payload = writer.mutate("updateContent", "content { title ... on Page { topics { title } availableLocales } }", replaced).await;
        assert_eq!(payload["content"], json!({ "title": "Solo il titolo", "topics": [], "availableLocales": ["it"] }));
        let cleared = json!({ "id": id, "content": { "page": { "title": [{ "locale": "it", "value": null }, { "locale": "de", "value": "Titel" }] } } });
        let payload = writer.mutate("updateContent", "content { ... on Page { availableLocales } }", cleared).await;
        assert_eq!(payload["content"]["availableLocales"], json!(["de"]));
    }
}

on_both! {
    async fn the_slower_of_two_editors_is_told_both_revisions(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let (anna, bruno) = (app.writer(&tenant, EDITOR), app.writer(&tenant, EDITOR));
        let titled = |title: &str| json!({ "faq": { "question": [{ "locale": "it", "value": title }] } });
        let (id, seen) = anna.create(titled("Dove?")).await;
        let change = |title: &str| json!({ "id": id, "expectedRevision": seen, "content": titled(title) });
        let won = anna.mutate("updateContent", "revision", change("Quando?")).await;
        assert_eq!(won["userErrors"], json!([]));
        let query = "mutation($input: UpdateContentInput!) { updateContent(input: $input) { revision
            userErrors { code expectedRevision actualRevision } } }";
        let lost = bruno.answer(query, json!({ "input": change("Perché?") })).await;
        let payload = &lost["data"]["updateContent"];
        assert_eq!(payload["revision"], Value::Null);
        assert_eq!(payload["userErrors"], json!([{ "code": "CONFLICT", "expectedRevision": seen, "actualRevision": won["revision"] }]));
        let stored = draft_of(&app, &tenant, item(&json!(id))).await;
        assert_eq!(stored["question"], json!({ "it": "Quando?" }));
    }
}

on_both! {
    async fn a_translation_changes_the_texts_of_its_locale_alone(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let writer = app.writer(&tenant, EDITOR);
        let (id, revision) = writer.create(json!({ "service": {
            "title": [{ "locale": "it", "value": "Carta d'identità" }],
            "howTo": [{ "locale": "it", "markdown": "Vieni." }],
            "needs": [{ "title": [{ "locale": "it", "value": "Una foto" }] }],
            "keywords": [{ "locale": "it", "words": ["cie"] }],
        } })).await;
        let before = draft_of(&app, &tenant, item(&json!(id))).await;
        let translator = app.writer(&tenant, BuiltInRole::Translator);
        let texts = json!([
            { "path": "title", "value": "Personalausweis" },
            { "path": "howTo", "html": "<p>Komm <b>vorbei</b>.</p>" },
            { "path": "needs[0].title", "value": "Ein Foto" },
            { "path": "keywords", "words": ["Ausweis"] },
        ]);
        let input = json!({ "id": id, "locale": "de", "expectedRevision": revision, "texts": texts });
        let payload = translator.mutate("setTranslation", "revision", input).await;
        assert_eq!(payload["userErrors"], json!([]));
        let mut after = draft_of(&app, &tenant, item(&json!(id))).await;
        assert_eq!(after["title"]["de"], json!("Personalausweis"));
        assert_eq!(after["how_to"]["de"][0]["content"][1], json!({ "type": "text", "text": "vorbei", "bold": true }));
        for path in ["/title", "/how_to", "/needs/0/title", "/keywords"] {
            assert!(after.pointer_mut(path).unwrap().as_object_mut().unwrap().shift_remove("de").is_some(), "{path}");
        }
        assert_eq!(after, before, "nothing else changed");

        let wrong_texts = json!([
            { "path": "title", "markdown": "x" },
            { "path": "needs[1].title", "value": "Zwei" },
            { "path": "howTo", "html": "<a href='javascript:x'>x</a>" },
            { "path": "status", "value": "PLANNED" },
        ]);
        let input = json!({ "id": id, "locale": "de", "texts": wrong_texts });
        let payload = translator.mutate("setTranslation", "revision", input).await;
        assert_eq!(wrong(&payload), ["WRONG_TEXT texts[0].path", "NOT_FOUND texts[1].path", "NOT_FOUND texts[3].path"]);
        let input = json!({ "id": id, "locale": "de", "texts": [{ "path": "howTo", "html": "<a href='javascript:x'>x</a>" }] });
        let payload = translator.mutate("setTranslation", "revision", input).await;
        assert_eq!(wrong(&payload), ["UNSAFE_LINK texts[0].html"]);
        let texts = json!([{ "path": "title", "value": "a\u{0}b" }, { "path": "keywords", "words": ["a", "b\u{0}"] }]);
        let input = json!({ "id": id, "locale": "de", "texts": texts });
        let payload = translator.mutate("setTranslation", "revision", input).await;
        assert_eq!(wrong(&payload), ["INVALID_VALUE texts[0]", "INVALID_VALUE texts[1]"]);
        let input = json!({ "id": id, "locale": "fr", "texts": [] });
        assert_eq!(wrong(&translator.mutate("setTranslation", "revision", input).await), ["UNKNOWN_LOCALE locale"]);
    }
}

on_both! {
    async fn a_change_that_changes_nothing_writes_no_revision(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let writer = app.writer(&tenant, EDITOR);
        let topic = |title: &str| json!({ "topic": { "title": [{ "locale": "it", "value": title }] } });
        let (id, first) = writer.create(topic("Sport")).await;
        let update = async |title: &str| {
            let input = json!({ "id": id, "content": topic(title) });
            let payload = writer.mutate("updateContent", "revision content { id }", input).await;
            assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
            assert_eq!(payload["content"]["id"], json!(id));
            payload["revision"].clone()
        };
        let first = json!(first);
        assert_eq!(update("Sport").await, first);
        let texts = json!([{ "path": "title", "value": "Sport" }]);
        let input = json!({ "id": id, "locale": "it", "texts": texts });
        let payload = writer.mutate("setTranslation", "revision", input).await;
        assert_eq!((&payload["revision"], &payload["userErrors"]), (&first, &json!([])));
        assert_ne!(update("Sport e salute").await, first);
    }
}

on_both! {
    async fn many_items_have_a_result_each(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let writer = app.writer(&tenant, EDITOR);
        let topic = json!({ "topic": {
            "title": [{ "locale": "it", "value": "Sport" }],
            "shortDescription": [{ "locale": "it", "value": "Lo sport" }],
        } });
        let (ready, _) = writer.create(topic).await;
        let (empty, _) = writer.create(json!({ "topic": {} })).await;
        let nowhere = global_id(ContentType::Topic, ItemId::generate());
        let ids = json!([ready, empty, nowhere]);
        let results = async |operation: &str| {
            let input = json!({ "operation": operation, "ids": ids });
            let payload = writer.mutate("bulk", "results { contentId done userErrors { code } }", input).await;
            let results = payload["results"].as_array().unwrap().iter();
            results.map(|result| {
                let code = result["userErrors"][0]["code"].as_str().unwrap_or("done");
                assert_eq!(result["done"], json!(code == "done"));
                code.to_owned()
            }).collect::<Vec<_>>()
        };
        assert_eq!(results("PUBLISH").await, ["done", "NOT_PUBLISHABLE", "NOT_FOUND"]);
        assert_eq!(app.data("{ topics { totalCount } }").await["topics"]["totalCount"], json!(1));
        assert_eq!(results("UNPUBLISH").await, ["done", "done", "NOT_FOUND"]);
        assert_eq!(app.data("{ topics { totalCount } }").await["topics"]["totalCount"], json!(0));
        results("PUBLISH").await;
        let states = async || {
            let query = "query($id: ID!) { contentItem(id: $id) { status } }";
            let mut states = Vec::new();
            for id in [&ready, &empty] {
                let answer = writer.answer(query, json!({ "id": id })).await;
                states.push(answer["data"]["contentItem"]["status"].as_str().unwrap_or_default().to_owned());
            }
            states
        };
        assert_eq!(results("ARCHIVE").await, ["done", "done", "NOT_FOUND"]);
        assert_eq!(states().await, ["ARCHIVED", "ARCHIVED"]);
        assert_eq!(app.data("{ topics { totalCount } }").await["topics"]["totalCount"], json!(0));
        assert_eq!(results("PUBLISH").await, ["ARCHIVED", "ARCHIVED", "NOT_FOUND"]);
        assert_eq!(results("DELETE").await, ["done", "done", "NOT_FOUND"]);
        assert_eq!(results("UNARCHIVE").await, ["DELETED", "DELETED", "NOT_FOUND"]);
        assert_eq!(results("RESTORE").await, ["done", "done", "NOT_FOUND"]);
        assert_eq!(states().await, ["ARCHIVED", "ARCHIVED"], "as they were");
        assert_eq!(results("UNARCHIVE").await, ["done", "done", "NOT_FOUND"]);
        assert_eq!(states().await, ["DRAFT", "DRAFT"]);
        for (ids, code) in [(json!([]), "OUT_OF_RANGE ids"), (json!([ready, ready]), "DUPLICATE_ID ids[1]"), (json!(vec![ready.clone(); 101]), "OUT_OF_RANGE ids")] {
            let payload = writer.mutate("bulk", "results { contentId }", json!({ "operation": "PUBLISH", "ids": ids })).await;
            assert_eq!(wrong(&payload), [code]);
        }
    }
}

on_both! {
    async fn links_in_formatted_text_are_written_by_global_id(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let writer = app.writer(&tenant, EDITOR);
        let topic = app.editor(&tenant).topic("Ambiente").await;
        let id = global_id(ContentType::Topic, topic);
        let forms = [
            json!({ "locale": "it", "markdown": format!("[qui](item:{id})") }),
            json!({ "locale": "it", "html": format!("<a href=\"item:{id}\">qui</a>") }),
            json!({ "locale": "it", "blocks": [{ "paragraph": { "content": [
                { "link": { "target": { "item": id }, "content": [{ "text": { "text": "qui" } }] } },
            ] } }] }),
        ];
        for form in forms {
            let content = json!({ "page": { "title": [{ "locale": "it", "value": "Pagina" }], "body": [form] } });
            let payload = writer.mutate("createContent", "content { ... on Page { body { html } } }", json!({ "content": content })).await;
            assert_eq!(payload["content"]["body"]["html"], json!("<p><a href=\"/argomenti/ambiente\">qui</a></p>\n"), "{content}{payload}");
        }
        let foreign = global_id_of("c_m999", ContentType::Topic, topic);
        let content = json!({ "page": { "body": [{ "locale": "it", "markdown": format!("[qui](item:{foreign})") }] } });
        let payload = writer.mutate("createContent", "revision", json!({ "content": content })).await;
        assert_eq!(wrong(&payload), ["FOREIGN_ID content.page.body[0].markdown"]);
        let _ = Body::parse(ContentType::Page, json!({})).unwrap();
    }
}
