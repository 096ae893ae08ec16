//! `municipio user`.

use serde_json::{Value, json};

use crate::program::Folder;

fn with_tenant() -> Folder {
    let folder = Folder::new();
    folder.succeed(&["tenant", "create", "c_h501"]);
    folder
}

const WHO: [&str; 4] = ["--tenant", "c_h501", "--email", "Anna.Rossi@comune.example"];

fn create<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let command = [
        "user",
        "create",
        "--name",
        "Anna Rossi",
        "--role",
        "administrator",
    ];
    [&command, &WHO[..], more].concat()
}

#[test]
fn the_first_administrator_is_made_with_a_password_that_is_shown_once() {
    let folder = with_tenant();
    let said = folder.succeed(&create(&["--generate-password"]));
    let mut lines = said.lines();
    assert_eq!(
        lines.next().unwrap(),
        "anna.rossi@comune.example can sign in to Comune di Roma as administrator."
    );
    let password = lines
        .next()
        .unwrap()
        .strip_prefix("The password, shown once: ")
        .unwrap();
    assert_eq!(password.len(), 23);
    let list = folder.succeed(&["user", "list", "--tenant", "c_h501"]);
    assert_eq!(list.lines().count(), 1);
    for part in [
        "anna.rossi@comune.example",
        "active",
        "administrator",
        "Anna Rossi",
    ] {
        assert!(list.contains(part), "{list}");
    }
    assert!(!list.contains(password));
    folder.fail_naming(
        &create(&["--generate-password"]),
        &["anna.rossi@comune.example", "already"],
    );
}

#[test]
fn a_password_comes_from_the_standard_input_and_is_checked() {
    let folder = with_tenant();
    let arguments = create(&["--password-stdin"]);
    let short = folder.start_with_input(&arguments, "corta\n").finish();
    assert_eq!(short.code, Some(1));
    assert!(short.stderr.contains("too short"), "{}", short.stderr);
    let done = folder
        .start_with_input(&arguments, "cavallo batteria graffetta\n")
        .finish();
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(!done.stdout.contains("cavallo"));
    folder.fail_naming(&create(&[]), &["--password-stdin", "--generate-password"]);
}

#[test]
fn accounts_are_reset_and_suspended_but_for_the_last_administrator() {
    let folder = with_tenant();
    folder.succeed(&create(&["--generate-password"]));
    let command = |name: &'static str| [&["user", name], &WHO[..]].concat();
    folder.fail_naming(&command("suspend"), &["last administrator"]);
    let reset = [
        &command("reset-password")[..],
        &["--generate-password", "--remove-second-factor"],
    ]
    .concat();
    assert!(folder.succeed(&reset).contains("shown once"));
    let second = [
        "user",
        "create",
        "--name",
        "Luca",
        "--role",
        "author",
        "--role",
        "translator",
        "--tenant",
        "c_h501",
        "--email",
        "luca@comune.example",
        "--generate-password",
    ];
    assert!(folder.succeed(&second).contains("author, translator"));
    let luca = ["--tenant", "c_h501", "--email", "luca@comune.example"];
    folder.succeed(&[&["user", "suspend"], &luca[..]].concat());
    assert!(
        folder
            .succeed(&["user", "list", "--tenant", "c_h501"])
            .contains("suspended")
    );
    folder.succeed(&[&["user", "resume"], &luca[..]].concat());
    assert!(
        !folder
            .succeed(&["user", "list", "--tenant", "c_h501"])
            .contains("suspended")
    );
}

#[test]
fn what_is_wrong_is_named() {
    let folder = with_tenant();
    let unknown = [
        "user",
        "create",
        "--tenant",
        "c_h501",
        "--email",
        "x@comune.example",
        "--name",
        "X",
        "--role",
        "capo",
        "--generate-password",
    ];
    folder.fail_naming(&unknown, &["capo"]);
    folder.fail_naming(&["user", "list", "--tenant", "c_a952"], &["c_a952"]);
    let nobody = [
        "user",
        "suspend",
        "--tenant",
        "c_h501",
        "--email",
        "x@comune.example",
    ];
    folder.fail_naming(&nobody, &["x@comune.example"]);
    let outcome = folder.run(&["user", "suspend", "--tenant", "c_h501", "--email", "x"]);
    assert_ne!(outcome.code, Some(0));
    assert!(outcome.stderr.contains("e-mail"), "{}", outcome.stderr);
    assert_eq!(
        folder
            .succeed(&["user", "list", "--tenant", "c_h501"])
            .trim(),
        "There are no accounts."
    );
}

#[test]
fn the_log_says_what_the_command_line_did() {
    let folder = with_tenant();
    folder.succeed(&create(&["--generate-password"]));
    let command = |name: &'static str| [&["user", name], &WHO[..]].concat();
    let reset = [&command("reset-password")[..], &["--generate-password"]].concat();
    folder.succeed(&reset);
    folder.succeed(&command("resume"));
    let exported = folder.succeed(&["audit", "export", "--tenant", "c_h501"]);
    let entries = exported.lines().skip(1).map(|line| {
        let entry: Value = serde_json::from_str(line).unwrap();
        assert_eq!(entry["actor"], "command");
        assert!(entry["subject"].is_string());
        (entry["name"].clone(), entry["details"].clone())
    });
    let account = json!({ "name": "Anna Rossi", "roles": ["administrator"], "status": "active" });
    assert_eq!(
        entries.collect::<Vec<_>>(),
        [
            (json!("account.create"), account.clone()),
            (
                json!("password.reset"),
                json!({ "removesSecondFactor": false })
            ),
            (json!("account.update"), account),
        ]
    );
}
