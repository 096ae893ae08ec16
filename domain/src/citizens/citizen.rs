//! Who calls with a token of a citizen.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    CitizenError, CitizenId, CitizenIssuer, FiscalCode, IssuerSettings, LevelOfAssurance,
    LevelTooLow,
};
use crate::{
    identity::Vault,
    openid::{
        Algorithm, Claims, Expected, Issuers, KeysAt, Recipient, TokenFault, claim, named_issuer,
        verify_with,
    },
    store::TenantStore,
};

/// The longest name that is kept.
const LONGEST_NAME: usize = 200;

/// Somebody whom a municipality serves, as their issuer knows them. `Debug` hides who they are.
#[derive(Clone, PartialEq, Eq)]
pub struct Citizen {
    /// Who they are to the municipality.
    pub id: CitizenId,
    /// Their fiscal code: to be encrypted, never to be written down.
    pub fiscal_code: FiscalCode,
    /// Their name, as far as the token says it.
    pub name: Option<String>,
    /// How sure it is who they are.
    pub level: LevelOfAssurance,
    /// Who says so.
    issuer: Arc<CitizenIssuer>,
}

impl Citizen {
    /// What the municipality calls the issuer that says who they are.
    pub fn issuer_name(&self) -> &str {
        &self.issuer.name
    }

    /// Lets somebody go on of whom it is sure enough who they are.
    ///
    /// # Errors
    /// They must sign in at a higher level.
    pub fn require(&self, least: LevelOfAssurance) -> Result<(), LevelTooLow> {
        match self.level >= least {
            true => Ok(()),
            false => Err(too_low(&self.issuer.settings, least)),
        }
    }
}

impl fmt::Debug for Citizen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Citizen({})", self.id)
    }
}

fn too_low(settings: &IssuerSettings, least: LevelOfAssurance) -> LevelTooLow {
    LevelTooLow {
        acr_values: settings.words_from(least),
    }
}

