//! `municipio user`.

use std::io::{IsTerminal, Read};

use clap::{Args, Subcommand};
use municipio_domain::{
    audit::{Actor, Deed, record},
    identity::{
        Account, AccountChange, AccountStatus, EmailAddress, Giver, NewAccount, Passwords,
        account_of, check_password, create_account, disable_second_factor, generate_password,
        list_accounts, set_password, update_account,
    },
    store::{Database, TenantStore, Transaction},
    tenants::{self, IpaCode, Tenant},
};
use serde_json::json;

use super::{CliError, open, say};
use crate::{clock, settings::Settings};

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Create an account, such as the first administrator of a municipality
    ///
    /// Asks for the password, unless it comes from elsewhere. Example: municipio user create --tenant
    /// c_h501 --email anna.rossi@comune.roma.it --name "Anna Rossi" --role administrator
    Create(Create),
    /// List the accounts of a municipality
    List {
        /// IPA code of the municipality
        #[arg(long, value_name = "IPA_CODE")]
        tenant: IpaCode,
    },
    /// Give an account another password; it is signed out everywhere
    ResetPassword {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        password: PasswordSource,
        /// Turn its second factor off too
        #[arg(long)]
        remove_second_factor: bool,
    },
    /// Let nobody sign in to an account any more; nothing is deleted
    Suspend(Who),
    /// Let the owner of a suspended account sign in again
    Resume(Who),
}

#[derive(Debug, Args)]
#[command(
    override_usage = "municipio user create --tenant <IPA_CODE> --email <EMAIL> --name <NAME> --role <ROLE>"
)]
pub(super) struct Create {
    #[command(flatten)]
    who: Who,
    /// Name of its owner
    #[arg(long)]
    name: String,
    /// Role, such as author, editor, translator, officer, administrator or integrator; may be given several times
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<String>,
    #[command(flatten)]
    password: PasswordSource,
}

#[derive(Debug, Args)]
pub(super) struct Who {
    /// IPA code of the municipality
    #[arg(long, value_name = "IPA_CODE")]
    tenant: IpaCode,
    /// E-mail address of the account
    #[arg(long)]
    email: EmailAddress,
}

/// Where the password comes from; it never stands in the command, where others could read it.
#[derive(Debug, Args)]
pub(super) struct PasswordSource {
    /// Read the password from the standard input, up to the end of the line
    #[arg(long, conflicts_with = "generate_password")]
    password_stdin: bool,
    /// Make a password and print it once
    #[arg(long)]
    generate_password: bool,
}

impl User {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), CliError> {
        let database = open(settings).await?;
        let said = self.answer(&database).await?;
        say(&said)?;
        Ok(database.close().await?)
    }

    async fn answer(self, database: &Database) -> Result<String, CliError> {
        match self {
            Self::Create(create) => create.run(database).await,
            Self::List { tenant } => {
                let tenant = tenants::show(database, &tenant).await?;
                let accounts = list_accounts(&database.tenant(tenant.id)).await?;
                Ok(list(&accounts))
            }
            Self::ResetPassword {
                who,
                password,
                remove_second_factor,
            } => reset(database, &who, &password, remove_second_factor).await,
            Self::Suspend(who) => suspend(database, &who, AccountStatus::Suspended).await,
            Self::Resume(who) => suspend(database, &who, AccountStatus::Active).await,
        }
    }
}

impl Create {
    async fn run(self, database: &Database) -> Result<String, CliError> {
        let tenant = tenants::show(database, &self.who.tenant).await?;
        let email = self.who.email;
        let words = [email.as_str(), self.name.as_str(), tenant.name.as_str()];
        let (password, shown) = self.password.read(&words)?;
        let hash = Passwords::new(1).hash(&password).await?;
        let new = NewAccount {
            email,
            name: self.name,
            roles: self.roles.into_iter().collect(),
            password_hash: Some(hash),
        };
        let transaction = database.tenant(tenant.id).begin().await?;
        let account = create_account(&transaction, Giver::Operator, new, clock::now()).await?;
        let deed = account.deed("account.create", &tenant.ipa_code);
        commit(transaction, &deed).await?;
        let roles: Vec<_> = account.roles.into_iter().collect();
        let said = format!(
            "{} can sign in to {} as {}.",
            account.email,
            tenant.name,
            roles.join(", ")
        );
        Ok(with_password(said, shown))
    }
}

