//! The program `municipio` as a child process.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use clap::Parser;
use municipio::cli::Cli;

use crate::{Result, client::Connection, store::Store};

/// What the program encrypts with.
pub const SECRET: &str = "a secret of 32 characters for measurements";
/// Longer than any start takes.
const LIMIT: Duration = Duration::from_secs(60);

/// How to start the program.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    is_self: bool,
}

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Program {
    /// The program at this path; `self` is the copy inside this program, and none is the one beside it.
    pub fn find(path: Option<&Path>) -> Result<Self> {
        let this = std::env::current_exe()?;
        let is_self = path.is_some_and(|path| path == Path::new("self"));
        let path = match path {
            _ if is_self => this,
            Some(path) => path.to_owned(),
            None => this.with_file_name("municipio"),
        };
        if !path.is_file() {
            let message = format!(
                "there is no program {}: build it, or name it with --program",
                path.display()
            );
            return Err(message.into());
        }
        Ok(Self { path, is_self })
    }

    /// A command of the program on this store, with nothing of our own environment.
    fn command(&self, store: &Store) -> Command {
        let mut command = Command::new(&self.path);
        if self.is_self {
            command.args(["municipio", "--"]);
        }
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MUNICIPIO_") {
                command.env_remove(name);
            }
        }
        command
            .env_remove("DATABASE_URL")
            // The one that is measured is told where it is.
            .env_remove("MEILI_URL")
            .env_remove("MEILI_API_KEY")
            .current_dir(store.folder())
            .envs(store.environment())
            // Beside PostgreSQL there is none by itself.
            .env("MUNICIPIO_SECRET", SECRET)
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end; gives what it says.
    pub fn run<S: AsRef<OsStr>>(&self, store: &Store, arguments: &[S]) -> Result<String> {
        let output = self.command(store).args(arguments).output()?;
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr);
            return Err(format!("the command failed: {error}").into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Starts the server with these settings; gives it at once.
    pub fn start(&self, store: &Store, settings: &[(&str, &str)]) -> Result<Server> {
        let address = free_address()?;
        let mut command = self.command(store);
        command
            .arg("serve")
            .env("MUNICIPIO_LISTEN", address.to_string())
            .envs(settings.iter().copied());
        Server::start(command, address, store)
    }

    /// Starts the server with these settings, and waits until it answers.
    pub async fn serve(&self, store: &Store, settings: &[(&str, &str)]) -> Result<Server> {
        let mut server = self.start(store, settings)?;
        server.wait().await?;
        Ok(server)
    }
}

impl Server {
    /// Starts a server that listens on this address; what it says goes into a file of the store.
    pub fn start(mut command: Command, address: SocketAddr, store: &Store) -> Result<Self> {
        let log = store
            .folder()
            .join(format!("server-{}.log", address.port()));
        let file = File::create(&log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()?;
        Ok(Self {
            child,
            address,
            log,
        })
    }

    /// Waits until it answers.
    pub async fn wait(&mut self) -> Result<()> {
        let request = format!(
            "GET /health/live HTTP/1.1\r\nHost: {}\r\n\r\n",
            self.address
        );
        self.wait_for(request.as_bytes()).await
    }

    /// Waits until it answers this request with status 200.
    pub async fn wait_for(&mut self, request: &[u8]) -> Result<()> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the server ended ({status}): {}", self.said()).into());
            }
            if answers(self.address, request).await {
                return Ok(());
            }
            if start.elapsed() > LIMIT {
                return Err(format!("the server does not answer: {}", self.said()).into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// What it said so far.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        let process = self.process().to_string();
        Command::new("kill").args(["-TERM", &process]).status()?;
        match self.child.wait()? {
            status if status.success() => Ok(()),
            status => Err(format!("the server ended with {status}: {}", self.said()).into()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn answers(address: SocketAddr, request: &[u8]) -> bool {
    let Ok(mut connection) = Connection::open(address).await else {
        return false;
    };
    let answer = connection.exchange(request).await;
    answer.is_ok_and(|answer| answer.status == 200)
}

/// A port that nobody listens on.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Runs the copy of the program inside this one.
pub async fn inside(arguments: Vec<OsString>) -> Result<()> {
    let name = OsString::from("municipio");
    let arguments = std::iter::once(name).chain(arguments);
    Cli::parse_from(arguments).run().await
}
