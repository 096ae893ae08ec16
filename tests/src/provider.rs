//! A small provider of OpenID Connect, which does what it should or, when told to, what it should not.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, rt, web};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use crate::{now, story::with};

/// The client that the provider knows.
pub const CLIENT: (&str, &str) = ("portale", "segreto: di prova");

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// With the key that is published.
    Published,
    /// With a key of this id that is not.
    Unpublished(&'static str),
    /// With another key under the id of the one that is.
    Forged,
    /// With the client secret.
    Shared,
    /// With the key that is published, which the token does not name.
    Nameless,
    /// Not at all: the algorithm «none».
    Unsigned,
}

/// A running provider.
pub struct Provider {
    pub issuer: String,
    state: Arc<Mutex<State>>,
    server: ServerHandle,
}

struct State {
    issuer: String,
    key: SigningKey,
    /// What its metadata say differently.
    metadata: Value,
    /// What was authorised, by the code.
    grants: HashMap<String, Grant>,
    /// What the user info says, by the access token.
    user_infos: HashMap<String, Value>,
    key_requests: usize,
    /// Whether its keys have names.
    names_keys: bool,
    /// Whether it fails when its keys are asked for.
    is_silent: bool,
}

struct SigningKey {
    id: String,
    key: EncodingKey,
}

struct Grant {
    asked: HashMap<String, String>,
    claims: Value,
    user_info: Value,
    signing: Signing,
}

impl SigningKey {
    fn new(id: &str) -> Self {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self {
            id: id.to_owned(),
            key: EncodingKey::from_ec_der(key.as_ref()),
        }
    }
}

impl Provider {
    /// Starts one.
    pub async fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}/comune", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            issuer: issuer.clone(),
            key: SigningKey::new("uno"),
            metadata: json!({}),
            grants: HashMap::new(),
            user_infos: HashMap::new(),
            key_requests: 0,
            names_keys: true,
            is_silent: false,
        }));
        let data = web::Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || {
            App::new().app_data(data.clone()).service(
                web::scope("/comune")
                    .route("/.well-known/openid-configuration", web::get().to(metadata))
                    .route("/keys", web::get().to(keys))
                    .route("/token", web::post().to(token))
                    .route("/me", web::get().to(user_info))
                    .route("/moved", web::get().to(moved)),
            )
        });
        let server = server
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap();
        let server = server.run();
        let handle = server.handle();
        rt::spawn(server);
        Self {
            issuer,
            state,
            server: handle,
        }
    }

    /// Stops it.
    pub async fn stop(&self) {
        self.server.stop(false).await;
    }

    /// Signs with the key of this id from now on, and publishes it alone.
    pub fn rotate(&self, id: &str) {
        let mut state = self.state.lock().unwrap();
        if state.key.id != id {
            state.key = SigningKey::new(id);
        }
    }

    /// Says this of itself instead.
    pub fn publish(&self, metadata: Value) {
        self.state.lock().unwrap().metadata = metadata;
    }

    /// Publishes its keys without names.
    pub fn hide_names(&self) {
        self.state.lock().unwrap().names_keys = false;
    }

    /// Fails when its keys are asked for, or no longer.
    pub fn fall_silent(&self, is_silent: bool) {
        self.state.lock().unwrap().is_silent = is_silent;
    }

    /// How often its keys were asked for.
    pub fn key_requests(&self) -> usize {
        self.state.lock().unwrap().key_requests
    }

    /// A token with these claims beside the usual ones, or instead of them.
    pub fn token(&self, claims: Value, signing: Signing) -> String {
        self.state.lock().unwrap().token(claims, signing)
    }

    /// Somebody signs in at the address where they were sent to, and is sent back with the code. The ID token has
    /// these claims beside the usual ones, or instead of them.
    pub fn signs_in(&self, url: &str, claims: Value) -> String {
        self.signs_in_with(url, claims, json!({}), Signing::Published)
    }

    /// The same, with what the user info says, and how the token is signed.
    pub fn signs_in_with(
        &self,
        url: &str,
        claims: Value,
        user_info: Value,
        signing: Signing,
    ) -> String {
        let url = Url::parse(url).unwrap();
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["code_challenge_method"], "S256");
        let code = format!("code-{}", uuid::Uuid::new_v4());
        let grant = Grant {
            asked,
            claims,
            user_info,
            signing,
        };
        self.state
            .lock()
            .unwrap()
            .grants
            .insert(code.clone(), grant);
        code
    }
}

async fn metadata(state: web::Data<Mutex<State>>) -> HttpResponse {
    let state = state.lock().unwrap();
    let issuer = &state.issuer;
    HttpResponse::Ok().json(with(
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/auth"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
            "userinfo_endpoint": format!("{issuer}/me"),
        }),
        state.metadata.clone(),
    ))
}

