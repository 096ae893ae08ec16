//! Roles that a municipality makes.

use municipio_domain::{content::ContentType, identity::BuiltInRole, ids::ItemId};
use municipio_tests::{TestApp, on_both, story::column, story::global_id_of};
use serde_json::{Value, json};

const FIELDS: &str = "role { name description isBuiltIn permissions { action types offices locales fields } } userErrors { code path }";

async fn call(app: &TestApp, token: &str, name: &str, input: Value) -> Value {
    let query = match name {
        "deleteAccountRole" => "mutation($input: DeleteAccountRoleInput!) { deleteAccountRole(input: $input) { userErrors { code path } } }".to_owned(),
        _ => format!("mutation($input: AccountRoleInput!) {{ {name}(input: $input) {{ {FIELDS} }} }}"),
    };
    app.data_as(token, &query, json!({ "input": input })).await[name].take()
}

on_both! {
    async fn a_role_limits_what_is_allowed(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let root = app.signed_in(BuiltInRole::Administrator).await;
        let office = global_id_of("c_m999", ContentType::Office, ItemId::generate());
        let permission = json!({ "action": "content.update", "types": ["SERVICE"], "offices": [office], "locales": ["de"], "fields": ["shortDescription"] });
        let input = json!({ "name": "ufficio-anagrafe", "description": "Scrive le schede", "permissions": [permission] });
        let made = call(&app, &root, "createAccountRole", input.clone()).await;
        let role = json!({ "name": "ufficio-anagrafe", "description": "Scrive le schede", "isBuiltIn": false, "permissions": [permission] });
        assert_eq!(made, json!({ "role": role, "userErrors": [] }));
        let taken = call(&app, &root, "createAccountRole", input).await;
        assert_eq!(taken["userErrors"], json!([{ "code": "ROLE_TAKEN", "path": "name" }]));
        let token = app.signed_in_at(&tenant, &["ufficio-anagrafe"]).await;
        let me = "{ me { permissions { action types offices locales fields } } }";
        let mine = app.data_as(&token, me, json!({})).await;
        assert_eq!(mine["me"]["permissions"], json!([permission]));
        let wider = json!({ "name": "ufficio-anagrafe", "permissions": [{ "action": "content.read" }] });
        call(&app, &root, "updateAccountRole", wider).await;
        let mine = app.data_as(&token, me, json!({})).await;
        assert_eq!(column(&mine["me"]["permissions"], "action"), ["content.read"], "it counts at once");
        let roles = app.data_as(&root, "{ accountRoles { nodes { name isBuiltIn } } }", json!({})).await;
        let names = column(&roles["accountRoles"]["nodes"], "name");
        assert_eq!(names, ["author", "editor", "translator", "officer", "administrator", "privacy-officer", "integrator", "ufficio-anagrafe"]);
        let used = call(&app, &root, "deleteAccountRole", json!({ "name": "ufficio-anagrafe" })).await;
        assert_eq!(used["userErrors"], json!([{ "code": "ROLE_IN_USE", "path": null }]));
    }
}

on_both! {
    async fn roles_are_checked_and_deleted(engine) {
        let app = TestApp::demo(engine).await;
        let root = app.signed_in(BuiltInRole::Administrator).await;
        let read = json!([{ "action": "content.read" }]);
        for (name, permissions, code, path) in [
            ("Stampa", read.clone(), "INVALID_NAME", "name"),
            ("editor", read.clone(), "ROLE_TAKEN", "name"),
            ("stampa", json!([]), "INVALID_PERMISSIONS", "permissions"),
            ("stampa", json!([{ "action": "content.read", "types": [] }]), "INVALID_PERMISSIONS", "permissions"),
        ] {
            let input = json!({ "name": name, "permissions": permissions });
            let refused = call(&app, &root, "createAccountRole", input).await;
            assert_eq!(refused, json!({ "role": null, "userErrors": [{ "code": code, "path": path }] }));
        }
        let input = json!({ "name": "stampa", "permissions": read });
        call(&app, &root, "createAccountRole", input.clone()).await;
        assert_eq!(call(&app, &root, "deleteAccountRole", json!({ "name": "stampa" })).await["userErrors"], json!([]));
        let missing = json!([{ "code": "UNKNOWN_ROLE", "path": "name" }]);
        assert_eq!(call(&app, &root, "deleteAccountRole", json!({ "name": "stampa" })).await["userErrors"], missing);
        assert_eq!(call(&app, &root, "updateAccountRole", input).await["userErrors"], missing);
        let built_in = json!([{ "code": "ROLE_BUILT_IN", "path": "name" }]);
        assert_eq!(call(&app, &root, "deleteAccountRole", json!({ "name": "editor" })).await["userErrors"], built_in);
        let editor = app.signed_in(BuiltInRole::Editor).await;
        let denied = app.ask_as(&editor, "{ accountRoles { nodes { name } } }", json!({})).await;
        assert_eq!(denied["errors"][0]["extensions"]["code"], "FORBIDDEN");
        let permissions = app.data("{ permissions { action meaning } }").await;
        assert!(column(&permissions["permissions"], "action").contains(&"audit.read".to_owned()));
    }
}
