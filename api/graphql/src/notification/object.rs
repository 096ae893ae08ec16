//! That somebody is told of what happened in a case.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use municipio_domain::{
    identity::{Action, Subject},
    ids::NotificationId,
    notifications::{self, Notification, Notifications},
};

use crate::{
    case::{self, SeenCase},
    context::{RequestData, data},
    error::internal,
    global_id::{self, Kind},
};

/// What happened in a case (evento del messaggio).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "notifications::MessageEvent")]
pub(crate) enum MessageEvent {
    /// The application came in (richiesta ricevuta).
    Received,
    /// An office works on it (presa in carico).
    InCharge,
    /// It was given to another office (inoltrata).
    Forwarded,
    /// Something is missing (richiesta di integrazione).
    IntegrationRequested,
    /// The outcome is going to be negative (preavviso di rigetto).
    RefusalAnnounced,
    /// What was asked for is given (accolta).
    Accepted,
    /// It is not given (non accolta).
    NotAccepted,
    /// The applicant gave up (ritiro accettato).
    WithdrawalAccepted,
    /// Something is to be paid (avviso di pagamento).
    PaymentNotice,
    /// Something is to be paid soon (pagamento in scadenza).
    PaymentDueSoon,
    /// Something was not paid (pagamento mancato).
    PaymentMissed,
    /// A document can be collected (documento pronto).
    DocumentReady,
    /// An appointment was made (appuntamento confermato).
    AppointmentConfirmed,
    /// An appointment comes near (promemoria dell'appuntamento).
    AppointmentReminder,
    /// Something that was written was wrong (errata corrige).
    Erratum,
}

/// How a notification stands (stato della notifica).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "notifications::NotificationStatus")]
pub(crate) enum NotificationStatus {
    /// It is to be sent, or sent again (in coda).
    Queued,
    /// It is being sent (in invio).
    Sending,
    /// Nobody knows whether it was sent: somebody has to decide (esito incerto).
    Ambiguous,
    /// App IO took it in, or the server of mail (inviata).
    Sent,
    /// It is in the inbox of the citizen (consegnata).
    Delivered,
    /// It is not told through App IO, for whatever reason: by a mail, or the citizen finds it with the case (altro canale).
    OtherChannel,
    /// It was not sent, and will not be (non riuscita).
    Failed,
    /// It was called off: what it needs is not there any more (annullata).
    Cancelled,
}

/// Who is told (destinatario).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "notifications::Told")]
pub(crate) enum NotificationRecipient {
    /// For whom the case is (richiedente).
    Applicant,
    /// Who acts for them (delegato).
    Delegate,
}

/// That somebody is told of what happened in a case (notifica).
#[derive(Clone, Debug)]
pub(crate) struct CaseNotification(pub(crate) Notification);

impl CaseNotification {
    /// Reads the global id of a notification.
    pub(crate) fn read_id(data: &RequestData, id: &ID, argument: &str) -> Result<NotificationId> {
        let municipality = &data.tenant.ipa_code;
        global_id::decode_as(id, Kind::CaseNotification, municipality, argument).map(NotificationId)
    }

    /// The notification with this id, for who sees its case.
    pub(crate) async fn find(data: &RequestData, id: NotificationId) -> Result<Option<Self>> {
        let rights = case::rights(data, Action::ReadCases).await?;
        let Some(notification) = data.notification(id).await? else {
            return Ok(None);
        };
        let seen = SeenCase(notification.case, rights.reads.clone());
        let case = data.case(seen).await?;
        Ok(case.map(|_| Self(notification)))
    }
}

