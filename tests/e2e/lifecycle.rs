//! The life of content, by mutations: out of the way and back, old revisions, copies, addresses, and two
//! who write at the same time.

use municipio_domain::{content::ContentType, identity::BuiltInRole, ids::ItemId, tenants::Tenant};
use municipio_tests::{
    Editor, Engine, TestApp, on_both,
    story::{column, global_id, with},
};
use serde_json::{Value, json};

/// A municipality with somebody who edits.
pub(crate) struct Desk {
    pub(crate) app: TestApp,
    pub(crate) tenant: Tenant,
    pub(crate) editor: Editor,
    pub(crate) token: String,
}

impl Desk {
    pub(crate) async fn new(engine: Engine) -> Self {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let token = app
            .signed_in_at(&tenant, &[BuiltInRole::Editor.as_str()])
            .await;
        Self {
            editor: app.editor(&tenant),
            app,
            tenant,
            token,
        }
    }

    /// A mutation that takes an input of this type; gives its payload.
    pub(crate) async fn run(&self, name: &str, kind: &str, input: Value) -> Value {
        let query = format!(
            "mutation($input: {kind}!) {{ {name}(input: $input) {{ contentItem {{ contentId status }}
             dependents {{ totalCount nodes {{ item {{ title }} publishedFields draftFields }} }}
             userErrors {{ code path message expectedRevision actualRevision }} }} }}"
        );
        let mut data = self
            .app
            .data_as(&self.token, &query, json!({ "input": input }))
            .await;
        data[name].take()
    }

    /// The same for what changes where an item stands; it must succeed. Gives the status.
    async fn change(&self, name: &str, id: &str) -> Value {
        let mut payload = self
            .run(name, "ContentStateInput", json!({ "id": id }))
            .await;
        assert_eq!(payload["userErrors"], json!([]), "{name} {payload}");
        payload["contentItem"]["status"].take()
    }

    /// Fields of an item as an editor sees it.
    pub(crate) async fn item(&self, id: &str, fields: &str) -> Value {
        let query = format!("query($id: ID!) {{ contentItem(id: $id) {{ {fields} }} }}");
        let mut data = self
            .app
            .data_as(&self.token, &query, json!({ "id": id }))
            .await;
        data["contentItem"].take()
    }

    /// The titles of the work list with this filter.
    async fn titles(&self, arguments: &str) -> Vec<String> {
        let query = format!("{{ contentItems{arguments} {{ totalCount nodes {{ title }} }} }}");
        let data = self.app.data_as(&self.token, &query, json!({})).await;
        let titles = column(&data["contentItems"]["nodes"], "title");
        assert_eq!(data["contentItems"]["totalCount"], json!(titles.len()));
        titles
    }

    pub(crate) async fn draft(&self, title: &str) -> (ItemId, String) {
        let id = self.editor.draft(ContentType::Topic, topic(title)).await;
        (id, global_id(ContentType::Topic, id))
    }

    async fn rewrite(&self, id: ItemId, title: &str) {
        let rewritten = self.editor.rewrite(id, ContentType::Topic, topic(title));
        rewritten.await.unwrap();
    }

    /// What readers find at a path.
    async fn route(&self, path: &str) -> Value {
        let query = "query($path: String!) { route(path: $path) { __typename
            ... on RouteContent { content { title } } ... on RouteRedirect { path } } }";
        self.app.read("", query, json!({ "path": path })).await["route"].take()
    }
}

pub(crate) fn topic(title: &str) -> Value {
    json!({ "title": title, "short_description": "Un argomento" })
}

/// The codes of the errors of a payload.
pub(crate) fn codes(payload: &Value) -> Vec<String> {
    column(&payload["userErrors"], "code")
}

