//! Lists seen through an overlay: the statements that read `content_listing` and `content_occurrence` get,
//! under the same names, the rows of all other items and those of the overlay, which are handed over as JSON.
//! The statements themselves stay as they are.

use municipio_entities::{content_listing, content_occurrence};
use sea_orm::{
    DbBackend, Iden,
    sea_query::{
        Alias, CommonTableExpression, Expr, ExprTrait, Func, IntoTableRef, Query, SelectStatement,
        SimpleExpr, TableRef, UnionType, WithClause,
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Overlay;
use crate::{
    content::{ContentType, ListQuery},
    ids::{ItemId, TenantId},
};

/// The alias of the rows of a JSON text.
const ROWS: &str = "laid";

/// What a column of a JSON row is read as.
#[derive(Clone, Copy)]
enum As {
    Id,
    Text,
    Key,
    Number,
    Date,
    Bool,
}

impl Overlay {
    /// The lists that a query reads by these fields.
    pub(crate) fn lists(&self, tenant: TenantId, query: &ListQuery, fields: &[&str]) -> WithClause {
        let mut with = WithClause::new();
        with.cte(self.listing(tenant, query, fields));
        // A filter may ask when an event takes place.
        if query.content_type == ContentType::Event {
            with.cte(self.calendar(tenant));
        }
        with
    }

    /// The calendar.
    pub(crate) fn times(&self, tenant: TenantId) -> WithClause {
        WithClause::new().cte(self.calendar(tenant)).to_owned()
    }

    fn listing(
        &self,
        tenant: TenantId,
        query: &ListQuery,
        fields: &[&str],
    ) -> CommonTableExpression {
        use content_listing::{Column, Entity};
        let (content_type, locale) = (query.content_type.as_str(), query.locale.as_str());
        let columns = [
            (Column::ItemId, As::Id),
            (Column::Locale, As::Text),
            (Column::Field, As::Text),
            (Column::Value, As::Text),
            (Column::ContentType, As::Text),
            (Column::TitleKey, As::Key),
            (Column::DateKey, As::Number),
            (Column::UpdatedKey, As::Number),
            (Column::ExpiresOn, As::Date),
        ];
        let mut others = Query::select();
        others
            .and_where(Expr::col(Column::ContentType).eq(content_type))
            .and_where(Expr::col(Column::Locale).eq(locale))
            .and_where(Expr::col(Column::Field).is_in(fields.iter().copied()));
        let rows = self.rows.iter().filter(|row| {
            row.content_type == content_type
                && row.locale == locale
                && fields.contains(&row.field.as_str())
        });
        let rows = rows.map(|row| {
            json!([
                id(row.item_id),
                row.locale,
                row.field,
                row.value,
                row.content_type,
                row.title_key,
                row.date_key,
                row.updated_key,
                row.expires_on,
            ])
        });
        let rows = rows.collect();
        let hidden = self.items_of(query.content_type);
        self.table(Entity, tenant, others, &columns, rows, hidden)
    }

    fn calendar(&self, tenant: TenantId) -> CommonTableExpression {
        use content_occurrence::{Column, Entity};
        let columns = [
            (Column::ItemId, As::Id),
            (Column::StartsAt, As::Number),
            (Column::EndsAt, As::Number),
            (Column::AllDay, As::Bool),
        ];
        let rows = self
            .occurrences
            .iter()
            .map(|row| json!([id(row.item_id), row.starts_at, row.ends_at, row.all_day]));
        let rows = rows.collect();
        let hidden = self.items_of(ContentType::Event);
        self.table(Entity, tenant, Query::select(), &columns, rows, hidden)
    }

    /// A table under its own name: the rows of `others` but those of hidden items, and these.
    fn table<C: Iden + Copy + 'static>(
        &self,
        name: impl Iden + Copy + 'static,
        tenant: TenantId,
        mut others: SelectStatement,
        columns: &[(C, As)],
        rows: Vec<Value>,
        hidden: impl IntoIterator<Item = ItemId>,
    ) -> CommonTableExpression {
        let names = || columns.iter().map(|(column, _)| *column);
        let (tenant_id, item_id) = (Alias::new("tenant_id"), Alias::new("item_id"));
        let hidden: Vec<_> = hidden.into_iter().map(|item| id(item.0)).collect();
        let mut ids = self.json(Value::Array(hidden));
        ids.expr(self.scalar(As::Id));
        others
            .from(self.real(name))
            .columns(names())
            .column(tenant_id.clone())
            .and_where(Expr::col(tenant_id.clone()).eq(tenant.0))
            .and_where(Expr::col(item_id).not_in_subquery(ids));
        let mut laid = self.json(Value::Array(rows));
        for (index, (_, kind)) in columns.iter().enumerate() {
            laid.expr(self.element(index, *kind));
        }
        laid.expr(Expr::value(tenant.0));
        let mut table = CommonTableExpression::new();
        table
            .table_name(name)
            .columns(names().map(|column| Alias::new(column.to_string())))
            .column(tenant_id)
            .query(others.union(UnionType::All, laid).to_owned());
        if self.backend == DbBackend::Postgres {
            // Each part of the statement then finds its rows through an index.
            table.materialized(false);
        }
        table
    }

    /// The table itself, not what bears its name in the statement. PostgreSQL means it anyway.
    fn real(&self, name: impl Iden + 'static) -> TableRef {
        match self.backend {
            DbBackend::Postgres => name.into_table_ref(),
            _ => (Alias::new("main"), Alias::new(name.to_string())).into_table_ref(),
        }
    }

    /// Reads a JSON array row by row.
    fn json(&self, rows: Value) -> SelectStatement {
        let text = Expr::value(rows.to_string());
        let function = match self.backend {
            DbBackend::Postgres => Func::cust("jsonb_array_elements").arg(text.cast_as("jsonb")),
            _ => Func::cust("json_each").arg(text),
        };
        Query::select().from_function(function, ROWS).to_owned()
    }

    /// An element of a row that is an array.
    fn element(&self, index: usize, kind: As) -> SimpleExpr {
        self.read(&format!("\"{ROWS}\".\"value\" ->> {index}"), kind)
    }

    /// A row that is one value.
    fn scalar(&self, kind: As) -> SimpleExpr {
        match self.backend {
            // The root of the value as text.
            DbBackend::Postgres => self.read(&format!("\"{ROWS}\".\"value\" #>> '{{}}'"), kind),
            _ => self.read(&format!("\"{ROWS}\".\"value\""), kind),
        }
    }

    fn read(&self, value: &str, kind: As) -> SimpleExpr {
        if self.backend != DbBackend::Postgres {
            return Expr::cust(match kind {
                As::Id => format!("unhex({value})"),
                _ => value.to_owned(),
            });
        }
        let cast = |name: &str| format!("CAST({value} AS {name})");
        Expr::cust(match kind {
            As::Id => cast("uuid"),
            As::Text => cast("varchar"),
            // The column has it too; without it the two would disagree.
            As::Key => cast("varchar") + " COLLATE \"C\"",
            As::Number => cast("bigint"),
            As::Date => cast("date"),
            As::Bool => cast("boolean"),
        })
    }
}

/// Without hyphens both databases read it.
fn id(id: Uuid) -> Value {
    Value::String(id.simple().to_string())
}
