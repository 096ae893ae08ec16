//! Review: what is submitted is approved or sent back, and with four eyes nothing is published that
//! nobody else has seen just as it is.

use municipio_domain::content::ContentType;
use municipio_domain::tenants::Tenant;
use municipio_migration::{Migrator, MigratorTrait};
use municipio_tests::{TestApp, on_both, story::forged};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

/// Somebody of the municipality `c_x001`.
struct Person<'a> {
    app: &'a TestApp,
    token: String,
    id: String,
}

const STEP: &str =
    "review { status submittedBy assignee decidedBy comment } userErrors { code path }";

impl<'a> Person<'a> {
    async fn new(app: &'a TestApp, tenant: &Tenant, role: &str) -> Self {
        let account = app.account(tenant, &[role]).await;
        let tokens = app.session(tenant, account).await;
        Self {
            app,
            token: tokens.access.reveal().to_owned(),
            id: account.to_string(),
        }
    }

    fn author(&self) -> String {
        format!("account:{}", self.id)
    }

    fn global_id(&self) -> String {
        forged(&format!("Account:c_x001:{}", self.id))
    }

    async fn ask(&self, query: &str) -> Value {
        self.app.data_as(&self.token, query, json!({})).await
    }

    /// Takes a step of a review; gives the payload.
    async fn take(&self, step: &str, input: Value) -> Value {
        let kind = format!("{}{}Input", step[..1].to_uppercase(), &step[1..]);
        let query = format!("mutation($input: {kind}!) {{ {step}(input: $input) {{ {STEP} }} }}");
        let mut data = self
            .app
            .data_as(&self.token, &query, json!({ "input": input }))
            .await;
        data[step].take()
    }

    /// Takes a step that must be refused; gives the code.
    async fn refused(&self, step: &str, input: Value) -> String {
        let payload = self.take(step, input).await;
        assert_eq!(payload["review"], Value::Null, "{payload:#}");
        payload["userErrors"][0]["code"]
            .as_str()
            .unwrap_or_else(|| panic!("accepted: {payload:#}"))
            .to_owned()
    }

    /// Takes a step that must succeed; gives the status.
    async fn succeed(&self, step: &str, input: Value) -> String {
        let payload = self.take(step, input).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
        payload["review"]["status"].as_str().unwrap().to_owned()
    }

    /// Publishes; gives the codes of what was refused.
    async fn publish(&self, id: &str) -> Vec<String> {
        let query = format!(
            "mutation {{ publish(input: {{ id: \"{id}\" }}) {{ userErrors {{ code }} }} }}"
        );
        let data = self.ask(&query).await;
        municipio_tests::story::column(&data["publish"]["userErrors"], "code")
    }

    /// The ids in each list of their work.
    async fn work(&self) -> Value {
        const LISTS: [&str; 4] = ["assignedToMe", "waitingForReview", "rejected", "drafts"];
        let lists =
            LISTS.map(|list| format!("{list} {{ content {{ contentId }} review {{ status }} }}"));
        let data = self
            .ask(&format!("{{ myWork {{ {} }} }}", lists.join(" ")))
            .await;
        let ids = LISTS.map(|list| {
            let entries = data["myWork"][list].as_array().unwrap();
            let ids: Vec<_> = entries
                .iter()
                .map(|entry| entry["content"]["contentId"].clone())
                .collect();
            (list.to_owned(), json!(ids))
        });
        Value::Object(ids.into_iter().collect())
    }
}

/// A draft that this person wrote.
async fn draft(app: &TestApp, tenant: &Tenant, person: &Person<'_>, title: &str) -> String {
    let id = app
        .editor(tenant)
        .draft_by(&person.author(), ContentType::Topic, topic(title))
        .await;
    municipio_tests::story::global_id(ContentType::Topic, id)
}

fn topic(title: &str) -> Value {
    json!({ "title": title, "short_description": "Un argomento" })
}

