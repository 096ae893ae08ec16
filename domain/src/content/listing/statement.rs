//! The statements by which lists are read.

use chrono::{DateTime, Utc};
use municipio_entities::{content_item, content_listing as listing, content_occurrence};
use sea_orm::{
    DbBackend, Iden,
    sea_query::{
        Alias, Asterisk, Condition, Expr, ExprTrait, IntoColumnRef, JoinType, Order, Query,
        SelectStatement, SimpleExpr, UnionType,
    },
};

use super::{Direction, Filter, ListQuery, OrderBy, Window};
use crate::{
    content::{Cursor, OrderValue, fold, perspective::Overlay},
    ids::{ItemId, TenantId},
};

/// The most values of which SQLite gives the first items in one statement.
pub(in crate::content) const MOST_VALUES: usize = 400;

pub(in crate::content) fn column(column: listing::Column) -> SimpleExpr {
    Expr::col((listing::Entity, column))
}

impl OrderBy {
    fn column(self) -> listing::Column {
        match self {
            Self::Title => listing::Column::TitleKey,
            Self::Date => listing::Column::DateKey,
            Self::Updated | Self::Occurrence => listing::Column::UpdatedKey,
        }
    }

    pub(in crate::content) fn value(
        self,
        row: &sea_orm::QueryResult,
    ) -> Result<OrderValue, sea_orm::DbErr> {
        let name = self.column().to_string();
        Ok(match self {
            Self::Title => OrderValue::Text(row.try_get("", &name)?),
            _ => OrderValue::Time(row.try_get("", &name)?),
        })
    }
}

impl ListQuery {
    /// The page as a statement that selects the pointers and the order value of each item; one row
    /// more than asked for tells whether there is more.
    pub(in crate::content) fn page(
        &self,
        tenant: TenantId,
        window: &Window,
        overlay: Option<&Overlay>,
    ) -> SelectStatement {
        let mut select = self.rows(tenant);
        select_pointers(
            &mut select,
            (listing::Entity, listing::Column::ItemId),
            overlay,
        );
        self.lay(&mut select, tenant, None, overlay);
        let key = column(self.order.column());
        select.expr(key.clone());
        let order = self.seek(&mut select, window);
        select
            .order_by_expr(key, order.clone())
            .order_by_expr(column(listing::Column::ItemId), order)
            .limit(window.size + 1);
        select
    }

    /// The field and the value whose list this is, when it is the whole of it: its size is known.
    pub(in crate::content) fn known_size(&self) -> Option<(&'static str, &str)> {
        let is_whole = self.filter.undriven().is_everything();
        is_whole.then(|| self.filter.driving().unwrap_or(("", "")))
    }

    /// The size of the whole list as a statement.
    pub(in crate::content) fn count(
        &self,
        tenant: TenantId,
        overlay: Option<&Overlay>,
    ) -> SelectStatement {
        let mut select = self.rows(tenant);
        self.lay(&mut select, tenant, None, overlay);
        select.expr_as(column(listing::Column::ItemId).count(), Alias::new("total"));
        select
    }

    /// For each of these values of a field, the size of the list of the items that have it.
    pub(in crate::content) fn count_of_each(
        &self,
        field: &'static str,
        values: &[String],
        tenant: TenantId,
        overlay: Option<&Overlay>,
    ) -> SelectStatement {
        let mut select = Query::select();
        self.lay(&mut select, tenant, Some(field), overlay);
        select
            .from(listing::Entity)
            .expr(column(listing::Column::Value))
            .expr_as(column(listing::Column::ItemId).count(), Alias::new("total"))
            .and_where(column(listing::Column::ContentType).eq(self.content_type.as_str()))
            .and_where(column(listing::Column::Locale).eq(self.locale.as_str()))
            .and_where(column(listing::Column::Field).eq(field))
            .and_where(column(listing::Column::Value).is_in(values))
            .cond_where(self.condition(&self.filter, tenant))
            .group_by_col((listing::Entity, listing::Column::Value));
        select
    }

    /// The ids of the whole list as a statement, to use inside another.
    pub(in crate::content) fn ids(
        &self,
        tenant: TenantId,
        overlay: Option<&Overlay>,
    ) -> SelectStatement {
        let mut select = self.rows(tenant);
        self.lay(&mut select, tenant, None, overlay);
        select
            .expr(column(listing::Column::ItemId))
            .and_where(column(listing::Column::TenantId).eq(tenant.0));
        select
    }

