//! Counts the values of arguments. A variable counts wherever it is used: each use of it is checked
//! and copied.

use std::collections::HashMap;

use async_graphql::{
    Name, Value as ConstValue, Variables,
    parser::types::{DocumentOperations, ExecutableDocument},
};
use async_graphql_value::Value;
use serde_json::{Map, Value as JsonValue};

/// A text counts once for each of so many bytes of it.
const TEXT: usize = 100;

/// How many values a value holds, itself counted.
pub(super) struct Sizes<'a> {
    variables: &'a Variables,
    defaults: HashMap<&'a Name, u64>,
    known: HashMap<Name, u64>,
}

impl<'a> Sizes<'a> {
    pub(super) fn new(document: &'a ExecutableDocument, variables: &'a Variables) -> Self {
        let operations: Vec<_> = match &document.operations {
            DocumentOperations::Single(operation) => vec![operation],
            DocumentOperations::Multiple(operations) => operations.values().collect(),
        };
        let definitions = operations
            .into_iter()
            .flat_map(|operation| &operation.node.variable_definitions);
        let mut defaults = HashMap::new();
        for definition in definitions {
            if let Some(value) = &definition.node.default_value {
                let size = defaults.entry(&definition.node.name.node).or_default();
                *size = constant(&value.node).max(*size);
            }
        }
        Self {
            variables,
            defaults,
            known: HashMap::new(),
        }
    }

    pub(super) fn of(&mut self, value: &Value) -> u64 {
        match value {
            Value::Variable(name) => self.variable(name),
            Value::List(items) => items
                .iter()
                .fold(1, |sum, item| self.of(item).saturating_add(sum)),
            Value::Object(fields) => fields
                .values()
                .fold(1, |sum, field| self.of(field).saturating_add(sum)),
            Value::String(text) => of_text(text),
            _ => 1,
        }
    }

    fn variable(&mut self, name: &Name) -> u64 {
        if let Some(size) = self.known.get(name) {
            return *size;
        }
        let size = match self.variables.get(name) {
            Some(value) => constant(value),
            None => self.defaults.get(name).copied().unwrap_or(1),
        };
        self.known.insert(name.clone(), size);
        size
    }
}

/// How many values variables hold as they were sent.
pub(super) fn sent(variables: &Map<String, JsonValue>) -> u64 {
    variables.values().map(json).sum()
}

fn json(value: &JsonValue) -> u64 {
    match value {
        JsonValue::Array(items) => 1 + items.iter().map(json).sum::<u64>(),
        JsonValue::Object(fields) => 1 + fields.values().map(json).sum::<u64>(),
        JsonValue::String(text) => of_text(text),
        _ => 1,
    }
}

fn constant(value: &ConstValue) -> u64 {
    match value {
        ConstValue::List(items) => 1 + items.iter().map(constant).sum::<u64>(),
        ConstValue::Object(fields) => 1 + fields.values().map(constant).sum::<u64>(),
        ConstValue::String(text) => of_text(text),
        _ => 1,
    }
}

fn of_text(text: &str) -> u64 {
    text.len().div_ceil(TEXT).max(1) as u64
}
