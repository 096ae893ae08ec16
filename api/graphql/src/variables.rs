//! Checks the variables of an operation before anything runs (GraphQL 6.1.2): those that must be
//! there are, and all are of their kind, down to the fields of inputs. What a scalar of the schema
//! accepts is checked where it is used.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, ServerError, Value, Variables,
    parser::types::{
        BaseType, ExecutableDocument, FieldDefinition, OperationDefinition, Selection,
        SelectionSet, Type, TypeKind, TypeSystemDefinition,
    },
};

use crate::error::ErrorCode;

/// What a variable of a type that the schema defines may hold.
#[derive(Clone, Debug)]
enum InputType {
    Enumeration(Vec<String>),
    Input {
        /// Each field, its type, and whether it has a default.
        fields: HashMap<String, (Type, bool)>,
        /// Exactly one field is given (`@oneOf`).
        one_of: bool,
    },
}

/// Fields of inputs that hold what nobody else may know.
const SECRETS: [&str; 8] = [
    "clientSecret",
    "code",
    "currentPassword",
    "password",
    "refreshToken",
    "signInToken",
    "state",
    "token",
];

/// The enumeration or input that a definition is, with its name.
fn input_type(definition: &TypeSystemDefinition) -> Option<(String, InputType)> {
    let TypeSystemDefinition::Type(definition) = definition else {
        return None;
    };
    let definition = &definition.node;
    let mut directives = definition.directives.iter();
    let one_of = directives.any(|directive| directive.node.name.node == "oneOf");
    let kind = match &definition.kind {
        TypeKind::Enum(kind) => {
            let values = kind.values.iter();
            InputType::Enumeration(
                values
                    .map(|value| value.node.value.node.to_string())
                    .collect(),
            )
        }
        TypeKind::InputObject(kind) => {
            let fields = kind.fields.iter().map(|field| {
                let has_default = field.node.default_value.is_some();
                let name = field.node.name.node.to_string();
                (name, (field.node.ty.node.clone(), has_default))
            });
            InputType::Input {
                fields: fields.collect(),
                one_of,
            }
        }
        _ => return None,
    };
    Some((definition.name.node.to_string(), kind))
}

/// The mutations of a schema.
fn mutations(schema: &[TypeSystemDefinition]) -> impl Iterator<Item = &FieldDefinition> {
    let objects = schema.iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(definition) if definition.node.name.node == "Mutation" => {
            match &definition.node.kind {
                TypeKind::Object(object) => Some(&object.fields),
                _ => None,
            }
        }
        _ => None,
    });
    objects.flatten().map(|field| &field.node)
}

/// The enumerations and inputs of a schema.
#[derive(Clone, Debug, Default)]
pub struct InputTypes {
    types: HashMap<String, InputType>,
    /// The mutations that take a secret.
    secret_mutations: HashSet<String>,
}

/// Why a value does not fit: the steps to it, and what is wrong with it.
type Misfit = (String, String);

impl InputTypes {
    /// Reads them from a schema. One without types has none, and nothing but built-in types is checked.
    pub(crate) fn new(schema: &[TypeSystemDefinition]) -> Self {
        let types = Self {
            types: schema.iter().filter_map(input_type).collect(),
            secret_mutations: HashSet::new(),
        };
        let secret = mutations(schema).filter(|field| types.is_secret(field));
        let secret_mutations = secret.map(|field| field.name.node.to_string()).collect();
        Self {
            secret_mutations,
            ..types
        }
    }

    fn is_secret(&self, mutation: &FieldDefinition) -> bool {
        mutation.arguments.iter().any(|argument| {
            let BaseType::Named(input) = &argument.node.ty.node.base else {
                return false;
            };
            match self.types.get(input.as_str()) {
                Some(InputType::Input { fields, .. }) => {
                    SECRETS.iter().any(|secret| fields.contains_key(*secret))
                }
                _ => false,
            }
        })
    }

    /// The names of the mutations of the operation that was asked for, when one of them takes a secret. No
    /// fragment of the document spreads itself.
    pub fn secret_mutations(
        &self,
        document: &ExecutableDocument,
        wanted: Option<&str>,
    ) -> Option<String> {
        let operation = chosen(document, wanted)?;
        let mut names = Vec::new();
        let selection = &operation.selection_set.node;
        root_fields(document, selection, &mut HashSet::new(), &mut names);
        names.sort_unstable();
        let is_secret = names
            .iter()
            .any(|name| self.secret_mutations.contains(*name));
        is_secret.then(|| names.join(" "))
    }

