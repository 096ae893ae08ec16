//! The GraphQL types of the inputs of content.

use async_graphql::{
    ID, InputType,
    registry::{Deprecation, MetaEnumValue, MetaInputValue, MetaType, Registry},
};
use chrono::NaiveDate;
use municipio_domain::content::{
    ContentType,
    shape::{Alternative, AlternativeContent, BLOCK, Definition, Field, Kind, Shape, Shapes},
};

use super::field_name;
use crate::{filters::camel, scalars};

/// `ContentInput`; registers everything that it is made of.
pub(super) fn content(registry: &mut Registry) -> MetaType {
    scalars_of(registry);
    for (name, definition) in Shapes::get().iter() {
        let types = types(name, definition);
        for meta in types {
            let name = meta.name().to_owned();
            registry.types.entry(name).or_insert(meta);
        }
    }
    for meta in localized() {
        registry.types.insert(meta.name().to_owned(), meta);
    }
    let fields = ContentType::ALL.iter().map(|content_type| {
        let definition = Shapes::get().named(content_type.type_name());
        let description = definition.map(|definition| definition.description.clone());
        value(
            field_name(*content_type),
            format!("{}Input", content_type.type_name()),
            description.unwrap_or_default(),
        )
    });
    input("ContentInput", CONTENT, fields, true)
}

const CONTENT: &str = "The fields of content of one type: exactly one of these is given. Fields that are left \
out are not there, or stay as they are (contenuto).";

fn scalars_of(registry: &mut Registry) {
    String::create_type_info(registry);
    bool::create_type_info(registry);
    i32::create_type_info(registry);
    f64::create_type_info(registry);
    ID::create_type_info(registry);
    NaiveDate::create_type_info(registry);
    scalars::Decimal::create_type_info(registry);
    scalars::Upload::create_type_info(registry);
    scalars::Locale::create_type_info(registry);
}

/// The name of the input of a structure.
fn input_name(name: &str) -> String {
    format!("{name}Input")
}

fn types(name: &str, definition: &Definition) -> Vec<MetaType> {
    let description = &definition.description;
    match &definition.kind {
        Kind::Structure(fields) => vec![structure(&input_name(name), description, fields)],
        Kind::Enumeration(names) => vec![enumeration(name, description, names)],
        Kind::Choice(alternatives) => {
            let mut types: Vec<_> = alternatives
                .iter()
                .filter_map(|alternative| match &alternative.content {
                    AlternativeContent::Tagged(fields) if !fields.is_empty() => {
                        let name = alternative_name(name, alternative);
                        Some(structure(&name, &alternative.description, fields))
                    }
                    _ => None,
                })
                .collect();
            let fields = alternatives.iter().map(|alternative| {
                let kind = match &alternative.content {
                    AlternativeContent::Tagged(fields) if fields.is_empty() => "Boolean".to_owned(),
                    AlternativeContent::Tagged(_) => alternative_name(name, alternative),
                    AlternativeContent::Value(shape) => type_of(shape),
                };
                value(
                    camel(&alternative.name),
                    kind,
                    alternative.description.clone(),
                )
            });
            types.push(input(&input_name(name), description, fields, true));
            types
        }
    }
}

/// `RichTextBlockHeadingInput`.
fn alternative_name(choice: &str, alternative: &Alternative) -> String {
    let name = camel(&alternative.name);
    let (first, rest) = name.split_at(name.len().min(1));
    format!("{choice}{}{rest}Input", first.to_uppercase())
}

fn structure(name: &str, description: &str, fields: &[Field]) -> MetaType {
    let fields = fields.iter().map(|field| {
        let mut kind = type_of(&field.shape);
        if field.is_required {
            kind.push('!');
        }
        let mut description = field.description.clone();
        if let Some(vocabulary) = vocabulary(&field.shape) {
            description.push_str(&format!(" Codes of the vocabulary `{vocabulary}`."));
        }
        value(camel(&field.name), kind, description)
    });
    input(name, description, fields, false)
}

