//! The services of App IO as which the municipality writes.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    identity::{Action, Subject},
    notifications::{
        self, NewService, NotificationError, ServiceChange, ServiceKeys, create_service,
        delete_service, update_service,
    },
    store::Transaction,
};

use super::outcome;
use crate::{
    context::{RequestData, data},
    error::internal,
    mutation::UserError,
    notification::AppIoService,
};

#[derive(Default)]
pub(crate) struct AppIoServiceMutation;

/// A new service of App IO.
#[derive(InputObject)]
struct CreateAppIoServiceInput {
    /// What it is called here (nome).
    name: String,
    /// Its id at IO (identificativo del servizio).
    service_id: String,
    /// Its primary key (chiave primaria).
    primary_key: String,
    /// Its secondary key, which is tried when the first is refused (chiave secondaria).
    secondary_key: Option<String>,
}

/// What changes of a service of App IO; what is left out stays.
#[derive(InputObject)]
struct UpdateAppIoServiceInput {
    /// The service, by its global id.
    id: ID,
    /// What it is called here (nome).
    name: Option<String>,
    /// Its primary key; the secondary one is changed along with it (chiave primaria).
    primary_key: Option<String>,
    /// Its secondary key (chiave secondaria).
    secondary_key: Option<String>,
    /// Whether anything is written as it (attivo).
    is_enabled: Option<bool>,
}

/// A service of App IO that is deleted.
#[derive(InputObject)]
struct DeleteAppIoServiceInput {
    /// The service, by its global id.
    id: ID,
}

/// What was done to a service of App IO.
#[derive(Default, SimpleObject)]
struct AppIoServicePayload {
    /// The service as it is now; null when it was refused.
    service: Option<AppIoService>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What deleting a service of App IO did.
#[derive(Default, SimpleObject)]
struct DeleteAppIoServicePayload {
    /// The global id of what was deleted; null when it was refused.
    deleted_id: Option<ID>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[Object]
impl AppIoServiceMutation {
    /// Registers a service of App IO as which the municipality writes (registra un servizio di App IO).
    async fn create_app_io_service(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The service.")] input: CreateAppIoServiceInput,
    ) -> Result<AppIoServicePayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let new = NewService {
            name: input.name,
            service_id: input.service_id,
            keys: ServiceKeys {
                primary: input.primary_key,
                secondary: input.secondary_key,
            },
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let vault = data.identity.vault();
        let made = create_service(&transaction, vault, new, data.now()).await;
        finish(data, transaction, "appio.create_service", made).await
    }

    /// Changes a service of App IO. With new keys it is not left alone any more (modifica un servizio di App IO).
    async fn update_app_io_service(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: UpdateAppIoServiceInput,
    ) -> Result<AppIoServicePayload> {
        let data = data(ctx)?;
        let id = AppIoService::read_id(data, &input.id, "input.id")?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let secondary = input.secondary_key;
        let keys = input
            .primary_key
            .map(|primary| ServiceKeys { primary, secondary });
        let change = ServiceChange {
            name: input.name,
            keys,
            is_enabled: input.is_enabled,
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let vault = data.identity.vault();
        let changed = update_service(&transaction, vault, id, change, data.now()).await;
        finish(data, transaction, "appio.update_service", changed).await
    }

    /// Deletes a service of App IO with the templates that are written as it (elimina un servizio di App IO).
    async fn delete_app_io_service(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: DeleteAppIoServiceInput,
    ) -> Result<DeleteAppIoServicePayload> {
        let data = data(ctx)?;
        let id = AppIoService::read_id(data, &input.id, "input.id")?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let service = match outcome(delete_service(&transaction, id).await)? {
            Ok(service) => service,
            Err(user_errors) => {
                return Ok(DeleteAppIoServicePayload {
                    deleted_id: None,
                    user_errors,
                });
            }
        };
        let deed = service.deed("appio.delete_service", &data.tenant.ipa_code);
        data.commit(transaction, &deed).await?;
        Ok(DeleteAppIoServicePayload {
            deleted_id: Some(input.id),
            user_errors: Vec::new(),
        })
    }
}

async fn finish(
    data: &RequestData,
    transaction: Transaction,
    name: &'static str,
    done: std::result::Result<notifications::AppIoService, NotificationError>,
) -> Result<AppIoServicePayload> {
    let service = match outcome(done)? {
        Ok(service) => service,
        Err(user_errors) => {
            return Ok(AppIoServicePayload {
                service: None,
                user_errors,
            });
        }
    };
    let deed = service.deed(name, &data.tenant.ipa_code);
    data.commit(transaction, &deed).await?;
    Ok(AppIoServicePayload {
        service: Some(AppIoService(service)),
        user_errors: Vec::new(),
    })
}
