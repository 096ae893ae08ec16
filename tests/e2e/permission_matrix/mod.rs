//! Every mutation and everything that is not public, with every role, without a role, with an API key, without
//! signing in, and by the administrator of another municipality. What there is comes from the schema.

mod decisions;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use municipio_domain::{
    content::ContentType,
    identity::{Action, BuiltInRole, Grant},
    ids::AccountId,
    tenants::Tenant,
};
use municipio_tests::{TestApp, on_both, story::global_id};
use serde_json::{Value, json};

use decisions::{
    PRIVATE_NODES, PRIVATE_SUBSCRIPTIONS, PUBLIC_READS, PUBLIC_SUBSCRIPTIONS, There, Who,
    mutations, private_reads,
};
use types::Types;

/// Somebody who asks.
struct Asks {
    name: &'static str,
    grants: Vec<Grant>,
    with: With,
}

/// By what they are known.
enum With {
    Nothing,
    Account(AccountId),
    Token(String),
    /// The token of a citizen.
    Citizen(String),
}

impl Asks {
    /// A new token, which nothing that was done before has ended.
    async fn token(&self, app: &TestApp, tenant: &Tenant) -> Option<String> {
        match &self.with {
            With::Nothing => None,
            With::Account(account) => Some(
                app.session(tenant, *account)
                    .await
                    .access
                    .reveal()
                    .to_owned(),
            ),
            With::Token(token) | With::Citizen(token) => Some(token.clone()),
        }
    }

    /// Whether this is for them, as they are known.
    fn may(&self, who: &Who) -> bool {
        let is_citizen = matches!(self.with, With::Citizen(_));
        who.allows(&self.grants, self.is_person())
            || is_citizen && matches!(who, Who::Citizen | Who::MayOrCitizen(_))
    }

    fn is_person(&self) -> bool {
        matches!(self.with, With::Account(_))
    }
}

/// A municipality with somebody of each kind, and another one.
struct Stage {
    app: TestApp,
    tenant: Tenant,
    there: There,
    asking: Vec<Asks>,
    stranger: String,
}

const HOST: &str = "www.x001.example";

impl Stage {
    async fn set(app: TestApp) -> Self {
        let tenant = app.tenant("c_x001", HOST).await;
        let other = app.tenant("c_x002", "www.x002.example").await;
        let stranger = app.signed_in_at(&other, &["administrator"]).await;
        let mut asking = vec![Asks {
            name: "nobody",
            grants: Vec::new(),
            with: With::Nothing,
        }];
        for role in BuiltInRole::ALL {
            let account = app.account(&tenant, &[role.as_str()]).await;
            asking.push(Asks {
                name: role.as_str(),
                grants: role.grants(),
                with: With::Account(account),
            });
        }
        let citizen = app.citizen(&tenant, 1).await;
        asking.push(Asks {
            name: "a citizen",
            grants: Vec::new(),
            with: With::Citizen(citizen),
        });
        let account = app.account(&tenant, &[]).await;
        asking.push(Asks {
            name: "without a role",
            grants: Vec::new(),
            with: With::Account(account),
        });
        let item = app
            .editor(&tenant)
            .draft(ContentType::NewsItem, json!({ "title": "Bozza" }))
            .await;
        let account = app.account(&tenant, &[]).await;
        let there = There {
            item,
            revision: String::new(),
            case: String::new(),
            procedure_revision: String::new(),
            release: String::new(),
            account,
        };
        let mut stage = Self {
            app,
            tenant,
            there,
            asking,
            stranger,
        };
        stage.prepare().await;
        stage
    }

    /// Makes what only mutations make.
    async fn prepare(&mut self) {
        let chief = self
            .asking
            .iter()
            .find(|asks| asks.name == "administrator")
            .unwrap();
        let token = chief.token(&self.app, &self.tenant).await.unwrap();
        let id = global_id(ContentType::NewsItem, self.there.item);
        let query = "mutation($id: ID!) { lockContent(input: { id: $id }) { userErrors { code } } \
            createRelease(input: { name: \"Prova\" }) { release { id } } \
            createApiKey(input: { name: \"Lettore\", scopes: [{ action: \"content.read\" }] }) { secret } }";
        let made = self.ask(Some(&token), query, json!({ "id": id })).await;
        let text = |pointer: &str| {
            made.pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_else(|| panic!("{made:#}"))
                .to_owned()
        };
        self.there.release = text("/data/createRelease/release/id");
        (self.there.case, self.there.procedure_revision) = self.open_case(&token).await;
        let grants = vec![Grant::of(Action::ReadDrafts)];
        self.asking.push(Asks {
            name: "a key",
            grants,
            with: With::Token(text("/data/createApiKey/secret")),
        });
        let query =
            "query($id: ID!) { contentItem(id: $id) { revisions(first: 1) { nodes { id } } } }";
        let seen = self.ask(Some(&token), query, json!({ "id": id })).await;
        let revision = seen
            .pointer("/data/contentItem/revisions/nodes/0/id")
            .and_then(Value::as_str);
        self.there.revision = revision.unwrap_or_else(|| panic!("{seen:#}")).to_owned();
    }

