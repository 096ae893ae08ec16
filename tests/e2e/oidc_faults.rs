//! Signing in through an identity provider: what is refused, of browsers, of providers and of their tokens.

use chrono::TimeDelta;
use municipio_domain::{identity::BuiltInRole, ids::ProviderId};
use municipio_tests::{
    now, on_both,
    portal::{Begun, Portal, REDIRECT},
    provider::Signing,
    story::item_id,
};
use serde_json::{Value, json};

fn settings() -> Value {
    json!({ "createsAccounts": true })
}

fn ada() -> Value {
    json!({ "sub": "ada", "email": "ada@montelago.example", "name": "Ada", "groups": [] })
}

fn code(answer: &Value) -> &str {
    let payload = &answer["data"]["completeOidcSignIn"]["userErrors"][0]["code"];
    payload
        .as_str()
        .or(answer["errors"][0]["extensions"]["code"].as_str())
        .unwrap()
}

on_both! {
    async fn a_token_with_a_fault_is_refused_with_its_code(engine) {
        let portal = Portal::start(engine, settings()).await;
        let seconds = now().timestamp();
        for (claims, signing, code) in [
            (json!({}), Signing::Unsigned, "TOKEN_ALGORITHM_REFUSED"),
            (json!({}), Signing::Shared, "TOKEN_ALGORITHM_REFUSED"),
            (json!({}), Signing::Unpublished("ignota"), "TOKEN_KEY_UNKNOWN"),
            (json!({}), Signing::Forged, "TOKEN_SIGNATURE_WRONG"),
            (json!({ "iss": "https://login.example" }), Signing::Published, "TOKEN_ISSUER_WRONG"),
            (json!({ "aud": "altro" }), Signing::Published, "TOKEN_AUDIENCE_WRONG"),
            (json!({ "aud": ["portale", "altro"] }), Signing::Published, "TOKEN_AUDIENCE_WRONG"),
            (json!({ "azp": "altro" }), Signing::Published, "TOKEN_AUDIENCE_WRONG"),
            (json!({ "exp": seconds - 120 }), Signing::Published, "TOKEN_EXPIRED"),
            (json!({ "iat": seconds + 300, "exp": seconds + 600 }), Signing::Published, "TOKEN_NOT_YET_VALID"),
            (json!({ "nbf": seconds + 300 }), Signing::Published, "TOKEN_NOT_YET_VALID"),
            (json!({ "nonce": "altro" }), Signing::Published, "TOKEN_NONCE_WRONG"),
            (json!({ "at_hash": "altro" }), Signing::Published, "TOKEN_HASH_WRONG"),
            (json!({ "sub": "" }), Signing::Published, "TOKEN_MALFORMED"),
            (json!({ "exp": null }), Signing::Published, "TOKEN_MALFORMED"),
        ] {
            let said = format!("{claims} {signing:?}");
            assert_eq!(portal.fault(claims, signing).await, code, "{said}");
        }
        portal.set(json!({ "algorithms": ["RS256"] })).await;
        assert_eq!(portal.fault(json!({}), Signing::Published).await, "TOKEN_ALGORITHM_REFUSED");
        let accounts = portal.app.data_as(&portal.administrator, "{ accounts { nodes { email } } }", json!({})).await;
        assert!(!accounts.to_string().contains("ada"), "nobody got an account");
        // Both clocks are right enough.
        portal.set(settings()).await;
        let almost = municipio_tests::story::with(ada(), json!({ "exp": seconds - 30, "iat": seconds + 30, "aud": ["portale"] }));
        portal.account(almost).await;
    }
}

