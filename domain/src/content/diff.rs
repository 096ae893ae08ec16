//! What differs between two bodies, field by field.

use serde_json::Value;

use super::{ContentType, shape::Shape};

/// A field that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// Where it is: `costs[1].value`, or `title.de` for the text of one locale.
    pub path: String,
    /// What it held; nothing when it was empty.
    pub before: Option<Value>,
    /// What it holds; nothing when it is empty.
    pub after: Option<Value>,
}

/// What differs between two bodies of a type as they are stored, in the order of the names of the fields.
/// Objects are compared field by field, lists of the same length entry by entry, other lists and the texts of a
/// locale as a whole.
pub fn diff(content_type: ContentType, before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let shape = Shape::of(content_type);
    let (before, after) = (Some(before), Some(after));
    compare(Some(&shape), before, after, String::new(), &mut changes);
    changes
}

fn compare(
    shape: Option<&Shape>,
    before: Option<&Value>,
    after: Option<&Value>,
    path: String,
    changes: &mut Vec<FieldChange>,
) {
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let mut names: Vec<_> = old.keys().chain(new.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let path = match path.is_empty() {
                    true => name.clone(),
                    false => format!("{path}.{name}"),
                };
                let (old, new) = (old.get(name), new.get(name));
                match shape.is_some_and(Shape::is_localized) {
                    true => note(old, new, path, changes),
                    false => {
                        let shape = shape.and_then(|shape| shape.under(name));
                        compare(shape, old, new, path, changes);
                    }
                }
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if old.len() == new.len() => {
            let shape = shape.and_then(Shape::each);
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                let path = format!("{path}[{index}]");
                compare(shape, Some(old), Some(new), path, changes);
            }
        }
        _ => note(before, after, path, changes),
    }
}

fn note(
    before: Option<&Value>,
    after: Option<&Value>,
    path: String,
    changes: &mut Vec<FieldChange>,
) {
    let value = |value: Option<&Value>| value.filter(|value| !value.is_null()).cloned();
    let (before, after) = (value(before), value(after));
    if before != after {
        changes.push(FieldChange {
            path,
            before,
            after,
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn told(before: Value, after: Value) -> Vec<(String, Option<Value>, Option<Value>)> {
        let changes = diff(ContentType::Service, &before, &after).into_iter();
        changes
            .map(|change| (change.path, change.before, change.after))
            .collect()
    }

    #[test]
    fn each_field_is_told_with_what_it_held_and_holds() {
        let before = json!({
            "title": { "it": "Carta", "de": "Karte" },
            "costs": [{ "value": "10.00" }, { "value": "5.00" }],
            "topics": ["a", "b"],
            "audience": { "fur": [{ "type": "paragraph" }] },
            "same": 1,
            "gone": "x",
        });
        let after = json!({
            "title": { "it": "Carta", "de": "Ausweis", "sl": "Izkaznica" },
            "costs": [{ "value": "10.00" }, { "value": "6.00" }],
            "topics": ["a"],
            "audience": { "fur": [{ "type": "heading" }] },
            "same": 1,
            "come": true,
        });
        let expected = [
            (
                "audience.fur",
                json!([{ "type": "paragraph" }]),
                json!([{ "type": "heading" }]),
            ),
            ("come", Value::Null, json!(true)),
            ("costs[1].value", json!("5.00"), json!("6.00")),
            ("gone", json!("x"), Value::Null),
            ("title.de", json!("Karte"), json!("Ausweis")),
            ("title.sl", Value::Null, json!("Izkaznica")),
            ("topics", json!(["a", "b"]), json!(["a"])),
        ];
        let value = |value: Value| (!value.is_null()).then_some(value);
        let expected = expected.map(|(path, old, new)| (path.to_owned(), value(old), value(new)));
        assert_eq!(told(before, after), expected);
    }

    fn bodies() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map("[a-c]{2,3}", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_differs_from_itself_and_the_way_back_is_the_same(one in bodies(), other in bodies()) {
            prop_assert!(diff(ContentType::Service, &one, &one).is_empty());
            let forth = diff(ContentType::Service, &one, &other);
            let back = diff(ContentType::Service, &other, &one).into_iter().map(|change| FieldChange {
                path: change.path,
                before: change.after,
                after: change.before,
            });
            prop_assert_eq!(forth, back.collect::<Vec<_>>());
        }
    }
}
