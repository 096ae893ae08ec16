//! Global ids of content, as clients know them and as the audit log names them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::ContentType;
use crate::{ids::ItemId, tenants::IpaCode};

/// The global id of an item: its type, its municipality and its id in one opaque string.
pub fn global_id(content_type: ContentType, municipality: &IpaCode, id: ItemId) -> String {
    let name = content_type.type_name();
    URL_SAFE_NO_PAD.encode(format!("{name}:{municipality}:{id}"))
}
