//! Who may write what: by type, office and those below it, locale and field, for what really changes.

use std::collections::BTreeSet;

use municipio_domain::{
    content::ContentType,
    identity::{Action, BuiltInRole, Caller, Grant},
    ids::ItemId,
    tenants::Tenant,
};
use municipio_tests::{
    TestApp, on_both,
    story::global_id,
    writer::{Writer, wrong},
};
use serde_json::{Value, json};

fn it(value: &str) -> Value {
    json!([{ "locale": "it", "value": value }])
}

/// An office below another.
async fn office(writer: &Writer, title: &str, parent: Option<&str>) -> String {
    let office = json!({ "office": { "title": it(title), "parentOffice": parent } });
    writer.create(office).await.0
}

async fn service(writer: &Writer, office: &str) -> String {
    let service = json!({ "service": { "title": it("Servizio"), "responsibleOffice": office } });
    writer.create(service).await.0
}

fn item(global: &str) -> ItemId {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(global).unwrap()).unwrap();
    ItemId(text.rsplit(':').next().unwrap().parse().unwrap())
}

/// Somebody who may do this with limits.
fn limited(
    app: &TestApp,
    tenant: &Tenant,
    actions: &[Action],
    limit: impl Fn(&mut Grant),
) -> Writer {
    let grants = actions.iter().map(|action| {
        let mut grant = Grant::of(*action);
        limit(&mut grant);
        grant
    });
    app.writer_who_may(tenant, grants.collect())
}

fn renamed(id: &str, kind: &str) -> Value {
    json!({ "id": id, "content": { kind: { "title": it("Un altro titolo") } } })
}

const FORBIDDEN: &str = "FORBIDDEN";

on_both! {
    async fn an_author_of_an_office_writes_there_and_below(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let chief = app.writer(&tenant, BuiltInRole::Administrator);
        let area = office(&chief, "Area", None).await;
        let registry = office(&chief, "Anagrafe", Some(&area)).await;
        let desk = office(&chief, "Sportello", Some(&registry)).await;
        let taxes = office(&chief, "Tributi", Some(&area)).await;
        let offices = BTreeSet::from([item(&registry)]);
        let author = limited(&app, &tenant, &[Action::Create, Action::Update, Action::Publish], |grant| {
            grant.offices = Some(offices.clone());
        });

        for (office, allowed) in [(&registry, true), (&desk, true), (&area, false), (&taxes, false)] {
            let id = service(&chief, office).await;
            match allowed {
                true => assert_eq!(wrong(&author.mutate("updateContent", "revision", renamed(&id, "service")).await).len(), 0),
                false => assert_eq!(author.denied("updateContent", renamed(&id, "service")).await.0, FORBIDDEN),
            }
            let new = json!({ "content": { "service": { "title": it("Nuovo"), "responsibleOffice": office } } });
            match allowed {
                true => assert_eq!(wrong(&author.mutate("createContent", "revision", new).await).len(), 0),
                false => assert_eq!(author.denied("createContent", new).await, (FORBIDDEN.to_owned(), json!(["createContent"]))),
            }
        }
        // The office itself, too, and what nobody is in charge of not.
        assert_eq!(wrong(&author.mutate("updateContent", "revision", renamed(&desk, "office")).await).len(), 0);
        assert_eq!(author.denied("createContent", json!({ "content": { "faq": {} } })).await.0, FORBIDDEN);

        // Nothing is taken from another office, and nothing given to one.
        let foreign = service(&chief, &taxes).await;
        let take = json!({ "id": foreign, "content": { "service": { "responsibleOffice": desk } } });
        assert_eq!(author.denied("updateContent", take).await.0, FORBIDDEN);
        let own = service(&chief, &desk).await;
        let give = json!({ "id": own, "content": { "service": { "responsibleOffice": taxes } } });
        assert_eq!(author.denied("updateContent", give).await.0, FORBIDDEN);

        // A result for each of many.
        let input = json!({ "operation": "UNPUBLISH", "ids": [own, foreign] });
        let payload = author.mutate("bulk", "results { done userErrors { code path } }", input).await;
        assert_eq!(payload["results"], json!([
            { "done": true, "userErrors": [] },
            { "done": false, "userErrors": [{ "code": FORBIDDEN, "path": "ids[1]" }] },
        ]));

        // Where an office stands is what is published of it; these are drafts, so a move counts at once.
        let moved = json!({ "id": desk, "content": { "office": { "parentOffice": taxes } } });
        assert_eq!(wrong(&chief.mutate("updateContent", "revision", moved).await).len(), 0);
        assert_eq!(author.denied("updateContent", renamed(&own, "service")).await.0, FORBIDDEN);
    }
}

