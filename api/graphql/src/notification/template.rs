//! What citizens are written, for who manages the settings.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use municipio_domain::{
    content::ContentType,
    identity::{Action, Subject},
    ids::MessageTemplateId,
    notifications::{self, Due, Notifications, TemplateContent, Texts},
};

use super::MessageEvent;
use crate::{
    connection::Part,
    context::{RequestData, data},
    error::internal,
    global_id::{self, Kind},
    identity::{List, listed},
};

/// Where the text of a message is (collocazione del testo).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "notifications::Place")]
pub(crate) enum MessagePlace {
    /// In the message, at IO: nothing in it may say anything of people (contenuto nel messaggio).
    Static,
    /// Here: IO fetches it when the citizen opens the message (contenuto remoto).
    Remote,
}

/// What is shown before a message is opened (precondizione).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "notifications::Precondition")]
pub(crate) enum MessagePrecondition {
    /// Nothing (mai).
    Never,
    /// The precondition, until the message was opened (una volta).
    Once,
    /// The precondition, each time (sempre).
    Always,
}

/// What is done when nobody knows whether a message arrived (esito incerto).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "notifications::Doubt")]
pub(crate) enum MessageDoubt {
    /// An officer decides (trattieni).
    Hold,
    /// It is sent again, three times at the most; never of what concerns money or rights (reinvia).
    Resend,
}

/// A button under a message (invito all'azione).
#[derive(Clone, SimpleObject, InputObject)]
#[graphql(input_name = "CallToActionInput")]
pub(crate) struct CallToAction {
    /// What stands on it: 2 to 40 characters (testo).
    text: String,
    /// Where it leads, such as `iohandledlink://{{link}}` (azione).
    action: String,
}

/// What is shown before a message is opened (testo della precondizione).
#[derive(Clone, SimpleObject, InputObject)]
#[graphql(input_name = "MessagePreconditionTextInput")]
pub(crate) struct MessagePreconditionText {
    /// The title (titolo).
    title: String,
    /// The text in Markdown (testo).
    markdown: String,
}

/// The texts of a message in a language, with variables such as `{{procedure}}` (testi del messaggio).
#[derive(Clone, SimpleObject, InputObject)]
#[graphql(input_name = "MessageTextsInput")]
pub(crate) struct MessageTexts {
    /// The subject: 10 to 120 characters as JavaScript counts them, without anything of people (oggetto).
    subject: String,
    /// The text in Markdown: 80 to 10,000 characters, without tables and HTML (testo).
    markdown: String,
    /// What stands at IO in the place of a text that is here: 80 characters or more, of which the first 134 go into mails
    /// (testo di cortesia).
    courtesy: Option<String>,
    /// What is shown before the message is opened (precondizione).
    precondition: Option<MessagePreconditionText>,
    /// The buttons, at most two (inviti all'azione).
    #[graphql(default)]
    actions: Vec<CallToAction>,
}

impl From<MessageTexts> for Texts {
    fn from(texts: MessageTexts) -> Self {
        let precondition = texts.precondition;
        let actions = texts.actions.into_iter();
        Self {
            subject: texts.subject,
            markdown: texts.markdown,
            courtesy: texts.courtesy,
            precondition: precondition.map(|shown| notifications::PreconditionText {
                title: shown.title,
                markdown: shown.markdown,
            }),
            actions: actions
                .map(|one| notifications::CallToAction {
                    text: one.text,
                    action: one.action,
                })
                .collect(),
        }
    }
}

impl From<&Texts> for MessageTexts {
    fn from(texts: &Texts) -> Self {
        let texts = texts.clone();
        let actions = texts.actions.into_iter();
        Self {
            subject: texts.subject,
            markdown: texts.markdown,
            courtesy: texts.courtesy,
            precondition: texts.precondition.map(|shown| MessagePreconditionText {
                title: shown.title,
                markdown: shown.markdown,
            }),
            actions: actions
                .map(|one| CallToAction {
                    text: one.text,
                    action: one.action,
                })
                .collect(),
        }
    }
}

/// How messages are sent, and what they say.
#[derive(InputObject)]
pub(crate) struct MessageContentInput {
    /// Where the text is (collocazione del testo).
    #[graphql(default_with = "MessagePlace::Static")]
    place: MessagePlace,
    /// No excerpt of it goes into mails (canali sicuri).
    #[graphql(default)]
    is_secure: bool,
    /// What is shown before the message is opened (precondizione).
    #[graphql(default_with = "MessagePrecondition::Never")]
    precondition: MessagePrecondition,
    /// What is done when nobody knows whether it arrived (esito incerto).
    #[graphql(default_with = "MessageDoubt::Hold")]
    in_doubt: MessageDoubt,
    /// Something is to be done until the last day of the term of the case (scade con il termine).
    #[graphql(default)]
    is_due_with_term: bool,
    /// Something is to be done in so many days (scade dopo giorni).
    due_days: Option<u16>,
    /// With a premium contract the files with which the offices took the transition come with it: the first ten PDF/A-2a of at most
    /// 10 MiB (allegati).
    #[graphql(default)]
    attaches_files: bool,
    /// The texts in Italian (testi in italiano).
    italian: MessageTexts,
    /// The texts in English (testi in inglese).
    english: Option<MessageTexts>,
}