fn vocabulary(shape: &Shape) -> Option<&str> {
    match shape {
        Shape::Code(vocabulary) => Some(vocabulary),
        Shape::List(inner) => vocabulary(inner),
        _ => None,
    }
}

/// The type of a value that may be left out.
fn type_of(shape: &Shape) -> String {
    match shape {
        Shape::Text | Shape::Code(_) => "String".to_owned(),
        Shape::Boolean => "Boolean".to_owned(),
        Shape::Integer => "Int".to_owned(),
        Shape::Number => "Float".to_owned(),
        Shape::Date => NaiveDate::type_name().into_owned(),
        Shape::Amount => scalars::Decimal::type_name().into_owned(),
        Shape::Upload => scalars::Upload::type_name().into_owned(),
        Shape::Link(_) => "ID".to_owned(),
        Shape::LocalizedText => "[LocalizedTextInput!]".to_owned(),
        Shape::LocalizedWords => "[LocalizedWordsInput!]".to_owned(),
        Shape::LocalizedRichText => "[LocalizedRichTextInput!]".to_owned(),
        Shape::List(inner) => format!("[{}!]", type_of(inner)),
        Shape::Named(name) => match Shapes::get().named(name).map(|known| &known.kind) {
            Some(Kind::Enumeration(_)) => name.clone(),
            _ => input_name(name),
        },
    }
}

/// The inputs of what is written by locale.
fn localized() -> [MetaType; 3] {
    let locale = || value("locale", "Locale!", "The locale of the text (lingua).");
    let text = |name: &str, kind: &str, description: &str| value(name, kind, description);
    [
        input(
            "LocalizedTextInput",
            "A text in one locale (testo in una lingua).",
            [
                locale(),
                text("value", "String", "The text; null clears it (testo)."),
            ],
            false,
        ),
        input(
            "LocalizedWordsInput",
            "Words in one locale (parole in una lingua).",
            [
                locale(),
                text(
                    "words",
                    "[String!]",
                    "The words; null clears them (parole).",
                ),
            ],
            false,
        ),
        input(
            "LocalizedRichTextInput",
            "Formatted text in one locale, in one of three forms; without any it is cleared. A link to content is \
             written `item:` and its global id (testo formattato in una lingua).",
            [
                locale(),
                text(
                    "markdown",
                    "String",
                    "As Markdown: CommonMark with tables and alerts (testo in Markdown).",
                ),
                text(
                    "html",
                    "String",
                    "As HTML, of which only what formatted text can hold is kept; unsafe links are refused (testo in HTML).",
                ),
                text(
                    "blocks",
                    &format!("[{}!]", input_name(BLOCK)),
                    "As blocks (testo in blocchi).",
                ),
            ],
            false,
        ),
    ]
}

fn value(
    name: impl Into<String>,
    kind: impl Into<String>,
    description: impl Into<String>,
) -> MetaInputValue {
    let mut value = MetaInputValue::new(name, kind);
    value.description = Some(description.into());
    value
}

fn input(
    name: &str,
    description: &str,
    fields: impl IntoIterator<Item = MetaInputValue>,
    is_one_of: bool,
) -> MetaType {
    let fields = fields.into_iter();
    MetaType::InputObject {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        input_fields: fields.map(|field| (field.name.clone(), field)).collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: (name == "ContentInput").then(std::any::type_name::<super::ContentInput>),
        oneof: is_one_of,
        directive_invocations: Vec::new(),
    }
}

fn enumeration(name: &str, description: &str, names: &[(String, String)]) -> MetaType {
    let values = names.iter().map(|(name, description)| {
        let name = name.to_uppercase();
        let value = MetaEnumValue {
            name: name.clone(),
            description: Some(description.clone()),
            deprecation: Deprecation::NoDeprecated,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            directive_invocations: Vec::new(),
        };
        (name, value)
    });
    MetaType::Enum {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        enum_values: values.collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}
