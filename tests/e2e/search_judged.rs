//! The judged set: what people write, and the service that they mean. It is to be among the first three.

use std::collections::HashMap;

use municipio_tests::{Engine, TestApp};

use crate::search::titles;

static JUDGED: &str = include_str!("../fixtures/search/judged.csv");
/// The share that must be right, in percent.
const RIGHT: usize = 95;

/// The titles of the services of the demo, by the names of their files.
fn services() -> HashMap<String, String> {
    let (_, files) = municipio_seeds::demo().unwrap();
    let services = files.iter().filter_map(|file| {
        let name = file.path.strip_prefix("services/")?.strip_suffix(".yaml")?;
        let title = file
            .text
            .lines()
            .find_map(|line| line.strip_prefix("title: {it: \""))?;
        Some((name.to_owned(), title.split('"').next()?.to_owned()))
    });
    services.collect()
}

/// What is not among the first three, with what is.
pub async fn missed(app: &TestApp) -> (usize, Vec<String>) {
    let services = services();
    let (mut asked, mut missed) = (0, Vec::new());
    for line in JUDGED.lines().skip(1) {
        let (query, service) = line.rsplit_once(',').unwrap();
        let wanted = &services[service];
        let found = titles(app, query).await;
        asked += 1;
        if !found.iter().take(3).any(|title| title == wanted) {
            missed.push(format!(
                "{query}: {wanted}, not {:?}",
                &found[..found.len().min(5)]
            ));
        }
    }
    (asked, missed)
}

#[actix_web::test]
async fn the_right_service_is_among_the_first_three() {
    let app = TestApp::demo(Engine::Sqlite).await;
    let (asked, missed) = missed(&app).await;
    eprintln!(
        "embedded: {} of {asked} right\n{}",
        asked - missed.len(),
        missed.join("\n")
    );
    assert!(asked >= 60);
    assert!(missed.len() * 100 <= asked * (100 - RIGHT), "{missed:#?}");
}
