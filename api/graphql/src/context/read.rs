//! What a request reads through loaders: all that is asked for at one level of a query in one statement.

use std::{collections::HashMap, hash::Hash, pin::Pin, sync::Arc, time::Duration};

use async_graphql::{
    Error, Result,
    dataloader::{DataLoader, Loader},
    runtime::Timer,
};
use municipio_domain::{
    cases::{Case, CaseAccess, CaseEvent, Cases, Rights, RuleRun},
    citizens::{CitizenIssuer, delegations_of},
    content::{
        Contents, Dependents, Item, Lock, Page, PreviewToken, Release, ReleaseIssue,
        ReleasedChange, Revision, Scheduled, WorkItem, review::Review, types::Procedure,
    },
    identity::{Account, ApiKey, Caller, Denied, IdentityProvider},
    ids::{
        AccountId, ApiKeyId, AppIoServiceId, AppIoSheetId, CaseId, CitizenIssuerId, ItemId,
        MessageTemplateId, NotificationId, PreviewTokenId, ProviderId, ReleaseId, RevisionId,
        WebhookDeliveryId, WebhookId,
    },
    notifications::{AppIoService, AppIoSheet, MessageTemplate, Notification},
    store::StoreError,
    webhooks::{self, Webhook},
};

use super::{LinkedList, LinkedPart, RequestData};
use crate::{
    case::{AccessesOf, ApplicationOf, EventsOf, OutlineOf, ProcedureOf, ReadBy, RunsOf, SeenCase},
    error::{denied, failed, internal},
    notification::{NotificationsOf, SheetOf},
    release::{ChangesOf, ReportOf},
    work::{DependentsOf, HistoryOf, LockOf, ReviewOf, SchedulesOf, ValidToken},
};

impl RequestData {
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
        all(&self.linked, list).await
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
        all(&self.cases, of).await
    }

    /// What happened in a case, without what it says of people.
    pub(crate) async fn case_outline(&self, of: OutlineOf) -> Result<Vec<CaseEvent>> {
        all(&self.cases, of).await
    }

    /// The event that says what is applied for in a case.
    pub(crate) async fn case_application(&self, of: ApplicationOf) -> Result<Option<CaseEvent>> {
        self.cases.load_one(of).await.map_err(shared)
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

    /// The same of several cases that are read together.
    pub(crate) async fn note_readings(&self, cases: &[CaseId]) -> Result<()> {
        let (reader, now) = (self.caller.author(), self.now());
        let of = Cases::from(&self.contents);
        let noted = of.note_accesses(cases, &reader, now).await;
        noted.map_err(internal)
    }

    /// Who read a case, the last first.
    pub(crate) async fn case_accesses(&self, of: AccessesOf) -> Result<Vec<CaseAccess>> {
        all(&self.cases, of).await
    }

    /// What rules did in a case, the last first.
    pub(crate) async fn rule_runs(&self, of: RunsOf) -> Result<Vec<RuleRun>> {
        all(&self.cases, of).await
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
            Caller::Citizen(citizen) => {
                let acts_for = delegations_of(self.contents.store(), &citizen.id, self.today());
                let principals = acts_for.await?.into_iter().map(|one| one.principal);
                Ok(Rights::of_citizen(&citizen.id, principals.collect()))
            }
            _ => Rights::of_staff(permissions, &self.contents).await,
        };
        let rights = self.case_rights.get_or_try_init(read).await;
        rights.map_err(internal)
    }

    /// What the people of a case were told, in its order.
    pub(crate) async fn notifications(&self, of: NotificationsOf) -> Result<Vec<Notification>> {
        all(&self.cases, of).await
    }

    pub(crate) async fn notification(&self, id: NotificationId) -> Result<Option<Notification>> {
        self.cases.load_one(id).await.map_err(shared)
    }

    pub(crate) async fn appio_service(&self, id: AppIoServiceId) -> Result<Option<AppIoService>> {
        self.cases.load_one(id).await.map_err(shared)
    }

    pub(crate) async fn appio_sheet(&self, id: AppIoSheetId) -> Result<Option<AppIoSheet>> {
        self.cases.load_one(id).await.map_err(shared)
    }

    /// The service sheet of a service, if it is linked to App IO.
    pub(crate) async fn sheet_of(&self, service: ItemId) -> Result<Option<AppIoSheet>> {
        self.cases.load_one(SheetOf(service)).await.map_err(shared)
    }

    pub(crate) async fn message_template(
        &self,
        id: MessageTemplateId,
    ) -> Result<Option<MessageTemplate>> {
        self.cases.load_one(id).await.map_err(shared)
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
        all(&self.work, of).await
    }

    pub(crate) async fn schedules(&self, of: SchedulesOf) -> Result<Vec<Scheduled>> {
        all(&self.work, of).await
    }

    pub(crate) async fn review_of(&self, of: ReviewOf) -> Result<Option<Review>> {
        self.work.load_one(of).await.map_err(shared)
    }

    pub(crate) async fn lock_of(&self, of: LockOf) -> Result<Option<Lock>> {
        self.work.load_one(of).await.map_err(shared)
    }

    pub(crate) async fn release_changes(&self, of: ChangesOf) -> Result<Vec<ReleasedChange>> {
        all(&self.work, of).await
    }

    pub(crate) async fn release_report(&self, of: ReportOf) -> Result<Vec<ReleaseIssue>> {
        all(&self.work, of).await
    }

    pub(crate) async fn dependents(&self, of: DependentsOf) -> Result<Dependents> {
        all(&self.work, of).await
    }
}

/// What a loader has for a key: nothing of it when there is nothing.
async fn all<L, K>(loader: &DataLoader<L>, key: K) -> Result<L::Value>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    L: Loader<K, Error = Arc<StoreError>>,
    L::Value: Default,
{
    let found = loader.load_one(key).await.map_err(shared)?;
    Ok(found.unwrap_or_default())
}

fn shared(error: Arc<StoreError>) -> Error {
    failed(&error)
}

/// How long a loader gathers keys: until those who can ask have asked, and the request waits. The
/// shortest delay of a timer would be a millisecond for each level of a query, which is more than the
/// rest of it takes.
pub(super) struct Turn;

impl Timer for Turn {
    fn delay(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::task::yield_now())
    }
}

pub(super) struct ItemLoader(pub(super) Contents);

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
