//! `municipio provider`.

use crate::program::Folder;

const CREATE: [&str; 13] = [
    "provider",
    "create",
    "--tenant",
    "c_h501",
    "--name",
    "Comune di Roma",
    "--issuer",
    "https://login.comune.example/realms/comune",
    "--client-id",
    "portale",
    "--client-secret-stdin",
    "--settings",
    "provider.json",
];

#[test]
fn a_provider_is_registered_listed_and_deleted() {
    let folder = Folder::new();
    folder.succeed(&["tenant", "create", "c_h501"]);
    let write = |json: &str| folder.write("provider.json", json);
    let create = || folder.start_with_input(&CREATE, "un segreto\n").finish();
    folder.fail_naming(&CREATE, &["provider.json"]);
    for (wrong, named) in [
        ("{", "provider.json"),
        (r#"{"redirect_uris": []}"#, "redirectUris"),
        (r#"{"redirectUris": ["http://portale.example"]}"#, "https"),
        (r#"{"groupRoles": {"g": ["capo"]}}"#, "capo"),
        (r#"{"algorithms": ["HS256"]}"#, "RS256"),
    ] {
        write(wrong);
        let refused = create();
        assert_eq!(refused.code, Some(1), "{wrong}");
        assert!(
            refused.stderr.contains(named),
            "{wrong}: {}",
            refused.stderr
        );
    }
    write(r#"{"redirectUris": ["https://portale.example/"], "groupRoles": {"capi": ["editor"]}}"#);
    let made = create();
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert!(made.stdout.contains("Comune di Roma"), "{}", made.stdout);
    assert!(!made.stdout.contains("segreto"), "{}", made.stdout);
    assert!(create().stderr.contains("registered already"));
    let list = folder.succeed(&["provider", "list", "--tenant", "c_h501"]);
    assert!(
        list.contains("enabled") && list.contains("https://login.comune.example"),
        "{list}"
    );
    let id = list.split_whitespace().next().unwrap();
    folder.succeed(&["provider", "delete", "--tenant", "c_h501", id]);
    folder.fail_naming(
        &["provider", "delete", "--tenant", "c_h501", id],
        &["no such identity provider"],
    );
    let list = folder.succeed(&["provider", "list", "--tenant", "c_h501"]);
    assert_eq!(list.trim(), "There are no identity providers.");
    let audit = folder.succeed(&["audit", "export", "--tenant", "c_h501"]);
    assert!(
        audit.contains("provider.create") && audit.contains("provider.delete"),
        "{audit}"
    );
    assert!(
        !audit.contains(id),
        "by its global id, as elsewhere: {audit}"
    );
    assert!(
        audit.contains("https://login.comune.example/realms/comune"),
        "{audit}"
    );
}