on_both! {
    async fn types_locales_and_fields_limit_what_really_changes(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let chief = app.writer(&tenant, BuiltInRole::Administrator);
        let (id, _) = chief.create(json!({ "service": {
            "title": [{ "locale": "it", "value": "Carta" }, { "locale": "de", "value": "Ausweis" }],
            "category": ["turismo"],
        } })).await;
        let change = |fields: Value| json!({ "id": id, "content": { "service": fields } });

        let german = limited(&app, &tenant, &[Action::Update], |grant| {
            grant.locales = Some(["de".parse().unwrap()].into());
        });
        let both = json!({ "title": [{ "locale": "it", "value": "Carta" }, { "locale": "de", "value": "Personalausweis" }] });
        assert_eq!(wrong(&german.mutate("updateContent", "revision", change(both)).await).len(), 0, "the Italian text is the same");
        let again = json!({ "title": [{ "locale": "de", "value": "Personalausweis" }] });
        assert_eq!(wrong(&german.mutate("updateContent", "revision", change(again)).await).len(), 0, "nothing changes");
        let foreign = json!({ "title": [{ "locale": "it", "value": "Carta" }] });
        assert_eq!(german.denied("updateContent", change(foreign)).await.0, FORBIDDEN);
        for more in [
            json!({ "title": [{ "locale": "it", "value": "Tessera" }] }),
            json!({ "title": [{ "locale": "de", "value": "Karte" }], "category": ["cultura-e-tempo-libero"] }),
        ] {
            assert_eq!(german.denied("updateContent", change(more)).await.0, FORBIDDEN);
        }

        let titles = limited(&app, &tenant, &[Action::Update], |grant| {
            grant.fields = Some(["title".to_owned()].into());
        });
        let same = json!({ "title": it("Tessera"), "category": ["turismo"] });
        assert_eq!(wrong(&titles.mutate("updateContent", "revision", change(same)).await).len(), 0, "the category is the same");
        assert_eq!(titles.denied("updateContent", change(json!({ "category": ["cultura-e-tempo-libero"] }))).await.0, FORBIDDEN);
        let slugs = json!({ "id": id, "slugs": [{ "locale": "it", "slug": "altro" }] });
        assert_eq!(titles.denied("updateContent", slugs).await.0, FORBIDDEN);

        let news = limited(&app, &tenant, &[Action::Create, Action::Update], |grant| {
            grant.types = Some([ContentType::NewsItem].into());
        });
        assert_eq!(news.denied("updateContent", renamed(&id, "service")).await.0, FORBIDDEN);
        assert_eq!(news.denied("createContent", json!({ "content": { "page": { "title": it("Pagina") } } })).await.0, FORBIDDEN);
        news.create(json!({ "newsItem": { "title": it("Notizia") } })).await;
    }
}

on_both! {
    async fn a_translator_of_one_language_writes_no_other(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let chief = app.writer(&tenant, BuiltInRole::Administrator);
        let (id, _) = chief.create(json!({ "topic": { "title": it("Sport") } })).await;
        let translator = limited(&app, &tenant, &[Action::Translate], |grant| {
            grant.locales = Some(["de".parse().unwrap()].into());
        });
        let texts = |locale: &str| json!({ "id": id, "locale": locale, "texts": [{ "path": "title", "value": "Sport!" }] });
        for _ in 0..2 {
            let done = translator.mutate("setTranslation", "revision", texts("de")).await;
            assert_eq!(wrong(&done).len(), 0, "the second time nothing changes");
        }
        assert_eq!(translator.denied("setTranslation", texts("it")).await.0, FORBIDDEN);
        assert_eq!(translator.denied("updateContent", renamed(&id, "topic")).await.0, FORBIDDEN);

        let nobody = app.writer_who_is(&tenant, Caller::Anonymous);
        for (mutation, input) in [
            ("setTranslation", texts("de")),
            ("updateContent", renamed(&id, "topic")),
            ("createContent", json!({ "content": { "topic": {} } })),
            ("bulk", json!({ "operation": "PUBLISH", "ids": [global_id(ContentType::Topic, item(&id))] })),
        ] {
            assert_eq!(nobody.denied(mutation, input).await, ("UNAUTHENTICATED".to_owned(), json!([mutation])));
        }
    }
}

on_both! {
    async fn what_is_archived_or_deleted_is_not_changed_by_nothing_either(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let chief = app.writer(&tenant, BuiltInRole::Administrator);
        let (id, _) = chief.create(json!({ "topic": { "title": it("Sport") } })).await;
        let same = json!({ "id": id, "content": { "topic": { "title": it("Sport") } } });
        let texts = json!({ "id": id, "locale": "it", "texts": [{ "path": "title", "value": "Sport" }] });
        for (step, code) in [("archive", "ARCHIVED"), ("delete", "DELETED")] {
            let query = format!("mutation($id: ID!) {{ {step}(input: {{ id: $id }}) {{ userErrors {{ code }} }} }}");
            let done = chief.answer(&query, json!({ "id": id })).await;
            assert_eq!(done["data"][step]["userErrors"], json!([]), "{done:#}");
            for (mutation, input) in [("updateContent", &same), ("setTranslation", &texts)] {
                let refused = chief.mutate(mutation, "revision", input.clone()).await;
                assert_eq!(refused["userErrors"][0]["code"], code, "{mutation} {refused:#}");
            }
        }
    }
}
