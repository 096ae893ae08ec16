//! Has citizens told of what happens in their cases: in the transaction in which it happens.

use chrono::{DateTime, Utc};
use municipio_entities::case_notification::Entity;

use super::{
    AppIoAccount, MessageEvent, NotificationError, NotificationRefusal, account,
    notification::{self, Given, NewNotification, Notification, Said, Told, drawer},
    port::PaymentData,
    template::Place,
    templates::{MessageTemplate, ToldOf, templates_for},
};
use crate::{
    cases::{Case, Movement, seal},
    citizens::CitizenKeys,
    ids::NotificationId,
    outbox,
    procedures::Recipient,
    store::{StoreError, Transaction},
};

/// The longest text that an officer writes.
const LONGEST: usize = 3_000;

/// Has the applicants told of transitions of cases, of those that say so and for which the municipality has a template.
pub(crate) async fn tell(
    transaction: &Transaction,
    moved: &[(&Case, &Movement)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let is_told = |(case, movement): &&(&Case, &Movement)| {
        !case.is_private && movement.notifies.contains(&Recipient::Applicant)
    };
    let moved: Vec<_> = moved
        .iter()
        .copied()
        .filter(|moved| is_told(&moved))
        .collect();
    if moved.is_empty() {
        return Ok(());
    }
    let account = account::find(transaction).await?;
    if !account.is_some_and(|account| account.is_enabled) {
        return Ok(());
    }
    let told = moved.iter().map(|(case, movement)| ToldOf {
        procedure: case.procedure,
        transition: Some(&movement.transition),
        event: movement.effect.and_then(MessageEvent::of_effect),
    });
    let templates = templates_for(transaction, &told.collect::<Vec<_>>()).await?;
    let known = moved.iter().zip(templates);
    let new = known.filter_map(|((case, _), template)| Some(of_transition(case, &template?)));
    enqueue(transaction, new.flatten().collect(), now).await?;
    Ok(())
}

/// What the people of a case are told of a transition that was just taken.
fn of_transition<'a>(case: &'a Case, template: &MessageTemplate) -> Vec<NewNotification<'a>> {
    let new = Told::of(case).into_iter().map(|told| {
        let id = NotificationId::generate();
        NewNotification {
            id,
            case,
            number: case.version,
            // What a transition of its own means says its template.
            event: template.occasion.event,
            told,
            template: template.id,
            once_key: format!("{}:{}:{}", case.id, case.version, told.as_str()),
            sealed: None,
            attachments: 0,
            repeats: None,
        }
    });
    new.collect()
}

async fn enqueue(
    transaction: &Transaction,
    new: Vec<NewNotification<'_>>,
    now: DateTime<Utc>,
) -> Result<Vec<Notification>, StoreError> {
    let jobs: Vec<_> = new
        .iter()
        .map(|one| Notification::job(one.case.id, one.id))
        .collect();
    let rows: Vec<_> = new.into_iter().map(|one| one.row(now)).collect();
    transaction.insert::<Entity>(rows.clone()).await?;
    outbox::enqueue(transaction, jobs, now).await?;
    rows.into_iter().map(Notification::try_from).collect()
}

/// Tells the people of a case of something that no transition says: a payment, an appointment, something that was wrong.
///
/// # Errors
/// Something of it is wrong, nobody is to be told, there is no template for it, it cannot be encrypted, or the database
/// failed.
pub async fn send_notification(
    transaction: &Transaction,
    keys: &CitizenKeys,
    case: &Case,
    event: MessageEvent,
    given: Given,
    now: DateTime<Utc>,
) -> Result<Vec<Notification>, NotificationError> {
    let wrong = check(event, &given);
    if !wrong.is_empty() {
        return Err(NotificationError::Refused(wrong));
    }
    let account = account::find(transaction).await?;
    let account = account.filter(|account| account.is_enabled);
    let account = account.ok_or(NotificationRefusal::NotEnabled)?;
    let told_of = ToldOf {
        procedure: case.procedure,
        transition: None,
        event: Some(event),
    };
    let template = templates_for(transaction, &[told_of])
        .await?
        .pop()
        .flatten();
    let template = template.ok_or(NotificationRefusal::NoTemplate)?;
    if !given.attachments.is_empty() {
        may_attach(&account, &template)?;
    }
    let told = Told::of(case);
    if told.is_empty() || case.is_private {
        return Err(NotificationRefusal::NoRecipient.into());
    }
    let mut new = Vec::new();
    for told in told {
        let id = NotificationId::generate();
        new.push(NewNotification {
            id,
            case,
            number: case.version,
            event,
            told,
            template: template.id,
            once_key: id.to_string(),
            sealed: sealed(case, keys, id, &given)?,
            attachments: given.attachments.len(),
            repeats: None,
        });
    }
    Ok(enqueue(transaction, new, now).await?)
}

