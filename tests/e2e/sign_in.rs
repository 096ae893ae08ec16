//! Signing in with e-mail address and password, and who is told what when it does not fit.

use chrono::TimeDelta;
use futures_util::TryStreamExt;
use municipio_domain::{
    audit::{AuditLog, Entry},
    identity::{
        AccountChange, AccountStatus, Giver, IdentityError, Refusal, begin_session, code_at,
        confirm_second_factor, enrol_second_factor, reset_password, update_account,
    },
};
use municipio_tests::{TestApp, now, on_both, story::forged};
use serde_json::{Value, json};

const EMAIL: &str = "anna.rossi@montelago.example";
const PASSWORD: &str = "cavallo batteria graffetta";
const SIGN_IN: &str = "mutation($email: String!, $password: String!) {
    signIn(input: { email: $email, password: $password }) {
        session { accessToken refreshToken accessTokenExpiresAt account { email roles lastSignInAt } }
        userErrors { code message path }
    }
}";

async fn sign_in(app: &TestApp, email: &str, password: &str) -> Value {
    let variables = json!({ "email": email, "password": password });
    app.read("", SIGN_IN, variables).await["signIn"].take()
}

on_both! {
    async fn who_signs_in_calls_with_the_token(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        app.account_with_password(&tenant, EMAIL, PASSWORD, &["author"]).await;
        let answer = sign_in(&app, " Anna.Rossi@MONTELAGO.example ", PASSWORD).await;
        assert_eq!(answer["userErrors"], json!([]));
        let session = &answer["session"];
        assert_eq!(session["account"]["email"], EMAIL);
        assert_eq!(session["account"]["roles"], json!(["author"]));
        assert!(session["account"]["lastSignInAt"].is_string());
        let token = session["accessToken"].as_str().unwrap();
        let me = app.data_as(token, "{ me { name account { email } permissions { action types } } }", json!({})).await;
        assert_eq!(me["me"]["account"]["email"], EMAIL);
        let actions = municipio_tests::story::column(&me["me"]["permissions"], "action");
        assert_eq!(actions, ["content.read", "content.create", "content.update"]);
        let refused = app.refused("{ me { name } }", json!({})).await;
        assert_eq!(refused.parts(), ("UNAUTHENTICATED", "", "me"));
    }
}

on_both! {
    async fn nobody_learns_which_accounts_there_are(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        app.account_with_password(&tenant, EMAIL, PASSWORD, &["author"]).await;
        app.account(&tenant, &["author"]).await;
        let wrong = sign_in(&app, EMAIL, "un'altra parola").await;
        assert_eq!(wrong["session"], Value::Null);
        assert_eq!(wrong["userErrors"][0]["code"], "INVALID_CREDENTIALS");
        assert_eq!(sign_in(&app, "nessuno@montelago.example", PASSWORD).await, wrong);
        assert_eq!(sign_in(&app, "non è un indirizzo", PASSWORD).await, wrong);
        // Tried too often, the right password gets the same answer.
        let other = "luca@montelago.example";
        app.account_with_password(&tenant, other, PASSWORD, &["author"]).await;
        let identity = app.identity(&tenant);
        for minutes in (0..12).rev() {
            let moment = now() - TimeDelta::minutes(minutes);
            assert!(identity.verify(other, "un'altra parola", None, moment).await.is_err());
        }
        assert_eq!(sign_in(&app, other, PASSWORD).await, wrong);
    }
}

on_both! {
    async fn failures_hold_the_account_for_longer_and_longer(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        app.account_with_password(&tenant, EMAIL, PASSWORD, &["author"]).await;
        let begin = now() - TimeDelta::hours(1);
        // Two nodes, one count.
        let nodes = [app.identity(&tenant), app.identity(&tenant)];
        let attempt = async |node: usize, seconds: i64, password: &str| {
            let moment = begin + TimeDelta::seconds(seconds);
            let done = nodes[node].verify(EMAIL, password, None, moment).await;
            match done {
                Ok(_) => true,
                Err(IdentityError::Refused(Refusal::Credentials | Refusal::Held)) => false,
                Err(other) => panic!("{other}"),
            }
        };
        for failure in 0..4 {
            assert!(!attempt(failure % 2, 0, "sbagliata").await);
        }
        assert!(!attempt(0, 0, PASSWORD).await, "one second after the fourth failure");
        assert!(attempt(1, 1, PASSWORD).await);
        // `verify` alone does not forget: the session that begins does.
        for (seconds, right) in [(2, false), (4, true), (5, false), (100, true)] {
            let password = if right { PASSWORD } else { "sbagliata" };
            assert_eq!(attempt(0, seconds, password).await, right, "after {seconds} s");
        }
        for _ in 0..10 {
            attempt(0, 2_000, "sbagliata").await;
        }
        for seconds in [3_000, 4_000, 5_000, 6_000] {
            assert!(!attempt(1, seconds, "sbagliata").await);
        }
        assert!(!attempt(0, 6_899, PASSWORD).await, "a quarter of an hour");
        assert!(attempt(0, 6_901, PASSWORD).await);
    }
}

