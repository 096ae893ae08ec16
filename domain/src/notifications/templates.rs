//! The templates of a municipality: one for each event, procedure and transition.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use municipio_entities::{
    content_item,
    message_template::{Column, Entity, Model},
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
use serde_json::json;
use uuid::Uuid;

use super::{MessageEvent, NotificationError, NotificationRefusal, TemplateContent, service};
use crate::{
    audit::Deed,
    content::{ContentType, global_id_of},
    ids::{AppIoServiceId, ItemId, MessageTemplateId},
    store::{Scope, StoreError, Transaction},
    tenants::IpaCode,
};

/// What citizens are written when something happens.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageTemplate {
    /// Its id.
    pub id: MessageTemplateId,
    /// The service of App IO as which it is written.
    pub service: AppIoServiceId,
    /// When.
    pub occasion: Occasion,
    /// What is written.
    pub content: TemplateContent,
    /// Whether it is used.
    pub is_enabled: bool,
    /// How often it was changed.
    pub version: i32,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// When something is written: of several templates that fit that of the transition is taken, then that of the procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// What happened.
    pub event: MessageEvent,
    /// In cases of this procedure alone.
    pub procedure: Option<ItemId>,
    /// By this transition of it alone.
    pub transition: Option<String>,
}

/// What is said of a template.
pub struct NewTemplate {
    /// The service of App IO as which it is written.
    pub service: AppIoServiceId,
    /// When.
    pub occasion: Occasion,
    /// What is written.
    pub content: TemplateContent,
    /// Whether it is used.
    pub is_enabled: bool,
}

impl Occasion {
    /// The same as one text. A transition says what happened whatever its effect is.
    fn key(&self) -> String {
        match (&self.procedure, &self.transition) {
            (Some(procedure), Some(transition)) => format!("{procedure}/{transition}"),
            (Some(procedure), None) => format!("{procedure}//{}", self.event.as_str()),
            (None, _) => format!("//{}", self.event.as_str()),
        }
    }
}

impl MessageTemplate {
    /// The name of templates in global ids.
    pub const TYPE_NAME: &str = "MessageTemplate";

