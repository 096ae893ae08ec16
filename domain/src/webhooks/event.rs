//! What is told of a change: small, because whoever wants to know more asks for it.

use chrono::SecondsFormat;
use serde_json::{Value, json};
use uuid::Uuid;

use super::EventType;
use crate::{
    content::{Change, ChangeKind, ToldChange, cache_tags, global_id},
    tenants::Tenant,
};

/// The most bytes of an event, as the specification recommends.
const MOST: usize = 20_000;

/// An event that addresses are told of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    /// Its id: that of the change, so that it stays the same however often it is told.
    pub(super) id: String,
    pub(super) event_type: EventType,
    /// What is sent.
    pub(super) payload: String,
}

impl From<ChangeKind> for EventType {
    fn from(kind: ChangeKind) -> Self {
        match kind {
            ChangeKind::Published => Self::ContentPublished,
            ChangeKind::Unpublished => Self::ContentUnpublished,
        }
    }
}

impl Event {
    /// The event of a change.
    pub(super) fn of(told: &ToldChange, tenant: &Tenant) -> Self {
        let change = &told.change;
        let event_type = EventType::from(change.kind);
        let municipality = &tenant.ipa_code;
        let mut data = json!({
            "municipality": municipality,
            "id": global_id(change.content_type, municipality, change.item),
            "type": change.content_type.type_name(),
            "slugs": *told.slugs,
            "path": told.path,
            "changedPaths": told.changed_paths,
            "cacheTags": cache_tags(municipality, change.content_type, change.item),
            "cursor": change.cursor(municipality),
        });
        let payload = |data: &Value| {
            let timestamp = change
                .changed_at
                .to_rfc3339_opts(SecondsFormat::Millis, true);
            json!({ "type": event_type.as_str(), "timestamp": timestamp, "data": data }).to_string()
        };
        let mut text = payload(&data);
        // A municipality with very many locales: the tags say what is out of date.
        if text.len() > MOST {
            data["changedPaths"] = Value::Null;
            data["slugs"] = Value::Null;
            text = payload(&data);
        }
        Self {
            id: id(tenant, change),
            event_type,
            payload: text,
        }
    }
}

fn id(tenant: &Tenant, change: &Change) -> String {
    let name = format!("change:{}", change.sequence);
    let id = Uuid::new_v5(&tenant.id.0, name.as_bytes());
    format!("msg_{}", id.simple())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{
        content::ContentType,
        ids::{ItemId, TenantId},
        locale::Locale,
        tenants::TenantStatus,
    };

    fn tenant() -> Tenant {
        Tenant {
            id: TenantId(Uuid::nil()),
            ipa_code: "c_h501".parse().unwrap(),
            name: "Comune di prova".to_owned(),
            fiscal_code: None,
            istat_code: None,
            cadastral_code: None,
            province: None,
            region: None,
            locales: vec![Locale::italian()],
            status: TenantStatus::Active,
            hosts: Vec::new(),
        }
    }

    fn told(sequence: i64, paths: usize) -> ToldChange {
        ToldChange {
            change: Change {
                sequence,
                item: ItemId(Uuid::nil()),
                content_type: ContentType::NewsItem,
                kind: ChangeKind::Published,
                changed_at: DateTime::UNIX_EPOCH,
            },
            slugs: [(Locale::italian(), "festa".parse().unwrap())]
                .into_iter()
                .collect::<std::collections::BTreeMap<_, _>>()
                .into(),
            path: Some("/novita/festa".to_owned()),
            changed_paths: (0..paths)
                .map(|number| format!("/novita/{number:0>200}"))
                .collect(),
        }
    }

    #[test]
    fn an_event_is_the_same_however_often_it_is_made() {
        let event = Event::of(&told(7, 1), &tenant());
        assert_eq!(Event::of(&told(7, 1), &tenant()), event);
        assert_ne!(Event::of(&told(8, 1), &tenant()).id, event.id);
        let payload: Value = serde_json::from_str(&event.payload).unwrap();
        assert_eq!(payload["type"], "content.published");
        assert_eq!(payload["timestamp"], "1970-01-01T00:00:00.000Z");
        assert_eq!(payload["data"]["type"], "NewsItem");
        assert_eq!(payload["data"]["slugs"], json!({ "it": "festa" }));
        assert_eq!(payload["data"]["cacheTags"][1], "c_h501:NewsItem");
    }

    #[test]
    fn an_event_is_never_too_large() {
        for (paths, whole) in [(50, true), (500, false)] {
            let event = Event::of(&told(1, paths), &tenant());
            assert!(event.payload.len() < MOST, "{}", event.payload.len());
            let payload: Value = serde_json::from_str(&event.payload).unwrap();
            assert_eq!(payload["data"]["changedPaths"].is_array(), whole);
            assert_eq!(payload["data"]["path"], "/novita/festa");
        }
    }
}
