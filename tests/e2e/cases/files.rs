//! Files of cases: encrypted where they are kept, for those who see the case, and gone with it.

use std::{fs, path::Path, time::Duration};

use actix_web::rt;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use municipio_domain::{audit::Actor, cases::erase_expired, content::ContentType};
use municipio_tests::{
    now, on_both,
    story::{global_id, with},
};
use reqwest::Response;
use serde_json::{Value, json};

use super::{
    citizen::with_drafts,
    story::{Story, procedure, today, wrong},
    told::Updates,
};

const HOST: &str = "www.x001.example";
/// What stands in every line of the files.
const MARK: &str = "Dichiarazione riservata di Anna";

/// A file of several frames.
fn text() -> Vec<u8> {
    format!("{MARK}\n").repeat(50_000).into_bytes()
}

impl Story {
    /// Uploads a file in one request; gives the id of the upload.
    pub async fn upload(&self, token: &str, name: &str, bytes: Vec<u8>) -> String {
        let request = self
            .app
            .client
            .post(format!("{}/media/uploads", self.app.base));
        let request = request
            .header("host", HOST)
            .header("tus-resumable", "1.0.0");
        let request = request.header("upload-length", bytes.len());
        let request = request.header(
            "upload-metadata",
            format!("filename {}", STANDARD.encode(name)),
        );
        let request = request.header("content-type", "application/offset+octet-stream");
        let answer = request.bearer_auth(token).body(bytes).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{name}");
        let location = answer.headers()["location"].to_str().unwrap();
        location.rsplit('/').next().unwrap().to_owned()
    }

    /// The files of the events of a case that somebody sees.
    async fn files(&self, token: &str, id: &Value) -> Vec<Value> {
        let query = "query($id: ID!) { case(id: $id) { timeline { files { name mediaType size sha256 url } } } }";
        let case = self.ask(token, query, json!({ "id": id })).await["case"].take();
        let events = case["timeline"].as_array().cloned().unwrap_or_default();
        events
            .iter()
            .flat_map(|event| event["files"].as_array().unwrap().clone())
            .collect()
    }

    /// What is at an address of this program.
    async fn fetch(&self, url: &str) -> Response {
        let (_, path) = url.split_once("/media/").unwrap();
        let request = self
            .app
            .client
            .get(format!("{}/media/{path}", self.app.base));
        request.header("host", HOST).send().await.unwrap()
    }

