//! What a document is measured to be.

use async_graphql::parser::parse_query;

use super::{document::*, *};

const SDL: &str = "type Query { services(first: Int, filter: Int): ServiceConnection! me: Service }
    type ServiceConnection { nodes: [Service!]! totalCount: Int! }
    type Service { title: String publishReport: String topics: [Topic!]! }
    type Topic { title: String services(first: Int): ServiceConnection! }";

fn of(query: &str, variables: serde_json::Value) -> Result<Measure, ServerError> {
    let document = parse_query(query).unwrap();
    measure(
        &document,
        &Variables::from_json(variables),
        &CostModel::new(&crate::definitions(SDL)),
    )
}

#[test]
fn cost_is_fields_times_lists() {
    let none = serde_json::json!({});
    let cost = |query: &str| of(query, none.clone()).unwrap().cost;
    assert_eq!(cost("{ me { title } }"), STATEMENT + 2);
    assert_eq!(
        cost("{ me { report: publishReport } }"),
        STATEMENT + 1 + 250,
        "what is much work costs more"
    );
    assert_eq!(
        cost("{ services(first: 10) { nodes { title } } }"),
        STATEMENT + 1 + 10 * 2
    );
    assert_eq!(
        cost("{ services { nodes { title } } }"),
        STATEMENT + 1 + 20 * 2
    );
    assert_eq!(
        cost("{ services(first: 10) { nodes { topics { title } } } }"),
        STATEMENT + 1 + 10 * (1 + 1 + 5)
    );
    let by_variable = of(
        "query($n: Int) { services(first: $n) { nodes { title } } }",
        serde_json::json!({ "n": 100 }),
    );
    assert_eq!(by_variable.unwrap().cost, STATEMENT + 1 + 100 * 2);
    let nested =
        "{ services(first: 10) { nodes { topics { services(first: 2) { totalCount } } } } }";
    assert_eq!(
        cost(nested),
        3 * STATEMENT + 1 + 10 * (1 + 1 + 5 * (1 + 2)),
        "a statement reads all lists of a level"
    );
    assert_eq!(
        cost("{ services(filter: { or: [{ title: \"a\" }] }) { totalCount } }"),
        2 * STATEMENT + 4 * CONDITION + 1 + 20
    );
}

#[test]
fn fragments_count_where_they_are_spread_and_are_measured_once() {
    let chain = |length: usize| {
        let mut query = String::from("{ me { ...F0 } } ");
        for index in 0..length {
            let next = index + 1;
            query.push_str(&format!(
                "fragment F{index} on Service {{ ...F{next} ...F{next} }} "
            ));
        }
        query + &format!("fragment F{length} on Service {{ title }}")
    };
    let measure = of(&chain(28), serde_json::json!({})).unwrap();
    assert_eq!(measure.fields, (1 << 28) + 1);
    for length in [40, 200] {
        let refused = of(&chain(length), serde_json::json!({})).unwrap_err();
        assert!(refused.message.contains("32 levels"), "{}", refused.message);
    }
    let measure = of(
        "{ a: me { ...T } b: me { ...T } } fragment T on Service { t: title @skip(if: true) }",
        serde_json::json!({}),
    )
    .unwrap();
    assert_eq!(
        (measure.fields, measure.aliases, measure.directives),
        (4, 4, 2)
    );
    assert_eq!((measure.root_fields, measure.depth), (2, 2));
}

#[test]
fn a_fragment_that_spreads_itself_is_refused() {
    for query in [
        "{ me { ...A } } fragment A on Service { ...A }",
        "{ me { title } } fragment A on Service { ...B } fragment B on Service { topics { ...A } }",
    ] {
        assert!(of(query, serde_json::json!({})).is_err(), "{query}");
    }
}

#[test]
fn introspection_is_exempt_from_depth_but_not_from_explosion() {
    let deep = "{ __schema { types { fields { type { ofType { ofType { ofType { ofType { name } } } } } } } } }";
    assert_eq!(of(deep, serde_json::json!({})).unwrap().depth, 0);
    for explosion in [
        "{ __schema { types { fields { type { fields { name } } } } } }",
        "{ __schema { types { ...T } } } fragment T on __Type { fields { type { ...U } } } fragment U on __Type { fields { name } }",
    ] {
        assert!(of(explosion, serde_json::json!({})).is_err(), "{explosion}");
    }
}

#[test]
fn introspection_has_a_budget_of_its_own() {
    let model = CostModel::new(&crate::definitions(include_str!(
        "../../../../schema.graphql"
    )));
    let asked = |query: &str| {
        measure(&parse_query(query).unwrap(), &Variables::default(), &model)
            .map(|measure| measure.introspection)
    };
    let all = "types { name description fields { name description isDeprecated deprecationReason
        args { name description type { ...T } defaultValue } type { ...T } }
        inputFields { name description type { ...T } defaultValue } interfaces { ...T }
        enumValues { name description isDeprecated deprecationReason } possibleTypes { ...T } }";
    let kind = "fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name
        ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
        ofType { kind name } } } } } } } } } }";
    let once = asked(&format!("{{ __schema {{ {all} }} }} {kind}")).unwrap();
    assert!(
        (MAX_INTROSPECTION * 3 / 5..MAX_INTROSPECTION).contains(&(once / model.size())),
        "{once}"
    );
    assert!(
        asked(&format!(
            "{{ a: __schema {{ {all} }} b: __schema {{ {all} }} }} {kind}"
        ))
        .is_err()
    );
    assert!(
        asked("{ __type(name: \"Service\") { fields { name type { name } } } }").unwrap() < 100
    );
}

#[test]
fn values_count_wherever_a_variable_is_used() {
    let values = |query: &str, variables: serde_json::Value| of(query, variables).unwrap().values;
    let none = serde_json::json!({});
    assert_eq!(
        values("{ services(first: 1) { totalCount } }", none.clone()),
        1
    );
    let list = serde_json::json!({ "f": ["a", "b", { "c": null }] });
    let query = "query($f: Int) { a: services(filter: $f) { totalCount } b: services(filter: $f) { totalCount } }";
    assert_eq!(values(query, list.clone()), 10);
    assert_eq!(values("{ me { title } }", list), 0);
    assert_eq!(
        values(
            "query($f: [Int] = [1, 2]) { a: services(filter: $f) { totalCount } ...F } fragment F on Query { b: services(filter: $f) { totalCount } }",
            none
        ),
        6
    );
    let text = serde_json::json!({ "f": "x".repeat(1_001) });
    assert_eq!(
        values(
            "query($f: Int) { services(filter: $f) { totalCount } }",
            text
        ),
        11
    );
}

#[test]
fn a_document_that_is_strange_to_the_schema_is_refused_at_once() {
    let strange = |count: usize| format!("{{ me {{ {} }} }}", "nothing ".repeat(count));
    assert!(of(&strange(20), serde_json::json!({})).is_ok());
    assert!(of(&strange(21), serde_json::json!({})).is_err());
    let arguments = |count: usize| {
        format!(
            "{{ services({}) {{ totalCount }} }}",
            "first: 1 ".repeat(count)
        )
    };
    assert!(of(&arguments(22), serde_json::json!({})).is_ok());
    assert!(of(&arguments(23), serde_json::json!({})).is_err());
}
