//! A municipality with an area of two offices and an office beside it, a procedure of each, and officers.

use municipio_domain::{content::ContentType, ids::ItemId, tenants::Tenant, time::legal_day};
use municipio_tests::{
    Editor, Engine, TestApp, now,
    story::{global_id, office, with},
};
use serde_json::{Value, json};

/// Somebody's fiscal code.
pub const MARIO: &str = "RSSMRA80A01H501U";

/// The day of today, as the protocol writes it.
pub fn today() -> String {
    legal_day(now()).to_string()
}

/// What is asked of a case.
pub const CASE: &str = "id version status outcome state { code label } protocol { number date } subject dueOn
    applicant { fiscalCode name } office { id } officer { name } reasons closedAt
    availableTransitions { code missing { requirement { kind code } part } }
    timeline { number kind actor transition from to text reasons evidence { kind code title } hash }";

pub struct Story {
    pub app: TestApp,
    pub tenant: Tenant,
    pub editor: Editor,
    /// The area, the office below it, and the one beside both.
    pub offices: [ItemId; 3],
    pub procedure: ItemId,
    /// Who works everywhere.
    pub chief: String,
}

/// How the cases of the story go.
pub fn definition() -> Value {
    json!({
        "states": [
            { "code": "submitted", "label": "Inviata" },
            { "code": "in-progress", "label": "In lavorazione" },
            { "code": "integration-requested", "label": "In attesa di integrazioni", "status": "waiting_for_applicant" },
            { "code": "granted", "label": "Accolta", "status": "concluded_positive" },
            { "code": "refused", "label": "Respinta", "status": "concluded_negative" },
        ],
        "transitions": [
            { "code": "register", "label": "Protocolla", "from": ["submitted"], "to": "in-progress", "takers": ["officer", "system"],
              "requires": [{ "type": "protocol" }, { "type": "document", "code": "form" }], "effect": "register" },
            { "code": "request-integration", "label": "Chiedi integrazioni", "from": ["in-progress"], "to": "integration-requested",
              "takers": ["officer"], "requires": [{ "type": "comment" }], "effect": "request_integration" },
            { "code": "answer-integration", "label": "Rispondi", "from": ["integration-requested"], "to": "in-progress",
              "takers": ["officer", "citizen"], "requires": [{ "type": "comment" }], "effect": "answer_integration" },
            { "code": "grant", "label": "Accogli", "from": ["in-progress"], "to": "granted", "takers": ["officer"],
              "requires": [{ "type": "signatures", "count": 2 }], "effect": "grant" },
            { "code": "refuse", "label": "Respingi", "from": ["in-progress"], "to": "refused", "takers": ["officer"],
              "requires": [{ "type": "reasons" }], "effect": "refuse" },
            { "code": "reopen", "label": "Riapri", "from": ["granted", "refused"], "to": "in-progress", "takers": ["officer"],
              "roles": ["administrator"], "requires": [{ "type": "comment" }], "effect": "reopen" },
        ],
        "attachments": [{ "code": "form", "label": "Modulo", "is_mandatory": true }],
        "data_schema": "{\"type\": \"object\", \"required\": [\"address\"], \"properties\": {\"address\": {\"type\": \"string\"}}, \"additionalProperties\": false}",
    })
}

/// The body of a procedure of an office.
pub fn procedure(title: &str, body: ItemId, definition: &Value) -> Value {
    json!({
        "title": title,
        "short_description": "Un procedimento",
        "description": "Come si fa.",
        "competent_body": body,
        "legal_remedies": "Ricorso entro 60 giorni.",
        "definition": definition,
    })
}

impl Story {
    pub async fn begin(engine: Engine) -> Self {
        Self::on(TestApp::empty(engine).await).await
    }

    /// The same on an application with settings of its own.
    pub async fn on(app: TestApp) -> Self {
        Box::pin(Self::set(app)).await
    }

