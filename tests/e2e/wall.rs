//! The second wall between municipalities: PostgreSQL itself shows a connection only the rows of the
//! tenant that it was told, whatever a statement asks for.

use municipio_tests::{Engine, TestApp, noon};
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, Statement};
use serde_json::json;

/// A connection of its own, with the rights that the application has.
async fn connection(app: &TestApp) -> DatabaseConnection {
    let mut options = ConnectOptions::new(app.database_url.clone().unwrap());
    options.max_connections(1);
    sea_orm::Database::connect(options).await.unwrap()
}

async fn texts(connection: &DatabaseConnection, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect()
}

/// The tables that have the tenant in each row; those of the host names, and of whose outbox is to be looked at,
/// are read before the tenant is known.
const TABLES: &str = "SELECT table_name::text FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name = 'tenant_id'
    AND table_name NOT IN ('tenant_host', 'outbox_wake', 'outbox_dead_letter')";

#[actix_web::test]
async fn a_connection_sees_only_the_tenant_that_it_was_told() {
    if !Engine::postgres_is_there() {
        return;
    }
    let app = TestApp::demo(Engine::Postgres).await;
    let other = app.second_demo("c_x001", "www.x001.example").await;
    let demo = app.demo_tenant().await;
    let connection = connection(&app).await;
    let tables = texts(&connection, TABLES).await;
    assert!(tables.len() >= 8, "{tables:?}");
    let tell = async |tenant: &str| {
        let tell = format!("SET municipio.tenant = '{tenant}'");
        connection.execute_unprepared(&tell).await.unwrap();
    };
    for tenant in [&demo, &other] {
        let account = app.account(tenant, &["editor"]).await;
        app.session(tenant, account).await;
        let attempt = app
            .identity(tenant)
            .verify("x@x.example", "", None, noon())
            .await;
        assert!(attempt.is_err());
        tell(&tenant.id.to_string()).await;
        for insert in [
            "role_definition (tenant_id, name, description, grants, created_at, updated_at)
             VALUES ($tenant, 'x', '', '[]', now(), now())",
            "recovery_code (tenant_id, account_id, hash) VALUES ($tenant, $account, 'x')",
            "idempotency_key (tenant_id, caller, key, fingerprint, attempt_id, held_until, created_at)
             VALUES ($tenant, 'x', 'x', 'x', gen_random_uuid(), now(), now())",
            "api_key (id, tenant_id, name, hash, hint, grants, created_by, created_at)
             VALUES (gen_random_uuid(), $tenant, 'x', 'x', 'x', '[]', 'x', now())",
            "content_schedule (id, tenant_id, item_id, action, due_key, status, author, created_at)
             SELECT gen_random_uuid(), tenant_id, id, 'publish', 0, 'done', 'x', now() FROM content_item LIMIT 1",
            "content_lock (item_id, tenant_id, holder, holder_name, since, expires_at)
             SELECT id, tenant_id, 'x', 'x', now(), now() FROM content_item LIMIT 1",
            "content_review (item_id, tenant_id, revision_id, state, submitted_by, submitted_at)
             SELECT id, tenant_id, id, 'submitted', 'x', now() FROM content_item LIMIT 1",
            "review_rule (tenant_id, content_type) VALUES ($tenant, 'topic')",
            "preview_token (id, tenant_id, hash, hint, scope, author, created_at, expires_at)
             VALUES (gen_random_uuid(), $tenant, 'x', 'x', 'drafts', 'x', now(), now())",
            "identity_provider (id, tenant_id, name, issuer, client_id, is_enabled, settings, created_at, updated_at)
             VALUES (gen_random_uuid(), $tenant, 'x', 'x', 'x', true, '{}', now(), now())",
            "case_reference (id, tenant_id, source, external_id, reported_at)
             VALUES (gen_random_uuid(), $tenant, 'x', 'x', now())",
            "case_state_map (tenant_id, source, procedure_id, states, updated_at)
             SELECT $tenant, 'x', id, '{}', now() FROM content_item LIMIT 1",
            "citizen_delegation (id, tenant_id, principal, delegate, kind, valid_from, granted_by, created_at)
             VALUES (gen_random_uuid(), $tenant, 'x', 'x', 'delegation', now(), 'x', now())",
            "citizen_issuer (id, tenant_id, name, issuer, is_enabled, settings, created_at, updated_at)
             VALUES (gen_random_uuid(), $tenant, 'x', 'x', true, '{}', now(), now())",
            "external_identity (tenant_id, issuer, subject, account_id, created_at)
             VALUES ($tenant, 'x', 'x', $account, now())",
            "sign_in_request (tenant_id, hash, state_hash, provider_id, redirect_uri, expires_at)
             SELECT $tenant, 'x', 'x', id, 'x', now() FROM identity_provider LIMIT 1",
            "content_release (id, tenant_id, name, status, author, created_at)
             VALUES (gen_random_uuid(), $tenant, 'x', 'open', 'x', now())",
            "media_upload (id, tenant_id, author, name, received, pieces, created_at, expires_at)
             VALUES (gen_random_uuid(), $tenant, 'x', 'x', 0, '[]', now(), now())",
            "content_release_change (release_id, item_id, tenant_id, action)
             SELECT r.id, i.id, $tenant, 'unpublish' FROM content_release r, content_item i LIMIT 1",
            "outbox_queue (tenant_id, last_number) VALUES ($tenant, 1) ON CONFLICT DO NOTHING",
            "outbox_job (tenant_id, number, topic, aggregate, payload, status, due_key, attempts, created_at)
             VALUES ($tenant, 0, 'x', 'x', '{}', 'done', 0, 0, now())",
            "webhook_endpoint (id, tenant_id, url, description, events, is_enabled, secrets, public_key, after_sequence, failures, created_at, updated_at)
             VALUES (gen_random_uuid(), $tenant, 'x', '', '[]', true, 'x', 'x', 0, 0, now(), now())",
            "webhook_delivery (id, tenant_id, endpoint_id, event_id, event_type, payload, status, attempts, created_at)
             SELECT gen_random_uuid(), $tenant, id, 'x', 'x', '{}', 'delivered', '[]', now() FROM webhook_endpoint LIMIT 1",
            "search_synonyms (tenant_id, version, groups) VALUES ($tenant, 1, '[]') ON CONFLICT DO NOTHING",
            "search_use (tenant_id, day, locale, text, searches, fruitless) VALUES ($tenant, now(), 'it', 'x', 1, 0)",
            "search_click (tenant_id, day, locale, text, item_id, clicks)
             SELECT $tenant, now(), 'it', 'x', id, 1 FROM content_item LIMIT 1",
            "case_feed (tenant_id, last_place) VALUES ($tenant, 0) ON CONFLICT DO NOTHING",
            "case_file (id, tenant_id, procedure_id, revision_id, office_id, state, status, is_private, version, head, due_place, opened_place, updated_place, opened_at, updated_at)
             SELECT gen_random_uuid(), $tenant, id, id, id, 'x', 'x', false, 0, 'x', 0, 0, 0, now(), now() FROM content_item LIMIT 1",
            "case_event (case_id, number, tenant_id, place, at, actor, name, details, previous_hash, hash)
             SELECT id, 1, $tenant, 0, 0, 'x', 'x', '{}', 'x', 'x' FROM case_file LIMIT 1",
            "case_count (tenant_id, office_id, procedure_id, status, total) VALUES ($tenant, gen_random_uuid(), gen_random_uuid(), 'x', 1)",
            "case_rule_run (case_id, number, tenant_id, rule, occasion, ran_at, sealed)
             SELECT id, 1, $tenant, 'x', 'event:1', now(), 'x' FROM case_file LIMIT 1",
            "case_access (case_id, reader, hour, tenant_id, read_at) SELECT id, 'x', 0, $tenant, now() FROM case_file LIMIT 1",
            "case_code (case_id, tenant_id, hash, created_at) SELECT id, $tenant, 'x', now() FROM case_file LIMIT 1",
            "appio_account (tenant_id, is_enabled, environment, is_premium, calls, case_address, remote_keys, free_key, created_at, updated_at)
             VALUES ($tenant, false, 'sandbox', false, 150, 'x', '{}', 0, now(), now())",
            "appio_service (id, tenant_id, name, service_id, keys, is_enabled, created_at, updated_at)
             VALUES (gen_random_uuid(), $tenant, 'x', 'x', 'x', true, now(), now())",
            "appio_sheet (id, tenant_id, item_id, settings, is_pending, keeps_theirs, failures, looks, touches, created_at, updated_at)
             SELECT gen_random_uuid(), $tenant, id, '{}', false, false, 0, 0, 0, now(), now() FROM content_item LIMIT 1",
            "message_template (id, tenant_id, service_id, event, occasion, content, is_enabled, version, created_at, updated_at)
             SELECT gen_random_uuid(), $tenant, id, 'received', 'x', '{}', true, 1, now(), now() FROM appio_service LIMIT 1",
            "case_notification (id, tenant_id, case_id, number, event, recipient, template_id, once_key, status, failures, looks, created_at)
             SELECT gen_random_uuid(), $tenant, id, 1, 'received', 'applicant', id, 'x', 'queued', 0, 0, now() FROM case_file LIMIT 1",
            "log_position (tenant_id, follower, sequence) VALUES ($tenant, 'x', 0)",
        ] {
            let insert = insert
                .replace("$tenant", &format!("'{}'", tenant.id))
                .replace("$account", &format!("'{account}'"));
            let insert = format!("INSERT INTO {insert}");
            connection.execute_unprepared(&insert).await.unwrap();
        }
        tell("").await;
    }
    for table in tables {
        let owners = format!("SELECT DISTINCT tenant_id::text FROM {table}");
        assert!(
            texts(&connection, &owners).await.is_empty(),
            "{table} before anything was told"
        );
        for tenant in [&demo, &other] {
            let id = tenant.id.to_string();
            tell(&id).await;
            let seen = texts(&connection, &owners).await;
            assert_eq!(seen, std::slice::from_ref(&id), "{table}");
            let change =
                format!("UPDATE {table} SET tenant_id = tenant_id WHERE tenant_id <> '{id}'");
            let changed = connection.execute_unprepared(&change).await.unwrap();
            assert_eq!(changed.rows_affected(), 0, "{table}");
        }
        tell("").await;
    }
    tell(&demo.id.to_string()).await;
    let foreign = format!(
        "INSERT INTO content_feed (tenant_id, last_sequence) VALUES ('{}', 1)",
        other.id
    );
    let refused = connection.execute_unprepared(&foreign).await.unwrap_err();
    assert!(
        refused.to_string().contains("row-level security"),
        "{refused}"
    );
}