    /// Refuses variables that do not fit the operation that was asked for.
    ///
    /// # Errors
    /// A variable is missing, null where it must not be, or of another kind; or a field of it is.
    pub fn check(
        &self,
        document: &ExecutableDocument,
        wanted: Option<&str>,
        variables: &Variables,
    ) -> Result<(), ServerError> {
        let Some(operation) = chosen(document, wanted) else {
            return Ok(());
        };
        for definition in &operation.variable_definitions {
            let definition = &definition.node;
            let name = &definition.name.node;
            let kind = &definition.var_type.node;
            let message = match variables.get(name) {
                None if kind.nullable || definition.default_value.is_some() => continue,
                None => format!("the variable ${name} of type {kind} is missing"),
                Some(value) => match self.fits(value, kind) {
                    Ok(()) => continue,
                    Err((place, problem)) => format!("the variable ${name}{place} {problem}"),
                },
            };
            return Err(ErrorCode::ValidationFailed.refuse(message));
        }
        Ok(())
    }

    fn fits(&self, value: &Value, kind: &Type) -> Result<(), Misfit> {
        match (value, &kind.base) {
            (Value::Null, _) if kind.nullable => Ok(()),
            (Value::List(items), BaseType::List(inner)) => {
                for (place, item) in items.iter().enumerate() {
                    self.fits(item, inner)
                        .map_err(under(&format!("[{place}]")))?;
                }
                Ok(())
            }
            (Value::Null, _) => Err(not_of(kind)),
            // One value stands for a list of one.
            (value, BaseType::List(inner)) => self.fits(value, inner),
            (value, BaseType::Named(name)) => match self.types.get(name.as_str()) {
                None if is_scalar(value, name) => Ok(()),
                Some(InputType::Enumeration(values)) if is_one_of(value, values) => Ok(()),
                Some(InputType::Input { fields, one_of }) => {
                    self.fits_input(value, kind, fields, *one_of)
                }
                _ => Err(not_of(kind)),
            },
        }
    }

    fn fits_input(
        &self,
        value: &Value,
        kind: &Type,
        fields: &HashMap<String, (Type, bool)>,
        one_of: bool,
    ) -> Result<(), Misfit> {
        let Value::Object(given) = value else {
            return Err(not_of(kind));
        };
        for (name, value) in given {
            let place = format!(".{name}");
            let Some((kind, _)) = fields.get(name.as_str()) else {
                return Err((place, format!("is not a field of {}", kind.base)));
            };
            self.fits(value, kind).map_err(under(&place))?;
        }
        let missing = fields
            .iter()
            .filter(|(name, (kind, has_default))| {
                !kind.nullable && !has_default && !given.contains_key(name.as_str())
            })
            .map(|(name, _)| name)
            .min();
        if let Some(missing) = missing {
            return Err((format!(".{missing}"), "is missing".to_owned()));
        }
        let is_one = given.len() == 1 && !given.values().any(|value| *value == Value::Null);
        if one_of && !is_one {
            let problem = format!("must have exactly one field of {}", kind.base);
            return Err((String::new(), problem));
        }
        Ok(())
    }
}

/// The operation that was asked for.
fn chosen<'a>(
    document: &'a ExecutableDocument,
    wanted: Option<&str>,
) -> Option<&'a OperationDefinition> {
    let is_wanted =
        |name: Option<&Name>| wanted.is_none_or(|wanted| name.is_some_and(|name| name == wanted));
    let mut operations = document.operations.iter();
    let (_, operation) = operations.find(|(name, _)| is_wanted(*name))?;
    Some(&operation.node)
}

/// The names of the fields of a selection, those of its fragments too. Each fragment is read once: a chain of
/// those that spread the next one twice has a billion ways through it.
fn root_fields<'a>(
    document: &'a ExecutableDocument,
    selection: &'a SelectionSet,
    spread: &mut HashSet<&'a Name>,
    names: &mut Vec<&'a str>,
) {
    for item in &selection.items {
        match &item.node {
            Selection::Field(field) => names.push(field.node.name.node.as_str()),
            Selection::InlineFragment(fragment) => {
                root_fields(document, &fragment.node.selection_set.node, spread, names);
            }
            Selection::FragmentSpread(item) => {
                let name = &item.node.fragment_name.node;
                let fragment = document.fragments.get(name);
                if let Some(fragment) = fragment.filter(|_| spread.insert(name)) {
                    root_fields(document, &fragment.node.selection_set.node, spread, names);
                }
            }
        }
    }
}

fn not_of(kind: &Type) -> Misfit {
    (String::new(), format!("is not of type {kind}"))
}

fn under(place: &str) -> impl Fn(Misfit) -> Misfit + '_ {
    move |(below, problem)| (format!("{place}{below}"), problem)
}

fn is_one_of(value: &Value, values: &[String]) -> bool {
    match value {
        Value::String(value) => values.contains(value),
        Value::Enum(value) => values.iter().any(|known| known == value.as_str()),
        _ => false,
    }
}

