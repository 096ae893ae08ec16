//! The schema is a contract: the committed file is equal to the code, and says what everything is.

use std::{fs, path::Path};

use municipio_tests::{Engine, TestApp};
use serde_json::Value;

fn file() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema.graphql")
}

/// `UPDATE_SCHEMA=1 cargo test -p municipio-tests schema` writes the file anew.
#[test]
fn the_committed_schema_is_that_of_the_code() {
    let sdl = municipio_graphql::sdl(&municipio_graphql::schema());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(file(), &sdl).unwrap();
    }
    let committed = fs::read_to_string(file()).unwrap();
    assert!(
        committed == sdl,
        "schema.graphql differs from the code: run UPDATE_SCHEMA=1 cargo test -p municipio-tests schema, and read the diff"
    );
}

#[actix_web::test]
async fn everything_is_described() {
    let app = TestApp::empty(Engine::Sqlite).await;
    app.tenant("c_x001", "www.x001.example").await;
    let data = app
        .data(
            "{ __schema { types { name kind description
                fields { name description args { name description } }
                inputFields { name description }
                enumValues { name description } } } }",
        )
        .await;
    let mut silent = Vec::new();
    let check = |silent: &mut Vec<String>, what: String, thing: &Value| {
        if thing["description"].as_str().is_none_or(str::is_empty) {
            silent.push(what);
        }
    };
    for kind in data["__schema"]["types"].as_array().unwrap() {
        let name = kind["name"].as_str().unwrap();
        // What the specification defines is described there.
        if name.starts_with("__") || ["Boolean", "Float", "ID", "Int", "String"].contains(&name) {
            continue;
        }
        check(&mut silent, name.to_owned(), kind);
        for list in ["fields", "inputFields", "enumValues"] {
            for member in kind[list].as_array().into_iter().flatten() {
                let path = format!("{name}.{}", member["name"].as_str().unwrap());
                check(&mut silent, path.clone(), member);
                for argument in member["args"].as_array().into_iter().flatten() {
                    let path = format!("{path}({})", argument["name"].as_str().unwrap());
                    check(&mut silent, path, argument);
                }
            }
        }
    }
    assert!(silent.is_empty(), "without a description: {silent:#?}");
}
