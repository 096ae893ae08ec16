//! The program in a folder of its own. What it says is read with a time limit, and it never
//! outlives its test.

use std::{
    ffi::OsString,
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::server::Server;

/// The same source as the program `municipio`; see `Cargo.toml`.
const PROGRAM: &str = env!("CARGO_BIN_EXE_municipio-under-test");
/// Longer than anything takes; a test that comes here hangs.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A folder in which the program runs, and the environment that it gets.
pub struct Folder {
    folder: TempDir,
    environment: Vec<(String, String)>,
    /// The largest file that the program can write, in kibibytes.
    largest_file: Option<u32>,
}

impl Folder {
    /// An empty folder, and nothing in the environment.
    pub fn bare() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            environment: Vec::new(),
            largest_file: None,
        }
    }

    /// An empty folder, a free port, and a log without what is usual.
    pub fn new() -> Self {
        Self::bare()
            .with("MUNICIPIO_LISTEN", "127.0.0.1:0")
            .with("MUNICIPIO_LOG", "warn")
    }

    /// The same without the demo municipality.
    pub fn without_demo() -> Self {
        Self::new().with("MUNICIPIO_DEMO", "off")
    }

    /// Sets an environment variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Lets the program write no file that is larger: it is told so as it is told of a full disk.
    pub fn with_largest_file(mut self, kibibytes: u32) -> Self {
        self.largest_file = Some(kibibytes);
        self
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The database, where it lies by default.
    pub fn database(&self) -> PathBuf {
        self.path().join("data").join("municipio.db")
    }

    /// Writes a file, and the folders it lies in.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What lies in it.
    pub fn names(&self) -> Vec<OsString> {
        let entries = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.start(arguments).finish()
    }

    /// Runs a command that must succeed; gives what it says.
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(0), "{arguments:?}: {}", outcome.stderr);
        outcome.stdout
    }

    /// Runs a command that must fail; gives its message.
    pub fn fail(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments);
        assert_eq!(
            outcome.code,
            Some(1),
            "{arguments:?}: {}{}",
            outcome.stdout,
            outcome.stderr
        );
        assert_eq!(outcome.stdout, "", "{arguments:?}");
        let message = outcome.stderr.strip_prefix("municipio: ");
        let message = message.unwrap_or_else(|| panic!("{arguments:?}: {}", outcome.stderr));
        message.trim_end().to_owned()
    }

    /// Runs a command that must fail with a message of one line that names all of this.
    pub fn fail_naming(&self, arguments: &[&str], wanted: &[&str]) {
        let message = self.fail(arguments);
        assert_eq!(message.lines().count(), 1, "more than one line: {message}");
        for wanted in wanted {
            assert!(
                message.contains(wanted),
                "«{wanted}» is missing in: {message}"
            );
        }
    }

    /// Starts a command that reads this from its standard input.
    pub fn start_with_input(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Process {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_ref()).unwrap();
        Process::new(child)
    }

    /// Starts a command.
    pub fn start(&self, arguments: &[&str]) -> Process {
        Process::new(self.command(arguments).spawn().unwrap())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match self.largest_file {
            None => Command::new(PROGRAM),
            Some(kibibytes) => {
                // The signal would end it before it could say anything. `ulimit` counts blocks of 512 bytes.
                let limited = format!(
                    "trap '' XFSZ; ulimit -f {}; exec {PROGRAM} \"$@\"",
                    kibibytes * 2
                );
                let mut command = Command::new("sh");
                command.args(["-c", &limited, "municipio"]);
                command
            }
        };
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("MUNICIPIO_") || text == "DATABASE_URL" {
                command.env_remove(&name);
            }
        }
        command
            .arg0("municipio")
            .args(arguments)
            .current_dir(self.path())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts it without a command, and reads its greeting.
    pub fn serve(&self) -> Server {
        let process = self.start(&[]);
        let mut greeting = Vec::new();
        while greeting.last().map(String::as_str) != Some("Ctrl-C stops it.") {
            let line = process.line();
            greeting.push(line.unwrap_or_else(|| panic!("no start: {}", process.errors())));
        }
        Server::new(process, greeting)
    }
}

fn send(signal: &str, id: u32) {
    let kill = format!("kill -{signal} {id}");
    let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(sent.success());
}

/// How a command ended.
pub struct Outcome {
    /// Its exit code; nothing when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The program while it runs.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    errors: Arc<Mutex<String>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Process {
    fn new(mut child: Child) -> Self {
        let (sender, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in stdout.lines() {
                // Nobody listens any more when the test has ended.
                let _ = sender.send(line.unwrap());
            }
        });
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let errors = Arc::new(Mutex::new(String::new()));
        let collected = Arc::clone(&errors);
        let reader = thread::spawn(move || {
            for line in stderr.lines() {
                let mut collected = collected.lock().unwrap();
                collected.push_str(&line.unwrap());
                collected.push('\n');
            }
        });
        Self {
            child,
            lines,
            errors,
            reader: Some(reader),
        }
    }

    /// Its number in the system.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line it says; nothing when it has ended.
    pub fn line(&self) -> Option<String> {
        match self.lines.recv_timeout(LIMIT) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("it says nothing: {}", self.errors()),
        }
    }

    /// Lets it run until it is ready, at most for this time.
    pub fn run_for(&self, time: Duration) {
        // What it says, and whether it has ended, does not matter to the caller.
        let _ = self.lines.recv_timeout(time);
    }

    pub fn errors(&self) -> String {
        self.errors.lock().unwrap().clone()
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        send(name, self.id());
    }

    /// Kills it, for another thread that does so at its moment.
    pub fn killer(&self) -> impl FnOnce() + Send + use<> {
        let id = self.id();
        move || send("KILL", id)
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Outcome {
        let mut stdout = String::new();
        while let Some(line) = self.line() {
            stdout.push_str(&line);
            stdout.push('\n');
        }
        let code = self.child.wait().unwrap().code();
        self.reader.take().unwrap().join().unwrap();
        Outcome {
            code,
            stdout,
            stderr: self.errors(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