    /// For each of these values of a facet the first items of the list, as one statement. Each value
    /// enters the index at its own place and reads no more rows than it gives. SQLite takes at most
    /// [`MOST_VALUES`] values.
    pub(in crate::content) fn first_of_each(
        &self,
        tenant: TenantId,
        field: &'static str,
        values: &[String],
        window: &Window,
        backend: DbBackend,
        overlay: Option<&Overlay>,
    ) -> SelectStatement {
        let first_of = |value: SimpleExpr| self.first_of(tenant, field, value, window);
        let firsts = match backend {
            DbBackend::Postgres => {
                let (wanted, first) = (Alias::new("wanted"), Alias::new("first"));
                let value = Expr::col((wanted.clone(), Alias::new("column1")));
                Query::select()
                    .column((first.clone(), Asterisk))
                    .from_values(values.iter().map(String::as_str), wanted)
                    .join_lateral(
                        JoinType::InnerJoin,
                        first_of(value),
                        first,
                        Condition::all(),
                    )
                    .to_owned()
            }
            // SQLite knows no lateral join.
            _ => {
                let arms = values.iter().map(|value| {
                    Query::select()
                        .column(Asterisk)
                        .from_subquery(first_of(Expr::value(value)), Alias::new("first"))
                        .to_owned()
                });
                arms.reduce(|mut all, arm| all.union(UnionType::All, arm).to_owned())
                    .unwrap_or_default()
            }
        };
        let mut select = Query::select();
        select
            .from_subquery(firsts, listing::Entity)
            .expr(column(listing::Column::Value))
            .expr(column(self.order.column()));
        let order = self.reading(window);
        select
            .order_by_expr(column(self.order.column()), order.clone())
            .order_by_expr(column(listing::Column::ItemId), order);
        select_pointers(
            &mut select,
            (listing::Entity, listing::Column::ItemId),
            overlay,
        );
        self.lay(&mut select, tenant, Some(field), overlay);
        select
    }

    /// Lets the statement read the lists of a perspective in place of those of the public site.
    fn lay(
        &self,
        select: &mut SelectStatement,
        tenant: TenantId,
        field: Option<&str>,
        overlay: Option<&Overlay>,
    ) {
        let Some(overlay) = overlay else { return };
        let driving = self.filter.driving().map_or("", |(field, _)| field);
        let mut fields = vec![field.unwrap_or(driving)];
        self.filter.fields(&mut fields);
        select.with_cte(overlay.lists(tenant, self, &fields));
    }

    /// The rows of the first items that have this value of a facet.
    fn first_of(
        &self,
        tenant: TenantId,
        field: &'static str,
        value: SimpleExpr,
        window: &Window,
    ) -> SelectStatement {
        let mut select = Query::select();
        select
            .from(listing::Entity)
            .columns([
                (listing::Entity, listing::Column::ItemId),
                (listing::Entity, listing::Column::Value),
                (listing::Entity, listing::Column::TenantId),
            ])
            .expr(column(self.order.column()))
            .and_where(column(listing::Column::TenantId).eq(tenant.0))
            .and_where(column(listing::Column::ContentType).eq(self.content_type.as_str()))
            .and_where(column(listing::Column::Locale).eq(self.locale.as_str()))
            .and_where(column(listing::Column::Field).eq(field))
            .and_where(column(listing::Column::Value).eq(value))
            .cond_where(self.condition(&self.filter, tenant));
        let order = self.seek(&mut select, window);
        select
            .order_by_expr(column(self.order.column()), order.clone())
            .order_by_expr(column(listing::Column::ItemId), order)
            .limit(window.size + 1);
        select
    }

    /// Goes to the place of the window; says in which order its rows are to be read.
    fn seek(&self, select: &mut SelectStatement, window: &Window) -> Order {
        for (cursor, later) in [(&window.after, true), (&window.before, false)] {
            if let Some(cursor) = cursor {
                let upwards = later == (self.direction == Direction::Ascending);
                select.cond_where(beyond(self.order, cursor, upwards));
            }
        }
        self.reading(window)
    }

    /// In which order the rows of the window are read.
    fn reading(&self, window: &Window) -> Order {
        match (self.direction, window.from_end) {
            (Direction::Ascending, false) | (Direction::Descending, true) => Order::Asc,
            _ => Order::Desc,
        }
    }

    fn rows(&self, tenant: TenantId) -> SelectStatement {
        let (field, value) = self.filter.driving().unwrap_or(("", ""));
        let mut select = Query::select();
        select
            .from(listing::Entity)
            .and_where(column(listing::Column::ContentType).eq(self.content_type.as_str()))
            .and_where(column(listing::Column::Locale).eq(self.locale.as_str()))
            .and_where(column(listing::Column::Field).eq(field))
            .and_where(column(listing::Column::Value).eq(value))
            .cond_where(self.condition(&self.filter.undriven(), tenant));
        select
    }