on_both! {
    async fn archived_and_deleted_content_leaves_the_site_and_comes_back_as_a_draft(engine) {
        let desk = Desk::new(engine).await;
        let (item, id) = desk.draft("Ambiente").await;
        desk.draft("Altro").await;
        assert_eq!(desk.item(&id, "status").await["status"], json!("DRAFT"));
        desk.editor.publish(item).await.unwrap();
        let path = "/argomenti/ambiente";
        assert_eq!(desk.route(path).await["content"]["title"], json!("Ambiente"));

        for (away, back, status) in [("archive", "unarchive", "ARCHIVED"), ("delete", "restore", "DELETED")] {
            assert_eq!(desk.change(away, &id).await, json!(status));
            assert_eq!(desk.change(away, &id).await, json!(status), "once more changes nothing");
            assert_eq!(desk.route(path).await["__typename"], json!("RouteGone"));
            assert_eq!(desk.titles("").await, ["Altro"], "out of the way of those who work");
            assert_eq!(desk.titles(&format!("(filter: {{ status: [{status}] }})")).await, ["Ambiente"]);
            let publish = "mutation($id: ID!) { publish(input: { id: $id }) { userErrors { code } } }";
            let refused = desk.app.data_as(&desk.token, publish, json!({ "id": id })).await;
            assert_eq!(codes(&refused["publish"]), [status], "it is not published by mistake");

            assert_eq!(desk.change(back, &id).await, json!("DRAFT"));
            assert_eq!(desk.route(path).await["__typename"], json!("RouteGone"), "nothing is published by itself");
            desk.editor.publish(item).await.unwrap();
            assert_eq!(desk.route(path).await["content"]["title"], json!("Ambiente"));
        }

        desk.change("archive", &id).await;
        desk.change("delete", &id).await;
        assert_eq!(desk.change("restore", &id).await, json!("ARCHIVED"), "as it was");
    }
}

on_both! {
    async fn who_deletes_or_unpublishes_is_told_what_links_there(engine) {
        let desk = Desk::new(engine).await;
        let basics = desk.editor.basics().await;
        let topic = global_id(ContentType::Topic, basics.topic);
        desk.editor.published(ContentType::NewsItem, basics.news("Pubblicata")).await;
        desk.editor.draft(ContentType::NewsItem, basics.news("Bozza")).await;
        let dependents = json!({ "totalCount": 2, "nodes": [
            { "item": { "title": "Pubblicata" }, "publishedFields": ["topics"], "draftFields": ["topics"] },
            { "item": { "title": "Bozza" }, "publishedFields": [], "draftFields": ["topics"] },
        ] });
        let unpublish = "mutation($id: ID!) { unpublish(input: { id: $id }) {
            dependents { totalCount nodes { item { title } publishedFields draftFields } } userErrors { code } } }";
        let off = desk.app.data_as(&desk.token, unpublish, json!({ "id": topic })).await;
        assert_eq!(off["unpublish"]["dependents"], dependents);
        let deleted = desk.run("delete", "ContentStateInput", json!({ "id": topic })).await;
        assert_eq!(deleted["dependents"], dependents, "links are kept");
        desk.change("restore", &topic).await;
        desk.editor.publish(basics.topic).await.unwrap();
        let news = desk.app.data("{ news { nodes { title topics { title } } } }").await;
        assert_eq!(news["news"]["nodes"], json!([{ "title": "Pubblicata", "topics": [{ "title": "Ambiente e territorio" }] }]),
            "and delivered again");
    }
}

on_both! {
    async fn the_slower_of_two_editors_is_told_both_revisions(engine) {
        let desk = Desk::new(engine).await;
        let (item, id) = desk.draft("Prima").await;
        let revision = async || {
            let found = desk.item(&id, "draftRevision { id }").await;
            found["draftRevision"]["id"].clone()
        };
        let seen = revision().await;
        desk.rewrite(item, "Seconda").await;
        let newest = revision().await;
        assert_ne!(seen, newest);
        for (name, kind, more) in [
            ("archive", "ContentStateInput", json!({})),
            ("delete", "ContentStateInput", json!({})),
            ("duplicate", "ContentStateInput", json!({})),
            ("restoreRevision", "RestoreRevisionInput", json!({ "revision": seen })),
            ("moveSlug", "MoveSlugInput", json!({ "locale": "it", "slug": "altrove" })),
            ("schedule", "ScheduleInput", json!({ "publishAt": "2199-01-01T08:00" })),
            ("cancelSchedule", "CancelScheduleInput", json!({})),
        ] {
            let input = with(json!({ "id": id, "expectedRevision": seen }), more);
            let refused = desk.run(name, kind, input).await;
            assert_eq!(codes(&refused), ["CONFLICT"], "{name}");
            assert_eq!(refused["userErrors"][0]["expectedRevision"], seen, "{name}");
            assert_eq!(refused["userErrors"][0]["actualRevision"], newest, "{name}");
            assert_eq!(refused["contentItem"], Value::Null);
        }
        assert_eq!(desk.item(&id, "status").await["status"], json!("DRAFT"), "nothing changed");
        let publish = "mutation($id: ID!, $seen: ID) { publish(input: { id: $id, expectedRevision: $seen }) {
            userErrors { code expectedRevision actualRevision } } }";
        let variables = json!({ "id": id, "seen": seen });
        let refused = desk.app.data_as(&desk.token, publish, variables).await;
        assert_eq!(codes(&refused["publish"]), ["CONFLICT"]);
        let variables = json!({ "id": id, "seen": newest });
        let published = desk.app.data_as(&desk.token, publish, variables).await;
        assert_eq!(published["publish"]["userErrors"], json!([]));
    }
}

