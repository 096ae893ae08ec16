//! Whoever gets around the triggers of the database and changes what happened is found, and so is what they changed.

use municipio_domain::{cases::Cases, content::Contents};
use municipio_tests::{Engine, on_both};
use sea_orm::ConnectionTrait;

use super::story::Story;

/// Changes, and what is said of them.
const CHANGES: [(&str, &str); 13] = [
    (
        "UPDATE case_event SET details = replace(details, '2026/0001234', '2026/0009999') WHERE number = 3",
        "entry 3 was changed: its hash does not fit",
    ),
    (
        "UPDATE case_event SET sealed = 'AAAA' WHERE number = 1",
        "entry 1 was changed: its hash does not fit",
    ),
    (
        "DELETE FROM case_event WHERE number = 2",
        "entry 2 is missing",
    ),
    (
        "DELETE FROM case_event WHERE number = 3",
        "entry 3 is missing",
    ),
    (
        "UPDATE case_file SET state = 'granted'",
        "the case is not what its events leave of it",
    ),
    // An event that nobody counted.
    (
        "UPDATE case_file SET version = 2, head = (SELECT hash FROM case_event WHERE number = 2)",
        "the last entry is 3, but 2 were counted",
    ),
    // The last event is gone, and the row as if it had never been.
    (
        "DELETE FROM case_event WHERE number = 3; UPDATE case_file SET version = 2, state = 'submitted', protocol_number = NULL,
            protocol_date = NULL, head = (SELECT hash FROM case_event WHERE number = 2),
            updated_place = (SELECT place FROM case_event WHERE number = 2)",
        "entry 3 is not there with the hash ",
    ),
    (
        "DELETE FROM case_event; DELETE FROM case_access; DELETE FROM case_file",
        "the case was removed: the audit log knows of it",
    ),
    (
        "UPDATE case_file SET data_key = NULL",
        "what the case says of people, or the key to it, was changed or removed",
    ),
    (
        "UPDATE case_file SET sealed = NULL",
        "what the case says of people, or the key to it, was changed or removed",
    ),
    (
        "UPDATE case_file SET data_key = 'AAAA'",
        "what the case says of people, or the key to it, was changed or removed",
    ),
    // The hash is no secret: whoever writes the database adds an event that fits, but that was told to nobody.
    (
        "DELETE FROM audit_entry WHERE number = (SELECT max(number) FROM audit_entry)",
        "entry 3 was put there: the audit log does not know it as the last one",
    ),
    // Nor was that a whole case is there.
    (
        "DELETE FROM audit_entry WHERE name LIKE 'case.%'",
        "entry 3 was put there: the audit log does not know it as the last one",
    ),
];

on_both! {
    async fn what_was_changed_is_named(engine) {
        for (change, found) in CHANGES {
            let story = Story::begin(engine).await;
            story.in_progress(&story.chief, story.offices[1]).await;
            let administrator = story.app.administrator().await;
            let mut kept = ["UPDATE case_event", "DELETE FROM case_event", "DELETE FROM audit_entry"].into_iter();
            let is_kept = kept.any(|start| change.starts_with(start));
            let refused = story.app.as_the_program(&story.tenant).await.execute_unprepared(change).await;
            assert_eq!(refused.is_err(), is_kept, "{change}: the database itself refuses");
            let around = match engine {
                Engine::Sqlite => "DROP TRIGGER case_event_unchanged; DROP TRIGGER case_event_kept; DROP TRIGGER audit_entry_kept",
                Engine::Postgres => "DROP TRIGGER case_event_kept ON case_event; DROP TRIGGER audit_entry_kept ON audit_entry",
            };
            administrator.execute_unprepared(around).await.unwrap();
            administrator.execute_unprepared(change).await.unwrap();
            let contents = Contents::new(story.app.database.tenant(story.tenant.id), Contents::cache(1));
            let verified = Cases::from(&contents).verify().await.unwrap();
            let told: Vec<_> = verified.flaws.iter().map(|(_, flaw)| flaw.to_string()).collect();
            assert!(told.iter().any(|flaw| flaw.starts_with(found)), "{change}: {told:?}");
            assert!(!verified.is_intact());
        }
    }
}