    /// A case of a procedure that is published, and the revision of that.
    async fn open_case(&self, token: &str) -> (String, String) {
        let editor = self.app.editor(&self.tenant);
        let basics = editor.basics().await;
        let states = json!([{ "code": "open", "label": "Aperta" }, { "code": "closed", "label": "Chiusa", "status": "concluded" }]);
        let close = json!({ "code": "close", "label": "Chiudi", "from": ["open"], "to": "closed", "takers": ["officer"] });
        let body = json!({
            "title": "Procedimento",
            "short_description": "Un procedimento",
            "description": "Come si fa.",
            "competent_body": basics.office,
            "definition": { "states": states, "transitions": [close] },
        });
        let procedure = editor.published(ContentType::Procedure, body).await;
        let input = json!({ "procedure": global_id(ContentType::Procedure, procedure), "subject": "Prova" });
        let query = "mutation($input: OpenCaseInput!) { openCase(input: $input) { case { id definitionRevision } userErrors { code } } }";
        let made = self
            .ask(Some(token), query, json!({ "input": input }))
            .await;
        let of_case = |name: &str| {
            let value = made["data"]["openCase"]["case"][name].as_str();
            value.unwrap_or_else(|| panic!("{made:#}")).to_owned()
        };
        (of_case("id"), of_case("definitionRevision"))
    }

    async fn ask(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let request = json!({ "query": query, "variables": variables });
        let mut post = self.app.post().header("host", HOST).json(&request);
        if let Some(token) = token {
            post = post.bearer_auth(token);
        }
        post.send().await.unwrap().json().await.unwrap()
    }

    /// The number of the last entry of the audit log: every write has one.
    async fn written(&self) -> Value {
        let chief = self
            .app
            .signed_in_at(&self.tenant, &["administrator"])
            .await;
        let seen = self
            .ask(
                Some(&chief),
                "{ auditEntries(first: 1) { nodes { number } } }",
                json!({}),
            )
            .await;
        seen["data"]["auditEntries"]["nodes"][0]["number"].clone()
    }
}

/// What is wrong with an answer, when somebody may, or may not.
fn wrong(answer: &Value, field: &str, (who, asks): (&Who, &Asks), allowed: bool) -> Option<String> {
    let error = &answer["errors"][0];
    let code = error["extensions"]["code"].as_str().unwrap_or("none");
    let refusal = match (who, &asks.with) {
        (_, With::Nothing) | (Who::Person, With::Token(_)) => "UNAUTHENTICATED",
        _ => "FORBIDDEN",
    };
    let right = match allowed {
        true => !["UNAUTHENTICATED", "FORBIDDEN"].contains(&code),
        false => {
            code == refusal
                && error["path"] == json!([field])
                && answer["data"].get(field).is_none_or(Value::is_null)
        }
    };
    (!right).then(|| {
        format!(
            "{field} by {}: {code}, but it is {}",
            asks.name,
            if allowed { "allowed" } else { "refused" }
        )
    })
}

on_both! {
    async fn every_mutation_with_everyone(engine) {
        let stage = Stage::set(TestApp::empty(engine).await).await;
        let types = Types::of(&stage.app).await;
        let rows = mutations(&stage.there);
        let decided: BTreeSet<_> = rows.iter().map(|(name, ..)| (*name).to_owned()).collect();
        assert_eq!(types.fields("Mutation"), decided, "a decision for each mutation");
        let mut found = Vec::new();
        // Those who may not come first, so that there is what they could have changed.
        for allowed in [false, true] {
            let before = stage.written().await;
            for (name, who, input) in &rows {
                let query = match types.argument("Mutation", name) {
                    Some(input) => format!("mutation($input: {input}) {{ {name}(input: $input) {{ userErrors {{ code message }} }} }}"),
                    None => format!("mutation {{ {name} {{ userErrors {{ code message }} }} }}"),
                };
                for asks in stage.asking.iter().filter(|asks| asks.may(who) == allowed) {
                    // What anyone may is asked by one: passwords take their time.
                    if matches!((who, &asks.with), (Who::Anyone, With::Account(_) | With::Token(_) | With::Citizen(_))) {
                        continue;
                    }
                    let token = asks.token(&stage.app, &stage.tenant).await;
                    let answer = stage.ask(token.as_deref(), &query, json!({ "input": input })).await;
                    found.extend(wrong(&answer, name, (who, asks), allowed));
                }
                if !allowed {
                    let answer = stage.ask(Some(&stage.stranger), &query, json!({ "input": input })).await;
                    assert_eq!(answer["code"], "UNAUTHENTICATED", "{name} by a stranger: {answer:#}");
                }
            }
            assert!(allowed || before == stage.written().await, "who may not changed something");
        }
        assert!(found.is_empty(), "{found:#?}");
    }
}

