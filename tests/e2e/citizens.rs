//! Citizens, who sign in elsewhere and bring a token: who they are, and what is refused.

use chrono::TimeDelta;
use municipio_domain::{
    citizens::{
        CitizenError, DEMO_CITIZENS, DelegationError, DelegationKind, DelegationRefused,
        FiscalCode, LevelOfAssurance, NewDelegation, Term, delegations_of, grant_delegation,
        revoke_delegations,
    },
    identity::BuiltInRole,
    openid::{OpenIdError, TokenFault},
};
use municipio_tests::{
    Engine, TestApp, now, on_both,
    provider::{Provider, Signing},
    story::with,
};
use serde_json::{Value, json};

const WHO: &str = "{ citizen { name levelOfAssurance issuerName } }";
const CREATE: &str =
    "mutation($input: CreateCitizenIssuerInput!) { createCitizenIssuer(input: $input) {
    citizenIssuer { id } userErrors { code message path } } }";
const UPDATE: &str =
    "mutation($input: UpdateCitizenIssuerInput!) { updateCitizenIssuer(input: $input) {
    citizenIssuer { isEnabled settings { audiences minimumLevel } } userErrors { code path } } }";
const DELETE: &str =
    "mutation($input: DeleteCitizenIssuerInput!) { deleteCitizenIssuer(input: $input) {
    deletedId userErrors { code path } } }";
const SPID_2: &str = "https://www.spid.gov.it/SpidL2";

/// The demo municipality, with an issuer that publishes its keys, and an administrator.
pub(crate) struct Stage {
    pub(crate) app: TestApp,
    pub(crate) issuer: Provider,
    administrator: String,
    id: String,
}

/// The public key of RFC 7517, appendix A.1.
pub(crate) fn public_key() -> Value {
    json!({ "kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM" })
}

impl Stage {
    pub(crate) async fn set(engine: Engine) -> Self {
        let app = TestApp::configured(engine, true, |settings, _| settings.internal_calls = true);
        let app = app.await;
        let administrator = app.signed_in(BuiltInRole::Administrator).await;
        let mut stage = Self {
            app,
            issuer: Provider::start().await,
            administrator,
            id: String::new(),
        };
        let made = stage.register(json!({}), json!({})).await;
        assert_eq!(made["userErrors"], json!([]), "{made:#}");
        let id = made["citizenIssuer"]["id"].as_str();
        id.unwrap().clone_into(&mut stage.id);
        stage
    }

    pub(crate) async fn register(&self, input: Value, settings: Value) -> Value {
        let settings = with(json!({ "audiences": ["comune"] }), settings);
        let usual =
            json!({ "name": "SPID e CIE", "issuer": self.issuer.issuer, "settings": settings });
        self.call(CREATE, with(usual, input)).await
    }

    /// The payload of a mutation of the administrator.
    async fn call(&self, mutation: &str, input: Value) -> Value {
        let data = self
            .app
            .data_as(&self.administrator, mutation, json!({ "input": input }));
        let payload = data.await;
        payload
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap()
            .clone()
    }

    /// A token of Mario Rossi with other claims than usual.
    pub(crate) fn token(&self, claims: Value, signing: Signing) -> String {
        let usual = json!({ "aud": "comune", "acr": SPID_2, "given_name": "Mario", "family_name": "Rossi",
            "https://attributes.eid.gov.it/fiscal_number": "TINIT-RSSMRA80A01H501U" });
        self.issuer.token(with(usual, claims), signing)
    }

    /// The status, the challenge and the body of what this token is answered.
    pub(crate) async fn answer(&self, token: &str) -> (u16, String, Value) {
        let post = self
            .app
            .post()
            .bearer_auth(token)
            .json(&json!({ "query": WHO }));
        let response = post.send().await.unwrap();
        let challenge = response.headers().get("www-authenticate");
        let challenge = challenge.map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        (
            status,
            challenge.unwrap_or_default(),
            response.json().await.unwrap(),
        )
    }

    async fn code(&self, token: &str) -> String {
        let (.., body) = self.answer(token).await;
        body["code"].as_str().unwrap_or("none").to_owned()
    }
}

