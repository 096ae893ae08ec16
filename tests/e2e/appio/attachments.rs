//! Files of a case that come with a message, as IO fetches them.

use std::{fs, time::Duration};

use municipio_integrations::appio::double::{Conduct, Reader, Taken, Unreadable};
use municipio_tests::{Engine, media::archival, on_both, story::with};
use serde_json::{Value, json};

use super::{
    remote::ANNA,
    story::{Story, remote, texts},
};
use crate::{
    cases::story::{MARIO, wrong},
    rest::{contract, faults, whole},
};

/// What the people of a case are told of a document.
fn ready() -> Value {
    let italian = with(
        remote()["italian"].clone(),
        json!({ "subject": "Un documento è pronto",
            "markdown": "Gentile {{applicant}}, il documento della tua pratica è pronto: lo trovi tra gli allegati di questo messaggio." }),
    );
    with(remote(), json!({ "italian": italian }))
}

struct Office {
    story: Story,
    case: Value,
    key: String,
}

impl Office {
    /// A municipality with a premium contract, and a case of it.
    async fn begin(engine: Engine) -> Self {
        let conduct = Conduct {
            calls: None,
            settles_after: Duration::ZERO,
            ..Conduct::default()
        };
        let story = Story::begin(engine, conduct).await;
        story.configure(json!({ "isPremium": true })).await;
        story.template("DOCUMENT_READY", ready()).await;
        let production = json!({ "environment": "PRODUCTION" });
        let mut rotated = story.mutate("rotateAppIoKey", "key", production).await;
        let case = story.registered("2026/0000001").await;
        Self {
            story,
            case,
            key: rotated["key"].take().as_str().unwrap().to_owned(),
        }
    }

    /// Adds a file to the case; gives how it is named.
    async fn add(&self, name: &str, bytes: Vec<u8>) -> Value {
        let (cases, chief) = (&self.story.cases, &self.story.cases.chief);
        let upload = cases.upload(chief, name, bytes).await;
        let message = json!({ "id": self.case["id"], "audience": "EVERYONE", "text": "Ecco", "files": [upload] });
        cases.done(chief, "sendCaseMessage", message).await;
        let query = "query($id: ID!) { case(id: $id) { timeline { number files { sha256 } } } }";
        let asked = cases.ask(chief, query, json!({ "id": self.case["id"] }));
        let timeline = asked.await["case"]["timeline"].take();
        let last = timeline.as_array().unwrap().last().unwrap().clone();
        json!({ "event": last["number"], "sha256": last["files"][0]["sha256"] })
    }

    async fn send(&self, attachments: Value) -> Value {
        let input = json!({ "case": self.case["id"], "event": "DOCUMENT_READY", "attachments": attachments });
        self.story
            .mutate("sendNotification", "notifications { attachments }", input)
            .await
    }

    /// What IO took in last.
    async fn taken(&self) -> Taken {
        self.story.until(&self.case, "SENT").await;
        self.story.double.taken().pop().unwrap()
    }

    /// What fetches for the app.
    fn reader(&self) -> Reader {
        let base = format!("{}/api/v1/appio", self.story.cases.app.base);
        Reader::new(base.parse().unwrap(), &self.key)
    }
}

