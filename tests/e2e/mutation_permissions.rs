//! Mutations ask what content is and where it belongs, not what an id says of it.

use std::collections::BTreeSet;

use municipio_domain::{
    content::ContentType,
    identity::{BuiltInRole, Grant},
    ids::{ItemId, RevisionId},
    tenants::Tenant,
};
use municipio_tests::{TestApp, on_both, story::forged, writer::Writer};
use serde_json::{Value, json};

/// Somebody who may do everything with content, within a limit.
fn limited(app: &TestApp, tenant: &Tenant, limit: impl Fn(&mut Grant)) -> Writer {
    let grants = BuiltInRole::Editor.grants().into_iter().map(|mut grant| {
        limit(&mut grant);
        grant
    });
    app.writer_who_may(tenant, grants.collect())
}

/// Every mutation of one item that is there, with the name and the value of its input.
fn of_one_item(
    id: &str,
    revision: &str,
    release: &str,
) -> Vec<(&'static str, &'static str, Value)> {
    let item = || json!({ "id": id });
    let with = |name: &str, value: Value| json!({ "id": id, name: value });
    vec![
        ("publish", "PublishInput", item()),
        ("unpublish", "UnpublishInput", item()),
        ("archive", "ContentStateInput", item()),
        ("unarchive", "ContentStateInput", item()),
        ("delete", "ContentStateInput", item()),
        ("restore", "ContentStateInput", item()),
        ("duplicate", "ContentStateInput", item()),
        (
            "restoreRevision",
            "RestoreRevisionInput",
            with("revision", json!(revision)),
        ),
        (
            "moveSlug",
            "MoveSlugInput",
            json!({ "id": id, "locale": "it", "slug": "altrove" }),
        ),
        (
            "schedule",
            "ScheduleInput",
            with("publishAt", json!("2030-01-01T08:00")),
        ),
        ("cancelSchedule", "CancelScheduleInput", item()),
        ("lockContent", "LockContentInput", item()),
        ("submitForReview", "SubmitForReviewInput", item()),
        ("assignReview", "AssignReviewInput", item()),
        ("approve", "ApproveInput", item()),
        ("reject", "RejectInput", with("comment", json!("no"))),
        (
            "updateContent",
            "UpdateContentInput",
            with("content", json!({ "newsItem": {} })),
        ),
        (
            "setTranslation",
            "SetTranslationInput",
            json!({ "id": id, "locale": "it", "texts": [{ "path": "title", "value": "Altro" }] }),
        ),
        (
            "createPreviewToken",
            "CreatePreviewTokenInput",
            json!({ "shows": { "item": id } }),
        ),
        (
            "addToRelease",
            "AddToReleaseInput",
            json!({ "id": release, "changes": [{ "id": id, "action": "UNPUBLISH" }] }),
        ),
        (
            "removeFromRelease",
            "RemoveFromReleaseInput",
            json!({ "id": release, "items": [id] }),
        ),
    ]
}

/// Why a mutation did nothing: the code of its error, or that of what the user can mend.
async fn refusal(writer: &Writer, (mutation, input, value): &(&str, &str, Value)) -> String {
    let query = format!(
        "mutation($input: {input}!) {{ {mutation}(input: $input) {{ userErrors {{ code message }} }} }}"
    );
    let answer = writer.answer(&query, json!({ "input": value })).await;
    let error = answer["errors"][0]["extensions"]["code"].as_str();
    let user_error = answer["data"][mutation]["userErrors"][0]["code"].as_str();
    let code = error.or(user_error);
    code.unwrap_or_else(|| panic!("{mutation} was done: {answer:#}"))
        .to_owned()
}

