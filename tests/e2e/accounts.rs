//! Accounts, as administrators manage them: nobody gives what they do not have.

use chrono::TimeDelta;
use futures_util::TryStreamExt;
use municipio_domain::{
    audit::{AuditLog, Entry},
    identity::BuiltInRole,
    ids::AccountId,
};
use municipio_tests::{TestApp, now, on_both, story::column, story::forged};
use serde_json::{Value, json};

const PASSWORD: &str = "cavallo batteria graffetta";
const CREATE: &str = "mutation($input: CreateAccountInput!) { createAccount(input: $input) {
    account { id email name roles status hasPassword } passwordToken userErrors { code path } } }";
const UPDATE: &str = "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) {
    account { name roles status } userErrors { code path } } }";
const RESET: &str = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) {
    passwordToken userErrors { code path } } }";
const SET: &str = "mutation($input: SetPasswordInput!) { setPassword(input: $input) {
    account { email hasPassword } userErrors { code path } } }";
const CHANGE: &str = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) {
    session { accessToken } userErrors { code path } } }";
const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) {
    session { accessToken } userErrors { code } } }";

fn id_of(account: AccountId) -> String {
    forged(&format!("Account:c_m999:{account}"))
}

async fn call(app: &TestApp, token: &str, mutation: &str, input: Value) -> Value {
    let mut data = app
        .data_as(token, mutation, json!({ "input": input }))
        .await;
    let payload = data.as_object_mut().unwrap().values_mut().next().unwrap();
    payload.take()
}

async fn code(app: &TestApp, token: &str, mutation: &str, input: Value) -> String {
    let answer = app.ask_as(token, mutation, json!({ "input": input })).await;
    let error = &answer["errors"][0];
    assert!(error["path"].is_array(), "{answer:#}");
    error["extensions"]["code"].as_str().unwrap().to_owned()
}

async fn anonymous(app: &TestApp, mutation: &str, input: Value) -> Value {
    let mut data = app.read("", mutation, json!({ "input": input })).await;
    let payload = data.as_object_mut().unwrap().values_mut().next().unwrap();
    payload.take()
}

async fn signs_in(app: &TestApp, email: &str, password: &str) -> bool {
    let input = json!({ "email": email, "password": password });
    anonymous(app, SIGN_IN, input).await["session"].is_object()
}

on_both! {
    async fn an_administrator_makes_an_account_and_its_owner_sets_the_password(engine) {
        let app = TestApp::demo(engine).await;
        let token = app.signed_in(BuiltInRole::Administrator).await;
        let input = json!({ "email": "Luca.Bianchi@montelago.example", "name": " Luca Bianchi ", "roles": ["author", "translator"] });
        let made = call(&app, &token, CREATE, input.clone()).await;
        assert_eq!(made["userErrors"], json!([]));
        let account = json!({ "id": made["account"]["id"], "email": "luca.bianchi@montelago.example", "name": "Luca Bianchi",
            "roles": ["author", "translator"], "status": "ACTIVE", "hasPassword": false });
        assert_eq!(made["account"], account);
        let taken = call(&app, &token, CREATE, input).await;
        assert_eq!(taken["userErrors"], json!([{ "code": "EMAIL_TAKEN", "path": "email" }]));
        let email = "luca.bianchi@montelago.example";
        assert!(!signs_in(&app, email, PASSWORD).await);
        let password_token = made["passwordToken"].as_str().unwrap();
        for (password, code) in [("corta", "PASSWORD_TOO_SHORT"), ("lucabianchilucabianchi", "PASSWORD_TOO_COMMON")] {
            let refused = anonymous(&app, SET, json!({ "token": password_token, "password": password })).await;
            assert_eq!(refused["userErrors"], json!([{ "code": code, "path": "password" }]));
        }
        let set = anonymous(&app, SET, json!({ "token": password_token, "password": PASSWORD })).await;
        assert_eq!(set["account"], json!({ "email": email, "hasPassword": true }));
        assert!(signs_in(&app, email, PASSWORD).await);
        let again = anonymous(&app, SET, json!({ "token": password_token, "password": PASSWORD })).await;
        assert_eq!(again["userErrors"], json!([{ "code": "INVALID_TOKEN", "path": "token" }]));
        let list = app.data_as(&token, "{ accounts(first: 1) { nodes { name } pageInfo { hasNextPage endCursor } } }", json!({})).await;
        assert_eq!(column(&list["accounts"]["nodes"], "name"), ["Luca Bianchi"]);
        assert_eq!(list["accounts"]["pageInfo"]["hasNextPage"], true);
        let after = "query($after: String) { accounts(after: $after) { nodes { name } } }";
        let rest = app.data_as(&token, after, json!({ "after": list["accounts"]["pageInfo"]["endCursor"] })).await;
        assert_eq!(column(&rest["accounts"]["nodes"], "name"), ["Prova administrator"]);
    }
}