on_both! {
    async fn what_is_submitted_is_approved_or_sent_back(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let author = Person::new(&app, &tenant, "author").await;
        let editor = Person::new(&app, &tenant, "editor").await;
        let other = Person::new(&app, &tenant, "editor").await;
        let id = draft(&app, &tenant, &author, "Acqua").await;
        let this = json!({ "id": id });
        assert_eq!(author.work().await["drafts"], json!([id]));
        assert_eq!(editor.refused("approve", this.clone()).await, "NOT_SUBMITTED");

        assert_eq!(author.succeed("submitForReview", this.clone()).await, "SUBMITTED");
        assert_eq!(author.refused("submitForReview", this.clone()).await, "ALREADY_SUBMITTED");
        assert_eq!(editor.work().await["waitingForReview"], json!([id]));
        assert_eq!(author.work().await["waitingForReview"], json!([]), "authors do not review");

        let assigned = json!({ "id": id, "assignee": other.global_id() });
        assert_eq!(editor.succeed("assignReview", assigned).await, "SUBMITTED");
        assert_eq!(editor.work().await["waitingForReview"], json!([]));
        assert_eq!(other.work().await["assignedToMe"], json!([id]));
        let nobody = json!({ "id": id, "assignee": forged("Account:c_x001:00000000-0000-0000-0000-000000000000") });
        assert_eq!(editor.refused("assignReview", nobody).await, "UNKNOWN_ASSIGNEE");

        let away = Person::new(&app, &tenant, "translator").await;
        let suspend = "UPDATE account SET status = 'suspended' WHERE name = 'Prova translator'";
        let connection = app.administrator().await;
        assert_eq!(connection.execute_unprepared(suspend).await.unwrap().rows_affected(), 1);
        let suspended = json!({ "id": id, "assignee": away.global_id() });
        assert_eq!(editor.refused("assignReview", suspended).await, "UNKNOWN_ASSIGNEE");
        assert_eq!(other.refused("reject", json!({ "id": id, "comment": " " })).await, "COMMENT_MISSING");
        assert_eq!(other.succeed("reject", json!({ "id": id, "comment": "Manca la fonte" })).await, "REJECTED");
        assert_eq!(author.work().await["rejected"], json!([id]));
        let review = format!("{{ contentItem(id: \"{id}\") {{ review {{ status comment decidedBy }} }} }}");
        let review = author.ask(&review).await["contentItem"]["review"].take();
        let expected = json!({ "status": "REJECTED", "comment": "Manca la fonte", "decidedBy": other.author() });
        assert_eq!(review, expected);
        assert_eq!(author.succeed("submitForReview", this.clone()).await, "SUBMITTED");
        assert_eq!(editor.succeed("approve", this.clone()).await, "APPROVED");
        assert_eq!(editor.refused("approve", this.clone()).await, "NOT_SUBMITTED");
        assert_eq!(author.refused("submitForReview", this.clone()).await, "ALREADY_APPROVED");
        assert!(editor.publish(&id).await.is_empty());
        assert_eq!(author.refused("submitForReview", this).await, "NOTHING_TO_REVIEW");
        let nothing = json!({ "assignedToMe": [], "waitingForReview": [], "rejected": [], "drafts": [] });
        for person in [&author, &editor, &other] {
            assert_eq!(person.work().await, nothing);
        }
    }
}

