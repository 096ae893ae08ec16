//! The plans of the statements that a portal's operations run, at 100,000 rows: lists and items are
//! read through indexes. (Of the calendar what is still to come is read whole, and a plan that reads
//! most of a small table may well scan it.)

use municipio_tests::{Engine, TestApp, on_both};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::{Value, json};

use crate::{cases::story::Story, operations::OPERATIONS};

/// Copies of every published item, until lists have 100,000 rows.
const COPIES: [&str; 4] = [
    "CREATE TABLE copies AS SELECT i.id AS old, {random} AS new FROM content_item i, {twelve} n
     WHERE i.published_revision_id IS NOT NULL AND i.content_type <> 'municipality'",
    "INSERT INTO content_item SELECT {item} FROM copies JOIN content_item i ON i.id = old",
    "INSERT INTO content_listing (item_id, locale, field, value, tenant_id, content_type, title_key, date_key, updated_key, expires_on)
     SELECT new, locale, field, value, tenant_id, content_type, title_key, date_key, updated_key, expires_on
     FROM copies JOIN content_listing ON item_id = old",
    "INSERT INTO content_occurrence (item_id, starts_at, tenant_id, ends_at, all_day)
     SELECT new, starts_at, tenant_id, ends_at, all_day FROM copies JOIN content_occurrence ON item_id = old",
];

async fn rows(connection: &DatabaseConnection, sql: &str) -> Vec<sea_orm::QueryResult> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    connection
        .query_all_raw(statement)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// Multiplies the demo twelvefold, and tells the planner of PostgreSQL.
async fn multiply(connection: &DatabaseConnection, engine: Engine) {
    let (random, twelve, columns) = match engine {
        Engine::Sqlite => (
            "randomblob(16)",
            "(WITH RECURSIVE s(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM s WHERE x < 12) SELECT x FROM s)",
            "SELECT name FROM pragma_table_info('content_item') ORDER BY cid",
        ),
        Engine::Postgres => (
            "gen_random_uuid()",
            "generate_series(1, 12)",
            "SELECT column_name::text AS name FROM information_schema.columns WHERE table_name = 'content_item' ORDER BY ordinal_position",
        ),
    };
    let names = rows(connection, columns).await;
    let names = names.iter().map(
        |row| match row.try_get::<String>("", "name").unwrap().as_str() {
            "id" => "new".to_owned(),
            name => format!("i.{name}"),
        },
    );
    let item = names.collect::<Vec<_>>().join(", ");
    for copy in COPIES {
        let copy = copy
            .replace("{random}", random)
            .replace("{twelve}", twelve)
            .replace("{item}", &item);
        connection.execute_unprepared(&copy).await.unwrap();
    }
    // PostgreSQL does so by itself; SQLite works without statistics.
    if engine == Engine::Postgres {
        connection.execute_unprepared("ANALYZE").await.unwrap();
    }
}

/// What a plan of PostgreSQL reads without an index.
fn scanned(plan: &Value, found: &mut Vec<String>) {
    let large = ["content_listing", "content_item"];
    let relation = plan["Relation Name"].as_str().unwrap_or_default();
    if plan["Node Type"] == "Seq Scan" && large.contains(&relation) {
        found.push(relation.to_owned());
    }
    for part in plan["Plans"].as_array().into_iter().flatten() {
        scanned(part, found);
    }
}

async fn plan_of(
    connection: &DatabaseConnection,
    engine: Engine,
    statement: &Statement,
) -> (String, bool) {
    match engine {
        Engine::Sqlite => {
            let plan = rows(connection, &format!("EXPLAIN QUERY PLAN {statement}")).await;
            let lines = plan
                .iter()
                .map(|row| row.try_get::<String>("", "detail").unwrap());
            let plan = lines.collect::<Vec<_>>().join("\n");
            // A subquery may bear the name of the table that it reads through an index.
            let is_subquery = |line: &str| {
                let name = line.trim().trim_start_matches("SCAN ");
                plan.contains(&format!("CO-ROUTINE {name}"))
                    || plan.contains(&format!("MATERIALIZE {name}"))
            };
            let scans = plan.lines().any(|line| {
                let large =
                    line.contains("SCAN content_listing") || line.contains("SCAN content_item");
                // All that there is of a municipality; its sizes are few.
                let grows = ["SEARCH content_", "SEARCH case_"]
                    .iter()
                    .any(|start| line.starts_with(start));
                let whole =
                    grows && line.ends_with("(tenant_id=?)") && !line.contains("content_count");
                whole || (large && !line.contains("INDEX") && !is_subquery(line))
            });
            (plan, scans)
        }
        Engine::Postgres => {
            let plan = rows(connection, &format!("EXPLAIN (FORMAT JSON) {statement}")).await;
            let plan: Value = plan[0].try_get_by_index(0).unwrap();
            let mut found = Vec::new();
            scanned(&plan[0]["Plan"], &mut found);
            (format!("{plan:#}"), !found.is_empty())
        }
    }
}

on_both! {
    async fn large_tables_are_read_through_indexes(engine) {
        let app = TestApp::demo(engine).await;
        let connection = app.administrator().await;
        multiply(&connection, engine).await;
        let count = rows(&connection, "SELECT COUNT(*) AS total FROM content_listing").await;
        let count: i64 = count[0].try_get("", "total").unwrap();
        assert!(count >= 100_000, "only {count} rows");
        // Plans are made for the role of the application, with row-level security.
        let connection = app.as_the_program(&app.demo_tenant().await).await;
        let (mut wrong, mut read) = (Vec::new(), 0);
        for (name, query) in OPERATIONS {
            let ask = app.ask(query, json!({ "first": 20 }));
            let (answer, statements) = app.database.statements_of(ask).await;
            assert!(answer.get("errors").is_none(), "{name}: {answer:#}");
            for statement in statements {
                let (plan, scans) = plan_of(&connection, engine, &statement).await;
                read += 1;
                if scans {
                    wrong.push(format!("{name}\n{statement}\n{plan}"));
                }
            }
        }
        assert!(read > OPERATIONS.len(), "{read} plans");
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    }
}

/// SQLite has no statistics: of two indexes that fit half it may take the one of the municipality.
#[actix_web::test]
async fn what_belongs_to_a_case_is_found_by_the_case() {
    let story = Story::begin(Engine::Sqlite).await;
    let case = story.in_progress(&story.chief, story.offices[1]).await;
    let query = "query($id: ID!) { case(id: $id) { subject data applicant { name } office { title } timeline { number text files { name } }
        availableTransitions { code missing { requirement { kind } } } integrationRequests { number } accessLog { at }
        automationLog(first: 5) { nodes { at } } notifications { status } } }";
    let app = &story.app;
    let asked = story.ask(&story.chief, query, json!({ "id": case["id"] }));
    let (_, statements) = app.database.statements_of(asked).await;
    let connection = app.administrator().await;
    let (mut wrong, mut read) = (Vec::new(), 0);
    for statement in statements {
        let text = statement.to_string();
        if text.contains("case_") && !text.starts_with("INSERT") {
            let (plan, scans) = plan_of(&connection, Engine::Sqlite, &statement).await;
            read += 1;
            if scans {
                wrong.push(format!("{text}\n{plan}"));
            }
        }
    }
    assert!(read > 5, "{read} plans");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
