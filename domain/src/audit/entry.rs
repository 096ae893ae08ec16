//! An entry and its hash. The hash is SHA-256, in lower-case hexadecimal, over the entry as JSON in
//! the canonical form of RFC 8785, without its member `hash`; so whoever holds exported entries can
//! compute it with any library for that form.

use chrono::{DateTime, SecondsFormat, Utc};
use municipio_entities::audit_entry;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json_canonicalizer::to_string as canonical;

use super::{Actor, Deed};
use crate::{
    chain::{Head, hash_of},
    ids::TenantId,
    store::StoreError,
};

/// What is kept of a text that a client may have chosen.
const LONGEST: usize = 200;

/// An entry of the audit log. Its JSON is the exported form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The tenant to whose log it belongs.
    pub tenant: TenantId,
    /// Its number: 1, 2, 3 and so on, in the order of the commits.
    pub number: i64,
    /// When it was done.
    #[serde(serialize_with = "microseconds")]
    pub at: DateTime<Utc>,
    /// Who did it: `account:…` or `key:…`, `anonymous`, `command` or `system`.
    pub actor: String,
    /// The name of the actor at that time.
    pub actor_name: Option<String>,
    /// What was done, such as `content.publish`.
    pub name: String,
    /// What it was done to.
    pub subject: Option<String>,
    /// What else is worth knowing.
    pub details: Value,
    /// The request by which it was done.
    pub request_id: Option<String>,
    /// The network from which the request came.
    pub client_network: Option<String>,
    /// The hash of the entry before it; zeros for the first.
    pub previous_hash: String,
    /// The hash of this entry.
    pub hash: String,
}

fn microseconds<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

fn unwritable(error: serde_json::Error) -> StoreError {
    StoreError::corrupt("audit entry", error)
}

impl Entry {
    /// The entry after the one with this hash.
    pub(super) fn new(
        tenant: TenantId,
        number: i64,
        previous_hash: String,
        actor: &Actor,
        deed: &Deed,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let network = actor.origin.network;
        let mut entry = Self {
            tenant,
            number,
            // As precise as it is stored.
            at: instant(now.timestamp_micros())?,
            actor: shown(&actor.id),
            actor_name: actor.name.as_deref().map(shown),
            name: deed.name.to_owned(),
            subject: deed.subject.as_deref().map(shown),
            details: deed.details.clone(),
            request_id: actor.origin.request_id.as_deref().map(shown),
            client_network: network.map(|network| network.to_string()),
            previous_hash,
            hash: String::new(),
        };
        entry.hash = entry.computed_hash()?;
        Ok(entry)
    }

    /// The hash that the entry should have.
    pub(super) fn computed_hash(&self) -> Result<String, StoreError> {
        hash_of(self).map_err(unwritable)
    }

    /// Its number and hash.
    pub fn head(&self) -> Head {
        Head {
            number: self.number,
            hash: self.hash.clone(),
        }
    }

    pub(super) fn into_row(self) -> Result<audit_entry::Model, StoreError> {
        Ok(audit_entry::Model {
            tenant_id: self.tenant.0,
            number: self.number,
            at: self.at.timestamp_micros(),
            actor: self.actor,
            actor_name: self.actor_name,
            name: self.name,
            subject: self.subject,
            details: canonical(&self.details).map_err(unwritable)?,
            request_id: self.request_id,
            client_network: self.client_network,
            previous_hash: self.previous_hash,
            hash: self.hash,
        })
    }

    /// Reads a row as it is stored, whether or not its hash is right.
    pub(super) fn from_row(row: audit_entry::Model) -> Result<Self, StoreError> {
        let number = row.number;
        let wrong = |error: serde_json::Error| {
            StoreError::corrupt(format!("details of audit entry {number}"), error)
        };
        let details: Value = serde_json::from_str(&row.details).map_err(wrong)?;
        // The hash is taken over what the text means: the text must not say it in another way.
        if canonical(&details).map_err(wrong)? != row.details {
            let what = format!("details of audit entry {number}");
            return Err(StoreError::corrupt(what, "they are not canonical JSON"));
        }
        Ok(Self {
            tenant: TenantId(row.tenant_id),
            number,
            at: instant(row.at)?,
            actor: row.actor,
            actor_name: row.actor_name,
            name: row.name,
            subject: row.subject,
            details,
            request_id: row.request_id,
            client_network: row.client_network,
            previous_hash: row.previous_hash,
            hash: row.hash,
        })
    }
}

/// A line without control characters, and not too long: what clients send is no better than that.
fn shown(text: &str) -> String {
    let shown = text.chars().take(LONGEST);
    shown
        .map(|character| match character.is_control() {
            true => ' ',
            false => character,
        })
        .collect()
}

fn instant(microseconds: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(microseconds)
        .ok_or_else(|| StoreError::corrupt("time of an audit entry", microseconds))
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::{audit::Origin, digest::sha256};

    fn entry() -> Entry {
        let actor = Actor {
            id: "account:1".to_owned(),
            name: Some("Ada Rossi".to_owned()),
            origin: Origin {
                request_id: Some("r-1".to_owned()),
                network: Some(std::net::IpAddr::from([192, 0, 2, 77]).into()),
            },
        };
        let deed = Deed::to("content.publish", "abc").with(json!({ "z": 1.50, "a": "è" }));
        let now = Utc.with_ymd_and_hms(2026, 11, 26, 12, 0, 0).unwrap();
        let tenant = TenantId(Uuid::nil());
        Entry::new(tenant, 1, Head::NONE.to_owned(), &actor, &deed, now).unwrap()
    }

    /// The bytes are written out, so that nobody changes the form without noticing: older entries
    /// would not be found right any more.
    #[test]
    fn the_hash_is_taken_over_canonical_json() {
        let bytes = concat!(
            r#"{"actor":"account:1","actorName":"Ada Rossi","at":"2026-11-26T12:00:00.000000Z","#,
            r#""clientNetwork":"192.0.2.0/24","details":{"a":"è","z":1.5},"name":"content.publish","#,
            r#""number":1,"previousHash":"0000000000000000000000000000000000000000000000000000000000000000","#,
            r#""requestId":"r-1","subject":"abc","tenant":"00000000-0000-0000-0000-000000000000"}"#,
        );
        assert_eq!(entry().hash, sha256(bytes));
    }

    #[test]
    fn entries_survive_the_database() {
        let row = entry().into_row().unwrap();
        assert_eq!(row.details, r#"{"a":"è","z":1.5}"#);
        let read = Entry::from_row(row.clone()).unwrap();
        assert_eq!(read, entry());
        assert_eq!(read.computed_hash().unwrap(), read.hash);
        let respelled = audit_entry::Model {
            details: r#"{"a": "è", "z": 1.5}"#.to_owned(),
            ..row
        };
        assert!(Entry::from_row(respelled).is_err());
    }

    #[test]
    fn what_clients_choose_is_one_short_line() {
        assert_eq!(shown("a\u{0}b\nc"), "a b c");
        assert_eq!(shown(&"è".repeat(300)).chars().count(), LONGEST);
    }
}