on_both! {
    async fn four_eyes_want_the_approval_of_exactly_this_revision(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let administrator = Person::new(&app, &tenant, "administrator").await;
        let editor = Person::new(&app, &tenant, "editor").await;
        let other = Person::new(&app, &tenant, "editor").await;
        let rule = "mutation { setReviewRule(input: { contentType: TOPIC, fourEyes: true }) { rule { contentType fourEyes } userErrors { code } } }";
        let set = administrator.ask(rule).await;
        assert_eq!(set["setReviewRule"]["rule"], json!({ "contentType": "TOPIC", "fourEyes": true }));
        let rules = editor.ask("{ reviewRules { contentType fourEyes } }").await;
        let strict: Vec<_> = rules["reviewRules"].as_array().unwrap().iter().filter(|rule| rule["fourEyes"] == json!(true)).collect();
        assert_eq!(strict, [&json!({ "contentType": "TOPIC", "fourEyes": true })]);

        let id = draft(&app, &tenant, &editor, "Acqua").await;
        let this = json!({ "id": id });
        assert_eq!(editor.publish(&id).await, ["NOT_APPROVED"]);
        editor.succeed("submitForReview", this.clone()).await;
        assert_eq!(editor.refused("approve", this.clone()).await, "OWN_WORK");
        assert_eq!(other.publish(&id).await, ["NOT_APPROVED"]);
        assert_eq!(other.succeed("approve", this.clone()).await, "APPROVED");

        // Another revision has not been seen by anybody else.
        let item = municipio_tests::story::item_id(&id);
        app.editor(&tenant).revise_by(&editor.author(), item, ContentType::Topic, topic("Acqua e fuoco")).await;
        assert_eq!(editor.publish(&id).await, ["NOT_APPROVED"]);
        assert_eq!(other.refused("approve", this.clone()).await, "NOT_SUBMITTED");
        editor.succeed("submitForReview", this.clone()).await;
        assert_eq!(other.succeed("approve", this.clone()).await, "APPROVED");
        assert!(editor.publish(&id).await.is_empty());
        let titles = app.data("{ topics { nodes { title } } }").await;
        assert_eq!(titles["topics"]["nodes"], json!([{ "title": "Acqua e fuoco" }]));

        // Other types are published as before, and the rule can be taken back.
        let rule = rule.replace("true", "false");
        administrator.ask(&rule).await;
        let second = draft(&app, &tenant, &editor, "Aria").await;
        assert!(editor.publish(&second).await.is_empty());
        let log = administrator.ask("{ auditEntries(first: 100) { nodes { name } } }").await;
        let names = municipio_tests::story::column(&log["auditEntries"]["nodes"], "name");
        for name in ["review.rule", "review.submit", "review.approve", "content.publish"] {
            assert!(names.iter().any(|written| written == name), "{name}: {names:?}");
        }
    }
}

on_both! {
    async fn only_who_may_takes_a_step(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let author = Person::new(&app, &tenant, "author").await;
        let translator = Person::new(&app, &tenant, "translator").await;
        let id = draft(&app, &tenant, &author, "Acqua").await;
        let one = format!("(input: {{ id: \"{id}\" }}) {{ userErrors {{ code }} }} }}");
        for (person, query) in [
            (&translator, format!("mutation {{ submitForReview{one}")),
            (&author, format!("mutation {{ approve{one}")),
            (&author, format!("mutation {{ assignReview{one}")),
            (&author, format!("mutation {{ reject(input: {{ id: \"{id}\", comment: \"no\" }}) {{ userErrors {{ code }} }} }}")),
            (&author, "mutation { setReviewRule(input: { contentType: TOPIC, fourEyes: true }) { userErrors { code } } }".to_owned()),
        ] {
            let answer = app.ask_as(&person.token, &query, json!({})).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], json!("FORBIDDEN"), "{query} {answer:#}");
        }
        for query in ["{ myWork { drafts { content { contentId } } } }", "{ reviewRules { fourEyes } }"] {
            let refused = app.refused(query, json!({})).await;
            assert_eq!(refused.code, "UNAUTHENTICATED", "{query}");
        }
    }
}

on_both! {
    async fn reviews_outlive_the_change_of_their_key(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let author = Person::new(&app, &tenant, "author").await;
        let editor = Person::new(&app, &tenant, "editor").await;
        let id = draft(&app, &tenant, &author, "Acqua").await;
        let this = json!({ "id": id });
        author.succeed("submitForReview", this.clone()).await;
        editor.succeed("approve", this.clone()).await;
        let item = municipio_tests::story::item_id(&id);
        app.editor(&tenant).revise_by(&author.author(), item, ContentType::Topic, topic("Acqua e fuoco")).await;
        author.succeed("submitForReview", this.clone()).await;
        let connection = app.as_the_program(&tenant).await;
        let names = Migrator::migrations().into_iter().map(|migration| migration.name().to_owned());
        let later = names.skip_while(|name| !name.ends_with("review_of_revision")).count();
        Migrator::down(&connection, Some(u32::try_from(later).unwrap())).await.unwrap();
        Migrator::up(&connection, None).await.unwrap();
        assert_eq!(author.refused("submitForReview", this.clone()).await, "ALREADY_SUBMITTED");
        assert_eq!(editor.work().await["waitingForReview"], json!([id]));
        assert_eq!(editor.succeed("approve", this).await, "APPROVED");
    }
}