on_both! {
    async fn a_file_of_the_case_comes_with_a_message(engine) {
        let office = Office::begin(engine).await;
        let pdf = archival("2", "A");
        let named = office.add("provvedimento.pdf", pdf.clone()).await;
        let sent = office.send(json!([named])).await;
        assert_eq!(sent, json!({ "notifications": [{ "attachments": 1 }], "userErrors": [] }));
        let taken = office.taken().await;
        assert_eq!((&taken.body["feature_level_type"], &taken.body["content"]["third_party_data"]["has_attachments"]), (&json!("ADVANCED"), &json!(true)));
        assert!(!taken.body.to_string().contains("provvedimento"));

        let reader = office.reader();
        let opened = reader.open(&taken, MARIO).await.unwrap();
        let [file] = opened.attachments.as_slice() else { panic!("{opened:?}") };
        assert_eq!((file.name.as_str(), file.content_type.as_str(), file.category.as_str()), ("provvedimento.pdf", "application/pdf", "DOCUMENT"));
        assert!(file.url.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{}", file.url);
        // Each time that it is opened.
        for _ in 0..2 {
            assert!(reader.file(&taken, file, MARIO).await.unwrap() == pdf);
        }
        let app = &office.story.cases.app;
        let id = taken.body["content"]["third_party_data"]["id"].as_str().unwrap().to_owned();
        let get = async |path: &str, code: &str| {
            let request = app.client.get(format!("{}/api/v1/appio/messages/{id}{path}", app.base));
            request.header("x-api-key", &office.key).header("fiscal_code", code).send().await.unwrap()
        };
        let contract = contract(app).await;
        let message: Value = get("", MARIO).await.json().await.unwrap();
        let schema = whole(&contract, &contract["components"]["schemas"]["RemoteContent"]);
        assert_eq!(faults(&schema, &message), Vec::<String>::new());
        let whole_file = get(&format!("/{}", file.url), MARIO).await;
        assert_eq!(whole_file.headers()["content-type"], "application/octet-stream");
        assert_eq!(whole_file.headers()["content-length"], pdf.len().to_string().as_str());
        assert_eq!(whole_file.headers()["cache-control"], "private, no-store");

        assert_eq!(reader.file(&taken, file, ANNA).await, Err(Unreadable::Status(404)));
        for other in ["/x", "/x/y", "/precondition/x"] {
            assert_eq!(get(other, MARIO).await.status(), 404, "{other}");
        }
        let stranger = Reader::new(format!("{}/api/v1/appio", app.base).parse().unwrap(), "mun_io_0");
        assert_eq!(stranger.file(&taken, file, MARIO).await, Err(Unreadable::Status(401)));
        let kept = format!("{:?}", app.texts("SELECT sealed FROM case_notification").await);
        assert!(!kept.contains("provvedimento"), "{kept}");
    }
}

on_both! {
    async fn files_of_a_transition_come_with_its_message_as_far_as_io_shows_them(engine) {
        let office = Office::begin(engine).await;
        let (story, chief) = (&office.story, &office.story.cases.chief);
        let fixed = json!({ "service": story.service, "event": "NOT_ACCEPTED", "content": { "attachesFiles": true, "italian": texts() } });
        let refused = story.mutate("saveMessageTemplate", "template { id }", fixed).await;
        assert_eq!(wrong(&refused), [("INVALID_VALUE".to_owned(), "content.attachesFiles".to_owned())]);
        story.template("NOT_ACCEPTED", with(remote(), json!({ "attachesFiles": true }))).await;
        let mut files = Vec::new();
        for (name, bytes) in [("diniego.pdf", archival("2", "A")), ("nota.pdf", archival("1", "B")), ("nota.txt", b"Nota".to_vec())] {
            files.push(story.cases.upload(chief, name, bytes).await);
        }
        let refuse = json!({ "id": office.case["id"], "expectedVersion": office.case["version"], "transition": "refuse",
            "reasons": "Manca un requisito.", "files": files });
        story.cases.done(chief, "transitionCase", refuse).await;
        let (taken, reader) = (office.taken().await, office.reader());
        assert_eq!(taken.body["content"]["third_party_data"]["has_attachments"], true);
        let opened = reader.open(&taken, MARIO).await.unwrap();
        let [file] = opened.attachments.as_slice() else { panic!("{opened:?}") };
        assert_eq!(file.name, "diniego.pdf");
        assert!(reader.file(&taken, file, MARIO).await.unwrap() == archival("2", "A"));
        let asked = "query($id: ID!) { case(id: $id) { notifications { attachments } } }";
        let told = story.cases.ask(chief, asked, json!({ "id": office.case["id"] })).await;
        assert_eq!(told["case"]["notifications"], json!([{ "attachments": 1 }]));

        // Without a premium contract the message goes without them.
        story.configure(json!({ "isPremium": false })).await;
        let case = story.registered("2026/0000002").await;
        let file = story.cases.upload(chief, "diniego.pdf", archival("2", "A")).await;
        let refuse = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "refuse",
            "reasons": "Manca un requisito.", "files": [file] });
        story.cases.done(chief, "transitionCase", refuse).await;
        story.until(&case, "SENT").await;
        let taken = story.double.taken().pop().unwrap();
        assert_eq!(taken.body["content"]["third_party_data"]["has_attachments"], false);
    }
}

