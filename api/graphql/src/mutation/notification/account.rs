//! How the municipality is known to App IO.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    identity::{Action, Subject},
    notifications::{AccountSettings, configure, rotate_remote_key},
};

use super::outcome;
use crate::{
    context::data,
    error::internal,
    mutation::UserError,
    notification::{AppIo, AppIoEnvironment},
};

#[derive(Default)]
pub(crate) struct AppIoAccountMutation;

/// How the municipality is known to App IO, as a whole.
#[derive(InputObject)]
struct ConfigureAppIoInput {
    /// Whether the municipality writes through App IO (attivo).
    is_enabled: bool,
    /// Whom messages reach (ambiente).
    environment: AppIoEnvironment,
    /// Whether there is a premium contract (contratto Premium).
    #[graphql(default)]
    is_premium: bool,
    /// How many calls IO answers in five seconds: 150, or 250 to some (chiamate).
    #[graphql(default = 150)]
    calls: i32,
    /// Where citizens see a case, with `{id}` in the place of its id (indirizzo delle pratiche).
    case_address: String,
    /// The id of the configuration of remote content at IO (configurazione dei contenuti remoti).
    remote_configuration: Option<String>,
    /// The address from which mails are written to who is not reached on IO; none are when it is left out (mittente delle
    /// e-mail).
    mail_sender: Option<String>,
    /// The key by which services are managed; that of before stays when left out, and goes when empty (chiave di gestione).
    manage_key: Option<String>,
    /// The key with which PagoPA gives assertions of citizens: with one they must prove by LolliPoP who they are before they read
    /// a message whose text is here. That of before stays when left out, and goes when empty (chiave LolliPoP).
    lollipop_key: Option<String>,
}

/// An environment whose key is made anew.
#[derive(InputObject)]
struct RotateAppIoKeyInput {
    /// Which one (ambiente).
    environment: AppIoEnvironment,
}

/// What setting App IO up did.
#[derive(Default, SimpleObject)]
struct ConfigureAppIoPayload {
    /// How the municipality is known now; null when it was refused.
    app_io: Option<AppIo>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// The key that was made.
#[derive(Default, SimpleObject)]
struct RotateAppIoKeyPayload {
    /// How the municipality is known now; null when it was refused.
    app_io: Option<AppIo>,
    /// The key to be set at IO as `x-api-key`; it begins with `mun_io_`, and is shown this once (chiave).
    key: Option<String>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[Object]
impl AppIoAccountMutation {
    /// Says how the municipality is known to App IO (configura App IO).
    async fn configure_app_io(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it is known, as a whole.")] input: ConfigureAppIoInput,
    ) -> Result<ConfigureAppIoPayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let settings = AccountSettings {
            is_enabled: input.is_enabled,
            environment: input.environment.into(),
            is_premium: input.is_premium,
            calls: input.calls,
            case_address: input.case_address,
            remote_configuration: input.remote_configuration,
            mail_sender: input.mail_sender,
            manage_key: input.manage_key,
            lollipop_key: input.lollipop_key,
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let vault = data.identity.vault();
        let done = configure(&transaction, vault, settings, data.now()).await;
        let account = match outcome(done)? {
            Ok(account) => account,
            Err(user_errors) => {
                return Ok(ConfigureAppIoPayload {
                    app_io: None,
                    user_errors,
                });
            }
        };
        let deed = account.deed("appio.configure", &data.tenant.ipa_code);
        data.commit(transaction, &deed).await?;
        Ok(ConfigureAppIoPayload {
            app_io: Some(AppIo(account)),
            user_errors: Vec::new(),
        })
    }

    /// Makes another key with which IO fetches content; the one before is good for a week (cambia la chiave dei contenuti
    /// remoti).
    async fn rotate_app_io_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of which environment.")] input: RotateAppIoKeyInput,
    ) -> Result<RotateAppIoKeyPayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let environment = input.environment.into();
        let done = rotate_remote_key(&transaction, environment, data.now()).await;
        let (account, key) = match outcome(done)? {
            Ok(done) => done,
            Err(user_errors) => {
                return Ok(RotateAppIoKeyPayload {
                    user_errors,
                    ..RotateAppIoKeyPayload::default()
                });
            }
        };
        let deed = account.deed("appio.rotate_key", &data.tenant.ipa_code);
        data.commit(transaction, &deed).await?;
        Ok(RotateAppIoKeyPayload {
            app_io: Some(AppIo(account)),
            key: Some(key.reveal().to_owned()),
            user_errors: Vec::new(),
        })
    }
}
