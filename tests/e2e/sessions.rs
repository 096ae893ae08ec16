//! Sessions: which tokens call, how they are exchanged, and how they end.

use chrono::TimeDelta;
use municipio_domain::identity::{
    BuiltInRole, Refreshed, SessionTokens, end_session, forget_expired, refresh_session,
};
use municipio_tests::{Engine, TestApp, now, on_both};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

const ME: &str = "{ me { name } }";
const REFRESH: &str = "mutation($token: String!) {
    refreshSession(input: { refreshToken: $token }) {
        session { accessToken refreshToken }
        userErrors { code path }
    }
}";

/// The status of a request with these credentials, and the code of the problem.
async fn status(app: &TestApp, authorization: &str) -> (u16, String) {
    let request = json!({ "query": ME });
    let post = app
        .post()
        .header("authorization", authorization)
        .json(&request);
    let response = post.send().await.unwrap();
    let status = response.status().as_u16();
    let challenge = response.headers().get("www-authenticate").cloned();
    let body: Value = response.json().await.unwrap();
    if status == 401 {
        let challenge = challenge.unwrap();
        assert!(
            challenge.to_str().unwrap().starts_with("Bearer "),
            "{challenge:?}"
        );
    }
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

async fn calls(app: &TestApp, token: &str) -> bool {
    match status(app, &format!("Bearer {token}")).await {
        (200, _) => true,
        (401, code) => {
            assert_eq!(code, "UNAUTHENTICATED");
            false
        }
        other => panic!("{other:?}"),
    }
}

async fn refresh(app: &TestApp, token: &str) -> Value {
    app.read("", REFRESH, json!({ "token": token })).await["refreshSession"].take()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

on_both! {
    async fn only_valid_tokens_of_the_municipality_call(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let other = app.tenant("c_x001", "www.x001.example").await;
        let demo = [("municipio-tenant", "c_m999")];
        let account = app.account(&tenant, &["editor"]).await;
        let tokens = app.session(&tenant, account).await;
        let foreign = app.signed_in_at(&other, &["administrator"]).await;
        let old = app.session_from(&tenant, account, now() - TimeDelta::minutes(16)).await;
        let answer = async |authorization: String| {
            let request = json!({ "query": ME });
            let mut post = app.post().header("authorization", authorization).json(&request);
            for (name, value) in demo {
                post = post.header(name, value);
            }
            post.send().await.unwrap().status().as_u16()
        };
        assert_eq!(answer(format!("Bearer {}", tokens.access.reveal())).await, 200);
        for wrong in [
            format!("Bearer {foreign}"),
            format!("Bearer {}", old.access.reveal()),
            format!("Bearer {}", tokens.refresh.reveal()),
            format!("Bearer {}x", tokens.access.reveal()),
            format!("Basic {}", tokens.access.reveal()),
            "Bearer".to_owned(),
            "Bearer mun_at_00000000000000000000000000000000000000".to_owned(),
        ] {
            assert_eq!(answer(wrong.clone()).await, 401, "{wrong}");
        }
    }
}

on_both! {
    async fn a_refresh_token_is_exchanged_once(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let account = app.account(&tenant, &["editor"]).await;
        let first = app.session(&tenant, account).await;
        let answer = refresh(&app, first.refresh.reveal()).await;
        let second = answer["session"].clone();
        assert_eq!(answer["userErrors"], json!([]));
        assert!(calls(&app, text(&second["accessToken"])).await);
        assert!(calls(&app, first.access.reveal()).await, "until it expires");
        let other = app.session(&tenant, account).await;
        // A copy of the first one is exchanged: nobody can tell who has it.
        let refused = json!({ "session": null, "userErrors": [{ "code": "INVALID_TOKEN", "path": "refreshToken" }] });
        assert_eq!(refresh(&app, first.refresh.reveal()).await, refused);
        assert!(!calls(&app, text(&second["accessToken"])).await, "the session has ended");
        assert_eq!(refresh(&app, text(&second["refreshToken"])).await, refused);
        assert!(calls(&app, other.access.reveal()).await, "another session goes on");
    }
}

on_both! {
    async fn refresh_tokens_expire_and_sessions_end_at_last(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let account = app.account(&tenant, &["editor"]).await;
        let begun = async |ago: TimeDelta| app.session_from(&tenant, account, now() - ago).await;
        let idle = begun(TimeDelta::days(7) + TimeDelta::minutes(1)).await;
        assert_eq!(refresh(&app, idle.refresh.reveal()).await["session"], Value::Null);
        let almost = begun(TimeDelta::days(6)).await;
        assert!(refresh(&app, almost.refresh.reveal()).await["session"].is_object());
        for wrong in [almost.access.reveal(), "", "mun_rt_"] {
            assert_eq!(refresh(&app, wrong).await["userErrors"][0]["code"], "INVALID_TOKEN");
        }
    }
}

on_both! {
    async fn one_of_two_who_refresh_at_the_same_time_ends_the_session(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let account = app.account(&tenant, &["editor"]).await;
        let tokens = app.session(&tenant, account).await;
        let token = tokens.refresh.reveal();
        let both = futures_util::join!(refresh(&app, token), refresh(&app, token));
        let given = [&both.0, &both.1].into_iter().filter(|answer| answer["session"].is_object());
        assert_eq!(given.count(), 1, "{both:#?}");
        assert!(!calls(&app, tokens.access.reveal()).await);
    }
}

on_both! {
    async fn signing_out_counts_at_once(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let account = app.account(&tenant, &["editor"]).await;
        let sessions: [SessionTokens; 3] = [
            app.session(&tenant, account).await,
            app.session(&tenant, account).await,
            app.session(&tenant, account).await,
        ];
        let [first, second, third] = sessions.each_ref().map(|tokens| tokens.access.reveal());
        let colleague = app.signed_in(BuiltInRole::Editor).await;
        for token in [first, second, third] {
            assert!(calls(&app, token).await);
        }
        let out = app.data_as(first, "mutation { signOut { sessions } }", json!({})).await;
        assert_eq!(out, json!({ "signOut": { "sessions": 1 } }));
        assert!(!calls(&app, first).await);
        assert!(calls(&app, second).await);
        let out = app.data_as(second, "mutation { signOutEverywhere { sessions } }", json!({})).await;
        assert_eq!(out, json!({ "signOutEverywhere": { "sessions": 2 } }));
        for token in [second, third] {
            assert!(!calls(&app, token).await);
        }
        assert_eq!(refresh(&app, sessions[2].refresh.reveal()).await["session"], Value::Null);
        assert!(calls(&app, &colleague).await);
        let refused = app.refused("mutation { signOut { sessions } }", json!({})).await;
        assert_eq!(refused.parts(), ("UNAUTHENTICATED", "", "signOut"));
    }
}

/// Waits until a transaction waits for another one. SQLite has one that writes at a time.
async fn somebody_waits(app: &TestApp) {
    if app.engine == Engine::Sqlite {
        return;
    }
    let connection = app.administrator().await;
    let waiting = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    loop {
        let waiting = Statement::from_string(connection.get_database_backend(), waiting);
        let row = connection.query_one_raw(waiting).await.unwrap().unwrap();
        if row.try_get_by_index::<i64>(0).unwrap() > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

on_both! {
    async fn a_session_ends_while_it_goes_on(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let account = app.account(&tenant, &["editor"]).await;
        // Of another program: the application keeps its connections.
        let program = app.other_program().await;
        let store = program.tenant(tenant.id);
        for out in ["mutation { signOut { sessions } }", "mutation { signOutEverywhere { sessions } }"] {
            let tokens = app.session(&tenant, account).await;
            assert!(calls(&app, tokens.access.reveal()).await);
            let going_on = store.begin().await.unwrap();
            let next = match refresh_session(&going_on, tokens.refresh.reveal(), now()).await.unwrap() {
                Refreshed::Tokens(next) => next,
                other => panic!("{other:?}"),
            };
            let commit = async {
                somebody_waits(&app).await;
                going_on.commit().await.unwrap();
            };
            let (answer, ()) = futures_util::join!(app.data_as(tokens.access.reveal(), out, json!({})), commit);
            assert!(answer.to_string().contains("\"sessions\":1"), "{answer}");
            assert!(!calls(&app, next.access.reveal()).await, "{out}");

            let tokens = app.session(&tenant, account).await;
            let ending = store.begin().await.unwrap();
            end_session(&ending, tokens.session).await.unwrap();
            let commit = async {
                somebody_waits(&app).await;
                ending.commit().await.unwrap();
            };
            let (answer, ()) = futures_util::join!(refresh(&app, tokens.refresh.reveal()), commit);
            assert_eq!(answer["userErrors"][0]["code"], "INVALID_TOKEN");
        }
        program.close().await.unwrap();
    }
}

on_both! {
    async fn a_session_ends_after_thirty_days_however_often_it_goes_on(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let account = app.account(&tenant, &["editor"]).await;
        let begin = now();
        let mut token = app.session_from(&tenant, account, begin).await.refresh;
        let store = app.database.tenant(tenant.id);
        let mut go_on = async |days: i64| {
            let transaction = store.begin().await.unwrap();
            let refreshed = refresh_session(&transaction, token.reveal(), begin + TimeDelta::days(days)).await;
            transaction.commit().await.unwrap();
            match refreshed {
                Ok(Refreshed::Tokens(next)) => {
                    token = next.refresh;
                    true
                }
                _ => false,
            }
        };
        for days in [6, 12, 18, 24, 29] {
            assert!(go_on(days).await, "after {days} days");
        }
        assert!(!go_on(30).await, "it would go on for six days more");
        assert_eq!(app.rows("session").await, 1);
        forget_expired(&store, begin + TimeDelta::days(30)).await.unwrap();
        assert_eq!((app.rows("session_token").await, app.rows("session").await), (0, 0));
    }
}
