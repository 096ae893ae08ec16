//! What other software calls the states of cases: of each source and procedure a map from its names to the states of
//! the definition. Reports name either.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use municipio_entities::case_state_map::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition};
use serde_json::json;
use uuid::Uuid;

use super::{CaseError, CaseRefusal, Cases, work::line};
use crate::{
    audit::Deed,
    content::{ContentType, global_id},
    ids::ItemId,
    procedures::{Definition, State},
    store::{StoreError, Transaction},
    tenants::IpaCode,
};

/// The most names of a map.
const MOST_NAMES: usize = 500;

/// Which states of a definition the names of a software stand for.
pub type StateNames = BTreeMap<String, String>;

/// What a software calls the states of the cases of a procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateMap {
    /// The software, by the name that the municipality gave it.
    pub source: String,
    /// The procedure.
    pub procedure: ItemId,
    /// The states, each under the name that the software has for it.
    pub states: StateNames,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

impl TryFrom<Model> for StateMap {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let states = serde_json::from_value(row.states);
        Ok(Self {
            source: row.source,
            procedure: ItemId(row.procedure_id),
            states: states.map_err(|error| StoreError::corrupt("map of states", error))?,
            updated_at: row.updated_at,
        })
    }
}

impl StateMap {
    /// What is written down of what was done to it.
    pub fn deed(&self, municipality: &IpaCode) -> Deed {
        let procedure = global_id(ContentType::Procedure, municipality, self.procedure);
        let details = json!({ "source": self.source, "names": self.states.len() });
        Deed::to("case.map_states", procedure).with(details)
    }
}

/// The state of a definition that a software means by a name: what its map says, or a state of that code.
pub(super) fn meant<'a>(
    definition: &'a Definition,
    names: &StateNames,
    name: &str,
) -> Result<&'a State, CaseRefusal> {
    let mapped = names.get(name).map(String::as_str);
    let state = definition.state(mapped.unwrap_or(name));
    state.ok_or_else(|| CaseRefusal::Text {
        path: "state",
        message: match mapped {
            Some(code) => format!(
                "it stands for «{code}», which the revision that the case follows does not have: change the map of the source, or migrate the case"
            ),
            None => {
                let known: Vec<_> = definition.states.iter().map(|state| &*state.code).collect();
                format!(
                    "neither the map of the source nor the procedure has it; the procedure has {}",
                    known.join(", ")
                )
            }
        },
    })
}

/// What is wrong with the names of a map.
fn check(
    source: &str,
    definition: &Definition,
    states: &[(String, String)],
) -> Result<StateNames, CaseError> {
    let text = |path: String, message: &str| CaseRefusal::Names {
        path,
        message: message.to_owned(),
    };
    let mut wrong: Vec<_> = line("source", source).into_iter().collect();
    if states.len() > MOST_NAMES {
        wrong.push(text("states".to_owned(), "a map has at most 500 names"));
        return Err(CaseError::Refused(wrong));
    }
    let mut names = StateNames::new();
    for (index, (name, code)) in states.iter().enumerate() {
        let path = |field: &str| format!("states[{index}].{field}");
        if let Some(CaseRefusal::Text { message, .. }) = line("name", name) {
            wrong.push(text(path("name"), &message));
        }
        if definition.state(code).is_none() {
            let message = "the procedure has no such state";
            wrong.push(text(path("state"), message));
        }
        if names.insert(name.clone(), code.clone()).is_some() {
            wrong.push(text(path("name"), "the name stands here twice"));
        }
    }
    match wrong.is_empty() {
        true => Ok(names),
        false => Err(CaseError::Refused(wrong)),
    }
}