on_both! {
    async fn who_brings_a_token_of_an_issuer_is_a_citizen(engine) {
        let stage = Stage::set(engine).await;
        let token = stage.token(json!({}), Signing::Published);
        let post = stage.app.post().bearer_auth(&token).json(&json!({ "query": WHO }));
        let response = post.send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "private, no-store");
        let body: Value = response.json().await.unwrap();
        let mario = json!({ "name": "Mario Rossi", "levelOfAssurance": "SUBSTANTIAL", "issuerName": "SPID e CIE" });
        assert_eq!(body["data"]["citizen"], mario, "{body:#}");
        // What is public is there for citizens as for everybody; what is not public stays so.
        let data = stage.app.data_as(&token, "{ services(first: 1) { totalCount } }", json!({})).await;
        assert!(data["services"]["totalCount"].as_u64().unwrap() > 0);
        for (query, token, code) in [
            ("{ accounts { totalCount } }", Some(&token), "FORBIDDEN"),
            ("{ contentItems { totalCount } }", Some(&token), "FORBIDDEN"),
            ("{ me { name } }", Some(&token), "FORBIDDEN"),
            (WHO, Some(&stage.administrator), "FORBIDDEN"),
            (WHO, None, "UNAUTHENTICATED"),
        ] {
            let answer = match token {
                Some(token) => stage.app.ask_as(token, query, json!({})).await,
                None => stage.app.answer("", query, json!({})).await,
            };
            assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{query} {answer:#}");
        }
        let perspective = stage.app.post().bearer_auth(&token).header("Municipio-Perspective", "draft");
        let body: Value = perspective.json(&json!({ "query": "{ services { totalCount } }" })).send().await.unwrap().json().await.unwrap();
        assert_eq!(body["errors"][0]["extensions"]["code"], "FORBIDDEN", "{body:#}");
    }
}

on_both! {
    async fn each_fault_of_a_token_has_its_code(engine) {
        let stage = Stage::set(engine).await;
        let seconds = now().timestamp();
        let fiscal = "https://attributes.eid.gov.it/fiscal_number";
        for (claims, signing, code) in [
            (json!({}), Signing::Unsigned, "TOKEN_ALGORITHM_REFUSED"),
            (json!({}), Signing::Shared, "TOKEN_ALGORITHM_REFUSED"),
            (json!({}), Signing::Unpublished("ignota"), "TOKEN_KEY_UNKNOWN"),
            (json!({}), Signing::Forged, "TOKEN_SIGNATURE_WRONG"),
            (json!({ "iss": "https://login.example" }), Signing::Published, "TOKEN_ISSUER_WRONG"),
            (json!({ "aud": "altro" }), Signing::Published, "TOKEN_AUDIENCE_WRONG"),
            (json!({ "exp": seconds - 120 }), Signing::Published, "TOKEN_EXPIRED"),
            (json!({ "iat": seconds + 300, "exp": seconds + 600 }), Signing::Published, "TOKEN_NOT_YET_VALID"),
            (json!({ "nbf": seconds + 300 }), Signing::Published, "TOKEN_NOT_YET_VALID"),
            (json!({ "exp": null }), Signing::Published, "TOKEN_MALFORMED"),
            (json!({ fiscal: null }), Signing::Published, "TOKEN_FISCAL_CODE_MISSING"),
            (json!({ fiscal: "TINIT-RSSMRA80A01H501V" }), Signing::Published, "TOKEN_FISCAL_CODE_WRONG"),
            (json!({ fiscal: "TINIT-01234567890" }), Signing::Published, "TOKEN_FISCAL_CODE_WRONG"),
            (json!({ "cnf": { "jkt": "altri" } }), Signing::Published, "TOKEN_MALFORMED"),
            (json!({ "acr": null }), Signing::Published, "INSUFFICIENT_USER_AUTHENTICATION"),
        ] {
            let said = format!("{claims} {signing:?}");
            let (status, challenge, body) = stage.answer(&stage.token(claims, signing)).await;
            assert_eq!((status, body["code"].as_str().unwrap()), (401, code), "{said}");
            let error = if code.starts_with("TOKEN") { "invalid_token" } else { "insufficient_user_authentication" };
            assert!(challenge.starts_with(&format!("Bearer realm=\"municipio\", error=\"{error}\"")), "{challenge}");
            assert!(!body.to_string().contains("RSSMRA80A01H501V"), "{body}");
        }
        assert_eq!(stage.code("a.b.c").await, "TOKEN_MALFORMED");
        let low = stage.token(json!({ "acr": "https://www.spid.gov.it/SpidL1" }), Signing::Published);
        let (status, challenge, body) = stage.answer(&low).await;
        assert_eq!((status, &body["code"]), (401, &json!("INSUFFICIENT_USER_AUTHENTICATION")));
        let values = body["acrValues"].as_str().unwrap();
        assert!(values.contains(SPID_2) && !values.contains("SpidL1"), "{values}");
        let expected = format!("error=\"insufficient_user_authentication\", error_description=\"A higher level of assurance is required\", acr_values=\"{values}\"");
        assert!(challenge.ends_with(&expected), "{challenge}");
    }
}

