//! Tasks: what a server was asked to write, it does later. The client library cannot read a task that was
//! canceled, nor some kinds of them, so tasks are read here, whatever else they say.

use std::time::Duration;

use meilisearch_sdk::{
    errors::{Error, ErrorCode},
    request::{HttpClient, Method},
    task_info::TaskInfo,
};
use municipio_domain::search::EngineError;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::time::sleep;

use super::{http::Http, is, unavailable};

/// How long to wait before the first look, and at the most between two.
const SOON: Duration = Duration::from_millis(5);
const LATE: Duration = Duration::from_millis(500);
/// How long to wait for a task altogether: others may stand before it.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// What is read of a task.
#[derive(Debug, Deserialize)]
struct Task {
    status: String,
    error: Option<TaskError>,
}

#[derive(Debug, Deserialize)]
struct TaskError {
    message: String,
}

/// Waits until a task is done.
pub(super) async fn settle(http: &Http, host: &str, uid: u32) -> Result<(), EngineError> {
    let address = format!("{host}/tasks/{uid}");
    let mut waited = Duration::ZERO;
    let mut pause = SOON;
    while waited < PATIENCE {
        sleep(pause).await;
        waited += pause;
        pause = (pause * 3 / 2).min(LATE);
        let task = match http.get::<Task>(&address).await {
            // The server keeps a million of them.
            Err(error) if is(&error, ErrorCode::TaskNotFound) => {
                return Err(EngineError::Unavailable(format!(
                    "task {uid} is not known any more"
                )));
            }
            task => task.map_err(unavailable)?,
        };
        match task.status.as_str() {
            "succeeded" => return Ok(()),
            "failed" => {
                let message = task.error.map(|error| error.message);
                return Err(EngineError::Failed(message.unwrap_or_default()));
            }
            "canceled" => {
                return Err(EngineError::Unavailable(format!("task {uid} was canceled")));
            }
            // Enqueued, being processed, or something that was invented since.
            _ => {}
        }
    }
    Err(EngineError::Unavailable(format!(
        "task {uid} waits for too long"
    )))
}

/// Changes these settings and no others.
pub(super) async fn change_settings(
    http: &Http,
    address: &str,
    settings: &Map<String, Value>,
) -> Result<TaskInfo, Error> {
    let method = Method::Patch {
        query: (),
        body: settings,
    };
    http.request::<(), &Map<String, Value>, TaskInfo>(address, method, 202)
        .await
}
