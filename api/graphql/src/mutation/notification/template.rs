//! The templates of messages.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    audit::Deed,
    content::ContentType,
    identity::{Action, Subject},
    notifications::{NewTemplate, Occasion, add_default_templates, delete_template, save_template},
};

use super::outcome;
use crate::{
    context::data,
    error::internal,
    mutation::UserError,
    notification::{AppIoService, MessageContentInput, MessageEvent, MessageTemplate},
};

#[derive(Default)]
pub(crate) struct TemplateMutation;

/// What citizens are written when something happens, as a whole.
#[derive(InputObject)]
struct SaveMessageTemplateInput {
    /// The template that is changed, by its global id; a new one when left out.
    id: Option<ID>,
    /// The service as which it is written, by its global id (servizio).
    service: ID,
    /// What happened (evento).
    event: MessageEvent,
    /// In cases of this procedure alone, by its global id (procedimento).
    procedure: Option<ID>,
    /// By this transition of the procedure alone, by its code (passaggio di stato).
    transition: Option<String>,
    /// How it is sent, and what it says (contenuto).
    content: MessageContentInput,
    /// Whether it is used (attivo).
    #[graphql(default = true)]
    is_enabled: bool,
}

/// A template that is deleted.
#[derive(InputObject)]
struct DeleteMessageTemplateInput {
    /// The template, by its global id.
    id: ID,
}

/// As what the templates are written with which a municipality begins.
#[derive(InputObject)]
struct AddDefaultMessageTemplatesInput {
    /// The service, by its global id (servizio).
    service: ID,
}

/// The templates that were added.
#[derive(Default, SimpleObject)]
struct AddDefaultMessageTemplatesPayload {
    /// Those that were not there.
    templates: Vec<MessageTemplate>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What saving a template did.
#[derive(Default, SimpleObject)]
struct SaveMessageTemplatePayload {
    /// The template as it is now; null when it was refused.
    template: Option<MessageTemplate>,
    /// Why it was refused: everything that IO would not accept, whatever a case says.
    user_errors: Vec<UserError>,
}

/// What deleting a template did.
#[derive(Default, SimpleObject)]
struct DeleteMessageTemplatePayload {
    /// The global id of what was deleted; null when it was refused.
    deleted_id: Option<ID>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[Object]
impl TemplateMutation {
    /// Writes what citizens are told when something happens in their cases. What IO would not accept, with the longest
    /// values that its variables can have, is refused (salva un modello di messaggio).
    async fn save_message_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The template, as a whole.")] input: SaveMessageTemplateInput,
    ) -> Result<SaveMessageTemplatePayload> {
        let data = data(ctx)?;
        let id = input
            .id
            .as_ref()
            .map(|id| MessageTemplate::read_id(data, id));
        let service = AppIoService::read_id(data, &input.service, "input.service")?;
        let procedure = input.procedure.as_ref();
        let procedure = procedure
            .map(|id| data.item_id(id, ContentType::Procedure, "input.procedure"))
            .transpose()?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let new = NewTemplate {
            service,
            occasion: Occasion {
                event: input.event.into(),
                procedure,
                transition: input.transition,
            },
            content: input.content.into(),
            is_enabled: input.is_enabled,
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let saved = save_template(&transaction, id.transpose()?, new, data.now()).await;
        let template = match outcome(saved)? {
            Ok(template) => template,
            Err(user_errors) => {
                return Ok(SaveMessageTemplatePayload {
                    template: None,
                    user_errors,
                });
            }
        };
        let deed = template.deed("template.save", &data.tenant.ipa_code);
        data.commit(transaction, &deed).await?;
        Ok(SaveMessageTemplatePayload {
            template: Some(MessageTemplate(template)),
            user_errors: Vec::new(),
        })
    }

    /// Adds templates for all events, in Italian and English, where there are none: a beginning, to be changed (aggiungi i
    /// modelli predefiniti).
    async fn add_default_message_templates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As what they are written.")] input: AddDefaultMessageTemplatesInput,
    ) -> Result<AddDefaultMessageTemplatesPayload> {
        let data = data(ctx)?;
        let service = AppIoService::read_id(data, &input.service, "input.service")?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let added = add_default_templates(&transaction, service, data.now()).await;
        let added = match outcome(added)? {
            Ok(added) => added,
            Err(user_errors) => {
                return Ok(AddDefaultMessageTemplatesPayload {
                    templates: Vec::new(),
                    user_errors,
                });
            }
        };
        let deed = Deed::to("template.add_defaults", input.service.as_str());
        data.commit(transaction, &deed).await?;
        Ok(AddDefaultMessageTemplatesPayload {
            templates: added.into_iter().map(MessageTemplate).collect(),
            user_errors: Vec::new(),
        })
    }

    /// Deletes what citizens are told when something happens (elimina un modello di messaggio).
    async fn delete_message_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: DeleteMessageTemplateInput,
    ) -> Result<DeleteMessageTemplatePayload> {
        let data = data(ctx)?;
        let id = MessageTemplate::read_id(data, &input.id)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let template = match outcome(delete_template(&transaction, id).await)? {
            Ok(template) => template,
            Err(user_errors) => {
                return Ok(DeleteMessageTemplatePayload {
                    deleted_id: None,
                    user_errors,
                });
            }
        };
        let deed = template.deed("template.delete", &data.tenant.ipa_code);
        data.commit(transaction, &deed).await?;
        Ok(DeleteMessageTemplatePayload {
            deleted_id: Some(input.id),
            user_errors: Vec::new(),
        })
    }
}