    fn condition(&self, filter: &Filter, tenant: TenantId) -> Condition {
        let each = |mut all: Condition, filters: &[Filter]| {
            for filter in filters {
                all = all.add(self.condition(filter, tenant));
            }
            all
        };
        match filter {
            Filter::All(filters) => each(Condition::all(), filters),
            Filter::Any(filters) if filters.is_empty() => nothing(),
            Filter::Any(filters) => each(Condition::any(), filters),
            Filter::Not(filter) => self.condition(filter, tenant).not(),
            Filter::Facet { field, values } => Condition::all().add(
                column(listing::Column::ItemId).in_subquery(self.with_facet(tenant, field, values)),
            ),
            Filter::TitlePrefix(text) => {
                let prefix = fold(text);
                if prefix.is_empty() && !text.trim().is_empty() {
                    return nothing();
                }
                let end = format!("{prefix}\u{7f}");
                Condition::all()
                    .add(column(listing::Column::TitleKey).gte(prefix))
                    .add(column(listing::Column::TitleKey).lt(end))
            }
            Filter::Date { from, until } => Condition::all()
                .add_option(from.map(|from| column(listing::Column::DateKey).gte(from.timestamp())))
                .add_option(
                    until.map(|until| column(listing::Column::DateKey).lt(until.timestamp())),
                ),
            Filter::UpdatedSince(time) => Condition::all()
                .add(column(listing::Column::UpdatedKey).gt(time.timestamp_millis())),
            Filter::NotExpired(day) => Condition::any()
                .add(column(listing::Column::ExpiresOn).is_null())
                .add(column(listing::Column::ExpiresOn).gte(*day)),
            Filter::Occurs { from, until } => Condition::all()
                .add(column(listing::Column::ItemId).in_subquery(occurring(tenant, *from, *until))),
        }
    }

    fn with_facet(&self, tenant: TenantId, field: &str, values: &[String]) -> SelectStatement {
        let other = Alias::new("facet");
        let of = |column: listing::Column| Expr::col((other.clone(), column));
        Query::select()
            .from_as(listing::Entity, other.clone())
            .expr(of(listing::Column::ItemId))
            .and_where(of(listing::Column::TenantId).eq(tenant.0))
            .and_where(of(listing::Column::ContentType).eq(self.content_type.as_str()))
            .and_where(of(listing::Column::Locale).eq(self.locale.as_str()))
            .and_where(of(listing::Column::Field).eq(field))
            .and_where(of(listing::Column::Value).is_in(values))
            .to_owned()
    }
}

/// Joins the published items to the column that names them and selects their pointers, so that the
/// page needs no second look-up. An overlay may show what is not published.
pub(in crate::content) fn select_pointers(
    select: &mut SelectStatement,
    item_id: impl IntoColumnRef,
    overlay: Option<&Overlay>,
) {
    join_items(select, item_id);
    if overlay.is_some() {
        return;
    }
    let published = content_item::Column::PublishedRevisionId;
    select.and_where(Expr::col((content_item::Entity, published)).is_not_null());
}

/// The same with items that are not published.
pub(in crate::content) fn join_items(select: &mut SelectStatement, item_id: impl IntoColumnRef) {
    let id = Expr::col((content_item::Entity, content_item::Column::Id));
    select.inner_join(content_item::Entity, id.eq(Expr::col(item_id)));
    pointer_columns(select);
}

/// Selects what a pointer is made of.
pub(in crate::content) fn pointer_columns(select: &mut SelectStatement) {
    use content_item::Column;
    let item = |column: Column| Expr::col((content_item::Entity, column));
    for column in [
        Column::Id,
        Column::ContentType,
        Column::PublishedRevisionId,
        Column::PublishedAt,
        Column::UpdatedAt,
    ] {
        select.expr(item(column));
    }
    // As text: it is read once, into what it is.
    select.expr_as(item(Column::Slugs).cast_as("text"), Alias::new("slugs"));
}

fn occurring(
    tenant: TenantId,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
) -> SelectStatement {
    use content_occurrence::Column;
    let of = |column: Column| Expr::col((content_occurrence::Entity, column));
    Query::select()
        .from(content_occurrence::Entity)
        .expr(of(Column::ItemId))
        .and_where(of(Column::TenantId).eq(tenant.0))
        .cond_where(within(from, until))
        .to_owned()
}

/// Occurrences that lie, at least in part, in a range; what ends as the range begins does not,
/// unless it begins there too.
pub(in crate::content) fn within(
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
) -> Condition {
    use content_occurrence::Column;
    let of = |column: Column| Expr::col((content_occurrence::Entity, column));
    let from = from.map(|from| {
        let beginning = Condition::any()
            .add(of(Column::EndsAt).gt(from.timestamp()))
            .add(of(Column::StartsAt).gte(from.timestamp()));
        // Follows from the others, and leads into the index.
        Condition::all()
            .add(of(Column::EndsAt).gte(from.timestamp()))
            .add(beginning)
    });
    Condition::all()
        .add_option(from)
        .add_option(until.map(|until| of(Column::StartsAt).lt(until.timestamp())))
}

fn nothing() -> Condition {
    Condition::all().add(Expr::value(1).eq(0))
}

fn beyond(order: OrderBy, cursor: &Cursor, upwards: bool) -> Condition {
    let key = column(order.column());
    let id = column(listing::Column::ItemId);
    let ItemId(last) = cursor.id();
    let value: SimpleExpr = match cursor.value() {
        OrderValue::Text(text) => Expr::value(text.clone()),
        OrderValue::Time(time) => Expr::value(*time),
    };
    // As a row comparison the index is entered at the right place on both databases.
    let place = Expr::tuple([key, id]);
    let last = Expr::tuple([value, Expr::value(last)]);
    let comparison = if upwards {
        place.gt(last)
    } else {
        place.lt(last)
    };
    Condition::all().add(comparison)
}
