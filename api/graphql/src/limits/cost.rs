//! What the schema says of cost: which fields are lists, and how long.

use std::collections::HashMap;

use async_graphql::parser::{
    parse_schema,
    types::{BaseType, FieldDefinition, Type, TypeKind, TypeSystemDefinition},
};

/// What is assumed of a list whose length the query does not say, such as the topics of a service.
const SHORT_LIST: u64 = 5;
/// What a connection holds when the query does not say.
const PAGE: u64 = 20;
const LONGEST_PAGE: u64 = crate::MAX_PAGE.unsigned_abs() as u64;

/// How a field multiplies what is below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Multiplier {
    /// One thing.
    One,
    /// A short list.
    Short,
    /// As many as `first` or `last` say.
    Paged,
}

impl Multiplier {
    pub(super) fn of(self, asked: Option<u64>) -> u64 {
        match self {
            Self::One => 1,
            // Longer pages are refused when the argument is read.
            Self::Short => asked.unwrap_or(SHORT_LIST).min(LONGEST_PAGE),
            Self::Paged => asked.unwrap_or(PAGE).min(LONGEST_PAGE),
        }
    }
}

/// The fields of each type: what they lead to and how they multiply.
#[derive(Clone, Debug, Default)]
pub struct CostModel {
    fields: HashMap<String, HashMap<String, (String, Multiplier)>>,
}

impl CostModel {
    /// Reads the model from a schema definition. A schema that cannot be read gives an empty model,
    /// in which every field counts one.
    pub fn new(sdl: &str) -> Self {
        let Ok(document) = parse_schema(sdl) else {
            return Self::default();
        };
        let types = document.definitions.into_iter().filter_map(|definition| {
            let TypeSystemDefinition::Type(definition) = definition else {
                return None;
            };
            let fields = match definition.node.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(interface) => interface.fields,
                _ => return None,
            };
            let fields = fields.iter().map(|field| describe(&field.node)).collect();
            Some((definition.node.name.node.to_string(), fields))
        });
        Self {
            fields: types.collect(),
        }
    }

    /// What a field of a type leads to, and how it multiplies.
    pub(super) fn field(&self, parent: &str, name: &str) -> Option<(&str, Multiplier)> {
        let (target, multiplier) = self.fields.get(parent)?.get(name)?;
        Some((target, *multiplier))
    }
}

fn describe(field: &FieldDefinition) -> (String, (String, Multiplier)) {
    let has = |name: &str| {
        field
            .arguments
            .iter()
            .any(|argument| argument.node.name.node == name)
    };
    let (target, is_list) = named(&field.ty.node);
    // The items of a connection are counted where `first` stands.
    let is_of_connection = matches!(field.name.node.as_str(), "nodes" | "edges");
    let multiplier = match () {
        () if has("first") || has("count") => Multiplier::Paged,
        () if is_list && !is_of_connection => Multiplier::Short,
        () => Multiplier::One,
    };
    (field.name.node.to_string(), (target, multiplier))
}

fn named(kind: &Type) -> (String, bool) {
    match &kind.base {
        BaseType::Named(name) => (name.to_string(), false),
        BaseType::List(inner) => (named(inner).0, true),
    }
}
