//! The second factor: asked for, taken once, and given up only with itself.

use chrono::{DateTime, TimeDelta, Utc};
use municipio_domain::{
    identity::{
        BuiltInRole, Identities, Identity, IdentityError, Passwords, Refusal, Vault, code_at,
    },
    openid::Issuers,
    outgoing::Outgoing,
    tenants::Tenant,
};
use municipio_tests::{TestApp, now, on_both, story::forged};
use serde_json::{Value, json};

const EMAIL: &str = "anna.rossi@montelago.example";
const PASSWORD: &str = "cavallo batteria graffetta";
const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) {
    session { accessToken account { hasSecondFactor } } userErrors { code path } } }";
const ENROL: &str = "mutation($input: SecondFactorInput!) { enrolSecondFactor(input: $input) {
    secret url userErrors { code } } }";
const CONFIRM: &str =
    "mutation($input: ConfirmSecondFactorInput!) { confirmSecondFactor(input: $input) {
    recoveryCodes userErrors { code path } } }";
const DISABLE: &str = "mutation($input: SecondFactorInput!) { disableSecondFactor(input: $input) {
    account { hasSecondFactor } userErrors { code } } }";

async fn call(app: &TestApp, token: &str, mutation: &str, input: Value) -> Value {
    let mut data = app
        .data_as(token, mutation, json!({ "input": input }))
        .await;
    let payload = data.as_object_mut().unwrap().values_mut().next().unwrap();
    payload.take()
}

async fn sign_in(app: &TestApp, code: Option<&str>) -> Value {
    let input = json!({ "email": EMAIL, "password": PASSWORD, "code": code });
    app.read("", SIGN_IN, json!({ "input": input })).await["signIn"].take()
}

fn code(secret: &str, moment: DateTime<Utc>) -> String {
    code_at(secret, moment).unwrap()
}

on_both! {
    async fn a_code_is_asked_for_and_taken_once(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let account = app.account_with_password(&tenant, EMAIL, PASSWORD, &["author"]).await;
        let token = app.session(&tenant, account).await.access.reveal().to_owned();
        let refused = call(&app, &token, ENROL, json!({ "password": "sbagliata" })).await;
        assert_eq!(refused["userErrors"][0]["code"], "INVALID_CREDENTIALS");
        let enrolled = call(&app, &token, ENROL, json!({ "password": PASSWORD })).await;
        let secret = enrolled["secret"].as_str().unwrap();
        let url = enrolled["url"].as_str().unwrap();
        assert!(url.starts_with("otpauth://totp/Comune%20di%20Montelago"), "{url}");
        assert!(url.contains(&format!("secret={secret}")), "{url}");
        assert!(sign_in(&app, None).await["session"].is_object(), "not asked for before it is confirmed");
        let wrong = call(&app, &token, CONFIRM, json!({ "code": "000000" })).await;
        assert_eq!(wrong["userErrors"], json!([{ "code": "INVALID_CODE", "path": "code" }]));
        // A step early or late is right, so that the clock of the application may run on.
        let moment = now();
        let first = code(secret, moment);
        let confirmed = call(&app, &token, CONFIRM, json!({ "code": first })).await;
        let recovery: Vec<String> = serde_json::from_value(confirmed["recoveryCodes"].clone()).unwrap();
        assert_eq!(recovery.len(), 10);
        let asked = sign_in(&app, None).await;
        assert_eq!(asked["userErrors"], json!([{ "code": "SECOND_FACTOR_REQUIRED", "path": "code" }]));
        let wrong = json!([{ "code": "INVALID_CREDENTIALS", "path": null }]);
        assert_eq!(sign_in(&app, Some(&first)).await["userErrors"], wrong, "it was taken");
        let next = code(secret, moment + TimeDelta::seconds(30));
        assert_eq!(sign_in(&app, Some(&next)).await["session"]["account"]["hasSecondFactor"], true);
        assert_eq!(sign_in(&app, Some(&next)).await["userErrors"], wrong, "it was taken");
        let typed = recovery[0].to_lowercase().replace('-', " ");
        assert!(sign_in(&app, Some(&typed)).await["session"].is_object());
        assert_eq!(sign_in(&app, Some(&recovery[0])).await["userErrors"], wrong, "it was taken");
        for _ in 0..6 {
            let again = call(&app, &token, ENROL, json!({ "password": PASSWORD, "code": recovery[1] })).await;
            assert_eq!(again["userErrors"][0]["code"], "SECOND_FACTOR_ON", "which is no failed sign-in");
        }
        let refused = call(&app, &token, DISABLE, json!({ "password": PASSWORD })).await;
        assert_eq!(refused["userErrors"][0]["code"], "SECOND_FACTOR_REQUIRED");
        let off = call(&app, &token, DISABLE, json!({ "password": PASSWORD, "code": recovery[2] })).await;
        assert_eq!(off["account"]["hasSecondFactor"], false, "{off}");
        assert!(sign_in(&app, None).await["session"].is_object());
    }
}