on_both! {
    async fn keys_are_fetched_anew_when_they_change_but_not_all_the_time(engine) {
        let portal = Portal::start(engine, settings()).await;
        portal.account(ada()).await;
        portal.account(ada()).await;
        assert_eq!(portal.provider.key_requests(), 1);
        portal.provider.rotate("due");
        portal.account(ada()).await;
        assert_eq!(portal.provider.key_requests(), 2);
        // They were fetched anew a moment ago: nobody makes us ask for them at every token.
        portal.provider.rotate("tre");
        for _ in 0..3 {
            assert_eq!(portal.fault(json!({}), Signing::Published).await, "TOKEN_KEY_UNKNOWN");
            assert_eq!(portal.fault(json!({}), Signing::Unpublished("due")).await, "TOKEN_SIGNATURE_WRONG");
        }
        assert_eq!(portal.provider.key_requests(), 2);
        // Some seconds later, as another node sees it.
        let tenant = portal.app.demo_tenant().await;
        let identity = portal.app.identity(&tenant);
        let complete = async |moment| {
            let begun = portal.begin().await;
            let code = portal.provider.signs_in(&begun.url, ada());
            let back = municipio_domain::identity::Return { token: &begun.token, state: &begun.state, code: &code, issuer: None };
            identity.complete_oidc_sign_in(back, moment).await.is_ok()
        };
        let begin = now();
        for (seconds, key, is_right, requests) in [
            (0, "tre", true, 3),
            (0, "quattro", true, 4),
            (9, "cinque", false, 4),
            (11, "cinque", true, 5),
        ] {
            portal.provider.rotate(key);
            assert_eq!(complete(begin + TimeDelta::seconds(seconds)).await, is_right, "{key}");
            assert_eq!(portal.provider.key_requests(), requests, "{key}");
        }
    }
}

on_both! {
    async fn a_sign_in_is_completed_once_and_by_the_browser_that_began_it(engine) {
        let portal = Portal::start(engine, settings()).await;
        let (mine, other) = (portal.begin().await, portal.begin().await);
        let given = portal.provider.signs_in(&mine.url, ada());
        // Somebody has another browser complete it, or changes the state.
        for input in [
            json!({ "signInToken": other.token }),
            json!({ "signInToken": "mun_si_" }),
            json!({ "signInToken": portal.administrator }),
            json!({ "state": other.state }),
            json!({ "state": "" }),
        ] {
            let answer = portal.answer(&mine, &given, input.clone()).await;
            assert_eq!(code(&answer), "INVALID_STATE", "{input}");
        }
        // The code of another sign-in has another verifier.
        let stolen = portal.provider.signs_in(&other.url, ada());
        let third = portal.begin().await;
        assert_eq!(code(&portal.answer(&third, &stolen, json!({})).await), "INVALID_GRANT");
        assert!(portal.complete(&mine, &given).await["session"].is_object());
        let again = portal.answer(&mine, &given, json!({})).await;
        assert_eq!(code(&again), "INVALID_STATE");
        let begun = portal.begin().await;
        let given = portal.provider.signs_in(&begun.url, ada());
        let both = futures_util::join!(portal.answer(&begun, &given, json!({})), portal.answer(&begun, &given, json!({})));
        let begun = [both.0, both.1].iter().filter(|answer| answer["data"]["completeOidcSignIn"]["session"].is_object()).count();
        assert_eq!(begun, 1);
    }
}

on_both! {
    async fn a_sign_in_that_takes_too_long_is_over(engine) {
        let portal = Portal::start(engine, settings()).await;
        let tenant = portal.app.demo_tenant().await;
        let id = ProviderId(item_id(&portal.id).0);
        let identity = portal.app.identity(&tenant);
        let begin = async |minutes| {
            let moment = now() - TimeDelta::minutes(minutes);
            let begun = identity.begin_oidc_sign_in(id, REDIRECT, moment).await.unwrap();
            let state = begun.authorization_url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
            Begun { url: begun.authorization_url.to_string(), token: begun.token.reveal().to_owned(), state }
        };
        for (minutes, fits) in [(9, true), (11, false)] {
            let begun = begin(minutes).await;
            let given = portal.provider.signs_in(&begun.url, ada());
            assert_eq!(portal.complete(&begun, &given).await["session"].is_object(), fits, "{minutes}");
        }
    }
}

