//! Everything that a message needs, read before IO is called.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    AppIoAccount, Environment, MessageTemplate, account, attachment,
    compose::{self, Known},
    deliver::Notifier,
    mail,
    notification::{Composed, Notification, Said},
    service::{self, ServiceKeys},
    template::{Language, Place},
    templates,
    text::TextFlaw,
    variables::Values,
};
use crate::{
    cases::{Case, CaseEvent, Cases, People, Personal, Sight},
    citizens::{CitizenKeys, FiscalCode},
    content::{Contents, types::Procedure},
    ids::TenantId,
    outbox::Fault,
    store::TenantStore,
    tenants::Tenant,
};

/// What a message is made of and sent with.
pub(super) struct Ready {
    pub(super) account: AppIoAccount,
    pub(super) template: MessageTemplate,
    pub(super) keys: ServiceKeys,
    /// Until when its service is left alone.
    paused_until: Option<DateTime<Utc>>,
    pub(super) case: Case,
    tenant: Arc<Tenant>,
    procedure: Arc<Procedure>,
    events: Vec<(CaseEvent, Personal)>,
    people: People,
    code: FiscalCode,
    pub(super) said: Said,
}

/// What keeps a message from being sent.
pub(super) enum Obstacle {
    /// Its service is left alone until then.
    Rests(DateTime<Utc>),
    /// Something that it needs is not there any more.
    Gone(&'static str),
}

/// What IO is asked with what became of a notification.
pub(super) struct Asking {
    /// The keys of its service.
    pub(super) keys: ServiceKeys,
    /// To whom it went.
    pub(super) code: FiscalCode,
    /// A mail tells it if IO does not.
    pub(super) is_mailed: bool,
}

/// Who writes, and with which keys.
struct Writer {
    account: AppIoAccount,
    template: MessageTemplate,
    keys: ServiceKeys,
    /// Until when its service is left alone.
    paused_until: Option<DateTime<Utc>>,
}

type Found<T> = Result<Result<T, Obstacle>, Fault>;

/// Reads what a notification needs to be sent through IO.
pub(super) async fn ready(
    notifier: &Notifier,
    store: &TenantStore,
    notification: &Notification,
    now: DateTime<Utc>,
) -> Found<Ready> {
    let ready = read(notifier, store, notification).await?;
    Ok(
        ready.and_then(|ready| match rests(ready.paused_until, now) {
            Some(rests) => Err(rests),
            None => Ok(ready),
        }),
    )
}

/// Reads what a notification is made of.
pub(super) async fn read(
    notifier: &Notifier,
    store: &TenantStore,
    notification: &Notification,
) -> Found<Ready> {
    let writer = match writer(notifier, store, notification).await? {
        Ok(writer) => writer,
        Err(obstacle) => return Ok(Err(obstacle)),
    };
    let gone = |what| Ok(Err(Obstacle::Gone(what)));
    let is_remote = writer.template.content.place == Place::Remote;
    if is_remote && writer.account.remote_configuration.is_none() {
        return gone("there is no configuration of remote content");
    }
    let (contents, keys) = (contents(notifier, store), notifier.keys()?);
    let cases = Cases::from(&contents);
    let (case, people, code) = match addressed(&cases, keys, notification).await? {
        Ok(addressed) => addressed,
        Err(obstacle) => return Ok(Err(obstacle)),
    };
    let procedure = cases
        .procedures(&[case.revision])
        .await?
        .remove(&case.revision);
    let Some(procedure) = procedure else {
        return gone("the procedure of the case is gone");
    };
    let Some(tenant) = notifier.directory.by_id(store.tenant_id()).await? else {
        return gone("the municipality is gone");
    };
    let events = cases
        .events(&[case.id])
        .await?
        .remove(&case.id)
        .unwrap_or_default();
    let personal = case.personal(keys, &events).map_err(Fault::passing)?;
    let events: Vec<_> = events.into_iter().zip(personal).collect();
    let mut said = compose::said(&case, keys, notification).map_err(Fault::passing)?;
    let may_attach = is_remote && writer.account.is_premium;
    // What was written down before it was sent stays as it is; of what officers write they say what comes with it.
    let is_new_transition = notification.sealed.is_none();
    if may_attach && is_new_transition && writer.template.content.attaches_files {
        let mut told = events.iter();
        let told = told.find(|(event, _)| event.number == notification.number);
        let files = told.map(|(_, personal)| personal.files.as_slice());
        said.given.attachments = attachment::those_shown(files.unwrap_or_default());
    }
    if !may_attach && !said.given.attachments.is_empty() {
        return gone(
            "files come with it, and there is no premium contract or REMOTE template any more",
        );
    }
    Ok(Ok(Ready {
        account: writer.account,
        template: writer.template,
        keys: writer.keys,
        paused_until: writer.paused_until,
        events,
        case,
        tenant,
        procedure,
        people,
        code,
        said,
    }))
}

/// Reads with what IO is asked what became of a notification.
pub(super) async fn asking(
    notifier: &Notifier,
    store: &TenantStore,
    notification: &Notification,
    now: DateTime<Utc>,
) -> Found<Asking> {
    let writer = match writer(notifier, store, notification).await? {
        Ok(writer) => writer,
        Err(obstacle) => return Ok(Err(obstacle)),
    };
    if let Some(rests) = rests(writer.paused_until, now) {
        return Ok(Err(rests));
    }
    let cases = Cases::from(&contents(notifier, store));
    let addressed = addressed(&cases, notifier.keys()?, notification).await?;
    Ok(addressed.map(|(_, people, code)| Asking {
        is_mailed: is_mailed(notifier, &writer.account, &people, notification),
        keys: writer.keys,
        code,
    }))
}

/// The case, what it says of people, and who of them is told.
async fn addressed(
    cases: &Cases,
    keys: &CitizenKeys,
    notification: &Notification,
) -> Found<(Case, People, FiscalCode)> {
    let gone = |what| Ok(Err(Obstacle::Gone(what)));
    let case = cases.among(&Sight::Time, &[notification.case]).await?.pop();
    let Some(case) = case else {
        return gone("the case is gone");
    };
    let Some(people) = case.people(keys).map_err(Fault::passing)? else {
        return gone("what the case says of people was erased");
    };
    let person = compose::person(&people, notification.told);
    let Some(code) = person.map(|person| person.fiscal_code.clone()) else {
        return gone("the case has no such person any more");
    };
    Ok(Ok((case, people, code)))
}

/// The content of a municipality as the notifier reads it.
pub(super) fn contents(notifier: &Notifier, store: &TenantStore) -> Contents {
    Contents::new(store.clone(), notifier.bodies.clone())
}

async fn writer(
    notifier: &Notifier,
    store: &TenantStore,
    notification: &Notification,
) -> Found<Writer> {
    let gone = |what| Ok(Err(Obstacle::Gone(what)));
    let read = store.read();
    let account = account::find(&read).await?;
    let Some(account) = account.filter(|account| account.is_enabled) else {
        return gone("the municipality does not write through App IO any more");
    };
    let Some(template) = templates::find(&read, notification.template).await? else {
        return gone("its template was deleted");
    };
    let service = service::find(&read, template.service).await?;
    let Some(service) = service.filter(|service| service.is_enabled) else {
        return gone("its service is switched off");
    };
    Ok(Ok(Writer {
        account,
        template,
        keys: service.keys(&notifier.vault)?,
        paused_until: service.paused_until,
    }))
}

/// Whether a service is left alone.
fn rests(paused_until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<Obstacle> {
    let until = paused_until.filter(|until| *until > now);
    until.map(Obstacle::Rests)
}

/// Whether a mail tells a notification that IO does not.
fn is_mailed(
    notifier: &Notifier,
    account: &AppIoAccount,
    people: &People,
    notification: &Notification,
) -> bool {
    notifier.mailer.is_some() && mail::addresses(account, people, notification).is_some()
}

impl Ready {
    /// Whether a mail tells it if IO does not.
    pub(super) fn is_mailed(&self, notifier: &Notifier, notification: &Notification) -> bool {
        is_mailed(notifier, &self.account, &self.people, notification)
    }

    /// What the case says of people.
    pub(super) fn people(&self) -> &People {
        &self.people
    }

    /// The name of the municipality.
    pub(super) fn municipality(&self) -> &str {
        &self.tenant.name
    }

    /// The fiscal code to which it goes.
    pub(super) fn recipient(&self) -> &str {
        self.account.environment.recipient(self.code.reveal())
    }

    /// Under which name the recipient is known who asks for the content.
    pub(super) fn remote_recipient(&self, tenant: TenantId, keys: &CitizenKeys) -> String {
        match self.account.environment {
            Environment::Sandbox => Environment::Sandbox.as_str().to_owned(),
            Environment::Production => keys.citizen(tenant, &self.code).to_string(),
        }
    }

    /// What is sent to somebody who prefers these languages.
    pub(super) fn compose(
        &self,
        notification: &Notification,
        preferred: &[String],
    ) -> Result<Composed, TextFlaw> {
        let content = &self.template.content;
        let language = content.language(preferred);
        self.known()
            .compose(content, language, notification, &self.said)
    }

    /// The values of variables in Italian.
    pub(super) fn values(&self, notification: &Notification) -> Values {
        let known = self.known();
        let due_at = known.due_at(&self.template.content, notification, &self.said);
        known.values(Language::Italian, notification, &self.said, due_at)
    }

    fn known(&self) -> Known<'_> {
        Known {
            tenant: &self.tenant,
            account: &self.account,
            procedure: &self.procedure,
            case: &self.case,
            events: &self.events,
            people: &self.people,
        }
    }
}
