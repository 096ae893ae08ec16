//! The start: the database opened, migrated and, when it is empty, filled with the demo municipality.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use municipio_domain::{
    audit::{Actor, record},
    cases::Cases,
    citizens::{
        CitizenIssuer, CitizenIssuerChange, DemoIssuer, create_citizen_issuer,
        update_citizen_issuer,
    },
    content::{ContentType, Contents},
    identity::{
        BuiltInRole, Giver, IdentityError, NewAccount, Passwords, Refusal, create_account,
        generate_password, list_accounts,
    },
    ids::TenantId,
    media::Media,
    store::{Database, TenantStore},
    tenants::{self, NewTenant, Tenant, TenantError},
};
use municipio_seeds::{LoadReport, SeedError, SeedFile, TenantFile};
use uuid::Uuid;

use crate::{
    app::StartError,
    clock,
    media::media,
    secret::{secret, vault},
    settings::Settings,
};

/// A database that is ready, and what was done to it.
pub struct Opened {
    /// The database.
    pub database: Database,
    /// How many migrations it lacked.
    pub migrations: usize,
    /// What loading the demo municipality did, if it was loaded.
    pub demo: Option<LoadReport>,
    /// The accounts that were made with it.
    pub demo_accounts: Vec<DemoAccount>,
}

/// An account of the demo municipality. Its password is random, and known to who started the program.
#[derive(Clone, Debug)]
pub struct DemoAccount {
    /// The address with which it signs in.
    pub email: String,
    /// The password.
    pub password: String,
}

/// Opens the database of these settings and brings it up to date.
///
/// # Errors
/// The data folder or the database cannot be used.
pub async fn open(settings: &Settings) -> Result<Opened, StartError> {
    match &settings.database_url {
        Some(url) => {
            let database = Database::connect(url, settings.database_options()).await?;
            prepare(database, settings).await
        }
        None => open_folder(settings).await,
    }
}

async fn open_folder(settings: &Settings) -> Result<Opened, StartError> {
    let options = settings.database_options();
    let folder = &settings.data_dir;
    let data_dir = |error| StartError::DataDir {
        folder: folder.display().to_string(),
        error,
    };
    fs::create_dir_all(folder).map_err(data_dir)?;
    // Two programs that start at once must not both make the first database.
    let lock = File::create(folder.join("municipio.lock")).map_err(data_dir)?;
    lock.lock().map_err(data_dir)?;
    let first = folder.join("first-start");
    let mut made = None;
    if !folder.join("municipio.db").exists() {
        refuse_leftovers(folder).map_err(data_dir)?;
        // The first database is made aside and moved into place when it is whole, so that a start
        // that is killed leaves nothing half written.
        remove(&first).map_err(data_dir)?;
        fs::create_dir_all(&first).map_err(data_dir)?;
        let opened = prepare(Database::open(&first, options).await?, settings).await?;
        opened.database.close().await?;
        refuse_leftovers(&first).map_err(data_dir)?;
        fs::rename(first.join("municipio.db"), folder.join("municipio.db")).map_err(data_dir)?;
        made = Some(opened);
    }
    remove(&first).map_err(data_dir)?;
    let opened = prepare(Database::open(folder, options).await?, settings).await?;
    Ok(match made {
        Some(made) => Opened {
            database: opened.database,
            ..made
        },
        None => opened,
    })
}

