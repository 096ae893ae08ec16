//! Who is not reached on App IO is written a mail, and nothing tells who is there.

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use municipio_domain::{content::ContentType, notifications::Mailer};
use municipio_integrations::{appio::double::Conduct, mail};
use municipio_tests::{now, on_both, smtp::SmtpServer, story::global_id};
use serde_json::{Value, json};

use super::story::{Story, remote, texts};
use crate::cases::story::{MARIO, today, wrong};

/// From where mails come.
const OFFICE: &str = "pratiche@comune.example";

fn mario() -> BTreeSet<String> {
    [MARIO.to_owned()].into()
}

/// A double on which Mario is not.
fn absent() -> Conduct {
    Conduct {
        calls: None,
        absent: mario(),
        settles_after: Duration::ZERO,
        ..Conduct::default()
    }
}

/// One that takes messages for Mario in and does not deliver them.
fn rejecting() -> Conduct {
    Conduct {
        absent: BTreeSet::new(),
        rejecting: mario(),
        ..absent()
    }
}

impl Story {
    /// A case of somebody with this address, that was entered into the protocol.
    async fn registered_of(&self, email: Option<&str>) -> Value {
        let (cases, chief) = (&self.cases, &self.cases.chief);
        let input = json!({
            "procedure": global_id(ContentType::Procedure, cases.procedure),
            "office": global_id(ContentType::Office, cases.offices[1]),
            "subject": "Trasloco",
            "applicant": { "fiscalCode": MARIO, "name": "Mario Rossi", "email": email },
            "data": { "address": "Via Roma 1" },
        });
        let case = cases.done(chief, "openCase", input).await;
        let evidence = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form" });
        let case = cases.done(chief, "addCaseEvidence", evidence).await;
        let register = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "register",
            "protocol": { "number": "2026/0000001", "date": today() } });
        cases.done(chief, "transitionCase", register).await
    }

    /// The last notification of a case, once its mail stands like this; time goes by in steps.
    async fn until_mailed(&self, case: &Value, status: &str, step: TimeDelta) -> Value {
        let mut moment = now();
        for _ in 0..300 {
            moment += step;
            self.attempted(case).await;
            self.run(moment).await;
            if let Some(last) = self.told(case).await.pop()
                && last["mail"]["status"] == status
            {
                return last;
            }
        }
        panic!("{status} did not come: {:#?}", self.told(case).await);
    }

    fn mails(&self) -> Vec<Value> {
        self.smtp.as_ref().unwrap().mails()
    }
}

on_both! {
    async fn who_is_not_reached_on_io_is_written_a_mail(engine) {
        let mut seen = Vec::new();
        for conduct in [absent(), rejecting()] {
            let Some(story) = Story::mailing(engine, conduct).await else { return };
            story.configure(json!({ "mailSender": OFFICE })).await;
            story.template("RECEIVED", json!({})).await;
            let case = story.registered_of(Some("Mario.Rossi@example.org")).await;
            let told = story.until_mailed(&case, "SENT", TimeDelta::seconds(31)).await;
            assert!(!told["mail"]["sentAt"].is_null(), "{told}");
            let mails = story.mails();
            assert_eq!(mails.len(), 1);
            let (mail, headers) = (&mails[0], &mails[0]["headers"]);
            assert_eq!((&mail["from"], &mail["to"]), (&json!(OFFICE), &json!(["mario.rossi@example.org"])));
            let from = headers["from"].as_str().unwrap();
            assert!(from.contains("Comune di prova c_x001") && from.ends_with(&format!("<{OFFICE}>")), "{from}");
            assert_eq!(headers["subject"], "Novità sulla tua pratica");
            assert_eq!(headers["auto-submitted"], "auto-generated");
            assert!(headers["content-type"].as_str().unwrap().starts_with("text/plain"), "{headers}");
            let id = headers["message-id"].as_str().unwrap();
            assert!(id.starts_with('<') && id.ends_with("@comune.example>"), "{id}");
            let text = mail["text"].as_str().unwrap();
            assert!(text.contains("«Cambio di residenza» è passata allo stato In lavorazione,"), "{text}");
            assert!(text.contains("Protocollo 2026/0000001 del "), "{text}");
            assert!(text.contains("La tua pratica: https://servizi.comune.example/pratiche/"), "{text}");
            let outward = ["status", "problem", "failures", "sentAt"].map(|field| told[field].clone());
            assert_eq!(outward[0], "OTHER_CHANNEL");
            seen.push((outward, told["mail"]["status"].clone(), told["mail"]["failures"].clone()));
        }
        assert_eq!(seen[0], seen[1], "nobody sees who is on IO");
    }
}

