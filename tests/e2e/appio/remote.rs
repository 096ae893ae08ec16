//! What App IO fetches when a citizen opens a message whose text is here.

use std::time::Duration;

use municipio_integrations::appio::double::Conduct;
use municipio_tests::on_both;
use serde_json::{Value, json};

use super::story::{Story, remote};
use crate::{
    cases::story::MARIO,
    rest::{contract, faults, whole},
};

/// Somebody else.
pub const ANNA: &str = "BNCNNA85M41H501Z";

pub struct Fetched {
    pub status: u16,
    pub body: Value,
}

pub struct Fetcher {
    pub story: Story,
    pub key: String,
    pub id: String,
}

impl Fetcher {
    /// A case was refused, and the citizen told.
    pub async fn begin(engine: municipio_tests::Engine, environment: &str) -> Self {
        let conduct = Conduct {
            calls: None,
            settles_after: Duration::ZERO,
            ..Conduct::default()
        };
        let story = Story::begin(engine, conduct).await;
        story.configure(json!({ "environment": environment })).await;
        story.template("NOT_ACCEPTED", remote()).await;
        let key = Self::rotate(&story, environment).await;
        let case = story.registered("2026/0000001").await;
        let refuse = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "refuse", "reasons": "Manca un requisito." });
        story
            .cases
            .done(&story.cases.chief, "transitionCase", refuse)
            .await;
        story.until(&case, "SENT").await;
        let taken = story.double.taken();
        let sent = &taken[0].body["content"];
        let id = sent["third_party_data"]["id"].as_str().unwrap().to_owned();
        let declared = json!({ "id": id, "configuration_id": story.configuration, "has_remote_content": true,
            "has_attachments": false, "has_precondition": "ONCE" });
        assert_eq!(sent["third_party_data"], declared);
        assert_eq!(sent["require_secure_channels"], true);
        let said = sent.to_string();
        assert!(
            !said.contains("Mario") && !said.contains("requisito"),
            "{said}"
        );
        Self { story, key, id }
    }

    async fn rotate(story: &Story, environment: &str) -> String {
        let rotated = story
            .mutate(
                "rotateAppIoKey",
                "key",
                json!({ "environment": environment }),
            )
            .await;
        rotated["key"].as_str().unwrap().to_owned()
    }

    pub async fn get(&self, path: &str, key: &str, code: Option<&str>) -> Fetched {
        let header = ("x-pagopa-lollipop-original-method", "GET".to_owned());
        self.get_with(path, key, code, &[header]).await
    }

    pub async fn get_with(
        &self,
        path: &str,
        key: &str,
        code: Option<&str>,
        headers: &[(&str, String)],
    ) -> Fetched {
        let app = &self.story.cases.app;
        let request = app
            .client
            .get(format!("{}/api/v1/appio/messages/{path}", app.base))
            .header("x-api-key", key);
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, value)
        });
        let request = match code {
            Some(code) => request.header("fiscal_code", code),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let mut body: Value = answer.json().await.unwrap();
        if let Some(members) = body.as_object_mut() {
            members.remove("requestId");
        }
        Fetched { status, body }
    }
}

on_both! {
    async fn the_citizen_reads_what_is_theirs_and_nobody_else_does(engine) {
        let fetcher = Fetcher::begin(engine, "PRODUCTION").await;
        let contract = contract(&fetcher.story.cases.app).await;
        let schema = |name: &str| whole(&contract, &contract["components"]["schemas"][name]);
        let read = fetcher.get(&fetcher.id, &fetcher.key, Some(MARIO)).await;
        assert_eq!(read.status, 200, "{}", read.body);
        assert_eq!(faults(&schema("RemoteContent"), &read.body), Vec::<String>::new());
        // What the specification of IO says of the same answer.
        let own = json!({ "type": "object", "properties": {
            "attachments": { "type": "array" },
            "details": { "type": "object", "required": ["markdown", "subject"], "properties": {
                "markdown": { "type": "string", "minLength": 80, "maxLength": 10000 },
                "subject": { "type": "string", "minLength": 10, "maxLength": 120 } } } } });
        assert_eq!(faults(&own, &read.body), Vec::<String>::new());
        let markdown = read.body["details"]["markdown"].as_str().unwrap();
        assert!(markdown.contains("Gentile Mario Rossi") && markdown.contains("Manca un requisito\\."), "{markdown}");
        let shown = fetcher.get(&format!("{}/precondition", fetcher.id), &fetcher.key, Some(MARIO)).await;
        assert_eq!((shown.status, &shown.body["title"]), (200, &json!("Prima di aprire")));
        assert_eq!(faults(&schema("Precondition"), &shown.body), Vec::<String>::new());

        let unknown = "0b9c2f5e-3f52-4a51-9d3b-0a4c6f3d1e77";
        let foreign = fetcher.get(&fetcher.id, &fetcher.key, Some(ANNA)).await;
        let nobodys = fetcher.get(unknown, &fetcher.key, Some(ANNA)).await;
        let of_tests = fetcher.get(&fetcher.id, &fetcher.key, Some("AAAAAA00A00A000A")).await;
        for answer in [&foreign, &nobodys, &of_tests] {
            assert_eq!((answer.status, &answer.body), (404, &nobodys.body));
            assert_eq!(faults(&schema("Problem"), &answer.body), Vec::<String>::new());
        }
        // And after the same work.
        let app = &fetcher.story.cases.app;
        let work = async |id: &str| app.statements(async || { fetcher.get(id, &fetcher.key, Some(ANNA)).await; }).await;
        assert_eq!(work(&fetcher.id).await, work(unknown).await);

        for (code, key, status) in [
            (Some(MARIO), "", 401),
            (Some(MARIO), "mun_io_00000000000000000000000000000000000000", 401),
            (None, fetcher.key.as_str(), 400),
            (Some("rssmra80a01h501u"), fetcher.key.as_str(), 400),
            (Some("RSSMRA80A01H501"), fetcher.key.as_str(), 400),
        ] {
            let refused = fetcher.get(&fetcher.id, key, code).await;
            assert_eq!(refused.status, status, "{code:?}");
            assert_eq!(faults(&schema("Problem"), &refused.body), Vec::<String>::new());
            let said = refused.body.to_string().to_uppercase();
            assert!(!said.contains("RSSMRA"), "{said}");
        }
    }
}

