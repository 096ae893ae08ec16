//! What is counted of cases: how many began and were closed in some days, how long they took, whether their terms were
//! kept, and where those stand that are open. One statement counts them by procedure, office and state; everything else
//! is a sum of that.

mod table;

use std::{
    cmp::{max, min},
    collections::HashMap,
    hash::Hash,
};

use chrono::{Datelike, NaiveDate};
use municipio_entities::{
    case_file::{Column, Entity},
    content_item,
};
use sea_orm::{
    ColumnTrait, Condition, QueryResult,
    sea_query::{Alias, CaseStatement, Expr, ExprTrait, Func, Query},
};

use super::{Cases, Sight};
use crate::{
    content::ContentType,
    ids::{ItemId, RevisionId},
    procedures::Channel,
    store::StoreError,
};

/// Some days, the first and the last included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
}

/// Of which cases; of all that are seen when everything is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InsightFilter {
    /// Of this procedure.
    pub procedure: Option<ItemId>,
    /// Of this office.
    pub office: Option<ItemId>,
}

/// What was counted of some cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many began in the period.
    pub begun: u64,
    /// How many of these a citizen began here.
    pub begun_online: u64,
    /// How many were closed in the period.
    pub closed: u64,
    /// How many of these before their term was over.
    pub closed_in_time: u64,
    /// How many of these after that.
    pub closed_late: u64,
    /// How many days those that were closed took together.
    pub days: i64,
    /// How many days the one took that took longest.
    pub longest: Option<i64>,
    /// How many were open at the end of the period.
    pub open: u64,
    /// How many of these after their term was over.
    pub overdue: u64,
    /// How many stand open now.
    pub standing: u64,
    /// For how many days these have stood in their states together.
    pub standing_days: i64,
}

impl Figures {
    /// How many days a case took that was closed in the period; nothing when there was none.
    pub fn average_days(&self) -> Option<f64> {
        ratio(self.days, self.closed)
    }

    /// Which share of the cases with a term that were closed in the period was closed in time.
    pub fn share_in_time(&self) -> Option<f64> {
        let with_term = self.closed_in_time + self.closed_late;
        ratio(self.closed_in_time as i64, with_term)
    }

    /// For how many days a case has stood in its state that is open now.
    pub fn average_standing_days(&self) -> Option<f64> {
        ratio(self.standing_days, self.standing)
    }

    /// What was counted of both.
    pub fn and(self, other: &Self) -> Self {
        Self {
            begun: self.begun + other.begun,
            begun_online: self.begun_online + other.begun_online,
            closed: self.closed + other.closed,
            closed_in_time: self.closed_in_time + other.closed_in_time,
            closed_late: self.closed_late + other.closed_late,
            days: self.days + other.days,
            longest: max(self.longest, other.longest),
            open: self.open + other.open,
            overdue: self.overdue + other.overdue,
            standing: self.standing + other.standing,
            standing_days: self.standing_days + other.standing_days,
        }
    }
}

fn ratio(part: i64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// What was counted of the cases of a procedure and an office that stand in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsightRow {
    /// The procedure.
    pub procedure: ItemId,
    /// The office in charge.
    pub office: ItemId,
    /// The state, by its code in the definitions of the procedure.
    pub state: String,
    /// What was counted.
    pub figures: Figures,
}

/// What was counted of cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Insight {
    /// By procedure, office and state, in this order.
    pub rows: Vec<InsightRow>,
}

impl Insight {
    /// What was counted of all.
    pub fn total(&self) -> Figures {
        let rows = self.rows.iter();
        rows.fold(Figures::default(), |total, row| total.and(&row.figures))
    }

    /// The same by something, in the order of the rows.
    pub fn by<K: Eq + Hash + Clone>(&self, key: impl Fn(&InsightRow) -> K) -> Vec<(K, Figures)> {
        let mut places: HashMap<K, usize> = HashMap::new();
        let mut sums: Vec<(K, Figures)> = Vec::new();
        for row in &self.rows {
            let key = key(row);
            let place = *places.entry(key.clone()).or_insert(sums.len());
            match sums.get_mut(place) {
                Some((_, sum)) => *sum = sum.and(&row.figures),
                None => sums.push((key, row.figures)),
            }
        }
        sums
    }
}

impl Cases {
    /// What is counted of the cases that are seen.
    ///
    /// # Errors
    /// The database failed.
    pub async fn insight(
        &self,
        sight: &Sight,
        filter: &InsightFilter,
        period: &Period,
        today: NaiveDate,
    ) -> Result<Insight, StoreError> {
        let column = |column: Column| Expr::col((Entity, column));
        let (from, until) = (day(period.from), day(period.until));
        let mut select = Query::select();
        select
            .from(Entity)
            .columns([Column::ProcedureId, Column::OfficeId, Column::State].map(of_files))
            .cond_where(
                Condition::all()
                    .add(sight.condition())
                    .add(column(Column::BegunDay).lte(until))
                    .add(
                        Condition::any()
                            .add(column(Column::ClosedDay).is_null())
                            .add(column(Column::ClosedDay).gte(from)),
                    )
                    .add_option(filter.procedure.map(|id| Column::ProcedureId.eq(id.0)))
                    .add_option(filter.office.map(|id| Column::OfficeId.eq(id.0))),
            )
            .group_by_columns([Column::ProcedureId, Column::OfficeId, Column::State].map(of_files));
        for (name, expression) in counted(period, today) {
            select.expr_as(expression, Alias::new(name));
        }
        let rows = self
            .contents()
            .store()
            .read()
            .rows::<Entity>(select)
            .await?;
        let rows = rows.iter().map(read).collect::<Result<Vec<_>, _>>();
        let mut rows = rows?;
        rows.sort_by(|one, other| {
            let key = |row: &InsightRow| (row.procedure, row.office);
            (key(one), &one.state).cmp(&(key(other), &other.state))
        });
        Ok(Insight { rows })
    }

