//! Writes what is generated, as content is written: created, revised, published. A transaction
//! takes some hundred items, so that memory stays small and a run that is stopped keeps most of
//! its work.

use std::ops::Range;

use chrono::{DateTime, Utc};
use municipio_domain::{
    content::{ContentType, Draft, create, existing, publish, revise},
    ids::ItemId,
    locale::Locale,
    store::{Database, TenantStore},
    tenants::{self, NewTenant, Tenant, TenantError},
};

use super::{
    GenerateError, GenerateReport, Item, Plan, basics::basics, news::news, refused,
    service::service, town::Town,
};

/// The author of what is generated.
pub const AUTHOR: &str = "generate";

/// How many services, or news, are written in one transaction.
pub(super) const TOGETHER: u64 = 500;

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
    let mut report = GenerateReport::default();
    for number in 1..=plan.tenants {
        let town = Town::new(plan.seed, number)?;
        let (tenant, created) = tenant_of(database, &town, plan.seed, now).await?;
        match created {
            true => report.tenants_created += 1,
            false => report.tenants_found += 1,
        }
        for part in parts(plan) {
            let (created, found) = write(database, &tenant, &town, part, now).await?;
            report.items_created += created;
            report.items_found += found;
            progress(created + found);
        }
    }
    Ok(report)
}

/// The municipality; says whether it is new.
async fn tenant_of(
    database: &Database,
    town: &Town,
    seed: u64,
    now: DateTime<Utc>,
) -> Result<(Tenant, bool), GenerateError> {
    match tenants::show(database, &town.ipa_code).await {
        Ok(tenant) if tenant.id == town.id => return Ok((tenant, false)),
        Ok(_) => return Err(GenerateError::Taken(town.ipa_code.clone(), seed)),
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
    Ok((tenants::create(database, new, now).await?, true))
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
    if plan.items_each() <= TOGETHER {
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

/// Writes what is missing of a part; says how many items are new, and how many were there.
async fn write(
    database: &Database,
    tenant: &Tenant,
    town: &Town,
    part: Part,
    now: DateTime<Utc>,
) -> Result<(u64, u64), GenerateError> {
    let store = database.tenant(tenant.id);
    let wanted = part.wanted(town)?;
    let ids: Vec<_> = wanted.iter().map(|wanted| wanted.id(town)).collect();
    let there = existing(&store, &ids).await?;
    let all = wanted.len();
    let missing = wanted
        .into_iter()
        .zip(ids)
        .filter(|(_, id)| !there.contains(id));
    let items = missing.map(|(wanted, _)| wanted.make(town));
    let items: Vec<Item> = items.collect::<Result<_, _>>()?;
    let created = items.len() as u64;
    if created > 0 {
        write_items(&store, tenant, town, items, now).await?;
    }
    Ok((created, all as u64 - created))
}

async fn write_items(
    store: &TenantStore,
    tenant: &Tenant,
    town: &Town,
    items: Vec<Item>,
    now: DateTime<Utc>,
) -> Result<(), GenerateError> {
    let transaction = store.begin().await?;
    let refused = |item: &Item| {
        let (content_type, key) = (item.content_type, item.key.clone());
        move |error| refused(town, content_type, &key, error)
    };
    for item in &items {
        create(&transaction, item.id, item.content_type, now)
            .await
            .map_err(refused(item))?;
    }
    for item in items {
        let refused = refused(&item);
        let draft = Draft {
            body: item.body,
            slugs: item
                .slug
                .map(|slug| (Locale::italian(), slug))
                .into_iter()
                .collect(),
            author: AUTHOR.to_owned(),
            note: None,
        };
        revise(&transaction, item.id, draft, now)
            .await
            .map_err(&refused)?;
        publish(&transaction, item.id, &tenant.locales, now)
            .await
            .map_err(&refused)?;
    }
    Ok(transaction.commit().await?)
}
