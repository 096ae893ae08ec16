//! Reads shapes from the JSON schemas of the bodies.

use std::collections::BTreeMap;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

use super::{
    Alternative, AlternativeContent, Definition, Field, Kind, Shape, Shapes, TARGET, VALUE,
    VOCABULARY,
};
use crate::content::registry;

pub(super) fn all() -> Shapes {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    registry::schemas(&mut generator);
    let definitions = generator.take_definitions(false);
    let mut shapes = BTreeMap::new();
    for (name, schema) in &definitions {
        if let Some(definition) = definition(schema) {
            shapes.insert(name.clone(), definition);
        }
    }
    Shapes(shapes)
}

/// Adds the schema of a body to those that are read.
pub(in crate::content) fn include<T: JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<T>();
}

fn definition(schema: &Value) -> Option<Definition> {
    let kind = match alternatives(schema) {
        None => Kind::Structure(fields(schema)),
        Some(schemas) => match schemas.iter().map(name).collect::<Option<Vec<_>>>() {
            Some(names) => Kind::Enumeration(names),
            None => Kind::Choice(schemas.iter().filter_map(alternative).collect()),
        },
    };
    Some(Definition {
        description: description(schema),
        kind,
    })
}

fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("oneOf").and_then(Value::as_array)
}

/// A name of an enumeration, with what it means.
fn name(schema: &Value) -> Option<(String, String)> {
    let name = schema.get("const")?.as_str()?;
    Some((name.to_owned(), description(schema)))
}

fn alternative(schema: &Value) -> Option<Alternative> {
    let tag = schema.pointer("/properties/type/const");
    let (name, content) = match tag.and_then(Value::as_str) {
        Some(tag) => {
            let mut fields = fields(schema);
            fields.retain(|field| field.name != "type");
            (tag.to_owned(), AlternativeContent::Tagged(fields))
        }
        None => {
            let (name, value) = properties(schema)?.iter().next()?;
            (name.clone(), AlternativeContent::Value(shape(value)?))
        }
    };
    Some(Alternative {
        name,
        description: description(schema),
        content,
    })
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties").and_then(Value::as_object)
}

fn fields(schema: &Value) -> Vec<Field> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| {
        let mut required = required.into_iter().flatten();
        required.any(|field| field.as_str() == Some(name))
    };
    let properties = properties(schema).into_iter().flatten();
    properties
        .filter_map(|(name, schema)| {
            Some(Field {
                name: name.clone(),
                description: description(schema),
                is_required: is_required(name),
                shape: shape(schema)?,
            })
        })
        .collect()
}

/// The lines of a comment, put together.
fn description(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str);
    text.unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// What a schema describes; an optional value is what it is when it is there.
fn shape(schema: &Value) -> Option<Shape> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next()?;
        return Some(Shape::Named(name.to_owned()));
    }
    if let Some(value) = schema.get(VALUE).and_then(Value::as_str) {
        return leaf(value, schema);
    }
    if let Some(either) = schema.get("anyOf").and_then(Value::as_array) {
        return either.iter().find_map(shape);
    }
    let kind = match schema.get("type")? {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null")?.as_str()?,
        kind => kind.as_str()?,
    };
    let format = schema.get("format").and_then(Value::as_str);
    Some(match kind {
        "string" if format == Some("date") => Shape::Date,
        "string" => Shape::Text,
        "boolean" => Shape::Boolean,
        "integer" => Shape::Integer,
        "number" => Shape::Number,
        "array" => Shape::List(Box::new(shape(schema.get("items")?)?)),
        _ => return None,
    })
}

fn leaf(value: &str, schema: &Value) -> Option<Shape> {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    Some(match value {
        "text" => Shape::Text,
        "amount" => Shape::Amount,
        "upload" => Shape::Upload,
        "code" => Shape::Code(text(VOCABULARY)?.to_owned()),
        "link" => Shape::Link(text(TARGET).and_then(|name| name.parse().ok())),
        "localized_text" => Shape::LocalizedText,
        "localized_words" => Shape::LocalizedWords,
        "localized_rich_text" => Shape::LocalizedRichText,
        _ => return None,
    })
}
