//! Fields of one answer that cannot be merged (GraphQL 5.3.2). The engine lists every pair of them, for
//! every selection from which they are reached; here the first pair ends the search, so that what
//! passes has nothing to list.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, Positioned, ServerError,
    parser::types::{
        DocumentOperations, ExecutableDocument, Field, FragmentDefinition, Selection, SelectionSet,
    },
};

use crate::error::ErrorCode;

/// How often a field may be reached, on the average, from selections around it.
const REACHED: u64 = 10;

/// Refuses fields that cannot be merged, and a document in which fields are reached from too many
/// selections: each of them is checked on its own.
pub(super) fn check(document: &ExecutableDocument, fields: u64) -> Result<(), ServerError> {
    let mut search = Search {
        fragments: &document.fragments,
        visits: 0,
        most: fields.saturating_mul(REACHED),
    };
    match &document.operations {
        DocumentOperations::Single(operation) => {
            search.everywhere(&operation.node.selection_set.node)?;
        }
        DocumentOperations::Multiple(operations) => {
            for operation in operations.values() {
                search.everywhere(&operation.node.selection_set.node)?;
            }
        }
    }
    for fragment in document.fragments.values() {
        search.everywhere(&fragment.node.selection_set.node)?;
    }
    Ok(())
}

struct Search<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    visits: u64,
    most: u64,
}

/// What is known of the answer that one selection gives: its fields by type and name.
#[derive(Default)]
struct Answer<'a> {
    fields: HashMap<(Option<&'a str>, &'a str), &'a Positioned<Field>>,
    spread: HashSet<&'a Name>,
}

impl<'a> Search<'a> {
    /// Checks a selection, and those within it.
    fn everywhere(&mut self, selection: &'a SelectionSet) -> Result<(), ServerError> {
        self.gather(&mut Answer::default(), None, selection)?;
        for item in &selection.items {
            match &item.node {
                Selection::Field(field) if field.node.selection_set.node.items.is_empty() => {}
                Selection::Field(field) => self.everywhere(&field.node.selection_set.node)?,
                Selection::InlineFragment(inline) => {
                    self.everywhere(&inline.node.selection_set.node)?;
                }
                Selection::FragmentSpread(_) => {}
            }
        }
        Ok(())
    }

    fn gather(
        &mut self,
        answer: &mut Answer<'a>,
        on: Option<&'a str>,
        selection: &'a SelectionSet,
    ) -> Result<(), ServerError> {
        for item in &selection.items {
            self.visits += 1;
            if self.visits > self.most {
                let message = "fields are reached from too many selections around them";
                return Err(ErrorCode::TooManyFields.refuse(message));
            }
            match &item.node {
                Selection::Field(field) => answer.add(on, field)?,
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    let on = condition.map(|condition| condition.node.on.node.as_str());
                    self.gather(answer, on, &inline.node.selection_set.node)?;
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    // An unknown fragment is left to validation.
                    let fragments = self.fragments;
                    if let Some(fragment) =
                        fragments.get(name).filter(|_| answer.spread.insert(name))
                    {
                        let on = Some(fragment.node.type_condition.node.on.node.as_str());
                        self.gather(answer, on, &fragment.node.selection_set.node)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl<'a> Answer<'a> {
    fn add(
        &mut self,
        on: Option<&'a str>,
        field: &'a Positioned<Field>,
    ) -> Result<(), ServerError> {
        let name = field.node.response_key().node.as_str();
        let first = *self.fields.entry((on, name)).or_insert(field);
        if is_same(&first.node, &field.node) {
            return Ok(());
        }
        let message = format!(
            "the fields `{name}` differ and cannot be merged; give one of them another alias"
        );
        let mut error = ErrorCode::ValidationFailed.refuse(message);
        error.locations = vec![first.pos, field.pos];
        Err(error)
    }
}

fn is_same(one: &Field, other: &Field) -> bool {
    let mut arguments = one.arguments.iter();
    one.name.node == other.name.node
        && one.arguments.len() == other.arguments.len()
        && arguments.all(|(name, value)| other.get_argument(&name.node) == Some(value))
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn is_right(query: &str) -> bool {
        check(&parse_query(query).unwrap(), 10).is_ok()
    }

    #[test]
    fn fields_of_one_answer_are_the_same_or_have_names_of_their_own() {
        for right in [
            "{ a a b: a }",
            "{ a(x: 1) ...F } fragment F on Query { a(x: 1) }",
            "{ ... on A { a(x: 1) } ... on B { a(x: 2) } }",
            "{ a(x: 1, y: 2) a(y: 2, x: 1) }",
        ] {
            assert!(is_right(right), "{right}");
        }
        for wrong in [
            "{ a b: c b: d }",
            "{ a(x: 1) a }",
            "{ a(x: 1) a(x: 2) }",
            "{ a(x: $x) a(x: $y) }",
            "{ b { a: c a } }",
            "{ b { ...F ...F } } fragment F on B { ... on A { a a: c } }",
        ] {
            assert!(!is_right(wrong), "{wrong}");
        }
    }

    #[test]
    fn fields_are_reached_from_few_selections() {
        let nested = |levels: usize| {
            format!(
                "{}a a a{}",
                "{ ... on Query ".repeat(levels) + "{",
                "}".repeat(levels + 1)
            )
        };
        assert!(is_right(&nested(4)));
        assert!(!is_right(&nested(30)));
        assert!(is_right(
            "{ ...A ...A } fragment A on A { ...B } fragment B on B { ...A }"
        ));
    }
}
