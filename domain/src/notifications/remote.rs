//! What App IO fetches when a citizen opens a message whose text is here.

use chrono::{DateTime, Utc};
use municipio_entities::{
    case_file,
    case_notification::{Column, Entity},
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
use uuid::Uuid;

use super::{
    Environment, MessageEvent, NotificationError, NotificationStatus, PreconditionText, account,
    compose,
    notification::{Composed, Notification},
    text::{MARKDOWN, SUBJECT, length},
};
use crate::{
    cases::Case,
    citizens::{CitizenKeys, FiscalCode},
    identity::{Token, TokenKind},
    store::{Scope, StoreError, TenantStore},
};

/// What is said of a case whose content was erased: there was a message, and its text is not kept any more.
const ERASED: [&str; 2] = [
    "Contenuto non più disponibile",
    "Il contenuto di questo messaggio non è più disponibile: il termine di conservazione è scaduto. Per informazioni \
     rivolgiti al Comune.",
];

/// The text of a message.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteContent {
    /// The subject.
    pub subject: String,
    /// The text in Markdown.
    pub markdown: String,
    /// What is shown before it is opened.
    pub precondition: Option<PreconditionText>,
}

/// Who asks for content: IO, with a key of this environment; nothing when the key is none.
///
/// # Errors
/// The database failed.
pub async fn remote_caller(
    store: &TenantStore,
    key: &str,
    now: DateTime<Utc>,
) -> Result<Option<Environment>, NotificationError> {
    let Some((TokenKind::RemoteContent, token)) = Token::read(key) else {
        return Ok(None);
    };
    let account = account::find(&store.read()).await?;
    Ok(account.and_then(|account| account.remote_keys.environment(&token.hash(), now)))
}

/// The text of the message with this id, for the person with this fiscal code. One that does not exist and one of
/// somebody else take the same two statements: how long it takes says nothing.
///
/// # Errors
/// It was encrypted with another secret, or the database failed.
pub async fn remote_content(
    store: &TenantStore,
    keys: &CitizenKeys,
    environment: Environment,
    id: &str,
    fiscal_code: &str,
) -> Result<Option<RemoteContent>, NotificationError> {
    let id = Uuid::parse_str(id).unwrap_or(Uuid::nil());
    let recipient = match (environment, fiscal_code.parse::<FiscalCode>()) {
        (Environment::Sandbox, _) if fiscal_code == Environment::SANDBOX_CODE => {
            environment.as_str().to_owned()
        }
        (Environment::Production, Ok(code)) => keys.citizen(store.tenant_id(), &code).to_string(),
        _ => String::new(),
    };
    let this = Condition::all()
        .add(Column::RemoteId.eq(id))
        .add(Column::RemoteRecipient.eq(recipient))
        .add(Column::Environment.eq(environment.as_str()));
    let scope = store.read();
    let found = scope.one::<Entity>(this).await?;
    let case = found.as_ref().map_or(Uuid::nil(), |row| row.case_id);
    let case = scope.one::<case_file::Entity>(case_file::Column::Id.eq(case));
    let Some((row, case)) = found.zip(case.await?) else {
        return Ok(None);
    };
    let (notification, case) = (Notification::try_from(row)?, Case::try_from(case)?);
    if case.key(keys)?.is_none() {
        return Ok(Some(erased()));
    }
    let said = compose::said(&case, keys, &notification)?;
    let is_outdated = is_outdated(&scope, &notification).await?;
    Ok(said
        .composed
        .and_then(|composed| shown(composed, is_outdated)))
}

/// Whether the same person was told since that the case went on.
async fn is_outdated<C: ConnectionTrait>(
    scope: &Scope<C>,
    notification: &Notification,
) -> Result<bool, StoreError> {
    let events = MessageEvent::ALL.into_iter();
    let events = events.filter(|event| event.is_state());
    let reached = [NotificationStatus::Sent, NotificationStatus::Delivered];
    let later = Condition::all()
        .add(Column::CaseId.eq(notification.case.0))
        .add(Column::Recipient.eq(notification.told.as_str()))
        .add(Column::Number.gt(notification.number))
        .add(Column::Event.is_in(events.map(MessageEvent::as_str)))
        .add(Column::Status.is_in(reached.map(NotificationStatus::as_str)));
    Ok(scope.one::<Entity>(later).await?.is_some())
}

/// What is shown of a message. IO tells the citizen of an error when a text is longer or shorter than it may be.
fn shown(composed: Composed, is_outdated: bool) -> Option<RemoteContent> {
    let remote = composed.remote?;
    let outdated = if is_outdated { &remote.outdated } else { "" };
    let markdown = format!("{}{outdated}{}", remote.buttons, remote.markdown);
    let fits =
        SUBJECT.contains(&length(&composed.subject)) && MARKDOWN.contains(&length(&markdown));
    if !fits {
        tracing::error!(
            "the text of a message does not fit what IO shows: the citizen cannot read it"
        );
    }
    Some(RemoteContent {
        subject: composed.subject,
        markdown,
        precondition: remote.precondition,
    })
}

fn erased() -> RemoteContent {
    let [subject, markdown] = ERASED.map(str::to_owned);
    RemoteContent {
        subject,
        markdown,
        precondition: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_erased_content_is_as_long_as_it_must_be() {
        let erased = erased();
        assert!(SUBJECT.contains(&length(&erased.subject)));
        assert!(MARKDOWN.contains(&length(&erased.markdown)));
    }
}
