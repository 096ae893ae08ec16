//! `municipio seed generate`: content for measurements.

use serde_json::json;

use crate::program::Folder;

/// Runs it; gives the first line it says, and checks that the last one is a rate.
fn generate(folder: &Folder, arguments: &[&str]) -> String {
    let arguments = [&["seed", "generate"], arguments].concat();
    let said = folder.succeed(&arguments);
    let (first, rate) = said.trim_end().split_once('\n').unwrap();
    let words: Vec<_> = rate.split(' ').collect();
    assert!(
        matches!(
            words[..],
            [_, "items", "in", _, "s:", _, "items", "a", "second."]
        ),
        "{rate}"
    );
    assert!(words[3].parse::<f64>().is_ok() && words[5].parse::<u64>().is_ok());
    first.to_owned()
}

fn said(tenants: (u64, u64), items: (u64, u64)) -> String {
    format!(
        "Municipalities: {} created, {} there already. Items: {} created, {} there already.",
        tenants.0, tenants.1, items.0, items.1
    )
}

#[actix_web::test]
async fn what_is_there_is_left_and_the_rest_is_added() {
    let folder = Folder::without_demo();
    let small = [
        "--tenants",
        "2",
        "--services",
        "2",
        "--news",
        "3",
        "--seed",
        "5",
    ];
    // Offices and contact points, topics, places, and the two that every municipality has.
    let each = 5 + 4 + 5 + 10 + 2 + 1;
    assert_eq!(generate(&folder, &small), said((2, 0), (2 * each, 0)));
    assert_eq!(generate(&folder, &small), said((0, 2), (0, 2 * each)));

    let more = [
        "--tenants",
        "3",
        "--services",
        "2",
        "--news",
        "4",
        "--seed",
        "5",
    ];
    assert_eq!(generate(&folder, &more), said((1, 2), (each + 3, 2 * each)));

    let list = folder.succeed(&["tenant", "list"]);
    let codes: Vec<_> = list.lines().map(|line| &line[..7]).collect();
    assert_eq!(codes, ["c_z0001", "c_z0002", "c_z0003"]);
    let host = list.lines().next().unwrap().rsplit(' ').next().unwrap();
    let query = "{ services { totalCount } news { totalCount } }";
    let answer = folder.serve().ask(host, query).await;
    let counts = json!({ "services": { "totalCount": 2 }, "news": { "totalCount": 4 } });
    assert_eq!(answer["data"], counts, "{answer}");
}

#[test]
fn municipalities_of_others_are_refused() {
    let folder = Folder::without_demo();
    let arguments = [
        "seed",
        "generate",
        "--services",
        "1",
        "--news",
        "1",
        "--seed",
    ];
    folder.succeed(&[&arguments[..], &["1"]].concat());
    let another = [&arguments[..], &["2"]].concat();
    folder.fail_naming(&another, &["c_z0001", "seed 2"]);

    let folder = Folder::without_demo();
    folder.succeed(&["tenant", "create", "c_z0001", "--name", "Unione dei Comuni"]);
    folder.fail_naming(&another, &["c_z0001", "seed 2"]);
}

#[test]
fn numbers_that_make_no_sense_are_refused() {
    for (option, value) in [
        ("--tenants", "0"),
        ("--services", "1.5"),
        ("--news", "many"),
    ] {
        let outcome = Folder::new().run(&["seed", "generate", option, value]);
        assert_eq!(outcome.code, Some(2), "{option} {value}");
        assert!(outcome.stderr.contains(option), "{}", outcome.stderr);
    }
}