on_both! {
    async fn nobody_gives_what_they_do_not_have(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let administrator = app.account(&tenant, &["administrator"]).await;
        let root = app.session(&tenant, administrator).await.access.reveal().to_owned();
        let role = "mutation($input: AccountRoleInput!) { createAccountRole(input: $input) { role { name } userErrors { code } } }";
        let actions = ["accounts.manage", "content.read", "cases.read", "cases.work"];
        let permissions = json!(actions.map(|action| json!({ "action": action })));
        let made = call(&app, &root, role, json!({ "name": "personale", "permissions": permissions })).await;
        assert_eq!(made["role"]["name"], "personale");
        let clerk = app.signed_in_at(&tenant, &["personale"]).await;
        let reader = app.account(&tenant, &["officer"]).await;
        let forbidden = "FORBIDDEN";
        let new = |roles: Value| json!({ "email": "nuovo@montelago.example", "name": "Nuovo", "roles": roles });
        assert_eq!(code(&app, &clerk, CREATE, new(json!(["editor"]))).await, forbidden);
        assert_eq!(code(&app, &clerk, CREATE, new(json!(["personale", "administrator"]))).await, forbidden);
        assert_eq!(code(&app, &clerk, UPDATE, json!({ "id": id_of(reader), "roles": ["author"] })).await, forbidden);
        assert_eq!(code(&app, &clerk, UPDATE, json!({ "id": id_of(administrator), "name": "Io" })).await, forbidden);
        assert_eq!(code(&app, &clerk, UPDATE, json!({ "id": id_of(administrator), "status": "SUSPENDED" })).await, forbidden);
        assert_eq!(code(&app, &clerk, RESET, json!({ "id": id_of(administrator) })).await, forbidden);
        assert_eq!(code(&app, &clerk, role, json!({ "name": "tutto", "permissions": permissions })).await, forbidden);
        let made = call(&app, &clerk, CREATE, new(json!(["officer"]))).await;
        assert_eq!(made["account"]["roles"], json!(["officer"]));
        let changed = call(&app, &clerk, UPDATE, json!({ "id": id_of(reader), "roles": ["personale"] })).await;
        assert_eq!(changed["account"]["roles"], json!(["personale"]));
        let unknown = call(&app, &root, UPDATE, json!({ "id": id_of(reader), "roles": ["capo"] })).await;
        assert_eq!(unknown["userErrors"], json!([{ "code": "UNKNOWN_ROLE", "path": "roles" }]));
        let author = app.signed_in(BuiltInRole::Author).await;
        for mutation in [CREATE, UPDATE, RESET] {
            let input = match mutation {
                CREATE => new(json!([])),
                _ => json!({ "id": id_of(reader) }),
            };
            assert_eq!(code(&app, &author, mutation, input.clone()).await, forbidden);
            let variables = json!({ "input": input });
            assert_eq!(app.refused(mutation, variables).await.code, "UNAUTHENTICATED");
        }
        let denied = app.ask_as(&author, "{ accounts { nodes { email } } }", json!({})).await;
        assert_eq!(denied["errors"][0]["extensions"]["permission"], "accounts.manage");
        assert_eq!(denied["data"], json!({ "accounts": null }));
    }
}

