//! Signing in through an identity provider: who gets which account, with which roles.

use municipio_domain::identity::{
    BuiltInRole, ExternalUser, Giver, IdentityError, ProviderChange, Refusal, Return,
    begin_external_session, forget_expired, update_provider,
};
use municipio_tests::{TestApp, now, on_both, portal::Portal, story::column};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

fn settings() -> Value {
    json!({
        "groupRoles": [
            { "group": "stampa", "roles": ["author", "translator"] },
            { "group": "capi", "roles": ["editor"] },
        ],
        "createsAccounts": true,
    })
}

fn ada(groups: Value) -> Value {
    json!({ "sub": "ada", "email": "Ada.Rossi@montelago.example", "name": "Ada Rossi", "groups": groups })
}

async fn calls(app: &TestApp, token: &str) -> bool {
    let me = app.ask_as(token, "{ me { name } }", json!({})).await;
    me.get("code").is_none()
}

fn token(payload: &Value) -> &str {
    payload["session"]["accessToken"].as_str().unwrap()
}

on_both! {
    async fn who_signs_in_gets_an_account_with_the_roles_of_their_groups(engine) {
        let portal = Portal::start(engine, settings()).await;
        let payload = portal.sign_in(ada(json!(["stampa", "altri"]))).await;
        let account = &payload["session"]["account"];
        assert_eq!(account["email"], "ada.rossi@montelago.example");
        assert_eq!(account["name"], "Ada Rossi");
        assert_eq!(account["roles"], json!(["author", "translator"]));
        let me = portal.app.data_as(token(&payload), "{ me { account { email } permissions { action } } }", json!({})).await;
        assert_eq!(me["me"]["account"]["email"], account["email"]);
        assert!(column(&me["me"]["permissions"], "action").contains(&"content.translate".to_owned()));
        // The address is another one now: the account is that of the subject.
        let again = portal.account(json!({ "sub": "ada", "email": "ada.bianchi@montelago.example", "groups": "stampa" })).await;
        assert_eq!(again["id"], account["id"]);
        assert_eq!(again["email"], account["email"]);
        let other = portal.account(json!({ "sub": "bea", "email": "bea@montelago.example" })).await;
        assert_ne!(other["id"], account["id"]);
        assert_eq!(other["name"], "bea@montelago.example");
        assert_eq!(other["roles"], json!([]));
    }
}

on_both! {
    async fn groups_are_read_anew_and_roles_given_by_hand_stay(engine) {
        let portal = Portal::start(engine, settings()).await;
        let first = portal.sign_in(ada(json!(["stampa"]))).await;
        let id = first["session"]["account"]["id"].clone();
        let update = "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) { account { roles groupRoles } } }";
        // Read and written back, a role that comes from a group does not become one given by hand.
        let input = json!({ "id": id, "roles": ["author", "translator", "officer"] });
        let updated = portal.call(update, input).await;
        assert_eq!(updated["account"], json!({ "roles": ["author", "officer", "translator"], "groupRoles": ["author", "translator"] }));
        let account = portal.account(ada(json!(["capi"]))).await;
        assert_eq!(account["roles"], json!(["editor", "officer"]));
        assert_eq!(account["groupRoles"], json!(["editor"]));
        // Who signed in before may do no more than the groups of now allow.
        let me = portal.app.data_as(token(&first), "{ me { permissions { action } } }", json!({})).await;
        assert!(column(&me["me"]["permissions"], "action").contains(&"content.publish".to_owned()));
        let account = portal.account(ada(json!([]))).await;
        assert_eq!(account["roles"], json!(["officer"]));
        let me = portal.app.data_as(token(&first), "{ me { permissions { action } } }", json!({})).await;
        assert_eq!(column(&me["me"]["permissions"], "action"), ["content.read", "cases.read", "cases.work"]);
        // A role that an account has by hand, too, is not taken by its groups.
        portal.call(update, json!({ "id": id, "roles": ["editor"] })).await;
        assert_eq!(portal.account(ada(json!(["capi"]))).await["groupRoles"], json!([]));
        assert_eq!(portal.account(ada(json!(null))).await["roles"], json!(["editor"]));
    }
}