    /// Waits until nothing is left of what was not encrypted.
    async fn released(&self) {
        while self.app.rows("media_upload").await + self.app.rows("media_blob").await > 0 {
            rt::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// A draft of a citizen, of a procedure whose cases are kept for a year.
    async fn draft(&self, token: &str) -> Value {
        let definition = with(with_drafts(), json!({ "retention": { "years": 1 } }));
        let body = procedure("Accesso agli atti", self.offices[1], &definition);
        let procedure = self.editor.published(ContentType::Procedure, body).await;
        let start = json!({ "procedure": global_id(ContentType::Procedure, procedure), "subject": "Copia", "data": { "address": "Via Roma 1" } });
        self.done(token, "startCase", start).await
    }
}

/// The files below a folder.
fn kept(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                kept(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

on_both! {
    async fn a_file_is_for_those_who_see_the_case_and_encrypted_for_all_others(engine) {
        let story = Story::begin(engine).await;
        let [anna, luca] = [story.app.citizen(&story.tenant, 1).await, story.app.citizen(&story.tenant, 2).await];
        let case = story.draft(&anna).await;
        let upload = story.upload(&anna, "modulo.txt", text()).await;
        let form = |upload: &str| json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form", "title": "Modulo", "file": upload });
        let of_luca = story.upload(&luca, "altro.txt", b"altro testo qui".to_vec()).await;
        for other in [of_luca.as_str(), "00000000-0000-4000-8000-000000000000"] {
            let refused = story.mutate(&anna, "addCaseEvidence", form(other)).await;
            assert_eq!(wrong(&refused), [("UPLOAD_NOT_FOUND".to_owned(), "files".to_owned())]);
        }
        let payment = with(form(&upload), json!({ "kind": "PAYMENT" }));
        assert_eq!(wrong(&story.mutate(&anna, "addCaseEvidence", payment).await)[0].0, "NOT_FOR_CITIZENS");
        let case = story.done(&anna, "addCaseEvidence", form(&upload)).await;

        let files = story.files(&anna, &case["id"]).await;
        let [file] = files.as_slice() else { panic!("{files:?}") };
        assert_eq!((&file["name"], &file["mediaType"], &file["size"]), (&json!("modulo.txt"), &json!("text/plain"), &json!(text().len())));
        let url = file["url"].as_str().unwrap();
        let answer = story.fetch(url).await;
        assert_eq!((answer.status().as_u16(), &answer.headers()["cache-control"]), (200, &"private, no-store".parse().unwrap()));
        assert!(answer.bytes().await.unwrap() == text());
        // It is counted: the application can be sent.
        assert!(story.files(&story.chief, &case["id"]).await.is_empty(), "a draft is seen by nobody else");
        let submit = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "submit" });
        let case = story.done(&anna, "transitionCase", submit).await;
        let seen = story.files(&story.chief, &case["id"]).await;
        assert_eq!(seen[0]["sha256"], file["sha256"]);
        assert!(story.files(&luca, &case["id"]).await.is_empty());

        // An address is good as it was made, and says nothing without its signature.
        let (path, _) = url.split_once('?').unwrap();
        for (changed, status) in [
            (path.to_owned(), 403),
            (url.replace("expires=", "expires=1"), 403),
            (url.replace("/2/", "/1/"), 403),
            (format!("/media/{}/original/modulo.txt", file["sha256"].as_str().unwrap()), 404),
        ] {
            assert_eq!(story.fetch(&changed).await.status().as_u16(), status, "{changed}");
        }
    }
}

on_both! {
    async fn a_file_is_told_to_who_listens(engine) {
        let story = Story::begin(engine).await;
        let case = story.open(&story.chief, story.offices[1], "Con un allegato").await;
        let mut updates = Updates::of(&story, &story.chief, "subscription { caseUpdated { event { files { name } } } }").await;
        let upload = story.upload(&story.chief, "planimetria.txt", text()).await;
        let message = json!({ "id": case["id"], "audience": "EVERYONE", "text": "Ecco", "files": [upload] });
        story.done(&story.chief, "sendCaseMessage", message).await;
        assert_eq!(updates.next().await, json!({ "event": { "files": [{ "name": "planimetria.txt" }] } }));
    }
}

on_both! {
    async fn what_came_in_the_clear_is_gone_as_soon_as_it_belongs_to_a_case(engine) {
        let story = Story::begin(engine).await;
        let anna = story.app.citizen(&story.tenant, 1).await;
        let case = story.draft(&anna).await;
        let upload = story.upload(&anna, "modulo.txt", text()).await;
        let message = |text: &str| json!({ "id": case["id"], "audience": "EVERYONE", "text": text, "files": [upload] });
        // What is refused leaves the upload as it was.
        assert_eq!(wrong(&story.mutate(&anna, "sendCaseMessage", message("")).await)[0].0, "INVALID_VALUE");
        story.done(&anna, "sendCaseMessage", message("Ecco il modulo")).await;
        story.released().await;
        let paths = kept(&story.app.media_folder());
        assert!(paths.iter().all(|path| !contains(&fs::read(path).unwrap(), MARK)), "{paths:?}");
        assert_eq!(story.fetch(story.files(&anna, &case["id"]).await[0]["url"].as_str().unwrap()).await.status(), 200);
        let again = story.mutate(&anna, "sendCaseMessage", message("Ancora")).await;
        assert_eq!(wrong(&again)[0].0, "UPLOAD_NOT_FOUND", "an upload is used once");
        let many: Vec<_> = (0..11).map(|_| upload.clone()).collect();
        let many = json!({ "id": case["id"], "audience": "EVERYONE", "text": "Tanti", "files": many });
        assert_eq!(wrong(&story.mutate(&anna, "sendCaseMessage", many).await), [("INVALID_VALUE".to_owned(), "files".to_owned())]);
        let request = story.app.client.post(format!("{}/media/uploads", story.app.base)).header("host", HOST);
        let request = request.header("tus-resumable", "1.0.0").header("upload-length", 26 * 1024 * 1024);
        assert_eq!(request.bearer_auth(&anna).send().await.unwrap().status(), 413, "citizens send no films");
    }
}

on_both! {
    async fn an_answer_brings_what_was_asked_for_and_all_of_it_goes_with_the_case(engine) {
        let story = Story::begin(engine).await;
        let anna = story.app.citizen(&story.tenant, 1).await;
        let case = story.draft(&anna).await;
        let form = story.upload(&anna, "modulo.txt", text()).await;
        let form = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form", "file": form });
        let mut case = story.done(&anna, "addCaseEvidence", form).await;
        let answer = story.upload(&anna, "risposta.txt", b"La risposta di Anna".to_vec()).await;
        let officer = story.app.signed_in_at(&story.tenant, &["officer"]).await;
        let decision = story.upload(&officer, "provvedimento.txt", b"Il provvedimento".to_vec()).await;
        for (token, step) in [
            (&anna, json!({ "transition": "submit" })),
            (&officer, json!({ "transition": "register", "protocol": { "number": "1", "date": today() } })),
            (&officer, json!({ "transition": "request-integration", "comment": "Manca la risposta" })),
            (&anna, json!({ "transition": "answer-integration", "comment": "Eccola", "files": [answer] })),
            (&officer, json!({ "transition": "refuse", "reasons": "No", "files": [decision] })),
        ] {
            let input = with(json!({ "id": case["id"], "expectedVersion": case["version"] }), step);
            case = story.done(token, "transitionCase", input).await;
        }
        let files = story.files(&anna, &case["id"]).await;
        let names: Vec<_> = files.iter().map(|file| file["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["modulo.txt", "risposta.txt", "provvedimento.txt"]);
        let url = files[2]["url"].as_str().unwrap();
        assert_eq!(story.fetch(url).await.text().await.unwrap(), "Il provvedimento");
        story.released().await;
        let store = story.app.database.tenant(story.tenant.id);
        let media = story.app.media.of(store.clone());
        let actor = Actor::system();
        let erased = erase_expired((&store, &media), &story.tenant.ipa_code, &actor, now() + TimeDelta::days(367));
        assert_eq!(erased.await.unwrap(), 1);
        assert_eq!(kept(&story.app.media_folder()), Vec::<std::path::PathBuf>::new());
        assert_eq!(story.fetch(url).await.status(), 404);
        assert!(story.files(&officer, &case["id"]).await.is_empty());
    }
}
