//! The audit log: every write is in it, nobody changes it, and who does is found out.

use std::{net::IpAddr, sync::Arc};

use async_graphql::Request;
use chrono::TimeDelta;
use futures_util::{TryStreamExt, future::join_all};
use municipio_domain::{
    audit::{Actor, AuditLog, Deed, Entry, Flaw, Head, Origin, Verified, record},
    content::{ContentType, Contents, LifeStep, move_on, purge},
    identity::{BuiltInRole, Caller, Staff},
    ids::AccountId,
    store::Database,
    tenants::Tenant,
};
use municipio_graphql::{Moment, RequestData};
use municipio_tests::{Engine, TestApp, noon, on_both, story::global_id};
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::{Value, json};

const HOST: &str = "www.x001.example";

async fn municipality(app: &TestApp) -> Tenant {
    app.tenant("c_x001", HOST).await
}

fn log(app: &TestApp, tenant: &Tenant) -> AuditLog {
    AuditLog::new(app.database.tenant(tenant.id))
}

async fn entries(app: &TestApp, tenant: &Tenant) -> Vec<Entry> {
    log(app, tenant).entries(0).try_collect().await.unwrap()
}

async fn write(database: &Database, tenant: &Tenant, subject: &str) {
    let transaction = database.tenant(tenant.id).begin().await.unwrap();
    let deed = Deed::to("test.write", subject).with(json!({ "why": "prova", "times": 1.5 }));
    let actor = Actor {
        id: "account:1".to_owned(),
        name: Some("Ada Rossi".to_owned()),
        origin: origin(),
    };
    record(&transaction, &actor, &deed, noon()).await.unwrap();
    transaction.commit().await.unwrap();
}

fn origin() -> Origin {
    Origin {
        request_id: Some("request".to_owned()),
        network: Some(IpAddr::from([192, 0, 2, 77]).into()),
    }
}

/// What somebody with this role is answered.
async fn answer(app: &TestApp, tenant: &Tenant, role: BuiltInRole, request: Request) -> Value {
    let staff = Staff {
        account: AccountId::generate(),
        name: "Ada Rossi".to_owned(),
        roles: Default::default(),
        session: None,
        permissions: role.grants().into_iter().collect(),
    };
    let contents = Contents::new(app.database.tenant(tenant.id), Contents::cache(10));
    let identity = app.identity(tenant);
    let (tenant, caller) = (Arc::new(tenant.clone()), Caller::Staff(staff));
    let data =
        RequestData::new(tenant, contents, identity, caller, Moment::Fixed(noon())).by(origin());
    let schema = municipio_graphql::schema();
    serde_json::to_value(schema.execute(data.attach(request)).await).unwrap()
}

on_both! {
    async fn every_write_is_written_down(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = municipality(&app).await;
        let editor = app.editor(&tenant);
        let topic = json!({ "title": "Acqua", "short_description": "Un argomento" });
        let id = global_id(ContentType::Topic, editor.draft(ContentType::Topic, topic).await);
        let empty = global_id(ContentType::Topic, editor.draft(ContentType::Topic, json!({})).await);
        for id in [&id, &empty] {
            let publish = format!("mutation {{ publish(input: {{ id: \"{id}\" }}) {{ userErrors {{ code }} }} }}");
            let answer = answer(&app, &tenant, BuiltInRole::Editor, Request::new(publish)).await;
            assert!(answer.get("errors").is_none(), "{answer:#}");
        }
        municipio_domain::tenants::suspend(&app.database, &tenant.ipa_code, true, noon()).await.unwrap();

        let entries = entries(&app, &tenant).await;
        let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
        // What was refused changed nothing.
        assert_eq!(names, ["tenant.create", "content.publish", "tenant.suspend"]);
        let published = &entries[1];
        assert_eq!(published.subject.as_deref(), Some(id.as_str()));
        assert!(published.actor.starts_with("account:"), "{}", published.actor);
        assert_eq!(published.actor_name.as_deref(), Some("Ada Rossi"));
        assert_eq!(published.request_id.as_deref(), Some("request"));
        assert_eq!(published.client_network.as_deref(), Some("192.0.2.0/24"));
        assert_eq!(published.at, noon());
        assert_eq!(entries[0].actor, "command");
        assert_eq!(entries[0].details["hosts"], json!([HOST]));
        let verified = log(&app, &tenant).verify(Some(&published.head())).await.unwrap();
        assert!(verified.is_intact(), "{verified:?}");
        assert_eq!(verified.head, entries[2].head());
    }
}

