//! The issuers of tokens of citizens, for who manages the settings.

use async_graphql::{Context, ID, InputObject, Json, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use municipio_domain::{
    citizens::{self, IssuerSettings, LevelWord},
    identity::{Action, Refusal, Subject},
    ids::CitizenIssuerId,
};
use serde_json::Value;

use super::LevelOfAssurance;
use crate::{
    connection::Part,
    context::{RequestData, data},
    error::internal,
    global_id::{self, Kind},
    identity::{List, SigningAlgorithm, listed},
};

/// An issuer whose tokens make their bearers citizens, such as the municipality's proxy to SPID and CIE (emittente).
#[derive(Clone, Debug)]
pub(crate) struct CitizenIssuer(pub(crate) citizens::CitizenIssuer);

impl CitizenIssuer {
    /// Reads the global id of an issuer.
    pub(crate) fn read_id(data: &RequestData, id: &ID) -> Result<CitizenIssuerId> {
        let municipality = &data.tenant.ipa_code;
        global_id::decode_as(id, Kind::CitizenIssuer, municipality, "input.id").map(CitizenIssuerId)
    }

    /// The issuers, by name, for who manages the settings.
    pub(crate) async fn list(ctx: &Context<'_>, part: Part) -> Result<List<Self>> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let issuers = data.identity.citizen_issuers().await.map_err(internal)?;
        let key = |issuer: &citizens::CitizenIssuer| issuer.id.to_string();
        listed(data, issuers, key, Self, &part)
    }

    /// The issuer with this id, for who manages the settings.
    pub(crate) async fn find(data: &RequestData, id: CitizenIssuerId) -> Result<Option<Self>> {
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        Ok(data.citizen_issuer(id).await?.map(Self))
    }
}

/// An issuer whose tokens make their bearers citizens, such as the municipality's proxy to SPID and CIE (emittente).
#[Object]
impl CitizenIssuer {
    /// Global id.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(global_id::encode_as(
            Kind::CitizenIssuer,
            municipality,
            self.0.id,
        ))
    }

    /// What officers see of it (nome).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The issuer, as its tokens name it (emittente).
    async fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Whether its tokens are accepted (attivo).
    async fn is_enabled(&self) -> bool {
        self.0.is_enabled
    }

    /// Which of its tokens are accepted, and how they are read (impostazioni).
    async fn settings(&self) -> CitizenIssuerSettings {
        (&self.0.settings).into()
    }

    /// When it was registered.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// Which tokens of an issuer are accepted, and how they are read (impostazioni dell'emittente).
#[derive(SimpleObject)]
pub(crate) struct CitizenIssuerSettings {
    /// Where its keys are; null when they are found below the issuer or written down (indirizzo delle chiavi).
    jwks_uri: Option<String>,
    /// Its keys, when they are written down: a JWK Set (chiavi).
    keys: Option<Json<Value>>,
    /// The names under which the municipality takes tokens (destinatari).
    audiences: Vec<String>,
    /// How tokens may be signed (algoritmi di firma).
    algorithms: Vec<SigningAlgorithm>,
    /// Where tokens say who somebody is (attributi).
    claims: CitizenClaims,
    /// The words of the issuer for levels of assurance, in the order of preference (livelli di garanzia).
    levels: Vec<IssuerLevel>,
    /// The lowest level that is let in (livello minimo).
    minimum_level: LevelOfAssurance,
}

/// Where tokens say who somebody is: claims, of which the first that says something is taken (attributi del cittadino).
#[derive(SimpleObject, InputObject)]
#[graphql(input_name = "CitizenClaimsInput")]
pub(crate) struct CitizenClaims {
    /// The fiscal code, with or without `TINIT-` (codice fiscale).
    fiscal_code: Vec<String>,
    /// The given name (nome).
    given_name: Vec<String>,
    /// The family name (cognome).
    family_name: Vec<String>,
    /// The level of assurance (livello di garanzia).
    level: Vec<String>,
}

