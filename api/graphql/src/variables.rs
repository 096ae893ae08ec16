//! Checks the variables of an operation before anything runs (GraphQL 6.1.2): those that must be
//! there are, and those of built-in types are of their kind. Enumerations, inputs and scalars of the
//! schema are checked where they are used.

use async_graphql::{
    ServerError, Value, Variables,
    parser::types::{BaseType, ExecutableDocument, Type},
};

use crate::error::ErrorCode;

/// Refuses variables that do not fit the operation that was asked for.
///
/// # Errors
/// A variable is missing, null where it must not be, or of another kind.
pub fn check_variables(
    document: &ExecutableDocument,
    wanted: Option<&str>,
    variables: &Variables,
) -> Result<(), ServerError> {
    let chosen = document
        .operations
        .iter()
        .find(|(name, _)| wanted.is_none_or(|wanted| name.is_some_and(|name| name == wanted)));
    let Some((_, operation)) = chosen else {
        return Ok(());
    };
    for definition in &operation.node.variable_definitions {
        let definition = &definition.node;
        let name = &definition.name.node;
        let kind = &definition.var_type.node;
        let fits = match variables.get(name) {
            None => kind.nullable || definition.default_value.is_some(),
            Some(value) => fits(value, kind),
        };
        if !fits {
            let message = match variables.get(name) {
                None => format!("the variable ${name} of type {kind} is missing"),
                Some(_) => format!("the variable ${name} is not of type {kind}"),
            };
            return Err(ErrorCode::ValidationFailed.refuse(message));
        }
    }
    Ok(())
}

fn fits(value: &Value, kind: &Type) -> bool {
    match (value, &kind.base) {
        (Value::Null, _) => kind.nullable,
        (Value::List(items), BaseType::List(inner)) => items.iter().all(|item| fits(item, inner)),
        // One value stands for a list of one.
        (value, BaseType::List(inner)) => fits(value, inner),
        (value, BaseType::Named(name)) => match name.as_str() {
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
        },
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    #[test]
    fn variables_must_be_there_and_fit() {
        let document =
            parse_query("query($id: ID!, $n: Int = 3, $many: [String!], $by: Key) { a }").unwrap();
        let is_right = |variables: serde_json::Value| {
            check_variables(&document, None, &Variables::from_json(variables)).is_ok()
        };
        for right in [
            json!({ "id": "x" }),
            json!({ "id": 7, "n": null, "many": "one", "by": {} }),
            json!({ "id": "x", "n": 5, "many": ["a", "b"] }),
        ] {
            assert!(is_right(right.clone()), "{right}");
        }
        for wrong in [
            json!({}),
            json!({ "id": null }),
            json!({ "id": {} }),
            json!({ "id": "x", "n": "3" }),
            json!({ "id": "x", "n": 3_000_000_000_u64 }),
            json!({ "id": "x", "many": ["a", null] }),
        ] {
            assert!(!is_right(wrong.clone()), "{wrong}");
        }
    }
}
