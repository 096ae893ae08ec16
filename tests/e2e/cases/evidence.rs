//! What stands in the protocol, what comes in, and who signs: nobody writes what is not theirs to write.

use municipio_domain::content::ContentType;
use municipio_tests::{on_both, story::global_id};
use serde_json::{Value, json};

use super::{
    citizen::with_drafts,
    story::{MARIO, Story, definition, procedure, today, wrong},
};

fn pair(code: &str, path: &str) -> (String, String) {
    (code.to_owned(), path.to_owned())
}

on_both! {
    async fn the_protocol_is_written_once_and_by_those_who_keep_it(engine) {
        let story = Story::begin(engine).await;
        let body = procedure("Accesso agli atti", story.offices[1], &with_drafts());
        let procedure = story.editor.published(ContentType::Procedure, body).await;
        let anna = story.app.citizen(&story.tenant, 1).await;
        let start = json!({ "procedure": global_id(ContentType::Procedure, procedure), "subject": "Copia", "data": { "address": "Via Roma 1" } });
        let case = story.done(&anna, "startCase", start).await;
        let form = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form", "reference": "portale/1" });
        let case = story.done(&anna, "addCaseEvidence", form).await;
        let step = |case: &Value, transition: &str, number: &str| json!({ "id": case["id"], "expectedVersion": case["version"],
            "transition": transition, "comment": "Ecco.", "reasons": "Non spetta.", "protocol": { "number": number, "date": today() } });
        let refused = story.mutate(&anna, "transitionCase", step(&case, "submit", "2020/1")).await;
        assert_eq!(wrong(&refused), [pair("PROTOCOL_NOT_ASKED", "protocol")], "a citizen gives no protocol");
        let mut submit = step(&case, "submit", "");
        submit["protocol"] = Value::Null;
        let case = story.done(&anna, "transitionCase", submit).await;
        for name in ["Mario Rossi, Via Roma 1", "Mario Rossi 1", "Mario.Rossi.1/2026", MARIO, "2026/RSSMRA80A01H501U", "2026/0001 A"] {
            let refused = story.mutate(&story.chief, "transitionCase", step(&case, "register", name)).await;
            assert_eq!(wrong(&refused), [pair("INVALID_VALUE", "protocol.number")], "{name}: it is no place for names");
        }
        let case = story.done(&story.chief, "transitionCase", step(&case, "register", "2026/77")).await;
        assert_eq!(case["protocol"]["number"], "2026/77");
        let refused = story.mutate(&story.chief, "transitionCase", step(&case, "request-integration", "2026/78")).await;
        assert_eq!(wrong(&refused), [pair("PROTOCOL_NOT_ASKED", "protocol")]);
        let mut ask = step(&case, "request-integration", "");
        ask["protocol"] = Value::Null;
        let case = story.done(&story.chief, "transitionCase", ask).await;
        let refused = story.mutate(&anna, "transitionCase", step(&case, "answer-integration", "2026/79")).await;
        assert_eq!(wrong(&refused), [pair("PROTOCOL_NOT_ASKED", "protocol")]);
        assert_eq!(story.case(&anna, &case["id"]).await["protocol"]["number"], "2026/77");
    }
}

on_both! {
    async fn what_is_registered_again_keeps_its_number(engine) {
        let story = Story::begin(engine).await;
        let mut again = definition();
        again["transitions"][0]["from"] = json!(["submitted", "integration-requested"]);
        let body = procedure("Due volte", story.offices[1], &again);
        let procedure = story.editor.published(ContentType::Procedure, body).await;
        let open = json!({ "procedure": global_id(ContentType::Procedure, procedure), "subject": "Due volte" });
        let case = story.done(&story.chief, "openCase", open).await;
        let form = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form" });
        let case = story.done(&story.chief, "addCaseEvidence", form).await;
        let step = |case: &Value, transition: &str| json!({ "id": case["id"], "expectedVersion": case["version"], "transition": transition, "comment": "Manca." });
        let with = |mut input: Value, number: &str| { input["protocol"] = json!({ "number": number, "date": today() }); input };
        let case = story.done(&story.chief, "transitionCase", with(step(&case, "register"), "1")).await;
        let case = story.done(&story.chief, "transitionCase", step(&case, "request-integration")).await;
        let refused = story.mutate(&story.chief, "transitionCase", with(step(&case, "register"), "2")).await;
        assert_eq!(wrong(&refused), [pair("PROTOCOL_KNOWN", "protocol")]);
        let case = story.done(&story.chief, "transitionCase", step(&case, "register")).await;
        assert_eq!(case["protocol"]["number"], "1");
    }
}

