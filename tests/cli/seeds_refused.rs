//! `municipio seed load`: what is wrong is named by file, line and field, and then nothing of the
//! folder is loaded.

use crate::program::Folder;

const LOAD: &[&str] = &["seed", "load", "content", "--tenant", "c_h501"];
const TOPIC: &str = "title: Acqua\nshort_description: Le fontane\n";

/// Loads a folder of one good file and this one: the message has all of this, and the good file
/// is not loaded.
fn refused(file: &str, text: impl AsRef<[u8]>, wanted: &[&str]) {
    let folder = Folder::without_demo();
    folder.succeed(&["tenant", "create", "c_h501"]);
    folder.write("content/topics/good.yaml", TOPIC);
    folder.write(&format!("content/{file}"), text);
    folder.fail_naming(LOAD, wanted);
    std::fs::remove_file(folder.path().join("content").join(file)).unwrap();
    let said = folder.succeed(LOAD);
    assert_eq!(
        said, "1 created, 0 updated, 0 unchanged.\n",
        "something was loaded with {file}"
    );
}

#[test]
fn broken_yaml() {
    refused(
        "topics/acqua.yaml",
        "title: Acqua\nshort_description: a: b\n",
        &["topics/acqua.yaml:2: "],
    );
    refused("topics/acqua.yaml", "", &["topics/acqua.yaml:1: "]);
    refused(
        "topics/acqua.yaml",
        "- title\n",
        &["topics/acqua.yaml:1: ", "field: value"],
    );
    let twice = format!("{TOPIC}title: Altro\n");
    refused(
        "topics/acqua.yaml",
        twice,
        &["topics/acqua.yaml:3: ", "duplicate"],
    );
}

#[test]
fn an_unknown_field() {
    let text = format!("{TOPIC}descripton: Le fontane\n");
    let wanted = [
        "topics/acqua.yaml:3: descripton: ",
        "unknown field",
        "description",
    ];
    refused("topics/acqua.yaml", text, &wanted);
}

#[test]
fn a_value_of_another_form() {
    let text = format!("{TOPIC}responsible_offices: nobody\n");
    refused(
        "topics/acqua.yaml",
        text,
        &["topics/acqua.yaml:3: responsible_offices: "],
    );
}

#[test]
fn an_unknown_code_with_the_one_that_was_meant() {
    let folder = Folder::without_demo();
    folder.succeed(&["tenant", "create", "c_h501"]);
    let text =
        "title: Sosta\nshort_description: Le strisce blu\ncategory: [mobilita-e-trasporti]\n";
    folder.write("content/services/sosta.yaml", text);
    let message = folder.fail(LOAD);
    for field in ["how_to", "responsible_office", "contact_points"] {
        let place = format!("services/sosta.yaml:1: {field}: ");
        assert!(
            message.contains(&place),
            "«{place}» is missing in: {message}"
        );
    }
}

#[test]
fn every_wrong_file_is_named_at_once() {
    let folder = Folder::without_demo();
    folder.succeed(&["tenant", "create", "c_h501"]);
    folder.write("content/topics/a.yaml", format!("{TOPIC}one: 1\n"));
    folder.write(
        "content/topics/b.yaml",
        format!("{TOPIC}highlighted:\n  - topic:x\n  - topic:y\n"),
    );
    folder.write("content/elsewhere/c.yaml", TOPIC);
    let message = folder.fail(LOAD);
    let lines: Vec<_> = message.lines().collect();
    assert_eq!(lines.len(), 4, "{message}");
    for place in [
        "topics/a.yaml:3: one: ",
        "topics/b.yaml:4: highlighted[0]: ",
        "topics/b.yaml:5: highlighted[1]: ",
        "elsewhere/c.yaml:1: ",
    ] {
        assert!(
            lines.iter().any(|line| line.starts_with(place)),
            "«{place}» is missing in: {message}"
        );
    }
}

#[test]
fn a_slug_that_other_content_has() {
    let text = format!("{TOPIC}slug:\n  it: good\n");
    refused("topics/acqua.yaml", text, &["topics/", "slug", "«good»"]);
}

#[test]
fn a_municipality_or_a_folder_that_is_missing() {
    let folder = Folder::without_demo();
    folder.write("content/topics/acqua.yaml", TOPIC);
    folder.fail_naming(LOAD, &["no tenant", "c_h501"]);
    folder.succeed(&["tenant", "create", "c_h501"]);
    folder.fail_naming(
        &["seed", "load", "nowhere", "--tenant", "c_h501"],
        &["nowhere: "],
    );
    let file = "content/topics/acqua.yaml";
    folder.fail_naming(&["seed", "load", file, "--tenant", "c_h501"], &[file]);
    let outcome = folder.run(&["seed", "load", "content"]);
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("--tenant"), "{}", outcome.stderr);
}
