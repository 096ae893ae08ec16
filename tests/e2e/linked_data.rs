//! Services as linked data: every service of the demo, in every locale.

use std::{fs, path::Path, process::Command};

use municipio_tests::{Engine, TestApp};
use serde_json::Value;
use tempfile::TempDir;

async fn documents(app: &TestApp, locale: &str) -> Vec<Value> {
    let query = format!(
        "{{ services(first: 100, locale: \"{locale}\") {{ totalCount nodes {{ slug url jsonLd {{ schemaOrg cpsvAp }} }} }} }}"
    );
    let mut data = app.data(&query).await;
    let nodes = data["services"]["nodes"]
        .as_array_mut()
        .map(std::mem::take)
        .unwrap();
    assert_eq!(data["services"]["totalCount"], nodes.len());
    nodes
}

/// Rule R.SI.1.1 of the national validator.
#[actix_web::test]
async fn the_schema_org_document_has_the_ten_values() {
    let app = TestApp::demo(Engine::Sqlite).await;
    for locale in ["it", "de", "en"] {
        for service in documents(&app, locale).await {
            let document = &service["jsonLd"]["schemaOrg"];
            assert_eq!(document["@type"], "GovernmentService");
            for path in [
                "/name",
                "/serviceType",
                "/serviceOperator/name",
                "/areaServed/name",
                "/audience/audienceType",
                "/availableChannel/serviceUrl",
                "/availableChannel/serviceLocation/name",
                "/availableChannel/serviceLocation/address/streetAddress",
                "/availableChannel/serviceLocation/address/postalCode",
                "/availableChannel/serviceLocation/address/addressLocality",
            ] {
                let value = document
                    .pointer(path)
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                assert!(
                    !value.trim().is_empty(),
                    "{}: {path}\n{document:#}",
                    service["slug"]
                );
                assert!(
                    !value.contains("<p>"),
                    "{}: {path} is HTML",
                    service["slug"]
                );
            }
        }
    }
}

/// The shapes are those of the Commission; pyshacl checks them. `scripts/test` installs it.
#[actix_web::test]
async fn the_cpsv_ap_document_conforms_to_the_shapes() {
    let Some(pyshacl) = std::env::var_os("PYSHACL") else {
        eprintln!("NOT RUN: PYSHACL is not set, so CPSV-AP is not checked; scripts/test sets it");
        return;
    };
    let app = TestApp::demo(Engine::Sqlite).await;
    let folder = TempDir::new().unwrap();
    for locale in ["it", "de"] {
        for service in documents(&app, locale).await {
            let name = format!("{locale}-{}.jsonld", service["slug"].as_str().unwrap());
            fs::write(
                folder.path().join(name),
                service["jsonLd"]["cpsvAp"].to_string(),
            )
            .unwrap();
        }
    }
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cpsv-ap");
    let python = Path::new(&pyshacl).with_file_name("python");
    let output = Command::new(python)
        .arg(fixtures.join("validate.py"))
        .arg(fixtures.join("cpsv-ap-SHACL.ttl"))
        .arg(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("100 of 100 documents conform"), "{said}");
}