on_both! {
    async fn what_is_of_people_is_in_no_mail(engine) {
        let Some(story) = Story::mailing(engine, absent()).await else { return };
        story.configure(json!({ "mailSender": OFFICE })).await;
        story.template("NOT_ACCEPTED", remote()).await;
        story.template("RECEIVED", json!({ "isSecure": true })).await;
        let case = story.registered_of(Some("mario@example.org")).await;
        let refuse = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "refuse", "reasons": "Manca un requisito." });
        story.cases.done(&story.cases.chief, "transitionCase", refuse).await;
        story.until_mailed(&case, "SENT", TimeDelta::seconds(31)).await;
        let mails = story.mails();
        assert_eq!(mails.len(), 2);
        let texts: Vec<_> = mails.iter().map(|mail| mail["text"].as_str().unwrap()).collect();
        assert!(texts[0].starts_with("C'è una novità sulla tua pratica presso il Comune di prova c_x001.\n\nLa tua pratica: "), "{texts:?}");
        assert!(texts[1].starts_with("C'è una novità sulla tua pratica presso il Comune di prova c_x001. Apri il messaggio"), "{texts:?}");
        for mail in &mails {
            let mail = mail.to_string();
            assert!(!mail.contains("Mario Rossi") && !mail.contains("requisito") && !mail.contains("Trasloco") && !mail.contains("RSSMRA"), "{mail}");
        }
        let kept = story.cases.app.texts("SELECT sealed FROM case_file").await;
        assert!(!kept.concat().contains("example.org"), "addresses are encrypted");
    }
}

on_both! {
    async fn a_server_says_whether_a_mail_is_worth_another_try(engine) {
        let Some(story) = Story::mailing(engine, absent()).await else { return };
        story.configure(json!({ "mailSender": OFFICE })).await;
        story.template("RECEIVED", json!({})).await;
        for (address, problem) in [
            ("nobody@example.org", "the SMTP server answered 550 to RCPT"),
            ("full@example.org", "the SMTP server answered 552 to the text"),
        ] {
            let case = story.registered_of(Some(address)).await;
            let failed = story.until_mailed(&case, "FAILED", TimeDelta::seconds(1)).await;
            assert_eq!((&failed["status"], &failed["mail"]["problem"]), (&json!("OTHER_CHANNEL"), &json!(problem)));
            let again = json!({ "id": failed["id"], "reason": "Il cittadino ha un altro indirizzo" });
            let resent = story.mutate("resendNotification", "notification { status }", again).await;
            assert_eq!(resent["userErrors"], json!([]), "{resent}");
        }
        let case = story.registered_of(Some("later@example.org")).await;
        let sent = story.until_mailed(&case, "SENT", TimeDelta::minutes(7)).await;
        assert_eq!((&sent["mail"]["failures"], &sent["mail"]["problem"]), (&json!(2), &Value::Null));

        let case = story.registered_of(Some("lost@example.org")).await;
        let doubtful = story.until_mailed(&case, "AMBIGUOUS", TimeDelta::hours(3)).await;
        assert_eq!(doubtful["mail"]["problem"], "the connection to the SMTP server ended at the text");
        let to = |address: &str| story.mails().iter().filter(|mail| mail["to"][0] == address).count();
        assert_eq!((to("later@example.org"), to("lost@example.org")), (1, 1), "it arrived once, and nobody knows");
    }
}

on_both! {
    async fn a_mail_that_may_be_sent_twice_is_the_same_both_times(engine) {
        let Some(story) = Story::mailing(engine, absent()).await else { return };
        story.configure(json!({ "mailSender": OFFICE })).await;
        story.template("RECEIVED", json!({ "inDoubt": "RESEND" })).await;
        let case = story.registered_of(Some("lost@example.org")).await;
        story.until_mailed(&case, "AMBIGUOUS", TimeDelta::hours(3)).await;
        let mails = story.mails();
        assert_eq!(mails.len(), 4);
        assert!(mails.iter().all(|mail| mail["headers"]["message-id"] == mails[0]["headers"]["message-id"]));
    }
}

