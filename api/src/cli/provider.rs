//! `municipio provider`.

use std::{fs, path::PathBuf};

use clap::{Args, Subcommand};
use municipio_domain::{
    identity::{
        Giver, NewProvider, ProviderSettings, create_provider, delete_provider, list_providers,
    },
    ids::ProviderId,
    store::Database,
    tenants::{self, IpaCode},
};

use super::{
    CliError, open, say,
    user::{commit, first_line},
};
use crate::{clock, secret::vault, settings::Settings};

/// What to do with identity providers.
#[derive(Debug, Subcommand)]
pub(super) enum Provider {
    /// Register an identity provider (OpenID Connect) of a municipality
    ///
    /// The settings are a JSON object with those of docs/sign-in.md, and `groupRoles` as {"group": ["role"]}. Example: municipio provider create --tenant c_h501 --name "Comune di Roma"
    /// --issuer https://login.comune.roma.it/realms/comune --client-id portale --client-secret-stdin --settings
    /// provider.json
    Create(Create),
    /// List the identity providers of a municipality
    List {
        /// IPA code of the municipality
        #[arg(long, value_name = "IPA_CODE")]
        tenant: IpaCode,
    },
    /// Delete an identity provider; who signed in through it is signed out
    Delete {
        /// IPA code of the municipality
        #[arg(long, value_name = "IPA_CODE")]
        tenant: IpaCode,
        /// Its id, as `list` says it
        id: ProviderId,
    },
}

#[derive(Debug, Args)]
#[command(
    override_usage = "municipio provider create --tenant <IPA_CODE> --name <NAME> --issuer <URL> [OPTIONS]"
)]
pub(super) struct Create {
    /// IPA code of the municipality
    #[arg(long, value_name = "IPA_CODE")]
    tenant: IpaCode,
    /// What people see of it, such as the label of a button
    #[arg(long)]
    name: String,
    /// The issuer, as its tokens name it
    #[arg(long, value_name = "URL")]
    issuer: String,
    /// Who the municipality is to it
    #[arg(long, value_name = "ID")]
    client_id: String,
    /// Read the client secret from the standard input, up to the end of the line; without it a public client
    #[arg(long)]
    client_secret_stdin: bool,
    /// JSON file with who may sign in, and as what
    #[arg(long, value_name = "FILE")]
    settings: PathBuf,
}

impl Provider {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), CliError> {
        let database = open(settings).await?;
        let said = self.answer(&database, settings).await?;
        say(&said)?;
        Ok(database.close().await?)
    }

    async fn answer(self, database: &Database, settings: &Settings) -> Result<String, CliError> {
        match self {
            Self::Create(create) => create.run(database, settings).await,
            Self::List { tenant } => {
                let tenant = tenants::show(database, &tenant).await?;
                let providers = list_providers(&database.tenant(tenant.id)).await?;
                let line = |provider: municipio_domain::identity::IdentityProvider| {
                    let status = match provider.is_enabled {
                        true => "enabled",
                        false => "disabled",
                    };
                    let (id, name, issuer) = (provider.id, provider.name, provider.issuer);
                    format!("{id} {status:<10} {name:<30} {issuer}")
                };
                let lines: Vec<_> = providers.into_iter().map(line).collect();
                Ok(match lines.as_slice() {
                    [] => "There are no identity providers.".to_owned(),
                    lines => lines.join("\n"),
                })
            }
            Self::Delete { tenant, id } => {
                let tenant = tenants::show(database, &tenant).await?;
                let transaction = database.tenant(tenant.id).begin().await?;
                let provider = delete_provider(&transaction, Giver::Operator, id).await?;
                let deed = provider.deed("provider.delete", &tenant.ipa_code);
                commit(transaction, &deed).await?;
                Ok("The identity provider is deleted.".to_owned())
            }
        }
    }
}

impl Create {
    async fn run(self, database: &Database, settings: &Settings) -> Result<String, CliError> {
        let tenant = tenants::show(database, &self.tenant).await?;
        let file = self.settings.display();
        let json =
            fs::read_to_string(&self.settings).map_err(|error| format!("{file}: {error}"))?;
        let settings_of: Result<ProviderSettings, _> = serde_json::from_str(&json);
        let new = NewProvider {
            name: self.name,
            issuer: self.issuer,
            client_id: self.client_id,
            client_secret: match self.client_secret_stdin {
                true => Some(first_line(std::io::stdin())?),
                false => None,
            },
            settings: settings_of.map_err(|error| format!("{file}: {error}"))?,
        };
        let vault = vault(settings)?;
        let transaction = database.tenant(tenant.id).begin().await?;
        let made = create_provider(&transaction, &vault, Giver::Operator, new, clock::now());
        let provider = made.await?;
        let deed = provider.deed("provider.create", &tenant.ipa_code);
        commit(transaction, &deed).await?;
        Ok(format!(
            "People sign in to {} through {} ({}).",
            tenant.name, provider.name, provider.id
        ))
    }
}