on_both! {
    async fn the_last_administrator_stays(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let first = app.account(&tenant, &["administrator"]).await;
        let token = app.session(&tenant, first).await.access.reveal().to_owned();
        let last = json!([{ "code": "LAST_ADMINISTRATOR", "path": null }]);
        let demote = json!({ "id": id_of(first), "roles": ["editor"] });
        let suspend = json!({ "id": id_of(first), "status": "SUSPENDED" });
        for input in [&demote, &suspend] {
            let refused = call(&app, &token, UPDATE, input.clone()).await;
            assert_eq!(refused["userErrors"], last);
        }
        let second = app.account(&tenant, &["administrator"]).await;
        let suspended = call(&app, &token, UPDATE, json!({ "id": id_of(second), "status": "SUSPENDED" })).await;
        assert_eq!(suspended["account"]["status"], "SUSPENDED");
        assert_eq!(call(&app, &token, UPDATE, demote.clone()).await["userErrors"], last, "the other one is suspended");
        call(&app, &token, UPDATE, json!({ "id": id_of(second), "status": "ACTIVE" })).await;
        // Both demote the other at the same time: one of them stays.
        let other = app.session(&tenant, second).await.access.reveal().to_owned();
        let demote_second = json!({ "input": { "id": id_of(second), "roles": ["editor"] } });
        let demote_first = json!({ "input": demote });
        futures_util::join!(
            app.ask_as(&token, UPDATE, demote_second),
            app.ask_as(&other, UPDATE, demote_first),
        );
        let accounts = app.identity(&tenant).accounts().await.unwrap();
        assert!(accounts.iter().any(|account| account.roles.contains("administrator")));
    }
}

on_both! {
    async fn who_is_suspended_or_reset_is_out(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let email = "anna.rossi@montelago.example";
        let account = app.account_with_password(&tenant, email, PASSWORD, &["author"]).await;
        let root = app.signed_in(BuiltInRole::Administrator).await;
        let session = app.session(&tenant, account).await;
        let me = "{ me { permissions { action } } }";
        let actions = app.data_as(session.access.reveal(), me, json!({})).await;
        assert_eq!(actions["me"]["permissions"].as_array().unwrap().len(), 3);
        call(&app, &root, UPDATE, json!({ "id": id_of(account), "roles": ["officer"] })).await;
        let actions = app.data_as(session.access.reveal(), me, json!({})).await;
        let of_cases = actions["me"]["permissions"].to_string().contains("cases.work");
        assert!(of_cases, "the new role counts at once: {actions}");
        call(&app, &root, UPDATE, json!({ "id": id_of(account), "status": "SUSPENDED" })).await;
        let answer = app.ask_as(session.access.reveal(), me, json!({})).await;
        assert_eq!(answer["code"], "UNAUTHENTICATED");
        assert!(!signs_in(&app, email, PASSWORD).await);
        call(&app, &root, UPDATE, json!({ "id": id_of(account), "status": "ACTIVE" })).await;
        assert!(signs_in(&app, email, PASSWORD).await);
        let reset = call(&app, &root, RESET, json!({ "id": id_of(account) })).await;
        assert!(!signs_in(&app, email, PASSWORD).await);
        let identity = app.identity(&tenant);
        let token = reset["passwordToken"].as_str().unwrap();
        assert!(identity.account_to_reset(token, now()).await.is_ok());
        let later = now() + TimeDelta::hours(25);
        assert!(identity.account_to_reset(token, later).await.is_err(), "after a day");
        let other = app.tenant("c_x001", "www.x001.example").await;
        assert!(app.identity(&other).account_to_reset(token, now()).await.is_err());
    }
}