on_both! {
    async fn keys_are_of_an_environment_and_go_on_for_a_week(engine) {
        let fetcher = Fetcher::begin(engine, "SANDBOX").await;
        let read = async |key: &str, code: &str| fetcher.get(&fetcher.id, key, Some(code)).await.status;
        assert_eq!(read(&fetcher.key, "AAAAAA00A00A000A").await, 200);
        assert_eq!(read(&fetcher.key, MARIO).await, 404);
        let production = Fetcher::rotate(&fetcher.story, "PRODUCTION").await;
        assert_eq!(read(&production, "AAAAAA00A00A000A").await, 404);
        let second = Fetcher::rotate(&fetcher.story, "SANDBOX").await;
        let third = Fetcher::rotate(&fetcher.story, "SANDBOX").await;
        assert_eq!(read(&third, "AAAAAA00A00A000A").await, 200);
        assert_eq!(read(&second, "AAAAAA00A00A000A").await, 200);
        assert_eq!(read(&fetcher.key, "AAAAAA00A00A000A").await, 401);
    }
}

on_both! {
    async fn a_text_says_when_the_case_went_on(engine) {
        let fetcher = Fetcher::begin(engine, "PRODUCTION").await;
        let story = &fetcher.story;
        let outdated = async || {
            let read = fetcher.get(&fetcher.id, &fetcher.key, Some(MARIO)).await;
            read.body["details"]["markdown"].as_str().unwrap().contains("uno stato superato")
        };
        assert!(!outdated().await);
        let asked = "{ cases(first: 1) { nodes { id version } } }";
        let mut seen = story.cases.ask(&story.cases.chief, asked, json!({})).await;
        let case = seen["cases"]["nodes"][0].take();
        let procedure = municipio_tests::story::global_id(municipio_domain::content::ContentType::Procedure, story.cases.procedure);
        let input = json!({ "service": story.service, "event": "IN_CHARGE", "procedure": procedure, "transition": "reopen",
            "content": { "italian": crate::appio::story::texts() } });
        let saved = story.mutate("saveMessageTemplate", "template { transition }", input).await;
        assert_eq!(saved["template"]["transition"], "reopen");
        let reopen = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "reopen", "comment": "Riesame." });
        story.cases.done(&story.cases.chief, "transitionCase", reopen).await;
        story.until(&case, "SENT").await;
        assert_eq!(story.double.taken().len(), 2, "a transition without an effect of its own is told by its template");
        assert!(outdated().await);
    }
}

on_both! {
    async fn what_was_erased_is_told_to_be_gone(engine) {
        let fetcher = Fetcher::begin(engine, "PRODUCTION").await;
        let administrator = fetcher.story.cases.app.administrator().await;
        sea_orm::ConnectionTrait::execute_unprepared(&administrator, "UPDATE case_file SET data_key = NULL").await.unwrap();
        let read = fetcher.get(&fetcher.id, &fetcher.key, Some(MARIO)).await;
        assert_eq!((read.status, &read.body["details"]["subject"]), (200, &json!("Contenuto non più disponibile")));
        assert!(read.body["details"]["markdown"].as_str().unwrap().encode_utf16().count() >= 80);
    }
}
