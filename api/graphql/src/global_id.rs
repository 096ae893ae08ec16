//! Global ids: the type of an item, its municipality and its id in one opaque string (Relay's object
//! identification). Naming the municipality lets an id of another one be refused before any row is
//! looked at.

use std::fmt::Display;

use async_graphql::{Error, ID};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use municipio_domain::{
    cases::Case,
    citizens::CitizenIssuer,
    content::{self, ContentType},
    identity::IdentityProvider,
    ids::{ItemId, RevisionId},
    notifications::{AppIoService, AppIoSheet, MessageTemplate, Notification},
    tenants::IpaCode,
    webhooks::{Delivery, Webhook},
};
use uuid::Uuid;

use crate::error::ErrorCode;

/// The global id of an item of this municipality.
pub(crate) fn encode(content_type: ContentType, municipality: &IpaCode, id: ItemId) -> ID {
    ID(content::global_id(content_type, municipality, id))
}

/// What a global id is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Content as readers see it.
    Content(ContentType),
    /// Content as those who edit it see it.
    Item,
    /// A revision of content.
    Revision,
    /// A release.
    Release,
    /// A preview token.
    PreviewToken,
    /// An account.
    Account,
    /// An API key.
    ApiKey,
    /// An identity provider.
    IdentityProvider,
    /// An issuer of tokens of citizens.
    CitizenIssuer,
    /// A webhook.
    Webhook,
    /// A delivery of an event to a webhook.
    WebhookDelivery,
    /// A case.
    Case,
    /// A service of App IO.
    AppIoService,
    /// The link of a service to App IO.
    AppIoSheet,
    /// What citizens are written.
    MessageTemplate,
    /// That somebody is told of what happened in a case.
    CaseNotification,
}

impl Kind {
    const OTHERS: [Self; 15] = [
        Self::Item,
        Self::Revision,
        Self::Release,
        Self::PreviewToken,
        Self::Account,
        Self::ApiKey,
        Self::IdentityProvider,
        Self::CitizenIssuer,
        Self::Webhook,
        Self::WebhookDelivery,
        Self::Case,
        Self::AppIoService,
        Self::AppIoSheet,
        Self::MessageTemplate,
        Self::CaseNotification,
    ];

    /// The name of its GraphQL type.
    fn name(self) -> &'static str {
        match self {
            Self::Content(content_type) => content_type.type_name(),
            Self::Item => "ContentItem",
            Self::Revision => "ContentRevision",
            Self::Release => content::Release::TYPE_NAME,
            Self::PreviewToken => "PreviewToken",
            Self::Account => municipio_domain::identity::Account::TYPE_NAME,
            Self::ApiKey => "ApiKey",
            Self::IdentityProvider => IdentityProvider::TYPE_NAME,
            Self::CitizenIssuer => CitizenIssuer::TYPE_NAME,
            Self::Webhook => Webhook::TYPE_NAME,
            Self::WebhookDelivery => Delivery::TYPE_NAME,
            Self::Case => Case::TYPE_NAME,
            Self::AppIoService => AppIoService::TYPE_NAME,
            Self::AppIoSheet => AppIoSheet::TYPE_NAME,
            Self::MessageTemplate => MessageTemplate::TYPE_NAME,
            Self::CaseNotification => Notification::TYPE_NAME,
        }
    }

    fn named(name: &str) -> Option<Self> {
        let content = ContentType::ALL.iter().copied().map(Self::Content);
        let mut all = content.chain(Self::OTHERS);
        all.find(|kind| kind.name() == name)
    }
}

/// Reads a global id of this municipality, whatever it is of.
pub(crate) fn decode_any(
    id: &ID,
    municipality: &IpaCode,
    argument: &str,
) -> Result<(Kind, Uuid), Error> {
    let parts = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id.as_str()).ok()?).ok()?;
        let (name, rest) = text.split_once(':')?;
        let (owner, id) = rest.split_once(':')?;
        let owner: IpaCode = owner.parse().ok()?;
        Some((Kind::named(name)?, owner, id.parse().ok()?))
    };
    let Some((kind, owner, uuid)) = parts() else {
        let shown: String = id.chars().take(60).collect();
        let message = format!("«{shown}» is not an id that this API gave out");
        return Err(ErrorCode::InvalidId.about(argument, message));
    };
    if owner != *municipality {
        let message = format!("the id is one of the municipality {owner}, not of {municipality}");
        return Err(ErrorCode::ForeignId.about(argument, message));
    }
    Ok((kind, uuid))
}

/// Reads a global id of content.
pub(crate) fn decode(
    id: &ID,
    municipality: &IpaCode,
    argument: &str,
) -> Result<(ContentType, ItemId), Error> {
    match decode_any(id, municipality, argument)? {
        (Kind::Content(content_type), id) => Ok((content_type, ItemId(id))),
        (kind, _) => Err(not_of(kind, "content", argument)),
    }
}

/// Reads a global id of one kind.
pub(crate) fn decode_as(
    id: &ID,
    wanted: Kind,
    municipality: &IpaCode,
    argument: &str,
) -> Result<Uuid, Error> {
    match decode_any(id, municipality, argument)? {
        (kind, id) if kind == wanted => Ok(id),
        (kind, _) => Err(not_of(kind, &format!("a {}", wanted.name()), argument)),
    }
}

fn not_of(kind: Kind, wanted: &str, argument: &str) -> Error {
    let message = format!("the id is that of a {}, not of {wanted}", kind.name());
    ErrorCode::InvalidId.about(argument, message)
}

/// The global id of what is not content as readers see it, such as an account.
pub(crate) fn encode_as(kind: Kind, municipality: &IpaCode, id: impl Display) -> ID {
    ID(content::global_id_of(kind.name(), municipality, id))
}

/// The global id of a revision of content.
pub(crate) fn encode_revision(municipality: &IpaCode, id: RevisionId) -> ID {
    encode_as(Kind::Revision, municipality, id)
}

/// Reads the global id of a revision of content.
pub(crate) fn decode_revision(
    id: &ID,
    municipality: &IpaCode,
    argument: &str,
) -> Result<RevisionId, Error> {
    decode_as(id, Kind::Revision, municipality, argument).map(RevisionId)
}

/// The global id of an item as those who edit it see it; its content has another.
pub(crate) fn encode_work(municipality: &IpaCode, id: ItemId) -> ID {
    encode_as(Kind::Item, municipality, id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_the_trip_and_others_are_refused() {
        let id = ItemId::generate();
        let own: IpaCode = "c_h501".parse().unwrap();
        let other: IpaCode = "c_m999".parse().unwrap();
        let global = encode(ContentType::NewsItem, &own, id);
        assert_eq!(
            decode(&global, &own, "id").unwrap(),
            (ContentType::NewsItem, id)
        );
        assert!(decode(&global, &other, "id").is_err());
        assert!(decode_as(&global, Kind::Content(ContentType::Service), &own, "id").is_err());
        for kind in Kind::OTHERS {
            let global = encode_as(kind, &own, id);
            assert_eq!(decode_any(&global, &own, "id").unwrap(), (kind, id.0));
            assert!(decode(&global, &own, "id").is_err());
        }
        for wrong in ["", "1", "U2VydmljZTox", "ünïcode", &"A".repeat(500)] {
            assert!(
                decode(&ID(wrong.to_owned()), &own, "id").is_err(),
                "{wrong}"
            );
        }
    }
}
