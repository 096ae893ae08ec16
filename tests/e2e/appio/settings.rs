//! What administrators set: keys are written and never read again, and what IO would not accept is refused when it is
//! saved.

use municipio_integrations::appio::double::Conduct;
use municipio_tests::{on_both, story::with};
use serde_json::{Value, json};

use super::story::{KEYS, MANAGE_KEY, Story, texts};
use crate::cases::story::wrong;

on_both! {
    async fn keys_are_never_read_again(engine) {
        let story = Story::begin(engine, Conduct::default()).await;
        let rotated = story.mutate("rotateAppIoKey", "key appIo { sandboxKeyHint productionKeyHint }", json!({ "environment": "SANDBOX" })).await;
        let key = rotated["key"].as_str().unwrap();
        assert!(key.starts_with("mun_io_"));
        let hint = rotated["appIo"]["sandboxKeyHint"].as_str().unwrap();
        assert!(key.starts_with(hint) && rotated["appIo"]["productionKeyHint"].is_null());
        let asked = "{ appIo { isEnabled environment isPremium calls caseAddress hasManageKey remoteConfiguration sandboxKeyHint
            services { id name serviceId isEnabled pausedUntil } } auditEntries { nodes { name details } } }";
        let shown = story.cases.ask(&story.cases.chief, asked, json!({})).await;
        assert_eq!((&shown["appIo"]["hasManageKey"], &shown["appIo"]["calls"]), (&json!(true), &json!(150)));
        let shown = shown.to_string();
        let kept = [
            story.cases.app.texts("SELECT keys FROM appio_service").await,
            story.cases.app.texts("SELECT manage_key FROM appio_account").await,
            story.cases.app.texts("SELECT CAST(remote_keys AS TEXT) FROM appio_account").await,
        ];
        let kept = format!("{kept:?}");
        for secret in [KEYS[0], KEYS[1], MANAGE_KEY, key] {
            assert!(!shown.contains(secret) && !kept.contains(secret), "{secret}");
        }
        // What is left out stays; what is empty goes.
        story.configure(json!({ "manageKey": null })).await;
        let has_key = async || story.cases.ask(&story.cases.chief, "{ appIo { hasManageKey } }", json!({})).await["appIo"]["hasManageKey"].clone();
        assert_eq!(has_key().await, true);
        story.configure(json!({ "manageKey": "" })).await;
        assert_eq!(has_key().await, false);
    }
}

on_both! {
    async fn settings_that_cannot_be_meant_are_refused(engine) {
        let story = Story::begin(engine, Conduct::default()).await;
        for (change, path) in [
            (json!({ "calls": 1000 }), "calls"),
            (json!({ "caseAddress": "https://servizi.comune.example/pratiche" }), "caseAddress"),
            (json!({ "remoteConfiguration": "x" }), "remoteConfiguration"),
            (json!({ "manageKey": "x" }), "manageKey"),
        ] {
            let refused = story.configure(change).await;
            assert_eq!(wrong(&refused), [("INVALID_VALUE".to_owned(), path.to_owned())]);
        }
        let service = async |change: Value| {
            let usual = json!({ "name": "Altro", "serviceId": "01HMRBX079WA5SGYBQP1A7FSKH", "primaryKey": KEYS[0] });
            wrong(&story.mutate("createAppIoService", "service { id }", with(usual, change)).await)
        };
        for (change, path) in [
            (json!({ "name": "" }), "name"),
            (json!({ "serviceId": "x" }), "serviceId"),
            (json!({ "serviceId": story.io_service }), "serviceId"),
            (json!({ "primaryKey": "x" }), "primaryKey"),
            (json!({ "secondaryKey": "x" }), "secondaryKey"),
        ] {
            assert_eq!(service(change).await, [("INVALID_VALUE".to_owned(), path.to_owned())]);
        }
        let deleted = story.mutate("deleteAppIoService", "deletedId", json!({ "id": story.service })).await;
        assert_eq!(deleted["deletedId"], story.service);
    }
}