on_both! {
    async fn what_is_purged_is_one_entry(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = municipality(&app).await;
        let store = app.database.tenant(tenant.id);
        for _ in 0..2 {
            let id = app.editor(&tenant).draft(ContentType::Topic, json!({})).await;
            let transaction = store.begin().await.unwrap();
            move_on(&transaction, id, LifeStep::Delete, noon()).await.unwrap();
            transaction.commit().await.unwrap();
        }
        for purged in [2, 0] {
            assert_eq!(purge(&store, &tenant, noon() + TimeDelta::days(91)).await.unwrap(), purged);
        }
        let entries = entries(&app, &tenant).await;
        let told: Vec<_> = entries.iter().skip(1).map(|entry| (entry.name.as_str(), entry.actor.as_str())).collect();
        assert_eq!(told, [("content.purge", "system")]);
        assert_eq!(entries[1].details["subjects"].as_array().unwrap().len(), 2);
    }
}

on_both! {
    async fn a_bulk_of_content_is_one_entry_with_counts(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let entries = entries(&app, &tenant).await;
        let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["tenant.create", "content.load"]);
        let files = municipio_seeds::demo().unwrap().1.len();
        let counts = json!({ "created": files, "updated": 0, "unchanged": 0, "kept": 0 });
        assert_eq!(entries[1].details, counts);
    }
}

on_both! {
    async fn parallel_writes_make_one_chain(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = municipality(&app).await;
        let other = app.other_program().await;
        let subjects: Vec<_> = (0..50).map(|number| number.to_string()).collect();
        let writes = subjects.iter().enumerate().map(|(number, subject)| {
            let database = if number % 2 == 0 { &app.database } else { &other };
            write(database, &tenant, subject)
        });
        join_all(writes).await;
        let verified = log(&app, &tenant).verify(None).await.unwrap();
        assert!(verified.is_intact(), "{verified:?}");
        assert_eq!((verified.entries, verified.head.number), (51, 51));
        let entries = entries(&app, &tenant).await;
        let mut written: Vec<_> = entries.iter().skip(1).filter_map(|entry| entry.subject.clone()).collect();
        written.sort_by_key(|subject| subject.parse::<u32>().unwrap());
        assert_eq!(written, subjects);
    }
}

on_both! {
    async fn what_is_rolled_back_leaves_no_gap(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = municipality(&app).await;
        let transaction = app.database.tenant(tenant.id).begin().await.unwrap();
        record(&transaction, &Actor::system(), &Deed::new("test.undone"), noon()).await.unwrap();
        drop(transaction);
        write(&app.database, &tenant, "done").await;
        let entries = entries(&app, &tenant).await;
        assert_eq!(entries.iter().map(|entry| entry.number).collect::<Vec<_>>(), [1, 2]);
        assert!(log(&app, &tenant).verify(None).await.unwrap().is_intact());
    }
}

on_both! {
    async fn the_database_refuses_to_change_the_log(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = municipality(&app).await;
        write(&app.database, &tenant, "a").await;
        let other = app.tenant("c_x002", "www.x002.example").await;
        let connections = [app.as_the_program(&tenant).await, app.administrator().await];
        let mut statements = vec![
            "UPDATE audit_entry SET actor = 'nobody'",
            "UPDATE audit_entry SET number = number + 10",
            "DELETE FROM audit_entry WHERE number = 2",
            "UPDATE audit_chain SET last_number = 1",
            "UPDATE audit_chain SET last_number = last_number + 2",
            "DELETE FROM audit_chain",
        ];
        if engine == Engine::Postgres {
            statements.extend(["TRUNCATE audit_entry", "TRUNCATE audit_chain"]);
        }
        for statement in statements {
            for connection in &connections {
                let refused = connection.execute_unprepared(statement).await.unwrap_err();
                assert!(refused.to_string().contains("audit log"), "{statement}: {refused}");
            }
        }
        assert_eq!(entries(&app, &tenant).await.len(), 2);

        // With the tenant goes its log, and no other.
        let whole = match engine {
            Engine::Sqlite => format!("DELETE FROM tenant WHERE id = x'{}'", tenant.id.0.simple()),
            Engine::Postgres => format!("DELETE FROM tenant WHERE id = '{}'", tenant.id),
        };
        let deleted = connections[0].execute_unprepared(&whole).await.unwrap();
        assert_eq!(deleted.rows_affected(), 1);
        assert!(entries(&app, &tenant).await.is_empty());
        assert_eq!(entries(&app, &other).await.len(), 1);
    }
}

