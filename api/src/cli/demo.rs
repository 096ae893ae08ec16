//! `municipio demo`.

use clap::{Subcommand, ValueEnum};
use municipio_domain::{
    citizens::{CitizenIssuer, DEMO_CITIZENS, DemoIssuer, LevelOfAssurance},
    store::Database,
    tenants,
};

use super::{CliError, open, say};
use crate::{clock, secret::secret, settings::Settings};

/// What to do with the demo municipality.
#[derive(Debug, Subcommand)]
pub(super) enum Demo {
    /// Sign a token with which a citizen of the demo calls, valid for eight hours
    ///
    /// The demo has an issuer of its own in place of SPID and CIE. Example: curl -H "Authorization: Bearer $(municipio
    /// demo token --citizen 1)" …
    Token {
        /// Which citizen, from 1 to 3: Anna Bianchi, Luca Verdi, Giulia Neri
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=3))]
        citizen: u8,
        /// How sure it is who they are
        #[arg(long, value_enum, default_value_t = Level::Substantial)]
        level: Level,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Level {
    Low,
    Substantial,
    High,
}

impl From<Level> for LevelOfAssurance {
    fn from(level: Level) -> Self {
        match level {
            Level::Low => Self::Low,
            Level::Substantial => Self::Substantial,
            Level::High => Self::High,
        }
    }
}

impl Demo {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), CliError> {
        let Self::Token { citizen, level } = self;
        let database = open(settings).await?;
        let issuer = issuer(&database, settings).await?;
        let citizen = DEMO_CITIZENS.get(usize::from(citizen).saturating_sub(1));
        let citizen = citizen.ok_or("the demo has three citizens: 1, 2 and 3")?;
        say(&issuer.token(citizen, level.into(), clock::now()))?;
        Ok(database.close().await?)
    }
}

/// The issuer of the demo, if its tokens are accepted here.
async fn issuer(database: &Database, settings: &Settings) -> Result<DemoIssuer, CliError> {
    let (file, _) = municipio_seeds::demo()?;
    let tenant = tenants::show(database, &file.ipa_code.parse()?).await?;
    let secret = secret(settings)?.ok_or("there is no secret: set MUNICIPIO_SECRET")?;
    let issuer = DemoIssuer::new(&secret)?;
    let registered = CitizenIssuer::list(&database.tenant(tenant.id)).await?;
    let is_this = |one: &CitizenIssuer| {
        one.is_enabled
            && one.issuer == DemoIssuer::ISSUER
            && one.settings.keys.as_ref() == Some(&issuer.keys())
    };
    match registered.iter().any(is_this) {
        true => Ok(issuer),
        false => {
            Err("the issuer of the demo is not registered here with the key of this secret".into())
        }
    }
}