on_both! {
    async fn who_changes_the_password_knows_the_old_one(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let email = "anna.rossi@montelago.example";
        let account = app.account_with_password(&tenant, email, PASSWORD, &["author"]).await;
        let session = app.session(&tenant, account).await;
        let other = app.session(&tenant, account).await;
        let token = session.access.reveal();
        let new = "quattro stagioni sul lago";
        let wrong = json!({ "currentPassword": "sbagliata", "password": new });
        let refused = call(&app, token, CHANGE, wrong).await;
        assert_eq!(refused["userErrors"], json!([{ "code": "INVALID_CREDENTIALS", "path": null }]));
        let changed = call(&app, token, CHANGE, json!({ "currentPassword": PASSWORD, "password": new })).await;
        let fresh = changed["session"]["accessToken"].as_str().unwrap();
        for old in [token, other.access.reveal()] {
            assert_eq!(app.ask_as(old, "{ me { name } }", json!({})).await["code"], "UNAUTHENTICATED");
        }
        app.data_as(fresh, "{ me { name } }", json!({})).await;
        assert!(!signs_in(&app, email, PASSWORD).await);
        assert!(signs_in(&app, email, new).await);
    }
}

on_both! {
    async fn a_token_sets_one_password_of_two_that_come_at_once(engine) {
        let app = TestApp::demo(engine).await;
        let root = app.signed_in(BuiltInRole::Administrator).await;
        let input = json!({ "email": "luca.bianchi@montelago.example", "name": "Luca", "roles": ["author"] });
        let made = call(&app, &root, CREATE, input).await;
        let set = |password: &str| anonymous(&app, SET, json!({ "token": made["passwordToken"], "password": password }));
        let both = futures_util::join!(set(PASSWORD), set("quattro stagioni sul lago"));
        let done = [&both.0, &both.1].into_iter().filter(|answer| answer["account"].is_object());
        assert_eq!(done.count(), 1, "{both:#?}");
    }
}

on_both! {
    async fn a_weak_new_password_is_no_failed_sign_in(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let email = "anna.rossi@montelago.example";
        let account = app.account_with_password(&tenant, email, PASSWORD, &["author"]).await;
        let token = app.session(&tenant, account).await.access.reveal().to_owned();
        for _ in 0..6 {
            let weak = json!({ "currentPassword": PASSWORD, "password": "corta" });
            let refused = call(&app, &token, CHANGE, weak).await;
            assert_eq!(refused["userErrors"], json!([{ "code": "PASSWORD_TOO_SHORT", "path": "password" }]));
        }
        assert!(signs_in(&app, email, PASSWORD).await);
    }
}

on_both! {
    async fn the_log_says_which_account_and_what_it_may_do(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let root = app.signed_in(BuiltInRole::Administrator).await;
        let input = json!({ "email": "luca.bianchi@montelago.example", "name": "Luca", "roles": ["author"] });
        let made = call(&app, &root, CREATE, input).await;
        let id = made["account"]["id"].clone();
        call(&app, &root, UPDATE, json!({ "id": id, "roles": ["editor"], "status": "SUSPENDED" })).await;
        call(&app, &root, RESET, json!({ "id": id, "removesSecondFactor": true })).await;
        let log = AuditLog::new(app.database.tenant(tenant.id));
        let entries: Vec<Entry> = log.entries(0).try_collect().await.unwrap();
        let told: Vec<_> = entries.iter().rev().take(3).map(|entry| {
            assert_eq!(entry.subject.as_deref(), id.as_str());
            (entry.name.as_str(), entry.details.clone())
        }).collect();
        assert_eq!(told, [
            ("password.reset", json!({ "removesSecondFactor": true })),
            ("account.update", json!({ "name": "Luca", "roles": ["editor"], "status": "suspended" })),
            ("account.create", json!({ "name": "Luca", "roles": ["author"], "status": "active" })),
        ]);
    }
}
