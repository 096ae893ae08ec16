//! What browsers and caches look at: who may read from where, and how answers are packed.

use reqwest::{Method, Response};
use serde_json::json;

use crate::http::small;

#[actix_web::test]
async fn browsers_of_other_hosts_may_read() {
    let app = small().await;
    let preflight = app
        .client
        .request(Method::OPTIONS, format!("{}/graphql", app.base))
        .header("origin", "https://portale.example")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "content-type, municipio-tenant",
        )
        .send()
        .await
        .unwrap();
    assert!(preflight.status().is_success(), "{}", preflight.status());
    let header = |response: &Response, name: &str| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_lowercase())
            .unwrap_or_default()
    };
    assert!(
        ["*", "https://portale.example"]
            .contains(&header(&preflight, "access-control-allow-origin").as_str())
    );
    assert!(header(&preflight, "access-control-allow-methods").contains("post"));
    for name in ["content-type", "municipio-tenant"] {
        assert!(header(&preflight, "access-control-allow-headers").contains(name));
    }
    assert_eq!(
        header(&preflight, "access-control-allow-credentials"),
        "",
        "nothing is read with cookies"
    );
    for body in [json!({ "query": "{ __typename }" }), json!({})] {
        let response = app
            .post()
            .header("origin", "https://portale.example")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_ne!(
            header(&response, "access-control-allow-origin"),
            "",
            "{body}: errors can be read too"
        );
    }
}

#[actix_web::test]
async fn answers_are_compressed_for_those_who_accept_it() {
    let app = small().await;
    let request = json!({ "query": "{ __schema { types { name description fields { name description } } } }" });
    let whole = app.post().json(&request).send().await.unwrap();
    assert!(whole.headers().get("content-encoding").is_none());
    let size = whole.bytes().await.unwrap().len();
    for encoding in ["br", "gzip", "zstd"] {
        let response = app
            .post()
            .header("accept-encoding", encoding)
            .json(&request)
            .send()
            .await
            .unwrap();
        assert_eq!(response.headers()["content-encoding"], encoding);
        assert!(
            response.headers()["vary"]
                .to_str()
                .unwrap()
                .to_lowercase()
                .contains("accept-encoding"),
            "caches must know"
        );
        let packed = response.bytes().await.unwrap();
        assert!(
            packed.len() * 3 < size,
            "{encoding}: {} of {size}",
            packed.len()
        );
        assert!(encoding != "gzip" || packed.starts_with(&[0x1f, 0x8b]));
    }
}
