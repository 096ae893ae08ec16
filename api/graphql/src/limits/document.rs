//! Measures a parsed document. Each fragment is measured once and remembered, so that a chain of
//! fragments that each spread the next one twice is as cheap to refuse as it is to write.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, ServerError, Value as ConstValue, Variables,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, Field, FragmentDefinition,
        OperationDefinition, OperationType, Selection, SelectionSet,
    },
};

use super::CostModel;
use crate::error::ErrorCode;

/// How large a document is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Levels of nested fields.
    pub depth: usize,
    /// Fields, fragments expanded.
    pub fields: u64,
    /// Aliases, fragments expanded.
    pub aliases: u64,
    /// Fields at the root.
    pub root_fields: u64,
    /// Directives, fragments expanded.
    pub directives: u64,
    /// Fields times the lengths of the lists around them.
    pub cost: u64,
    /// Lists of introspection that nest.
    introspection_lists: usize,
}

impl Measure {
    fn add(&mut self, other: Self) {
        self.depth = self.depth.max(other.depth);
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.root_fields = self.root_fields.saturating_add(other.root_fields);
        self.directives = self.directives.saturating_add(other.directives);
        self.cost = self.cost.saturating_add(other.cost);
        self.introspection_lists = self.introspection_lists.max(other.introspection_lists);
    }

    fn larger(mut self, other: Self) -> Self {
        self.depth = self.depth.max(other.depth);
        self.fields = self.fields.max(other.fields);
        self.aliases = self.aliases.max(other.aliases);
        self.root_fields = self.root_fields.max(other.root_fields);
        self.directives = self.directives.max(other.directives);
        self.cost = self.cost.max(other.cost);
        self.introspection_lists = self.introspection_lists.max(other.introspection_lists);
        self
    }
}

/// Measures every operation and every fragment of a document; the largest counts.
///
/// # Errors
/// A fragment spreads itself, or introspection nests lists too deep.
pub fn measure(
    document: &ExecutableDocument,
    variables: &Variables,
    model: &CostModel,
) -> Result<Measure, ServerError> {
    let mut meter = Meter {
        fragments: &document.fragments,
        variables,
        model,
        known: HashMap::new(),
        open: Vec::new(),
    };
    let mut largest = Measure::default();
    // A fragment that no operation spreads is validated all the same.
    for name in document.fragments.keys() {
        largest = largest.larger(meter.fragment(name)?);
    }
    // So is an operation that was not asked for.
    let operations: Vec<&Positioned<OperationDefinition>> = match &document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values().collect(),
    };
    let mut all = Measure::default();
    for operation in operations {
        let root = match operation.node.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        let mut measure = meter.selection(&operation.node.selection_set.node, root, true)?;
        measure.directives += operation.node.directives.len() as u64;
        all.add(measure);
    }
    let largest = largest.larger(all);
    if largest.introspection_lists > MAX_INTROSPECTION_LISTS {
        let message = "introspection nests lists of types and fields too deep";
        return Err(ErrorCode::IntrospectionRefused.refuse(message));
    }
    Ok(largest)
}

struct Meter<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
    model: &'a CostModel,
    known: HashMap<Name, Measure>,
    open: Vec<Name>,
}

/// Lists of the introspection schema that may hold one another.
const INTROSPECTION_LISTS: [&str; 5] = [
    "types",
    "fields",
    "inputFields",
    "interfaces",
    "possibleTypes",
];
/// The standard introspection query needs two: the fields of the types.
const MAX_INTROSPECTION_LISTS: usize = 2;

