//! Rich text as JSON, in any of the forms in which it may be written.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

use super::{Block, RichText, stored};

const EXPECTED: &str = "rich text: a string of Markdown, {\"markdown\": …}, {\"html\": …}, \
                        {\"blocks\": […]} or an array of blocks";

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = RichText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_str<E: de::Error>(self, markdown: &str) -> Result<RichText, E> {
        RichText::from_markdown(markdown).map_err(E::custom)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<RichText, A::Error> {
        let blocks = Vec::<Block>::deserialize(de::value::SeqAccessDeserializer::new(seq))?;
        RichText::from_blocks(blocks).map_err(de::Error::custom)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<RichText, A::Error> {
        let Some(form) = map.next_key::<String>()? else {
            return Err(de::Error::custom(format!(
                "nothing is written: expected {EXPECTED}"
            )));
        };
        let text = match form.as_str() {
            "markdown" => RichText::from_markdown(&map.next_value::<String>()?),
            "html" => RichText::from_html(&map.next_value::<String>()?),
            "blocks" => RichText::from_blocks(map.next_value()?),
            _ => return Err(de::Error::custom(format!("«{form}» is not {EXPECTED}"))),
        };
        if let Some(other) = map.next_key::<String>()? {
            return Err(de::Error::custom(format!(
                "both «{form}» and «{other}» are written: write rich text in one form only"
            )));
        }
        text.map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for RichText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match stored::is_stored() {
            true => stored::keep(deserializer),
            false => deserializer.deserialize_any(Visitor),
        }
    }
}
