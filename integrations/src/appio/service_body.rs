//! A service as IO writes it: what is sent, and what is read.

use base64::{Engine, engine::general_purpose::STANDARD};
use municipio_domain::notifications::{Environment, SheetContent, SheetScope};
use serde::Deserialize;
use serde_json::{Value, json};

/// What is said of a service, as the specification has it (`CmsServicePayload`). Recipients are those that stand there.
pub(super) fn payload(content: &SheetContent, recipients: &[String]) -> Value {
    let scope = match content.scope {
        SheetScope::Local => "LOCAL",
        SheetScope::National => "NATIONAL",
    };
    let mut metadata = json!({ "scope": scope, "topic_id": content.topic_id });
    let optional = [
        ("privacy_url", &content.privacy_url),
        ("tos_url", &content.tos_url),
        ("web_url", &content.web_url),
        ("support_url", &content.support_url),
        ("email", &content.email),
        ("pec", &content.pec),
        ("phone", &content.phone),
        ("address", &content.address),
        ("app_ios", &content.app_ios),
        ("app_android", &content.app_android),
        ("cta", &content.cta),
    ];
    for (field, value) in optional {
        // No text is shorter than a character there.
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            metadata[field] = json!(value);
        }
    }
    json!({
        "name": content.name,
        "description": content.description,
        "organization": {
            "name": content.organization_name,
            "fiscal_code": content.organization_fiscal_code,
        },
        "require_secure_channel": content.is_secure,
        "authorized_recipients": recipients,
        "authorized_cidrs": content.authorized_cidrs,
        "max_allowed_payment_amount": content.max_payment,
        "metadata": metadata,
    })
}

/// A picture, as IO takes it.
pub(super) fn logo(png: &[u8]) -> Value {
    json!({ "logo": STANDARD.encode(png) })
}

/// What IO says of a service (`CmsServiceData`).
#[derive(Deserialize)]
pub(super) struct ServiceData {
    name: String,
    description: String,
    organization: Organization,
    #[serde(default)]
    require_secure_channel: bool,
    #[serde(default)]
    authorized_recipients: Vec<String>,
    #[serde(default)]
    authorized_cidrs: Vec<String>,
    #[serde(default)]
    max_allowed_payment_amount: u64,
}

#[derive(Deserialize)]
struct Organization {
    name: String,
    fiscal_code: String,
}

/// More of it (`CmsServiceMetadata`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    scope: String,
    topic: Option<TopicId>,
    privacy_url: Option<String>,
    tos_url: Option<String>,
    web_url: Option<String>,
    support_url: Option<String>,
    email: Option<String>,
    pec: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    app_ios: Option<String>,
    app_android: Option<String>,
    cta: Option<String>,
}

#[derive(Deserialize)]
struct TopicId {
    id: i64,
}

impl ServiceData {
    /// To whom alone the service may write, without the citizen of tests, whom IO adds.
    pub(super) fn recipients(&self) -> Vec<String> {
        let recipients = self.authorized_recipients.iter();
        let others = recipients.filter(|code| *code != Environment::SANDBOX_CODE);
        others.cloned().collect()
    }

