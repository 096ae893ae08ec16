//! Global ids: the type and the id of an item in one opaque string (Relay's object identification).

use async_graphql::{Error, ID};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use municipio_domain::{content::ContentType, ids::ItemId};

use crate::error::ErrorCode;

/// The global id of an item.
pub(crate) fn encode(content_type: ContentType, id: ItemId) -> ID {
    ID(URL_SAFE_NO_PAD.encode(format!("{}:{id}", content_type.type_name())))
}

/// Reads a global id.
pub(crate) fn decode(id: &ID, argument: &str) -> Result<(ContentType, ItemId), Error> {
    let wrong = || {
        let shown: String = id.chars().take(60).collect();
        ErrorCode::InvalidId.about(
            argument,
            format!("«{shown}» is not an id that this API gave out"),
        )
    };
    let bytes = URL_SAFE_NO_PAD.decode(id.as_str()).map_err(|_| wrong())?;
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    let (name, id) = text.split_once(':').ok_or_else(wrong)?;
    let named = |content_type: &&ContentType| content_type.type_name() == name;
    let content_type = ContentType::ALL.iter().find(named).ok_or_else(wrong)?;
    let id = id.parse().map_err(|_| wrong())?;
    Ok((*content_type, ItemId(id)))
}

/// Reads the global id of an item of a certain type.
pub(crate) fn decode_as(id: &ID, wanted: ContentType, argument: &str) -> Result<ItemId, Error> {
    match decode(id, argument)? {
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
        let global = encode(ContentType::NewsItem, id);
        assert_eq!(decode(&global, "id").unwrap(), (ContentType::NewsItem, id));
        assert!(decode_as(&global, ContentType::Service, "id").is_err());
        for wrong in ["", "1", "U2VydmljZTox", "ünïcode", &"A".repeat(500)] {
            assert!(decode(&ID(wrong.to_owned()), "id").is_err(), "{wrong}");
        }
    }
}