/// Says what a software calls the states of a procedure, in place of what was said before; nothing at all when there are
/// no names.
///
/// # Errors
/// A name does not fit or stands there twice, the definition has no such state, or the database failed.
pub async fn set_state_map(
    transaction: &Transaction,
    (source, procedure): (String, ItemId),
    definition: &Definition,
    states: &[(String, String)],
    now: DateTime<Utc>,
) -> Result<StateMap, CaseError> {
    let map = StateMap {
        states: check(&source, definition, states)?,
        source,
        procedure,
        updated_at: now,
    };
    let same = of(&map.source, procedure);
    transaction.delete::<Entity>(same).await?;
    if !map.states.is_empty() {
        let row = Model {
            tenant_id: Uuid::nil(),
            source: map.source.clone(),
            procedure_id: procedure.0,
            states: json!(map.states),
            updated_at: now,
        };
        transaction.insert::<Entity>([row]).await?;
    }
    Ok(map)
}

fn of(source: &str, procedure: ItemId) -> Condition {
    Condition::all()
        .add(Column::Source.eq(source))
        .add(Column::ProcedureId.eq(procedure.0))
}

impl Cases {
    /// What the sources call the states of procedures, by source and procedure.
    ///
    /// # Errors
    /// The database failed.
    pub async fn state_maps(&self) -> Result<Vec<StateMap>, StoreError> {
        let scope = self.contents().store().read();
        let rows = scope.all::<Entity>(Condition::all());
        let maps: Result<Vec<StateMap>, _> =
            rows.await?.into_iter().map(TryFrom::try_from).collect();
        let mut maps = maps?;
        maps.sort_by(|one, other| {
            (&one.source, one.procedure).cmp(&(&other.source, other.procedure))
        });
        Ok(maps)
    }

    /// The names that these sources have for the states of these procedures.
    pub(super) async fn state_names(
        &self,
        sources: HashSet<&str>,
        procedures: HashSet<ItemId>,
    ) -> Result<HashMap<(String, ItemId), StateNames>, StoreError> {
        let scope = self.contents().store().read();
        let procedures = procedures.into_iter().map(|procedure| procedure.0);
        let procedures = Column::ProcedureId.is_in(procedures);
        let rows = scope.all_of::<Entity>(Column::Source, sources, procedures);
        let names = rows.await?.into_iter().map(|row| {
            let map = StateMap::try_from(row)?;
            Ok(((map.source, map.procedure), map.states))
        });
        names.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition() -> Definition {
        let state = |code: &str| State {
            code: code.to_owned(),
            ..State::default()
        };
        Definition {
            states: vec![state("open"), state("closed")],
            ..Definition::default()
        }
    }

    fn names(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, code): &(&str, &str)| ((*name).to_owned(), (*code).to_owned());
        pairs.iter().map(owned).collect()
    }

    fn wrong(pairs: &[(&str, &str)]) -> Vec<String> {
        match check("edilizia", &definition(), &names(pairs)) {
            Err(CaseError::Refused(refusals)) => {
                refusals.iter().filter_map(CaseRefusal::path).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_name_stands_for_a_state_and_a_code_for_itself() {
        let definition = definition();
        let names = StateNames::from([
            ("In lavorazione".to_owned(), "open".to_owned()),
            ("closed".to_owned(), "open".to_owned()),
            ("Persa".to_owned(), "gone".to_owned()),
        ]);
        let code = |name| meant(&definition, &names, name).map(|state| state.code.clone());
        assert_eq!(code("In lavorazione").unwrap(), "open");
        assert_eq!(code("open").unwrap(), "open");
        assert_eq!(code("closed").unwrap(), "open", "the map comes first");
        assert!(code("Persa").unwrap_err().to_string().contains("«gone»"));
        let unknown = code("RSSMRA80A01H501U").unwrap_err().to_string();
        assert!(unknown.contains("open, closed") && !unknown.contains("RSSMRA"));
    }

    #[test]
    fn a_map_has_each_name_once_and_states_that_there_are() {
        assert_eq!(wrong(&[("A", "open"), ("B", "open")]), Vec::<String>::new());
        assert_eq!(
            wrong(&[("A", "open"), ("A", "closed"), (" ", "open"), ("C", "gone")]),
            ["states[1].name", "states[2].name", "states[3].state"]
        );
    }
}
