//! Drafts, releases and the public record: everything that readers see is seen from each of them.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use municipio_domain::{
    content::{ContentType, PreviewScope, create_preview_token, publish, unpublish},
    identity::BuiltInRole,
    ids::ItemId,
    tenants::Tenant,
};
use municipio_tests::{
    Editor, TestApp, now, on_both,
    story::{Basics, column, global_id, with},
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

/// What a portal shows, lists with filters, orders and pages, links both ways, menus, sizes and calendar.
const EVERYTHING: &str = "{
    navigation { code itemCount children { code itemCount } }
    services(first: 3, orderBy: TITLE_ASC) { totalCount pageInfo { hasNextPage } edges { cursor node { id slug path title modifiedAt
        topics { title services(first: 2) { totalCount nodes { title } } news { totalCount nodes { title } } }
        responsibleOffice { title services(first: 2, orderBy: TITLE_DESC) { totalCount nodes { title } } } } } }
    last: services(last: 2) { pageInfo { hasPreviousPage } nodes { title } }
    updated: services(first: 50, orderBy: UPDATED_DESC) { nodes { title } }
    byCategory: services(first: 50, filter: { category: [\"turismo\"] }) { totalCount nodes { title } }
    byNoCategory: services(first: 50, filter: { not: { category: [\"turismo\"] } }) { totalCount nodes { title } }
    byTwo: services(first: 50, filter: { category: [\"turismo\", \"anagrafe-e-stato-civile\"], titlePrefix: \"b\" }) { totalCount nodes { title } }
    news(first: 50, orderBy: DATE_DESC) { totalCount nodes { id title newsDate editedBy { title } topics { title } } }
    dated: news(first: 50, filter: { date: { from: \"2026-11-05\", through: \"2026-11-12\" } }) { totalCount nodes { title } }
    eventOccurrences(first: 50, during: { from: \"2026-11-01\", through: \"2026-12-31\" }) { nodes { startsAt event { title } } }
    events(first: 50, filter: { occurs: { from: \"2026-11-01\", through: \"2026-11-15\" } }) { totalCount nodes { title place { title } } }
    topics(first: 50) { totalCount nodes { title } }
    serviceCategories { code services { totalCount nodes { title } } }
}";

/// Every page of a list, one after the other, forwards.
async fn walk(see: &Sight<'_>, list: &str) -> Vec<String> {
    let mut after = String::new();
    let mut seen = Vec::new();
    loop {
        let query = format!(
            "{{ list: {list}(first: 2{after}, orderBy: UPDATED_DESC) {{ nodes {{ title }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let page = see.data(&query).await["list"].take();
        seen.extend(column(&page["nodes"], "title"));
        if page["pageInfo"]["hasNextPage"] != json!(true) {
            return seen;
        }
        after = format!(", after: {}", page["pageInfo"]["endCursor"]);
    }
}

/// A way to look at the municipality.
pub(super) struct Sight<'a> {
    app: &'a TestApp,
    headers: Vec<(&'static str, String)>,
}

impl<'a> Sight<'a> {
    pub(super) fn public(app: &'a TestApp) -> Self {
        let headers = Vec::new();
        Self { app, headers }
    }

    pub(super) fn with(app: &'a TestApp, name: &'static str, value: impl Into<String>) -> Self {
        let headers = vec![(name, value.into())];
        Self { app, headers }
    }

    pub(super) fn as_of(app: &'a TestApp, time: DateTime<Utc>) -> Self {
        Self::with(
            app,
            "municipio-perspective",
            format!("as-of={}", time.to_rfc3339()),
        )
    }

    pub(super) async fn respond(&self, request: Value) -> reqwest::Response {
        let mut post = self.app.post().json(&request);
        post = post.header("accept", "application/graphql-response+json");
        for (name, value) in &self.headers {
            post = post.header(*name, value);
        }
        post.send().await.unwrap()
    }

    pub(super) async fn data(&self, query: &str) -> Value {
        let answer = self.respond(json!({ "query": query })).await;
        let mut answer: Value = answer.json().await.unwrap();
        assert!(answer.get("errors").is_none(), "{query}\n{answer:#}");
        answer["data"].take()
    }

    /// Status and code of a refusal.
    pub(super) async fn refused(&self, request: Value) -> (u16, String) {
        let answer = self.respond(request).await;
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        let code = &body["errors"][0]["extensions"]["code"];
        let code = code.as_str().or(body["code"].as_str());
        (status, code.unwrap_or_default().to_owned())
    }

    /// Everything, and the pages of the lists one by one.
    async fn everything(&self) -> Value {
        let mut all = self.data(EVERYTHING).await;
        for list in ["services", "news", "topics"] {
            all[format!("{list} page by page")] = walk(self, list).await.into();
        }
        all
    }
}

async fn preview_token(app: &TestApp, tenant: &Tenant, scope: PreviewScope) -> String {
    let transaction = app.database.tenant(tenant.id).begin().await.unwrap();
    let (now, author) = (now(), "test".to_owned());
    let hour = now + TimeDelta::hours(1);
    let made = create_preview_token(&transaction, scope, author, hour, now).await;
    transaction.commit().await.unwrap();
    made.unwrap().1.reveal().to_owned()
}

pub(super) async fn drafts<'a>(app: &'a TestApp, tenant: &Tenant) -> Sight<'a> {
    let token = preview_token(app, tenant, PreviewScope::Drafts).await;
    Sight::with(app, "authorization", format!("Bearer {token}"))
}

/// Numbers that look random and are always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % end
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// A body of some type, with titles, categories, topics and days thrown by dice.
fn body(dice: &mut Dice, basics: &Basics, topics: &[ItemId], number: u64) -> (ContentType, Value) {
    let letter = char::from(b'a' + u8::try_from(dice.below(5)).unwrap());
    let title = format!("{letter} titolo {number} {}", dice.below(1_000));
    let topic = topics[usize::try_from(dice.below(topics.len() as u64)).unwrap()];
    let day = 1 + dice.below(20);
    match dice.below(3) {
        0 => {
            let category = match dice.chance(50) {
                true => "turismo",
                false => "anagrafe-e-stato-civile",
            };
            let more = json!({ "topics": [topic], "category": [category] });
            (ContentType::Service, with(basics.service(&title), more))
        }
        1 => {
            let day = format!("2026-11-{day:02}");
            let more = json!({ "topics": [topic], "news_date": day });
            (ContentType::NewsItem, with(basics.news(&title), more))
        }
        _ => {
            let start = format!("2026-11-{day:02}T10:00");
            let end = format!("2026-11-{day:02}T11:00");
            let schedule = json!({ "occurrences": [{ "starts_at": start, "ends_at": end }] });
            (ContentType::Event, basics.event(&title, schedule))
        }
    }
}

/// The same type with other words.
fn other_body(
    dice: &mut Dice,
    basics: &Basics,
    topics: &[ItemId],
    wanted: ContentType,
    number: u64,
) -> Value {
    loop {
        let (content_type, body) = body(dice, basics, topics, number);
        if content_type == wanted {
            return body;
        }
    }
}

on_both! {
    async fn drafts_show_what_publishing_them_shows(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let basics = editor.basics().await;
        let topics = [basics.topic, editor.topic("Mobilità").await];
        let mut dice = Dice(7);
        let mut items = Vec::new();
        for number in 0..24 {
            let (content_type, first) = body(&mut dice, &basics, &topics, number);
            let id = editor.draft(content_type, first).await;
            let public = dice.chance(60);
            if public {
                editor.publish(id).await.unwrap();
            }
            items.push((id, content_type));
        }
        let public = Sight::public(&app);
        let drafts = drafts(&app, &tenant).await;
        for round in 0..3 {
            for (number, (id, content_type)) in items.iter().enumerate() {
                if dice.chance(40) {
                    let body = other_body(&mut dice, &basics, &topics, *content_type, number as u64);
                    let slug = format!("indirizzo-{round}-{number}");
                    let slugs = [("it", slug.as_str())];
                    let slugs = if dice.chance(50) { &slugs[..] } else { &[] };
                    editor.rename(*id, *content_type, body, slugs).await.unwrap();
                }
            }
            let seen = drafts.everything().await;
            assert_ne!(seen, public.everything().await, "nothing to preview");
            for (id, _) in &items {
                editor.publish(*id).await.unwrap();
            }
            assert_eq!(seen, public.everything().await, "round {round}");
            // Now nothing differs.
            assert_eq!(seen, drafts.everything().await, "round {round}");
        }
    }
}

on_both! {
    async fn addresses_of_drafts_lead_to_them(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let basics = editor.basics().await;
        let kind = ContentType::NewsItem;
        let id = editor.published(kind, basics.news("Vecchia")).await;
        editor.rename(id, kind, basics.news("Nuova"), &[("it", "nuova")]).await.unwrap();
        let unseen = editor.draft(kind, basics.news("Mai vista")).await;
        let route = |path: &str| {
            format!("{{ route(path: \"{path}\") {{ __typename ... on RouteContent {{ content {{ title }} }} ... on RouteRedirect {{ path }} }} }}")
        };
        let (public, drafts) = (Sight::public(&app), drafts(&app, &tenant).await);
        let old = public.data("{ news { nodes { path } } }").await;
        let old = old["news"]["nodes"][0]["path"].as_str().unwrap().to_owned();
        let new = old.replace("vecchia", "nuova");
        let unseen_path = old.replace("vecchia", "mai-vista");
        assert_eq!(public.data(&route(&old)).await["route"]["content"]["title"], "Vecchia");
        assert_eq!(drafts.data(&route(&old)).await["route"], json!({ "__typename": "RouteRedirect", "path": new }));
        assert_eq!(drafts.data(&route(&new)).await["route"]["content"]["title"], "Nuova");
        assert_eq!(public.data(&route(&new)).await["route"], Value::Null);
        assert_eq!(drafts.data(&route(&unseen_path)).await["route"]["content"]["title"], "Mai vista");
        assert_eq!(public.data(&route(&unseen_path)).await["route"], Value::Null);
        let node = format!("{{ node(id: \"{}\") {{ ... on NewsItem {{ title }} }} }}", global_id(kind, unseen));
        assert_eq!(public.data(&node).await["node"], Value::Null);
        assert_eq!(drafts.data(&node).await["node"]["title"], "Mai vista");
    }
}

on_both! {
    async fn the_record_of_a_moment_is_what_was_public_then(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let begin = Utc.with_ymd_and_hms(2021, 3, 1, 8, 0, 0).unwrap();
        let (mut dice, mut items, mut moments) = (Dice(3), Vec::new(), Vec::new());
        let mut time = begin;
        let store = app.database.tenant(tenant.id);
        // What everything else stands on is public from the first day.
        let basics = basics_at(&editor, &app, &tenant, begin - TimeDelta::days(1)).await;
        let topics = [basics.topic];
        let public = Sight::public(&app);
        for number in 0..18 {
            time += TimeDelta::hours(7);
            let transaction;
            if number < 6 || dice.chance(30) {
                let (content_type, body) = body(&mut dice, &basics, &topics, number);
                let id = editor.draft(content_type, body).await;
                items.push((id, content_type));
                transaction = store.begin().await.unwrap();
                publish(&transaction, id, &tenant.locales, time).await.unwrap();
            } else {
                let chosen = usize::try_from(dice.below(items.len() as u64)).unwrap();
                let (id, content_type) = items[chosen];
                let body = other_body(&mut dice, &basics, &topics, content_type, number);
                let slug = format!("indirizzo-{number}");
                editor.rename(id, content_type, body, &[("it", &slug)]).await.unwrap();
                transaction = store.begin().await.unwrap();
                if dice.chance(30) {
                    unpublish(&transaction, id, time).await.unwrap();
                } else {
                    publish(&transaction, id, &tenant.locales, time).await.unwrap();
                }
            }
            transaction.commit().await.unwrap();
            moments.push((time, public.everything().await));
        }
        for (time, then) in &moments {
            let seen = Sight::as_of(&app, *time).everything().await;
            assert_eq!(seen, *then, "{time}");
            let later = Sight::as_of(&app, *time + TimeDelta::hours(3)).everything().await;
            assert_eq!(later, *then, "three hours after {time}");
        }
        let before = Sight::as_of(&app, begin).data("{ services { totalCount } topics { totalCount } }").await;
        assert_eq!(before, json!({ "services": { "totalCount": 0 }, "topics": { "totalCount": 1 } }));
        let answer = Sight::as_of(&app, begin).respond(json!({ "query": "{ topics { totalCount } }" })).await;
        assert!(answer.headers().get("cache-control").is_none(), "{answer:?}");
    }
}

pub(super) async fn basics_at(
    editor: &Editor,
    app: &TestApp,
    tenant: &Tenant,
    time: DateTime<Utc>,
) -> Basics {
    let basics = editor.basics().await;
    // As if it had been so long ago.
    let connection = app.as_the_program(tenant).await;
    for table in [
        "content_change SET changed_at",
        "content_slug SET claimed_at",
        "content_item SET published_at",
    ] {
        use sea_orm::Statement;
        let backend = connection.get_database_backend();
        let parameter = if backend == sea_orm::DbBackend::Postgres {
            "$1"
        } else {
            "?"
        };
        let sql = format!("UPDATE {table} = {parameter}");
        let statement = Statement::from_sql_and_values(backend, sql, [time.into()]);
        connection.execute_raw(statement).await.unwrap();
    }
    basics
}

on_both! {
    async fn who_may_see_what_is_not_public(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let query = json!({ "query": "{ news { totalCount } }" });
        let named = |perspective: &'static str| Sight::with(&app, "municipio-perspective", perspective);
        assert_eq!(named("draft").refused(query.clone()).await, (401, "UNAUTHENTICATED".to_owned()));
        for wrong in ["drafts", "as-of=yesterday", "as-of=2999-01-01T00:00:00Z", "release=x"] {
            assert_eq!(named(wrong).refused(query.clone()).await, (400, "INVALID_PERSPECTIVE".to_owned()), "{wrong}");
        }
        let extended = json!({ "query": "{ news { totalCount } }", "extensions": { "perspective": "draft" } });
        assert_eq!(Sight::public(&app).refused(extended.clone()).await, (401, "UNAUTHENTICATED".to_owned()));

        let author = app.signed_in(BuiltInRole::Author).await;
        let mut sight = Sight::with(&app, "authorization", format!("Bearer {author}"));
        let answer = sight.respond(extended).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["cache-control"], "private, no-store");
        sight.headers.push(("municipio-perspective", "draft".to_owned()));
        assert_eq!(sight.respond(query.clone()).await.status(), 200);

        let token = preview_token(&app, &tenant, PreviewScope::Drafts).await;
        let mut sight = Sight::with(&app, "municipio-preview", token.clone());
        let answer = sight.respond(query.clone()).await;
        assert_eq!(answer.headers()["cache-control"], "private, no-store");
        assert!(answer.headers()["vary"].to_str().unwrap().contains("Municipio-Preview"));
        let write = json!({ "query": "mutation { publish(input: { id: \"TmV3c0l0ZW06Y19tOTk5OjAxOTM2ZDVhLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMA\" }) { userErrors { code } } }" });
        assert_eq!(sight.refused(write).await.1, "UNAUTHENTICATED");
        let flipped = token[..token.len() - 1].to_owned() + if token.ends_with('a') { "b" } else { "a" };
        sight.headers[0].1 = flipped;
        assert_eq!(sight.refused(query.clone()).await, (401, "UNAUTHENTICATED".to_owned()));
        // Of another municipality.
        let other = app.tenant("c_x001", "www.x001.example").await;
        let foreign = preview_token(&app, &other, PreviewScope::Drafts).await;
        sight.headers = vec![("municipio-preview", foreign), ("host", tenant.hosts[0].clone())];
        assert_eq!(sight.refused(query).await, (401, "UNAUTHENTICATED".to_owned()));
    }
}

on_both! {
    async fn a_token_for_one_item_shows_its_draft_alone_until_it_ends(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let basics = editor.basics().await;
        let kind = ContentType::NewsItem;
        let shown = editor.draft(kind, basics.news("Questa")).await;
        editor.draft(kind, basics.news("Un’altra")).await;
        let public = editor.published(kind, basics.news("Pubblica")).await;
        editor.rewrite(public, kind, basics.news("Pubblica, cambiata")).await.unwrap();

        let signed_in = app.signed_in_at(&tenant, &["author"]).await;
        let create = "mutation($item: ID!, $minutes: Int!) { createPreviewToken(input: { shows: { item: $item }, minutes: $minutes }) {
            token previewToken { id hint expiresAt allDrafts } userErrors { code } } }";
        let item = global_id(kind, shown);
        let made = app.data_as(&signed_in, create, json!({ "item": item, "minutes": 5 })).await;
        let token = made["createPreviewToken"]["token"].as_str().unwrap();
        assert!(token.starts_with("mun_pv_"), "{token}");
        let too_long = app.data_as(&signed_in, create, json!({ "item": item, "minutes": 1_000_000 })).await;
        assert_eq!(too_long["createPreviewToken"]["userErrors"][0]["code"], "OUT_OF_RANGE");

        let sight = Sight::with(&app, "authorization", format!("Bearer {token}"));
        let titles = "{ news { totalCount nodes { title } } }";
        let seen = sight.data(titles).await;
        assert_eq!(column(&seen["news"]["nodes"], "title"), ["Pubblica", "Questa"]);
        assert_eq!(seen["news"]["totalCount"], 2);
        // It asks for no more than it was made for; what is public it may.
        let all = json!({ "query": titles, "extensions": { "perspective": "draft" } });
        assert_eq!(sight.refused(all).await, (401, "UNAUTHENTICATED".to_owned()));
        let public = json!({ "query": titles, "extensions": { "perspective": "published" } });
        let public: Value = sight.respond(public).await.json().await.unwrap();
        assert_eq!(public["data"]["news"]["totalCount"], 1);

        let tokens = app.data_as(&signed_in, "{ previewTokens { id hint } }", json!({})).await;
        assert_eq!(tokens["previewTokens"].as_array().unwrap().len(), 1);
        let id = &made["createPreviewToken"]["previewToken"]["id"];
        let revoke = "mutation($id: ID!) { revokePreviewToken(input: { id: $id }) { userErrors { code } } }";
        let revoked = app.data_as(&signed_in, revoke, json!({ "id": id })).await;
        assert_eq!(revoked["revokePreviewToken"]["userErrors"], json!([]));
        assert_eq!(sight.refused(json!({ "query": titles })).await, (401, "UNAUTHENTICATED".to_owned()));
        let again = app.data_as(&signed_in, revoke, json!({ "id": id })).await;
        assert_eq!(again["revokePreviewToken"]["userErrors"][0]["code"], "NOT_FOUND");

        // One that was made an hour ago.
        let transaction = app.database.tenant(tenant.id).begin().await.unwrap();
        let (end, scope) = (now() - TimeDelta::seconds(1), PreviewScope::Drafts);
        let made = create_preview_token(&transaction, scope, String::new(), end, end - TimeDelta::hours(1)).await;
        transaction.commit().await.unwrap();
        let ended = Sight::with(&app, "municipio-preview", made.unwrap().1.reveal());
        assert_eq!(ended.refused(json!({ "query": titles })).await, (401, "UNAUTHENTICATED".to_owned()));
    }
}

on_both! {
    async fn the_number_of_statements_does_not_grow_with_the_drafts(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let basics = editor.basics().await;
        let drafts = drafts(&app, &tenant).await;
        let public = editor.published(ContentType::Service, basics.service("Pubblico")).await;
        Sight::public(&app).data("{ services { nodes { topics { title services { nodes { title } } } } } }").await;
        let mut counts = Vec::new();
        for many in [2, 30] {
            for number in 0..many {
                editor.draft(ContentType::Service, basics.service(&format!("Servizio {many} {number}"))).await;
            }
            for first in [1, 20] {
                let query = format!("{{ services(first: {first}) {{ totalCount nodes {{ title topics {{ title services {{ nodes {{ title }} }} }} }} }} }}");
                let count = async || {
                    let (_, statements) = app.database.statements_of(drafts.data(&query)).await;
                    // Whose request it is, is looked up every five seconds.
                    let own = |statement: &&sea_orm::Statement| !statement.sql.contains("FROM \"tenant");
                    statements.iter().filter(own).count()
                };
                // What the overlay is made of changes, so that the first has to make it.
                let body = basics.service(&format!("Cambiato {many} {first}"));
                editor.rewrite(public, ContentType::Service, body).await.unwrap();
                counts.push((count().await, count().await));
            }
        }
        let (cold, warm) = counts[0];
        assert!(counts.iter().all(|count| *count == (cold, warm)), "{counts:?}");
        // The bodies that are shown, and what lists hold of the items that are public.
        assert_eq!((cold - warm, warm), (2, 6), "{counts:?}");
    }
}