#[actix_web::test]
async fn connections_are_told_their_tenant_for_each_statement() {
    if !Engine::postgres_is_there() {
        return;
    }
    let app = TestApp::demo(Engine::Postgres).await;
    let hosts = [
        "www.comune.montelago.example",
        "www.x001.example",
        "www.x002.example",
    ];
    for (code, host) in [("c_x001", hosts[1]), ("c_x002", hosts[2])] {
        app.editor(&app.tenant(code, host).await)
            .topic("Acqua")
            .await;
    }
    let query = "{ topics { totalCount } }";
    let counts = [0, 1, 1].map(|count| json!({ "topics": { "totalCount": count } }));
    let first = app.read(hosts[0], query, json!({})).await;
    assert!(first["topics"]["totalCount"].as_u64() > Some(1), "{first}");
    // Far more requests than connections, so that each connection serves every municipality.
    let asked = (0..60).map(|number| {
        let (app, host) = (&app, hosts[number % 3]);
        async move { app.read(host, query, json!({})).await }
    });
    for (number, answer) in futures_util::future::join_all(asked)
        .await
        .into_iter()
        .enumerate()
    {
        let expected = if number % 3 == 0 {
            &first
        } else {
            &counts[number % 3]
        };
        assert_eq!(&answer, expected, "{}", hosts[number % 3]);
    }
}