/// Tells somebody once more of what failed, or of which nobody knows whether it arrived.
///
/// # Errors
/// There is no such notification, it did arrive or is under way, or the database failed.
pub async fn resend_notification(
    transaction: &Transaction,
    keys: &CitizenKeys,
    case: &Case,
    id: NotificationId,
    reason: String,
    now: DateTime<Utc>,
) -> Result<Notification, NotificationError> {
    if reason.trim().is_empty() || reason.chars().count() > LONGEST {
        let message = format!("say why, in at most {LONGEST} characters");
        return Err(NotificationRefusal::Setting("reason", message).into());
    }
    let held = notification::hold(transaction, id).await?;
    let held = held.filter(|held| held.case == case.id);
    let before = held.ok_or(NotificationRefusal::NotFound("notification"))?;
    if !before.may_be_repeated() {
        return Err(NotificationRefusal::NotRepeatable.into());
    }
    let said = super::compose::said(case, keys, &before)?;
    let given = Given {
        reason: Some(reason),
        ..said.given
    };
    let again = NotificationId::generate();
    let new = NewNotification {
        id: again,
        case,
        number: before.number,
        event: before.event,
        told: before.told,
        template: before.template,
        // Of two who repeat the same one of them does.
        once_key: format!("again:{id}"),
        sealed: sealed(case, keys, again, &given)?,
        attachments: given.attachments.len(),
        repeats: Some(id),
    };
    let row = new.row(now);
    let inserted = transaction.insert::<Entity>([row.clone()]).await;
    inserted.map_err(|error| match error.is_conflict() {
        true => NotificationError::from(NotificationRefusal::NotRepeatable),
        false => error.into(),
    })?;
    outbox::enqueue(transaction, [Notification::job(case.id, again)], now).await?;
    Ok(row.try_into()?)
}

/// Whether files may come with messages of a template.
fn may_attach(
    account: &AppIoAccount,
    template: &MessageTemplate,
) -> Result<(), NotificationRefusal> {
    if !account.is_premium {
        return Err(NotificationRefusal::NotPremium);
    }
    match template.content.place {
        Place::Remote => Ok(()),
        Place::Static => {
            let message = "files come with messages of REMOTE templates alone".to_owned();
            Err(NotificationRefusal::Setting("attachments", message))
        }
    }
}

fn sealed(
    case: &Case,
    keys: &CitizenKeys,
    id: NotificationId,
    given: &Given,
) -> Result<Option<String>, NotificationError> {
    let key = case.key(keys)?;
    let key = key.ok_or(NotificationRefusal::NoRecipient)?;
    let said = Said {
        given: given.clone(),
        composed: None,
    };
    Ok(Some(seal(&key, &drawer(case.id, id), &said)?))
}

/// What is wrong with what somebody wrote.
fn check(event: MessageEvent, given: &Given) -> Vec<NotificationRefusal> {
    let wrong = |field, message: &str| NotificationRefusal::Setting(field, message.to_owned());
    let mut refusals = Vec::new();
    let text = given.text.as_deref().unwrap_or_default();
    if text.chars().count() > LONGEST || text.contains('\0') {
        refusals.push(wrong("text", "write at most 3,000 characters"));
    }
    let flaw = given.payment.as_ref().and_then(PaymentData::flaw);
    refusals.extend(flaw.map(|(field, message)| wrong(field, message)));
    match (event.is_payment(), given.payment.is_some()) {
        (true, false) => refusals.push(wrong("payment", "say what is to be paid")),
        (false, true) => refusals.push(wrong("payment", "nothing is paid by this event")),
        _ => {}
    }
    refusals
}
