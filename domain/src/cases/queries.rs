//! Reads cases, always through the sight of somebody.

use std::{collections::HashMap, sync::Arc};

use chrono::NaiveDate;
use municipio_entities::{case_event, case_file, content_item};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, FromQueryResult, Iterable,
    sea_query::{Alias, Expr, Func, Query, SelectStatement},
};

use super::{Case, CaseEvent, Sight};
use crate::{
    content::{
        Body, ContentType, Contents, Direction, InvalidCursor, Page, Window, seal,
        types::Procedure, unseal,
    },
    ids::{AccountId, CaseId, ItemId, RevisionId},
    procedures::CaseStatus,
    store::{Scope, StoreError, Transaction},
    tenants::IpaCode,
};

/// Which cases; all that are seen when everything is left out.
#[derive(Clone, Debug, Default)]
pub struct CaseFilter {
    /// Of this procedure.
    pub procedure: Option<ItemId>,
    /// Of this office.
    pub office: Option<ItemId>,
    /// Of this officer; of nobody when it is nothing.
    pub officer: Option<Option<AccountId>>,
    /// In one of these states of their definitions.
    pub states: Option<Vec<String>>,
    /// In one of these statuses.
    pub statuses: Option<Vec<CaseStatus>>,
    /// With this protocol number.
    pub protocol_number: Option<String>,
    /// Whose term ends on this day or before.
    pub due_until: Option<NaiveDate>,
    /// That are still open, or that are closed.
    pub is_open: Option<bool>,
}

/// What a list of cases is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaseOrder {
    /// By the end of the term, the next first.
    Due,
    /// By their beginning, the oldest first.
    Oldest,
    /// By their beginning, the newest first.
    Newest,
    /// By the last event, the newest first.
    Updated,
}

impl CaseOrder {
    fn column(self) -> (case_file::Column, Direction) {
        match self {
            Self::Due => (case_file::Column::DuePlace, Direction::Ascending),
            Self::Oldest => (case_file::Column::OpenedPlace, Direction::Ascending),
            Self::Newest => (case_file::Column::OpenedPlace, Direction::Descending),
            Self::Updated => (case_file::Column::UpdatedPlace, Direction::Descending),
        }
    }

    fn place(self, case: &Case) -> i64 {
        let [due, opened, updated] = case.places;
        match self {
            Self::Due => due,
            Self::Oldest | Self::Newest => opened,
            Self::Updated => updated,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Oldest => "oldest",
            Self::Newest => "newest",
            Self::Updated => "updated",
        }
    }

    /// A place in a list with this order, as an opaque string for readers of this municipality.
    pub fn cursor(self, place: i64, municipality: &IpaCode) -> String {
        seal(municipality, &("case", self.name(), place))
    }

    /// Reads such a string.
    ///
    /// # Errors
    /// The text is no cursor, or one of another municipality or order.
    pub fn decode_cursor(self, text: &str, municipality: &IpaCode) -> Result<i64, InvalidCursor> {
        match unseal::<(String, String, i64)>(text, municipality)? {
            (list, order, place) if list == "case" && order == self.name() => Ok(place),
            _ => Err(InvalidCursor::OtherOrder),
        }
    }
}

impl CaseFilter {
    fn condition(&self) -> Condition {
        use case_file::Column;
        let officer = self.officer.map(|officer| match officer {
            Some(officer) => Column::OfficerId.eq(officer.0),
            None => Column::OfficerId.is_null(),
        });
        let statuses = self.statuses.as_ref().map(|statuses| {
            let codes = statuses.iter().map(|status| status.code());
            Column::Status.is_in(codes)
        });
        let is_open = self.is_open.map(|is_open| match is_open {
            true => Column::ClosedAt.is_null(),
            false => Column::ClosedAt.is_not_null(),
        });
        Condition::all()
            .add_option(self.procedure.map(|id| Column::ProcedureId.eq(id.0)))
            .add_option(self.office.map(|id| Column::OfficeId.eq(id.0)))
            .add_option(officer)
            .add_option(
                self.states
                    .as_ref()
                    .map(|states| Column::State.is_in(states)),
            )
            .add_option(statuses)
            .add_option(
                self.protocol_number
                    .as_ref()
                    .map(|number| Column::ProtocolNumber.eq(number)),
            )
            .add_option(self.due_until.map(|day| Column::DueOn.lte(day)))
            .add_option(is_open)
    }
}

/// The cases of a tenant.
#[derive(Clone, Debug)]
pub struct Cases {
    contents: Contents,
}

impl From<&Contents> for Cases {
    fn from(contents: &Contents) -> Self {
        Self {
            contents: contents.clone(),
        }
    }
}

impl Cases {
    pub(super) fn contents(&self) -> &Contents {
        &self.contents
    }