/// That somebody is told of what happened in a case (notifica).
#[Object]
impl CaseNotification {
    /// Global id, by which it is told once more.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(global_id::encode_as(
            Kind::CaseNotification,
            municipality,
            self.0.id,
        ))
    }

    /// The global id of the case (pratica).
    async fn case_id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(global_id::encode_as(Kind::Case, municipality, self.0.case))
    }

    /// The number of the event of the case of which it tells, or after which it was written (evento della pratica).
    async fn number(&self) -> i64 {
        self.0.number
    }

    /// What happened (evento).
    async fn event(&self) -> MessageEvent {
        self.0.event.into()
    }

    /// Who is told (destinatario).
    async fn recipient(&self) -> NotificationRecipient {
        self.0.told.into()
    }

    /// How it stands (stato).
    async fn status(&self) -> NotificationStatus {
        self.0.status.into()
    }

    /// Why it failed or is in doubt, for those who work for the municipality (problema).
    async fn problem(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let is_staff = data(ctx)?.caller.is_staff();
        Ok(self.0.problem.as_deref().filter(|_| is_staff))
    }

    /// How often it failed so far (tentativi non riusciti).
    async fn failures(&self) -> u32 {
        self.0.failures
    }

    /// The global id of the notification that is told once more by this (notifica ripetuta).
    async fn repeats(&self, ctx: &Context<'_>) -> Result<Option<ID>> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        let repeats = self.0.repeats;
        Ok(repeats.map(|id| global_id::encode_as(Kind::CaseNotification, municipality, id)))
    }

    /// Whether the citizen read it; null where App IO does not say: without a premium contract, or as they wish (letta).
    async fn is_read(&self) -> Option<bool> {
        self.0.is_read
    }

    /// Whether what it asks for was paid; null where App IO does not say (pagata).
    async fn is_paid(&self) -> Option<bool> {
        self.0.is_paid
    }

    /// How many files of the case come with it (numero di allegati).
    async fn attachments(&self) -> u32 {
        self.0.attachments
    }

    /// The mail that tells it when App IO does not, if the case has an address (e-mail).
    async fn mail(&self) -> Option<NotificationMail> {
        self.0.mail.clone().map(NotificationMail)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When App IO took it in (data di invio).
    async fn sent_at(&self) -> Option<DateTime<Utc>> {
        self.0.sent_at
    }

    /// When it was delivered, or it was certain that it would not be (data di esito).
    async fn settled_at(&self) -> Option<DateTime<Utc>> {
        self.0.settled_at
    }
}

/// The mail that tells of what App IO does not (e-mail della notifica).
pub(crate) struct NotificationMail(notifications::NotificationMail);

/// The mail that tells of what App IO does not (e-mail della notifica).
#[Object]
impl NotificationMail {
    /// How it stands; a server that took it in may still not deliver it (stato).
    async fn status(&self) -> NotificationStatus {
        self.0.status.into()
    }

    /// Why it failed or is in doubt, for those who work for the municipality (problema).
    async fn problem(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let is_staff = data(ctx)?.caller.is_staff();
        Ok(self.0.problem.as_deref().filter(|_| is_staff))
    }

    /// How often it failed so far (tentativi non riusciti).
    async fn failures(&self) -> u32 {
        self.0.failures
    }

    /// When the server took it in (data di invio).
    async fn sent_at(&self) -> Option<DateTime<Utc>> {
        self.0.sent_at
    }
}

/// How many notifications of an event stand like this (statistica delle notifiche).
#[derive(SimpleObject)]
pub(crate) struct NotificationStatistics {
    /// What happened (evento).
    event: MessageEvent,
    /// How they stand (stato).
    status: NotificationStatus,
    /// How many (totale).
    total: u64,
}

impl NotificationStatistics {
    /// Those of the municipality, for who manages the settings.
    pub(crate) async fn all(ctx: &Context<'_>) -> Result<Vec<Self>> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let counts = Notifications::from(&data.contents).counts().await;
        let counts = counts.map_err(internal)?.into_iter();
        Ok(counts
            .map(|count| Self {
                event: count.event.into(),
                status: count.status.into(),
                total: count.total,
            })
            .collect())
    }
}
