//! Keyset cursors: the place of an item in an ordered list. A cursor names the order it was made
//! for, so that it cannot be used with another, and survives inserts and deletions.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::OrderBy;
use crate::ids::ItemId;

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

    /// The cursor as an opaque string.
    pub fn encode(&self) -> String {
        // A tuple of strings and numbers always serialises.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads a cursor of a list with this order.
    ///
    /// # Errors
    /// The text is no cursor, or one of another order.
    pub fn decode(text: &str, order: OrderBy) -> Result<Self, InvalidCursor> {
        let bytes = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| InvalidCursor::Malformed)?;
        let cursor: Self = serde_json::from_slice(&bytes).map_err(|_| InvalidCursor::Malformed)?;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cursors_survive_the_trip(title in "[a-z0-9 ]{0,60}", time: i64, id: u128) {
            let id = ItemId(uuid::Uuid::from_u128(id));
            let by_title = Cursor::new(OrderBy::Title, OrderValue::Text(title), id);
            let by_date = Cursor::new(OrderBy::Date, OrderValue::Time(time), id);
            prop_assert_eq!(Cursor::decode(&by_title.encode(), OrderBy::Title), Ok(by_title.clone()));
            prop_assert_eq!(Cursor::decode(&by_date.encode(), OrderBy::Date), Ok(by_date.clone()));
            prop_assert_eq!(
                Cursor::decode(&by_date.encode(), OrderBy::Updated),
                Err(InvalidCursor::OtherOrder)
            );
        }

        #[test]
        fn any_text_is_refused_politely(text in ".{0,80}") {
            prop_assert!(Cursor::decode(&text, OrderBy::Title).is_err());
        }
    }
}
