//! CPU time and memory of processes, from `/proc`.

use std::{collections::HashMap, fs, time::Duration};

use crate::Result;

/// The kernel gives the times of ended children in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// A server and the database it uses.
#[derive(Clone, Debug)]
pub struct Processes {
    /// The server.
    pub server: u32,
    /// The first process of PostgreSQL.
    pub postgres: Option<u32>,
}

/// CPU time used so far.
#[derive(Clone, Debug)]
pub struct Cpu {
    /// By the server.
    pub server: Duration,
    /// By PostgreSQL.
    pub database: Duration,
    /// By this program.
    pub client: Duration,
}

/// Memory in use, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Now.
    pub resident: u64,
    /// The most there was.
    pub peak: u64,
}

impl Processes {
    /// CPU time used so far.
    pub fn cpu(&self) -> Result<Cpu> {
        Ok(Cpu {
            server: of_process(self.server)?,
            database: self
                .postgres
                .map(of_family)
                .transpose()?
                .unwrap_or_default(),
            client: of_process(std::process::id())?,
        })
    }
}

impl Cpu {
    /// What was used since an earlier look.
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            server: self.server.saturating_sub(earlier.server),
            database: self.database.saturating_sub(earlier.database),
            client: self.client.saturating_sub(earlier.client),
        }
    }
}

/// CPU time of all threads of a process that still run, in nanoseconds.
fn of_process(process: u32) -> Result<Duration> {
    let mut sum = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end between the two looks.
        let Ok(times) = fs::read_to_string(thread?.path().join("schedstat")) else {
            continue;
        };
        let first = times.split(' ').next().unwrap_or_default();
        sum += Duration::from_nanos(first.parse()?);
    }
    Ok(sum)
}

/// CPU time of a process and its children, those that have ended too.
fn of_family(parent: u32) -> Result<Duration> {
    let parents = parents()?;
    let children = parents.iter().filter(|(_, of)| **of == parent);
    let mut sum = of_process(parent)? + ended_children(parent)?;
    for (child, _) in children {
        sum += of_process(*child).unwrap_or_default();
    }
    Ok(sum)
}

/// The parent of each process.
fn parents() -> Result<HashMap<u32, u32>> {
    let mut parents = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Ok(process) = name.to_string_lossy().parse() else {
            continue;
        };
        if let Ok(parent) = parent(process) {
            parents.insert(process, parent);
        }
    }
    Ok(parents)
}

/// The parent of a process.
pub fn parent(process: u32) -> Result<u32> {
    field(process, 4)?.try_into().map_err(Into::into)
}

fn ended_children(process: u32) -> Result<Duration> {
    let ticks = field(process, 16)? + field(process, 17)?;
    Ok(TICK * u32::try_from(ticks)?)
}

/// A number of `/proc/PID/stat`, counted as in proc(5). The name of the process stands in
/// parentheses before them and may hold anything.
fn field(process: u32, number: usize) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after = text.rsplit_once(") ").map(|(_, after)| after);
    let value = after.and_then(|after| after.split(' ').nth(number - 3));
    Ok(value.unwrap_or_default().parse()?)
}

/// Memory of a process.
pub fn memory(process: u32) -> Result<Memory> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let value = |name: &str| -> Result<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(number.unwrap_or_default().parse::<u64>()? * 1024)
    };
    Ok(Memory {
        resident: value("VmRSS:")?,
        peak: value("VmHWM:")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_seen() {
        let process = std::process::id();
        assert!(of_process(process).unwrap() > Duration::ZERO);
        assert_eq!(
            parent(process).unwrap(),
            std::os::unix::process::parent_id()
        );
        let memory = memory(process).unwrap();
        assert!(memory.resident > 0 && memory.peak >= memory.resident);
    }
}
