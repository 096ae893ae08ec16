//! Perspectives as a request names them.

use async_graphql::{ID, ServerError};
use chrono::DateTime;
use municipio_domain::{
    content::{Perspective, PerspectiveError},
    ids::ReleaseId,
    tenants::IpaCode,
};

use crate::{
    error::ErrorCode,
    global_id::{self, Kind},
};

/// Reads what a request names: `published`, `draft`, `release=` with the global id of a release, or `as-of=`
/// with a moment as RFC 3339 writes it.
///
/// # Errors
/// It is none of these.
pub fn read_perspective(text: &str, municipality: &IpaCode) -> Result<Perspective, ServerError> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name.trim(), Some(value.trim())),
        None => (text.trim(), None),
    };
    match (name, value) {
        ("published", None) => Ok(Perspective::Published),
        ("draft", None) => Ok(Perspective::Drafts),
        ("release", Some(id)) => {
            let id = ID(id.to_owned());
            let id = global_id::decode_as(&id, Kind::Release, municipality, "perspective");
            let id = id.map_err(|error| ErrorCode::InvalidPerspective.refuse(error.message))?;
            Ok(Perspective::Release(ReleaseId(id)))
        }
        ("as-of", Some(moment)) => {
            let moment = DateTime::parse_from_rfc3339(moment).map_err(|_| {
                let message =
                    "a moment is written as RFC 3339 has it, such as 2026-05-01T00:00:00+02:00";
                ErrorCode::InvalidPerspective.refuse(message)
            })?;
            Ok(Perspective::AsOf(moment.to_utc()))
        }
        _ => {
            let message =
                "a perspective is published, draft, release=<id> or as-of=<date and time>";
            Err(ErrorCode::InvalidPerspective.refuse(message))
        }
    }
}

/// Tells why a perspective cannot be given.
pub fn refuse_perspective(error: &PerspectiveError) -> ServerError {
    let code = match error {
        PerspectiveError::Store(error) => {
            let code = ErrorCode::from(error);
            tracing::error!(%error, code = code.as_str(), "a perspective cannot be read");
            return code.refuse(code.apology());
        }
        PerspectiveError::ToCome | PerspectiveError::RolledBack => ErrorCode::InvalidPerspective,
        PerspectiveError::NoSuchRelease => ErrorCode::NotFound,
        PerspectiveError::TooLarge => ErrorCode::PerspectiveTooLarge,
    };
    code.refuse(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perspectives_are_read() {
        let own: IpaCode = "c_h501".parse().unwrap();
        let other: IpaCode = "c_m999".parse().unwrap();
        let release = ReleaseId::generate();
        let id = global_id::encode_as(Kind::Release, &own, release);
        let read = |text: &str| read_perspective(text, &own);
        assert_eq!(read("published").unwrap(), Perspective::Published);
        assert_eq!(read(" draft ").unwrap(), Perspective::Drafts);
        let named = format!("release={}", id.as_str());
        assert_eq!(read(&named).unwrap(), Perspective::Release(release));
        assert!(read_perspective(&named, &other).is_err());
        let midnight = "as-of=2026-05-01T00:00:00+02:00";
        let moment = DateTime::parse_from_rfc3339("2026-04-30T22:00:00Z").unwrap();
        assert_eq!(read(midnight).unwrap(), Perspective::AsOf(moment.to_utc()));
        for wrong in [
            "",
            "drafts",
            "draft=1",
            "release",
            "release=1",
            "as-of",
            "as-of=2026",
            "=",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
