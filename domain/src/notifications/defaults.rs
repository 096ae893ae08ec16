//! The templates with which a municipality begins: one for each event, in Italian and English.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    MessageEvent, MessageTemplate, NewTemplate, NotificationError, Occasion, TemplateContent,
    save_template, templates::is_taken,
};
use crate::{
    ids::AppIoServiceId,
    store::{StoreError, Transaction},
};

static FILE: &str = include_str!("../../../seeds/message-templates/message-templates.toml");

/// What the file says; a test reads it.
static DEFAULTS: LazyLock<Vec<DefaultTemplate>> = LazyLock::new(|| {
    let file = toml::from_str::<File>(FILE);
    file.map(|file| file.template).unwrap_or_default()
});

#[derive(Deserialize)]
struct File {
    template: Vec<DefaultTemplate>,
}

#[derive(Deserialize)]
struct DefaultTemplate {
    event: String,
    content: TemplateContent,
}

/// Adds the templates with which a municipality begins, written as this service, where it has none for the event; gives
/// those that were added.
///
/// # Errors
/// There is no such service, or the database failed.
pub async fn add_default_templates(
    transaction: &Transaction,
    service: AppIoServiceId,
    now: DateTime<Utc>,
) -> Result<Vec<MessageTemplate>, NotificationError> {
    let mut added = Vec::new();
    for default in DEFAULTS.iter() {
        let occasion = Occasion {
            event: event(default)?,
            procedure: None,
            transition: None,
        };
        if is_taken(transaction, &occasion).await? {
            continue;
        }
        let new = NewTemplate {
            service,
            occasion,
            content: default.content.clone(),
            is_enabled: true,
        };
        added.push(save_template(transaction, None, new, now).await?);
    }
    Ok(added)
}

fn event(default: &DefaultTemplate) -> Result<MessageEvent, StoreError> {
    default.event.parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_template_for_each_event_and_io_accepts_them_all() {
        let file: File = toml::from_str(FILE).unwrap();
        let events: Vec<_> = file
            .template
            .iter()
            .map(|one| event(one).unwrap())
            .collect();
        assert_eq!(events, MessageEvent::ALL);
        for default in &file.template {
            let flaws = default.content.flaws(event(default).unwrap());
            assert_eq!(flaws, [], "{}", default.event);
            assert!(default.content.english.is_some(), "{}", default.event);
        }
        assert_eq!(DEFAULTS.len(), file.template.len());
    }
}
