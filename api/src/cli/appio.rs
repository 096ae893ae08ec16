//! `municipio appio`.

mod sheet;

use std::{
    collections::BTreeSet,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use clap::Subcommand;
use municipio_domain::{
    content::Contents,
    identity::Vault,
    notifications::{
        AppIo as Port, AppIoAccount, AppIoService, CallError, CallFault, Environment, Mailer,
        MessageTemplate, Notifications, Place, Profile, Sheets,
    },
    store::Database,
    tenants::{IpaCode, Tenant},
};
use municipio_integrations::appio::{
    Client,
    double::{Conduct, Double, Group, NewService},
};
use tokio::signal::ctrl_c;

use super::{CliError, named, open, say};
use crate::{clock, secret::vault, settings::Settings};

/// The keys of the double that stands alone.
const SERVICE_KEY: &str = "municipio-double-service-key";
const MANAGE_KEY: &str = "municipio-double-manage-key";

/// What to do with App IO.
#[derive(Debug, Subcommand)]
pub(super) enum AppIo {
    /// Say what is missing or wrong before messages can be sent
    ///
    /// Looks at what is set, and asks IO with each key whether it may write to the citizen of tests, and the server of mail
    /// whether it answers. Nothing is sent. The exit code is 1 when something is missing.
    Check {
        /// IPA code of the municipality; all that use App IO when left out
        #[arg(long, value_name = "IPA_CODE")]
        tenant: Option<IpaCode>,
    },
    /// List the topics of IO under which services stand
    ///
    /// Asks IO with the manage key of a municipality. The ids are those that `linkAppIoSheet` takes.
    Topics {
        /// IPA code of the municipality
        #[arg(long, value_name = "IPA_CODE")]
        tenant: IpaCode,
    },
    /// Run a double of IO
    ///
    /// It counts calls, knows no repetition, and delivers a little later, as IO does. Set MUNICIPIO_APPIO_URL to the address
    /// that it says. What it took in is at /double/messages.
    Fake {
        /// Address and port to listen on
        #[arg(long, default_value = "127.0.0.1:4510", value_name = "ADDRESS")]
        listen: SocketAddr,
        /// A fiscal code of somebody who is not on IO; may be given several times
        #[arg(long, value_name = "FISCAL_CODE")]
        absent: Vec<String>,
        /// How many seconds it takes until a message is delivered
        #[arg(long, default_value_t = 2, value_name = "SECONDS")]
        settles: u64,
        /// The service has a premium contract
        #[arg(long)]
        premium: bool,
    },
}

impl AppIo {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), CliError> {
        match self {
            Self::Check { tenant } => check(settings, tenant).await,
            Self::Topics { tenant } => topics(settings, &tenant).await,
            Self::Fake {
                listen,
                absent,
                settles,
                premium,
            } => fake(listen, absent.into_iter().collect(), (settles, premium)).await,
        }
    }
}

async fn fake(
    listen: SocketAddr,
    absent: BTreeSet<String>,
    (settles, premium): (u64, bool),
) -> Result<(), CliError> {
    let conduct = Conduct {
        absent,
        settles_after: Duration::from_secs(settles),
        ..Conduct::default()
    };
    let mut double = Double::new(TcpListener::bind(listen)?, conduct, clock::now)?;
    let service = double.add_service(NewService {
        account: "double".to_owned(),
        keys: vec![SERVICE_KEY.to_owned()],
        is_live: true,
        groups: [Group::RemoteContent]
            .into_iter()
            .chain(premium.then_some(Group::Premium))
            .collect(),
        max_payment: 1_000_000,
    });
    let configuration = double.add_configuration(MANAGE_KEY);
    say(&format!(
        "A double of App IO is ready.\n  MUNICIPIO_APPIO_URL={}\n  Service        {service}\n  Its key        {SERVICE_KEY}\n  \
         Manage key     {MANAGE_KEY}\n  Configuration  {configuration}\nCtrl-C stops it.",
        double.url
    ))?;
    let handle = double.handle();
    actix_web::rt::spawn(async move {
        if ctrl_c().await.is_ok() {
            handle.stop().await;
        }
    });
    match double.server() {
        Some(server) => Ok(server.await?),
        None => Ok(()),
    }
}

async fn check(settings: &Settings, tenant: Option<IpaCode>) -> Result<(), CliError> {
    let database = open(settings).await?;
    let io = Client::new(settings.appio_url.clone());
    let vault = vault(settings)?;
    let mail = match settings.mailer() {
        Some(mailer) => Some(mailer.check().await),
        None => None,
    };
    let is_named = tenant.is_some();
    let mut wrong = Vec::new();
    for tenant in named(&database, tenant.as_ref()).await? {
        let found = look(&database, &vault, (&io, mail.as_ref()), &tenant).await?;
        let Some(problems) = found else {
            if is_named {
                wrong.push(format!("{}: App IO is not set up", tenant.ipa_code));
            }
            continue;
        };
        if problems.is_empty() {
            say(&format!("{}: App IO is ready", tenant.ipa_code))?;
        }
        let problems = problems.into_iter();
        wrong.extend(problems.map(|problem| format!("{}: {problem}", tenant.ipa_code)));
    }
    database.close().await?;
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("\n").into()),
    }
}

