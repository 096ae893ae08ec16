//! What a request brings with it: the municipality it is for, its content, the moment, and the
//! loaders that turn many look-ups into one statement.

mod linked;
mod read;

use std::sync::Arc;

use async_graphql::{Context, ID, Request, Result, dataloader::DataLoader, runtime::TokioSpawner};
use chrono::{DateTime, NaiveDate, Utc};
use municipio_domain::{
    audit::{self, Actor, Deed, Origin},
    cases::Rights,
    citizens::{Citizen, LevelOfAssurance},
    content::{
        Body, ContentType, Contents, Item,
        types::{Asset, Municipality},
    },
    idempotency::Attempt,
    identity::{Action, Caller, Denied, Identity, Subject},
    ids::{CaseId, ItemId},
    locale::Locale,
    media::{SealedFile, TenantMedia},
    search::Search,
    store::Transaction,
    tenants::Tenant,
    time::{ClosingCalendar, ROME},
};
use tokio::sync::OnceCell;

use crate::{
    case::CaseLoader,
    error::{ErrorCode, denied, internal, level_too_low},
    files::{FileAddresses, Reach},
    global_id::{self, Kind},
    identity::IdentityLoader,
    work::WorkLoader,
};
use linked::LinkedLoader;
pub(crate) use linked::{LinkedList, LinkedPart};
use read::{ItemLoader, Turn};

/// The moment of a request.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// One moment for the whole answer.
    Fixed(DateTime<Utc>),
    /// The time of each event: a subscription goes on for hours.
    Running(fn() -> DateTime<Utc>),
}

/// The families of deeds whose answers hold no secrets, and are kept as they are for whoever sends a mutation again.
/// What makes accounts, keys and sessions gives out some of them, once.
const WITHOUT_SECRETS: [&str; 4] = ["content.", "release.", "review.", "role."];

/// What a request brings with it.
pub struct RequestData {
    /// The municipality.
    pub tenant: Arc<Tenant>,
    /// Its content.
    pub contents: Contents,
    /// Who makes the request.
    pub caller: Caller,
    /// The accounts, sessions and keys of the municipality.
    pub identity: Identity,
    /// Looks for content.
    pub(crate) search: Option<Search>,
    /// The files of the municipality.
    pub(crate) media: Option<TenantMedia>,
    /// Where files are.
    pub(crate) files: FileAddresses,
    origin: Origin,
    attempt: Option<Arc<Attempt>>,
    moment: Moment,
    settings: OnceCell<Option<Item>>,
    items: DataLoader<ItemLoader>,
    linked: DataLoader<LinkedLoader>,
    work: DataLoader<WorkLoader>,
    people: DataLoader<IdentityLoader>,
    cases: DataLoader<CaseLoader>,
    case_rights: OnceCell<Rights>,
}

impl RequestData {
    /// The data of one request.
    pub fn new(
        tenant: Arc<Tenant>,
        contents: Contents,
        identity: Identity,
        caller: Caller,
        moment: Moment,
    ) -> Self {
        let items = ItemLoader(contents.clone());
        let linked = LinkedLoader(contents.clone());
        let work = WorkLoader(contents.clone());
        let people = IdentityLoader(identity.clone());
        let cases = CaseLoader(contents.clone());
        let spawner = TokioSpawner::current;
        let items = DataLoader::new(items, spawner(), Turn);
        let linked = DataLoader::new(linked, spawner(), Turn);
        let work = DataLoader::new(work, spawner(), Turn);
        let people = DataLoader::new(people, spawner(), Turn);
        let cases = DataLoader::new(cases, spawner(), Turn);
        Self {
            tenant,
            contents,
            caller,
            identity,
            search: None,
            media: None,
            files: FileAddresses::default(),
            origin: Origin::default(),
            attempt: None,
            moment,
            settings: OnceCell::new(),
            items,
            linked,
            work,
            people,
            cases,
            case_rights: OnceCell::new(),
        }
    }