on_both! {
    async fn the_history_tells_who_wrote_what_and_brings_it_back(engine) {
        let desk = Desk::new(engine).await;
        let (item, id) = desk.draft("Uno").await;
        desk.editor.publish(item).await.unwrap();
        desk.rewrite(item, "Due").await;
        desk.rewrite(item, "Tre").await;
        let fields = "status draft { title } published { title } draftRevision { number } publishedRevision { number }
            diff { path before after } publishReport { isPublishable }
            revisions(first: 2) { nodes { id number author note isNewest isPublished body content { title } }
                pageInfo { hasNextPage endCursor } }";
        let seen = desk.item(&id, fields).await;
        assert_eq!(seen["status"], json!("CHANGED"));
        assert_eq!([&seen["draft"]["title"], &seen["published"]["title"]], [&json!("Tre"), &json!("Uno")]);
        assert_eq!([&seen["draftRevision"]["number"], &seen["publishedRevision"]["number"]], [&json!(3), &json!(1)]);
        assert_eq!(seen["diff"], json!([{ "path": "title.it", "before": "Uno", "after": "Tre" }]));
        assert_eq!(seen["publishReport"]["isPublishable"], json!(true));
        let nodes = &seen["revisions"]["nodes"];
        assert_eq!(nodes[0]["author"], json!("test"));
        assert_eq!(nodes[0]["isNewest"], json!(true));
        assert_eq!(nodes[1]["content"]["title"], json!("Due"));
        assert_eq!(nodes[1]["body"]["title"], json!({ "it": "Due" }));
        assert_eq!(seen["revisions"]["pageInfo"]["hasNextPage"], json!(true));
        let after = &seen["revisions"]["pageInfo"]["endCursor"];
        let rest = desk.item(&id, &format!("revisions(after: {after}) {{ nodes {{ id number isPublished }} pageInfo {{ hasNextPage }} }}")).await;
        assert_eq!(rest["revisions"]["nodes"][0]["number"], json!(1));
        assert_eq!(rest["revisions"]["nodes"][0]["isPublished"], json!(true));
        assert_eq!(rest["revisions"]["pageInfo"]["hasNextPage"], json!(false));

        let first = &rest["revisions"]["nodes"][0]["id"];
        let input = json!({ "id": id, "revision": first, "note": "Era meglio prima" });
        let restored = desk.run("restoreRevision", "RestoreRevisionInput", input).await;
        assert_eq!(restored["userErrors"], json!([]));
        let seen = desk.item(&id, "status draft { title } draftRevision { number note author } diff { path }").await;
        assert_eq!(seen["draft"]["title"], json!("Uno"));
        assert_eq!(seen["draftRevision"]["number"], json!(4), "the history goes on");
        assert_eq!(seen["draftRevision"]["note"], json!("Era meglio prima"));
        assert!(seen["draftRevision"]["author"].as_str().unwrap().starts_with("account:"));
        assert_eq!(seen["diff"], json!([]));

        let (_, other) = desk.draft("Altra").await;
        let foreign = desk.item(&other, "draftRevision { id }").await;
        let input = json!({ "id": id, "revision": foreign["draftRevision"]["id"] });
        let refused = desk.run("restoreRevision", "RestoreRevisionInput", input).await;
        assert_eq!(codes(&refused), ["REVISION_NOT_FOUND"], "a revision of other content");
    }
}

