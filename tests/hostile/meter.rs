//! What the program has used, as Linux counts it.

use std::{collections::HashMap, fs, thread, time::Duration};

/// The time that each thread of a process has run.
pub struct Cpu(HashMap<String, u64>);

impl Cpu {
    /// As it is now.
    pub fn of(process: u32) -> Self {
        let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
        let read = threads.filter_map(|thread| {
            let thread = thread.unwrap().path();
            // A thread may end while its neighbours are read. The first number: nanoseconds on a core.
            let times = fs::read_to_string(thread.join("schedstat")).ok()?;
            let nanoseconds = times.split(' ').next()?.parse().ok()?;
            Some((thread.to_string_lossy().into_owned(), nanoseconds))
        });
        Self(read.collect())
    }

    /// As it is when all work is done: what follows the answer counts too.
    pub fn at_rest(process: u32) -> Self {
        let mut now = Self::of(process);
        for _ in 0..500 {
            thread::sleep(Duration::from_millis(2));
            let then = std::mem::replace(&mut now, Self::of(process));
            if now.0 == then.0 {
                break;
            }
        }
        now
    }

    /// Waits until the program does nothing by itself any more: a first start leaves it jobs to do.
    pub fn await_calm(process: u32) {
        const LONG: Duration = Duration::from_millis(300);
        for _ in 0..200 {
            let before = Self::of(process);
            thread::sleep(LONG);
            if Self::of(process).since(&before) < LONG / 100 {
                break;
            }
        }
    }

    /// What was used since then.
    pub fn since(&self, then: &Self) -> Duration {
        let used = self.0.iter().map(|(thread, now)| {
            let then = then.0.get(thread).copied().unwrap_or_default();
            now.saturating_sub(then)
        });
        Duration::from_nanos(used.sum())
    }
}

/// The memory of a process that is in use, in KiB.
pub fn memory(process: u32) -> u64 {
    of_status(process, "VmRSS:")
}

/// The most memory that a process had in use since that was last forgotten, in KiB.
pub fn peak_memory(process: u32) -> u64 {
    of_status(process, "VmHWM:")
}

fn of_status(process: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    number.unwrap().trim().parse().unwrap()
}
