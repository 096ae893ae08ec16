//! What happens in a case reaches the citizen, and the case says how far it has come.

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use municipio_integrations::appio::double::{Conduct, Habits};
use municipio_tests::{now, on_both, story::column};
use serde_json::{Value, json};

use super::story::{Story, texts};
use crate::cases::story::MARIO;

/// A double that delivers at once.
fn prompt() -> Conduct {
    Conduct {
        calls: None,
        settles_after: Duration::ZERO,
        ..Conduct::default()
    }
}

fn mario() -> BTreeSet<String> {
    [MARIO.to_owned()].into()
}

on_both! {
    async fn a_transition_reaches_the_citizen(engine) {
        let story = Story::begin(engine, prompt()).await;
        let english = json!({ "subject": "News about your case", "markdown": "The case «{{procedure}}» has come to another state: **{{state}}**. You find all of it where you applied for it, as ever.",
            "actions": [{ "text": "Open the case", "action": "iohandledlink://{{link}}" }] });
        story.template("RECEIVED", json!({ "english": english, "dueDays": 30 })).await;
        let case = story.registered("2026/0000001").await;
        let sent = story.until(&case, "SENT").await;
        assert_eq!((&sent["event"], &sent["recipient"], &sent["failures"]), (&json!("RECEIVED"), &json!("APPLICANT"), &json!(0)));
        let taken = story.double.taken();
        assert_eq!(taken.len(), 1);
        let (message, content) = (&taken[0].body, &taken[0].body["content"]);
        assert_eq!((taken[0].service_id.as_str(), &message["fiscal_code"]), (story.io_service.as_str(), &json!(MARIO)));
        assert_eq!(content["subject"], "Novità sulla tua pratica");
        let markdown = content["markdown"].as_str().unwrap();
        let (matter, text) = markdown.strip_prefix("---\n").unwrap().split_once("---\n").unwrap();
        let buttons: Value = serde_saphyr::from_str(matter).unwrap();
        assert_eq!(buttons["it"]["cta_1"]["text"], "Vai alla pratica: n. 1");
        assert_eq!(buttons["en"]["cta_1"]["text"], "Open the case");
        let link = format!("iohandledlink://https://servizi.comune.example/pratiche/{}", case["id"].as_str().unwrap());
        assert_eq!(buttons["it"]["cta_1"]["action"], json!(link));
        assert!(text.contains("«Cambio di residenza»") && text.contains("**In lavorazione**"), "{text}");
        assert!(text.contains("Protocollo 2026\\/0000001 del "), "{text}");
        assert!(content["due_date"].as_str().unwrap().ends_with(":59:59.000Z"), "{content}");

        // IO calls nobody back.
        let delivered = story.until_after(&case, "DELIVERED", TimeDelta::seconds(31)).await;
        assert!(!delivered["settledAt"].is_null());
        let asked = "{ notificationStatistics { event status total } }";
        let statistics = story.cases.ask(&story.cases.chief, asked, json!({})).await;
        assert_eq!(statistics["notificationStatistics"], json!([{ "event": "RECEIVED", "status": "DELIVERED", "total": 1 }]));
        let node = story.cases.ask(&story.cases.chief, "query($id: ID!) { node(id: $id) { __typename id } }", json!({ "id": delivered["id"] })).await;
        assert_eq!(node["node"], json!({ "__typename": "CaseNotification", "id": delivered["id"] }));
    }
}