on_both! {
    async fn an_issuer_may_change_its_keys(engine) {
        let stage = Stage::set(engine).await;
        let tenant = stage.app.demo_tenant().await;
        let identity = stage.app.identity(&tenant);
        let begin = now();
        let at = async |seconds, token: &str| identity.citizen(token, begin + TimeDelta::seconds(seconds)).await;
        let first = stage.token(json!({}), Signing::Published);
        assert!(at(0, &first).await.is_ok() && at(0, &first).await.is_ok());
        assert_eq!(stage.issuer.key_requests(), 1);
        stage.issuer.rotate("due");
        let second = stage.token(json!({}), Signing::Published);
        assert!(at(0, &second).await.is_ok());
        assert_eq!(stage.issuer.key_requests(), 2);
        // What the issuer publishes no longer is good no longer; nor does it have us ask at every token.
        for _ in 0..3 {
            let refused = at(1, &first).await;
            assert!(matches!(refused, Err(CitizenError::OpenId(OpenIdError::Token(TokenFault::UnknownKey)))));
        }
        assert_eq!(stage.issuer.key_requests(), 2);
    }
}

on_both! {
    async fn a_token_is_good_where_its_issuer_is_registered_and_for_as_long(engine) {
        let stage = Stage::set(engine).await;
        let token = stage.token(json!({}), Signing::Published);
        let elsewhere = stage.app.tenant("c_x001", "www.x001.example").await;
        let answer = stage.app.post().header("host", "www.x001.example").bearer_auth(&token).json(&json!({ "query": WHO }));
        let body: Value = answer.send().await.unwrap().json().await.unwrap();
        assert_eq!(body["code"], "TOKEN_ISSUER_WRONG", "{body:#}");
        // The same person is somebody else there.
        let here = stage.app.demo_tenant().await;
        let mut ids = Vec::new();
        for tenant in [&here, &elsewhere] {
            let token = stage.app.citizen(tenant, 1).await;
            let citizen = stage.app.identity(tenant).citizen(&token, now()).await.unwrap();
            assert!(!format!("{citizen:?}").contains("Anna"));
            ids.push(citizen.id);
        }
        assert_ne!(ids[0], ids[1]);
        let switched = stage.call(UPDATE, json!({ "id": stage.id, "isEnabled": false })).await;
        assert_eq!(switched["citizenIssuer"]["isEnabled"], json!(false), "{switched:#}");
        assert_eq!(stage.code(&token).await, "TOKEN_ISSUER_WRONG");
        let settings = json!({ "audiences": ["altro"], "minimumLevel": "HIGH" });
        stage.call(UPDATE, json!({ "id": stage.id, "isEnabled": true, "settings": settings })).await;
        assert_eq!(stage.code(&token).await, "TOKEN_AUDIENCE_WRONG");
        let token = stage.token(json!({ "aud": ["account", "altro"], "azp": "portale" }), Signing::Published);
        assert_eq!(stage.code(&token).await, "INSUFFICIENT_USER_AUTHENTICATION");
        let deleted = stage.call(DELETE, json!({ "id": stage.id })).await;
        assert_eq!(deleted["deletedId"], json!(stage.id));
        assert_eq!(stage.code(&token).await, "TOKEN_ISSUER_WRONG");
        let again = stage.call(DELETE, json!({ "id": stage.id })).await;
        assert_eq!(again["userErrors"], json!([{ "code": "NOT_FOUND", "path": "id" }]));
    }
}