    /// A part of the list of the cases that match, of those that are seen.
    ///
    /// # Errors
    /// The database failed.
    pub async fn page(
        &self,
        sight: &Sight,
        filter: &CaseFilter,
        order: CaseOrder,
        window: &Window<i64>,
    ) -> Result<Page<Case, i64>, StoreError> {
        let columns = case_file::Column::iter().map(|column| (case_file::Entity, column));
        let mut select = select(sight, filter);
        select.columns(columns);
        let (column, direction) = order.column();
        window.select_by::<case_file::Entity, _>(&mut select, column, direction, |place| *place);
        let rows = self.contents.store().read();
        let rows = rows.rows::<case_file::Entity>(select).await?;
        let size = usize::try_from(window.size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        let cases = rows.iter().take(size).map(|row| {
            let case = Case::try_from(case_file::Model::from_query_result(row, "")?)?;
            Ok::<_, StoreError>((order.place(&case), case))
        });
        let cases = cases.collect::<Result<_, _>>()?;
        Ok(Page::of(window, cases, more))
    }

    /// How many cases match, of those that are seen, by where they stand.
    ///
    /// # Errors
    /// The database failed.
    pub async fn counts(
        &self,
        sight: &Sight,
        filter: &CaseFilter,
    ) -> Result<Vec<(CaseStatus, u64)>, StoreError> {
        let status = (case_file::Entity, case_file::Column::Status);
        let mut select = select(sight, filter);
        select
            .column(status)
            .expr_as(Func::count(Expr::col(status)), Alias::new("total"))
            .group_by_col(status);
        let rows = self.contents.store().read();
        let rows = rows.rows::<case_file::Entity>(select).await?;
        let mut counts = Vec::new();
        for row in &rows {
            let (code, total): (String, i64) =
                (row.try_get("", "status")?, row.try_get("", "total")?);
            let status = CaseStatus::of_code(&code);
            let status = status.ok_or_else(|| StoreError::corrupt("status of a case", code))?;
            counts.push((status, total.unsigned_abs()));
        }
        counts.sort_by_key(|(status, _)| status.code());
        Ok(counts)
    }

    /// Those of these cases that are seen, in no order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn among(&self, sight: &Sight, ids: &[CaseId]) -> Result<Vec<Case>, StoreError> {
        let rows = self.contents.store().read();
        let ids = ids.iter().map(|id| id.0);
        let rows = rows.all_of::<case_file::Entity>(case_file::Column::Id, ids, sight.condition());
        rows.await?.into_iter().map(Case::try_from).collect()
    }

    /// What happened in these cases, in its order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn events(
        &self,
        cases: &[CaseId],
    ) -> Result<HashMap<CaseId, Vec<CaseEvent>>, StoreError> {
        let scope = self.contents.store().read();
        let mut found: HashMap<_, Vec<_>> = cases.iter().map(|id| (*id, Vec::new())).collect();
        for event in events(&scope, cases).await? {
            found.entry(event.case).or_default().push(event);
        }
        Ok(found)
    }

    /// The procedures as these revisions say them.
    ///
    /// # Errors
    /// The database failed.
    pub async fn procedures(
        &self,
        revisions: &[RevisionId],
    ) -> Result<HashMap<RevisionId, Arc<Procedure>>, StoreError> {
        let of_type = revisions.iter().map(|id| (*id, ContentType::Procedure));
        let bodies = self.contents.bodies(&of_type.collect::<Vec<_>>()).await?;
        let procedures = bodies.into_iter().filter_map(|(id, body)| match body {
            Body::Procedure(procedure) => Some((id, procedure)),
            _ => None,
        });
        Ok(procedures.collect())
    }

    /// The revision of a procedure that is published now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn published(&self, procedure: ItemId) -> Result<Option<RevisionId>, StoreError> {
        // As everybody sees it, whatever the perspective of the request: no case follows a draft.
        let this = Condition::all()
            .add(content_item::Column::Id.eq(procedure.0))
            .add(content_item::Column::ContentType.eq(ContentType::Procedure.as_str()));
        let scope = self.contents.store().read();
        let item = scope.one::<content_item::Entity>(this).await?;
        let revision = item.and_then(|item| item.published_revision_id);
        Ok(revision.map(RevisionId))
    }

    /// How far the log of the cases has come.
    ///
    /// # Errors
    /// The database failed.
    pub async fn last_place(&self) -> Result<i64, StoreError> {
        self.contents.store().read().last_place().await
    }
}

/// Whether there are cases of a procedure or of an office.
pub(crate) async fn has_some(transaction: &Transaction, item: ItemId) -> Result<bool, StoreError> {
    let theirs = Condition::any()
        .add(case_file::Column::ProcedureId.eq(item.0))
        .add(case_file::Column::OfficeId.eq(item.0));
    let case = transaction.one::<case_file::Entity>(theirs).await?;
    Ok(case.is_some())
}

fn select(sight: &Sight, filter: &CaseFilter) -> SelectStatement {
    // The sight as a whole: of a citizen it is one of two columns.
    let condition = Condition::all()
        .add(sight.condition())
        .add(filter.condition());
    Query::select()
        .from(case_file::Entity)
        .cond_where(condition)
        .to_owned()
}

/// What happened in these cases: of each in its order.
pub(super) async fn events<C: ConnectionTrait>(
    scope: &Scope<C>,
    cases: &[CaseId],
) -> Result<Vec<CaseEvent>, StoreError> {
    let ids = cases.iter().map(|id| id.0);
    let rows =
        scope.all_of::<case_event::Entity>(case_event::Column::CaseId, ids, Condition::all());
    let mut rows = rows.await?;
    rows.sort_unstable_by_key(|row| (row.case_id, row.number));
    rows.into_iter().map(CaseEvent::from_row).collect()
}