    /// What the service says.
    pub(super) fn content(self, metadata: Option<Metadata>) -> SheetContent {
        let metadata = metadata.unwrap_or_default();
        let text = |text: Option<String>| text.filter(|text| !text.is_empty());
        let mut cidrs = self.authorized_cidrs;
        cidrs.sort_unstable();
        SheetContent {
            name: self.name,
            description: self.description,
            organization_name: self.organization.name,
            organization_fiscal_code: self.organization.fiscal_code,
            is_secure: self.require_secure_channel,
            authorized_cidrs: cidrs,
            max_payment: self.max_allowed_payment_amount,
            scope: match metadata.scope.as_str() {
                "NATIONAL" => SheetScope::National,
                _ => SheetScope::Local,
            },
            topic_id: metadata.topic.map_or(0, |topic| topic.id),
            privacy_url: text(metadata.privacy_url),
            tos_url: text(metadata.tos_url),
            web_url: text(metadata.web_url),
            support_url: text(metadata.support_url),
            email: text(metadata.email),
            pec: text(metadata.pec),
            phone: text(metadata.phone),
            address: text(metadata.address),
            app_ios: text(metadata.app_ios),
            app_android: text(metadata.app_android),
            cta: text(metadata.cta),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    /// What the specification says of a service, in our own words.
    fn schema() -> jsonschema::Validator {
        let schema = include_str!("../../schemas/appio-service.json");
        jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
    }

    /// The specification itself, where it lies beside the repository.
    fn official() -> Option<jsonschema::Validator> {
        let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        let file = above.find_map(|folder| {
            let file = folder.join("shared/specs/appio/io-functions-services.index.yaml");
            std::fs::read_to_string(file).ok()
        })?;
        let whole: Value = serde_saphyr::from_str(&file).unwrap();
        let schema = json!({
            "$ref": "#/definitions/CmsServicePayload",
            "definitions": whole["definitions"],
        });
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft4);
        Some(options.build(&schema).unwrap())
    }

    fn contents() -> impl Strategy<Value = SheetContent> {
        let texts = prop::collection::vec(prop::option::of("[^\0]{0,40}"), 11);
        let scope = prop::sample::select(vec![SheetScope::Local, SheetScope::National]);
        let cidrs = prop::collection::vec("([0-9]{1,3}\\.){3}[0-9]{1,3}(/[0-9])?", 0..3);
        let numbers = (0..100_i64, 0..=9_999_999_999_u64, any::<bool>());
        ("[^\0]{1,40}", "[^\0]{1,80}", texts, scope, cidrs, numbers).prop_map(
            |(name, description, texts, scope, mut cidrs, (topic_id, max_payment, is_secure))| {
                let mut texts = texts
                    .into_iter()
                    .map(|text| text.filter(|text| !text.is_empty()));
                let mut text = || texts.next().flatten();
                cidrs.sort_unstable();
                SheetContent {
                    name,
                    description,
                    organization_name: "Comune di Prova".to_owned(),
                    organization_fiscal_code: "80012345676".to_owned(),
                    is_secure,
                    authorized_cidrs: cidrs,
                    max_payment,
                    scope,
                    topic_id,
                    privacy_url: text(),
                    tos_url: text(),
                    web_url: text(),
                    support_url: text(),
                    email: text(),
                    pec: text(),
                    phone: text(),
                    address: text(),
                    app_ios: text(),
                    app_android: text(),
                    cta: text(),
                }
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn services_are_as_the_official_specification_has_them(contents in prop::collection::vec(contents(), 1..20)) {
            let Some(official) = official() else { return Ok(()) };
            for content in contents {
                let body = payload(&content, &[]);
                let errors: Vec<_> = official.iter_errors(&body).map(|error| error.to_string()).collect();
                prop_assert!(errors.is_empty(), "{errors:?} {body:#}");
            }
        }
    }

    proptest! {
        #[test]
        fn services_are_as_the_specification_has_them_and_come_back_as_they_were(content in contents()) {
            let body = payload(&content, &["RSSMRA80A01H501U".to_owned()]);
            let schema = schema();
            let errors: Vec<_> = schema.iter_errors(&body).map(|error| error.to_string()).collect();
            prop_assert!(errors.is_empty(), "{errors:?} {body:#}");
            // IO gives the topic with its name.
            let mut answer = body.clone();
            answer["metadata"]["topic"] = json!({ "id": content.topic_id, "name": "x" });
            let metadata = serde_json::from_value(answer["metadata"].clone()).unwrap();
            let data: ServiceData = serde_json::from_value(answer).unwrap();
            prop_assert_eq!(data.recipients(), ["RSSMRA80A01H501U"]);
            prop_assert_eq!(data.content(Some(metadata)), content);
        }
    }
}
