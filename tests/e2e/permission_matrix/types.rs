//! What the schema has, as its introspection tells it.

use std::collections::{BTreeMap, BTreeSet};

use municipio_tests::TestApp;
use serde_json::{Value, json};

use super::HOST;

/// A field of the schema.
pub struct Field {
    /// The type of what it gives, without lists and `!`.
    pub of: String,
    /// The type of its first argument, as it is written.
    argument: Option<String>,
    /// It must be given an argument.
    needs: bool,
}

/// The objects and interfaces of the schema with their fields, and what implements or is in what.
pub struct Types {
    /// The fields of each object and interface.
    pub objects: BTreeMap<String, BTreeMap<String, Field>>,
    /// What each interface and union may be.
    pub possible: BTreeMap<String, Vec<String>>,
}

impl Types {
    pub async fn of(app: &TestApp) -> Self {
        const QUERY: &str = "{ __schema { types { name possibleTypes { name } fields { name \
            args { defaultValue type { ...T } } type { ...T } } } } } \
            fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";
        let data = app.read(HOST, QUERY, json!({})).await;
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
        let field = |field: &Value| {
            let arguments = list(&field["args"]);
            let needs = |argument: &Value| {
                argument["type"]["kind"] == "NON_NULL" && argument["defaultValue"].is_null()
            };
            let field_type = Field {
                of: written(&field["type"]).replace(['[', ']', '!'], ""),
                argument: arguments.first().map(|argument| written(&argument["type"])),
                needs: arguments.iter().any(needs),
            };
            (name(field), field_type)
        };
        let types = list(&data["__schema"]["types"]);
        let types = types.iter().filter(|one| !name(one).starts_with("__"));
        let fields = types.clone().filter(|one| one["fields"].is_array());
        let fields = fields
            .map(|one| (name(one), list(&one["fields"]).iter().map(field).collect()))
            .collect();
        let possible = types
            .map(|one| {
                (
                    name(one),
                    list(&one["possibleTypes"]).iter().map(name).collect(),
                )
            })
            .collect();
        Self {
            objects: fields,
            possible,
        }
    }

    pub fn fields(&self, of: &str) -> BTreeSet<String> {
        self.objects[of].keys().cloned().collect()
    }

    pub fn argument(&self, of: &str, field: &str) -> Option<&str> {
        self.objects[of][field].argument.as_deref()
    }

    /// All that can be selected below a field without arguments, so many levels deep.
    pub fn selection(&self, of: &str, field: &str, levels: usize) -> String {
        let of = &self.objects[of][field].of;
        let Some(fields) = self.objects.get(of) else {
            return match self.possible.get(of) {
                Some(possible) if !possible.is_empty() => "{ __typename }".to_owned(),
                _ => String::new(),
            };
        };
        let below = |(name, field): (&String, &Field)| {
            let leaf = !self.objects.contains_key(&field.of)
                && self.possible.get(&field.of).is_none_or(Vec::is_empty);
            (!field.needs && (leaf || levels > 1))
                .then(|| format!("{name} {}", self.selection(of, name, levels - 1)))
        };
        let below: Vec<_> = fields.iter().filter_map(below).collect();
        format!("{{ __typename {} }}", below.join(" "))
    }
}

/// A type as it is written in a query.
fn written(of: &Value) -> String {
    match of["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", written(&of["ofType"])),
        Some("LIST") => format!("[{}]", written(&of["ofType"])),
        _ => of["name"].as_str().unwrap_or_default().to_owned(),
    }
}