on_both! {
    async fn evidence_is_what_the_definition_names(engine) {
        let story = Story::begin(engine).await;
        let mut body = definition();
        body["transitions"][4]["requires"].as_array_mut().unwrap().push(json!({ "type": "payment", "code": "fee" }));
        let body = procedure("Con pagamento", story.offices[1], &body);
        let procedure = story.editor.published(ContentType::Procedure, body).await;
        let open = json!({ "procedure": global_id(ContentType::Procedure, procedure), "subject": "Con pagamento" });
        let case = story.done(&story.chief, "openCase", open).await;
        let add = async |more: Value| {
            let input = municipio_tests::story::with(json!({ "id": case["id"] }), more);
            wrong(&story.mutate(&story.chief, "addCaseEvidence", input).await)
        };
        for (kind, code) in [("DOCUMENT", "rssmra80a01h501u"), ("PAYMENT", "form"), ("REGISTRY_CHECK", "fee"), ("BOOKING", "fee"), ("SIGNATURE", "vanish")] {
            let refused = add(json!({ "kind": kind, "code": code, "reference": "1" })).await;
            assert_eq!(refused, [pair("UNKNOWN_EVIDENCE", "code")], "{kind} {code}");
        }
        assert_eq!(add(json!({ "kind": "PAYMENT", "code": "fee" })).await, [pair("INVALID_VALUE", "reference")]);
        assert_eq!(add(json!({ "kind": "PAYMENT", "code": "fee", "reference": "IUV 1" })).await, []);
        assert_eq!(add(json!({ "kind": "DOCUMENT", "code": "other", "title": "Planimetria" })).await, []);
    }
}

on_both! {
    async fn those_sign_who_may_do_what_they_sign_where_it_can_be_done(engine) {
        let story = Story::begin(engine).await;
        let mut body = definition();
        body["transitions"][3]["roles"] = json!(["administrator"]);
        let body = procedure("Con firme", story.offices[1], &body);
        let procedure = story.editor.published(ContentType::Procedure, body).await;
        let officer = story.officer(story.offices[1]).await;
        let open = json!({ "procedure": global_id(ContentType::Procedure, procedure), "subject": "Con firme" });
        let case = story.done(&story.chief, "openCase", open).await;
        let form = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form" });
        let case = story.done(&story.chief, "addCaseEvidence", form).await;
        let sign = |code: &str| json!({ "id": case["id"], "kind": "SIGNATURE", "code": code });
        let early = story.mutate(&story.chief, "addCaseEvidence", sign("grant")).await;
        assert_eq!(wrong(&early), [pair("UNKNOWN_EVIDENCE", "code")], "it cannot be granted yet");
        let register = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "register", "protocol": { "number": "1", "date": today() } });
        story.done(&story.chief, "transitionCase", register).await;
        let unsigned = story.mutate(&story.chief, "addCaseEvidence", sign("refuse")).await;
        assert_eq!(wrong(&unsigned), [pair("UNKNOWN_EVIDENCE", "code")], "it asks for no signatures");
        let others = story.mutate(&officer, "addCaseEvidence", sign("grant")).await;
        assert_eq!(wrong(&others), [pair("SIGNATURE_NOT_YOURS", "code")], "without the role");
        story.done(&story.chief, "addCaseEvidence", sign("grant")).await;
    }
}