    /// How many procedures are published, and of how many of these citizens can follow their cases.
    ///
    /// # Errors
    /// The database failed.
    pub async fn followable(&self) -> Result<(u64, u64), StoreError> {
        use content_item::Column;
        let published = Condition::all()
            .add(Column::ContentType.eq(ContentType::Procedure.as_str()))
            .add(Column::PublishedRevisionId.is_not_null());
        let scope = self.contents().store().read();
        let items = scope.all::<content_item::Entity>(published).await?;
        let revisions: Vec<_> = items
            .iter()
            .filter_map(|item| item.published_revision_id.map(RevisionId))
            .collect();
        let bodies = self.procedures(&revisions).await?;
        let followed = bodies.values().filter(|body| body.definition.is_some());
        Ok((bodies.len() as u64, followed.count() as u64))
    }
}

fn of_files(column: Column) -> (Entity, Column) {
    (Entity, column)
}

/// Days are stored as numbers.
fn day(day: NaiveDate) -> i32 {
    day.num_days_from_ce()
}

/// What is counted, under its name.
fn counted(period: &Period, today: NaiveDate) -> [(&'static str, Expr); 11] {
    let column = |column: Column| Expr::col((Entity, column));
    let (from, until) = (day(period.from), day(period.until));
    let within = |of: Column| Condition::all().add(column(of).between(from, until));
    let closed = || within(Column::ClosedDay);
    let in_time = |is: bool| closed().add(column(Column::ClosedInTime).eq(is));
    let online = Channel::Online.as_str();
    let open = || {
        let later = Condition::any()
            .add(column(Column::ClosedDay).is_null())
            .add(column(Column::ClosedDay).gt(until));
        Condition::all().add(later)
    };
    let standing = || Condition::all().add(column(Column::ClosedDay).is_null());
    let took = column(Column::ClosedDay).sub(column(Column::BegunDay));
    let stood = Expr::val(day(today)).sub(column(Column::StateDay));
    let count = |those: Condition| Func::count(when(those, Expr::val(1))).into();
    [
        ("begun", count(within(Column::BegunDay))),
        (
            "begun_online",
            count(within(Column::BegunDay).add(column(Column::Channel).eq(online))),
        ),
        ("closed", count(closed())),
        ("closed_in_time", count(in_time(true))),
        ("closed_late", count(in_time(false))),
        ("days", Func::sum(when(closed(), took.clone())).into()),
        ("longest", Func::max(when(closed(), took)).into()),
        ("open", count(open())),
        (
            "overdue",
            count(open().add(column(Column::DueOn).lt(min(period.until, today)))),
        ),
        ("standing", count(standing())),
        ("standing_days", Func::sum(when(standing(), stood)).into()),
    ]
}

/// A value of those rows alone.
fn when(those: Condition, value: impl Into<Expr>) -> CaseStatement {
    CaseStatement::new().case(those, value)
}

fn read(row: &QueryResult) -> Result<InsightRow, StoreError> {
    let count = |name: &str| Ok::<_, StoreError>(row.try_get::<i64>("", name)?.unsigned_abs());
    let sum = |name: &str| row.try_get::<Option<i64>>("", name);
    let longest: Option<i32> = row.try_get("", "longest")?;
    Ok(InsightRow {
        procedure: ItemId(row.try_get("", "procedure_id")?),
        office: ItemId(row.try_get("", "office_id")?),
        state: row.try_get("", "state")?,
        figures: Figures {
            begun: count("begun")?,
            begun_online: count("begun_online")?,
            closed: count("closed")?,
            closed_in_time: count("closed_in_time")?,
            closed_late: count("closed_late")?,
            days: sum("days")?.unwrap_or_default(),
            longest: longest.map(i64::from),
            open: count("open")?,
            overdue: count("overdue")?,
            standing: count("standing")?,
            standing_days: sum("standing_days")?.unwrap_or_default(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(procedure: ItemId, state: &str, closed: u64, days: i64) -> InsightRow {
        let figures = Figures {
            closed,
            days,
            closed_in_time: closed,
            longest: (days > 0).then_some(days),
            ..Figures::default()
        };
        InsightRow {
            procedure,
            office: procedure,
            state: state.to_owned(),
            figures,
        }
    }

    #[test]
    fn rows_are_summed_up_by_what_one_likes() {
        let [one, other] = std::array::from_fn(|_| ItemId::generate());
        let insight = Insight {
            rows: vec![
                row(one, "granted", 2, 10),
                row(one, "refused", 1, 30),
                row(other, "granted", 1, 0),
            ],
        };
        let total = insight.total();
        assert_eq!((total.closed, total.days, total.longest), (4, 40, Some(30)));
        assert_eq!(total.average_days(), Some(10.0));
        assert_eq!(total.share_in_time(), Some(1.0));
        let closed = |sums: Vec<(ItemId, Figures)>| -> Vec<_> {
            let sums = sums.into_iter();
            sums.map(|(id, figures)| (id, figures.closed)).collect()
        };
        assert_eq!(
            closed(insight.by(|row| row.procedure)),
            [(one, 3), (other, 1)]
        );
        let by_state = insight.by(|row| row.state.clone());
        assert_eq!(by_state.len(), 2);
        assert_eq!(by_state[0].1.closed, 3);
    }

    #[test]
    fn of_nothing_there_is_no_average() {
        let nothing = Figures::default();
        assert_eq!(nothing.average_days(), None);
        assert_eq!(nothing.share_in_time(), None);
        assert_eq!(nothing.average_standing_days(), None);
    }
}