on_both! {
    async fn nobody_is_written_who_gave_no_address_and_what_is_tried_reaches_the_sender(engine) {
        let Some(story) = Story::mailing(engine, absent()).await else { return };
        story.template("RECEIVED", json!({})).await;
        let without_sender = story.registered_of(Some("mario@example.org")).await;
        let told = story.until(&without_sender, "OTHER_CHANNEL").await;
        assert_eq!(told["mail"], Value::Null);
        story.configure(json!({ "mailSender": OFFICE })).await;
        let without_address = story.registered_of(None).await;
        let told = story.until(&without_address, "OTHER_CHANNEL").await;
        assert_eq!(told["mail"], Value::Null);
        assert_eq!(story.mails(), Vec::<Value>::new());

        let refused = story.configure(json!({ "mailSender": "ufficio" })).await;
        assert_eq!(wrong(&refused), [("INVALID_VALUE".to_owned(), "mailSender".to_owned())]);
        let input = json!({
            "procedure": global_id(ContentType::Procedure, story.cases.procedure),
            "subject": "Trasloco",
            "applicant": { "fiscalCode": MARIO, "email": "mario@example.org\r\nBcc: altri@example.org" },
        });
        let refused = story.cases.mutate(&story.cases.chief, "openCase", input).await;
        assert_eq!(wrong(&refused), [("INVALID_EMAIL".to_owned(), "applicant.email".to_owned())]);
    }
}

on_both! {
    async fn a_mail_of_the_sandbox_reaches_the_sender_alone(engine) {
        // The citizen of tests is not delivered anything.
        let conduct = Conduct { rejecting: ["AAAAAA00A00A000A".to_owned()].into(), ..rejecting() };
        let Some(story) = Story::mailing(engine, conduct).await else { return };
        story.configure(json!({ "mailSender": OFFICE, "environment": "SANDBOX" })).await;
        story.template("RECEIVED", json!({ "italian": texts() })).await;
        let case = story.registered_of(Some("mario@example.org")).await;
        story.until_mailed(&case, "SENT", TimeDelta::seconds(31)).await;
        let mails = story.mails();
        assert_eq!((mails.len(), &mails[0]["to"]), (1, &json!([OFFICE])));
    }
}

/// Who signs in, and a server that wants more than it gets.
#[actix_web::test]
async fn a_server_is_told_nothing_before_it_is_known() {
    let Some(server) = SmtpServer::with_password("segreta") else {
        return;
    };
    let check = async |url: &str| {
        let client = mail::Client::new(url.parse().unwrap());
        client.check().await.map_err(|error| error.problem)
    };
    assert_eq!(check(&server.url).await, Ok(()));
    let wrong = server.url.replace("segreta", "sbagliata");
    let refused = check(&wrong).await.unwrap_err();
    assert_eq!(refused, "the SMTP server answered 535 to the beginning");
    let with_tls = server.url.replace("?tls=off", "");
    let refused = check(&with_tls).await.unwrap_err();
    assert_eq!(
        refused,
        "the SMTP server offers no STARTTLS, or no way to sign in"
    );
    assert!(server.mails().is_empty());
}

on_both! {
    async fn a_citizen_says_where_mails_reach_them(engine) {
        let story = Story::begin(engine, absent()).await;
        let anna = story.cases.app.citizen(&story.cases.tenant, 1).await;
        let start = |email: &str| json!({
            "procedure": global_id(ContentType::Procedure, story.cases.procedure),
            "subject": "Trasloco", "data": { "address": "Via Roma 1" }, "email": email,
        });
        let refused = story.cases.mutate(&anna, "startCase", start("anna")).await;
        assert_eq!(wrong(&refused), [("INVALID_EMAIL".to_owned(), "email".to_owned())]);
        let case = story.cases.done(&anna, "startCase", start("Anna.Bianchi@example.org")).await;
        let query = "query($id: ID!) { case(id: $id) { applicant { email } } }";
        let seen = story.cases.ask(&anna, query, json!({ "id": case["id"] })).await;
        assert_eq!(seen["case"]["applicant"]["email"], "anna.bianchi@example.org");
    }
}