/// What is missing or wrong of a municipality; nothing when it has no account.
async fn look(
    database: &Database,
    vault: &Vault,
    (io, mail): (&Client, Option<&Result<(), CallError>>),
    tenant: &Tenant,
) -> Result<Option<Vec<String>>, CliError> {
    let contents = Contents::new(database.tenant(tenant.id), Contents::cache(0));
    let notifications = Notifications::from(&contents);
    let Some(account) = notifications.account().await? else {
        return Ok(None);
    };
    let (services, templates) = (
        notifications.services().await?,
        notifications.templates().await?,
    );
    let mut problems = missing(&account, &services, &templates);
    for service in services.iter().filter(|service| service.is_enabled) {
        problems.extend(refused(vault, io, service).await);
    }
    problems.extend(unknown_configuration(vault, io, &account).await);
    problems.extend(unmailed(&account, mail));
    let sheets = notifications.sheets().await?;
    problems.extend(sheet::wrong(vault, io, tenant, &account, &sheets).await);
    Ok(Some(problems))
}

async fn topics(settings: &Settings, tenant: &IpaCode) -> Result<(), CliError> {
    let (database, vault) = (open(settings).await?, vault(settings)?);
    for tenant in named(&database, Some(tenant)).await? {
        let contents = Contents::new(database.tenant(tenant.id), Contents::cache(0));
        let account = Notifications::from(&contents).account().await?;
        let key = account
            .map(|account| account.manage_key(&vault))
            .transpose()?;
        let Some(key) = key.flatten() else {
            return Err("there is no manage key (configureAppIo)".into());
        };
        let io = Client::new(settings.appio_url.clone());
        for topic in io.topics(&key).await? {
            say(&format!("{:>4}  {}", topic.id, topic.name))?;
        }
    }
    Ok(database.close().await?)
}

/// What is missing, as far as nobody has to be asked.
fn missing(
    account: &AppIoAccount,
    services: &[AppIoService],
    templates: &[MessageTemplate],
) -> Vec<String> {
    let used: Vec<_> = templates
        .iter()
        .filter(|template| template.is_enabled)
        .collect();
    let has_remote = used
        .iter()
        .any(|template| template.content.place == Place::Remote);
    let has_key = account.remote_keys.hint(account.environment).is_some();
    let questions = [
        (!account.is_enabled, "it is switched off (configureAppIo)"),
        (
            services.is_empty(),
            "there is no service (createAppIoService)",
        ),
        (
            used.is_empty(),
            "no template is switched on (saveMessageTemplate)",
        ),
        (
            has_remote && account.remote_configuration.is_none(),
            "templates are REMOTE, and there is no configuration at IO (configureAppIo)",
        ),
        (
            has_remote && !has_key,
            "templates are REMOTE, and there is no key with which IO fetches them (rotateAppIoKey)",
        ),
    ];
    let missing = questions.into_iter().filter(|(is_missing, _)| *is_missing);
    missing.map(|(_, what)| what.to_owned()).collect()
}

/// Why no mails are sent, where they are to be.
fn unmailed(account: &AppIoAccount, mail: Option<&Result<(), CallError>>) -> Option<String> {
    account.mail_sender.as_ref()?;
    match mail {
        Some(Ok(())) => None,
        Some(Err(error)) => Some(format!("no mails are sent: {error}")),
        None => Some("no mails are sent: there is no server (MUNICIPIO_SMTP_URL)".to_owned()),
    }
}

/// What IO says against each key of a service.
async fn refused(vault: &Vault, io: &Client, service: &AppIoService) -> Vec<String> {
    let name = &service.name;
    let keys = match service.keys(vault) {
        Ok(keys) => keys,
        Err(error) => return vec![format!("the keys of «{name}» cannot be read: {error}")],
    };
    let mut problems = Vec::new();
    let both = [
        ("primary", Some(keys.primary)),
        ("secondary", keys.secondary),
    ];
    for (which, key) in both {
        let Some(key) = key else { continue };
        match io.profile(&key, Environment::SANDBOX_CODE).await {
            Ok(Profile::Reachable(_)) => {}
            Ok(Profile::Unreachable) => {
                problems.push(format!("«{name}» may not write to the citizen of tests"));
            }
            Err(error) if error.fault == CallFault::Unauthorised => {
                problems.push(format!(
                    "IO does not accept the {which} key of «{name}»; new ones take a while"
                ));
            }
            Err(error) => problems.push(format!("«{name}», {which} key: {error}")),
        }
    }
    problems
}

/// Whether IO does not know the configuration of remote content.
async fn unknown_configuration(
    vault: &Vault,
    io: &Client,
    account: &AppIoAccount,
) -> Option<String> {
    let wanted = account.remote_configuration.as_ref()?;
    let key = match account.manage_key(vault) {
        Ok(key) => key?,
        Err(error) => return Some(format!("the manage key cannot be read: {error}")),
    };
    match io.configurations(&key).await {
        Ok(known) if known.contains(wanted) => None,
        Ok(_) => Some(format!(
            "IO has no configuration {wanted} for the manage key"
        )),
        Err(error) => Some(format!("the configurations cannot be asked for: {error}")),
    }
}