async fn keys(state: web::Data<Mutex<State>>) -> HttpResponse {
    let mut state = state.lock().unwrap();
    state.key_requests += 1;
    if state.is_silent {
        return HttpResponse::ServiceUnavailable().finish();
    }
    let mut key = Jwk::from_encoding_key(&state.key.key, Algorithm::ES256).unwrap();
    key.common.key_id = state.names_keys.then(|| state.key.id.clone());
    let of_another_kind = json!({ "kty": "AKP", "kid": "due", "alg": "ML-DSA-44", "pub": "AA" });
    HttpResponse::Ok().json(json!({ "keys": [of_another_kind, key] }))
}

async fn moved() -> HttpResponse {
    let keys = ("location", "/comune/keys");
    HttpResponse::Found().insert_header(keys).finish()
}

async fn token(
    state: web::Data<Mutex<State>>,
    request: HttpRequest,
    form: web::Form<HashMap<String, String>>,
) -> HttpResponse {
    let mut state = state.lock().unwrap();
    if !is_client(&request, &form) {
        return HttpResponse::Unauthorized().json(json!({ "error": "invalid_client" }));
    }
    let grant = state.grants.remove(&form["code"]);
    let fits = |grant: &Grant| {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
        grant.asked["redirect_uri"] == form["redirect_uri"]
            && grant.asked["code_challenge"] == challenge
            && form["grant_type"] == "authorization_code"
    };
    let Some(grant) = grant.filter(fits) else {
        return HttpResponse::BadRequest().json(json!({ "error": "invalid_grant" }));
    };
    let access_token = format!("access-{}", uuid::Uuid::new_v4());
    let id_token = state.id_token(&grant);
    let subject = grant.claims.get("sub").cloned().unwrap_or(json!("ada"));
    let user_info = with(json!({ "sub": subject }), grant.user_info.clone());
    state.user_infos.insert(access_token.clone(), user_info);
    HttpResponse::Ok().json(json!({
        "id_token": id_token, "access_token": access_token, "token_type": "Bearer"
    }))
}

/// The secret in the header or in the form; or a public client, which has another name.
fn is_client(request: &HttpRequest, form: &HashMap<String, String>) -> bool {
    let header = request.headers().get("authorization");
    let header = header.map(|value| value.to_str().unwrap().to_owned());
    let in_form = |name: &str| form.get(name).map(String::as_str);
    match header {
        Some(header) => {
            let basic = STANDARD.encode("portale:segreto%3A+di+prova");
            header == format!("Basic {basic}")
        }
        None if in_form("client_id") == Some("pubblico") => true,
        None => {
            in_form("client_id") == Some(CLIENT.0) && in_form("client_secret") == Some(CLIENT.1)
        }
    }
}

async fn user_info(state: web::Data<Mutex<State>>, request: HttpRequest) -> HttpResponse {
    let header = request.headers().get("authorization").unwrap();
    let token = header.to_str().unwrap().strip_prefix("Bearer ").unwrap();
    HttpResponse::Ok().json(&state.lock().unwrap().user_infos[token])
}

impl State {
    fn id_token(&self, grant: &Grant) -> String {
        let asked = json!({ "aud": grant.asked["client_id"], "nonce": grant.asked["nonce"] });
        self.token(with(asked, grant.claims.clone()), grant.signing)
    }

    fn token(&self, claims: Value, signing: Signing) -> String {
        let seconds = now().timestamp();
        let usual =
            json!({ "iss": self.issuer, "sub": "ada", "iat": seconds, "exp": seconds + 300 });
        let claims = with(usual, claims);
        let sign = |algorithm, id: Option<&str>, key: &EncodingKey| {
            let mut header = Header::new(algorithm);
            header.kid = id.map(str::to_owned);
            encode(&header, &claims, key).unwrap()
        };
        let id = Some(self.key.id.as_str());
        match signing {
            Signing::Published => sign(Algorithm::ES256, id, &self.key.key),
            Signing::Nameless => sign(Algorithm::ES256, None, &self.key.key),
            Signing::Unpublished(id) => sign(Algorithm::ES256, Some(id), &SigningKey::new(id).key),
            Signing::Forged => sign(Algorithm::ES256, id, &SigningKey::new("altra").key),
            Signing::Shared => {
                let secret = EncodingKey::from_secret(CLIENT.1.as_bytes());
                sign(Algorithm::HS256, id, &secret)
            }
            Signing::Unsigned => {
                let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
                format!("{}.{}.", part(&json!({ "alg": "none" })), part(&claims))
            }
        }
    }
}