on_both! {
    async fn everything_that_is_not_public_with_everyone(engine) {
        let stage = Stage::set(TestApp::empty(engine).await).await;
        let types = Types::of(&stage.app).await;
        let rows = private_reads(&stage.there);
        let decided = rows.iter().map(|(name, ..)| *name).chain(PUBLIC_READS.iter().copied());
        assert_eq!(types.fields("Query"), decided.map(str::to_owned).collect(), "a decision for each root field");
        let mut found = Vec::new();
        for (name, who, arguments) in &rows {
            // A case leads to a procedure and an office, which have many fields.
            let levels = if name.to_lowercase().contains("case") { 3 } else { 4 };
            let query = format!("{{ {name}{arguments} {} }}", types.selection("Query", name, levels));
            for asks in &stage.asking {
                let allowed = asks.may(who) || matches!(who, Who::Person) && matches!(asks.with, With::Token(_));
                // What is there is not theirs.
                let is_theirs = !matches!((who, &asks.with), (Who::MayOrCitizen(_), With::Citizen(_)));
                let token = asks.token(&stage.app, &stage.tenant).await;
                let answer = stage.ask(token.as_deref(), &query, json!({})).await;
                found.extend(wrong(&answer, name, (who, asks), allowed));
                if allowed {
                    assert!(answer.get("errors").is_none() && (!answer["data"][name].is_null() || !is_theirs), "{query} by {}: {answer:#}", asks.name);
                }
            }
            let answer = stage.ask(Some(&stage.stranger), &query, json!({})).await;
            assert_eq!(answer["code"], "UNAUTHENTICATED", "{name} by a stranger: {answer:#}");
        }
        assert!(found.is_empty(), "{found:#?}");
    }
}

/// What is reached from the root fields that everyone may read is a list that is read when it changes:
/// `UPDATE_PUBLIC_FIELDS=1` writes it.
#[actix_web::test]
async fn what_everyone_may_read_is_decided_field_by_field() {
    let app = TestApp::empty(municipio_tests::Engine::Sqlite).await;
    app.tenant("c_x001", HOST).await;
    let types = Types::of(&app).await;
    let subscriptions = PUBLIC_SUBSCRIPTIONS
        .iter()
        .chain(PRIVATE_SUBSCRIPTIONS)
        .map(|name| (*name).to_owned())
        .collect();
    assert_eq!(
        types.fields("Subscription"),
        subscriptions,
        "a decision for each subscription"
    );
    let roots = PUBLIC_READS.iter().map(|name| ("Query", *name));
    let roots = roots.chain(
        PUBLIC_SUBSCRIPTIONS
            .iter()
            .map(|name| ("Subscription", *name)),
    );
    let mut public = BTreeSet::new();
    let mut next: Vec<String> = roots
        .map(|(root, name)| types.objects[root][name].of.clone())
        .collect();
    while let Some(name) = next.pop() {
        if !PRIVATE_NODES.contains(&name.as_str()) && public.insert(name.clone()) {
            let fields = types
                .objects
                .get(&name)
                .into_iter()
                .flat_map(BTreeMap::values);
            next.extend(fields.map(|field| field.of.clone()));
            next.extend(types.possible.get(&name).into_iter().flatten().cloned());
        }
    }
    let line = |name: &String| {
        let fields = types.objects.get(name)?;
        Some(format!(
            "{name}: {}\n",
            fields.keys().cloned().collect::<Vec<_>>().join(" ")
        ))
    };
    let lines: String = public.iter().filter_map(line).collect();
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/e2e/permission_matrix/public_fields.txt"
    );
    if std::env::var_os("UPDATE_PUBLIC_FIELDS").is_some() {
        std::fs::write(file, &lines).unwrap();
    }
    let known = std::fs::read_to_string(file).unwrap();
    assert_eq!(
        lines, known,
        "fields that everyone may read: look at each, then UPDATE_PUBLIC_FIELDS=1"
    );
}
