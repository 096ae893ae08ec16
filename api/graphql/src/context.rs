//! What a request brings with it: the municipality it is for, its content, the moment, and the
//! loaders that turn many look-ups into one statement.

use std::{collections::HashMap, pin::Pin, sync::Arc, time::Duration};

use async_graphql::{
    Context, Error, ID, Request, Result,
    dataloader::{DataLoader, Loader},
    runtime::{Timer, TokioSpawner},
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use municipio_domain::{
    audit::{self, Actor, Deed, Origin},
    cases::{Case, CaseEvent, Rights},
    citizens::{Citizen, CitizenIssuer, LevelOfAssurance},
    content::{
        Body, ContentType, Contents, Dependents, Direction, Filter, Item, ListQuery, Lock, OrderBy,
        Page, PreviewToken, Release, ReleaseIssue, ReleasedChange, Revision, Scheduled, Window,
        WorkItem,
        review::Review,
        types::{Asset, Procedure},
    },
    idempotency::Attempt,
    identity::{Account, Action, ApiKey, Caller, Denied, Identity, IdentityProvider, Subject},
    ids::{
        AccountId, ApiKeyId, CitizenIssuerId, ItemId, PreviewTokenId, ProviderId, ReleaseId,
        RevisionId, WebhookDeliveryId, WebhookId,
    },
    locale::Locale,
    search::Search,
    store::{StoreError, Transaction},
    tenants::Tenant,
    time::{ClosingCalendar, LocalDateTime, ROME},
    webhooks::{self, Webhook},
};
use tokio::sync::OnceCell;

use crate::{
    case::{AccessesOf, CaseLoader, EventsOf, ProcedureOf, ReadBy, SeenCase},
    error::{ErrorCode, denied, failed, internal, level_too_low},
    files::{FileAddresses, Reach},
    global_id::{self, Kind},
    identity::IdentityLoader,
    release::{ChangesOf, ReportOf},
    work::{DependentsOf, HistoryOf, LockOf, ReviewOf, SchedulesOf, ValidToken, WorkLoader},
};

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

    pub(crate) async fn items(
        &self,
        ids: impl IntoIterator<Item = ItemId>,
    ) -> Result<HashMap<ItemId, Item>> {
        let found = self.items.load_many(ids).await.map_err(shared)?;
        let found = found.into_iter();
        found
            .map(|(id, item)| Ok((id, item.map_err(shared)?)))
            .collect()
    }

    pub(crate) async fn linked(&self, part: LinkedPart) -> Result<Option<Page<Item>>> {
        self.linked.load_one(part).await.map_err(shared)
    }

    /// How long a linked list is.
    pub(crate) async fn linked_count(&self, list: LinkedList) -> Result<u64> {
        let count = self.linked.load_one(list).await.map_err(shared)?;
        Ok(count.unwrap_or_default())
    }

    pub(crate) async fn work_item(&self, id: ItemId) -> Result<Option<WorkItem>> {
        self.work.load_one(id).await.map_err(shared)
    }

    pub(crate) async fn work_items(
        &self,
        ids: impl IntoIterator<Item = ItemId>,
    ) -> Result<HashMap<ItemId, WorkItem>> {
        self.work.load_many(ids).await.map_err(shared)
    }

    pub(crate) async fn revision(&self, id: RevisionId) -> Result<Option<Revision>> {
        self.work.load_one(id).await.map_err(shared)
    }

    pub(crate) async fn release(&self, id: ReleaseId) -> Result<Option<Release>> {
        self.work.load_one(id).await.map_err(shared)
    }

    /// A preview token that is valid.
    pub(crate) async fn preview_token(&self, id: PreviewTokenId) -> Result<Option<PreviewToken>> {
        let valid = ValidToken(id, self.now());
        self.work.load_one(valid).await.map_err(shared)
    }

    pub(crate) async fn account(&self, id: AccountId) -> Result<Option<Account>> {
        self.people.load_one(id).await.map_err(shared)
    }

    pub(crate) async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>> {
        self.people.load_one(id).await.map_err(shared)
    }

    pub(crate) async fn provider(&self, id: ProviderId) -> Result<Option<IdentityProvider>> {
        self.people.load_one(id).await.map_err(shared)
    }

    pub(crate) async fn citizen_issuer(
        &self,
        id: CitizenIssuerId,
    ) -> Result<Option<CitizenIssuer>> {
        self.people.load_one(id).await.map_err(shared)
    }

    /// A case, as far as it is seen.
    pub(crate) async fn case(&self, case: SeenCase) -> Result<Option<Case>> {
        self.cases.load_one(case).await.map_err(shared)
    }

    /// What happened in a case.
    pub(crate) async fn case_events(&self, of: EventsOf) -> Result<Vec<CaseEvent>> {
        let found = self.cases.load_one(of).await.map_err(shared)?;
        Ok(found.unwrap_or_default())
    }

    /// Writes down that the caller reads what a case says of people: before it is shown.
    pub(crate) async fn note_reading(&self, case: CaseId) -> Result<()> {
        let read = ReadBy {
            case,
            reader: self.caller.author(),
            at: self.now(),
        };
        self.cases.load_one(read).await.map_err(shared)?;
        Ok(())
    }

    /// Who read a case, the last first.
    pub(crate) async fn case_accesses(&self, of: AccessesOf) -> Result<Vec<CaseAccess>> {
        let found = self.cases.load_one(of).await.map_err(shared)?;
        Ok(found.unwrap_or_default())
    }

    /// A procedure as one of its revisions says it.
    pub(crate) async fn case_procedure(&self, of: ProcedureOf) -> Result<Option<Arc<Procedure>>> {
        self.cases.load_one(of).await.map_err(shared)
    }

    /// What the caller may do with which cases; read once for each answer.
    pub(crate) async fn case_rights(&self) -> Result<&Rights> {
        let permissions = self.caller.permissions();
        let permissions = permissions.ok_or_else(|| denied(Denied::NotSignedIn))?;
        let read = async || match &self.caller {
            Caller::Citizen(citizen) => Ok(Rights::of_citizen(&citizen.id)),
            _ => Rights::of_staff(permissions, &self.contents).await,
        };
        let rights = self.case_rights.get_or_try_init(read).await;
        rights.map_err(internal)
    }

    pub(crate) async fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>> {
        self.work.load_one(id).await.map_err(shared)
    }

    pub(crate) async fn webhook_delivery(
        &self,
        id: WebhookDeliveryId,
    ) -> Result<Option<webhooks::Delivery>> {
        self.work.load_one(id).await.map_err(shared)
    }

    pub(crate) async fn history(&self, of: HistoryOf) -> Result<Vec<Revision>> {
        let found = self.work.load_one(of).await.map_err(shared)?;
        Ok(found.unwrap_or_default())
    }

    pub(crate) async fn schedules(&self, of: SchedulesOf) -> Result<Vec<Scheduled>> {
        let found = self.work.load_one(of).await.map_err(shared)?;
        Ok(found.unwrap_or_default())
    }

    pub(crate) async fn review_of(&self, of: ReviewOf) -> Result<Option<Review>> {
        self.work.load_one(of).await.map_err(shared)
    }

    pub(crate) async fn lock_of(&self, of: LockOf) -> Result<Option<Lock>> {
        self.work.load_one(of).await.map_err(shared)
    }

    pub(crate) async fn release_changes(&self, of: ChangesOf) -> Result<Vec<ReleasedChange>> {
        let found = self.work.load_one(of).await.map_err(shared)?;
        Ok(found.unwrap_or_default())
    }

    pub(crate) async fn release_report(&self, of: ReportOf) -> Result<Vec<ReleaseIssue>> {
        let found = self.work.load_one(of).await.map_err(shared)?;
        Ok(found.unwrap_or_default())
    }

    pub(crate) async fn dependents(&self, of: DependentsOf) -> Result<Dependents> {
        let found = self.work.load_one(of).await.map_err(shared)?;
        Ok(found.unwrap_or_default())
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

    /// The days on which the municipality is closed.
    pub(crate) async fn closings(&self) -> Result<ClosingCalendar> {
        Ok(match self.settings().await?.map(|item| item.body) {
            Some(Body::Municipality(settings)) => settings.closings(),
            _ => ClosingCalendar::default(),
        })
    }

    /// The address of the municipality's site, without a slash at its end.
    pub(crate) async fn site_url(&self) -> Result<Option<String>> {
        let set = match self.settings().await?.map(|item| item.body) {
            Some(Body::Municipality(settings)) => settings.site_url.clone(),
            _ => None,
        };
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

fn shared(error: Arc<StoreError>) -> Error {
    failed(&error)
}

/// How long a loader gathers keys: until those who can ask have asked, and the request waits. The
/// shortest delay of a timer would be a millisecond for each level of a query, which is more than the
/// rest of it takes.
struct Turn;

impl Timer for Turn {
    fn delay(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::task::yield_now())
    }
}

struct ItemLoader(Contents);

impl Loader<ItemId> for ItemLoader {
    /// What is lost of the public record is an error for those who asked for it, not for the whole level.
    type Value = Result<Item, Arc<StoreError>>;
    type Error = Arc<StoreError>;

    async fn load(&self, ids: &[ItemId]) -> Result<HashMap<ItemId, Self::Value>, Self::Error> {
        let (mut found, mut there) = (HashMap::new(), Vec::with_capacity(ids.len()));
        for id in ids {
            match self.0.refuse_lost_item(*id) {
                Ok(()) => there.push(*id),
                Err(lost) => {
                    found.insert(*id, Err(Arc::new(lost)));
                }
            }
        }
        let items = self.0.published(&there).await.map_err(Arc::new)?;
        found.extend(items.into_iter().map(|item| (item.id, Ok(item))));
        Ok(found)
    }
}

struct LinkedLoader(Contents);

/// The items of a type whose `field` holds `value`: a vocabulary code, or the id of the item that
/// they link to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LinkedList {
    pub(crate) content_type: ContentType,
    pub(crate) field: &'static str,
    pub(crate) value: String,
    pub(crate) locale: Locale,
    /// Only what has begun and has not expired on this day.
    pub(crate) current_on: Option<NaiveDate>,
}

/// Which part of such a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LinkedPart {
    pub(crate) list: LinkedList,
    pub(crate) order: OrderBy,
    pub(crate) direction: Direction,
    pub(crate) window: Window,
}

