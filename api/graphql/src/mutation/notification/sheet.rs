//! The services of the catalogue as App IO shows them.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    content::ContentType,
    identity::{Action, Subject},
    ids::ItemId,
    notifications::{
        self, NewSheet, NotificationError, link_sheet, refresh_sheet, resolve_sheet, unlink_sheet,
        update_sheet,
    },
    store::Transaction,
};

use super::outcome;
use crate::{
    context::{RequestData, data},
    error::{ErrorCode, internal},
    global_id,
    mutation::UserError,
    notification::{AppIoSheet, AppIoSheetResolution, AppIoSheetSettingsInput},
};

#[derive(Default)]
pub(crate) struct AppIoSheetMutation;

/// A service that is to be shown in App IO.
#[derive(InputObject)]
struct LinkAppIoSheetInput {
    /// The service, by its global id (servizio).
    service: ID,
    /// The id of the service in App IO, where it has one; else it is looked for by its name, and made when it is not there
    /// (identificativo del servizio).
    io_service_id: Option<String>,
    /// What the catalogue does not say (impostazioni).
    settings: AppIoSheetSettingsInput,
}

/// What changes of a service sheet.
#[derive(InputObject)]
struct UpdateAppIoSheetInput {
    /// The sheet, by its global id.
    id: ID,
    /// What the catalogue does not say, as a whole (impostazioni).
    settings: AppIoSheetSettingsInput,
}

/// What is to become of what somebody changed in App IO.
#[derive(InputObject)]
struct ResolveAppIoSheetInput {
    /// The sheet, by its global id.
    id: ID,
    /// What is done with it (risoluzione).
    resolution: AppIoSheetResolution,
}

/// A service sheet that App IO is asked for.
#[derive(InputObject)]
struct RefreshAppIoSheetInput {
    /// The sheet, by its global id.
    id: ID,
}

/// A service that is not linked any more.
#[derive(InputObject)]
struct UnlinkAppIoSheetInput {
    /// The sheet, by its global id.
    id: ID,
}

/// What was done to a service sheet.
#[derive(Default, SimpleObject)]
struct AppIoSheetPayload {
    /// The sheet as it is now; null when it was refused.
    sheet: Option<AppIoSheet>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What unlinking a service did.
#[derive(Default, SimpleObject)]
struct UnlinkAppIoSheetPayload {
    /// The global id of the sheet that was deleted; null when it was refused.
    deleted_id: Option<ID>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[Object]
impl AppIoSheetMutation {
    /// Has a service be shown in App IO, and kept there as the catalogue has it (collega un servizio ad App IO).
    async fn link_app_io_sheet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The service.")] input: LinkAppIoSheetInput,
    ) -> Result<AppIoSheetPayload> {
        let data = data(ctx)?;
        let item = service(data, &input.service)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let new = NewSheet {
            item,
            io_id: input.io_service_id,
            settings: input.settings.into(),
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let done = link_sheet(&transaction, new, data.now()).await;
        finish(data, transaction, "appio.link_sheet", done).await
    }

    /// Changes what the catalogue does not say of a service (modifica una scheda servizio).
    async fn update_app_io_sheet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: UpdateAppIoSheetInput,
    ) -> Result<AppIoSheetPayload> {
        let data = data(ctx)?;
        let id = AppIoSheet::read_id(data, &input.id)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let done = update_sheet(&transaction, id, input.settings.into(), data.now()).await;
        finish(data, transaction, "appio.update_sheet", done).await
    }

    /// Says what is to become of what somebody changed in App IO (risolvi una modifica fatta altrove).
    async fn resolve_app_io_sheet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What becomes of it.")] input: ResolveAppIoSheetInput,
    ) -> Result<AppIoSheetPayload> {
        let data = data(ctx)?;
        let id = AppIoSheet::read_id(data, &input.id)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let done = resolve_sheet(&transaction, id, input.resolution.into(), data.now()).await;
        finish(data, transaction, "appio.resolve_sheet", done).await
    }

    /// Has App IO asked at once how a service sheet stands; what failed is tried again (aggiorna una scheda servizio).
    async fn refresh_app_io_sheet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RefreshAppIoSheetInput,
    ) -> Result<AppIoSheetPayload> {
        let data = data(ctx)?;
        let id = AppIoSheet::read_id(data, &input.id)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let done = refresh_sheet(&transaction, id, data.now()).await;
        finish(data, transaction, "appio.refresh_sheet", done).await
    }

    /// Unlinks a service from App IO; what stands there stays as it is (scollega un servizio da App IO).
    async fn unlink_app_io_sheet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: UnlinkAppIoSheetInput,
    ) -> Result<UnlinkAppIoSheetPayload> {
        let data = data(ctx)?;
        let id = AppIoSheet::read_id(data, &input.id)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let sheet = match outcome(unlink_sheet(&transaction, id).await)? {
            Ok(sheet) => sheet,
            Err(user_errors) => {
                return Ok(UnlinkAppIoSheetPayload {
                    deleted_id: None,
                    user_errors,
                });
            }
        };
        let deed = sheet.deed("appio.unlink_sheet", &data.tenant.ipa_code);
        data.commit(transaction, &deed).await?;
        Ok(UnlinkAppIoSheetPayload {
            deleted_id: Some(input.id),
            user_errors: Vec::new(),
        })
    }
}

/// The service of this global id.
fn service(data: &RequestData, id: &ID) -> Result<ItemId> {
    let argument = "input.service";
    match global_id::decode(id, &data.tenant.ipa_code, argument)? {
        (ContentType::Service, item) => Ok(item),
        _ => {
            Err(ErrorCode::InvalidId
                .about(argument, "the id is that of other content than a service"))
        }
    }
}

async fn finish(
    data: &RequestData,
    transaction: Transaction,
    name: &'static str,
    done: std::result::Result<notifications::AppIoSheet, NotificationError>,
) -> Result<AppIoSheetPayload> {
    let sheet = match outcome(done)? {
        Ok(sheet) => sheet,
        Err(user_errors) => {
            return Ok(AppIoSheetPayload {
                sheet: None,
                user_errors,
            });
        }
    };
    let deed = sheet.deed(name, &data.tenant.ipa_code);
    data.commit(transaction, &deed).await?;
    Ok(AppIoSheetPayload {
        sheet: Some(sheet.into()),
        user_errors: Vec::new(),
    })
}
