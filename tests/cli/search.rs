//! `municipio search`.

use municipio_tests::{Engine, new_postgres_database};

use sea_orm::ConnectionTrait;

use crate::{damage::connect, program::Folder};

fn story(folder: &Folder) {
    folder.succeed(&["tenant", "create", "c_h501", "--locales", "it,de"]);
    folder.write(
        "content/topics/acqua.yaml",
        "title: Acqua\nshort_description: L'acqua\n",
    );
    folder.write(
        "content/topics/aria.yaml",
        "title: Aria\nshort_description: L'aria\n",
    );
    folder.succeed(&["seed", "load", "content", "--tenant", "c_h501"]);
    let right = "c_h501: 4 documents are right, 0 missing, 0 outdated, 0 too many (embedded)\n";
    assert_eq!(folder.succeed(&["search", "verify"]), right);
    let made = "c_h501: 4 documents in the index (embedded)\n";
    assert_eq!(
        folder.succeed(&["search", "reindex", "--tenant", "c_h501"]),
        made
    );
    assert_eq!(folder.succeed(&["search", "reindex"]), made);
    // An index that is lost is made anew by whoever needs it.
    std::fs::remove_dir_all(folder.path().join("data").join("search")).unwrap();
    assert_eq!(folder.succeed(&["search", "verify"]), right);
    folder.fail_naming(&["search", "verify", "--tenant", "c_x999"], &["c_x999"]);
}

#[actix_web::test]
async fn an_index_that_says_something_else_than_the_database_is_named_and_repaired() {
    let folder = Folder::without_demo();
    folder.succeed(&["tenant", "create", "c_h501"]);
    for name in ["acqua", "aria"] {
        let topic = format!("title: {name}\nshort_description: Un argomento\n");
        folder.write(&format!("content/topics/{name}.yaml"), topic);
    }
    folder.succeed(&["seed", "load", "content", "--tenant", "c_h501"]);
    folder.succeed(&["search", "reindex"]);
    // The same revision, with other words: nothing in the log of changes says so.
    let database = connect(&folder.database()).await;
    let change = "UPDATE content_revision SET body = REPLACE(body, 'aria', 'vento')";
    let changed = database.execute_unprepared(change).await.unwrap();
    assert_eq!(changed.rows_affected(), 2);
    database.close().await.unwrap();
    let differs = "c_h501: 1 documents are right, 0 missing, 1 outdated, 0 too many (embedded)";
    folder.fail_naming(&["search", "verify"], &[differs]);
    let repaired = folder.succeed(&["search", "verify", "--repair"]);
    assert_eq!(repaired, format!("{differs}; repaired\n"));
    let right = "c_h501: 2 documents are right, 0 missing, 0 outdated, 0 too many (embedded)\n";
    assert_eq!(folder.succeed(&["search", "verify"]), right);
}

#[test]
fn indexes_are_made_and_compared() {
    story(&Folder::without_demo());
}

#[actix_web::test]
async fn indexes_are_made_and_compared_on_postgresql() {
    if Engine::postgres_is_there() {
        let url = new_postgres_database().await;
        story(&Folder::without_demo().with("DATABASE_URL", &url));
    }
}
