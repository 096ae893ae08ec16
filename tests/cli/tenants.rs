//! `municipio tenant`.

use serde_json::{Value, json};

use crate::program::Folder;

fn show(folder: &Folder, ipa_code: &str) -> Value {
    serde_json::from_str(&folder.succeed(&["tenant", "show", ipa_code])).unwrap()
}

#[test]
fn a_municipality_is_created_from_its_code_alone() {
    let folder = Folder::new();
    let said = folder.succeed(&["tenant", "create", "C_H501"]);
    let created: Value = serde_json::from_str(&said).unwrap();
    let facts = json!({
        "id": created["id"],
        "ipa_code": "c_h501",
        "name": "Comune di Roma",
        "fiscal_code": null,
        "istat_code": "058091",
        "cadastral_code": "H501",
        "province": "RM",
        "region": "Lazio",
        "locales": ["it"],
        "status": "active",
        "hosts": [],
    });
    assert_eq!(created, facts);
    assert_eq!(show(&folder, "c_h501"), facts);
    // A command for one municipality brings no demo with it.
    assert_eq!(folder.succeed(&["tenant", "list"]).lines().count(), 1);
}

#[test]
fn what_is_given_goes_before_what_is_known() {
    let folder = Folder::new();
    folder.succeed(&[
        "tenant",
        "create",
        "c_a952",
        "--name",
        "Stadtgemeinde Bozen",
        "--fiscal-code",
        "02438750586",
        "--host",
        "WWW.Gemeinde.Bozen.example",
        "--host",
        "www.comune.bolzano.example",
        "--locales",
        "de,it",
    ]);
    let shown = show(&folder, "c_a952");
    assert_eq!(shown["name"], json!("Stadtgemeinde Bozen"));
    assert_eq!(shown["province"], json!("BZ"));
    assert_eq!(shown["fiscal_code"], json!("02438750586"));
    assert_eq!(shown["locales"], json!(["de", "it"]));
    let hosts = json!(["www.comune.bolzano.example", "www.gemeinde.bozen.example"]);
    assert_eq!(shown["hosts"], hosts);
}

#[test]
fn another_body_needs_a_name() {
    let folder = Folder::new();
    folder.fail_naming(&["tenant", "create", "unione_x"], &["unione_x", "--name"]);
    folder.succeed(&[
        "tenant",
        "create",
        "unione_x",
        "--name",
        "Unione dei Comuni",
    ]);
    let shown = show(&folder, "unione_x");
    assert_eq!(shown["name"], json!("Unione dei Comuni"));
    assert_eq!(shown["istat_code"], Value::Null);
}

#[test]
fn a_name_is_not_empty() {
    let folder = Folder::new();
    for name in ["", "  "] {
        let outcome = folder.run(&["tenant", "create", "unione_x", "--name", name]);
        assert_ne!(outcome.code, Some(0), "{}", outcome.stdout);
        assert!(outcome.stderr.contains("--name"), "{}", outcome.stderr);
    }
}

#[test]
fn codes_and_hosts_are_checked_and_belong_to_one() {
    let folder = Folder::new();
    folder.succeed(&[
        "tenant",
        "create",
        "c_h501",
        "--host",
        "www.comune.roma.example",
    ]);
    let create = |rest: &[&'static str]| {
        let mut arguments = vec!["tenant", "create", "c_f205"];
        arguments.extend(rest);
        arguments
    };
    folder.fail_naming(&["tenant", "create", "c_h501"], &["c_h501", "already"]);
    for host in [
        "https://www.comune.milano.example/",
        "comune milano",
        "a..b",
        "x:8080",
        "-a.example",
    ] {
        let host = format!("--host={host}");
        let arguments = ["tenant", "create", "c_f205", host.as_str()];
        folder.fail_naming(&arguments, &["is not a host name", "without scheme"]);
    }
    folder.fail_naming(
        &create(&[
            "--host",
            "www.comune.milano.example",
            "--host",
            "WWW.comune.roma.example",
        ]),
        &["www.comune.roma.example", "c_h501"],
    );
    for (arguments, wanted) in [
        (create(&["--fiscal-code", "02438750587"]), "check digit"),
        (create(&["--locales", "it,xx_y"]), "not a language tag"),
        (vec!["tenant", "create", "c h501"], "not an IPA code"),
        (vec!["tenant", "create"], "IPA_CODE"),
    ] {
        let outcome = folder.run(&arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?}");
        assert!(outcome.stderr.contains(wanted), "{}", outcome.stderr);
    }
    // Nothing of what failed is there, not even its first host name.
    assert_eq!(folder.succeed(&["tenant", "list"]).lines().count(), 1);
    folder.succeed(&create(&["--host", "www.comune.milano.example"]));
}

