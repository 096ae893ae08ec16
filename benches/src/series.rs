//! The same operations measured on larger and larger databases.

use std::{fmt, time::Duration};

use crate::{
    Result,
    load::{Measurement, Target, measure},
    operations::Operation,
    program::Program,
    progress,
    report::{Table, ms},
    store::Store,
};

/// Operations by name, each measured once for every size.
#[derive(Debug, Default)]
pub struct Series {
    sizes: Vec<String>,
    rows: Vec<(String, Vec<Measurement>)>,
}

/// How operations are measured.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The program.
    pub program: &'a Program,
    /// Its settings.
    pub settings: &'a [(&'a str, &'a str)],
    /// What the names of the operations are followed by.
    pub remark: &'a str,
    /// How long each is measured.
    pub time: Duration,
}

impl Series {
    /// Begins with the next size.
    pub fn begin(&mut self, size: impl Into<String>) {
        self.sizes.push(size.into());
    }

    /// Measures operations on one connection: how long an answer takes when nothing is queued.
    pub async fn look(
        &mut self,
        look: Look<'_>,
        store: &Store,
        operations: &[Operation],
    ) -> Result<()> {
        let server = look.program.serve(store, look.settings).await?;
        let target = Target {
            address: server.address(),
            processes: store.processes(&server),
        };
        for operation in operations {
            let name = format!("{}{}", operation.name(), look.remark);
            progress(format_args!("{}: {name}", self.sizes.join(" → ")));
            operation.try_out(&server).await?;
            let measured = measure(&target, operation.requests(), 1, look.time).await?;
            self.add(name, measured);
        }
        server.stop()
    }

    fn add(&mut self, name: String, measured: Measurement) {
        match self.rows.iter_mut().find(|(known, _)| *known == name) {
            Some((_, row)) => row.push(measured),
            None => self.rows.push((name, vec![measured])),
        }
    }
}

impl fmt::Display for Series {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut columns = vec!["p50 ms (CPU ms of server and database)".to_owned()];
        columns.extend(self.sizes.iter().cloned());
        columns.push("p50 last ÷ first".to_owned());
        let mut table = Table::new(&columns);
        for (name, row) in &self.rows {
            let mut cells = vec![name.clone()];
            cells.extend(
                row.iter()
                    .map(|one| format!("{} ({})", ms(one.p50), ms(one.cpu()))),
            );
            let ratio = row.first().zip(row.last());
            let ratio = ratio.map(|(first, last)| last.p50.as_secs_f64() / first.p50.as_secs_f64());
            cells.push(ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")));
            table.row(&cells);
        }
        table.fmt(formatter)
    }
}
