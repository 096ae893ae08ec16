//! Lists of cases: the work queues of officers.

use async_graphql::{
    Context, Enum, ID, InputObject, Object, Result, SimpleObject, connection::PageInfo,
};
use chrono::NaiveDate;
use municipio_domain::{
    cases::{self, Cases, Sight},
    content::{ContentType, Page, check_text},
    ids::AccountId,
    tenants::IpaCode,
};

use super::Case;
use crate::{
    connection::{Part, places},
    context::{RequestData, data},
    error::{ErrorCode, internal},
    global_id::{self, Kind},
    objects::CaseStatus,
    view::Reader,
};

/// What a list of cases is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "cases::CaseOrder")]
pub(crate) enum CaseOrder {
    /// By the end of the term, the next first; cases without a term come last.
    Due,
    /// By their beginning, the oldest first.
    Oldest,
    /// By their beginning, the newest first.
    Newest,
    /// By the last event, the newest first.
    Updated,
}

pub(crate) fn next_due_first() -> CaseOrder {
    CaseOrder::Due
}

pub(crate) fn last_updated_first() -> CaseOrder {
    CaseOrder::Updated
}

/// Which cases; those that match all of it.
#[derive(Default, InputObject)]
pub(crate) struct CaseFilter {
    /// Of this procedure, by its global id (procedimento).
    procedure: Option<ID>,
    /// Of this office, by its global id (ufficio).
    office: Option<ID>,
    /// Of this officer, by the global id of the account (operatore incaricato).
    officer: Option<ID>,
    /// Those of the caller alone (assegnate a me).
    #[graphql(default)]
    mine: bool,
    /// Those alone that have no officer (non assegnate).
    #[graphql(default)]
    unassigned: bool,
    /// In one of these states of their definitions (stato).
    #[graphql(validator(max_items = 100))]
    states: Option<Vec<String>>,
    /// In one of these statuses of the national model (stato per il cittadino).
    statuses: Option<Vec<CaseStatus>>,
    /// With this protocol number (numero di protocollo).
    protocol_number: Option<String>,
    /// Whose term ends on this day or before (in scadenza entro).
    due_until: Option<NaiveDate>,
    /// That are still open, or that are closed; both when left out (aperte).
    is_open: Option<bool>,
}

/// The longest text that a list is filtered by.
const TEXT: usize = 255;

impl CaseFilter {
    /// Texts that no case has cannot be asked for either: PostgreSQL refuses some of them.
    fn check(&self) -> Result<()> {
        let states = self.states.iter().flatten();
        let states = states.map(|state| ("filter.states", state));
        let number = self.protocol_number.iter();
        let number = number.map(|number| ("filter.protocolNumber", number));
        for (argument, text) in states.chain(number) {
            let checked = check_text(text, TEXT, argument);
            checked.map_err(|error| ErrorCode::InvalidArgument.about(argument, error.message))?;
        }
        Ok(())
    }

    fn read(self, data: &RequestData) -> Result<cases::CaseFilter> {
        self.check()?;
        let procedure = self
            .procedure
            .map(|id| data.item_id(&id, ContentType::Procedure, "filter.procedure"));
        let office = self
            .office
            .map(|id| data.item_id(&id, ContentType::Office, "filter.office"));
        let officer = self.officer.map(|id| {
            let municipality = &data.tenant.ipa_code;
            global_id::decode_as(&id, Kind::Account, municipality, "filter.officer").map(AccountId)
        });
        let named = officer.transpose()?;
        let mine = data.caller.account().filter(|_| self.mine);
        if self.mine && mine.is_none() {
            let message = "those of the caller are asked for with an account";
            return Err(ErrorCode::InvalidArgument.about("filter.mine", message));
        }
        let officer = match (named.or(mine), self.unassigned) {
            (Some(officer), _) => Some(Some(officer)),
            (None, true) => Some(None),
            (None, false) => None,
        };
        let statuses = self
            .statuses
            .map(|statuses| statuses.into_iter().map(Into::into));
        Ok(cases::CaseFilter {
            procedure: procedure.transpose()?,
            office: office.transpose()?,
            officer,
            states: self.states,
            statuses: statuses.map(Iterator::collect),
            protocol_number: self.protocol_number,
            due_until: self.due_until,
            is_open: self.is_open,
        })
    }
}