#[test]
fn a_host_given_twice_is_one() {
    let folder = Folder::new();
    let host = "www.comune.roma.example";
    folder.succeed(&["tenant", "create", "c_h501", "--host", host, "--host", host]);
    assert_eq!(show(&folder, "c_h501")["hosts"], json!([host]));
}

#[test]
fn the_list_is_a_table() {
    let folder = Folder::new();
    assert_eq!(folder.succeed(&["tenant", "list"]), "");
    folder.succeed(&[
        "tenant",
        "create",
        "c_h501",
        "--host",
        "www.comune.roma.example",
    ]);
    folder.succeed(&["tenant", "create", "ab", "--name", "Unione"]);
    folder.succeed(&["tenant", "suspend", "ab"]);
    let list = folder.succeed(&["tenant", "list"]);
    let rows: Vec<Vec<_>> = list
        .lines()
        .map(|row| row.split_whitespace().collect())
        .collect();
    assert_eq!(
        rows,
        [
            vec!["ab", "suspended", "Unione"],
            vec![
                "c_h501",
                "active",
                "Comune",
                "di",
                "Roma",
                "www.comune.roma.example"
            ],
        ]
    );
    let column = |row: &str, text: &str| row.find(text).unwrap();
    let rows: Vec<_> = list.lines().collect();
    assert_eq!(
        column(rows[0], "suspended"),
        column(rows[1], "active"),
        "{list}"
    );
    assert_eq!(
        column(rows[0], "Unione"),
        column(rows[1], "Comune"),
        "{list}"
    );
}

#[test]
fn what_is_not_there_is_said() {
    let folder = Folder::new();
    for command in ["show", "suspend", "resume"] {
        folder.fail_naming(&["tenant", command, "c_h501"], &["no tenant", "c_h501"]);
    }
}

/// The server keeps what it found for a few seconds: each step asks under a host that it has not
/// seen yet, and so sees the change at once.
#[actix_web::test]
async fn a_running_server_stops_and_starts_serving_a_municipality() {
    let folder = Folder::without_demo();
    let hosts = ["one.example", "two.example", "three.example"];
    folder.succeed(&[
        "tenant", "create", "c_h501", "--host", hosts[0], "--host", hosts[1], "--host", hosts[2],
    ]);
    folder.succeed(&["tenant", "create", "c_f205", "--host", "other.example"]);
    let server = folder.serve();
    let answer = json!({ "data": { "__typename": "Query" } });
    assert_eq!(server.ask(hosts[0], "{ __typename }").await, answer);

    let said = folder.succeed(&["tenant", "suspend", "c_h501"]);
    assert_eq!(said, "Comune di Roma is not served any more.\n");
    assert_eq!(show(&folder, "c_h501")["status"], json!("suspended"));
    let refused = server.ask(hosts[1], "{ __typename }").await;
    assert_eq!(refused["code"], json!("TENANT_SUSPENDED"), "{refused}");
    assert_eq!(server.ask("other.example", "{ __typename }").await, answer);

    let said = folder.succeed(&["tenant", "resume", "c_h501"]);
    assert_eq!(said, "Comune di Roma is served.\n");
    assert_eq!(show(&folder, "c_h501")["status"], json!("active"));
    assert_eq!(server.ask(hosts[2], "{ __typename }").await, answer);
    assert_eq!(server.stop("TERM").code, Some(0));
}