on_both! {
    async fn who_sends_the_browser_back_is_who_it_was_sent_to(engine) {
        let portal = Portal::start(engine, settings()).await;
        let answer = async |input: Value| {
            let begun = portal.begin().await;
            let given = portal.provider.signs_in(&begun.url, ada());
            portal.answer(&begun, &given, input).await
        };
        let own = json!({ "iss": portal.provider.issuer });
        assert_eq!(code(&answer(json!({ "iss": "https://login.example" })).await), "OTHER_ISSUER");
        assert!(answer(own.clone()).await["data"]["completeOidcSignIn"]["session"].is_object());
        for redirect in ["https://portale.montelago.example/accesso", "https://portale.montelago.example/accesso?via=oidc&x=1", "https://altro.example/", ""] {
            let refused = portal.try_begin(json!({ "redirectUri": redirect })).await;
            assert_eq!(refused["userErrors"], json!([{ "code": "INVALID_REDIRECT_URI", "path": "redirectUri" }]), "{redirect}");
        }
    }
}

on_both! {
    async fn the_client_proves_itself_as_the_provider_wants_it(engine) {
        let portal = Portal::start(engine, settings()).await;
        let answer = async || {
            let begun = portal.begin().await;
            let given = portal.provider.signs_in(&begun.url, ada());
            portal.answer(&begun, &given, json!({})).await
        };
        assert!(answer().await["data"]["completeOidcSignIn"]["session"].is_object());
        portal.change(json!({ "clientSecret": "sbagliato" })).await;
        assert_eq!(code(&answer().await), "CLIENT_REFUSED");
        portal.provider.stop().await;
        let begun = portal.begin().await;
        assert_eq!(code(&portal.answer(&begun, "x", json!({})).await), "PROVIDER_UNAVAILABLE");
    }
}

on_both! {
    async fn a_provider_is_who_it_says_and_has_addresses_that_may_be_called(engine) {
        let portal = Portal::start(engine, settings()).await;
        let other = municipio_tests::provider::Provider::start().await;
        let issuer = other.issuer.clone();
        let post = json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] });
        for (metadata, code) in [
            (json!({ "issuer": "https://login.example" }), "PROVIDER_INVALID"),
            (json!({ "jwks_uri": "http://login.example/keys" }), "PROVIDER_INVALID"),
            (json!({ "token_endpoint": 7 }), "PROVIDER_INVALID"),
        ] {
            other.publish(metadata.clone());
            let refused = portal.register(json!({ "issuer": issuer }), json!({})).await;
            assert_eq!(refused["userErrors"][0]["code"], code, "{metadata}");
            assert_eq!(refused["userErrors"][0]["path"], "issuer");
        }
        for (wrong, code) in [
            ("http://login.example", "PROVIDER_INVALID"),
            ("ftp://login.example", "PROVIDER_INVALID"),
            ("login", "PROVIDER_INVALID"),
            ("http://127.0.0.1:1", "PROVIDER_UNAVAILABLE"),
            (&format!("{issuer}/altro"), "PROVIDER_UNAVAILABLE"),
        ] {
            let refused = portal.register(json!({ "issuer": wrong }), json!({})).await;
            assert_eq!(refused["userErrors"][0]["code"], code, "{wrong}");
        }
        // It sends who asks for its keys elsewhere, which is not followed.
        other.publish(municipio_tests::story::with(post, json!({ "jwks_uri": format!("{issuer}/moved") })));
        let made = portal.register(json!({ "issuer": issuer }), json!({ "createsAccounts": true })).await;
        let id = made["identityProvider"]["id"].as_str().unwrap().to_owned();
        let moved = Portal { id, provider: other, ..portal };
        assert_eq!(moved.fault(ada(), Signing::Published).await, "PROVIDER_UNAVAILABLE");
    }
}

on_both! {
    async fn a_public_client_has_no_secret_and_a_posted_one_is_known(engine) {
        let portal = Portal::start(engine, settings()).await;
        let other = municipio_tests::provider::Provider::start().await;
        other.publish(json!({ "token_endpoint_auth_methods_supported": ["client_secret_post", "none"],
            "authorization_response_iss_parameter_supported": true }));
        let input = json!({ "issuer": other.issuer, "clientId": "pubblico", "clientSecret": null });
        let made = portal.register(input, settings()).await;
        let id = made["identityProvider"]["id"].as_str().unwrap().to_owned();
        let portal = Portal { id, provider: other, ..portal };
        let answer = async |input: Value| {
            let begun = portal.begin().await;
            let given = portal.provider.signs_in(&begun.url, ada());
            portal.answer(&begun, &given, input).await
        };
        assert_eq!(code(&answer(json!({})).await), "OTHER_ISSUER", "it names itself, and was left out");
        let own = json!({ "iss": portal.provider.issuer });
        assert!(answer(own.clone()).await["data"]["completeOidcSignIn"]["session"].is_object());
        portal.change(json!({ "clientId": "portale", "clientSecret": municipio_tests::provider::CLIENT.1 })).await;
        assert!(answer(own).await["data"]["completeOidcSignIn"]["session"].is_object());
    }
}

