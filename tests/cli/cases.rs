//! `municipio case`.

use crate::program::Folder;

#[test]
fn cases_are_verified() {
    let folder = Folder::without_demo();
    folder.succeed(&["tenant", "create", "c_h501"]);
    let said = folder.succeed(&["case", "verify"]);
    assert_eq!(said.trim(), "c_h501: 0 cases, 0 events");
    folder.fail_naming(&["case", "verify", "--tenant", "c_a952"], &["c_a952"]);
}

/// The cases of the demo are made by the operations by which all are: they hold, until somebody changes one.
#[tokio::test]
async fn the_cases_of_the_demo_hold() {
    use sea_orm::ConnectionTrait;
    let folder = Folder::new();
    drop(folder.serve());
    let said = folder.succeed(&["case", "verify"]);
    let numbers = said.split(|letter: char| !letter.is_ascii_digit());
    let numbers: Vec<u64> = numbers.filter_map(|number| number.parse().ok()).collect();
    let [.., cases, events] = numbers[..] else {
        panic!("{said}");
    };
    assert!(cases > 200 && events > 2 * cases, "{said}");

    let url = format!("sqlite://{}", folder.database().display());
    let connection = sea_orm::Database::connect(url).await.unwrap();
    let change = "UPDATE case_file SET state = 'changed'
        WHERE opened_place = (SELECT min(opened_place) FROM case_file)";
    connection.execute_unprepared(change).await.unwrap();
    connection.close().await.unwrap();
    let outcome = folder.run(&["case", "verify"]);
    assert_eq!(outcome.code, Some(1));
    let flaw = "the case is not what its events leave of it";
    assert_eq!(
        outcome.stderr.matches(flaw).count(),
        1,
        "{}",
        outcome.stderr
    );
}
