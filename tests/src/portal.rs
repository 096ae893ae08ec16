//! A portal whose users sign in through an identity provider.

use municipio_domain::identity::BuiltInRole;
use serde_json::{Value, json};
use url::Url;

use crate::{
    Engine, TestApp,
    provider::{CLIENT, Provider, Signing},
    story::with,
};

/// Where the portal has the browser sent back to.
pub const REDIRECT: &str = "https://portale.montelago.example/accesso?via=oidc";

const CREATE: &str = "mutation($input: CreateIdentityProviderInput!) {
    createIdentityProvider(input: $input) { identityProvider { id } userErrors { code path message } } }";
const UPDATE: &str = "mutation($input: UpdateIdentityProviderInput!) {
    updateIdentityProvider(input: $input) { identityProvider { id } userErrors { code path message } } }";
const BEGIN: &str = "mutation($input: BeginOidcSignInInput!) { beginOidcSignIn(input: $input) {
    authorizationUrl signInToken expiresAt userErrors { code path } } }";
const COMPLETE: &str = "mutation($input: CompleteOidcSignInInput!) { completeOidcSignIn(input: $input) {
    session { accessToken account { id email name roles groupRoles } } userErrors { code path } } }";

/// The demo municipality with a portal, a provider, and an administrator.
pub struct Portal {
    pub app: TestApp,
    pub provider: Provider,
    /// The access token of the administrator.
    pub administrator: String,
    /// The global id of the provider.
    pub id: String,
}

/// A sign-in that began.
pub struct Begun {
    pub url: String,
    pub token: String,
    pub state: String,
}

impl Portal {
    /// With a provider that is registered with these settings, beside the redirect URI.
    pub async fn start(engine: Engine, settings: Value) -> Self {
        let app = TestApp::configured(engine, true, |settings, _| settings.internal_calls = true);
        let app = app.await;
        let provider = Provider::start().await;
        let administrator = app.signed_in(BuiltInRole::Administrator).await;
        let mut portal = Self {
            app,
            provider,
            administrator,
            id: String::new(),
        };
        let made = portal.register(json!({}), settings).await;
        assert_eq!(made["userErrors"], json!([]), "{made:#}");
        made["identityProvider"]["id"]
            .as_str()
            .unwrap()
            .clone_into(&mut portal.id);
        portal
    }

    /// Registers the provider, with another input and other settings than usual.
    pub async fn register(&self, input: Value, settings: Value) -> Value {
        let settings = with(json!({ "redirectUris": [REDIRECT] }), settings);
        let usual = json!({ "name": "Montelago", "issuer": self.provider.issuer, "clientId": CLIENT.0,
            "clientSecret": CLIENT.1, "settings": settings });
        self.call(CREATE, with(usual, input)).await
    }

    /// Changes the provider.
    pub async fn change(&self, change: Value) -> Value {
        let input = with(json!({ "id": self.id }), change);
        self.call(UPDATE, input).await
    }

    /// Changes the settings of the provider, beside the redirect URI.
    pub async fn set(&self, settings: Value) {
        let settings = with(json!({ "redirectUris": [REDIRECT] }), settings);
        let changed = self.change(json!({ "settings": settings })).await;
        assert_eq!(changed["userErrors"], json!([]), "{changed:#}");
    }

    /// The payload of a mutation of the administrator.
    pub async fn call(&self, mutation: &str, input: Value) -> Value {
        let variables = json!({ "input": input });
        payload(
            self.app
                .data_as(&self.administrator, mutation, variables)
                .await,
        )
    }

    /// Begins to sign in.
    pub async fn begin(&self) -> Begun {
        let begun = self.try_begin(json!({})).await;
        assert_eq!(begun["userErrors"], json!([]), "{begun:#}");
        let text = |name: &str| begun[name].as_str().unwrap().to_owned();
        let url = text("authorizationUrl");
        let parsed = Url::parse(&url).unwrap();
        let state = parsed.query_pairs().find(|(name, _)| name == "state");
        Begun {
            token: text("signInToken"),
            state: state.unwrap().1.into_owned(),
            url,
        }
    }

    /// The payload of a sign-in that begins with another input than usual.
    pub async fn try_begin(&self, input: Value) -> Value {
        let usual = json!({ "provider": self.id, "redirectUri": REDIRECT });
        let variables = json!({ "input": with(usual, input) });
        payload(self.app.read("", BEGIN, variables).await)
    }

    /// The whole answer to who comes back with a code.
    pub async fn answer(&self, begun: &Begun, code: &str, input: Value) -> Value {
        let usual = json!({ "signInToken": begun.token, "state": begun.state, "code": code });
        let variables = json!({ "input": with(usual, input) });
        self.app.answer("", COMPLETE, variables).await
    }

    /// The payload for who comes back with a code.
    pub async fn complete(&self, begun: &Begun, code: &str) -> Value {
        let mut answer = self.answer(begun, code, json!({})).await;
        assert!(answer.get("errors").is_none(), "{answer:#}");
        payload(answer["data"].take())
    }

    /// The payload for who signs in with these claims.
    pub async fn sign_in(&self, claims: Value) -> Value {
        let begun = self.begin().await;
        let code = self.provider.signs_in(&begun.url, claims);
        self.complete(&begun, &code).await
    }

    /// The account of who signs in with these claims.
    pub async fn account(&self, claims: Value) -> Value {
        let mut payload = self.sign_in(claims).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
        payload["session"]["account"].take()
    }

    /// The code of the refusal of who signs in with these claims.
    pub async fn refusal(&self, claims: Value) -> String {
        let payload = self.sign_in(claims).await;
        assert_eq!(payload["session"], Value::Null);
        payload["userErrors"][0]["code"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The code of the error of a sign-in whose token has these claims and is signed so.
    pub async fn fault(&self, claims: Value, signing: Signing) -> String {
        let begun = self.begin().await;
        let code = self
            .provider
            .signs_in_with(&begun.url, claims, json!({}), signing);
        let answer = self.answer(&begun, &code, json!({})).await;
        let error = &answer["errors"][0]["extensions"]["code"];
        error.as_str().unwrap_or_default().to_owned()
    }
}

/// The only field of the data.
fn payload(mut data: Value) -> Value {
    let fields = data.as_object_mut().unwrap();
    fields.values_mut().next().unwrap().take()
}