on_both! {
    async fn who_is_on_io_is_told_to_nobody(engine) {
        let absent = Story::begin(engine, Conduct { absent: mario(), ..prompt() }).await;
        let rejecting = Story::begin(engine, Conduct { rejecting: mario(), ..prompt() }).await;
        let mut seen = Vec::new();
        for story in [&absent, &rejecting] {
            story.template("RECEIVED", json!({})).await;
            let case = story.registered("2026/0000001").await;
            let told = story.until_after(&case, "OTHER_CHANNEL", TimeDelta::seconds(31)).await;
            seen.push([&told["problem"], &told["failures"], &told["sentAt"]].map(Value::clone));
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(absent.double.taken().len(), 0);
    }
}

on_both! {
    async fn in_the_sandbox_everything_reaches_the_citizen_of_tests(engine) {
        let story = Story::begin(engine, prompt()).await;
        story.configure(json!({ "environment": "SANDBOX" })).await;
        story.template("RECEIVED", json!({})).await;
        let case = story.registered("2026/0000001").await;
        story.until(&case, "SENT").await;
        assert_eq!(story.double.taken()[0].body["fiscal_code"], "AAAAAA00A00A000A");
    }
}

on_both! {
    async fn nothing_is_written_where_nobody_wants_it(engine) {
        let story = Story::begin(engine, prompt()).await;
        let without_template = story.registered("2026/0000001").await;
        let template = story.template("RECEIVED", json!({})).await;
        story.configure(json!({ "isEnabled": false })).await;
        let switched_off = story.registered("2026/0000002").await;
        story.configure(json!({})).await;
        let deleted = story.mutate("deleteMessageTemplate", "deletedId", json!({ "id": template })).await;
        assert_eq!(deleted["deletedId"], template);
        let without_again = story.registered("2026/0000003").await;
        for case in [without_template, switched_off, without_again] {
            assert_eq!(story.told(&case).await, Vec::<Value>::new());
        }
        assert_eq!(story.double.taken().len(), 0);
    }
}

on_both! {
    async fn the_second_key_steps_in_and_a_service_without_good_keys_rests(engine) {
        let story = Story::begin(engine, prompt()).await;
        story.template("RECEIVED", json!({})).await;
        story.double.replace_keys(&story.io_service, vec![crate::appio::story::KEYS[1].to_owned()]);
        let case = story.registered("2026/0000001").await;
        story.until(&case, "SENT").await;

        story.double.replace_keys(&story.io_service, vec!["chiave-nuova-di-prova".to_owned()]);
        let case = story.registered("2026/0000002").await;
        let asked = "{ appIo { services { pausedUntil } } }";
        let paused = loop {
            let seen = story.cases.ask(&story.cases.chief, asked, json!({})).await;
            let until = seen["appIo"]["services"][0]["pausedUntil"].clone();
            if !until.is_null() { break until }
        };
        assert!(paused.as_str().unwrap() > now().to_rfc3339().as_str());
        let waiting = story.until(&case, "QUEUED").await;
        assert_eq!(waiting["problem"], "IO answered 401");
        let input = json!({ "id": story.service, "primaryKey": "chiave-nuova-di-prova" });
        story.mutate("updateAppIoService", "service { pausedUntil }", input).await;
        story.until_after(&case, "SENT", TimeDelta::minutes(11)).await;
        assert_eq!(story.double.taken().len(), 2);
    }
}

on_both! {
    async fn officers_tell_of_payments_and_of_what_was_wrong(engine) {
        let story = Story::begin(engine, prompt()).await;
        story.template("PAYMENT_NOTICE", json!({})).await;
        let erratum = json!({ "italian": { "subject": "Errata corrige: la tua pratica", "markdown": texts()["markdown"] } });
        story.template("ERRATUM", erratum).await;
        let case = story.registered("2026/0000001").await;
        let payment = |amount: u64| json!({ "amount": amount, "noticeNumber": "301234567890123456" });
        let send = async |input: Value| {
            let input = municipio_tests::story::with(json!({ "case": case["id"] }), input);
            story.mutate("sendNotification", "notifications { id event status }", input).await
        };
        for (input, wrong) in [
            (json!({ "event": "PAYMENT_NOTICE" }), ("INVALID_VALUE", "payment")),
            (json!({ "event": "ERRATUM", "payment": payment(1) }), ("INVALID_VALUE", "payment")),
            (json!({ "event": "PAYMENT_NOTICE", "payment": { "amount": 1, "noticeNumber": "9" } }), ("INVALID_VALUE", "payment.noticeNumber")),
            (json!({ "event": "DOCUMENT_READY" }), ("TEMPLATE_MISSING", "event")),
        ] {
            let refused = send(input).await;
            assert_eq!((&refused["userErrors"][0]["code"], &refused["userErrors"][0]["path"]), (&json!(wrong.0), &json!(wrong.1)), "{refused:#}");
        }
        let due = json!({ "event": "PAYMENT_NOTICE", "payment": payment(5_000), "dueAt": "2026-12-31T22:59:59Z" });
        assert_eq!(send(due).await["userErrors"], json!([]));
        story.until(&case, "SENT").await;
        let body = story.double.taken()[0].body["content"].clone();
        assert_eq!(body["payment_data"], json!({ "amount": 5_000, "notice_number": "301234567890123456", "invalid_after_due_date": false }));
        assert_eq!(body["due_date"], "2026-12-31T22:59:59.000Z");

        // More than the service may ask for: IO will not do it, however often it is asked.
        send(json!({ "event": "PAYMENT_NOTICE", "payment": payment(20_000) })).await;
        let failed = story.until(&case, "FAILED").await;
        assert_eq!(failed["problem"], "IO answered 400 Invalid payload");
        let again = json!({ "id": failed["id"], "reason": "Limite corretto da PagoPA" });
        let resent = story.mutate("resendNotification", "notification { repeats status }", again.clone()).await;
        assert_eq!(resent["notification"]["repeats"], failed["id"]);
        let refused = story.mutate("resendNotification", "notification { id }", again).await;
        assert_eq!(column(&refused["userErrors"], "code"), ["NOT_REPEATABLE"]);
        story.until(&case, "FAILED").await;

        send(json!({ "event": "ERRATUM", "text": "L'importo era sbagliato." })).await;
        let sent = story.until(&case, "SENT").await;
        assert_eq!(sent["event"], "ERRATUM");
        let refused = story.mutate("resendNotification", "notification { id }", json!({ "id": sent["id"], "reason": "x" })).await;
        assert_eq!(column(&refused["userErrors"], "code"), ["NOT_REPEATABLE"]);
        let audit = story.cases.ask(&story.cases.chief, "{ auditEntries { nodes { name details } } }", json!({})).await.to_string();
        assert!(audit.contains("notification.send") && audit.contains("notification.resend"), "{audit}");
        assert!(!audit.contains("sbagliato") && !audit.contains("301234567890123456"), "{audit}");
    }
}

on_both! {
    async fn a_premium_contract_says_what_was_read_and_paid(engine) {
        let story = Story::begin(engine, prompt()).await;
        story.configure(json!({ "isPremium": true })).await;
        story.template("PAYMENT_NOTICE", json!({})).await;
        let case = story.registered("2026/0000001").await;
        let input = json!({ "case": case["id"], "event": "PAYMENT_NOTICE", "payment": { "amount": 5_000, "noticeNumber": "301234567890123456" } });
        let sent = story.mutate("sendNotification", "notifications { isRead isPaid }", input).await;
        assert_eq!(sent["notifications"], json!([{ "isRead": null, "isPaid": null }]));
        let delivered = story.until_after(&case, "DELIVERED", TimeDelta::seconds(31)).await;
        assert_eq!((&delivered["isRead"], &delivered["isPaid"]), (&json!(false), &json!(false)));
        story.double.set_habits(Habits { reads: true, pays: true });
        let mut moment = now();
        let told = loop {
            moment += TimeDelta::hours(12);
            assert!(moment < now() + TimeDelta::days(8), "it is not told any more");
            story.run(moment).await;
            let told = story.told(&case).await.remove(0);
            if told["isPaid"] == true { break told }
        };
        assert_eq!((&told["isRead"], &told["status"], &told["settledAt"]), (&json!(true), &json!("DELIVERED"), &delivered["settledAt"]));
    }
}
