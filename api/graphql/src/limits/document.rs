//! Measures a parsed document. Each fragment is measured once and remembered, so that a chain of
//! fragments that each spread the next one twice is as cheap to refuse as it is to write.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, ServerError, Value as ConstValue, Variables,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, Field, FragmentDefinition,
        FragmentSpread, OperationDefinition, OperationType, Selection, SelectionSet,
    },
};
use async_graphql_value::Value;

use super::{CostModel, Measure, values::Sizes};
use crate::error::ErrorCode;

/// Levels of anything that nests: what the engine allows. It recurses for each, and so does
/// measuring.
pub(super) const MAX_NESTING: usize = 32;
/// What a statement costs, in fields.
pub(super) const STATEMENT: u64 = 200;
/// What a value in a filter costs, in fields.
pub(super) const CONDITION: u64 = 20;
/// Fields and arguments that the schema does not have: so many the engine may list.
const MAX_UNKNOWN: usize = 20;
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
/// What introspection may cost for each type of the schema: half as much again as the standard
/// query, which asks for all that there is.
pub(super) const MAX_INTROSPECTION: u64 = 2_200;

/// Measures every operation and every fragment of a document; the largest counts.
///
/// # Errors
/// A fragment spreads itself, fragments nest without end, introspection asks for too much, or
/// little of the document is in the schema.
pub(super) fn measure(
    document: &ExecutableDocument,
    variables: &Variables,
    model: &CostModel,
) -> Result<Measure, ServerError> {
    let mut meter = Meter {
        fragments: &document.fragments,
        variables,
        sizes: Sizes::new(document, variables),
        model,
        known: HashMap::new(),
        open: Vec::new(),
        unknown: 0,
        values: 0,
    };
    let mut largest = Measure::default();
    // A fragment that no operation spreads is validated all the same. In the order of the names, so
    // that the same document is always refused for the same reason.
    let mut names: Vec<_> = document.fragments.keys().collect();
    names.sort_unstable();
    for name in names {
        largest = largest.larger(meter.fragment(name)?);
    }
    // So is an operation that was not asked for.
    let operations: Vec<&Positioned<OperationDefinition>> = match &document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values().collect(),
    };
    let mut all = Measure::default();
    for operation in operations {
        all.add(meter.operation(&operation.node)?);
    }
    let mut largest = largest.larger(all);
    largest.values = largest.values.max(meter.values);
    largest.cost = largest.cost.saturating_add(largest.asked);
    if largest.introspection_lists > MAX_INTROSPECTION_LISTS {
        let message = "introspection nests lists of types and fields too deep";
        return Err(ErrorCode::IntrospectionRefused.refuse(message));
    }
    if largest.introspection > MAX_INTROSPECTION * model.size().max(1) {
        let message = "introspection asks for too much at once";
        return Err(ErrorCode::IntrospectionRefused.refuse(message));
    }
    Ok(largest)
}

struct Meter<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
    sizes: Sizes<'a>,
    model: &'a CostModel,
    known: HashMap<Name, Measure>,
    open: Vec<Name>,
    /// Fields and arguments that the schema does not have.
    unknown: usize,
    /// Values in the arguments of the whole document, fragments not expanded.
    values: u64,
}