on_both! {
    async fn a_copy_is_a_draft_that_says_so(engine) {
        let desk = Desk::new(engine).await;
        let (item, id) = desk.draft("Modello").await;
        desk.editor.publish(item).await.unwrap();
        let mut slugs = Vec::new();
        for _ in 0..2 {
            let made = desk.run("duplicate", "ContentStateInput", json!({ "id": id })).await;
            assert_eq!(made["userErrors"], json!([]));
            let copy = made["contentItem"]["contentId"].as_str().unwrap().to_owned();
            assert_ne!(copy, id);
            let publish = "mutation($id: ID!) { publish(input: { id: $id }) { content { title slug } userErrors { code } } }";
            let published = desk.app.data_as(&desk.token, publish, json!({ "id": copy })).await;
            assert_eq!(published["publish"]["content"]["title"], json!("Modello (copia)"));
            slugs.push(published["publish"]["content"]["slug"].clone());
        }
        assert_eq!(slugs, ["modello-copia", "modello-copia-2"]);
    }
}

on_both! {
    async fn a_slug_moves_at_once_and_stays_whatever_is_published_later(engine) {
        let desk = Desk::new(engine).await;
        let (item, id) = desk.draft("Casa").await;
        desk.editor.publish(item).await.unwrap();
        desk.rewrite(item, "Casa nuova").await;
        let slug = |slug: &str| json!({ "id": id, "locale": "it", "slug": slug });
        let moved = desk.run("moveSlug", "MoveSlugInput", slug("abitare")).await;
        assert_eq!(moved["userErrors"], json!([]));
        assert_eq!(desk.route("/argomenti/abitare").await["content"]["title"], json!("Casa"), "the text is not published anew");
        let redirect = json!({ "__typename": "RouteRedirect", "path": "/argomenti/abitare" });
        assert_eq!(desk.route("/argomenti/casa").await, redirect);
        desk.editor.publish(item).await.unwrap();
        assert_eq!(desk.route("/argomenti/abitare").await["content"]["title"], json!("Casa nuova"));
        assert_eq!(desk.route("/argomenti/casa").await, redirect);

        let (other, _) = desk.draft("Altra").await;
        desk.editor.publish(other).await.unwrap();
        let taken = desk.run("moveSlug", "MoveSlugInput", slug("altra")).await;
        assert_eq!(codes(&taken), ["SLUG_TAKEN"]);
        assert_eq!(taken["userErrors"][0]["path"], json!("slug.it"));
        let back = desk.run("moveSlug", "MoveSlugInput", slug("casa")).await;
        assert_eq!(back["userErrors"], json!([]), "its own old slug is free for it");
        assert_eq!(desk.route("/argomenti/casa").await["content"]["title"], json!("Casa nuova"));
    }
}