on_both! {
    async fn a_file_that_cannot_be_read_yet_is_asked_for_again(engine) {
        let office = Office::begin(engine).await;
        let named = office.add("provvedimento.pdf", archival("2", "A")).await;
        office.send(json!([named])).await;
        let (taken, reader) = (office.taken().await, office.reader());
        let file = reader.open(&taken, MARIO).await.unwrap().attachments.remove(0);
        let folder = office.story.cases.app.media_folder();
        let aside = folder.with_extension("aside");
        fs::rename(&folder, &aside).unwrap();
        assert_eq!(reader.file(&taken, &file, MARIO).await, Err(Unreadable::Later(5)));
        fs::rename(&aside, &folder).unwrap();
        assert!(reader.file(&taken, &file, MARIO).await.is_ok());

        // What was said to be there is there, though nothing can be read of it any more.
        let administrator = office.story.cases.app.administrator().await;
        sea_orm::ConnectionTrait::execute_unprepared(&administrator, "UPDATE case_file SET data_key = NULL").await.unwrap();
        let opened = reader.open(&taken, MARIO).await.unwrap();
        assert_eq!((opened.subject.as_str(), opened.attachments.len()), ("Contenuto non più disponibile", 1));
        assert_eq!(reader.file(&taken, &opened.attachments[0], MARIO).await, Err(Unreadable::Status(404)));
        assert_eq!(reader.file(&taken, &file, MARIO).await, Err(Unreadable::Status(404)));
    }
}

on_both! {
    async fn what_io_would_not_show_is_refused(engine) {
        let office = Office::begin(engine).await;
        let refused = async |attachments: Value| wrong(&office.send(attachments).await);
        let attachment = |code: &str| vec![(code.to_owned(), "attachments[0]".to_owned())];
        let good = office.add("provvedimento.pdf", archival("2", "A")).await;
        for (name, bytes) in [
            ("bozza.pdf", archival("2", "B")),
            ("vecchio.pdf", archival("1", "A")),
            ("nota.txt", b"una nota che non e' un PDF\n".to_vec()),
        ] {
            let named = office.add(name, bytes).await;
            assert_eq!(refused(json!([named])).await, attachment("INVALID_ATTACHMENT"), "{name}");
        }
        let unknown = with(good.clone(), json!({ "sha256": "0".repeat(64) }));
        assert_eq!(refused(json!([unknown])).await, attachment("INVALID_ATTACHMENT"));
        let unreadable = with(good.clone(), json!({ "sha256": "x" }));
        assert_eq!(refused(json!([unreadable])).await, attachment("INVALID_ATTACHMENT"));
        let twice = refused(json!([good, good])).await;
        assert_eq!(twice, [("INVALID_ATTACHMENT".to_owned(), "attachments[1]".to_owned())]);

        office.story.configure(json!({ "isPremium": false })).await;
        assert_eq!(refused(json!([good])).await, [("PREMIUM_REQUIRED".to_owned(), "attachments".to_owned())]);
        office.story.configure(json!({ "isPremium": true })).await;
        let list = "{ messageTemplates { nodes { id event } } }";
        let seen = office.story.cases.ask(&office.story.cases.chief, list, json!({})).await;
        let input = json!({ "id": seen["messageTemplates"]["nodes"][0]["id"], "service": office.story.service,
            "event": "DOCUMENT_READY", "content": { "italian": texts() } });
        office.story.mutate("saveMessageTemplate", "template { id }", input).await;
        assert_eq!(refused(json!([good])).await, [("INVALID_VALUE".to_owned(), "attachments".to_owned())]);
        assert_eq!(office.story.double.taken().len(), 0);
    }
}
