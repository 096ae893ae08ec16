//! A double of App IO that behaves as it does, not as one would wish: it counts the calls of an account whoever makes them,
//! says in a header of its own when there may be another, has no memory of what it was sent, takes messages in before it
//! delivers them, and accepts new keys only after a while.

mod conduct;
mod device;
mod manage;
mod reader;
mod server;
mod services;
mod state;

use municipio_domain::notifications::Environment;

pub use conduct::{Conduct, Faults};
pub use device::Device;
pub use reader::{Opened, Reader, RemoteFile, Unreadable};
pub use server::{Double, StopHandle};
pub use state::{Group, Habits, NewService, Taken};

/// The key with which assertions are fetched from a double.
pub const LOLLIPOP_KEY: &str = "municipio-double-lollipop-key";
/// The citizen of tests, whom every service may write to.
pub const SANDBOX: &str = Environment::SANDBOX_CODE;