on_both! {
    async fn only_allowed_groups_sign_in_and_suspended_accounts_stay_out(engine) {
        let portal = Portal::start(engine, settings()).await;
        let first = portal.sign_in(ada(json!(["stampa"]))).await;
        let id = first["session"]["account"]["id"].clone();
        let suspend = "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) { account { status } } }";
        portal.call(suspend, json!({ "id": id, "status": "SUSPENDED" })).await;
        assert!(!calls(&portal.app, token(&first)).await);
        assert_eq!(portal.refusal(ada(json!(["stampa"]))).await, "ACCOUNT_SUSPENDED");
        portal.call(suspend, json!({ "id": id, "status": "ACTIVE" })).await;
        portal.set(json!({ "allowedGroups": ["dipendenti"], "groupsClaim": "/realm/groups" })).await;
        assert_eq!(portal.refusal(ada(json!(["stampa"]))).await, "GROUP_NOT_ALLOWED");
        let inside = json!({ "sub": "ada", "realm": { "groups": ["dipendenti"] } });
        assert_eq!(portal.account(inside).await["id"], id);
        let new = json!({ "sub": "eva", "email": "eva@montelago.example", "realm": { "groups": "dipendenti" } });
        assert_eq!(portal.refusal(new.clone()).await, "NO_ACCOUNT");
        portal.set(json!({ "createsAccounts": true })).await;
        assert_eq!(portal.refusal(json!({ "sub": "eva" })).await, "EMAIL_MISSING");
        assert_eq!(portal.refusal(json!({ "sub": "eva", "email": "eva" })).await, "EMAIL_MISSING");
        for unverified in [json!(false), json!("false")] {
            let claims = json!({ "sub": "eva", "email": "eva@montelago.example", "email_verified": unverified });
            assert_eq!(portal.refusal(claims).await, "EMAIL_UNVERIFIED");
        }
        portal.account(new).await;
    }
}

on_both! {
    async fn an_account_of_the_same_address_is_linked_only_if_it_is_verified_and_wanted(engine) {
        let portal = Portal::start(engine, settings()).await;
        let tenant = portal.app.demo_tenant().await;
        let email = "luca@montelago.example";
        let id = portal.app.account_with_password(&tenant, email, "cavallo batteria graffetta", &["officer"]).await;
        let luca = |verified: Value| json!({ "sub": "luca", "email": email, "email_verified": verified, "groups": ["capi"] });
        assert_eq!(portal.refusal(luca(json!(true))).await, "ACCOUNT_NOT_LINKED");
        portal.set(municipio_tests::story::with(settings(), json!({ "linksByEmail": true }))).await;
        for unverified in [json!(false), json!(null), json!("true")] {
            assert_eq!(portal.refusal(luca(unverified)).await, "ACCOUNT_NOT_LINKED");
        }
        let sign_in = format!("mutation {{ signIn(input: {{ email: \"{email}\", password: \"cavallo batteria graffetta\" }}) {{ session {{ accessToken }} userErrors {{ code }} }} }}");
        let before = portal.app.data(&sign_in).await["signIn"].take();
        let account = portal.account(luca(json!(true))).await;
        // Whoever prepared the account is out, and cannot come back.
        assert!(!calls(&portal.app, token(&before)).await);
        assert_eq!(portal.app.data(&sign_in).await["signIn"]["userErrors"][0]["code"], "INVALID_CREDENTIALS");
        assert_eq!(account["id"], municipio_tests::story::forged(&format!("Account:c_m999:{id}")));
        assert_eq!(account["roles"], json!(["editor", "officer"]));
        // The address is given to somebody else, who does not become the one before.
        let successor = json!({ "sub": "altro", "email": email, "email_verified": true });
        assert_eq!(portal.refusal(successor).await, "ACCOUNT_NOT_LINKED");
        // Unless an administrator says that it is the same person, who has a new account at the provider.
        let unlink = "mutation($input: UnlinkIdentityInput!) { unlinkIdentity(input: $input) { account { roles } userErrors { code path } } }";
        let input = json!({ "account": account["id"], "provider": portal.id });
        let unlinked = portal.call(unlink, input.clone()).await;
        assert_eq!(unlinked, json!({ "account": { "roles": ["officer"] }, "userErrors": [] }));
        let again = portal.call(unlink, input).await;
        assert_eq!(again["userErrors"], json!([{ "code": "NOT_LINKED", "path": "account" }]));
        let successor = json!({ "sub": "altro", "email": email, "email_verified": true });
        assert_eq!(portal.account(successor).await["id"], account["id"]);
        // What is said of «email» holds for no other claim.
        portal.set(json!({ "linksByEmail": true, "emailClaim": "upn" })).await;
        portal.app.account_with_password(&tenant, "eva@montelago.example", "cavallo batteria graffetta", &[]).await;
        let eva = json!({ "sub": "eva", "upn": "eva@montelago.example", "email_verified": true });
        assert_eq!(portal.refusal(eva).await, "ACCOUNT_NOT_LINKED");
    }
}

