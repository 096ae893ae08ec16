//! What officers tell the people of a case.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use municipio_domain::{
    audit::Deed,
    cases::{CaseError, Rights, hold},
    identity::Action,
    ids::CaseId,
    notifications::{
        FileReference, Given, Notification, NotificationError, NotificationRefusal, PaymentData,
        attachments, resend_notification, send_notification,
    },
    store::Transaction,
};

use super::outcome;
use crate::{
    case,
    context::{RequestData, data},
    error::internal,
    mutation::UserError,
    notification::{CaseNotification, MessageEvent},
};

type Done<T> = std::result::Result<T, NotificationError>;

#[derive(Default)]
pub(crate) struct TellMutation;

/// What is to be paid (dati del pagamento).
#[derive(InputObject)]
struct PaymentDataInput {
    /// How much, in cents (importo in centesimi).
    amount: u64,
    /// The number of the notice: 18 digits (numero avviso).
    notice_number: String,
    /// It cannot be paid any more after the last day (non pagabile dopo la scadenza).
    #[graphql(default)]
    is_void_after_due_date: bool,
}

/// A file of a case (allegato).
#[derive(InputObject)]
struct NotificationAttachmentInput {
    /// The number of the event that it came with (evento della pratica).
    event: i64,
    /// SHA-256 of its bytes, as `CaseFile` says it (impronta).
    sha256: String,
}

/// What the people of a case are told.
#[derive(InputObject)]
struct SendNotificationInput {
    /// The case, by its global id (pratica).
    case: ID,
    /// What happened; there must be a template for it (evento).
    event: MessageEvent,
    /// What stands in the place of `{{text}}` (testo).
    text: Option<String>,
    /// Until when something is to be done; as the template says when left out (scadenza).
    due_at: Option<DateTime<Utc>>,
    /// What is to be paid (dati del pagamento).
    payment: Option<PaymentDataInput>,
    /// Files of the case that come with it, at most ten: PDF/A-2a of 10 MiB at the most, with a premium contract and a
    /// template whose place is REMOTE (allegati).
    attachments: Option<Vec<NotificationAttachmentInput>>,
}

/// What is told once more.
#[derive(InputObject)]
struct ResendNotificationInput {
    /// The notification, by its global id (notifica).
    id: ID,
    /// Why; it is kept with the case (motivo).
    reason: String,
}

/// What the people of a case are told.
#[derive(Default, SimpleObject)]
struct SendNotificationPayload {
    /// The notifications, one for each person; what becomes of them is seen a moment later.
    notifications: Vec<CaseNotification>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What is told once more.
#[derive(Default, SimpleObject)]
struct ResendNotificationPayload {
    /// The new notification; null when it was refused.
    notification: Option<CaseNotification>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[Object]
impl TellMutation {
    /// Tells the people of a case of something that no transition says: a payment, an appointment, a document, or that
    /// something was wrong (invia una notifica).
    async fn send_notification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What they are told.")] input: SendNotificationInput,
    ) -> Result<SendNotificationPayload> {
        let data = data(ctx)?;
        let id = case::read_id(data, &input.case, "input.case")?;
        let rights = case::staff_rights(data, Action::WorkCases).await?;
        let given = Given {
            text: input.text,
            due_at: input.due_at,
            payment: input.payment.map(|payment| PaymentData {
                amount: payment.amount,
                notice_number: payment.notice_number,
                is_void_after_due_date: payment.is_void_after_due_date,
            }),
            attachments: Vec::new(),
            reason: None,
        };
        let wanted = input.attachments.unwrap_or_default();
        let transaction = data.contents.begin().await.map_err(internal)?;
        let told = (input.event, given, wanted);
        let done = send(data, &transaction, (rights, id), told).await;
        let sent = match outcome(done)? {
            Ok(sent) => sent,
            Err(user_errors) => {
                return Ok(SendNotificationPayload {
                    notifications: Vec::new(),
                    user_errors,
                });
            }
        };
        let deed = deed(data, "notification.send", sent.first(), &input.case);
        data.commit(transaction, &deed).await?;
        Ok(SendNotificationPayload {
            notifications: sent.into_iter().map(CaseNotification).collect(),
            user_errors: Vec::new(),
        })
    }

    /// Tells somebody once more of what failed, or of which nobody knows whether it arrived (reinvia una notifica).
    async fn resend_notification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and why.")] input: ResendNotificationInput,
    ) -> Result<ResendNotificationPayload> {
        let data = data(ctx)?;
        let id = CaseNotification::read_id(data, &input.id, "input.id")?;
        let rights = case::staff_rights(data, Action::WorkCases).await?;
        let known = data.notification(id).await?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let done = resend(data, &transaction, rights, known, input.reason).await;
        let again = match outcome(done)? {
            Ok(again) => again,
            Err(user_errors) => {
                return Ok(ResendNotificationPayload {
                    notification: None,
                    user_errors,
                });
            }
        };
        let deed = deed(data, "notification.resend", Some(&again), &input.id);
        data.commit(transaction, &deed).await?;
        Ok(ResendNotificationPayload {
            notification: Some(CaseNotification(again)),
            user_errors: Vec::new(),
        })
    }
}

async fn send(
    data: &RequestData,
    transaction: &Transaction,
    (rights, id): (&Rights, CaseId),
    (event, given, wanted): (MessageEvent, Given, Vec<NotificationAttachmentInput>),
) -> Done<Vec<Notification>> {
    let case = hold(transaction, &rights.works, id, None).await?.case;
    let keys = data.identity.vault().citizens();
    let keys = keys.ok_or(NotificationRefusal::NoSecret)?;
    let given = Given {
        attachments: attachments(transaction, keys, &case, &read(wanted)?).await?,
        ..given
    };
    send_notification(transaction, keys, &case, event.into(), given, data.now()).await
}

/// The files that are named.
fn read(wanted: Vec<NotificationAttachmentInput>) -> Done<Vec<FileReference>> {
    let read = |(index, one): (usize, NotificationAttachmentInput)| {
        let sha256 = one.sha256.parse().map_err(|_| {
            let message = "write the SHA-256 of a file: 64 hexadecimal digits".to_owned();
            NotificationRefusal::Attachment(index, message)
        })?;
        let event = one.event;
        Ok::<_, NotificationError>(FileReference { event, sha256 })
    };
    wanted.into_iter().enumerate().map(read).collect()
}

async fn resend(
    data: &RequestData,
    transaction: &Transaction,
    rights: &Rights,
    known: Option<Notification>,
    reason: String,
) -> Done<Notification> {
    let nothing = NotificationRefusal::NotFound("notification");
    let known = known.ok_or_else(|| nothing.clone())?;
    let case = match hold(transaction, &rights.works, known.case, None).await {
        Ok(held) => held.case,
        Err(CaseError::Refused(_)) => return Err(nothing.into()),
        Err(error) => return Err(error.into()),
    };
    let keys = data.identity.vault().citizens();
    let keys = keys.ok_or(NotificationRefusal::NoSecret)?;
    resend_notification(transaction, keys, &case, known.id, reason, data.now()).await
}

fn deed(data: &RequestData, name: &'static str, done: Option<&Notification>, subject: &ID) -> Deed {
    match done {
        Some(done) => done.deed(name, &data.tenant.ipa_code),
        None => Deed::to(name, subject.as_str()),
    }
}