/// A connection that may do what the database refuses otherwise.
async fn intruder(app: &TestApp, engine: Engine) -> DatabaseConnection {
    let connection = app.administrator().await;
    let open = match engine {
        Engine::Sqlite => {
            "DROP TRIGGER audit_entry_unchanged; DROP TRIGGER audit_entry_kept;
             DROP TRIGGER audit_chain_grows; DROP TRIGGER audit_chain_kept"
        }
        Engine::Postgres => {
            "ALTER TABLE audit_entry DISABLE TRIGGER USER; ALTER TABLE audit_chain DISABLE TRIGGER USER"
        }
    };
    let keep = "CREATE TABLE kept_entry AS SELECT * FROM audit_entry;
                CREATE TABLE kept_chain AS SELECT * FROM audit_chain";
    for statements in [open, keep] {
        connection.execute_unprepared(statements).await.unwrap();
    }
    connection
}

/// What is found after these statements, which are undone again.
async fn after(
    app: &TestApp,
    tenant: &Tenant,
    intruder: &DatabaseConnection,
    statements: &str,
    expected: Option<&Head>,
) -> Verified {
    let changed = intruder.execute_unprepared(statements).await.unwrap();
    assert!(changed.rows_affected() > 0, "{statements}");
    let verified = log(app, tenant).verify(expected).await.unwrap();
    let undo = "DELETE FROM audit_entry; INSERT INTO audit_entry SELECT * FROM kept_entry;
                DELETE FROM audit_chain; INSERT INTO audit_chain SELECT * FROM kept_chain";
    intruder.execute_unprepared(undo).await.unwrap();
    verified
}

