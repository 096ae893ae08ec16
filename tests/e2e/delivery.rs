//! What a portal reads.

use municipio_tests::{TestApp, on_both};
use serde_json::json;

on_both! {
    async fn a_list_of_services_with_category_office_and_topics(engine) {
        let app = TestApp::demo(engine).await;
        let data = app
            .data("{ services(first: 20) { totalCount nodes { title category { label } responsibleOffice { title } topics { title } } } }")
            .await;
        assert_eq!(data["services"]["totalCount"], json!(50));
        let nodes = data["services"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), 20);
        for node in nodes {
            assert!(node["category"]["label"].is_string(), "{node}");
            assert!(node["responsibleOffice"]["title"].is_string(), "{node}");
            assert!(!node["topics"].as_array().unwrap().is_empty(), "{node}");
        }
    }
}
