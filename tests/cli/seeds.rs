//! `municipio seed`: what is loaded, and what is left as it is.

use std::fs;

use chrono::{TimeZone, Utc};
use municipio_domain::{
    content::{Body, ContentType, Draft, latest, revise},
    ids::ItemId,
    store::{Database, DatabaseOptions},
    tenants,
};
use serde_json::json;
use uuid::Uuid;

use crate::program::Folder;

const LOAD: &[&str] = &["seed", "load", "content", "--tenant", "c_h501"];
/// Files of the demo that refer to no others.
const FILES: [&str; 3] = [
    "contact-points/contatti-generali.yaml",
    "contact-points/contatti-stazione-autobus.yaml",
    "contact-points/contatti-villa-bettini.yaml",
];

/// A folder with a municipality and a few files of the demo in `content/`.
fn with_files() -> Folder {
    let folder = Folder::without_demo();
    folder.succeed(&["tenant", "create", "c_h501", "--locales", "it,de,en"]);
    for file in municipio_seeds::demo().unwrap().1 {
        if FILES.contains(&file.path.as_str()) {
            folder.write(&format!("content/{}", file.path), file.text);
        }
    }
    folder
}

fn replace(folder: &Folder, file: &str, from: &str, to: &str) {
    let path = format!("content/{file}");
    let text = fs::read_to_string(folder.path().join(&path)).unwrap();
    assert!(text.contains(from), "{text}");
    folder.write(&path, text.replace(from, to));
}

const TITLES: &str = "{ contactPoints { nodes { title } } }";

#[test]
fn the_demo_is_loaded_once() {
    let folder = Folder::new();
    let files = municipio_seeds::demo().unwrap().1.len();
    let said = folder.succeed(&["seed", "demo"]);
    assert_eq!(said, format!("{files} created, 0 updated, 0 unchanged.\n"));
    let said = folder.succeed(&["seed", "demo"]);
    assert_eq!(said, format!("0 created, 0 updated, {files} unchanged.\n"));
    let list = folder.succeed(&["tenant", "list"]);
    assert!(
        list.starts_with("c_m999") && list.lines().count() == 1,
        "{list}"
    );
}

#[actix_web::test]
async fn a_folder_is_loaded_and_then_only_what_changed_in_it() {
    let folder = with_files();
    assert_eq!(folder.succeed(LOAD), "3 created, 0 updated, 0 unchanged.\n");
    assert_eq!(folder.succeed(LOAD), "0 created, 0 updated, 3 unchanged.\n");

    replace(
        &folder,
        FILES[2],
        "Contatti di Villa Bettini",
        "Recapiti di Villa Bettini",
    );
    assert_eq!(folder.succeed(LOAD), "0 created, 1 updated, 2 unchanged.\n");
    assert_eq!(folder.succeed(LOAD), "0 created, 0 updated, 3 unchanged.\n");

    // A file that is gone takes nothing with it.
    fs::remove_file(folder.path().join("content").join(FILES[1])).unwrap();
    folder.write(
        "content/topics/acqua.yaml",
        "title: Acqua\nshort_description: Le fontane\n",
    );
    assert_eq!(folder.succeed(LOAD), "1 created, 0 updated, 2 unchanged.\n");

    let answer = folder.serve().ask("localhost", TITLES).await;
    let titles = json!([
        { "title": "Centralino e contatti del Comune" },
        { "title": "Contatti della Stazione autobus" },
        { "title": "Recapiti di Villa Bettini" },
    ]);
    assert_eq!(answer["data"]["contactPoints"]["nodes"], titles, "{answer}");
}

#[actix_web::test]
async fn a_running_server_shows_what_is_loaded_beside_it() {
    let folder = with_files();
    let server = folder.serve();
    let answer = server.ask("localhost", TITLES).await;
    assert_eq!(
        answer["data"]["contactPoints"]["nodes"],
        json!([]),
        "{answer}"
    );
    assert_eq!(folder.succeed(LOAD), "3 created, 0 updated, 0 unchanged.\n");
    let answer = server.ask("localhost", TITLES).await;
    assert_eq!(
        answer["data"]["contactPoints"]["nodes"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    replace(
        &folder,
        FILES[2],
        "Contatti di Villa Bettini",
        "Recapiti di Villa Bettini",
    );
    folder.succeed(LOAD);
    let answer = server.ask("localhost", TITLES).await.to_string();
    assert!(answer.contains("Recapiti di Villa Bettini"), "{answer}");
}

#[test]
fn files_may_refer_to_each_other_in_any_order() {
    let folder = with_files();
    let link = "title: Acqua\nshort_description: Le fontane\n\
                description: Vedi [energia](topic:energia)\n";
    folder.write("content/topics/acqua.yaml", link);
    folder.write(
        "content/topics/energia.yaml",
        link.replace("energia", "acqua").replace("Acqua", "Energia"),
    );
    assert_eq!(folder.succeed(LOAD), "5 created, 0 updated, 0 unchanged.\n");
    assert_eq!(folder.succeed(LOAD), "0 created, 0 updated, 5 unchanged.\n");
}

#[actix_web::test]
async fn what_somebody_edited_since_is_kept_and_named() {
    let folder = with_files();
    folder.succeed(LOAD);
    edit(
        &folder,
        "contatti-villa-bettini",
        "Villa Bettini, a cura di Anna",
    )
    .await;

    let kept = format!("Left as it is, because it was edited since: {}\n", FILES[2]);
    let said = folder.succeed(LOAD);
    assert_eq!(said, format!("0 created, 0 updated, 2 unchanged.\n{kept}"));

    // Neither does a change of the file overwrite it; others are loaded as ever.
    replace(
        &folder,
        FILES[2],
        "Contatti di Villa Bettini",
        "Recapiti di Villa Bettini",
    );
    replace(&folder, FILES[0], "Centralino e contatti", "Centralino");
    let said = folder.succeed(LOAD);
    assert_eq!(said, format!("0 created, 1 updated, 1 unchanged.\n{kept}"));

    // The file that says the same as the editor is at one with the item again.
    replace(
        &folder,
        FILES[2],
        "Recapiti di Villa Bettini",
        "Villa Bettini, a cura di Anna",
    );
    assert_eq!(folder.succeed(LOAD), "0 created, 0 updated, 3 unchanged.\n");
}

/// Gives a contact point another title, as somebody else than the loader.
async fn edit(folder: &Folder, key: &str, title: &str) {
    let database = Database::open(&folder.path().join("data"), DatabaseOptions::patient(1))
        .await
        .unwrap();
    let tenant = tenants::show(&database, &"c_h501".parse().unwrap())
        .await
        .unwrap();
    let id = ItemId(Uuid::new_v5(
        &tenant.id.0,
        format!("contact_point/{key}").as_bytes(),
    ));
    let transaction = database.tenant(tenant.id).begin().await.unwrap();
    let found = latest(&transaction, &[id])
        .await
        .unwrap()
        .remove(&id)
        .unwrap();
    let mut body = found.body.unwrap();
    body["title"]["it"] = json!(title);
    let draft = Draft {
        body: Body::parse(ContentType::ContactPoint, body).unwrap(),
        slugs: found.slugs,
        author: "anna".to_owned(),
        note: None,
    };
    let noon = Utc.with_ymd_and_hms(2026, 11, 23, 12, 0, 0).unwrap();
    revise(&transaction, id, draft, noon).await.unwrap();
    transaction.commit().await.unwrap();
    database.close().await.unwrap();
}