on_both! {
    async fn whoever_changes_the_log_is_found_out(engine) {
        use Flaw::{Changed, Missing, Uncounted, Unlinked};
        let app = TestApp::empty(engine).await;
        let tenant = municipality(&app).await;
        let other = app.tenant("c_x002", "www.x002.example").await;
        for subject in ["a", "b", "c", "d"] {
            write(&app.database, &tenant, subject).await;
        }
        let intruder = intruder(&app, engine).await;
        let head = log(&app, &tenant).verify(None).await.unwrap().head;
        let (own, foreign) = match engine {
            Engine::Sqlite => {
                let id = |tenant: &Tenant| format!("x'{}'", tenant.id.0.simple());
                (id(&tenant), id(&other))
            }
            Engine::Postgres => (format!("'{}'", tenant.id), format!("'{}'", other.id)),
        };
        let zeros = "'0000000000000000000000000000000000000000000000000000000000000000'";
        let changed = vec![Changed { number: 3 }];
        let missing = |first, last| Missing { first, last };
        for (set, flaws) in [
            ("at = at + 1".to_owned(), changed.clone()),
            ("actor = 'account:2'".to_owned(), changed.clone()),
            ("actor_name = NULL".to_owned(), changed.clone()),
            ("name = 'test.read'".to_owned(), changed.clone()),
            ("subject = 'B'".to_owned(), changed.clone()),
            ("details = 'null'".to_owned(), changed.clone()),
            ("request_id = NULL".to_owned(), changed.clone()),
            ("client_network = '198.51.100.0/24'".to_owned(), changed.clone()),
            (format!("previous_hash = {zeros}"), vec![Unlinked { number: 3 }, Changed { number: 3 }]),
            (format!("hash = {zeros}"), vec![Changed { number: 3 }, Unlinked { number: 4 }]),
            (
                "number = 30".to_owned(),
                vec![missing(3, 3), missing(6, 29), Changed { number: 30 }, Uncounted { counted: 5, last: 30 }],
            ),
            (
                "number = -3".to_owned(),
                vec![Unlinked { number: -3 }, missing(3, 3)],
            ),
            (format!("tenant_id = {foreign}"), vec![missing(3, 3)]),
        ] {
            let statement = format!("UPDATE audit_entry SET {set} WHERE tenant_id = {own} AND number = 3");
            let verified = after(&app, &tenant, &intruder, &statement, None).await;
            assert_eq!(verified.flaws, flaws, "{set}");
        }
        let respelled = format!("UPDATE audit_entry SET details = details || ' ' WHERE tenant_id = {own} AND number = 3");
        let verified = after(&app, &tenant, &intruder, &respelled, None).await;
        assert!(matches!(verified.flaws[..], [Flaw::Unreadable { number: 3, .. }]), "{verified:?}");
        // In the log of the other it does not go unnoticed either.
        let moved = format!("UPDATE audit_entry SET tenant_id = {foreign} WHERE tenant_id = {own} AND number = 2");
        let verified = after(&app, &other, &intruder, &moved, None).await;
        assert_eq!(verified.flaws, [Unlinked { number: 2 }, Changed { number: 2 }, Uncounted { counted: 1, last: 2 }]);

        for (numbers, flaws) in [
            ("= 3", vec![missing(3, 3)]),
            ("= 1", vec![missing(1, 1)]),
            ("= 5", vec![missing(5, 5)]),
            ("> 3", vec![missing(4, 5)]),
            ("> 0", vec![missing(1, 5)]),
        ] {
            let statement = format!("DELETE FROM audit_entry WHERE tenant_id = {own} AND number {numbers}");
            let verified = after(&app, &tenant, &intruder, &statement, None).await;
            assert_eq!(verified.flaws, flaws, "removed {numbers}");
        }
        // Who cuts the end and counts again is found by the head that somebody noted.
        let cut = format!(
            "DELETE FROM audit_entry WHERE tenant_id = {own} AND number = 5;
             UPDATE audit_chain SET last_number = 4 WHERE tenant_id = {own}"
        );
        assert!(after(&app, &tenant, &intruder, &cut, None).await.is_intact());
        let verified = after(&app, &tenant, &intruder, &cut, Some(&head)).await;
        assert_eq!(verified.flaws, [Flaw::Unexpected { expected: head.clone() }]);
        let verified = log(&app, &tenant).verify(Some(&head)).await.unwrap();
        assert!(verified.is_intact(), "what was undone is whole again: {verified:?}");
    }
}

const PAGE: &str = "query($filter: AuditEntryFilter, $first: Int, $after: String) {
    auditEntries(filter: $filter, first: $first, after: $after) {
      nodes { number name subject actor actorName details hash previousHash at }
      pageInfo { hasNextPage hasPreviousPage endCursor } } }";

async fn page(app: &TestApp, tenant: &Tenant, variables: Value) -> Value {
    let request = Request::new(PAGE).variables(async_graphql::Variables::from_json(variables));
    let mut answer = answer(app, tenant, BuiltInRole::Administrator, request).await;
    assert!(
        answer
            .get("errors")
            .is_none_or(|errors| errors == &json!([])),
        "{answer:#}"
    );
    answer["data"]["auditEntries"].take()
}