impl From<MessageContentInput> for TemplateContent {
    fn from(input: MessageContentInput) -> Self {
        let due = match (input.due_days, input.is_due_with_term) {
            (Some(days), _) => Some(Due::Days { days }),
            (None, true) => Some(Due::Term),
            (None, false) => None,
        };
        Self {
            place: input.place.into(),
            is_secure: input.is_secure,
            precondition: input.precondition.into(),
            in_doubt: input.in_doubt.into(),
            due,
            attaches_files: input.attaches_files,
            italian: input.italian.into(),
            english: input.english.map(Into::into),
        }
    }
}

/// What citizens are written when something happens in their cases (modello di messaggio).
#[derive(Clone, Debug)]
pub(crate) struct MessageTemplate(pub(crate) notifications::MessageTemplate);

impl MessageTemplate {
    /// Reads the global id of a template.
    pub(crate) fn read_id(data: &RequestData, id: &ID) -> Result<MessageTemplateId> {
        let municipality = &data.tenant.ipa_code;
        let id = global_id::decode_as(id, Kind::MessageTemplate, municipality, "input.id");
        id.map(MessageTemplateId)
    }

    /// The templates, for who manages the settings.
    pub(crate) async fn list(ctx: &Context<'_>, part: Part) -> Result<List<Self>> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let all = Notifications::from(&data.contents).templates().await;
        let key = |template: &notifications::MessageTemplate| template.id.to_string();
        listed(data, all.map_err(internal)?, key, Self, &part)
    }

    /// The template with this id, for who manages the settings.
    pub(crate) async fn find(data: &RequestData, id: MessageTemplateId) -> Result<Option<Self>> {
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        Ok(data.message_template(id).await?.map(Self))
    }
}

/// What citizens are written when something happens in their cases (modello di messaggio).
#[Object]
impl MessageTemplate {
    /// Global id.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(global_id::encode_as(
            Kind::MessageTemplate,
            municipality,
            self.0.id,
        ))
    }

    /// The global id of the service as which it is written (servizio).
    async fn service_id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        let service = self.0.service;
        Ok(global_id::encode_as(
            Kind::AppIoService,
            municipality,
            service,
        ))
    }

    /// What happened (evento).
    async fn event(&self) -> MessageEvent {
        self.0.occasion.event.into()
    }

    /// The global id of the procedure in whose cases alone it is written (procedimento).
    async fn procedure_id(&self, ctx: &Context<'_>) -> Result<Option<ID>> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        let procedure = self.0.occasion.procedure;
        Ok(procedure.map(|id| global_id::encode(ContentType::Procedure, municipality, id)))
    }

    /// The code of the transition by which alone it is written (passaggio di stato).
    async fn transition(&self) -> Option<&str> {
        self.0.occasion.transition.as_deref()
    }

    /// Where the text is (collocazione del testo).
    async fn place(&self) -> MessagePlace {
        self.0.content.place.into()
    }

    /// Whether no excerpt of it goes into mails (canali sicuri).
    async fn is_secure(&self) -> bool {
        self.0.content.is_secure
    }

    /// What is shown before the message is opened (precondizione).
    async fn precondition(&self) -> MessagePrecondition {
        self.0.content.precondition.into()
    }

    /// What is done when nobody knows whether it arrived (esito incerto).
    async fn in_doubt(&self) -> MessageDoubt {
        self.0.content.in_doubt.into()
    }

    /// Whether something is to be done until the last day of the term of the case (scade con il termine).
    async fn is_due_with_term(&self) -> bool {
        self.0.content.due == Some(Due::Term)
    }

    /// In how many days something is to be done (scade dopo giorni).
    async fn due_days(&self) -> Option<u16> {
        match self.0.content.due {
            Some(Due::Days { days }) => Some(days),
            _ => None,
        }
    }

    /// Whether, with a premium contract, the files with which the offices took the transition come with it (allegati).
    async fn attaches_files(&self) -> bool {
        self.0.content.attaches_files
    }

    /// The texts in Italian (testi in italiano).
    async fn italian(&self) -> MessageTexts {
        (&self.0.content.italian).into()
    }

    /// The texts in English (testi in inglese).
    async fn english(&self) -> Option<MessageTexts> {
        self.0.content.english.as_ref().map(Into::into)
    }

    /// Whether it is used (attivo).
    async fn is_enabled(&self) -> bool {
        self.0.is_enabled
    }

    /// How often it was written (versione).
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was written first.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}
