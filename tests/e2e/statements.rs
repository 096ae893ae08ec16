//! The number of SQL statements of an operation is known, and does not depend on the size of its page.

use municipio_tests::{TestApp, on_both};
use serde_json::json;

use crate::operations::OPERATIONS;

/// The most statements that each operation takes when the bodies are in memory. Levels of the query
/// that are ready at the same moment share a statement: there may be fewer.
const MOST: &str = "
home page: 11
navigation: 3
list of services: 2
services of a category: 3
services of two categories, newest first: 1
service sheets with everything: 11
a service sheet at its path: 4
offices with people and services: 7
news: 2
news that still matter, of a kind: 2
topic pages: 3
calendar of events: 2
categories with their services: 2
";

on_both! {
    async fn the_number_of_statements_does_not_grow_with_the_page(engine) {
        let app = TestApp::demo(engine).await;
        let mut found = String::from("\n");
        for (name, query) in OPERATIONS {
            let allowed = MOST.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            let allowed: usize = allowed.unwrap_or_else(|| panic!("{name} is not listed")).parse().unwrap();
            // The first time bodies are read too.
            app.ask(query, json!({ "first": 50 })).await;
            let mut most = 0;
            for first in [50, 3, 20, 1] {
                let ask = async || {
                    let answer = app.ask(query, json!({ "first": first })).await;
                    assert!(answer.get("errors").is_none(), "{name}: {answer:#}");
                };
                most = most.max(app.statements(ask).await);
            }
            found.push_str(&format!("{name}: {}\n", most.max(allowed)));
        }
        assert_eq!(found, MOST);
    }
}