/// Who brings this token of an issuer of the municipality.
///
/// # Errors
/// The token is not what it should be, the issuer is not known here or of no help, or the database failed.
pub async fn identify(
    store: &TenantStore,
    vault: &Vault,
    issuers: &Issuers,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Citizen, CitizenError> {
    let named = named_issuer(token)?;
    let issuer = CitizenIssuer::enabled(store, &named).await?;
    let issuer = Arc::new(issuer.ok_or(TokenFault::Issuer)?);
    let claims = verify(&issuer, issuers, token, now).await?;
    let keys = vault.citizens().ok_or(CitizenError::NoSecret)?;
    let (fiscal_code, level) = read(&issuer.settings, claims.all())?;
    Ok(Citizen {
        id: keys.citizen(store.tenant_id(), &fiscal_code),
        name: name(&issuer.settings, claims.all()),
        fiscal_code,
        level,
        issuer,
    })
}

/// The claims of a token, with keys that are written down, or that the issuer publishes.
async fn verify(
    issuer: &CitizenIssuer,
    issuers: &Issuers,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Claims, CitizenError> {
    let settings = &issuer.settings;
    let expected = Expected {
        issuer: &issuer.issuer,
        recipient: Recipient::Service(&settings.audiences),
    };
    let accepted: Vec<Algorithm> = settings.algorithms.iter().copied().collect();
    if let Some(keys) = &settings.keys {
        let keys = keys.to_string();
        return Ok(verify_with(
            keys.as_bytes(),
            token,
            &accepted,
            &expected,
            now,
        )?);
    }
    let published = match &settings.jwks_uri {
        Some(address) => KeysAt::Address(address),
        None => KeysAt::Issuer(&issuer.issuer),
    };
    let verified = issuers.verify(published, token, &accepted, &expected, now);
    Ok(verified.await?)
}

/// What these claims say, as text; those that say nothing are passed over.
fn texts<'a>(claims: &'a Value, names: &'a [String]) -> impl Iterator<Item = &'a str> {
    let found = names
        .iter()
        .filter_map(|name| claim(claims, name)?.as_str());
    found.map(str::trim).filter(|text| !text.is_empty())
}

/// Whose token it is, and how sure that is.
fn read(
    settings: &IssuerSettings,
    claims: &Value,
) -> Result<(FiscalCode, LevelOfAssurance), CitizenError> {
    let code = texts(claims, &settings.claims.fiscal_code).next();
    let code = code.ok_or(CitizenError::FiscalCodeMissing)?;
    // «Tax identification number of Italy», as SPID and eIDAS write it.
    let code = match code.split_at_checked(6) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("TINIT-") => rest,
        _ => code,
    };
    let code = code.parse()?;
    let mut levels = texts(claims, &settings.claims.level).filter_map(|word| settings.level(word));
    let level = levels.next();
    match level.filter(|level| *level >= settings.minimum_level) {
        Some(level) => Ok((code, level)),
        None => Err(too_low(settings, settings.minimum_level).into()),
    }
}

fn name(settings: &IssuerSettings, claims: &Value) -> Option<String> {
    let given = texts(claims, &settings.claims.given_name).next();
    let family = texts(claims, &settings.claims.family_name).next();
    // What some issuers call the given name others call the whole one.
    let family = family.filter(|family| given.is_none_or(|given| !is_whole(given, family)));
    let names: Vec<_> = given.into_iter().chain(family).collect();
    let shown = names.join(" ");
    let shown: String = shown
        .chars()
        .filter(|one| !one.is_control())
        .take(LONGEST_NAME)
        .collect();
    (!shown.is_empty()).then_some(shown)
}

/// Whether a name begins or ends with this family name, and has more.
fn is_whole(name: &str, family: &str) -> bool {
    let (name, family) = (name.to_lowercase(), family.to_lowercase());
    let after = name.strip_prefix(&family);
    let before = name.strip_suffix(&family);
    after.is_some_and(|rest| rest.starts_with(' '))
        || before.is_some_and(|rest| rest.ends_with(' '))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CODE: &str = "RSSMRA80A01H501U";
    const SPID_2: &str = "https://www.spid.gov.it/SpidL2";

    fn code(claims: Value) -> Result<String, CitizenError> {
        let settings = IssuerSettings::default();
        read(&settings, &claims).map(|(code, _)| code.reveal().to_owned())
    }

    #[test]
    fn the_fiscal_code_is_found_where_issuers_write_it() {
        for (claim, value) in [
            (
                "https://attributes.eid.gov.it/fiscal_number",
                "TINIT-RSSMRA80A01H501U",
            ),
            (
                "https://attributes.spid.gov.it/fiscal_number",
                "TINIT-RSSMRA80A01H501U",
            ),
            ("fiscal_number", "tinit-rssmra80a01h501u"),
            ("fiscalNumber", "TINIT-RSSMRA80A01H501U"),
            ("fiscalCode", CODE),
        ] {
            let claims = json!({ claim: value, "acr": SPID_2 });
            assert_eq!(code(claims).unwrap(), CODE, "{claim}");
        }
        let useless = json!({ "https://attributes.eid.gov.it/fiscal_number": " ", "fiscal_number": 7,
            "fiscalNumber": CODE, "acr": "0", "spid_level": SPID_2 });
        assert_eq!(code(useless).unwrap(), CODE);
        for missing in [
            json!({}),
            json!({ "fiscalCode": "" }),
            json!({ "fiscalCode": 7 }),
        ] {
            assert!(matches!(
                code(missing),
                Err(CitizenError::FiscalCodeMissing)
            ));
        }
        for wrong in [
            "RSSMRA80A01H501V",
            "TINDE-RSSMRA80A01H501U",
            "VATIT-01234567890",
            "ÀÀÀ",
        ] {
            let claims = json!({ "fiscalCode": wrong, "acr": SPID_2 });
            assert!(
                matches!(code(claims), Err(CitizenError::FiscalCode(_))),
                "{wrong}"
            );
        }
    }

    #[test]
    fn who_is_not_sure_enough_is_told_what_to_ask_for() {
        for acr in [
            json!("https://www.spid.gov.it/SpidL1"),
            json!("altro"),
            json!(null),
        ] {
            let claims = json!({ "fiscalCode": CODE, "acr": acr });
            let Err(CitizenError::Level(LevelTooLow { acr_values })) = code(claims) else {
                panic!("{acr}");
            };
            assert!(acr_values.starts_with("http"), "{acr_values}");
            assert!(
                acr_values.contains(SPID_2) && !acr_values.contains("SpidL1"),
                "{acr_values}"
            );
        }
    }

    #[test]
    fn who_must_be_surer_is_told_how_unless_the_issuer_has_no_such_level() {
        let citizen = |settings| {
            let code: FiscalCode = CODE.parse().unwrap();
            let keys = crate::citizens::CitizenKeys::new("one secret of 32 characters at least");
            let tenant = crate::ids::TenantId::generate();
            Citizen {
                id: keys.unwrap().citizen(tenant, &code),
                fiscal_code: code,
                name: None,
                level: LevelOfAssurance::Substantial,
                issuer: Arc::new(CitizenIssuer {
                    id: crate::ids::CitizenIssuerId::generate(),
                    name: "SPID e CIE".to_owned(),
                    issuer: "https://login.example".to_owned(),
                    is_enabled: true,
                    settings,
                    created_at: DateTime::UNIX_EPOCH,
                    updated_at: DateTime::UNIX_EPOCH,
                }),
            }
        };
        let mut settings = IssuerSettings::default();
        let surer = citizen(settings.clone());
        assert_eq!(surer.require(LevelOfAssurance::Substantial), Ok(()));
        let refused = surer.require(LevelOfAssurance::High).unwrap_err();
        assert!(
            refused
                .acr_values
                .starts_with("https://www.spid.gov.it/SpidL3 ")
        );
        settings
            .levels
            .retain(|one| one.level < LevelOfAssurance::High);
        let refused = citizen(settings).require(LevelOfAssurance::High);
        assert_eq!(refused.unwrap_err().acr_values, "");
    }

    #[test]
    fn names_are_those_of_the_person() {
        let settings = IssuerSettings::default();
        for (claims, shown) in [
            (
                json!({ "given_name": "Ada", "family_name": "Bianchi", "name": "A. Bianchi" }),
                Some("Ada Bianchi"),
            ),
            (
                json!({ "name": "Ada", "familyName": "Bianchi" }),
                Some("Ada Bianchi"),
            ),
            (json!({ "name": "Ada\u{7} Bianchi " }), Some("Ada Bianchi")),
            (json!({ "given_name": " " }), None),
            (
                json!({ "given_name": "", "name": "Ada Bianchi", "family_name": "BIANCHI" }),
                Some("Ada Bianchi"),
            ),
            (
                json!({ "name": "De Luca Ada", "family_name": "De Luca" }),
                Some("De Luca Ada"),
            ),
            (
                json!({ "given_name": "Luca", "family_name": "Luca" }),
                Some("Luca Luca"),
            ),
            (
                json!({ "given_name": "Annabianchi", "family_name": "Bianchi" }),
                Some("Annabianchi Bianchi"),
            ),
        ] {
            assert_eq!(name(&settings, &claims).as_deref(), shown, "{claims}");
        }
    }
}
