//! The audit log.

use async_graphql::{
    Context, InputObject, Json, Object, Result, SimpleObject, connection::PageInfo,
};
use chrono::{DateTime, Utc};
use municipio_domain::{
    audit::{self, AuditLog},
    content::Page,
    identity::{Action, Subject},
    tenants::IpaCode,
};
use serde_json::Value;

use crate::{
    connection::{Part, places},
    context::data,
    error::internal,
};

/// Which entries of the audit log; those that match all of it.
#[derive(Default, InputObject)]
pub(crate) struct AuditEntryFilter {
    /// Who did it: `account:…`, `key:…` or `citizen:…`, `anonymous`, `command` or `system`.
    actor: Option<String>,
    /// What was done, such as `content.publish`.
    name: Option<String>,
    /// What it was done to: an id, as this API gives it out.
    subject: Option<String>,
    /// At this time or later.
    from: Option<DateTime<Utc>>,
    /// Before this time.
    until: Option<DateTime<Utc>>,
}

impl From<AuditEntryFilter> for audit::AuditFilter {
    fn from(filter: AuditEntryFilter) -> Self {
        Self {
            actor: filter.actor,
            name: filter.name,
            subject: filter.subject,
            from: filter.from,
            until: filter.until,
        }
    }
}

/// An entry of the audit log (voce del registro delle operazioni).
#[derive(SimpleObject)]
pub(crate) struct AuditEntry {
    /// Its number: 1, 2, 3 and so on, in the order in which things were done.
    number: i64,
    /// When it was done.
    at: DateTime<Utc>,
    /// Who did it: `account:…`, `key:…` or `citizen:…`, `anonymous`, `command` or `system`.
    actor: String,
    /// The name of the account or of the key at that time.
    actor_name: Option<String>,
    /// What was done, such as `content.publish`.
    name: String,
    /// What it was done to: an id, as this API gives it out.
    subject: Option<String>,
    /// What else is worth knowing.
    details: Json<Value>,
    /// The request by which it was done, as it stands in the log of the server.
    request_id: Option<String>,
    /// The network from which the request came; the address is not kept.
    client_network: Option<String>,
    /// The hash of the entry before it; zeros for the first.
    previous_hash: String,
    /// SHA-256 over the entry as `/audit.jsonl` exports it, in the canonical form of RFC 8785, without
    /// its member `hash`.
    hash: String,
}

impl From<&audit::Entry> for AuditEntry {
    fn from(entry: &audit::Entry) -> Self {
        let entry = entry.clone();
        Self {
            number: entry.number,
            at: entry.at,
            actor: entry.actor,
            actor_name: entry.actor_name,
            name: entry.name,
            subject: entry.subject,
            details: Json(entry.details),
            request_id: entry.request_id,
            client_network: entry.client_network,
            previous_hash: entry.previous_hash,
            hash: entry.hash,
        }
    }
}

/// An entry of the audit log, with its place in it.
#[derive(SimpleObject)]
pub(crate) struct AuditEntryEdge {
    /// The place of the entry, for `after` and `before`.
    cursor: String,
    /// The entry.
    node: AuditEntry,
}

/// A part of the audit log, newest first (Relay connection).
pub(crate) struct AuditEntryConnection {
    page: Page<audit::Entry, i64>,
    municipality: IpaCode,
}

impl AuditEntryConnection {
    /// Reads a part of the log, for who may.
    pub(crate) async fn read(
        ctx: &Context<'_>,
        filter: Option<AuditEntryFilter>,
        part: Part,
    ) -> Result<Self> {
        let data = data(ctx)?;
        data.authorise(Action::ReadAudit, &Subject::WHOLE)?;
        let municipality = data.tenant.ipa_code.clone();
        let window = part.window(|text| audit::Entry::decode_cursor(text, &municipality))?;
        let log = AuditLog::from(&data.contents);
        let page = log.page(&filter.unwrap_or_default().into(), &window).await;
        Ok(Self {
            page: page.map_err(internal)?,
            municipality,
        })
    }
}

/// A part of the audit log, newest first (Relay connection): at most 100 entries.
#[Object]
impl AuditEntryConnection {
    /// The entries with their places.
    async fn edges(&self) -> Vec<AuditEntryEdge> {
        let entries = self.page.entries.iter();
        let edges = entries.map(|(number, entry)| AuditEntryEdge {
            cursor: audit::Entry::cursor(*number, &self.municipality),
            node: entry.into(),
        });
        edges.collect()
    }

    /// The entries alone.
    async fn nodes(&self) -> Vec<AuditEntry> {
        let entries = self.page.entries.iter();
        entries.map(|(_, entry)| AuditEntry::from(entry)).collect()
    }

    /// Whether there is more, and how to go on.
    async fn page_info(&self) -> PageInfo {
        let cursor = |number: &i64| audit::Entry::cursor(*number, &self.municipality);
        places(Some(&self.page), cursor)
    }
}
