//! Writes what is generated, as content is written: created, revised, published. A transaction
//! takes some hundred items, so that memory stays small and a run that is stopped keeps most of
//! its work.

use std::{ops::Range, sync::Arc};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use municipio_domain::{
    audit::{Actor, Deed, record},
    content::{ContentType, Draft, Outcomes, create_all, existing, publish_all, revise_all},
    ids::ItemId,
    locale::Locale,
    store::{Database, TenantStore},
    tenants::{self, NewTenant, Tenant, TenantError},
};
use serde_json::json;
use tokio::{runtime::Handle, sync::Semaphore, task::spawn_blocking};

use super::{
    GenerateError, GenerateReport, Item, Plan, basics::basics, news::news, refused,
    service::service, town::Town,
};

/// The author of what is generated.
pub const AUTHOR: &str = "generate";

/// How many services, or news, are written in one transaction.
pub(super) const TOGETHER: u64 = 500;
/// How many transactions write at the same time, at most.
const WRITERS: usize = 4;

/// Generates what the plan says and is not there yet. `progress` hears of every number of items
/// that are done, those that were there included.
///
/// # Errors
/// A municipality of the plan belongs to somebody else, or the database failed.
pub async fn generate(
    database: &Database,
    plan: &Plan,
    now: DateTime<Utc>,
    progress: impl Fn(u64),
) -> Result<GenerateReport, GenerateError> {
    let writers = database.writers().min(WRITERS);
    let run = Run {
        database,
        plan,
        now,
        progress: &progress,
        // While so many write, one more makes what is written next.
        at_once: writers + 1,
        writing: Arc::new(Semaphore::new(writers)),
    };
    // Large municipalities one after the other: each keeps all writers busy.
    let at_once = if plan.is_one_part() { run.at_once } else { 1 };
    stream::iter(1..=plan.tenants)
        .map(|number| run.municipality(number))
        .buffer_unordered(at_once)
        .try_fold(GenerateReport::default(), async |sum, report| {
            Ok(sum + report)
        })
        .await
}

/// What every part of the work needs.
struct Run<'a> {
    database: &'a Database,
    plan: &'a Plan,
    now: DateTime<Utc>,
    progress: &'a dyn Fn(u64),
    at_once: usize,
    writing: Arc<Semaphore>,
}

