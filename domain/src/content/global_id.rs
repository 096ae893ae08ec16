//! Global ids, as clients know them and as the audit log names them.

use std::fmt::Display;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::ContentType;
use crate::{ids::ItemId, tenants::IpaCode};

/// The global id of an item: its type, its municipality and its id in one opaque string.
pub fn global_id(content_type: ContentType, municipality: &IpaCode, id: ItemId) -> String {
    global_id_of(content_type.type_name(), municipality, id)
}

/// The global id of something else with an id, by its name.
pub fn global_id_of(name: &str, municipality: &IpaCode, id: impl Display) -> String {
    URL_SAFE_NO_PAD.encode(format!("{name}:{municipality}:{id}"))
}
