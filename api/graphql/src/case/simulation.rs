//! What would have been different in past cases with another definition.

use std::{collections::BTreeMap, sync::Arc};

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use municipio_domain::{
    cases::{self, Cases, RuleUse, Simulation, simulate},
    content::{ContentType, types::Procedure},
    identity::{Action, Subject},
    ids::ItemId,
    tenants::IpaCode,
};

use super::{CaseFilter, ProcedureOf, failed, keys, object::MissingRequirement, staff_rights};
use crate::{
    connection::page_size,
    context::{RequestData, data},
    error::ErrorCode,
    global_id::{self, Kind},
};

/// The most cases that are gone through.
const MOST: i32 = 500;

/// How a definition differs from what happened (tipo di differenza).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "cases::Difficulty")]
pub(crate) enum SimulatedDifferenceKind {
    /// The case stood in a state that there is not (stato inesistente).
    StateGone,
    /// A transition was taken that there is not (passaggio inesistente).
    TransitionGone,
    /// A transition was taken that does not lead away from where the case stood (passaggio non possibile).
    NotPossible,
    /// A transition was taken by somebody for whom it is not (passaggio non consentito).
    NotForTaker,
    /// A transition was taken for which something would have been missing (requisito mancante).
    RequirementMissing,
    /// A transition leads elsewhere (stato di arrivo diverso).
    LeadsElsewhere,
    /// The term would have been missed that was kept (termine superato).
    TermMissed,
    /// The term would have been kept that was missed (termine rispettato).
    TermKept,
}

/// Something that would have been different in a case (differenza).
#[derive(SimpleObject)]
pub(crate) struct SimulatedDifference {
    /// How (tipo).
    kind: SimulatedDifferenceKind,
    /// At which event of the case, by its number; null of a term (evento).
    event: Option<i64>,
    /// The state or the transition, by its code (codice).
    code: Option<String>,
    /// What would have been missing (requisiti mancanti).
    missing: Vec<MissingRequirement>,
}

/// In how many cases something would have been different (numero di differenze).
#[derive(SimpleObject)]
pub(crate) struct SimulatedDifferenceCount {
    /// How (tipo).
    kind: SimulatedDifferenceKind,
    /// The state or the transition, by its code (codice).
    code: Option<String>,
    /// How often (numero).
    count: u64,
}

/// How often a rule would have been set off (uso di una regola).
#[derive(SimpleObject)]
pub(crate) struct SimulatedRule {
    /// The rule, by its code (codice della regola).
    code: String,
    /// So often its conditions held (applicata).
    wanted: u64,
    /// So often they did not (non applicabile).
    not_wanted: u64,
    /// So often the transition that it takes could not have been taken, of those when its conditions held (rifiutata).
    refused: u64,
}

impl From<(&String, &RuleUse)> for SimulatedRule {
    fn from((code, known): (&String, &RuleUse)) -> Self {
        Self {
            code: code.clone(),
            wanted: known.wanted,
            not_wanted: known.not_wanted,
            refused: known.refused,
        }
    }
}

/// What would have been different in a case (pratica simulata).
#[derive(SimpleObject)]
pub(crate) struct SimulatedCase {
    /// The case, by its global id (pratica).
    case_id: ID,
    /// What would have been different (differenze).
    differences: Vec<SimulatedDifference>,
    /// The rules that would have done something, by their codes (regole applicate).
    rules: Vec<String>,
}

/// What would have been different in past cases with another definition (simulazione di un procedimento).
pub(crate) struct ProcedureSimulation {
    simulation: Simulation,
    municipality: IpaCode,
}