    async fn set(app: TestApp) -> Self {
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let basics = editor.basics().await;
        let unit = |title: &str, above: Option<ItemId>| {
            let body = office(title, basics.contact, basics.place);
            with(body, json!({ "parent_office": above }))
        };
        let area = editor
            .published(ContentType::Office, unit("Area", None))
            .await;
        let below = editor
            .published(ContentType::Office, unit("Anagrafe", Some(area)))
            .await;
        let beside = editor
            .published(ContentType::Office, unit("Tributi", None))
            .await;
        let body = procedure("Cambio di residenza", below, &definition());
        let procedure = editor.published(ContentType::Procedure, body).await;
        let chief = app.signed_in_at(&tenant, &["administrator"]).await;
        Self {
            app,
            tenant,
            editor,
            offices: [area, below, beside],
            procedure,
            chief,
        }
    }

    /// The data of a request of who has this token. Boxed, because stories ask often: all those futures would not fit on
    /// the stack of a test.
    pub async fn ask(&self, token: &str, query: &str, variables: Value) -> Value {
        Box::pin(self.app.data_as(token, query, variables)).await
    }

    /// An officer of this office, by a role of its own.
    pub async fn officer(&self, office: ItemId) -> String {
        let name = format!("ufficio-{}", &office.to_string()[24..]);
        let grant = |action: &str| json!({ "action": action, "offices": [global_id(ContentType::Office, office)] });
        let input =
            json!({ "name": name, "permissions": [grant("cases.read"), grant("cases.work")] });
        let query = "mutation($input: AccountRoleInput!) { createAccountRole(input: $input) { userErrors { code } } }";
        self.ask(&self.chief, query, json!({ "input": input }))
            .await;
        self.app.signed_in_at(&self.tenant, &[&name]).await
    }

    /// The payload of a mutation of a case.
    pub async fn mutate(&self, token: &str, name: &str, input: Value) -> Value {
        let input_type = name[..1].to_uppercase() + &name[1..];
        let query = format!(
            "mutation($input: {input_type}Input!) {{ {name}(input: $input) {{ case {{ {CASE} }} userErrors {{ code path message }} }} }}"
        );
        let asked = self.ask(token, &query, json!({ "input": input }));
        asked.await[name].take()
    }

    /// The case that a mutation of it gives.
    pub async fn done(&self, token: &str, name: &str, input: Value) -> Value {
        let mut payload = self.mutate(token, name, input).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
        payload["case"].take()
    }

    /// A new case of an office, of the procedure of the story.
    pub async fn open(&self, token: &str, office: ItemId, subject: &str) -> Value {
        let input = json!({
            "procedure": global_id(ContentType::Procedure, self.procedure),
            "office": global_id(ContentType::Office, office),
            "subject": subject,
            "applicant": { "fiscalCode": MARIO, "name": "Mario Rossi" },
            "data": { "address": "Via Roma 1" },
        });
        self.done(token, "openCase", input).await
    }

    /// A case that stands where work on it begins.
    pub async fn in_progress(&self, token: &str, office: ItemId) -> Value {
        let case = self.open(token, office, "Trasloco").await;
        let evidence = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form", "title": "Modulo firmato" });
        let case = self.done(token, "addCaseEvidence", evidence).await;
        let register = json!({
            "id": case["id"], "expectedVersion": case["version"], "transition": "register",
            "protocol": { "number": "2026/0001234", "date": today() },
        });
        self.done(token, "transitionCase", register).await
    }

    /// The case with this id, as somebody sees it.
    pub async fn case(&self, token: &str, id: &Value) -> Value {
        let query = format!("query($id: ID!) {{ case(id: $id) {{ {CASE} }} }}");
        self.ask(token, &query, json!({ "id": id })).await["case"].take()
    }

    /// The cases that somebody sees, by what they are about.
    pub async fn subjects(&self, token: &str, filter: Value) -> Vec<String> {
        let query = "query($filter: CaseFilter) { cases(filter: $filter, orderBy: OLDEST, first: 100) { nodes { subject } } }";
        let list = self.ask(token, query, json!({ "filter": filter })).await;
        municipio_tests::story::column(&list["cases"]["nodes"], "subject")
    }
}

/// The errors of a payload, as code and path.
pub fn wrong(payload: &Value) -> Vec<(String, String)> {
    let errors = payload["userErrors"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    errors
        .iter()
        .map(|error| (text(&error["code"]), text(&error["path"])))
        .collect()
}