/// How an issuer calls a level of assurance (livello dell'emittente).
#[derive(SimpleObject, InputObject)]
#[graphql(input_name = "IssuerLevelInput")]
pub(crate) struct IssuerLevel {
    /// The word of the issuer, such as `https://www.spid.gov.it/SpidL2` (classe di autenticazione).
    word: String,
    /// The level that it is (livello di garanzia).
    level: LevelOfAssurance,
}

impl From<&IssuerSettings> for CitizenIssuerSettings {
    fn from(settings: &IssuerSettings) -> Self {
        let settings = settings.clone();
        let levels = settings
            .levels
            .into_iter()
            .map(|LevelWord { word, level }| IssuerLevel {
                word,
                level: level.into(),
            });
        Self {
            jwks_uri: settings.jwks_uri.map(String::from),
            keys: settings.keys.map(Json),
            audiences: settings.audiences.into_iter().collect(),
            algorithms: settings.algorithms.into_iter().map(Into::into).collect(),
            claims: CitizenClaims {
                fiscal_code: settings.claims.fiscal_code,
                given_name: settings.claims.given_name,
                family_name: settings.claims.family_name,
                level: settings.claims.level,
            },
            levels: levels.collect(),
            minimum_level: settings.minimum_level.into(),
        }
    }
}

/// Which tokens of an issuer are accepted, and how they are read. A claim is its name, or a JSON Pointer to it.
#[derive(InputObject)]
pub(crate) struct CitizenIssuerSettingsInput {
    /// Where its keys are; found below the issuer (OpenID Connect Discovery) when left out.
    jwks_uri: Option<String>,
    /// Its keys themselves, of an issuer that publishes none: a JWK Set.
    keys: Option<Json<Value>>,
    /// The names under which the municipality takes tokens; one of them is an audience of each.
    audiences: Vec<String>,
    /// How tokens may be signed; RS256, ES256 and PS256 when left out.
    algorithms: Option<Vec<SigningAlgorithm>>,
    /// Where tokens say who somebody is; where SPID, CIE, iam-proxy-italia and OneIdentity do when left out.
    claims: Option<CitizenClaims>,
    /// The words of the issuer for levels, in the order of preference; those of SPID, CIE and eIDAS when left out.
    levels: Option<Vec<IssuerLevel>>,
    /// The lowest level that is let in.
    #[graphql(default_with = "LevelOfAssurance::Substantial")]
    minimum_level: LevelOfAssurance,
}

impl TryFrom<CitizenIssuerSettingsInput> for IssuerSettings {
    type Error = Refusal;

    fn try_from(input: CitizenIssuerSettingsInput) -> Result<Self, Refusal> {
        let usual = Self::default();
        let no_address = |_| Refusal::ProviderSetting("jwksUri", "write an address".to_owned());
        let jwks_uri = input.jwks_uri.map(|text| text.parse().map_err(no_address));
        let levels = input.levels.map(|levels| {
            let levels = levels.into_iter();
            levels
                .map(|IssuerLevel { word, level }| LevelWord {
                    word,
                    level: level.into(),
                })
                .collect()
        });
        let algorithms = input.algorithms.map(|all| all.into_iter().map(Into::into));
        let claims = input.claims.map(|claims| citizens::ClaimMap {
            fiscal_code: claims.fiscal_code,
            given_name: claims.given_name,
            family_name: claims.family_name,
            level: claims.level,
        });
        Ok(Self {
            jwks_uri: jwks_uri.transpose()?,
            keys: input.keys.map(|keys| keys.0),
            audiences: input.audiences.into_iter().collect(),
            algorithms: algorithms.map_or(usual.algorithms, Iterator::collect),
            claims: claims.unwrap_or(usual.claims),
            levels: levels.unwrap_or(usual.levels),
            minimum_level: input.minimum_level.into(),
        })
    }
}