on_both! {
    async fn sessions_end_like_others_and_with_the_provider(engine) {
        let portal = Portal::start(engine, settings()).await;
        let app = &portal.app;
        let first = portal.sign_in(ada(json!(["stampa"]))).await;
        let second = portal.sign_in(ada(json!(["stampa"]))).await;
        let out = app.data_as(token(&first), "mutation { signOutEverywhere { sessions } }", json!({})).await;
        assert_eq!(out["signOutEverywhere"]["sessions"], 2);
        assert!(!calls(app, token(&second)).await);
        let third = portal.sign_in(ada(json!(["stampa"]))).await;
        portal.change(json!({ "isEnabled": false })).await;
        assert!(!calls(app, token(&third)).await);
        let refused = portal.try_begin(json!({})).await;
        assert_eq!(refused["userErrors"], json!([{ "code": "NOT_FOUND", "path": "provider" }]));
        assert_eq!(app.data("{ signInProviders { providerId } }").await["signInProviders"], json!([]));
        portal.change(json!({ "isEnabled": true })).await;
        let fourth = portal.sign_in(ada(json!(["stampa"]))).await;
        let delete = "mutation($input: DeleteIdentityProviderInput!) { deleteIdentityProvider(input: $input) { deletedId userErrors { code path } } }";
        let deleted = portal.call(delete, json!({ "id": portal.id })).await;
        assert_eq!(deleted, json!({ "deletedId": portal.id, "userErrors": [] }));
        assert!(!calls(app, token(&fourth)).await);
        let again = portal.call(delete, json!({ "id": portal.id })).await;
        assert_eq!(again["userErrors"], json!([{ "code": "NOT_FOUND", "path": "id" }]));
        let accounts = app.data_as(&portal.administrator, "{ accounts(first: 100) { nodes { email roles } } }", json!({})).await;
        let nodes = accounts["accounts"]["nodes"].as_array().unwrap();
        let account = nodes.iter().find(|account| account["email"] == "ada.rossi@montelago.example").unwrap();
        assert_eq!(account["roles"], json!([]), "the roles of groups are gone");
    }
}

on_both! {
    async fn the_last_administrator_keeps_the_role_of_their_groups(engine) {
        let portal = Portal::start(engine, json!({ "createsAccounts": true, "groupRoles": [{ "group": "capi", "roles": ["administrator"] }] })).await;
        let app = &portal.app;
        let first = portal.sign_in(ada(json!(["capi"]))).await;
        let me = app.data_as(&portal.administrator, "{ me { account { id } } }", json!({})).await;
        let suspend = "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) { userErrors { code } } }";
        let input = json!({ "input": { "id": me["me"]["account"]["id"], "status": "SUSPENDED" } });
        let suspended = app.data_as(token(&first), suspend, input).await;
        assert_eq!(suspended["updateAccount"]["userErrors"], json!([]));
        let delete = "mutation($id: ID!) { deleteIdentityProvider(input: { id: $id }) { userErrors { code } } }";
        let deleted = app.data_as(token(&first), delete, json!({ "id": portal.id })).await;
        assert_eq!(deleted["deleteIdentityProvider"]["userErrors"][0]["code"], "LAST_ADMINISTRATOR");
        let unlink = "mutation($input: UnlinkIdentityInput!) { unlinkIdentity(input: $input) { userErrors { code path } } }";
        let input = json!({ "input": { "account": first["session"]["account"]["id"], "provider": portal.id } });
        let unlinked = app.data_as(token(&first), unlink, input).await;
        assert_eq!(unlinked["unlinkIdentity"]["userErrors"], json!([{ "code": "LAST_ADMINISTRATOR", "path": "account" }]));
        assert!(calls(app, token(&first)).await);
    }
}