impl ProcedureSimulation {
    pub(crate) async fn read(
        ctx: &Context<'_>,
        revision: &ID,
        filter: Option<CaseFilter>,
        most: i32,
    ) -> Result<Self> {
        let data = data(ctx)?;
        let rights = staff_rights(data, Action::ReadCases).await?;
        let procedures = Subject::of_type(ContentType::Procedure);
        data.authorise(Action::Update, &procedures)?;
        if !(1..=MOST).contains(&most) {
            let message = format!("`mostCases` lies between 1 and {MOST}, not {most}");
            return Err(ErrorCode::InvalidArgument.about("mostCases", message));
        }
        let municipality = data.tenant.ipa_code.clone();
        let (procedure, item) = revised(data, revision).await?;
        let mut filter = filter.unwrap_or_default().read(data)?;
        filter.procedure = filter.procedure.or(Some(item));
        let no_definition = || {
            let message = "the revision has no definition of a procedure";
            ErrorCode::InvalidArgument.about("revision", message)
        };
        let definition = procedure.definition.as_ref().ok_or_else(no_definition)?;
        let cases = Cases::from(&data.contents);
        let which = (&rights.reads, &filter, u64::from(most.unsigned_abs()));
        let reader = data.caller.author();
        let simulated = simulate(
            (&cases, keys(data)?),
            definition,
            which,
            &reader,
            data.now(),
        );
        Ok(Self {
            simulation: simulated.await.map_err(failed)?,
            municipality,
        })
    }

    fn of_difference(&self) -> impl Iterator<Item = &cases::SimulatedCase> {
        let cases = self.simulation.cases.iter();
        cases.filter(|case| !case.differences.is_empty())
    }

    fn shown(&self, case: &cases::SimulatedCase) -> SimulatedCase {
        let differences = case.differences.iter();
        SimulatedCase {
            case_id: global_id::encode_as(Kind::Case, &self.municipality, case.case),
            differences: differences
                .map(|difference| SimulatedDifference {
                    kind: difference.difficulty.into(),
                    event: difference.event,
                    code: difference.code.clone(),
                    missing: difference.missing.iter().cloned().map(Into::into).collect(),
                })
                .collect(),
            rules: case.rules.iter().cloned().collect(),
        }
    }
}

/// A procedure as a revision says it, and which it is.
async fn revised(data: &RequestData, id: &ID) -> Result<(Arc<Procedure>, ItemId)> {
    let id = global_id::decode_revision(id, &data.tenant.ipa_code, "revision")?;
    let nothing = || {
        let message = "there is no such revision of a procedure";
        ErrorCode::InvalidArgument.about("revision", message)
    };
    let revision = data.revision(id).await?.ok_or_else(nothing)?;
    // A global id is no proof of a type.
    let item = data.work_item(revision.item).await?;
    item.filter(|item| item.content_type == ContentType::Procedure)
        .ok_or_else(nothing)?;
    let body = data.case_procedure(ProcedureOf(id)).await?;
    Ok((body.ok_or_else(nothing)?, revision.item))
}

/// What would have been different in past cases with another definition (simulazione di un procedimento).
#[Object]
impl ProcedureSimulation {
    /// How many cases were gone through (pratiche esaminate).
    async fn cases(&self) -> u64 {
        self.simulation.cases.len() as u64
    }

    /// In how many of these something would have been different, rules apart (pratiche con differenze).
    async fn different(&self) -> u64 {
        self.of_difference().count() as u64
    }

    /// In how many the term was missed (termini superati).
    async fn missed(&self) -> u64 {
        self.simulation.missed
    }

    /// In how many the term would have been missed (termini che sarebbero superati).
    async fn would_miss(&self) -> u64 {
        self.simulation.would_miss
    }

    /// How often what would have been different (differenze).
    async fn differences(&self) -> Vec<SimulatedDifferenceCount> {
        let mut counts: BTreeMap<_, u64> = BTreeMap::new();
        let cases = self.simulation.cases.iter();
        for difference in cases.flat_map(|case| &case.differences) {
            let key = (difference.difficulty, difference.code.clone());
            *counts.entry(key).or_default() += 1;
        }
        let counts = counts.into_iter();
        counts
            .map(|((difficulty, code), count)| SimulatedDifferenceCount {
                kind: difficulty.into(),
                code,
                count,
            })
            .collect()
    }

    /// How often rules would have been set off (regole).
    async fn rules(&self) -> Vec<SimulatedRule> {
        let rules = self.simulation.rules.iter();
        rules.map(SimulatedRule::from).collect()
    }

    /// The cases in which something would have been different, rules apart, the newest first (pratiche con differenze).
    async fn details(
        &self,
        #[graphql(desc = "How many: 1 to 100, 20 by default.")] first: Option<i32>,
    ) -> Result<Vec<SimulatedCase>> {
        let size = usize::try_from(page_size(first, "first")?).unwrap_or(usize::MAX);
        let cases = self.of_difference().take(size);
        Ok(cases.map(|case| self.shown(case)).collect())
    }
}