on_both! {
    async fn templates_that_io_would_not_take_are_refused_when_they_are_saved(engine) {
        let story = Story::begin(engine, Conduct::default()).await;
        let save = async |event: &str, italian: Value, more: Value| {
            let content = with(json!({ "italian": with(texts(), italian) }), more);
            let input = json!({ "service": story.service, "event": event, "content": content });
            wrong(&story.mutate("saveMessageTemplate", "template { id }", input).await)
        };
        let subject = |text: String| json!({ "subject": text });
        let emoji = |before: usize| format!("{}👋", "x".repeat(before));
        let long = "parola ".repeat(12);
        for (italian, code, path) in [
            (subject("x".repeat(9)), "TOO_SHORT", "subject"),
            (subject("x".repeat(121)), "TOO_LONG", "subject"),
            (subject(emoji(119)), "TOO_LONG", "subject"),
            (subject("Ciao {{applicant}}, novità".to_owned()), "PERSONAL_DATA_EXPOSED", "subject"),
            (json!({ "markdown": "{{numero}}" }), "UNKNOWN_VARIABLE", "markdown"),
            (json!({ "markdown": format!("{long}\n\n| a |\n|---|\n| b |") }), "INVALID_MARKDOWN", "markdown"),
            (json!({ "markdown": format!("{long}<b>x</b>") }), "INVALID_MARKDOWN", "markdown"),
            (json!({ "markdown": "Troppo corto." }), "TOO_SHORT", "markdown"),
            (json!({ "actions": [{ "text": "Vai", "action": "https://x.example/" }] }), "INVALID_ACTION", "actions[0].action"),
            (json!({ "courtesy": long }), "INVALID_VALUE", "courtesy"),
        ] {
            let refused = save("RECEIVED", italian, json!({})).await;
            assert_eq!(refused, [(code.to_owned(), format!("content.italian.{path}"))]);
        }
        let resend = json!({ "inDoubt": "RESEND" });
        let refused = save("NOT_ACCEPTED", json!({}), resend.clone()).await;
        assert_eq!(refused, [("NEVER_REPEATED".to_owned(), "content.inDoubt".to_owned())]);
        assert_eq!(save("RECEIVED", subject(emoji(118)), resend).await, []);
        let refused = save("RECEIVED", json!({}), json!({})).await;
        assert_eq!(refused, [("TEMPLATE_TAKEN".to_owned(), "event".to_owned())]);

        let list = "{ messageTemplates { nodes { id event version inDoubt italian { subject } } } }";
        let seen = story.cases.ask(&story.cases.chief, list, json!({})).await;
        let nodes = seen["messageTemplates"]["nodes"].as_array().unwrap();
        assert_eq!((nodes.len(), &nodes[0]["version"], &nodes[0]["inDoubt"]), (1, &json!(1), &json!("RESEND")));
        let input = json!({ "id": nodes[0]["id"], "service": story.service, "event": "IN_CHARGE", "isEnabled": false, "content": { "italian": texts() } });
        let changed = story.mutate("saveMessageTemplate", "template { version event isEnabled }", input).await;
        assert_eq!(changed["template"], json!({ "version": 2, "event": "IN_CHARGE", "isEnabled": false }));
    }
}

on_both! {
    async fn a_municipality_begins_with_a_template_for_each_event(engine) {
        let story = Story::begin(engine, Conduct::default()).await;
        story.template("RECEIVED", json!({})).await;
        let input = json!({ "service": story.service });
        let added = story.mutate("addDefaultMessageTemplates", "templates { event place english { subject } }", input.clone()).await;
        let templates = added["templates"].as_array().unwrap();
        assert_eq!(templates.len(), 14, "{added:#}");
        let remote: Vec<_> = templates.iter().filter(|one| one["place"] == "REMOTE").map(|one| one["event"].as_str().unwrap()).collect();
        assert_eq!(remote, ["INTEGRATION_REQUESTED", "REFUSAL_ANNOUNCED", "NOT_ACCEPTED", "ERRATUM"]);
        let again = story.mutate("addDefaultMessageTemplates", "templates { id }", input).await;
        assert_eq!(again, json!({ "templates": [], "userErrors": [] }));
    }
}