impl Meter<'_> {
    fn operation(&mut self, operation: &OperationDefinition) -> Result<Measure, ServerError> {
        let root = match operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        let mut measure = self.selection(&operation.selection_set.node, root, true)?;
        self.directives(&mut measure, &operation.directives);
        for definition in &operation.variable_definitions {
            measure.directives += definition.node.directives.len() as u64;
        }
        Ok(measure)
    }

    /// The fragment that is spread here. One that is not there is refused as validation would: the engine expands
    /// fragments before it validates, and a chain that ends in nothing would have no fields by which to bound it.
    fn spread(&mut self, spread: &Positioned<FragmentSpread>) -> Result<Measure, ServerError> {
        let name = &spread.node.fragment_name.node;
        if !self.fragments.contains_key(name) {
            let mut error =
                ErrorCode::ValidationFailed.refuse(format!("Unknown fragment: \"{name}\""));
            error.locations = vec![spread.pos];
            return Err(error);
        }
        self.fragment(name)
    }

    fn fragment(&mut self, name: &Name) -> Result<Measure, ServerError> {
        if let Some(measure) = self.known.get(name) {
            return Ok(*measure);
        }
        if self.open.contains(name) {
            let message = format!("the fragment {name} spreads itself");
            return Err(ErrorCode::ValidationFailed.refuse(message));
        }
        if self.open.len() > MAX_NESTING {
            return Err(too_nested());
        }
        let Some(fragment) = self.fragments.get(name) else {
            return Ok(Measure::default());
        };
        self.open.push(name.clone());
        let parent = fragment.node.type_condition.node.on.node.clone();
        let mut measure = self.selection(&fragment.node.selection_set.node, &parent, false)?;
        self.directives(&mut measure, &fragment.node.directives);
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
                    let mut measure = self.spread(spread)?;
                    if is_root {
                        measure.root_fields = measure.fields.min(u64::from(u32::MAX));
                    }
                    self.directives(&mut measure, &spread.node.directives);
                    measure
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let parent = condition.map_or(parent, |condition| &condition.node.on.node);
                    let selection = &fragment.node.selection_set.node;
                    let mut measure = self.selection(selection, parent, is_root)?;
                    self.directives(&mut measure, &fragment.node.directives);
                    measure
                }
            };
            total.add(measure);
        }
        total.nesting += 1;
        if total.nesting > MAX_NESTING {
            return Err(too_nested());
        }
        Ok(total)
    }

    fn field(&mut self, field: &Field, parent: &str) -> Result<Measure, ServerError> {
        let name = field.name.node.as_str();
        let model = self.model.field(parent, name);
        let target = model.map_or("", |model| model.target.as_str());
        let mut measure = match field.selection_set.node.items.is_empty() {
            true => Measure::default(),
            false => self.selection(&field.selection_set.node, target, false)?,
        };
        let multiplier = model.map_or(1, |model| model.multiplier.of(self.length(field)));
        let weight = model.map_or(1, |model| model.weight);
        let cost = |below: u64| below.saturating_mul(multiplier).saturating_add(weight);
        if parent.starts_with("__") || name == "__schema" || name == "__type" {
            measure.depth = 0;
            measure.introspection = cost(measure.introspection);
            measure.introspection_lists += usize::from(INTROSPECTION_LISTS.contains(&name));
        } else {
            measure.depth += 1;
            measure.cost = cost(measure.cost);
        }
        if model.is_some_and(|model| model.reads) {
            measure.asked = measure.asked.saturating_add(STATEMENT);
        }
        measure.root_fields = 0;
        measure.fields = measure.fields.saturating_add(1);
        let alias = u64::from(field.alias.is_some());
        measure.aliases = measure.aliases.saturating_add(alias);
        self.arguments(&mut measure, &field.arguments);
        self.directives(&mut measure, &field.directives);
        self.check_names(field, parent)?;
        Ok(measure)
    }

    /// Refuses a document of which much is not in the schema: for each name that it does not know,
    /// the engine looks for those that are like it.
    fn check_names(&mut self, field: &Field, parent: &str) -> Result<(), ServerError> {
        let name = field.name.node.as_str();
        if name == "__typename" || self.model.is_empty() {
            return Ok(());
        }
        let model = self.model.field(parent, name);
        let arguments = model.map_or(&[][..], |model| &model.arguments);
        let given = field.arguments.iter();
        let known = given.filter(|(name, _)| arguments.iter().any(|known| name.node == *known));
        // What is given twice is as wrong as what is unknown.
        let known = known.count().min(arguments.len());
        self.unknown += usize::from(model.is_none()) + field.arguments.len() - known;
        if self.unknown > MAX_UNKNOWN {
            let message = format!(
                "more than {MAX_UNKNOWN} fields and arguments are not in the schema; the last is of `{parent}.{name}`"
            );
            let mut error = ErrorCode::ValidationFailed.refuse(message);
            error.locations = vec![field.name.pos];
            return Err(error);
        }
        Ok(())
    }

    fn arguments(
        &mut self,
        measure: &mut Measure,
        arguments: &[(Positioned<Name>, Positioned<Value>)],
    ) {
        for (name, value) in arguments {
            let size = self.sizes.of(&value.node);
            measure.values = measure.values.saturating_add(size);
            self.values = self.values.saturating_add(size);
            if name.node == "filter" {
                measure.filter = measure.filter.max(size);
                let asked = size.saturating_mul(CONDITION);
                measure.asked = measure.asked.saturating_add(asked);
            }
        }
    }

    fn directives(&mut self, measure: &mut Measure, directives: &[Positioned<Directive>]) {
        measure.directives = measure.directives.saturating_add(directives.len() as u64);
        for directive in directives {
            self.arguments(measure, &directive.node.arguments);
        }
    }

    /// How long a list is, as the query says, directly or by a variable.
    fn length(&self, field: &Field) -> Option<u64> {
        let mut names = ["first", "last", "count", "ids"].iter();
        names.find_map(|name| {
            let value = &field.get_argument(name)?.node;
            match value {
                Value::Variable(name) => match self.variables.get(name)? {
                    ConstValue::Number(number) => number.as_u64(),
                    ConstValue::List(items) => Some(items.len() as u64),
                    _ => None,
                },
                Value::Number(number) => number.as_u64(),
                Value::List(items) => Some(items.len() as u64),
                _ => None,
            }
        })
    }
}

fn too_nested() -> ServerError {
    let message = format!("fields and fragments nest deeper than {MAX_NESTING} levels");
    ErrorCode::TooDeep.refuse(message)
}
