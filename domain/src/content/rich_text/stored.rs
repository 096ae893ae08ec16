//! Texts of stored bodies. They were checked and brought to their canonical form when they were
//! written, so they are kept as they are stored, and read when somebody asks for them: a list of
//! services shows none of the fourteen texts of a service sheet.

use std::{cell::Cell, sync::OnceLock};

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use super::{Block, RichText, canonical};

thread_local! {
    static IS_STORED: Cell<bool> = const { Cell::new(false) };
}

/// Reads JSON whose rich texts are stored ones. The type that is read does not say so, as it reads
/// input too; what reads it does.
pub(in crate::content) fn reading_stored<T>(read: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            IS_STORED.set(self.0);
        }
    }
    let _restore = Restore(IS_STORED.replace(true));
    read()
}

/// Whether the text that comes is a stored one.
pub(super) fn is_stored() -> bool {
    IS_STORED.get()
}

/// The blocks of a text, or the JSON that they are to be read from.
#[derive(Debug, Default)]
pub(super) struct Content {
    json: Option<Box<RawValue>>,
    blocks: OnceLock<Vec<Block>>,
}

impl Content {
    /// Blocks that are there already.
    pub(super) fn read(blocks: Vec<Block>) -> Self {
        Self {
            json: None,
            blocks: blocks.into(),
        }
    }

    /// The blocks.
    pub(super) fn blocks(&self) -> &[Block] {
        self.blocks.get_or_init(|| match &self.json {
            None => Vec::new(),
            Some(json) => serde_json::from_str(json.get()).unwrap_or_else(|error| {
                tracing::error!(%error, "a stored rich text cannot be read: it is shown as empty");
                Vec::new()
            }),
        })
    }

    /// There is nothing to read or see. A stored text need not be read for that: in canonical form
    /// every block shows something.
    pub(super) fn shows_nothing(&self) -> bool {
        match (self.blocks.get(), &self.json) {
            (None, Some(json)) => json.get() == "[]",
            _ => !self.blocks().iter().any(canonical::shows),
        }
    }
}

/// Keeps a text as it is stored.
pub(super) fn keep<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RichText, D::Error> {
    let json = Box::<RawValue>::deserialize(deserializer)?;
    match json.get().starts_with('[') {
        true => Ok(RichText::of(Content {
            json: Some(json),
            blocks: OnceLock::new(),
        })),
        false => Err(de::Error::custom(
            "a stored rich text is an array of blocks",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> serde_json::Result<RichText> {
        reading_stored(|| serde_json::from_str(json))
    }

    #[test]
    fn a_stored_text_is_the_text_that_was_stored() {
        let text = RichText::from_markdown("## Orari\n\n- **lunedì** 9-12\n- [sito](https://a.it)")
            .unwrap();
        let json = serde_json::to_string(&text).unwrap();
        let kept = read(&json).unwrap();
        assert!(kept.0.blocks.get().is_none());
        assert!(!kept.is_empty());
        assert!(kept.0.blocks.get().is_none());
        assert_eq!(kept, text);
        assert_eq!(serde_json::to_string(&kept).unwrap(), json);
        assert!(read("[]").unwrap().is_empty());
    }

    #[test]
    fn input_is_checked_again_afterwards() {
        let unsafe_link = r#"[{"type": "paragraph", "content": [{"type": "link",
            "target": {"url": "javascript:alert(1)"}, "content": [{"type": "text", "text": "x"}]}]}]"#;
        assert!(read(unsafe_link).is_ok());
        assert!(serde_json::from_str::<RichText>(unsafe_link).is_err());
        assert!(std::panic::catch_unwind(|| reading_stored(|| panic!("while reading"))).is_err());
        assert!(serde_json::from_str::<RichText>(unsafe_link).is_err());
    }

    #[test]
    fn what_cannot_be_read_is_shown_as_empty() {
        assert!(
            read(r#"[{"type": "of a later version"}]"#)
                .unwrap()
                .blocks()
                .is_empty()
        );
        assert!(read(r#""Markdown""#).is_err());
    }
}