impl Run<'_> {
    async fn municipality(&self, number: u64) -> Result<GenerateReport, GenerateError> {
        let town = Arc::new(Town::new(self.plan.seed, number)?);
        let (tenant, created) = self.tenant_of(&town).await?;
        let (tenant, count) = (Arc::new(tenant), u64::from(created));
        let report = GenerateReport {
            tenants_created: count,
            tenants_found: 1 - count,
            ..GenerateReport::default()
        };
        let mut parts = parts(self.plan).into_iter();
        // What the others rest on, before them.
        let first = match parts.next() {
            Some(part) => self.part(&tenant, &town, part).await?,
            None => GenerateReport::default(),
        };
        stream::iter(parts)
            .map(|part| self.part(&tenant, &town, part))
            .buffer_unordered(self.at_once)
            .try_fold(report + first, async |sum, report| Ok(sum + report))
            .await
    }

    /// The tenant of a municipality; says whether it is new.
    async fn tenant_of(&self, town: &Town) -> Result<(Tenant, bool), GenerateError> {
        match tenants::show(self.database, &town.ipa_code).await {
            Ok(tenant) if tenant.id == town.id => return Ok((tenant, false)),
            Ok(_) => {
                let ipa_code = town.ipa_code.clone();
                return Err(GenerateError::Taken(ipa_code, self.plan.seed));
            }
            Err(TenantError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let new = NewTenant {
            ipa_code: town.ipa_code.clone(),
            name: Some(format!("Comune di {}", town.name)),
            fiscal_code: None,
            hosts: vec![town.host.clone()],
            locales: vec![Locale::italian()],
            id: Some(town.id),
        };
        let _permit = self.writing.acquire().await;
        Ok((tenants::create(self.database, new, self.now).await?, true))
    }

    /// Writes what is missing of a part, on a thread of its own: making and checking the items
    /// takes as long as the database does.
    async fn part(
        &self,
        tenant: &Arc<Tenant>,
        town: &Arc<Town>,
        part: Part,
    ) -> Result<GenerateReport, GenerateError> {
        let work = Work {
            store: self.database.tenant(tenant.id),
            tenant: Arc::clone(tenant),
            town: Arc::clone(town),
            now: self.now,
            writing: Arc::clone(&self.writing),
        };
        let done = spawn_blocking(move || Handle::current().block_on(work.part(part)));
        let report = done.await??;
        (self.progress)(report.items_created + report.items_found);
        Ok(report)
    }
}

/// What is written together: what all else rests on, services, news.
struct Part {
    basics: Option<u64>,
    services: Range<u64>,
    news: Range<u64>,
}

/// A small municipality is one part. Of a large one the first part is what the others rest on.
fn parts(plan: &Plan) -> Vec<Part> {
    let items = plan.services + plan.news;
    if plan.is_one_part() {
        let part = Part {
            basics: Some(items),
            services: 0..plan.services,
            news: 0..plan.news,
        };
        return vec![part];
    }
    let ranges = |count: u64| {
        (0..count.div_ceil(TOGETHER))
            .map(move |index| index * TOGETHER..count.min((index + 1) * TOGETHER))
    };
    let basics = Part {
        basics: Some(items),
        services: 0..0,
        news: 0..0,
    };
    let services = ranges(plan.services).map(|services| Part {
        basics: None,
        services,
        news: 0..0,
    });
    let news = ranges(plan.news).map(|news| Part {
        basics: None,
        services: 0..0,
        news,
    });
    [basics].into_iter().chain(services).chain(news).collect()
}

/// Something that is to be there; made when it is not.
enum Wanted {
    Basic(Item),
    Service(u64),
    News(u64),
}

impl Wanted {
    fn id(&self, town: &Town) -> ItemId {
        match self {
            Self::Basic(item) => item.id,
            Self::Service(index) => town.item(ContentType::Service, &index.to_string()),
            Self::News(index) => town.item(ContentType::NewsItem, &index.to_string()),
        }
    }

    fn make(self, town: &Town) -> Result<Item, GenerateError> {
        match self {
            Self::Basic(item) => Ok(item),
            Self::Service(index) => service(town, index),
            Self::News(index) => news(town, index),
        }
    }
}

impl Part {
    fn wanted(self, town: &Town) -> Result<Vec<Wanted>, GenerateError> {
        let basics = match self.basics {
            Some(items) => basics(town, items)?,
            None => Vec::new(),
        };
        let wanted = basics.into_iter().map(Wanted::Basic);
        let wanted = wanted.chain(self.services.map(Wanted::Service));
        Ok(wanted.chain(self.news.map(Wanted::News)).collect())
    }
}

/// Writing into one municipality.
struct Work {
    store: TenantStore,
    tenant: Arc<Tenant>,
    town: Arc<Town>,
    now: DateTime<Utc>,
    writing: Arc<Semaphore>,
}

impl Work {
    /// Makes and writes what is missing of a part.
    async fn part(self, part: Part) -> Result<GenerateReport, GenerateError> {
        let wanted = part.wanted(&self.town)?;
        let ids: Vec<_> = wanted.iter().map(|wanted| wanted.id(&self.town)).collect();
        let there = existing(&self.store, &ids).await?;
        let all = wanted.len() as u64;
        let missing = wanted.into_iter().zip(ids);
        let missing = missing.filter(|(_, id)| !there.contains(id));
        let items = missing.map(|(wanted, _)| wanted.make(&self.town));
        let items: Vec<Item> = items.collect::<Result<_, _>>()?;
        let created = items.len() as u64;
        if created > 0 {
            self.write(items).await?;
        }
        Ok(GenerateReport {
            items_created: created,
            items_found: all - created,
            ..GenerateReport::default()
        })
    }

    /// Creates, revises and publishes items, all or none.
    async fn write(&self, items: Vec<Item>) -> Result<(), GenerateError> {
        let names = items
            .iter()
            .map(|item| (item.content_type, item.key.clone()));
        let names: Vec<_> = names.collect();
        let identities = items.iter().map(|item| (item.id, item.content_type));
        let identities: Vec<_> = identities.collect();
        let ids: Vec<_> = items.iter().map(|item| item.id).collect();
        let drafts = items.into_iter().map(|item| (item.id, draft(item)));

        // It is never closed.
        let _permit = self.writing.acquire().await;
        let transaction = self.store.begin().await?;
        let created = create_all(&transaction, &identities, self.now).await;
        self.accepted(&names, created?)?;
        let revised = revise_all(&transaction, drafts.collect(), self.now).await;
        self.accepted(&names, revised?)?;
        let published = publish_all(&transaction, &ids, &self.tenant.locales, self.now).await;
        self.accepted(&names, published?)?;
        // For each transaction, so that what a run that is stopped leaves is written down too.
        let deed = Deed::new("content.generate").with(json!({ "created": ids.len() }));
        record(&transaction, &Actor::command(), &deed, self.now).await?;
        Ok(transaction.commit().await?)
    }

    /// The first refusal of a batch, as an error that names the item.
    fn accepted<T>(
        &self,
        names: &[(ContentType, String)],
        outcomes: Outcomes<T>,
    ) -> Result<(), GenerateError> {
        for ((content_type, key), outcome) in names.iter().zip(outcomes) {
            outcome.map_err(|error| refused(&self.town, *content_type, key, error))?;
        }
        Ok(())
    }
}

fn draft(item: Item) -> Draft {
    let slug = item.slug.map(|slug| (Locale::italian(), slug));
    Draft {
        body: item.body,
        slugs: slug.into_iter().collect(),
        author: AUTHOR.to_owned(),
        note: None,
    }
}