/// Whether a value is of a built-in scalar; those of the schema take any.
fn is_scalar(value: &Value, name: &str) -> bool {
    match name {
        "ID" => match value {
            Value::Number(number) => number.is_i64() || number.is_u64(),
            value => matches!(value, Value::String(_)),
        },
        "String" => matches!(value, Value::String(_)),
        "Boolean" => matches!(value, Value::Boolean(_)),
        "Int" => {
            matches!(value, Value::Number(number) if number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()))
        }
        "Float" => matches!(value, Value::Number(_)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    const SCHEMA: &str = "
        enum Order { NEWEST TITLE }
        input Key @oneOf { id: ID slug: String }
        input Filter { title: String! order: Order = TITLE not: [Filter!] key: Key }";

    fn refusal(query: &str, variables: &serde_json::Value) -> Option<String> {
        let document = parse_query(query).unwrap();
        let variables = Variables::from_json(variables.clone());
        let checked =
            InputTypes::new(&crate::definitions(SCHEMA)).check(&document, None, &variables);
        checked.err().map(|error| error.message)
    }

    #[test]
    fn fragments_that_spread_each_other_are_read_once() {
        let schema = "type Mutation { a(input: Key): Int } input Key { password: String }";
        let types = InputTypes::new(&crate::definitions(schema));
        for (times, end) in [(2, "...zz"), (8, "...zz"), (2, "a b")] {
            let links: Vec<_> = (1..30)
                .map(|place| {
                    let next = format!("...f{} ", place + 1).repeat(times);
                    format!("fragment f{place} on Mutation {{ {next} }}")
                })
                .collect();
            let links = links.join(" ");
            let query =
                format!("mutation {{ ...f1 }} {links} fragment f30 on Mutation {{ {end} }}");
            let document = parse_query(query).unwrap();
            let expected = (end == "a b").then(|| "a b".to_owned());
            assert_eq!(types.secret_mutations(&document, None), expected);
        }
    }

    #[test]
    fn every_secret_of_an_input_is_known() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/mutation/identity");
        let mut found = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for part in text.split("#[graphql(secret)]").skip(1) {
                let field = part.split(':').next().unwrap().trim();
                let name = camel_case(field);
                assert!(SECRETS.contains(&name.as_str()), "{name}");
                found += 1;
            }
        }
        assert!(found > 0);
    }

    fn camel_case(field: &str) -> String {
        let mut words = field.split('_');
        let first = words.next().unwrap().to_owned();
        words.fold(first, |name, word| {
            let (initial, rest) = word.split_at(1);
            name + &initial.to_uppercase() + rest
        })
    }

    #[test]
    fn variables_must_be_there_and_fit() {
        let query = "query($id: ID!, $n: Int = 3, $many: [String!], $by: Anything) { a }";
        for right in [
            json!({ "id": "x" }),
            json!({ "id": 7, "n": null, "many": "one", "by": {} }),
            json!({ "id": "x", "n": 5, "many": ["a", "b"] }),
        ] {
            assert_eq!(refusal(query, &right), None, "{right}");
        }
        for (wrong, message) in [
            (json!({}), "the variable $id of type ID! is missing"),
            (json!({ "id": null }), "the variable $id is not of type ID!"),
            (json!({ "id": {} }), "the variable $id is not of type ID!"),
            (
                json!({ "id": "x", "n": "3" }),
                "the variable $n is not of type Int",
            ),
            (
                json!({ "id": "x", "n": 3_000_000_000_u64 }),
                "the variable $n is not of type Int",
            ),
            (
                json!({ "id": "x", "many": ["a", null] }),
                "the variable $many[1] is not of type String!",
            ),
        ] {
            assert_eq!(refusal(query, &wrong).as_deref(), Some(message), "{wrong}");
        }
    }

    #[test]
    fn inputs_and_enumerations_are_checked_to_the_last_field() {
        let query = "query($filter: Filter) { a }";
        for right in [
            json!({ "filter": null }),
            json!({ "filter": { "title": "x", "order": "NEWEST", "not": { "title": "y" } } }),
            json!({ "filter": { "title": "x", "key": { "slug": "s" } } }),
        ] {
            assert_eq!(refusal(query, &right), None, "{right}");
        }
        for (wrong, message) in [
            (
                json!({ "filter": 3 }),
                "the variable $filter is not of type Filter",
            ),
            (
                json!({ "filter": {} }),
                "the variable $filter.title is missing",
            ),
            (
                json!({ "filter": { "title": null } }),
                "the variable $filter.title is not of type String!",
            ),
            (
                json!({ "filter": { "title": "x", "tilte": "y" } }),
                "the variable $filter.tilte is not a field of Filter",
            ),
            (
                json!({ "filter": { "title": "x", "order": "OLDEST" } }),
                "the variable $filter.order is not of type Order",
            ),
            (
                json!({ "filter": { "title": "x", "not": [{ "title": "y" }, { "title": 4 }] } }),
                "the variable $filter.not[1].title is not of type String!",
            ),
            (
                json!({ "filter": { "title": "x", "key": { "id": "1", "slug": "s" } } }),
                "the variable $filter.key must have exactly one field of Key",
            ),
            (
                json!({ "filter": { "title": "x", "key": { "id": null } } }),
                "the variable $filter.key must have exactly one field of Key",
            ),
        ] {
            assert_eq!(refusal(query, &wrong).as_deref(), Some(message), "{wrong}");
        }
    }
}