/// A write-ahead log without its database would be replayed into the next one.
fn refuse_leftovers(folder: &Path) -> io::Result<()> {
    for name in ["municipio.db-wal", "municipio.db-shm"] {
        if folder.join(name).exists() {
            let message = format!(
                "there is {name} but no municipio.db: put the database back, or remove {name} to start anew"
            );
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
        }
    }
    Ok(())
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

async fn prepare(database: Database, settings: &Settings) -> Result<Opened, StartError> {
    let work = async {
        let migrations = database.migrate().await?;
        let (demo, demo_accounts) = match settings.demo {
            true => fill(&database, settings).await?,
            false => (None, Vec::new()),
        };
        Ok::<_, StartError>((migrations, demo, demo_accounts))
    };
    let (migrations, demo, demo_accounts) = database.alone(work).await?;
    Ok(Opened {
        database,
        migrations,
        demo,
        demo_accounts,
    })
}

/// Makes what the demo municipality lacks, while there is no other: a start that was killed may have left
/// the municipality without its content, or the content without accounts.
async fn fill(
    database: &Database,
    settings: &Settings,
) -> Result<(Option<LoadReport>, Vec<DemoAccount>), StartError> {
    let (file, files) = municipio_seeds::demo()?;
    let tenants = tenants::list(database).await?;
    let is_demo = |tenant: &Tenant| tenant.ipa_code.as_str() == file.ipa_code;
    if !tenants.iter().all(is_demo) {
        return Ok((None, Vec::new()));
    }
    let tenant = tenant_of(database, &file).await?;
    let store = database.tenant(tenant.id);
    let contents = Contents::new(store.clone(), Contents::cache(1));
    let loaded = contents.singleton(ContentType::Municipality).await?;
    let demo = match loaded {
        None => Some(load(database, &media(settings)?, &tenant, &files).await?),
        Some(_) => None,
    };
    demo_cases(&store, &tenant, settings).await?;
    demo_issuer(&store, &tenant, settings).await?;
    Ok((demo, demo_accounts(&store, &tenant).await?))
}

/// Makes the cases of the demo municipality while it has none; without a secret it has none.
async fn demo_cases(
    store: &TenantStore,
    tenant: &Tenant,
    settings: &Settings,
) -> Result<(), StartError> {
    let vault = vault(settings)?;
    let contents = Contents::new(store.clone(), Contents::cache(1));
    let has_none = Cases::from(&contents).last_place().await? == 0;
    if let Some(keys) = vault.citizens().filter(|_| has_none) {
        let municipality = &tenant.ipa_code;
        municipio_seeds::load_cases(store, municipality, keys, clock::now()).await?;
    }
    Ok(())
}

/// Loads the demo municipality; its tenant is made when it is not there.
///
/// # Errors
/// The demo is wrong, or the database failed.
pub async fn load_demo(database: &Database, media: &Media) -> Result<LoadReport, StartError> {
    let (file, files) = municipio_seeds::demo()?;
    let tenant = tenant_of(database, &file).await?;
    load(database, media, &tenant, &files).await
}

async fn load(
    database: &Database,
    media: &Media,
    tenant: &Tenant,
    files: &[SeedFile],
) -> Result<LoadReport, StartError> {
    let (store, now) = (database.tenant(tenant.id), clock::now());
    let media = media.of(store.clone());
    let attached =
        municipio_seeds::attach(&media, municipio_seeds::demo_attachments(), now).await?;
    Ok(municipio_seeds::load(&store, tenant, files, &attached, now).await?)
}

/// One account for each built-in role of the demo municipality, unless it has accounts already.
async fn demo_accounts(
    store: &TenantStore,
    tenant: &Tenant,
) -> Result<Vec<DemoAccount>, StartError> {
    let known = list_accounts(store).await?;
    if !known.is_empty() {
        return Ok(Vec::new());
    }
    let passwords = Passwords::new(1);
    let mut made = Vec::new();
    let transaction = store.begin().await?;
    for role in BuiltInRole::ALL {
        let password = generate_password().map_err(IdentityError::from)?;
        let email = format!("{}@montelago.example", role.as_str());
        let new = NewAccount {
            email: email
                .parse()
                .map_err(Refusal::from)
                .map_err(IdentityError::from)?,
            name: format!("Demo {}", role.as_str()),
            roles: [role.as_str().to_owned()].into(),
            password_hash: Some(passwords.hash(&password).await?),
        };
        let account = create_account(&transaction, Giver::Operator, new, clock::now()).await?;
        let deed = account.deed("account.create", &tenant.ipa_code);
        record(&transaction, &Actor::system(), &deed, clock::now()).await?;
        made.push(DemoAccount { email, password });
    }
    transaction.commit().await?;
    Ok(made)
}

/// Registers the issuer whose tokens `municipio demo token` signs, with the key that belongs to the secret of now; without
/// a secret there is none.
async fn demo_issuer(
    store: &TenantStore,
    tenant: &Tenant,
    settings: &Settings,
) -> Result<(), StartError> {
    let Some(secret) = secret(settings)? else {
        return Ok(());
    };
    let demo = DemoIssuer::new(&secret).map_err(IdentityError::from)?;
    let mut known = CitizenIssuer::list(store).await?;
    known.retain(|one| one.issuer == DemoIssuer::ISSUER);
    let keys = Some(demo.keys());
    if known.iter().any(|one| one.settings.keys == keys) {
        return Ok(());
    }
    let (transaction, now) = (store.begin().await?, clock::now());
    let (name, done) = match known.pop() {
        Some(mut known) => {
            known.settings.keys = keys;
            let change = CitizenIssuerChange {
                settings: Some(known.settings),
                ..CitizenIssuerChange::default()
            };
            let changed =
                update_citizen_issuer(&transaction, Giver::Operator, known.id, change, now);
            ("issuer.update", changed.await?)
        }
        None => {
            let new = demo.registration();
            let made = create_citizen_issuer(&transaction, Giver::Operator, new, now);
            ("issuer.create", made.await?)
        }
    };
    let deed = done.deed(name, &tenant.ipa_code);
    record(&transaction, &Actor::system(), &deed, now).await?;
    transaction.commit().await?;
    Ok(())
}

async fn tenant_of(database: &Database, file: &TenantFile) -> Result<Tenant, StartError> {
    let wrong = |message: String| {
        let problem = municipio_seeds::Problem {
            file: "tenant.toml".to_owned(),
            line: 1,
            field: String::new(),
            message,
        };
        SeedError::Files(vec![problem])
    };
    let ipa_code: tenants::IpaCode = file
        .ipa_code
        .parse()
        .map_err(|error: tenants::InvalidCode| wrong(error.to_string()))?;
    match tenants::show(database, &ipa_code).await {
        Err(TenantError::NotFound(_)) => {}
        found => return Ok(found?),
    }
    let locales = file.locales.iter().map(|locale| locale.parse());
    let new = NewTenant {
        // The same in every installation, so that links to the demo stay valid.
        id: Some(TenantId(Uuid::new_v5(
            &Uuid::NAMESPACE_URL,
            ipa_code.as_str().as_bytes(),
        ))),
        ipa_code,
        name: Some(file.name.clone()),
        fiscal_code: file
            .fiscal_code
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error: tenants::InvalidCode| wrong(error.to_string()))?,
        hosts: file.hosts.clone(),
        locales: locales
            .collect::<Result<_, _>>()
            .map_err(|error: municipio_domain::locale::InvalidLocale| wrong(error.to_string()))?,
    };
    Ok(tenants::create(database, new, clock::now()).await?)
}
