//! What the program says of itself, and `municipio migrate`.

use crate::program::Folder;

#[test]
fn every_command_has_help_with_its_key_facts() {
    let folder = Folder::new();
    for (command, wanted) in [
        (
            "",
            &[
                "127.0.0.1:8080",
                "SQLite",
                "demo",
                "municipio.toml",
                "MUNICIPIO_CONFIG",
                "serve",
                "migrate",
                "seed",
                "audit",
                "outbox",
                "tenant",
                "user",
                "provider",
                "demo",
            ] as &[&str],
        ),
        ("serve", &["without a command"]),
        ("migrate", &["up to date", "before new nodes start"]),
        ("seed", &["demo", "load", "generate"]),
        ("seed demo", &["demo municipality"]),
        (
            "seed load",
            &[
                "<FOLDER>",
                "--tenant <IPA_CODE>",
                "YAML",
                "Loading twice changes nothing",
                "or none",
            ],
        ),
        (
            "seed generate",
            &[
                "--tenants <N>",
                "--services <N>",
                "--news <N>",
                "--seed <K>",
                "[default: 1]",
                "c_z0001",
                "same seed gives the same content",
                "left as they are",
                "municipio seed generate --services 1000 --news 10000",
            ],
        ),
        ("audit", &["export", "verify"]),
        (
            "audit export",
            &["--tenant <IPA_CODE>", "--after <NUMBER>", "RFC 8785"],
        ),
        (
            "audit verify",
            &[
                "--tenant <IPA_CODE>",
                "--expect-head <NUMBER:HASH>",
                "exit code is 1",
            ],
        ),
        ("case", &["verify"]),
        (
            "case verify",
            &["--tenant <IPA_CODE>", "exit code is 1", "audit log"],
        ),
        ("outbox", &["list", "replay", "drop"]),
        (
            "outbox list",
            &[
                "--tenant <IPA_CODE>",
                "--topic <TOPIC>",
                "--status <STATUS>",
                "[default: 50]",
            ],
        ),
        ("outbox replay", &["[NUMBERS]...", "given up"]),
        ("outbox drop", &["[NUMBERS]...", "[default: dead]"]),
        ("appio", &["check", "topics", "fake"]),
        ("appio topics", &["--tenant <IPA_CODE>", "linkAppIoSheet"]),
        (
            "appio check",
            &["--tenant <IPA_CODE>", "exit code is 1", "Nothing is sent"],
        ),
        (
            "appio fake",
            &[
                "--listen <ADDRESS>",
                "127.0.0.1:4510",
                "--absent <FISCAL_CODE>",
                "MUNICIPIO_APPIO_URL",
            ],
        ),
        ("demo", &["token"]),
        (
            "demo token",
            &[
                "--citizen <NUMBER>",
                "eight hours",
                "Anna Bianchi",
                "[default: substantial]",
            ],
        ),
        ("provider", &["create", "list", "delete"]),
        (
            "provider create",
            &[
                "--tenant <IPA_CODE>",
                "--issuer <URL>",
                "--client-secret-stdin",
                "--settings <FILE>",
                "docs/sign-in.md",
            ],
        ),
        ("tenant", &["create", "list", "show", "suspend", "resume"]),
        (
            "tenant create",
            &[
                "--name",
                "--fiscal-code",
                "--host",
                "--locales",
                "ISTAT",
                "c_h501",
                "[default: it]",
            ],
        ),
        ("tenant list", &["municipalities"]),
        ("tenant show", &["JSON", "c_h501"]),
        ("tenant suspend", &["nothing is deleted"]),
        ("tenant resume", &["suspended"]),
        (
            "user",
            &["create", "list", "suspend", "resume", "reset-password"],
        ),
        (
            "user create",
            &[
                "--tenant <IPA_CODE>",
                "--email",
                "--name",
                "--role",
                "administrator",
                "--password-stdin",
                "--generate-password",
            ],
        ),
        (
            "user reset-password",
            &["signed out", "--remove-second-factor"],
        ),
        ("user suspend", &["nothing is deleted"]),
    ] {
        let arguments: Vec<_> = command.split_whitespace().chain(["--help"]).collect();
        let help = folder.succeed(&arguments);
        let usage = format!("Usage: municipio {command}");
        assert!(help.contains(usage.trim_end()), "{help}");
        // Lines break where they must.
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for wanted in wanted {
            assert!(
                words.contains(wanted),
                "«{wanted}» is missing in the help of «{command}»:\n{help}"
            );
        }
        assert!(
            help.lines().all(|line| line.chars().count() <= 100),
            "{help}"
        );
    }
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn the_help_says_how_to_configure_it() {
    let help = Folder::new().succeed(&["--help"]);
    for variable in [
        "MUNICIPIO_LISTEN",
        "MUNICIPIO_DATA_DIR",
        "MUNICIPIO_DEMO",
        "DATABASE_URL",
    ] {
        assert!(
            help.contains(variable),
            "«{variable}» is missing in:\n{help}"
        );
    }
}

#[test]
fn help_is_there_even_when_the_configuration_is_wrong() {
    let folder = Folder::new().with("MUNICIPIO_LISTEN", "nonsense");
    assert!(folder.succeed(&["--help"]).contains("Usage"));
    assert!(folder.succeed(&["--version"]).contains("municipio"));
}

#[test]
fn the_version_is_that_of_the_workspace() {
    let version = format!("municipio {}\n", env!("CARGO_PKG_VERSION"));
    for option in ["--version", "-V"] {
        assert_eq!(Folder::new().succeed(&[option]), version);
    }
}

#[test]
fn an_unknown_command_is_refused_with_a_hint() {
    let folder = Folder::new();
    for (arguments, wanted) in [
        (&["tenants"] as &[&str], "tenant"),
        (&["seed"], "load"),
        (&["tenant", "delete", "c_h501"], "--help"),
        (&["serve", "--port", "80"], "--port"),
    ] {
        let outcome = folder.run(arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?}");
        assert!(outcome.stderr.contains(wanted), "{}", outcome.stderr);
    }
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn migrate_says_what_was_done() {
    let folder = Folder::new();
    let first = folder.succeed(&["migrate"]);
    assert!(
        first.contains("SQLite") && first.contains("up to date"),
        "{first}"
    );
    let second = folder.succeed(&["migrate"]);
    assert!(second.contains("up to date"), "{second}");
    assert_ne!(first, second, "whether something was done cannot be told");
    // It brings no demo.
    assert_eq!(folder.succeed(&["tenant", "list"]), "");
}
