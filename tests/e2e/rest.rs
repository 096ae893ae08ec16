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

/// What of an object is not as its schema says.
pub fn faults(schema: &Value, body: &Value) -> Vec<String> {
    let (properties, body) = (
        schema["properties"].as_object().unwrap(),
        body.as_object().unwrap(),
    );
    let missing = schema["required"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap());
    let missing = missing
        .filter(|name| !body.contains_key(*name))
        .map(|name| format!("{name} is missing"));
    let other = body.iter().filter_map(|(name, value)| {
        let fits = match properties.get(name)?["type"].as_str()? {
            "string" => value.is_string(),
            "integer" => value.is_i64(),
            "object" => faults(&properties[name], value).is_empty(),
            kind => panic!("{kind}"),
        };
        (!fits).then(|| format!("{name} is of another type"))
    });
    let unknown = body
        .keys()
        .filter(|name| !properties.contains_key(*name))
        .map(|name| format!("{name} is not known"));
    missing.chain(other).chain(unknown).collect()
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