on_both! {
    async fn the_work_list_finds_and_pages(engine) {
        let desk = Desk::new(engine).await;
        for title in ["Acqua", "Àlberi", "Boschi", "Aria"] {
            desk.draft(title).await;
        }
        let basics = desk.editor.basics().await;
        assert_eq!(desk.titles("(filter: { titlePrefix: \"a\", type: [TOPIC], status: [DRAFT] }, orderBy: TITLE_ASC)").await,
            ["Acqua", "Àlberi", "Aria"]);
        assert_eq!(desk.titles("(filter: { status: [PUBLISHED], type: [OFFICE] })").await, ["Ufficio di prova"]);
        desk.editor.rewrite(basics.topic, ContentType::Topic, topic("Zone")).await.unwrap();
        assert_eq!(desk.titles("(filter: { status: [CHANGED] })").await, ["Zone"]);
        let mut seen = Vec::new();
        let mut after = Value::Null;
        loop {
            let query = "query($after: String) { contentItems(first: 3, after: $after, orderBy: TITLE_DESC) {
                edges { cursor node { title draftRevision { number } lock { holder } schedules { status } dependents { totalCount } } }
                pageInfo { hasNextPage endCursor } } }";
            let data = desk.app.data_as(&desk.token, query, json!({ "after": after })).await;
            let list = &data["contentItems"];
            seen.extend(list["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["title"].clone()));
            after = list["pageInfo"]["endCursor"].clone();
            if list["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        assert_eq!(seen, ["Zone", "Ufficio di prova", "Municipio", "Contatti", "Boschi", "Aria", "Àlberi", "Acqua"]);
    }
}

on_both! {
    async fn a_lock_tells_who_is_at_work_and_stops_nobody(engine) {
        let desk = Desk::new(engine).await;
        let other = desk.app.signed_in_at(&desk.tenant, &["author"]).await;
        let (item, id) = desk.draft("Conteso").await;
        let lock = async |token: &str, take_over: bool| {
            let query = "mutation($id: ID!, $over: Boolean!) { lockContent(input: { id: $id, takeOver: $over }) {
                lock { holder holderName since expiresAt } userErrors { code } } }";
            let mut data = desk.app.data_as(token, query, json!({ "id": id, "over": take_over })).await;
            data["lockContent"].take()
        };
        let first = lock(&desk.token, false).await;
        assert_eq!(codes(&first), [] as [&str; 0]);
        assert_eq!(first["lock"]["holderName"], json!("Prova editor"));
        let again = lock(&desk.token, false).await;
        assert_eq!(again["lock"]["since"], first["lock"]["since"], "a heartbeat");
        let refused = lock(&other, false).await;
        assert_eq!(codes(&refused), ["LOCKED"]);
        assert_eq!(refused["lock"]["holder"], first["lock"]["holder"]);
        desk.rewrite(item, "Riscritto").await;
        let taken = lock(&other, true).await;
        assert_eq!(codes(&taken), [] as [&str; 0]);
        let shown = desk.item(&id, "title lock { holderName }").await;
        assert_eq!(shown, json!({ "title": "Riscritto", "lock": { "holderName": "Prova author" } }));
        let unlock = "mutation($id: ID!) { unlockContent(input: { id: $id }) { userErrors { code } } }";
        desk.app.data_as(&desk.token, unlock, json!({ "id": id })).await;
        assert_ne!(desk.item(&id, "lock { holder }").await["lock"], Value::Null, "that of somebody else stays");
        desk.app.data_as(&other, unlock, json!({ "id": id })).await;
        assert_eq!(desk.item(&id, "lock { holder }").await["lock"], Value::Null);
    }
}

#[actix_web::test]
async fn readers_and_those_without_the_right_role_are_refused() {
    let desk = Desk::new(Engine::Sqlite).await;
    let (_, id) = desk.draft("Riservato").await;
    let list = "{ contentItems { nodes { title } } }";
    let one = "query($id: ID!) { contentItem(id: $id) { title } }";
    for (query, path) in [(list, "contentItems"), (one, "contentItem")] {
        let refused = desk.app.refused(query, json!({ "id": id })).await;
        assert_eq!(refused.parts(), ("UNAUTHENTICATED", "", path));
    }
    let author = desk.app.signed_in_at(&desk.tenant, &["author"]).await;
    for (name, kind, more, permission) in [
        ("archive", "ContentStateInput", json!({}), "content.publish"),
        (
            "unarchive",
            "ContentStateInput",
            json!({}),
            "content.publish",
        ),
        ("delete", "ContentStateInput", json!({}), "content.delete"),
        ("restore", "ContentStateInput", json!({}), "content.delete"),
        (
            "moveSlug",
            "MoveSlugInput",
            json!({ "locale": "it", "slug": "altrove" }),
            "content.publish",
        ),
        (
            "schedule",
            "ScheduleInput",
            json!({ "publishAt": "2199-01-01T08:00" }),
            "content.publish",
        ),
        (
            "cancelSchedule",
            "CancelScheduleInput",
            json!({}),
            "content.publish",
        ),
    ] {
        let query = format!(
            "mutation($input: {kind}!) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}"
        );
        let input = json!({ "input": with(json!({ "id": id }), more) });
        let answer = desk.app.ask_as(&author, &query, input).await;
        let error = &answer["errors"][0];
        assert_eq!(
            error["extensions"]["code"],
            json!("FORBIDDEN"),
            "{name} {answer}"
        );
        assert_eq!(
            error["extensions"]["permission"],
            json!(permission),
            "{name}"
        );
        assert_eq!(error["path"], json!([name]));
    }
    assert_eq!(desk.item(&id, "status").await["status"], json!("DRAFT"));
}
