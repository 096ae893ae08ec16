//! The tables, as they stand in `docs/performance.md`, and the machine they were measured on.

use std::{fmt, fs, path::Path, process::Command, time::Duration};

use sea_orm::Database;

use crate::{
    Common, Result,
    store::{Engine, query},
};

/// Parts of a document, each between markers of its name.
#[derive(Debug, Default)]
pub struct Report {
    parts: Vec<(&'static str, String)>,
}

impl Report {
    /// Adds a part.
    pub fn add(&mut self, name: &'static str, text: impl fmt::Display) {
        self.parts
            .push((name, text.to_string().trim_end().to_owned()));
    }

    /// Puts each part between its markers, `<!-- name -->` and `<!-- /name -->`.
    pub fn write(&self, file: &Path) -> Result<()> {
        let mut text = fs::read_to_string(file)?;
        for (name, part) in &self.parts {
            let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
            let missing = || format!("{} has no {}", file.display(), begin.trim_end());
            let (before, rest) = text.split_once(&begin).ok_or_else(missing)?;
            let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
            text = format!("{before}{begin}{part}\n{end}{after}");
        }
        Ok(fs::write(file, text)?)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (_, part) in &self.parts {
            writeln!(formatter, "{part}\n")?;
        }
        Ok(())
    }
}

/// A table in Markdown: text in the first column, numbers in the others.
#[derive(Debug)]
pub struct Table {
    lines: Vec<String>,
}

impl Table {
    /// A table with these columns.
    pub fn new<S: AsRef<str>>(columns: &[S]) -> Self {
        let names: Vec<_> = columns.iter().map(AsRef::as_ref).collect();
        let numbers = "---:|".repeat(columns.len().saturating_sub(1));
        let lines = vec![
            format!("| {} |", names.join(" | ")),
            format!("|---|{numbers}"),
        ];
        Self { lines }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: &[String]) {
        self.lines.push(format!("| {} |", cells.join(" | ")));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines
            .iter()
            .try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

/// A time in milliseconds.
pub fn ms(time: Duration) -> String {
    let value = time.as_secs_f64() * 1_000.0;
    match value {
        value if value < 0.1 => format!("{value:.3}"),
        value if value < 10.0 => format!("{value:.2}"),
        value => format!("{value:.0}"),
    }
}

/// A size in MiB.
pub fn mib(bytes: u64) -> String {
    format!("{:.0}", bytes as f64 / f64::from(1 << 20))
}

/// A number with commas between its thousands.
pub fn grouped(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or_default().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Requests a second.
pub fn rate(rate: f64) -> String {
    grouped(rate.round() as u64)
}

/// What everything was measured on and with.
pub async fn machine(common: &Common) -> Result<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let cpu = cpu
        .unwrap_or("unknown")
        .trim_start_matches(['\t', ' ', ':']);
    let cores = std::thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"));
    let memory = memory.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut lines = vec![format!(
        "{cpu}, {cores} cores, {} MiB of memory, Linux {}, {}, commit {}.",
        mib(memory.unwrap_or_default() * 1024),
        kernel.trim(),
        said_by("rustc", &["--version"]),
        said_by("git", &["describe", "--always", "--dirty", "--abbrev=7"]),
    )];
    for engine in common.engines() {
        lines.push(database(&engine).await?);
    }
    lines.push(
        "Client, server and database share the cores; all speak over the loopback interface."
            .to_owned(),
    );
    Ok(lines.join("\n"))
}

fn said_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.ok()
        .filter(|said| !said.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

async fn database(engine: &Engine) -> Result<String> {
    let (url, sql) = match engine {
        Engine::Sqlite => ("sqlite::memory:", "SELECT sqlite_version() AS said"),
        Engine::Postgres(url) => (
            url.as_str(),
            "SELECT current_setting('server_version') || ': shared_buffers ' || current_setting('shared_buffers') \
               || ', fsync ' || current_setting('fsync') \
               || ', synchronous_commit ' || current_setting('synchronous_commit') AS said",
        ),
    };
    let connection = Database::connect(url).await?;
    let rows = query(&connection, sql, []).await?;
    let said: String = rows.first().ok_or("no version")?.try_get("", "said")?;
    Ok(format!("{} {said}.", engine.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_put_between_their_markers() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "a\n<!-- x -->\nold\n<!-- /x -->\nb\n").unwrap();
        let mut report = Report::default();
        report.add("x", "new\n");
        report.write(file.path()).unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        assert_eq!(text, "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n");
        report.add("y", "");
        assert!(report.write(file.path()).is_err());
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(grouped(1_234_567_u64), "1,234,567");
        assert_eq!(grouped(999_u64), "999");
        assert_eq!(ms(Duration::from_micros(1_234)), "1.23");
        assert_eq!(ms(Duration::from_micros(12)), "0.012");
    }

    #[test]
    fn tables_are_markdown() {
        let mut table = Table::new(&["a", "b"]);
        table.row(&["x".to_owned(), "1".to_owned()]);
        assert_eq!(table.to_string(), "| a | b |\n|---|---:|\n| x | 1 |\n");
    }
}
