//! The audit log.

use async_graphql::{
    Context, InputObject, Json, Object, Result, SimpleObject, connection::PageInfo,
};
use chrono::{DateTime, Utc};
use municipio_domain::{
    audit::{self, AuditLog, EntryPage},
    identity::{Action, Subject},
    tenants::IpaCode,
};
use serde_json::Value;

use crate::{
    connection::page_size,
    context::data,
    error::{cursor, internal},
};

/// Which entries of the audit log; those that match all of it.
#[derive(Default, InputObject)]
pub(crate) struct AuditEntryFilter {
    /// Who did it: `account:…` or `key:…`, `anonymous`, `command` or `system`.
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
    /// Who did it: `account:…` or `key:…`, `anonymous`, `command` or `system`.
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
    /// The place of the entry, for `after`.
    cursor: String,
    /// The entry.
    node: AuditEntry,
}

/// A part of the audit log, newest first (Relay connection).
pub(crate) struct AuditEntryConnection {
    page: EntryPage,
    has_previous: bool,
    municipality: IpaCode,
}

impl AuditEntryConnection {
    /// Reads a part of the log, for who may.
    pub(crate) async fn read(
        ctx: &Context<'_>,
        filter: Option<AuditEntryFilter>,
        first: Option<i32>,
        after: Option<&str>,
    ) -> Result<Self> {
        let data = data(ctx)?;
        data.authorise(Action::ReadAudit, &Subject::WHOLE)?;
        let municipality = data.tenant.ipa_code.clone();
        let size = page_size(first, "first")?;
        let after = after.map(|text| audit::Entry::decode_cursor(text, &municipality));
        let after = after.transpose().map_err(|error| cursor("after", error))?;
        let log = AuditLog::from(&data.contents);
        let filter = filter.unwrap_or_default().into();
        let page = log.newest(&filter, after, size).await.map_err(internal)?;
        Ok(Self {
            page,
            has_previous: after.is_some(),
            municipality,
        })
    }

    fn cursor(&self, entry: &audit::Entry) -> String {
        entry.cursor(&self.municipality)
    }
}

/// A part of the audit log, newest first (Relay connection): at most 100 entries.
#[Object]
impl AuditEntryConnection {
    /// The entries with their places.
    async fn edges(&self) -> Vec<AuditEntryEdge> {
        let entries = self.page.entries.iter();
        let edges = entries.map(|entry| AuditEntryEdge {
            cursor: self.cursor(entry),
            node: entry.into(),
        });
        edges.collect()
    }

    /// The entries alone.
    async fn nodes(&self) -> Vec<AuditEntry> {
        self.page.entries.iter().map(AuditEntry::from).collect()
    }

    /// Whether there is more, and how to go on.
    async fn page_info(&self) -> PageInfo {
        let entries = &self.page.entries;
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.page.has_next,
            start_cursor: entries.first().map(|entry| self.cursor(entry)),
            end_cursor: entries.last().map(|entry| self.cursor(entry)),
        }
    }
}
