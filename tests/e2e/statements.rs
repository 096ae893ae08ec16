//! The number of SQL statements of an operation does not depend on the size of its page.

use municipio_tests::{TestApp, on_both};
use serde_json::json;

/// Typical operations of a portal, and the most statements each may take; `$first` is the size of
/// its pages. Bodies are in memory after the first run.
const OPERATIONS: [(&str, &str, u64); 9] = [
    (
        "list of services",
        "query($first: Int!) { services(first: $first) { nodes { title category { label } responsibleOffice { title } topics { title } } } }",
        2,
    ),
    (
        "services of a category",
        "query($first: Int!) { services(first: $first, filter: { category: [\"anagrafe-e-stato-civile\"] }) { totalCount nodes { title } } }",
        2,
    ),
    (
        "service sheets with everything",
        "query($first: Int!) { services(first: $first) { nodes { howTo { html } contactPoints { entries { value } } responsibleOffice { mainSite { title } head { person { fullName } } } documents { title } relatedServices { title } faqs { nodes { title } } jsonLd { schemaOrg } } } }",
        9,
    ),
    (
        "offices with people and services",
        "query($first: Int!) { offices(first: $first) { nodes { title services(first: 5) { totalCount nodes { title } } currentRoles { title person { fullName } } childOffices { nodes { title } } } } }",
        6,
    ),
    (
        "news",
        "query($first: Int!) { news(first: $first) { nodes { title newsDate topics { title } editedBy { title } } } }",
        2,
    ),
    (
        "topics",
        "query($first: Int!) { topics(first: $first) { nodes { title services(first: 3) { nodes { title } } news(first: 3) { nodes { title } } } } }",
        3,
    ),
    (
        "calendar",
        "query($first: Int!) { eventOccurrences(first: $first) { nodes { startsAt event { title place { title } } } } }",
        2,
    ),
    (
        "categories",
        "query($first: Int!) { serviceCategories { label services(first: $first) { totalCount nodes { title } } } }",
        2,
    ),
    (
        "reports",
        "query($first: Int!) { services(first: $first) { nodes { publishReport { issues { code } } } } }",
        3,
    ),
];

on_both! {
    async fn the_number_of_statements_does_not_grow_with_the_page(engine) {
        let app = TestApp::demo(engine).await;
        let mut wrong = Vec::new();
        for (name, query, most) in OPERATIONS {
            let mut counts = Vec::new();
            for first in [50, 3, 50] {
                let before = app.database.statements();
                let answer = app.ask(query, json!({ "first": first })).await;
                assert!(answer.get("errors").is_none(), "{name}: {answer:#}");
                counts.push(app.database.statements() - before);
            }
            if counts[1] != counts[2] || counts[2] > most {
                wrong.push(format!("{name}: {} for 3, {} for 50, at most {most}", counts[1], counts[2]));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
