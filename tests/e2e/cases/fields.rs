//! Every field of a case, as the schema has them: to whom it shows something.

use std::collections::BTreeMap;

use municipio_domain::{citizens::DEMO_CITIZENS, content::ContentType};
use municipio_tests::{on_both, story::global_id};
use serde_json::{Value, json};

use super::story::{Story, today, wrong};

/// How deep what a case is made of is read: the timeline and what stands in it, a person, a state.
const DEPTH: usize = 3;

/// The fields of each type, with what their own types are.
struct Schema(BTreeMap<String, Vec<(String, String)>>);

impl Schema {
    async fn read(story: &Story) -> Self {
        let query = "{ __schema { types { name fields { name args { type { kind } } type { name ofType { name ofType { name ofType { name } } } } } } } }";
        let said = story.ask(&story.chief, query, json!({})).await;
        let types = said["__schema"]["types"].as_array().unwrap().iter();
        let fields = |of: &Value| -> Vec<_> {
            let fields = of["fields"].as_array().into_iter().flatten();
            let fields = fields.filter(|field| {
                let mut arguments = field["args"].as_array().unwrap().iter();
                arguments.all(|argument| argument["type"]["kind"] != "NON_NULL")
            });
            let named = |field: &Value| (text(&field["name"]), innermost(&field["type"]));
            fields.map(named).collect()
        };
        Self(types.map(|of| (text(&of["name"]), fields(of))).collect())
    }

    /// A selection of all that is reached from a type in so many steps.
    fn selection(&self, of: &str, depth: usize) -> String {
        let fields = self.0.get(of).into_iter().flatten();
        let chosen = fields.filter_map(|(name, of)| {
            let is_leaf = self.0.get(of).is_none_or(Vec::is_empty);
            match (is_leaf, depth) {
                (true, _) => Some(name.clone()),
                (false, 0) => None,
                // What is public is read elsewhere, and large.
                (false, _) if !of.starts_with("Case") && of != "RichText" => None,
                (false, depth) => Some(format!("{name} {{ {} }}", self.selection(of, depth - 1))),
            }
        });
        let chosen: Vec<_> = chosen.collect();
        format!("__typename {}", chosen.join(" "))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The name of a type within lists and what is never null.
fn innermost(of: &Value) -> String {
    match of["name"].as_str() {
        Some(name) => name.to_owned(),
        None => innermost(&of["ofType"]),
    }
}

on_both! {
    async fn no_field_of_a_case_tells_a_stranger_anything(engine) {
        let story = Story::begin(engine).await;
        let officer = story.officer(story.offices[1]).await;
        let beside = story.officer(story.offices[2]).await;
        let [anna, luca] = [story.app.citizen(&story.tenant, 1).await, story.app.citizen(&story.tenant, 2).await];
        let open = json!({
            "procedure": global_id(ContentType::Procedure, story.procedure), "subject": "segreto: oggetto",
            "applicant": { "fiscalCode": DEMO_CITIZENS[0].fiscal_code, "name": "segreto: nome" },
            "data": { "address": "segreto: dati" },
        });
        let case = story.done(&officer, "openCase", open).await;
        let document = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form", "title": "segreto: titolo", "reference": "segreto: luogo" });
        story.done(&officer, "addCaseEvidence", document).await;
        for (audience, said) in [("EVERYONE", "segreto: messaggio"), ("OFFICE", "riservato: nota")] {
            let message = json!({ "id": case["id"], "audience": audience, "text": said });
            story.done(&officer, "sendCaseMessage", message).await;
        }
        let version = story.case(&officer, &case["id"]).await["version"].clone();
        let register = json!({ "id": case["id"], "expectedVersion": version, "transition": "register", "protocol": { "number": "2026/1", "date": today() } });
        let case = story.done(&officer, "transitionCase", register).await;
        let refuse = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "refuse", "reasons": "segreto: motivi" });
        story.done(&officer, "transitionCase", refuse).await;

        let schema = Schema::read(&story).await;
        let fields = schema.selection("Case", DEPTH);
        for known in ["subject", "applicant {", "data", "timeline {", "accessLog {", "reasons", "remedies {"] {
            assert!(fields.contains(known), "{known}: {fields}");
        }
        let [one, many] = [
            format!("query($id: ID!) {{ case(id: $id) {{ {fields} }} }}"),
            format!("query($id: ID!) {{ nodes(ids: [$id]) {{ ... on Case {{ {fields} }} }} }}"),
        ];
        let shown = async |token: &str| {
            let mut shown = String::new();
            for query in [&one, &many] {
                let asked = Box::pin(story.app.ask_as(token, query, json!({ "id": case["id"] })));
                shown += &asked.await.to_string();
            }
            shown
        };
        let secrets = ["oggetto", "nome", "dati", "titolo", "messaggio", "motivi"].map(|what| format!("segreto: {what}"));
        let note = "riservato: nota";
        for (token, is_theirs) in [(&officer, true), (&anna, true), (&beside, false), (&luca, false)] {
            let shown = shown(token).await;
            for secret in &secrets {
                assert_eq!(shown.contains(secret), is_theirs, "{secret}: {shown}");
            }
            assert_eq!(shown.contains(note), token == &officer, "{shown}");
            assert!(is_theirs || !shown.contains("2026/1") && !shown.contains("refused"), "{shown}");
        }
        let everybody = story.app.ask(&many, json!({ "id": case["id"] })).await.to_string();
        assert!(!everybody.contains("segreto") && !everybody.contains("refused"), "{everybody}");
        // Nor does an error.
        let known = json!({ "id": case["id"], "expectedVersion": 1, "transition": "reopen", "comment": "?" });
        let refused = story.mutate(&beside, "transitionCase", known).await;
        assert_eq!((wrong(&refused)[0].0.as_str(), &refused["case"]), ("NOT_FOUND", &Value::Null));
    }
}