on_both! {
    async fn a_provider_whose_role_is_gone_is_switched_off_and_deleted(engine) {
        let portal = Portal::start(engine, settings()).await;
        let create = "mutation { createAccountRole(input: { name: \"stampa\", description: \"\", permissions: [{ action: \"content.read\" }] }) { userErrors { code } } }";
        portal.app.data_as(&portal.administrator, create, json!({})).await;
        portal.set(json!({ "groupRoles": [{ "group": "stampa", "roles": ["stampa"] }] })).await;
        let delete_role = "mutation { deleteAccountRole(input: { name: \"stampa\" }) { userErrors { code } } }";
        let deleted = portal.app.data_as(&portal.administrator, delete_role, json!({})).await;
        assert_eq!(deleted["deleteAccountRole"]["userErrors"], json!([]));
        let changed = portal.change(json!({ "isEnabled": false })).await;
        assert_eq!(changed["userErrors"], json!([]));
        let delete = "mutation($input: DeleteIdentityProviderInput!) { deleteIdentityProvider(input: $input) { userErrors { code } } }";
        let deleted = portal.call(delete, json!({ "id": portal.id })).await;
        assert_eq!(deleted["userErrors"], json!([]));
    }
}

on_both! {
    async fn a_sign_in_does_not_survive_what_ends_it_meanwhile(engine) {
        let portal = Portal::start(engine, settings()).await;
        let tenant = portal.app.demo_tenant().await;
        let (store, identity) = (portal.app.database.tenant(tenant.id), portal.app.identity(&tenant));
        let user = async || {
            let begun = portal.begin().await;
            let code = portal.provider.signs_in(&begun.url, ada(json!(["stampa"])));
            let back = Return { token: &begun.token, state: &begun.state, code: &code, issuer: None };
            identity.complete_oidc_sign_in(back, now()).await.unwrap()
        };
        // Two windows at once: both get in.
        let users = [user().await, user().await];
        let enter = async |user: &ExternalUser| {
            let transaction = store.begin().await.unwrap();
            let session = begin_external_session(&transaction, user, now()).await?;
            transaction.commit().await.unwrap();
            Ok::<_, IdentityError>(session)
        };
        let (first, second) = futures_util::join!(enter(&users[0]), enter(&users[1]));
        assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
        // The provider is switched off while somebody signs in.
        let user = user().await;
        let transaction = store.begin().await.unwrap();
        let off = ProviderChange { is_enabled: Some(false), ..ProviderChange::default() };
        let changed = update_provider(&transaction, identity.vault(), Giver::Operator, user.provider.id, off, now()).await;
        changed.unwrap();
        let (third, committed) = futures_util::join!(enter(&user), transaction.commit());
        committed.unwrap();
        assert!(matches!(third, Err(IdentityError::Refused(Refusal::SignInUnknown))), "{third:?}");
    }
}

