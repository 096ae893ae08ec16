//! Generated municipalities are delivered like any other.

use municipio_domain::tenants;
use municipio_seeds::generate::{GenerateReport, Plan, generate};
use municipio_tests::{TestApp, noon, on_both};
use serde_json::{Value, json};

const PLAN: Plan = Plan {
    tenants: 2,
    services: 20,
    news: 50,
    seed: 9,
};

/// Everything that a portal shows of a municipality.
const EVERYTHING: &str = "{
    municipality { title townHall { title } }
    services(first: 100) { totalCount nodes { id slug title category { label } shortDescription
        audience { html } howTo { html } needs { title } costs { description } maxResponseDays
        topics { title } responsibleOffice { title parentOffice { title } }
        contactPoints { title entries { value } } relatedServices { title } } }
    news(first: 100) { totalCount nodes { id slug title newsDate expiresAt body { html }
        topics { title } editedBy { title } relatedNews { title } } }
    offices(first: 100) { nodes { title mainSite { title } responsibilities { html } } }
    places(first: 100) { nodes { title streetAddress } }
    topics(first: 100) { nodes { title services { totalCount } news { totalCount } } }
}";

async fn run(app: &TestApp, plan: Plan) -> GenerateReport {
    generate(&app.database, &plan, noon(), |_| ())
        .await
        .unwrap()
}

/// What the municipalities show, by their order.
async fn shown(app: &TestApp) -> Vec<Value> {
    let mut shown = Vec::new();
    for tenant in tenants::list(&app.database).await.unwrap() {
        shown.push(app.read(&tenant.hosts[0], EVERYTHING, json!({})).await);
    }
    shown
}

on_both! {
    async fn lists_and_sheets_of_generated_municipalities_answer(engine) {
        let app = TestApp::empty(engine).await;
        let report = run(&app, PLAN).await;
        assert_eq!((report.tenants_created, report.items_created), (2, PLAN.items()));
        let municipalities = shown(&app).await;
        assert_eq!(municipalities.len(), 2);
        for data in &municipalities {
            assert_eq!(data["services"]["totalCount"], json!(20));
            assert_eq!(data["news"]["totalCount"], json!(50));
            for service in data["services"]["nodes"].as_array().unwrap() {
                for field in ["topics", "costs", "needs", "contactPoints"] {
                    assert_ne!(service[field], json!([]), "{field}: {service}");
                }
                assert!(service["howTo"]["html"].as_str().unwrap().contains("<ol>"), "{service}");
                assert!(service["responsibleOffice"]["title"].is_string(), "{service}");
            }
            for news in data["news"]["nodes"].as_array().unwrap() {
                assert!(news["editedBy"][0]["title"].is_string() && news["topics"][0]["title"].is_string(), "{news}");
            }
        }
        assert_ne!(municipalities[0]["municipality"], municipalities[1]["municipality"]);
        assert_ne!(municipalities[0]["news"]["nodes"], municipalities[1]["news"]["nodes"]);
    }
}

on_both! {
    async fn the_same_seed_shows_the_same_whether_at_once_or_in_two_runs(engine) {
        let (at_once, in_two) = (TestApp::empty(engine).await, TestApp::empty(engine).await);
        run(&at_once, PLAN).await;
        let half = Plan { tenants: 1, services: 7, news: 20, ..PLAN };
        run(&in_two, half).await;
        let rest = run(&in_two, PLAN).await;
        assert_eq!((rest.tenants_created, rest.tenants_found), (1, 1));
        assert_eq!((rest.items_created, rest.items_found), (PLAN.items() - half.items(), half.items()));
        assert_eq!(shown(&at_once).await, shown(&in_two).await);

        let again = run(&in_two, PLAN).await;
        assert_eq!((again.items_created, again.items_found), (0, PLAN.items()));
        assert_eq!(shown(&at_once).await, shown(&in_two).await);
    }
}

on_both! {
    async fn a_municipality_of_several_transactions_is_whole(engine) {
        let app = TestApp::empty(engine).await;
        let plan = Plan { tenants: 1, services: 501, news: 20, seed: 1 };
        let report = run(&app, plan).await;
        assert_eq!(report.items_created, plan.items());
        let data = app.data("{ services { totalCount } news { totalCount } }").await;
        assert_eq!(data, json!({ "services": { "totalCount": 501 }, "news": { "totalCount": 20 } }));
    }
}
