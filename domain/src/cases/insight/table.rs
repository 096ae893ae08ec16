//! The figures as a table that spreadsheets read: CSV as RFC 4180 has it, in UTF-8.

use std::collections::HashMap;

use csv::{Terminator, WriterBuilder};

use super::Insight;
use crate::{ids::ItemId, store::StoreError};

/// The names of the columns.
const COLUMNS: [&str; 13] = [
    "procedure",
    "procedure_title",
    "office",
    "office_title",
    "begun",
    "begun_online",
    "closed",
    "closed_in_time",
    "closed_late",
    "average_days",
    "longest_days",
    "open",
    "overdue",
];

impl Insight {
    /// A row for each procedure and office, with the ids and titles that these have; a title is empty that is not known.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn table(
        &self,
        id: impl Fn(ItemId, &str) -> String,
        titles: &HashMap<ItemId, String>,
    ) -> Result<String, StoreError> {
        let mut table = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .from_writer(Vec::new());
        let failed = |error: csv::Error| StoreError::corrupt("table of figures", error);
        table.write_record(COLUMNS).map_err(failed)?;
        for ((procedure, office), figures) in self.by(|row| (row.procedure, row.office)) {
            let title = |id: ItemId| titles.get(&id).cloned().unwrap_or_default();
            let average = figures.average_days();
            let record = [
                id(procedure, "Procedure"),
                title(procedure),
                id(office, "Office"),
                title(office),
                figures.begun.to_string(),
                figures.begun_online.to_string(),
                figures.closed.to_string(),
                figures.closed_in_time.to_string(),
                figures.closed_late.to_string(),
                average.map_or_else(String::new, |days| format!("{days:.2}")),
                figures
                    .longest
                    .map_or_else(String::new, |days| days.to_string()),
                figures.open.to_string(),
                figures.overdue.to_string(),
            ];
            table.write_record(record).map_err(failed)?;
        }
        let bytes = table
            .into_inner()
            .map_err(|error| StoreError::corrupt("table of figures", error))?;
        String::from_utf8(bytes).map_err(|error| StoreError::corrupt("table of figures", error))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Figures, InsightRow},
        *,
    };

    #[test]
    fn a_table_is_read_as_it_was_meant() {
        let [procedure, office] = std::array::from_fn(|_| ItemId::generate());
        let figures = Figures {
            begun: 3,
            closed: 2,
            closed_in_time: 1,
            closed_late: 1,
            days: 5,
            longest: Some(4),
            ..Figures::default()
        };
        let row = |state: &str, figures| InsightRow {
            procedure,
            office,
            state: state.to_owned(),
            figures,
        };
        let insight = Insight {
            rows: vec![row("a", figures), row("b", Figures::default())],
        };
        let titles = HashMap::from([(procedure, "Accesso, «atti»\ne \"copie\"".to_owned())]);
        let table = insight
            .table(|_, kind| kind.to_lowercase(), &titles)
            .unwrap();
        assert!(table.lines().all(|line| !line.is_empty()) && table.ends_with("\r\n"));
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        let cells: Vec<_> = rows[0].iter().collect();
        assert_eq!(rows.len(), 1);
        assert_eq!(
            cells,
            [
                "procedure",
                "Accesso, «atti»\ne \"copie\"",
                "office",
                "",
                "3",
                "0",
                "2",
                "1",
                "1",
                "2.50",
                "4",
                "0",
                "0"
            ]
        );
    }
}