on_both! {
    async fn a_success_forgets_the_failures(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        app.account_with_password(&tenant, EMAIL, PASSWORD, &["author"]).await;
        for _ in 0..3 {
            for _ in 0..3 {
                assert_eq!(sign_in(&app, EMAIL, "sbagliata").await["session"], Value::Null);
            }
            assert!(sign_in(&app, EMAIL, PASSWORD).await["session"].is_object());
        }
    }
}

on_both! {
    async fn attempts_at_the_same_time_are_all_counted(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let identity = app.identity(&tenant);
        let moment = now();
        let attempt = || identity.verify(EMAIL, "sbagliata", None, moment);
        let attempts = (0..8).map(|_| attempt());
        futures_util::future::join_all(attempts).await;
        app.account_with_password(&tenant, EMAIL, PASSWORD, &["author"]).await;
        assert!(attempt_right(&identity, moment).await.is_err(), "four were counted");
        let later = moment + TimeDelta::seconds(2);
        assert!(attempt_right(&identity, later).await.is_ok());
    }
}

async fn attempt_right(
    identity: &municipio_domain::identity::Identity,
    moment: chrono::DateTime<chrono::Utc>,
) -> Result<(), IdentityError> {
    identity
        .verify(EMAIL, PASSWORD, None, moment)
        .await
        .map(drop)
}

on_both! {
    async fn a_sign_in_under_way_does_not_survive_what_ends_sessions(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let identity = app.identity(&tenant);
        let store = app.database.tenant(tenant.id);
        for meanwhile in ["nothing", "reset", "suspension", "second-factor"] {
            let email = format!("{meanwhile}@montelago.example");
            let account = app.account_with_password(&tenant, &email, PASSWORD, &["author"]).await;
            let verified = identity.verify(&email, PASSWORD, None, now()).await.unwrap();
            let mut transaction = store.begin().await.unwrap();
            match meanwhile {
                "reset" => {
                    reset_password(&transaction, Giver::Operator, account, false, now()).await.unwrap();
                }
                "suspension" => {
                    let change = AccountChange { status: Some(AccountStatus::Suspended), ..AccountChange::default() };
                    update_account(&transaction, Giver::Operator, account, change).await.unwrap();
                }
                "second-factor" => {
                    let enrolled = enrol_second_factor(&transaction, identity.vault(), account, "Comune").await.unwrap();
                    transaction.commit().await.unwrap();
                    let code = code_at(&enrolled.secret, now()).unwrap();
                    let first = identity.check_first_code(account, &code, now()).await.unwrap();
                    transaction = store.begin().await.unwrap();
                    confirm_second_factor(&transaction, account, &first, now()).await.unwrap();
                }
                _ => {}
            }
            transaction.commit().await.unwrap();
            let transaction = store.begin().await.unwrap();
            let begun = begin_session(&transaction, verified, now()).await;
            match meanwhile {
                "nothing" => assert!(begun.is_ok()),
                _ => assert!(matches!(begun, Err(IdentityError::Refused(Refusal::Credentials))), "{meanwhile}"),
            }
        }
    }
}

on_both! {
    async fn refusals_are_written_down_until_the_address_is_held(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let account = app.account_with_password(&tenant, EMAIL, PASSWORD, &["author"]).await;
        let log = AuditLog::new(app.database.tenant(tenant.id));
        let refused = async || {
            let entries: Vec<Entry> = log.entries(0).try_collect().await.unwrap();
            entries.into_iter().filter(|entry| entry.name == "session.refuse").collect::<Vec<_>>()
        };
        sign_in(&app, EMAIL, "sbagliata").await;
        let first = refused().await;
        assert_eq!(first.len(), 1);
        assert_eq!(first[0].subject, Some(forged(&format!("Account:c_m999:{account}"))));
        // Who tries addresses that have no account tells nobody anything.
        assert_eq!(sign_in(&app, "nessuno@montelago.example", PASSWORD).await["userErrors"][0]["code"], "INVALID_CREDENTIALS");
        assert_eq!(refused().await.len(), 1);
        let identity = app.identity(&tenant);
        for minutes in 1..12 {
            let moment = now() + TimeDelta::minutes(minutes);
            assert!(identity.verify(EMAIL, "sbagliata", None, moment).await.is_err());
        }
        let held = sign_in(&app, EMAIL, PASSWORD).await;
        assert_eq!(held["userErrors"][0]["code"], "INVALID_CREDENTIALS");
        assert_eq!(refused().await.len(), 1, "anybody could fill the log");
    }
}