async fn release(writer: &Writer) -> String {
    let query = "mutation { createRelease(input: { name: \"Prova\" }) { release { id } userErrors { code } } }";
    let made = writer.answer(query, json!({})).await;
    made["data"]["createRelease"]["release"]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{made:#}"))
        .to_owned()
}

on_both! {
    async fn an_id_that_claims_another_type_opens_nothing(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let topic = editor.published(ContentType::Topic, json!({ "title": "Acqua", "short_description": "Un argomento" })).await;
        let chief = app.writer(&tenant, BuiltInRole::Administrator);
        let release = release(&chief).await;
        let revision = forged(&format!("ContentRevision:c_x001:{}", RevisionId::generate()));
        let news = limited(&app, &tenant, |grant| grant.types = Some([ContentType::NewsItem].into()));
        let claimed = forged(&format!("NewsItem:c_x001:{topic}"));
        for mutation in of_one_item(&claimed, &revision, &release) {
            let code = refusal(&news, &mutation).await;
            assert!(["NOT_FOUND", "WRONG_TYPE"].contains(&code.as_str()), "{}: {code}", mutation.0);
        }
        let bulk = json!({ "input": { "operation": "UNPUBLISH", "ids": [claimed] } });
        let bulk = news.answer("mutation($input: BulkInput!) { bulk(input: $input) { results { done userErrors { code } } } }", bulk).await;
        assert_eq!(bulk["data"]["bulk"]["results"][0]["userErrors"][0]["code"], json!("NOT_FOUND"), "{bulk:#}");
        // By its own type it is refused for what it is.
        let own = forged(&format!("Topic:c_x001:{topic}"));
        for mutation in of_one_item(&own, &revision, &release) {
            let code = refusal(&news, &mutation).await;
            assert!(["FORBIDDEN", "WRONG_TYPE"].contains(&code.as_str()), "{}: {code}", mutation.0);
        }
        let there = app.data("{ topics { nodes { title } } }").await;
        assert_eq!(there["topics"]["nodes"], json!([{ "title": "Acqua" }]), "nothing happened to it");
    }
}

on_both! {
    async fn who_publishes_for_an_office_publishes_there_and_below_alone(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let office = async |title: &str, parent: Option<ItemId>| {
            editor.draft(ContentType::Office, json!({ "title": title, "parent_office": parent })).await
        };
        let area = office("Area", None).await;
        let registry = office("Anagrafe", Some(area)).await;
        let desk = office("Sportello", Some(registry)).await;
        let offices = BTreeSet::from([registry]);
        let officer = limited(&app, &tenant, |grant| grant.offices = Some(offices.clone()));
        let chief = app.writer(&tenant, BuiltInRole::Administrator);
        for (office, allowed) in [(registry, true), (desk, true), (area, false)] {
            let service = editor.draft(ContentType::Service, json!({ "title": "Servizio", "responsible_office": office })).await;
            let id = forged(&format!("Service:c_x001:{service}"));
            for (mutation, input) in [("publish", "PublishInput"), ("archive", "ContentStateInput"), ("unarchive", "ContentStateInput"), ("delete", "ContentStateInput"), ("restore", "ContentStateInput")] {
                let query = format!("mutation($input: {input}!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}");
                let answer = officer.answer(&query, json!({ "input": { "id": id } })).await;
                let code = answer["errors"][0]["extensions"]["code"].as_str();
                match allowed {
                    // The service is half empty: the gate speaks after the permission.
                    true => assert_eq!(code, None, "{mutation} {answer:#}"),
                    false => assert_eq!(code, Some("FORBIDDEN"), "{mutation} {answer:#}"),
                }
            }
            let release = release(&chief).await;
            let add = json!({ "input": { "id": release, "changes": [{ "id": id }] } });
            let added = chief.answer("mutation($input: AddToReleaseInput!) { addToRelease(input: $input) { userErrors { code } } }", add).await;
            assert_eq!(added["data"]["addToRelease"]["userErrors"], json!([]), "{added:#}");
            for (mutation, input, value, code) in [
                ("publishRelease", "PublishReleaseInput", json!({ "id": release }), "RELEASE_REFUSED"),
                ("scheduleRelease", "ScheduleReleaseInput", json!({ "id": release, "publishAt": "2030-01-01T08:00" }), "RELEASE_REFUSED"),
                ("rollBackRelease", "RollBackReleaseInput", json!({ "id": release }), "RELEASE_NOT_PUBLISHED"),
            ] {
                let expected = if allowed { code } else { "FORBIDDEN" };
                assert_eq!(refusal(&officer, &(mutation, input, value)).await, expected, "{mutation}");
            }
        }
    }
}

on_both! {
    async fn what_links_to_content_is_shown_to_who_may_read_it(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let topic = editor.topic("Acqua").await;
        editor.draft(ContentType::Service, json!({ "title": "Segreto", "topics": [topic] })).await;
        let id = forged(&format!("Topic:c_x001:{topic}"));
        let query = "query($id: ID!) { contentItem(id: $id) { dependents { totalCount nodes { item { title } } } } }";
        let seen = async |writer: &Writer| {
            let answer = writer.answer(query, json!({ "id": id })).await;
            answer["data"]["contentItem"]["dependents"].clone()
        };
        let chief = app.writer(&tenant, BuiltInRole::Administrator);
        assert_eq!(seen(&chief).await, json!({ "totalCount": 1, "nodes": [{ "item": { "title": "Segreto" } }] }));
        let topics = limited(&app, &tenant, |grant| grant.types = Some([ContentType::Topic].into()));
        assert_eq!(seen(&topics).await, json!({ "totalCount": 1, "nodes": [] }));
    }
}