impl LinkedList {
    fn query(&self, order: OrderBy, direction: Direction) -> ListQuery {
        let filter = match self.current_on {
            None => Filter::everything(),
            Some(day) => Filter::All(vec![
                Filter::NotExpired(day),
                Filter::Date {
                    from: None,
                    until: day.succ_opt().map(begin_of),
                },
            ]),
        };
        ListQuery {
            content_type: self.content_type,
            locale: self.locale.clone(),
            filter,
            order,
            direction,
        }
    }

    /// The same list of another value: lists that differ in nothing else are read together.
    fn group(&self) -> Self {
        Self {
            value: String::new(),
            ..self.clone()
        }
    }
}

fn begin_of(day: NaiveDate) -> DateTime<Utc> {
    LocalDateTime::from(day.and_time(NaiveTime::MIN)).to_utc()
}

impl Loader<LinkedPart> for LinkedLoader {
    type Value = Page<Item>;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        keys: &[LinkedPart],
    ) -> Result<HashMap<LinkedPart, Page<Item>>, Self::Error> {
        let mut groups: HashMap<LinkedPart, Vec<String>> = HashMap::new();
        for key in keys {
            let list = key.list.group();
            let group = LinkedPart {
                list,
                ..key.clone()
            };
            groups
                .entry(group)
                .or_default()
                .push(key.list.value.clone());
        }
        let mut found = HashMap::new();
        for (part, values) in groups {
            let query = part.list.query(part.order, part.direction);
            let pages = self
                .0
                .linked_by(&query, part.list.field, &values, &part.window);
            for (value, page) in pages.await.map_err(Arc::new)? {
                let list = LinkedList {
                    value,
                    ..part.list.clone()
                };
                found.insert(
                    LinkedPart {
                        list,
                        ..part.clone()
                    },
                    page,
                );
            }
        }
        Ok(found)
    }
}

impl Loader<LinkedList> for LinkedLoader {
    type Value = u64;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[LinkedList]) -> Result<HashMap<LinkedList, u64>, Self::Error> {
        let mut groups: HashMap<LinkedList, Vec<String>> = HashMap::new();
        for key in keys {
            groups
                .entry(key.group())
                .or_default()
                .push(key.value.clone());
        }
        let mut found = HashMap::new();
        for (list, values) in groups {
            let query = list.query(OrderBy::Title, Direction::Ascending);
            let counts = self.0.count_each(&query, list.field, &values);
            for (value, total) in counts.await.map_err(Arc::new)? {
                found.insert(
                    LinkedList {
                        value,
                        ..list.clone()
                    },
                    total,
                );
            }
        }
        Ok(found)
    }
}