/// How many cases of a list stand at a point (conteggio per stato).
#[derive(SimpleObject)]
pub(crate) struct CaseStatusCount {
    /// Where they stand (stato per il cittadino).
    status: CaseStatus,
    /// How many (numero).
    count: u64,
}

/// A case with its place in a list.
#[derive(SimpleObject)]
pub(crate) struct CaseEdge {
    /// The place, for `after` and `before`.
    cursor: String,
    /// The case.
    node: Case,
}

/// A part of a list of cases (Relay connection): at most 100, in a fixed order.
pub(crate) struct CaseConnection {
    page: Page<cases::Case, i64>,
    order: cases::CaseOrder,
    filter: cases::CaseFilter,
    sight: Sight,
    municipality: IpaCode,
    reader: Reader,
}

impl CaseConnection {
    /// Reads a part of the list of the cases that are seen.
    pub(crate) async fn read(
        ctx: &Context<'_>,
        sight: Sight,
        filter: Option<CaseFilter>,
        order: CaseOrder,
        part: Part,
    ) -> Result<Self> {
        let (data, reader) = (data(ctx)?, Reader::new(ctx, None)?);
        let filter = filter.unwrap_or_default().read(data)?;
        let order = cases::CaseOrder::from(order);
        let municipality = data.tenant.ipa_code.clone();
        let window = part.window(|text| order.decode_cursor(text, &municipality))?;
        let cases = Cases::from(&data.contents);
        let page = cases.page(&sight, &filter, order, &window).await;
        Ok(Self {
            page: page.map_err(internal)?,
            order,
            filter,
            sight,
            municipality,
            reader,
        })
    }

    fn cursor(&self, place: &i64) -> String {
        self.order.cursor(*place, &self.municipality)
    }

    fn case(&self, case: &cases::Case) -> Case {
        Case::new(case.clone(), self.reader.clone())
    }

    async fn counts(&self, ctx: &Context<'_>) -> Result<Vec<CaseStatusCount>> {
        let cases = Cases::from(&data(ctx)?.contents);
        let counts = cases.counts(&self.sight, &self.filter).await;
        let counts = counts.map_err(internal)?.into_iter();
        Ok(counts
            .map(|(status, count)| CaseStatusCount {
                status: status.into(),
                count,
            })
            .collect())
    }
}

/// A part of a list of cases (Relay connection): at most 100, in a fixed order.
#[Object]
impl CaseConnection {
    /// The cases with their places.
    async fn edges(&self) -> Vec<CaseEdge> {
        let entries = self.page.entries.iter();
        entries
            .map(|(place, case)| CaseEdge {
                cursor: self.cursor(place),
                node: self.case(case),
            })
            .collect()
    }

    /// The cases alone.
    async fn nodes(&self) -> Vec<Case> {
        let entries = self.page.entries.iter();
        entries.map(|(_, case)| self.case(case)).collect()
    }

    /// Whether there is more, and how to go on.
    async fn page_info(&self) -> PageInfo {
        places(Some(&self.page), |place| self.cursor(place))
    }

    /// How many cases the whole list has; counted only when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        let counts = self.counts(ctx).await?;
        Ok(counts.iter().map(|count| count.count).sum())
    }

    /// How many of the whole list stand where; counted only when asked for (conteggi per stato).
    async fn status_counts(&self, ctx: &Context<'_>) -> Result<Vec<CaseStatusCount>> {
        self.counts(ctx).await
    }
}
