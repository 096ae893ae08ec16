//! Keyset cursors: the place of an item in an ordered list. A cursor names the municipality and the
//! order it was made for, so that it cannot be used with another, and survives inserts and deletions.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::OrderBy;
use crate::{ids::ItemId, tenants::IpaCode};

/// The value by which an item is ordered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OrderValue {
    /// A time, in the unit of the order.
    Time(i64),
    /// A title key.
    Text(String),
}

/// The place of an item in an ordered list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor(OrderBy, OrderValue, ItemId);

/// Text that is no cursor of this list.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidCursor {
    /// Not made by Municipio.
    #[error("the cursor is not one that this API gave out")]
    Malformed,
    /// Made for another order.
    #[error("the cursor was given out for another order of the list")]
    OtherOrder,
    /// A number that the log of changes has not reached.
    #[error("the log of changes has not come so far: was the database restored?")]
    Ahead,
    /// Made for another municipality.
    #[error("the cursor was given out by another municipality")]
    Foreign,
}

impl Cursor {
    pub(crate) fn new(order: OrderBy, value: OrderValue, id: ItemId) -> Self {
        Self(order, value, id)
    }

    /// The value by which the item is ordered.
    pub fn value(&self) -> &OrderValue {
        &self.1
    }

    /// The item.
    pub fn id(&self) -> ItemId {
        self.2
    }

    /// The cursor as an opaque string, for readers of this municipality.
    pub fn encode(&self, municipality: &IpaCode) -> String {
        seal(municipality, self)
    }

    /// Reads a cursor of a list of this municipality with this order.
    ///
    /// # Errors
    /// The text is no cursor, or one of another municipality or order.
    pub fn decode(
        text: &str,
        municipality: &IpaCode,
        order: OrderBy,
    ) -> Result<Self, InvalidCursor> {
        let cursor: Self = unseal(text, municipality)?;
        let fits = match &cursor.1 {
            // Keys hold letters, digits and spaces; PostgreSQL takes no NUL.
            OrderValue::Text(text) if text.chars().any(char::is_control) => {
                return Err(InvalidCursor::Malformed);
            }
            OrderValue::Text(_) => order == OrderBy::Title,
            OrderValue::Time(_) => order != OrderBy::Title,
        };
        if cursor.0 == order && fits {
            Ok(cursor)
        } else {
            Err(InvalidCursor::OtherOrder)
        }
    }
}

/// A place as an opaque string that names its municipality.
pub(crate) fn seal(municipality: &IpaCode, place: &impl Serialize) -> String {
    // Strings and numbers always serialise.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(municipality, place)).unwrap_or_default())
}

/// Reads such a string.
pub(crate) fn unseal<T: DeserializeOwned>(
    text: &str,
    municipality: &IpaCode,
) -> Result<T, InvalidCursor> {
    let malformed = InvalidCursor::Malformed;
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| malformed)?;
    let (owner, place): (IpaCode, T) = serde_json::from_slice(&bytes).map_err(|_| malformed)?;
    match owner == *municipality {
        true => Ok(place),
        false => Err(InvalidCursor::Foreign),
    }
}

/// The place of what has this key in a list of this name, as an opaque string for readers of this municipality.
pub fn encode_key(list: &str, key: &str, municipality: &IpaCode) -> String {
    seal(municipality, &(list, key))
}

/// Reads such a string: the key.
///
/// # Errors
/// The text is no cursor, or one of another municipality or list.
pub fn decode_key(text: &str, list: &str, municipality: &IpaCode) -> Result<String, InvalidCursor> {
    match unseal::<(String, String)>(text, municipality)? {
        (name, key) if name == list => Ok(key),
        _ => Err(InvalidCursor::OtherOrder),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn own() -> IpaCode {
        "c_h501".parse().unwrap()
    }

    proptest! {
        #[test]
        fn cursors_survive_the_trip(title in "[a-z0-9 ]{0,60}", time: i64, id: u128) {
            let (own, other) = (own(), "c_m999".parse().unwrap());
            let id = ItemId(uuid::Uuid::from_u128(id));
            let by_title = Cursor::new(OrderBy::Title, OrderValue::Text(title), id);
            let by_date = Cursor::new(OrderBy::Date, OrderValue::Time(time), id);
            for (cursor, order) in [(by_title, OrderBy::Title), (by_date, OrderBy::Date)] {
                let text = cursor.encode(&own);
                prop_assert_eq!(Cursor::decode(&text, &own, order), Ok(cursor));
                prop_assert_eq!(
                    Cursor::decode(&text, &own, OrderBy::Updated),
                    Err(InvalidCursor::OtherOrder)
                );
                prop_assert_eq!(Cursor::decode(&text, &other, order), Err(InvalidCursor::Foreign));
            }
        }

        #[test]
        fn any_text_is_refused_politely(text in ".{0,80}") {
            prop_assert!(Cursor::decode(&text, &own(), OrderBy::Title).is_err());
        }
    }
}