async fn reset(
    database: &Database,
    who: &Who,
    password: &PasswordSource,
    remove_second_factor: bool,
) -> Result<String, CliError> {
    let (tenant, store, account) = find(database, who).await?;
    let words = [
        account.email.as_str(),
        account.name.as_str(),
        tenant.name.as_str(),
    ];
    let (password, shown) = password.read(&words)?;
    let hash = Passwords::new(1).hash(&password).await?;
    let transaction = store.begin().await?;
    set_password(&transaction, account.id, hash).await?;
    if remove_second_factor {
        disable_second_factor(&transaction, account.id).await?;
    }
    let deed = account.deed("password.reset", &tenant.ipa_code);
    let deed = deed.with(json!({ "removesSecondFactor": remove_second_factor }));
    commit(transaction, &deed).await?;
    let said = format!("{} has another password.", account.email);
    Ok(with_password(said, shown))
}

async fn suspend(
    database: &Database,
    who: &Who,
    status: AccountStatus,
) -> Result<String, CliError> {
    let (tenant, store, account) = find(database, who).await?;
    let change = AccountChange {
        status: Some(status),
        ..AccountChange::default()
    };
    let transaction = store.begin().await?;
    let account = update_account(&transaction, Giver::Operator, account.id, change).await?;
    commit(
        transaction,
        &account.deed("account.update", &tenant.ipa_code),
    )
    .await?;
    Ok(match status {
        AccountStatus::Active => format!("{} can sign in.", account.email),
        AccountStatus::Suspended => format!("{} cannot sign in any more.", account.email),
    })
}

/// Ends a transaction; what was done in it is written down with it.
pub(super) async fn commit(transaction: Transaction, deed: &Deed) -> Result<(), CliError> {
    record(&transaction, &Actor::command(), deed, clock::now()).await?;
    Ok(transaction.commit().await?)
}

async fn find(database: &Database, who: &Who) -> Result<(Tenant, TenantStore, Account), CliError> {
    let tenant = tenants::show(database, &who.tenant).await?;
    let store = database.tenant(tenant.id);
    let account = account_of(&store, &who.email).await?;
    let missing = || {
        format!(
            "{} has no account with the e-mail address {}",
            tenant.name, who.email
        )
    };
    let account = account.ok_or_else(missing)?;
    Ok((tenant, store, account))
}

fn list(accounts: &[Account]) -> String {
    let lines = accounts.iter().map(|account| {
        let status = match account.status {
            AccountStatus::Active => "active",
            AccountStatus::Suspended => "suspended",
        };
        let roles: Vec<_> = account.roles.iter().map(String::as_str).collect();
        format!(
            "{:<40} {status:<10} {:<20} {}",
            account.email,
            roles.join(","),
            account.name
        )
    });
    match accounts {
        [] => "There are no accounts.".to_owned(),
        _ => lines.collect::<Vec<_>>().join("\n"),
    }
}

fn with_password(said: String, shown: Option<String>) -> String {
    match shown {
        Some(password) => format!("{said}\nThe password, shown once: {password}"),
        None => said,
    }
}

impl PasswordSource {
    /// The password, and the same again when nobody knows it yet.
    fn read(&self, words: &[&str]) -> Result<(String, Option<String>), CliError> {
        if self.generate_password {
            let password = generate_password()?;
            return Ok((password.clone(), Some(password)));
        }
        let password = match self.password_stdin {
            true => first_line(std::io::stdin())?,
            false => ask()?,
        };
        check_password(&password, words)?;
        Ok((password, None))
    }
}

pub(super) fn first_line(mut input: impl Read) -> Result<String, CliError> {
    /// More than any password has.
    const MOST: u64 = 4_096;
    let mut text = String::new();
    input.by_ref().take(MOST).read_to_string(&mut text)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Asks twice on the terminal, without showing what is typed.
fn ask() -> Result<String, CliError> {
    if !std::io::stdin().is_terminal() {
        return Err(
            "there is nobody to ask for the password: use --password-stdin or --generate-password"
                .into(),
        );
    }
    let password = rpassword::prompt_password("Password (15 characters or more): ")?;
    match rpassword::prompt_password("The same again: ")? == password {
        true => Ok(password),
        false => Err("the two passwords differ".into()),
    }
}
