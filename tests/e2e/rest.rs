//! REST for the software of the offices: what the program answers is what `openapi.yaml` says.

use municipio_tests::{Engine, TestApp, on_both};
use serde_json::{Value, json};

/// The contract, as the program gives it out.
pub async fn contract(app: &TestApp) -> Value {
    let answer = app
        .client
        .get(format!("{}/api/v1/openapi.yaml", app.base))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-type"], "application/yaml");
    serde_saphyr::from_str(&answer.text().await.unwrap()).unwrap()
}

/// What `$ref` stands for, wherever it stands.
pub fn whole(contract: &Value, part: &Value) -> Value {
    if let Some(at) = part.get("$ref").and_then(Value::as_str) {
        let pointer = at.strip_prefix('#').unwrap();
        return whole(contract, contract.pointer(pointer).unwrap());
    }
    match part {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), whole(contract, value)))
            .collect(),
        Value::Array(values) => values.iter().map(|value| whole(contract, value)).collect(),
        other => other.clone(),
    }
}

/// What of an answer is not as its schema says.
pub fn faults(schema: &Value, body: &Value) -> Vec<String> {
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    let validator = options.build(schema).unwrap();
    let errors = validator.iter_errors(body);
    errors.map(|error| error.to_string()).collect()
}

on_both! {
    async fn every_operation_answers_as_the_contract_says(engine) {
        let app = TestApp::empty(engine).await;
        let contract = contract(&app).await;
        let paths = contract["paths"].as_object().unwrap();
        assert!(!paths.is_empty());
        // Those that need no token.
        let open = |operations: &&Value| operations["get"]["security"] == json!([]);
        for (path, operations) in paths.iter().filter(|(_, operations)| open(operations)) {
            let url = format!("{}/api/v1{path}", app.base);
            for (method, code) in [("GET", "200"), ("POST", "405")] {
                let request = app.client.request(method.parse().unwrap(), &url);
                let answer = request.send().await.unwrap();
                assert_eq!(answer.status().as_str(), code, "{method} {path}");
                let said = whole(&contract, &operations["get"]["responses"][code]);
                let (media_type, content) = said["content"].as_object().unwrap().iter().next().unwrap();
                assert_eq!(answer.headers()["content-type"], media_type.as_str(), "{method} {path}");
                for header in said["headers"].as_object().unwrap().keys() {
                    assert!(answer.headers().contains_key(header), "{method} {path}: {header}");
                }
                let faults = faults(&content["schema"], &answer.json().await.unwrap());
                assert!(faults.is_empty(), "{method} {path}: {faults:?}");
            }
        }
    }
}

#[actix_web::test]
async fn what_is_not_in_the_contract_is_a_problem() {
    let app = TestApp::empty(Engine::Sqlite).await;
    let contract = contract(&app).await;
    let answer = app
        .client
        .get(format!("{}/api/v1/altro", app.base))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["code"], json!("NOT_FOUND"));
    let problem = whole(&contract, &contract["components"]["schemas"]["Problem"]);
    assert_eq!(faults(&problem, &body), Vec::<String>::new());
}

#[actix_web::test]
async fn an_answer_is_held_against_all_that_its_schema_says() {
    let app = TestApp::empty(Engine::Sqlite).await;
    let contract = contract(&app).await;
    let status = whole(&contract, &contract["components"]["schemas"]["Status"]);
    let right = json!({ "status": "ok", "version": "0.1.0" });
    assert_eq!(faults(&status, &right), Vec::<String>::new());
    for wrong in [
        json!({ "status": "ok" }),
        json!({ "status": "fine", "version": "0.1.0" }),
        json!({ "status": "ok", "version": "new" }),
        json!({ "status": "ok", "version": "0.1.0", "host": "db" }),
    ] {
        assert!(!faults(&status, &wrong).is_empty(), "{wrong}");
    }
}