on_both! {
    async fn what_cannot_be_meant_of_an_issuer_is_refused(engine) {
        let stage = Stage::set(engine).await;
        let other = json!({ "issuer": "https://login.example" });
        let pinned = json!({ "keys": { "keys": [public_key()] } });
        let private = with(public_key(), json!({ "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE" }));
        for (input, settings, code, path) in [
            (json!({}), json!({}), "ISSUER_TAKEN", "issuer"),
            (json!({ "issuer": "comune" }), pinned.clone(), "INVALID_ISSUER", "issuer"),
            (json!({ "issuer": format!("{}/altro", stage.issuer.issuer) }), json!({}), "PROVIDER_UNAVAILABLE", "issuer"),
            (with(other.clone(), json!({ "name": "" })), pinned.clone(), "INVALID_NAME", "name"),
            (other.clone(), with(pinned.clone(), json!({ "audiences": [] })), "INVALID_SETTING", "audiences"),
            (other.clone(), json!({ "keys": [] }), "INVALID_SETTING", "keys"),
            (other.clone(), json!({ "keys": { "keys": [] } }), "INVALID_SETTING", "keys"),
            (other.clone(), json!({ "keys": { "keys": [private] } }), "INVALID_SETTING", "keys"),
            (other.clone(), json!({ "jwksUri": "chiavi" }), "INVALID_SETTING", "jwksUri"),
            (other.clone(), json!({ "jwksUri": "http://login.example/keys" }), "INVALID_SETTING", "jwksUri"),
            (other.clone(), with(pinned.clone(), json!({ "levels": [] })), "INVALID_SETTING", "levels"),
        ] {
            let refused = stage.register(input, settings).await;
            let error = &refused["userErrors"][0];
            assert_eq!((&error["code"], &error["path"]), (&json!(code), &json!(path)), "{refused:#}");
        }
        let near = json!({ "id": stage.id, "settings": { "audiences": ["comune"], "jwksUri": "http://10.0.0.1/keys" } });
        let refused = stage.call(UPDATE, near).await;
        assert_eq!(refused["userErrors"], json!([{ "code": "INVALID_SETTING", "path": "jwksUri" }]));
        let made = stage.register(other, pinned).await;
        assert_eq!(made["userErrors"], json!([]), "{made:#}");
        let query = "{ citizenIssuers { totalCount nodes { id name issuer settings { keys algorithms levels { word level } } } }
            auditEntries(first: 1) { nodes { name } } }";
        let data = stage.app.data_as(&stage.administrator, query, json!({})).await;
        assert_eq!(data["citizenIssuers"]["totalCount"], 2);
        assert_eq!(data["auditEntries"]["nodes"][0]["name"], "issuer.create", "{data:#}");
        let id = &made["citizenIssuer"]["id"];
        let node = "query($id: ID!) { node(id: $id) { ... on CitizenIssuer { issuer } } }";
        let data = stage.app.data_as(&stage.administrator, node, json!({ "id": id })).await;
        assert_eq!(data["node"]["issuer"], "https://login.example");
    }
}

on_both! {
    async fn the_level_of_the_token_is_the_level_of_the_citizen(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        for (number, level, shown) in [
            (1, LevelOfAssurance::Substantial, "SUBSTANTIAL"),
            (2, LevelOfAssurance::High, "HIGH"),
        ] {
            let token = app.citizen_at(&tenant, number, level).await;
            let data = app.data_as(&token, WHO, json!({})).await;
            assert_eq!(data["citizen"]["levelOfAssurance"], shown);
        }
        let token = app.citizen_at(&tenant, 3, LevelOfAssurance::Low).await;
        let refused = app.ask_as(&token, WHO, json!({})).await;
        assert_eq!(refused["code"], "INSUFFICIENT_USER_AUTHENTICATION");
    }
}

on_both! {
    async fn a_delegate_acts_from_the_first_day_to_the_last_or_until_it_is_taken_back(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let (store, vault) = (app.database.tenant(tenant.id), app.identity(&tenant).vault().clone());
        let keys = vault.citizens().unwrap();
        let [anna, luca, _] = DEMO_CITIZENS.map(|citizen| citizen.fiscal_code.parse::<FiscalCode>().unwrap());
        let now: chrono::DateTime<chrono::Utc> = "2026-11-26T08:00:00Z".parse().unwrap();
        let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
        let term = Term { from: day("2026-12-01"), until: Some(day("2026-12-31")) };
        let new = NewDelegation { principal: &anna, delegate: &luca, kind: DelegationKind::Delegation, term, born: None, granted_by: "account:x" };
        let transaction = store.begin().await.unwrap();
        let granted = grant_delegation(&transaction, keys, new.clone(), now).await.unwrap();
        let parental = NewDelegation { kind: DelegationKind::Parental, born: Some(day("1985-05-12")), ..new };
        let refused = grant_delegation(&transaction, keys, parental, now).await;
        assert!(matches!(refused, Err(DelegationError::Refused(DelegationRefused::OfAge))));
        transaction.commit().await.unwrap();
        let luca = keys.citizen(tenant.id, &luca);
        for (on, acts) in [("2026-11-30", false), ("2026-12-01", true), ("2026-12-31", true), ("2027-01-01", false)] {
            let found = delegations_of(&store, &luca, day(on)).await.unwrap();
            assert_eq!(found.iter().any(|one| one.principal == granted.principal), acts, "{on}");
        }
        assert!(delegations_of(&store, &granted.principal, day("2026-12-01")).await.unwrap().is_empty());
        let transaction = store.begin().await.unwrap();
        let people = (&granted.principal, &granted.delegate);
        assert_eq!(revoke_delegations(&transaction, people, now).await.unwrap(), 1);
        assert_eq!(revoke_delegations(&transaction, people, now).await.unwrap(), 0);
        transaction.commit().await.unwrap();
        assert!(delegations_of(&store, &luca, day("2026-12-01")).await.unwrap().is_empty());
    }
}