    pub(super) fn of(row: Model) -> Result<Self, StoreError> {
        let content = serde_json::from_value(row.content)
            .map_err(|error| StoreError::corrupt("content of a template", error))?;
        Ok(Self {
            id: MessageTemplateId(row.id),
            service: AppIoServiceId(row.service_id),
            occasion: Occasion {
                event: row.event.parse()?,
                procedure: row.procedure_id.map(ItemId),
                transition: row.transition,
            },
            content,
            is_enabled: row.is_enabled,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }

    /// What is written down of what was done to it.
    pub fn deed(&self, name: &'static str, municipality: &IpaCode) -> Deed {
        let id = global_id_of(Self::TYPE_NAME, municipality, self.id);
        Deed::to(name, id).with(json!({
            "event": self.occasion.event.as_str(),
            "procedure": self.occasion.procedure,
            "transition": self.occasion.transition,
            "isEnabled": self.is_enabled,
            "version": self.version,
            "content": self.content,
        }))
    }
}

/// Writes a template, or changes the one with this id.
///
/// # Errors
/// Something of it is wrong, there is one for the same occasion, there is no such service, procedure or template, or the
/// database failed.
pub async fn save_template(
    transaction: &Transaction,
    id: Option<MessageTemplateId>,
    new: NewTemplate,
    now: DateTime<Utc>,
) -> Result<MessageTemplate, NotificationError> {
    check(transaction, &new).await?;
    let before = match id {
        Some(id) => Some(hold(transaction, id).await?),
        None => None,
    };
    let occasion = new.occasion.key();
    let same = transaction.one::<Entity>(Column::Occasion.eq(occasion.as_str()));
    if same
        .await?
        .is_some_and(|same| Some(MessageTemplateId(same.id)) != id)
    {
        return Err(NotificationRefusal::TemplateTaken.into());
    }
    let id = id.unwrap_or_else(MessageTemplateId::generate);
    let row = Model {
        id: id.0,
        tenant_id: Uuid::nil(),
        service_id: new.service.0,
        event: new.occasion.event.as_str().to_owned(),
        procedure_id: new.occasion.procedure.map(|procedure| procedure.0),
        transition: new.occasion.transition,
        occasion,
        content: json!(new.content),
        is_enabled: new.is_enabled,
        version: before.as_ref().map_or(1, |before| before.version + 1),
        created_at: before.as_ref().map_or(now, |before| before.created_at),
        updated_at: now,
    };
    let written = match before {
        None => transaction.insert::<Entity>([row.clone()]).await,
        Some(_) => overwrite(transaction, row.clone()).await,
    };
    written.map_err(|error| match error.is_conflict() {
        true => NotificationError::from(NotificationRefusal::TemplateTaken),
        false => error.into(),
    })?;
    Ok(MessageTemplate::of(row)?)
}

/// Whether there is a template for this.
pub(super) async fn is_taken(
    transaction: &Transaction,
    occasion: &Occasion,
) -> Result<bool, StoreError> {
    let same = transaction.one::<Entity>(Column::Occasion.eq(occasion.key()));
    Ok(same.await?.is_some())
}

async fn overwrite(transaction: &Transaction, row: Model) -> Result<(), StoreError> {
    let values = [
        (Column::ServiceId, row.service_id.into()),
        (Column::Event, row.event.into()),
        (Column::ProcedureId, row.procedure_id.into()),
        (Column::Transition, row.transition.into()),
        (Column::Occasion, row.occasion.into()),
        (Column::Content, row.content.into()),
        (Column::IsEnabled, row.is_enabled.into()),
        (Column::Version, row.version.into()),
        (Column::UpdatedAt, row.updated_at.into()),
    ];
    transaction
        .update::<Entity>(values, Column::Id.eq(row.id))
        .await?;
    Ok(())
}

async fn check(transaction: &Transaction, new: &NewTemplate) -> Result<(), NotificationError> {
    let flaws = new.content.flaws(new.occasion.event).into_iter();
    let refusals: Vec<_> = flaws.map(NotificationRefusal::Template).collect();
    if !refusals.is_empty() {
        return Err(NotificationError::Refused(refusals));
    }
    service::hold(transaction, new.service).await?;
    match (new.occasion.procedure, &new.occasion.transition) {
        (None, Some(_)) => {
            let message = "name the procedure of the transition".to_owned();
            Err(NotificationRefusal::Setting("procedure", message).into())
        }
        (Some(procedure), _) if !is_procedure(transaction, procedure).await? => {
            Err(NotificationRefusal::NotFound("procedure").into())
        }
        _ => Ok(()),
    }
}

async fn is_procedure(transaction: &Transaction, id: ItemId) -> Result<bool, StoreError> {
    use content_item::{Column, Entity};
    let this = Condition::all()
        .add(Column::Id.eq(id.0))
        .add(Column::ContentType.eq(ContentType::Procedure.as_str()));
    Ok(transaction.one::<Entity>(this).await?.is_some())
}

/// Deletes a template, and gives it as it was.
///
/// # Errors
/// There is no such template, or the database failed.
pub async fn delete_template(
    transaction: &Transaction,
    id: MessageTemplateId,
) -> Result<MessageTemplate, NotificationError> {
    let row = hold(transaction, id).await?;
    transaction.delete::<Entity>(Column::Id.eq(id.0)).await?;
    Ok(MessageTemplate::of(row)?)
}

async fn hold(
    transaction: &Transaction,
    id: MessageTemplateId,
) -> Result<Model, NotificationError> {
    let rows = transaction.hold_of::<Entity>(Column::Id, [id.0]);
    let row = rows.await?.into_iter().next();
    Ok(row.ok_or(NotificationRefusal::NotFound("template"))?)
}

/// The template with this id.
pub(super) async fn find<C: ConnectionTrait>(
    scope: &Scope<C>,
    id: MessageTemplateId,
) -> Result<Option<MessageTemplate>, StoreError> {
    let row = scope.one::<Entity>(Column::Id.eq(id.0)).await?;
    row.map(MessageTemplate::of).transpose()
}

/// The template for what happened, of those that are used; a transition without an event of its own has one of its own
/// or none.
pub(super) async fn templates_for<C: ConnectionTrait>(
    scope: &Scope<C>,
    told: &[ToldOf<'_>],
) -> Result<Vec<Option<MessageTemplate>>, StoreError> {
    let wanted: Vec<_> = told.iter().map(ToldOf::occasions).collect();
    let all: BTreeSet<&String> = wanted.iter().flatten().collect();
    let rows = scope.all_of::<Entity>(Column::Occasion, all, Column::IsEnabled.eq(true));
    let rows = rows.await?;
    let templates = wanted.iter().map(|wanted| {
        let place = |row: &&Model| wanted.iter().position(|occasion| *occasion == row.occasion);
        let best = rows.iter().filter_map(|row| Some((place(&row)?, row)));
        let best = best.min_by_key(|(place, _)| *place);
        best.map(|(_, row)| MessageTemplate::of(row.clone()))
            .transpose()
    });
    templates.collect()
}

/// Of what somebody is told.
pub(super) struct ToldOf<'a> {
    pub(super) procedure: ItemId,
    pub(super) transition: Option<&'a str>,
    pub(super) event: Option<MessageEvent>,
}

impl ToldOf<'_> {
    /// The occasions of the templates that fit, the closest first.
    fn occasions(&self) -> Vec<String> {
        let of = |procedure, event, transition: Option<&str>| {
            let transition = transition.map(str::to_owned);
            Occasion {
                event,
                procedure,
                transition,
            }
            .key()
        };
        let procedure = Some(self.procedure);
        // Whatever the event is, it does not stand in the key of a transition.
        let exact = self.transition;
        let exact = exact.map(|code| of(procedure, MessageEvent::Erratum, Some(code)));
        let of_event = self.event;
        let of_event = of_event.map(|event| [of(procedure, event, None), of(None, event, None)]);
        exact
            .into_iter()
            .chain(of_event.into_iter().flatten())
            .collect()
    }
}