    /// The same, by a request of this origin.
    pub fn by(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// The same, which can look for content.
    pub fn searching(self, search: Search) -> Self {
        Self {
            search: Some(search),
            ..self
        }
    }

    /// The same, which can keep files.
    pub fn keeping(self, media: TenantMedia) -> Self {
        Self {
            media: Some(media),
            ..self
        }
    }

    /// Where a file of an event of a case is, for this caller and for a short time.
    pub(crate) fn case_file_address(
        &self,
        event: (CaseId, i64),
        file: &SealedFile,
    ) -> Option<String> {
        self.files
            .case_file(self.tenant.id, event, file, self.now())
    }

    /// The same, with files at these addresses.
    pub fn with_files(self, files: FileAddresses) -> Self {
        Self { files, ..self }
    }

    /// How far the address of the file of an asset reaches; nothing when the caller may not see it.
    pub(crate) fn reach(&self, asset: &Asset) -> Option<Reach> {
        let subject = Subject::of_type(ContentType::Asset);
        let may = || self.caller.authorise(Action::ReadDrafts, &subject).is_ok();
        let for_a_while = Reach::Caller(self.now());
        match asset.is_public() {
            true if self.contents.is_of_drafts() => Some(for_a_while),
            // What was public at a moment may have been taken off since: then it is for those who may see drafts.
            true if self.contents.is_of_record() && !may() => Some(Reach::WhilePublic),
            true if self.contents.is_of_record() => Some(for_a_while),
            true => Some(Reach::Public),
            false => may().then_some(for_a_while),
        }
    }

    /// Where the file of an asset is, for this caller.
    pub(crate) fn file_address(&self, item: &Item, asset: &Asset) -> Option<String> {
        let (file, reach) = (asset.file.as_ref()?, self.reach(asset)?);
        self.files.file(self.tenant.id, item, file, reach)
    }

    /// The same, of a mutation that may be sent again: it is told what is done.
    pub fn repeatable(self, attempt: Arc<Attempt>) -> Self {
        Self {
            attempt: Some(attempt),
            ..self
        }
    }

    /// A GraphQL request that brings this data.
    pub fn attach(self, request: Request) -> Request {
        request.data(self)
    }

    /// Lets the caller go on, or refuses.
    pub(crate) fn authorise(&self, action: Action, subject: &Subject<'_>) -> Result<()> {
        self.caller.authorise(action, subject).map_err(denied)
    }

    /// Lets a caller go on who may do this at least somewhere, or refuses: before anything is read.
    pub(crate) fn may(&self, action: Action) -> Result<()> {
        let denied_at_all = match self.caller.permissions() {
            None => Some(Denied::NotSignedIn),
            Some(permissions) if permissions.has(action) => None,
            Some(_) => Some(Denied::Action(action)),
        };
        denied_at_all.map_or(Ok(()), |reason| Err(denied(reason)))
    }

    /// Lets a caller go on who may do one of these; the reason why not is that of the first which they may
    /// do elsewhere.
    pub(crate) fn authorise_one_of(&self, actions: &[Action], subject: &Subject<'_>) -> Result<()> {
        let mut reasons = Vec::with_capacity(actions.len());
        for action in actions {
            match self.caller.authorise(*action, subject) {
                Ok(()) => return Ok(()),
                Err(reason) => reasons.push(reason),
            }
        }
        let elsewhere = |reason: &Denied| matches!(reason, Denied::Here(_));
        let reason = reasons.iter().position(elsewhere).unwrap_or_default();
        match reasons.into_iter().nth(reason) {
            Some(reason) => Err(denied(reason)),
            None => Ok(()),
        }
    }

    /// The citizen who calls; others are refused.
    pub(crate) fn citizen(&self) -> Result<&Citizen> {
        match &self.caller {
            Caller::Citizen(citizen) => Ok(citizen),
            Caller::Anonymous => Err(denied(Denied::NotSignedIn)),
            Caller::Staff(_) | Caller::Machine(_) => {
                Err(ErrorCode::Forbidden.error("this is for citizens"))
            }
        }
    }

    /// The citizen who calls, of whom it must be so sure who they are.
    pub(crate) fn citizen_at(&self, least: LevelOfAssurance) -> Result<&Citizen> {
        let citizen = self.citizen()?;
        citizen.require(least).map_err(level_too_low)?;
        Ok(citizen)
    }

    /// Who makes the request, as it is written down.
    pub(crate) fn actor(&self) -> Actor {
        Actor::caller(&self.caller, self.origin.clone())
    }

    /// Ends a transaction; what was done in it is written down with it.
    pub(crate) async fn commit(&self, transaction: Transaction, deed: &Deed) -> Result<()> {
        self.note(&transaction, deed).await?;
        transaction.commit().await.map_err(internal)?;
        if let Some(attempt) = &self.attempt {
            attempt.act();
            let mut families = WITHOUT_SECRETS.iter();
            if !families.any(|family| deed.name.starts_with(family)) {
                attempt.keep_secret();
            }
        }
        Ok(())
    }

    /// The answer holds a secret though nothing is committed with [`Self::commit`]: it is not kept for whoever sends
    /// the mutation again, but encrypted.
    pub(crate) fn keep_secret(&self) {
        if let Some(attempt) = &self.attempt {
            attempt.keep_secret();
        }
    }

    /// Has everybody looked at anew who calls with a token: it was changed what one stands for.
    pub(crate) fn forget_callers(&self) {
        self.identity.forget_callers();
        if let Some(attempt) = &self.attempt {
            attempt.change_callers();
        }
    }

    /// Writes down what is done in a transaction beside what ends it.
    pub(crate) async fn note(&self, transaction: &Transaction, deed: &Deed) -> Result<()> {
        let actor = self.actor();
        let recorded = audit::record(transaction, &actor, deed, self.now());
        recorded.await.map_err(internal)
    }

    /// Reads the global id of an item of a certain type, given as this argument.
    pub(crate) fn item_id(&self, id: &ID, wanted: ContentType, argument: &str) -> Result<ItemId> {
        global_id::decode_as(id, Kind::Content(wanted), &self.tenant.ipa_code, argument).map(ItemId)
    }

    /// The moment it is.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        match self.moment {
            Moment::Fixed(now) => now,
            Moment::Running(clock) => clock(),
        }
    }

    /// The day it is in Italy.
    pub(crate) fn today(&self) -> NaiveDate {
        self.now().with_timezone(&ROME).date_naive()
    }

    /// The settings of the municipality, read once for each answer.
    pub(crate) async fn settings(&self) -> Result<Option<Item>> {
        let read = || self.contents.singleton(ContentType::Municipality);
        let settings = match self.moment {
            Moment::Fixed(_) => self.settings.get_or_try_init(read).await.cloned(),
            Moment::Running(_) => read().await,
        };
        settings.map_err(internal)
    }

    /// What the settings of the municipality say.
    pub(crate) async fn municipality(&self) -> Result<Option<Arc<Municipality>>> {
        Ok(match self.settings().await?.map(|item| item.body) {
            Some(Body::Municipality(settings)) => Some(settings),
            _ => None,
        })
    }

    /// The days on which the municipality is closed.
    pub(crate) async fn closings(&self) -> Result<ClosingCalendar> {
        let settings = self.municipality().await?;
        Ok(settings
            .map(|settings| settings.closings())
            .unwrap_or_default())
    }

    /// Whether the municipality lets those ask how a case stands who have its code.
    pub(crate) async fn offers_case_codes(&self) -> Result<bool> {
        let settings = self.municipality().await?;
        Ok(settings.is_some_and(|settings| settings.offers_case_codes))
    }

    /// The address of the municipality's site, without a slash at its end.
    pub(crate) async fn site_url(&self) -> Result<Option<String>> {
        let settings = self.municipality().await?;
        let set = settings.and_then(|settings| settings.site_url.clone());
        let set = set.map(|url| url.as_str().trim_end_matches('/').to_owned());
        Ok(set.or_else(|| {
            self.tenant
                .hosts
                .first()
                .map(|host| format!("https://{host}"))
        }))
    }

    /// The locale that was asked for, or the default.
    pub(crate) fn locale(&self, asked: Option<Locale>) -> Result<Locale> {
        match asked {
            None => Ok(self.tenant.default_locale()),
            Some(locale) if self.tenant.locales.contains(&locale) => Ok(locale),
            Some(locale) => {
                let known: Vec<_> = self.tenant.locales.iter().map(Locale::as_str).collect();
                let message = format!(
                    "the municipality has no content in «{locale}»; it has {}",
                    known.join(", ")
                );
                Err(ErrorCode::UnknownLocale.about("locale", message))
            }
        }
    }
}

/// The data of the request.
pub(crate) fn data<'a>(ctx: &Context<'a>) -> Result<&'a RequestData> {
    ctx.data::<RequestData>()
}
