//! Global ids: the type of an item, its municipality and its id in one opaque string (Relay's object
//! identification). Naming the municipality lets an id of another one be refused before any row is
//! looked at.

use std::{fmt::Display, str::FromStr};

use async_graphql::{Error, ID};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use municipio_domain::{
    content::{self, ContentType},
    ids::{ItemId, RevisionId},
    tenants::IpaCode,
};

use crate::error::ErrorCode;

/// The global id of an item of this municipality.
pub(crate) fn encode(content_type: ContentType, municipality: &IpaCode, id: ItemId) -> ID {
    ID(content::global_id(content_type, municipality, id))
}

/// Reads a global id of this municipality.
pub(crate) fn decode(
    id: &ID,
    municipality: &IpaCode,
    argument: &str,
) -> Result<(ContentType, ItemId), Error> {
    let wrong = || {
        let shown: String = id.chars().take(60).collect();
        ErrorCode::InvalidId.about(
            argument,
            format!("«{shown}» is not an id that this API gave out"),
        )
    };
    let bytes = URL_SAFE_NO_PAD.decode(id.as_str()).map_err(|_| wrong())?;
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    let (name, rest) = text.split_once(':').ok_or_else(wrong)?;
    let (owner, id) = rest.split_once(':').ok_or_else(wrong)?;
    let named = |content_type: &&ContentType| content_type.type_name() == name;
    let content_type = ContentType::ALL.iter().find(named).ok_or_else(wrong)?;
    let owner: IpaCode = owner.parse().map_err(|_| wrong())?;
    let id = id.parse().map_err(|_| wrong())?;
    if owner != *municipality {
        let message = format!("the id is one of the municipality {owner}, not of {municipality}");
        return Err(ErrorCode::ForeignId.about(argument, message));
    }
    Ok((*content_type, ItemId(id)))
}

/// The global id of what is not content, such as an account.
pub(crate) fn encode_other(name: &str, municipality: &IpaCode, id: impl Display) -> ID {
    ID(content::named_global_id(name, municipality, id))
}

/// Reads the global id of what is not content.
pub(crate) fn decode_other<T: FromStr>(
    id: &ID,
    name: &str,
    municipality: &IpaCode,
    argument: &str,
) -> Result<T, Error> {
    let parts = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id.as_str()).ok()?).ok()?;
        let (kind, rest) = text.split_once(':')?;
        let (owner, id) = rest.split_once(':')?;
        let id = id.parse::<T>().ok().filter(|_| kind == name);
        Some((owner.parse::<IpaCode>().ok()?, id))
    };
    match parts() {
        Some((owner, Some(id))) if owner == *municipality => Ok(id),
        Some((owner, _)) if owner != *municipality => {
            let message =
                format!("the id is one of the municipality {owner}, not of {municipality}");
            Err(ErrorCode::ForeignId.about(argument, message))
        }
        _ => {
            let message = format!("this is not the id of a {name}");
            Err(ErrorCode::InvalidId.about(argument, message))
        }
    }
}

/// The name of releases in global ids.
pub(crate) const RELEASE: &str = "Release";
/// The name of preview tokens in global ids.
pub(crate) const PREVIEW_TOKEN: &str = "PreviewToken";
/// The name of revisions in global ids.
const REVISION: &str = "ContentRevision";

/// The global id of a revision of content.
pub(crate) fn encode_revision(municipality: &IpaCode, id: RevisionId) -> ID {
    encode_other(REVISION, municipality, id)
}

/// Reads the global id of a revision of content.
pub(crate) fn decode_revision(
    id: &ID,
    municipality: &IpaCode,
    argument: &str,
) -> Result<RevisionId, Error> {
    decode_other(id, REVISION, municipality, argument)
}

/// The global id of an item as those who edit it see it; its content has another.
pub(crate) fn encode_work(municipality: &IpaCode, id: ItemId) -> ID {
    encode_other("ContentItem", municipality, id)
}

/// Reads the global id of an item of a certain type.
pub(crate) fn decode_as(
    id: &ID,
    wanted: ContentType,
    municipality: &IpaCode,
    argument: &str,
) -> Result<ItemId, Error> {
    match decode(id, municipality, argument)? {
        (content_type, id) if content_type == wanted => Ok(id),
        (content_type, _) => Err(ErrorCode::InvalidId.about(
            argument,
            format!(
                "the id is that of a {}, not of a {}",
                content_type.type_name(),
                wanted.type_name()
            ),
        )),
    }
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
        assert!(decode_as(&global, ContentType::Service, &own, "id").is_err());
        for wrong in ["", "1", "U2VydmljZTox", "ünïcode", &"A".repeat(500)] {
            assert!(
                decode(&ID(wrong.to_owned()), &own, "id").is_err(),
                "{wrong}"
            );
        }
    }
}