on_both! {
    async fn a_code_left_out_is_no_failure_and_a_wrong_one_is(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let account = app.account_with_password(&tenant, EMAIL, PASSWORD, &["author"]).await;
        let token = app.session(&tenant, account).await.access.reveal().to_owned();
        let enrolled = call(&app, &token, ENROL, json!({ "password": PASSWORD })).await;
        let secret = enrolled["secret"].as_str().unwrap();
        let first = code(secret, now());
        let confirmed = call(&app, &token, CONFIRM, json!({ "code": first })).await;
        assert_eq!(confirmed["userErrors"], json!([]));
        for _ in 0..6 {
            let asked = sign_in(&app, None).await;
            assert_eq!(asked["userErrors"][0]["code"], "SECOND_FACTOR_REQUIRED");
        }
        let identity = app.identity(&tenant);
        let begin = now() - TimeDelta::minutes(20);
        for minutes in 0..11 {
            let moment = begin + TimeDelta::minutes(minutes);
            let tried = identity.verify(EMAIL, PASSWORD, Some("000000"), moment).await;
            assert!(matches!(tried, Err(IdentityError::Refused(_))), "{tried:?}");
        }
        let held = sign_in(&app, None).await;
        assert_eq!(held["userErrors"][0]["code"], "INVALID_CREDENTIALS", "held like any other");
        let root = app.signed_in(BuiltInRole::Administrator).await;
        let reset = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) {
            account { hasSecondFactor hasPassword } } }";
        let id = forged(&format!("Account:c_m999:{account}"));
        let done = call(&app, &root, reset, json!({ "id": id, "removesSecondFactor": true })).await;
        assert_eq!(done["account"], json!({ "hasSecondFactor": false, "hasPassword": false }));
    }
}

on_both! {
    async fn the_secret_is_not_in_the_database(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let account = app.account_with_password(&tenant, EMAIL, PASSWORD, &["author"]).await;
        let token = app.session(&tenant, account).await.access.reveal().to_owned();
        let enrolled = call(&app, &token, ENROL, json!({ "password": PASSWORD })).await;
        let secret = enrolled["secret"].as_str().unwrap();
        let connection = app.administrator().await;
        let statement = sea_orm::Statement::from_string(
            sea_orm::ConnectionTrait::get_database_backend(&connection),
            "SELECT totp_secret FROM account WHERE totp_secret IS NOT NULL",
        );
        let rows = sea_orm::ConnectionTrait::query_all_raw(&connection, statement).await.unwrap();
        assert_eq!(rows.len(), 1);
        let stored: String = rows[0].try_get_by_index(0).unwrap();
        assert!(!stored.contains(secret));
        // Another key, as on a node that was given another secret, cannot read it.
        let other = with_another_secret(&app, &tenant);
        let code = code(secret, now());
        let checked = other.check_first_code(account, &code, now()).await;
        assert!(matches!(checked, Err(IdentityError::Vault(_))));
        // Recovery codes need no key.
        let confirmed = call(&app, &token, CONFIRM, json!({ "code": code })).await;
        let recovery = confirmed["recoveryCodes"][0].as_str().unwrap();
        let wrong = other.verify(EMAIL, PASSWORD, Some("ABCD-EFGH-JKLM-NPQR"), now()).await;
        assert!(matches!(wrong, Err(IdentityError::Refused(_))));
        other.verify(EMAIL, PASSWORD, Some(recovery), now()).await.unwrap();
    }
}

/// The accounts as a node sees them that was given another secret.
fn with_another_secret(app: &TestApp, tenant: &Tenant) -> Identity {
    let vault = Vault::new("another secret of 32 characters or more").unwrap();
    Identities::new(Passwords::new(1), vault, Issuers::new(Outgoing::new(false)))
        .of(app.database.tenant(tenant.id))
}

on_both! {
    async fn wrong_first_codes_hold_the_account(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let account = app.account_with_password(&tenant, EMAIL, PASSWORD, &["author"]).await;
        let token = app.session(&tenant, account).await.access.reveal().to_owned();
        let enrolled = call(&app, &token, ENROL, json!({ "password": PASSWORD })).await;
        let secret = enrolled["secret"].as_str().unwrap();
        let identity = app.identity(&tenant);
        let begin = now();
        let check = async |minutes: i64, right: bool| {
            let moment = begin + TimeDelta::minutes(minutes);
            let code = if right { code(secret, moment) } else { "000000".to_owned() };
            match identity.check_first_code(account, &code, moment).await {
                Ok(_) => true,
                Err(IdentityError::Refused(Refusal::Code)) => false,
                Err(other) => panic!("{other}"),
            }
        };
        for minutes in 0..10 {
            assert!(!check(minutes, false).await);
        }
        assert!(!check(10, true).await, "held for a quarter of an hour");
        assert!(check(25, true).await);
    }
}