impl Meter<'_> {
    fn fragment(&mut self, name: &Name) -> Result<Measure, ServerError> {
        if let Some(measure) = self.known.get(name) {
            return Ok(*measure);
        }
        if self.open.contains(name) {
            let message = format!("the fragment {name} spreads itself");
            return Err(ErrorCode::ValidationFailed.refuse(message));
        }
        // An unknown fragment is left to validation.
        let Some(fragment) = self.fragments.get(name) else {
            return Ok(Measure::default());
        };
        self.open.push(name.clone());
        let parent = fragment.node.type_condition.node.on.node.clone();
        let mut measure = self.selection(&fragment.node.selection_set.node, &parent, false)?;
        measure.directives += fragment.node.directives.len() as u64;
        self.open.pop();
        self.known.insert(name.clone(), measure);
        Ok(measure)
    }

    fn selection(
        &mut self,
        selection: &SelectionSet,
        parent: &str,
        is_root: bool,
    ) -> Result<Measure, ServerError> {
        let mut total = Measure::default();
        for item in &selection.items {
            let measure = match &item.node {
                Selection::Field(field) => {
                    let mut measure = self.field(&field.node, parent)?;
                    measure.root_fields = u64::from(is_root);
                    measure
                }
                Selection::FragmentSpread(spread) => {
                    let mut measure = self.fragment(&spread.node.fragment_name.node)?;
                    if is_root {
                        measure.root_fields = measure.fields.min(u64::from(u32::MAX));
                    }
                    measure.directives += directives(&spread.node.directives);
                    measure
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let parent = condition.map_or(parent, |condition| &condition.node.on.node);
                    let selection = &fragment.node.selection_set.node;
                    let mut measure = self.selection(selection, parent, is_root)?;
                    measure.directives += directives(&fragment.node.directives);
                    measure
                }
            };
            total.add(measure);
        }
        Ok(total)
    }

    fn field(&mut self, field: &Field, parent: &str) -> Result<Measure, ServerError> {
        let name = field.name.node.as_str();
        let is_introspection = parent.starts_with("__") || name == "__schema" || name == "__type";
        let (target, multiplier) = match (self.model.field(parent, name), is_introspection) {
            (Some((target, multiplier)), _) => {
                let mut asked = ["first", "last", "count"].iter();
                let asked = asked.find_map(|argument| self.number(field, argument));
                (target.to_owned(), multiplier.of(asked))
            }
            (None, true) => ("__Type".to_owned(), 1),
            (None, false) => (String::new(), 1),
        };
        let mut measure = self.selection(&field.selection_set.node, &target, false)?;
        measure.root_fields = 0;
        if is_introspection && INTROSPECTION_LISTS.contains(&name) {
            measure.introspection_lists += 1;
        }
        measure.depth = if is_introspection {
            0
        } else {
            measure.depth + 1
        };
        measure.fields = measure.fields.saturating_add(1);
        measure.aliases = measure
            .aliases
            .saturating_add(u64::from(field.alias.is_some()));
        measure.directives += directives(&field.directives);
        measure.cost = measure.cost.saturating_mul(multiplier).saturating_add(1);
        Ok(measure)
    }

    /// The value of a numeric argument, given directly or by a variable.
    fn number(&self, field: &Field, argument: &str) -> Option<u64> {
        let value = &field.get_argument(argument)?.node;
        let value = value.clone().into_const_with(|name| {
            let value = self.variables.get(&name).cloned();
            Ok::<_, std::convert::Infallible>(value.unwrap_or(ConstValue::Null))
        });
        match value {
            Ok(ConstValue::Number(number)) => number.as_u64(),
            _ => None,
        }
    }
}

fn directives(directives: &[Positioned<Directive>]) -> u64 {
    directives.len() as u64
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    const SDL: &str = "type Query { services(first: Int): ServiceConnection! me: Service }
        type ServiceConnection { nodes: [Service!]! totalCount: Int! }
        type Service { title: String topics: [Topic!]! }
        type Topic { title: String services(first: Int): ServiceConnection! }";

    fn of(query: &str, variables: serde_json::Value) -> Result<Measure, ServerError> {
        let document = parse_query(query).unwrap();
        measure(
            &document,
            &Variables::from_json(variables),
            &CostModel::new(SDL),
        )
    }

    #[test]
    fn cost_is_fields_times_lists() {
        let none = serde_json::json!({});
        let cost = |query: &str| of(query, none.clone()).unwrap().cost;
        assert_eq!(cost("{ me { title } }"), 2);
        assert_eq!(
            cost("{ services(first: 10) { nodes { title } } }"),
            1 + 10 * 2
        );
        assert_eq!(cost("{ services { nodes { title } } }"), 1 + 20 * 2);
        assert_eq!(
            cost("{ services(first: 10) { nodes { topics { title } } } }"),
            1 + 10 * (1 + 1 + 5)
        );
        let by_variable = of(
            "query($n: Int) { services(first: $n) { nodes { title } } }",
            serde_json::json!({ "n": 100 }),
        );
        assert_eq!(by_variable.unwrap().cost, 1 + 100 * 2);
    }

    #[test]
    fn fragments_count_where_they_are_spread_and_are_measured_once() {
        let mut query = String::from("{ me { ...F0 } } ");
        for index in 0..200 {
            query.push_str(&format!(
                "fragment F{index} on Service {{ ...F{0} ...F{0} }} ",
                index + 1
            ));
        }
        query.push_str("fragment F200 on Service { title }");
        let measure = of(&query, serde_json::json!({})).unwrap();
        assert_eq!(measure.fields, u64::MAX);
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
}
