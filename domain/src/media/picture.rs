//! Where pictures are worked on: on threads, because all that most decoders do follows from the pixels, which are
//! bounded. A JPEG may go over all of them once for each of its scans, and nothing breaks its decoder off: one of
//! several scans is worked on in a process of its own ([`super::process`]), which has an end.

use std::{
    io::{self, BufRead, Read, Write},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};

use super::{
    FileFacts, FileKind, Format, ImageLimits, MediaError, Refusal, TenantMedia,
    image::{self, Rendering, Seen},
    process::{Said, Task, bound, say},
    workshop::Place,
};

/// The command of the program that works on a picture.
pub const WORK_ON_PICTURE: &str = "work-on-picture";
/// How many seconds the process may work.
const SECONDS: u64 = 20;

const TASK: Task = Task {
    command: WORK_ON_PICTURE,
    most: 128 * 1024 * 1024,
    patience: Duration::from_secs(3 * SECONDS),
};

/// What is to be done with the picture that follows.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    kind: FileKind,
    limits: ImageLimits,
    /// Which variant is made, in which form; when there is none, it is said what the picture is.
    variant: Option<(String, Format)>,
}

impl TenantMedia {
    /// The picture as it is kept, and what is known of it.
    pub(super) async fn inspect(
        &self,
        place: &Place,
        kind: FileKind,
        bytes: Bytes,
    ) -> Result<(Bytes, FileFacts), MediaError> {
        let limits = self.shared().limits.image;
        let normal = place.work(move || image::normalise(kind, bytes, &limits));
        let normal = normal.await.map_err(damaged)??;
        let order = Order {
            kind,
            limits,
            variant: None,
        };
        let seen = match normal.passes {
            ..=1 => {
                let bytes = normal.bytes.clone();
                let seen = place.work(move || image::look(kind, &bytes, &limits));
                seen.await.map_err(damaged)?
            }
            _ => {
                let said = self.have_worked_on(&order, normal.bytes.clone()).await?;
                let seen = said.is_whole.then(|| serde_json::from_slice(&said.bytes));
                match seen {
                    Some(Ok(seen)) => seen,
                    _ => return Err(too_complex().into()),
                }
            }
        };
        let seen: Seen = seen.map_err(Refusal::Damaged)?;
        let facts = seen.facts(kind, &normal);
        Ok((normal.bytes, facts))
    }

    /// A variant of a picture.
    pub(super) async fn render(
        &self,
        place: &Place,
        rendering: Rendering,
    ) -> Result<Bytes, MediaError> {
        let limits = self.shared().limits.image;
        if image::passes(rendering.kind, &rendering.bytes) <= 1 {
            return place
                .work(move || image::render(&rendering, &limits))
                .await?;
        }
        let order = Order {
            kind: rendering.kind,
            limits,
            variant: Some((rendering.variant.to_string(), rendering.format)),
        };
        let said = self.have_worked_on(&order, rendering.bytes).await?;
        match said.is_whole {
            true => Ok(said.bytes.into()),
            false => Err(MediaError::Render("it is too much work".to_owned())),
        }
    }

    async fn have_worked_on(&self, order: &Order, bytes: Bytes) -> Result<Said, MediaError> {
        let mut line =
            serde_json::to_vec(order).map_err(|error| MediaError::Render(error.to_string()))?;
        line.push(b'\n');
        let input = stream::iter([Ok(line.into()), Ok(bytes)]).boxed();
        self.shared().program.run(TASK, input).await
    }
}

/// A library gave up on a picture that is not kept yet.
fn damaged(error: MediaError) -> MediaError {
    match error {
        MediaError::Render(reason) => Refusal::Damaged(reason).into(),
        other => other,
    }
}

fn too_complex() -> Refusal {
    Refusal::TooComplex(format!("it cannot be decoded in {SECONDS} seconds"))
}

/// What the process does: it reads an order and a picture from its input, and says what the picture is, as JSON, or
/// gives the variant.
///
/// # Errors
/// Its limits cannot be set, the picture is too much work, or nobody listens.
pub fn work_on_picture() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut order = Vec::new();
    input.by_ref().take(1024).read_until(b'\n', &mut order)?;
    let order: Order = serde_json::from_slice(&order)?;
    bound(order.limits.most_of_a_process(), SECONDS)?;
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    let Some((variant, format)) = order.variant else {
        return say(&image::look(order.kind, &bytes, &order.limits));
    };
    let rendering = Rendering {
        kind: order.kind,
        bytes: bytes.into(),
        variant: variant.parse().map_err(io::Error::other)?,
        format,
    };
    let made = image::render(&rendering, &order.limits).map_err(io::Error::other)?;
    io::stdout().lock().write_all(&made)
}
