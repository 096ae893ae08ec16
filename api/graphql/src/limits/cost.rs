//! What the schema says of cost: which fields there are, which are lists and how long, which read
//! the database.

use std::collections::HashMap;

use async_graphql::parser::types::{
    BaseType, FieldDefinition, Type, TypeKind, TypeSystemDefinition,
};

use crate::definitions;

/// What is assumed of a list whose length the query does not say, such as the topics of a service.
const SHORT_LIST: u64 = 5;
/// What a connection holds when the query does not say.
const PAGE: u64 = 20;
/// A list of vocabularies or of their terms.
const LONG_LIST: u64 = 30;
const LONGEST_PAGE: u64 = crate::MAX_PAGE.unsigned_abs() as u64;

/// Fields that are much work, in fields that are little: type, or any, name, and how many. Measured, all
/// fields of the schema one by one.
const HEAVY: [(&str, &str, u64); 13] = [
    ("ServiceJsonLd", "cpsvAp", 400),
    ("ServiceJsonLd", "schemaOrg", 80),
    ("", "publishReport", 250),
    // A hundred cases with all that happened in them, decrypted.
    ("Citizen", "export", 10_000),
    // Of as many items as stand in the release.
    ("Release", "report", 2_500),
    ("Release", "changes", 100),
    // Of as many cases as there are in the period.
    ("Query", "caseInsight", 250),
    // Of up to 500 cases, event by event.
    ("Query", "simulateProcedure", 2_500),
    ("", "fallbackFields", 60),
    ("RichText", "blocks", 15),
    ("RichText", "html", 15),
    ("RichText", "markdown", 15),
    ("RichText", "plainText", 15),
];

/// The types of introspection (GraphQL 4.2), which a schema does not write down.
const INTROSPECTION: &str = "
    type __Schema { description: Int types: [__Type] queryType: __Type mutationType: __Type subscriptionType: __Type
      directives: [__Directive] }
    type __Type { kind: Int name: Int description: Int fields(includeDeprecated: Int): [__Field] interfaces: [__Type]
      possibleTypes: [__Type] enumValues(includeDeprecated: Int): [__EnumValue]
      inputFields(includeDeprecated: Int): [__InputValue] ofType: __Type specifiedByURL: Int isOneOf: Int }
    type __Field { name: Int description: Int args(includeDeprecated: Int): [__InputValue] type: __Type
      isDeprecated: Int deprecationReason: Int }
    type __InputValue { name: Int description: Int type: __Type defaultValue: Int isDeprecated: Int
      deprecationReason: Int }
    type __EnumValue { name: Int description: Int isDeprecated: Int deprecationReason: Int }
    type __Directive { name: Int description: Int locations: [Int] args(includeDeprecated: Int): [__InputValue]
      isRepeatable: Int }
    type Query { __schema: __Schema __type(name: Int): __Type }";

/// How a field multiplies what is below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Multiplier {
    /// One thing.
    One,
    /// A short list.
    Short,
    /// As many as `first` or `last` say, or as there are `ids`.
    Paged,
    /// A list of this length.
    Fixed(u64),
}

impl Multiplier {
    pub(super) fn of(self, asked: Option<u64>) -> u64 {
        match self {
            Self::One => 1,
            // Longer pages are refused when the argument is read.
            Self::Short => asked.unwrap_or(SHORT_LIST).min(LONGEST_PAGE),
            Self::Paged => asked.unwrap_or(PAGE).min(LONGEST_PAGE),
            Self::Fixed(length) => length,
        }
    }
}

/// What is known of a field.
#[derive(Clone, Debug)]
pub(super) struct FieldModel {
    /// The type that it leads to.
    pub(super) target: String,
    pub(super) multiplier: Multiplier,
    /// What it costs by itself.
    pub(super) weight: u64,
    pub(super) arguments: Vec<String>,
    /// It takes a statement of its own, for all the lists it stands in together.
    pub(super) reads: bool,
}

/// The fields of each type.
#[derive(Clone, Debug, Default)]
pub struct CostModel {
    types: HashMap<String, HashMap<String, FieldModel>>,
    /// How many types the schema has, those of introspection apart.
    size: u64,
}

impl CostModel {
    /// Reads the model from a schema. One without types gives an empty model, in which every field counts
    /// one.
    pub(crate) fn new(schema: &[TypeSystemDefinition]) -> Self {
        let mut model = Self::default();
        model.read(schema);
        model.size = model.types.len() as u64;
        if !model.is_empty() {
            model.read(&definitions(INTROSPECTION));
        }
        let all = model.types.get_mut("__Schema");
        if let Some(all) = all.and_then(|schema| schema.get_mut("types")) {
            all.multiplier = Multiplier::Fixed(model.size);
        }
        model
    }

    fn read(&mut self, schema: &[TypeSystemDefinition]) {
        for definition in schema {
            let TypeSystemDefinition::Type(definition) = definition else {
                continue;
            };
            let fields = match &definition.node.kind {
                TypeKind::Object(object) => object.fields.as_slice(),
                TypeKind::Interface(interface) => interface.fields.as_slice(),
                // Inputs and scalars are never selected from; a union has `__typename` alone.
                _ => &[],
            };
            let name = definition.node.name.node.as_str();
            let fields = fields.iter().map(|field| describe(name, &field.node));
            let known = self.types.entry(name.to_owned());
            known.or_default().extend(fields);
        }
    }

    /// What is known of a field of a type.
    pub(super) fn field(&self, parent: &str, name: &str) -> Option<&FieldModel> {
        self.types.get(parent)?.get(name)
    }

    /// How many types the schema has.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.size == 0
    }
}

fn describe(parent: &str, field: &FieldDefinition) -> (String, FieldModel) {
    let arguments = field.arguments.iter();
    let arguments: Vec<_> = arguments
        .map(|argument| argument.node.name.node.to_string())
        .collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let name = field.name.node.as_str();
    let (target, is_list) = named(&field.ty.node);
    // The items of a connection are counted where `first` stands.
    let is_of_connection = matches!(name, "nodes" | "edges") && arguments.is_empty();
    let is_long = matches!(parent, "Query" | "Vocabulary");
    let multiplier = match () {
        () if has("first") || has("count") || has("ids") => Multiplier::Paged,
        () if is_list && is_long => Multiplier::Fixed(LONG_LIST),
        () if is_list && !is_of_connection => Multiplier::Short,
        () => Multiplier::One,
    };
    let mut heavy = HEAVY.iter();
    let heavy = heavy.find(|(of, heavy, _)| *heavy == name && (of.is_empty() || *of == parent));
    let is_root = parent == "Query" && !name.starts_with("__");
    let reads = is_root || has("first") || name == "totalCount";
    let model = FieldModel {
        target,
        multiplier,
        weight: heavy.map_or(1, |(_, _, weight)| *weight),
        reads,
        arguments,
    };
    (name.to_owned(), model)
}

fn named(kind: &Type) -> (String, bool) {
    match &kind.base {
        BaseType::Named(name) => (name.to_string(), false),
        BaseType::List(inner) => (named(inner).0, true),
    }
}