on_both! {
    async fn not_more_sign_ins_are_under_way_than_there_may_be(engine) {
        let portal = Portal::start(engine, settings()).await;
        portal.begin().await;
        let count = |minutes: i64| {
            let until = (now() + chrono::TimeDelta::minutes(minutes)).to_rfc3339();
            format!("INSERT INTO sign_in_request (tenant_id, hash, state_hash, provider_id, redirect_uri, expires_at)
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
                SELECT tenant_id, '{minutes}-' || i, 'x', provider_id, 'x', '{until}' FROM n, sign_in_request r WHERE r.state_hash <> 'x'")
        };
        let administrator = portal.app.administrator().await;
        administrator.execute_unprepared(&count(-1)).await.unwrap();
        administrator.execute_unprepared("DELETE FROM sign_in_request WHERE state_hash <> 'x'").await.unwrap();
        // Those that are over do not count, and are forgotten.
        portal.begin().await;
        let tenant = portal.app.demo_tenant().await;
        forget_expired(&portal.app.database.tenant(tenant.id), now()).await.unwrap();
        assert_eq!(portal.app.rows("sign_in_request").await, 1);
        administrator.execute_unprepared(&count(5)).await.unwrap();
        let begin = "mutation($input: BeginOidcSignInInput!) { beginOidcSignIn(input: $input) { signInToken } }";
        let input = json!({ "input": { "provider": portal.id, "redirectUri": municipio_tests::portal::REDIRECT } });
        assert_eq!(portal.app.refused(begin, input).await.code, "BUSY");
    }
}

on_both! {
    async fn the_token_of_a_sign_in_is_not_kept_with_an_idempotency_key(engine) {
        let portal = Portal::start(engine, settings()).await;
        let query = "mutation($input: BeginOidcSignInInput!) { beginOidcSignIn(input: $input) { signInToken } }";
        let input = json!({ "provider": portal.id, "redirectUri": municipio_tests::portal::REDIRECT });
        let post = portal.app.post().bearer_auth(&portal.administrator).header("idempotency-key", "x");
        let request = json!({ "query": query, "variables": { "input": input } });
        let answer: Value = post.json(&request).send().await.unwrap().json().await.unwrap();
        assert!(answer["data"]["beginOidcSignIn"]["signInToken"].is_string(), "{answer}");
        assert_eq!(portal.app.rows("idempotency_key").await, 0);
    }
}

on_both! {
    async fn what_the_id_token_does_not_say_is_asked_for(engine) {
        let portal = Portal::start(engine, settings()).await;
        let begun = portal.begin().await;
        let info = json!({ "sub": "ada", "email": "ada@montelago.example", "name": "Ada", "groups": ["capi"] });
        let published = municipio_tests::provider::Signing::Published;
        let code = portal.provider.signs_in_with(&begun.url, json!({ "groups": ["stampa"] }), info.clone(), published);
        let payload = portal.complete(&begun, &code).await;
        // What is signed stays.
        assert_eq!(payload["session"]["account"]["roles"], json!(["author", "translator"]));
        assert_eq!(payload["session"]["account"]["email"], "ada@montelago.example");
        let begun = portal.begin().await;
        let code = portal.provider.signs_in_with(&begun.url, json!({ "sub": "eva" }), info, published);
        let answer = portal.answer(&begun, &code, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "PROVIDER_INVALID");
    }
}

on_both! {
    async fn every_sign_in_is_written_down(engine) {
        let portal = Portal::start(engine, settings()).await;
        portal.account(ada(json!(["stampa"]))).await;
        portal.set(json!({ "allowedGroups": ["capi"] })).await;
        portal.refusal(ada(json!(["stampa"]))).await;
        // Of who proves nothing there is no entry.
        let begun = portal.begin().await;
        for code in ["inventato", "inventato"] {
            assert!(portal.complete(&begun, code).await["session"].is_null());
        }
        let entries = "{ auditEntries(first: 10) { nodes { name subject details } } }";
        let read = portal.app.data_as(&portal.administrator, entries, json!({})).await;
        let nodes = &read["auditEntries"]["nodes"];
        let names = column(nodes, "name");
        assert_eq!(names[..5], ["session.refuse", "provider.update", "session.begin", "account.create", "provider.create"]);
        assert_eq!(nodes[0]["details"], json!({ "code": "GROUP_NOT_ALLOWED" }));
        assert_eq!(nodes[2]["details"], json!({ "provider": portal.id, "groupRoles": ["author", "translator"] }));
        assert!(!read.to_string().contains("segreto"), "{read:#}");
    }
}

on_both! {
    async fn providers_of_another_municipality_are_not_there(engine) {
        let portal = Portal::start(engine, settings()).await;
        let app = &portal.app;
        let other = app.tenant("c_x001", "www.x001.example").await;
        let foreign = app.signed_in_at(&other, &[BuiltInRole::Administrator.as_str()]).await;
        let host = "www.x001.example";
        assert_eq!(app.read(host, "{ signInProviders { providerId } }", json!({})).await["signInProviders"], json!([]));
        let begin = "mutation($id: ID!) { beginOidcSignIn(input: { provider: $id, redirectUri: \"https://x.example\" }) { signInToken } }";
        let refused = app.refused_at(host, begin, json!({ "id": portal.id })).await;
        assert_eq!(refused.parts(), ("FOREIGN_ID", "input.provider", "beginOidcSignIn"));
        // What began at one municipality does not end at another.
        let begun = portal.begin().await;
        let code = portal.provider.signs_in(&begun.url, ada(json!([])));
        let complete = "mutation($input: CompleteOidcSignInInput!) { completeOidcSignIn(input: $input) { userErrors { code } } }";
        let input = json!({ "input": { "signInToken": begun.token, "state": begun.state, "code": code } });
        let answer = app.read(host, complete, input).await;
        assert_eq!(answer["completeOidcSignIn"]["userErrors"][0]["code"], "INVALID_STATE");
        assert!(!foreign.is_empty());
    }
}
