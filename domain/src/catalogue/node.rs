//! Writing JSON objects in which nothing empty appears.

use serde_json::{Map, Value};

/// An object under construction: empty values are left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Node(Map<String, Value>);

impl Node {
    /// A node of this type.
    pub(super) fn of(kind: impl Into<Value>) -> Self {
        Self::default().with("@type", kind)
    }

    /// The node with one more value, unless that is null or an empty text, list or object.
    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(values) => values.is_empty(),
            Value::Object(object) => object.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !empty {
            self.0.insert(key.to_owned(), value);
        }
        self
    }

    /// The node, if it says more than what it is.
    pub(super) fn unless_bare(self) -> Option<Value> {
        let bare = self.0.keys().all(|key| key.starts_with('@'));
        (!bare).then_some(Value::Object(self.0))
    }
}

impl From<Node> for Value {
    fn from(node: Node) -> Self {
        Self::Object(node.0)
    }
}