fn numbers(page: &Value) -> Vec<i64> {
    let nodes = page["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["number"].as_i64().unwrap())
        .collect()
}

on_both! {
    async fn administrators_read_it_page_by_page(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = municipality(&app).await;
        for subject in ["a", "b", "a", "b"] {
            write(&app.database, &tenant, subject).await;
        }
        let first = page(&app, &tenant, json!({ "first": 2 })).await;
        assert_eq!(numbers(&first), [5, 4]);
        assert_eq!(first["pageInfo"]["hasNextPage"], json!(true));
        // What is written meanwhile does not shift the pages.
        write(&app.database, &tenant, "c").await;
        let after = first["pageInfo"]["endCursor"].clone();
        let second = page(&app, &tenant, json!({ "first": 3, "after": after })).await;
        assert_eq!(numbers(&second), [3, 2, 1]);
        assert_eq!(second["pageInfo"]["hasNextPage"], json!(false));
        assert_eq!(second["nodes"][0]["actorName"], json!("Ada Rossi"));
        assert_eq!(second["nodes"][0]["details"], json!({ "times": 1.5, "why": "prova" }));
        for (filter, expected) in [
            (json!({ "subject": "a" }), vec![4, 2]),
            (json!({ "actor": "command" }), vec![1]),
            (json!({ "name": "test.write", "subject": "b" }), vec![5, 3]),
            (json!({ "from": "2026-11-23T12:00:00Z" }), vec![6, 5, 4, 3, 2, 1]),
            (json!({ "until": "2026-11-23T12:00:00Z" }), vec![]),
            (json!({ "from": "2026-11-23T12:00:00.000001Z" }), vec![]),
        ] {
            let found = page(&app, &tenant, json!({ "filter": filter })).await;
            assert_eq!(numbers(&found), expected, "{filter}");
        }
    }
}

on_both! {
    async fn others_do_not_read_it(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = municipality(&app).await;
        let query = "{ auditEntries { nodes { number } } }";
        let refused = app.refused_at(HOST, query, json!({})).await;
        assert_eq!(refused.parts(), ("UNAUTHENTICATED", "", "auditEntries"));
        for role in BuiltInRole::ALL.iter().filter(|role| **role != BuiltInRole::Administrator) {
            let answer = answer(&app, &tenant, *role, Request::new(query)).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], json!("FORBIDDEN"), "{answer:#}");
            assert_eq!(answer["errors"][0]["extensions"]["permission"], json!("audit.read"));
        }
        let response = app.get("/audit.jsonl").header("host", HOST).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["code"], json!("UNAUTHENTICATED"));
    }
}

on_both! {
    async fn administrators_take_it_with_them(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = municipality(&app).await;
        let id = app.editor(&tenant).draft(ContentType::Topic, json!({ "title": "Acqua", "short_description": "Un argomento" })).await;
        let token = app.signed_in_at(&tenant, &["administrator"]).await;
        let publish = format!("mutation {{ publish(input: {{ id: \"{}\" }}) {{ userErrors {{ code }} }} }}", global_id(ContentType::Topic, id));
        app.data_as(&token, &publish, json!({})).await;

        let export = async |path: &str, token: &str| {
            let request = app.get(path).header("host", HOST).bearer_auth(token);
            request.send().await.unwrap()
        };
        let response = export("/audit.jsonl", &token).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/jsonl; charset=utf-8");
        assert_eq!(response.headers()["cache-control"], "private, no-store");
        let text = response.text().await.unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let last = lines.last().unwrap();
        assert_eq!(last["name"], json!("content.publish"));
        assert!(last["actor"].as_str().unwrap().starts_with("account:"), "{last:#}");
        assert_eq!(last["clientNetwork"], json!("127.0.0.0/24"));
        assert!(last["requestId"].as_str().is_some_and(|id| !id.is_empty()), "{last:#}");
        for pair in lines.windows(2) {
            assert_eq!(pair[1]["previousHash"], pair[0]["hash"]);
        }
        let rest = export(&format!("/audit.jsonl?after={}", lines.len() - 1), &token).await;
        assert_eq!(rest.text().await.unwrap().lines().count(), 1);
        assert_eq!(export("/audit.jsonl?behind=1", &token).await.status(), StatusCode::BAD_REQUEST);

        let author = app.signed_in_at(&tenant, &["author"]).await;
        assert_eq!(export("/audit.jsonl", &author).await.status(), StatusCode::FORBIDDEN);
        let other = app.tenant("c_x002", "www.x002.example").await;
        let foreign = app.signed_in_at(&other, &["administrator"]).await;
        assert_eq!(export("/audit.jsonl", &foreign).await.status(), StatusCode::UNAUTHORIZED);
    }
}