on_both! {
    async fn only_who_may_do_everything_registers_providers(engine) {
        let portal = Portal::start(engine, settings()).await;
        let app = &portal.app;
        let tenant = app.demo_tenant().await;
        let role = "mutation { createAccountRole(input: { name: \"gestore\", description: \"\", permissions: [{ action: \"settings.manage\" }] }) { role { name } userErrors { code } } }";
        let made = app.data_as(&portal.administrator, role, json!({})).await;
        assert_eq!(made["createAccountRole"]["role"]["name"], "gestore");
        let manager = app.signed_in_at(&tenant, &["gestore"]).await;
        let editor = app.signed_in(BuiltInRole::Editor).await;
        let update = "mutation($id: ID!) { updateIdentityProvider(input: { id: $id, name: \"x\" }) { userErrors { code } } }";
        let delete = "mutation($id: ID!) { deleteIdentityProvider(input: { id: $id }) { userErrors { code } } }";
        let list = "{ identityProviders { nodes { name hasClientSecret settings { algorithms scopes redirectUris } } } }";
        for (token, mutation) in [(&manager, update), (&manager, delete), (&editor, update), (&editor, delete), (&editor, list)] {
            let answer = app.ask_as(token, mutation, json!({ "id": portal.id })).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{mutation}");
        }
        assert_eq!(app.refused(list, json!({})).await.code, "UNAUTHENTICATED");
        let read = app.data_as(&manager, list, json!({})).await;
        let provider = &read["identityProviders"]["nodes"][0];
        assert_eq!(provider["hasClientSecret"], true);
        assert_eq!(provider["settings"]["scopes"], json!(["openid", "email", "profile"]));
        assert_eq!(provider["settings"]["redirectUris"], json!([REDIRECT]));
        assert_eq!(provider["settings"]["algorithms"].as_array().unwrap().len(), 9);
        let taken = portal.register(json!({}), json!({})).await;
        assert_eq!(taken["userErrors"][0]["code"], "ISSUER_TAKEN");
        for (settings, code, path) in [
            (json!({ "redirectUris": ["http://portale.example/"] }), "INVALID_SETTING", "redirectUris"),
            (json!({ "redirectUris": [], "scopes": ["email"] }), "INVALID_SETTING", "scopes"),
            (json!({ "redirectUris": [], "groupRoles": [{ "group": "g", "roles": ["capo"] }] }), "UNKNOWN_ROLE", "roles"),
        ] {
            let refused = portal.change(json!({ "settings": settings })).await;
            assert_eq!(refused["userErrors"][0]["code"], code);
            assert_eq!(refused["userErrors"][0]["path"], path);
        }
    }
}

on_both! {
    async fn without_being_let_in_nothing_near_the_program_is_called(engine) {
        let app = municipio_tests::TestApp::demo(engine).await;
        let token = app.signed_in(BuiltInRole::Administrator).await;
        let create = "mutation($issuer: String!) { createIdentityProvider(input: { name: \"x\", issuer: $issuer, clientId: \"x\",
            settings: { redirectUris: [] } }) { userErrors { code path message } } }";
        for near in ["http://127.0.0.1:8080", "https://127.0.0.1", "https://10.0.0.1/realm", "https://[::1]", "https://169.254.169.254/x"] {
            let refused = app.data_as(&token, create, json!({ "issuer": near })).await;
            let error = &refused["createIdentityProvider"]["userErrors"][0];
            assert_eq!((error["code"].as_str(), error["path"].as_str()), (Some("PROVIDER_INVALID"), Some("issuer")), "{near}");
        }
    }
}
