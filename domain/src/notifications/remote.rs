//! What App IO fetches when a citizen opens a message whose text is here.

use chrono::{DateTime, Utc};
use municipio_entities::{
    case_file,
    case_notification::{Column, Entity},
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
use uuid::Uuid;

use super::{
    Attachment, Environment, LollipopKey, MessageEvent, NotificationError, NotificationStatus,
    PreconditionText, account, compose,
    notification::{Composed, Notification},
    text::{MARKDOWN, SUBJECT, length},
};
use crate::{
    cases::Case,
    citizens::{CitizenKeys, DataKey, FiscalCode},
    identity::{Token, TokenKind},
    ids::CaseId,
    media::SealedFile,
    store::{Scope, StoreError, TenantStore},
};

/// What is said of a case whose content was erased: there was a message, and its text is not kept any more.
const ERASED: [&str; 2] = [
    "Contenuto non più disponibile",
    "Il contenuto di questo messaggio non è più disponibile: il termine di conservazione è scaduto. Per informazioni \
     rivolgiti al Comune.",
];

/// What is here of a message.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteContent {
    /// The subject.
    pub subject: String,
    /// The text in Markdown.
    pub markdown: String,
    /// What is shown before it is opened.
    pub precondition: Option<PreconditionText>,
    /// The files that come with it: their names and the segments of their addresses.
    pub attachments: Vec<(String, String)>,
}

/// Who reads a message.
#[derive(Clone, Copy)]
pub struct RemoteReader<'a> {
    /// For which environment IO asks.
    pub environment: Environment,
    /// The id of the message.
    pub message: &'a str,
    /// The fiscal code.
    pub fiscal_code: &'a str,
}

/// Who asks for content: IO.
pub struct RemoteCaller {
    /// For which environment.
    pub environment: Environment,
    /// The key with which assertions are fetched: with one, citizens have to prove who they are.
    pub lollipop_key: Option<LollipopKey>,
}

/// Who asks for content with this key; nothing when it is none.
///
/// # Errors
/// The database failed.
pub async fn remote_caller(
    store: &TenantStore,
    key: &str,
    now: DateTime<Utc>,
) -> Result<Option<RemoteCaller>, NotificationError> {
    let Some((TokenKind::RemoteContent, token)) = Token::read(key) else {
        return Ok(None);
    };
    let account = account::find(&store.read()).await?;
    Ok(account.and_then(|account| {
        let environment = account.remote_keys.environment(&token.hash(), now)?;
        // The citizen of tests never signed in.
        let is_real = environment == Environment::Production;
        Some(RemoteCaller {
            environment,
            lollipop_key: account.lollipop_key().filter(|_| is_real),
        })
    }))
}

/// The message that somebody reads.
///
/// # Errors
/// It was encrypted with another secret, or the database failed.
pub async fn remote_content(
    store: &TenantStore,
    keys: &CitizenKeys,
    reader: RemoteReader<'_>,
) -> Result<Option<RemoteContent>, NotificationError> {
    let Some((notification, case)) = find(store, keys, reader).await? else {
        return Ok(None);
    };
    if case.key(keys)?.is_none() {
        return Ok(Some(erased(notification.attachments)));
    }
    let said = compose::said(&case, keys, &notification)?;
    let is_outdated = is_outdated(&store.read(), &notification).await?;
    let shown = |composed| shown(composed, &said.given.attachments, is_outdated);
    Ok(said.composed.and_then(shown))
}

/// A file that comes with the message that somebody reads, by the segment of its address, with the key to it.
///
/// # Errors
/// It was encrypted with another secret, or the database failed.
pub async fn remote_attachment(
    store: &TenantStore,
    keys: &CitizenKeys,
    reader: RemoteReader<'_>,
    segment: &str,
) -> Result<Option<(SealedFile, CaseId, DataKey)>, NotificationError> {
    let Some((notification, case)) = find(store, keys, reader).await? else {
        return Ok(None);
    };
    let said = compose::said(&case, keys, &notification)?;
    let mut attached = said.given.attachments.into_iter();
    let attached = attached.find(|attached| attached.segment() == segment);
    let key = case.key(keys)?;
    Ok(attached
        .zip(key)
        .map(|(attached, key)| (attached.file, case.id, key)))
}

/// The notification that somebody reads, and its case. One that does not exist and one of somebody else take the same two
/// statements: how long it takes says nothing.
async fn find(
    store: &TenantStore,
    keys: &CitizenKeys,
    reader: RemoteReader<'_>,
) -> Result<Option<(Notification, Case)>, NotificationError> {
    let (environment, code) = (reader.environment, reader.fiscal_code);
    let id = Uuid::parse_str(reader.message).unwrap_or(Uuid::nil());
    let recipient = match (environment, code.parse::<FiscalCode>()) {
        (Environment::Sandbox, _) if code == Environment::SANDBOX_CODE => {
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
    let found = found.zip(case.await?);
    Ok(found
        .map(|(row, case)| Ok::<_, StoreError>((row.try_into()?, case.try_into()?)))
        .transpose()?)
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
fn shown(
    composed: Composed,
    attachments: &[Attachment],
    is_outdated: bool,
) -> Option<RemoteContent> {
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
        attachments: attachments
            .iter()
            .map(|attached| (attached.file.name.clone(), attached.segment()))
            .collect(),
    })
}

/// What is shown of content that was erased. IO tells the citizen of an error when files are not there that were said to be:
/// they are named, and none is found.
fn erased(attachments: u32) -> RemoteContent {
    let [subject, markdown] = ERASED.map(str::to_owned);
    RemoteContent {
        subject,
        markdown,
        precondition: None,
        attachments: (1..=attachments)
            .map(|number| {
                (
                    format!("non-disponibile-{number}.pdf"),
                    format!("gone-{number}"),
                )
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_erased_content_is_as_long_as_it_must_be() {
        let erased = erased(1);
        assert!(SUBJECT.contains(&length(&erased.subject)));
        assert!(MARKDOWN.contains(&length(&erased.markdown)));
    }
}
