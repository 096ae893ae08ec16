//! The schemas of values that are written as one: what a derived schema cannot know of them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{TARGET, VALUE, VOCABULARY};
use crate::{
    content::{
        Link, LinkTarget, RichText,
        fields::{Amount, WebAddress},
    },
    ids::{ItemId, UploadId},
    locale::Localized,
    time::{LocalDateTime, MonthDay, TimeOfDay},
    vocabularies::{Code, VocabularyId},
};

/// A value of this kind, without a schema of its own.
macro_rules! leaf {
    (for [$($parameter:ident: $bound:path)?] $type:ty, $name:literal, $schema:expr) => {
        impl $(<$parameter: $bound>)? JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
    ($type:ty, $name:literal, $schema:expr) => {
        leaf!(for [] $type, $name, $schema);
    };
}

leaf!(Amount, "Amount", json_schema!({ VALUE: "amount" }));
leaf!(WebAddress, "WebAddress", json_schema!({ VALUE: "text" }));
leaf!(
    LocalDateTime,
    "LocalDateTime",
    json_schema!({ VALUE: "text" })
);
leaf!(TimeOfDay, "TimeOfDay", json_schema!({ VALUE: "text" }));
leaf!(MonthDay, "MonthDay", json_schema!({ VALUE: "text" }));
leaf!(UploadId, "UploadId", json_schema!({ VALUE: "upload" }));
leaf!(ItemId, "ItemId", json_schema!({ VALUE: "link" }));
leaf!(
    Localized<String>,
    "LocalizedText",
    json_schema!({ VALUE: "localized_text" })
);
leaf!(
    Localized<Vec<String>>,
    "LocalizedWords",
    json_schema!({ VALUE: "localized_words" })
);
leaf!(
    for [V: VocabularyId] Code<V>,
    "Code",
    json_schema!({ VALUE: "code", VOCABULARY: V::ID })
);
leaf!(
    for [T: LinkTarget] Link<T>,
    "Link",
    json_schema!({ VALUE: "link", TARGET: T::TARGET.map(|target| target.as_str()) })
);

/// Names the blocks, so that they are known where blocks are written.
impl JsonSchema for Localized<RichText> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "LocalizedRichText".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<crate::content::rich_text::Block>();
        json_schema!({ VALUE: "localized_rich_text" })
    }
}
