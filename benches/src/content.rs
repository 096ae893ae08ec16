//! What there is to ask for: read from the tables, so that it does not depend on how they were
//! filled, and spread over all there is.

use std::collections::{HashMap, HashSet};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use municipio_domain::{content::Cursor, tenants::IpaCode};
use sea_orm::DatabaseConnection;
use serde_json::json;
use uuid::Uuid;

use crate::{
    Result,
    program::Program,
    progress,
    report::grouped,
    store::{Store, query},
};

/// The most different items that one operation asks for.
const SAMPLE: i64 = 500;

/// How much content to generate.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    /// Municipalities.
    pub tenants: u64,
    /// Services of each.
    pub services: u64,
    /// News of each.
    pub news: u64,
}

/// Loads the demo municipality.
pub fn load_demo(program: &Program, store: &Store) -> Result<()> {
    program.run(store, &["seed", "demo"])?;
    Ok(())
}

/// Generates municipalities, by the command of the program: what is there already is added to.
pub async fn generate(program: &Program, store: &Store, amount: &Amount, seed: u64) -> Result<()> {
    let numbers = [amount.tenants, amount.services, amount.news, seed];
    let [tenants, services, news, seed] = numbers.map(|number| number.to_string());
    let wanted = [
        "--tenants",
        &tenants,
        "--services",
        &services,
        "--news",
        &news,
        "--seed",
        &seed,
    ];
    let said = program.run(store, &[&["seed", "generate"], wanted.as_slice()].concat())?;
    progress(said.trim_end());
    store.settle().await
}

/// A municipality, and the host name under which it is served.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its IPA code.
    pub ipa_code: String,
    host: Option<String>,
}

impl Site {
    /// The headers that name it.
    pub fn headers(&self) -> String {
        match &self.host {
            Some(host) => format!("Host: {host}\r\n"),
            None => format!("Host: localhost\r\nMunicipio-Tenant: {}\r\n", self.ipa_code),
        }
    }
}

/// A global id, as `api/graphql/src/global_id.rs` writes it.
pub fn global_id(site: &Site, type_name: &str, id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{type_name}:{}:{id}", site.ipa_code))
}

/// The content of a database.
pub struct Content {
    connection: DatabaseConnection,
    random: fastrand::Rng,
}

impl Content {
    /// The content of this store, in an order that depends on the seed alone.
    pub async fn of(store: &Store, seed: u64) -> Result<Self> {
        Ok(Self {
            connection: store.connect().await?,
            random: fastrand::Rng::with_seed(seed),
        })
    }

    /// All municipalities.
    pub async fn sites(&mut self) -> Result<Vec<Site>> {
        let sql = "SELECT ipa_code, (SELECT min(host) FROM tenant_host WHERE tenant_id = tenant.id) AS host \
             FROM tenant ORDER BY ipa_code";
        let rows = query(&self.connection, sql, []).await?;
        let site = |row: &sea_orm::QueryResult| {
            Ok(Site {
                ipa_code: row.try_get("", "ipa_code")?,
                host: row.try_get("", "host")?,
            })
        };
        let mut sites = rows.iter().map(site).collect::<Result<Vec<_>>>()?;
        self.random.shuffle(&mut sites);
        Ok(sites)
    }

    /// The municipality that has most of a type.
    pub async fn richest(&mut self, content_type: &str) -> Result<Site> {
        let sql = "SELECT ipa_code FROM tenant JOIN content_item ON tenant_id = tenant.id \
             WHERE content_type = $1 AND published_revision_id IS NOT NULL \
             GROUP BY ipa_code ORDER BY count(*) DESC, ipa_code LIMIT 1";
        let rows = query(&self.connection, sql, [content_type.into()]).await?;
        let row = rows
            .first()
            .ok_or_else(|| format!("no {content_type} is published"))?;
        let code: String = row.try_get("", "ipa_code")?;
        let sites = self.sites().await?;
        let site = sites.into_iter().find(|site| site.ipa_code == code);
        site.ok_or_else(|| "no such municipality".into())
    }

    /// How much is published of each type, over all municipalities, in words.
    pub async fn described(&self) -> Result<String> {
        let sql = "SELECT content_type, count(*) AS total FROM content_item \
             WHERE published_revision_id IS NOT NULL GROUP BY content_type ORDER BY total DESC, content_type";
        let rows = query(&self.connection, sql, []).await?;
        let part = |row: &sea_orm::QueryResult| {
            let (name, total): (String, i64) =
                (row.try_get("", "content_type")?, row.try_get("", "total")?);
            Ok(format!("{} {}", grouped(total), name.replace('_', " ")))
        };
        let parts = rows.iter().map(part).collect::<Result<Vec<_>>>()?;
        let tenants = query(&self.connection, "SELECT count(*) AS total FROM tenant", []).await?;
        let tenants: i64 = tenants.first().ok_or("no tenants")?.try_get("", "total")?;
        Ok(format!(
            "published content of {} municipalities: {}",
            grouped(tenants),
            parts.join(", ")
        ))
    }

    /// Slugs of published items, from the whole range.
    pub async fn slugs(&mut self, site: &Site, content_type: &str) -> Result<Vec<String>> {
        let slugs = self.slugs_with_ids(site, content_type).await?;
        Ok(slugs.into_iter().map(|(slug, _)| slug).collect())
    }

    async fn slugs_with_ids(
        &mut self,
        site: &Site,
        content_type: &str,
    ) -> Result<Vec<(String, Uuid)>> {
        let sql = "SELECT slug, item_id FROM ( \
               SELECT slug, item_id, row_number() OVER (ORDER BY slug) AS place, count(*) OVER () AS total \
               FROM content_slug JOIN content_item ON content_item.id = item_id \
               WHERE content_slug.tenant_id = (SELECT id FROM tenant WHERE ipa_code = $1) \
                 AND content_slug.content_type = $2 AND locale = 'it' AND published_revision_id IS NOT NULL \
             ) AS numbered WHERE place % (total / $3 + 1) = 0";
        let values = [
            site.ipa_code.as_str().into(),
            content_type.into(),
            SAMPLE.into(),
        ];
        let rows = query(&self.connection, sql, values).await?;
        let slug = |row: &sea_orm::QueryResult| {
            Ok((row.try_get("", "slug")?, row.try_get("", "item_id")?))
        };
        let mut slugs = rows.iter().map(slug).collect::<Result<Vec<_>>>()?;
        self.random.shuffle(&mut slugs);
        Ok(slugs)
    }

    /// Slugs of items to which items of each of these types link by this field.
    pub async fn slugs_linked(
        &mut self,
        site: &Site,
        content_type: &str,
        links: &[(&str, &str)],
    ) -> Result<Vec<String>> {
        let mut slugs = self.slugs_with_ids(site, content_type).await?;
        for (from, field) in links {
            let linked: HashSet<String> =
                self.values(site, from, field).await?.into_iter().collect();
            slugs.retain(|(_, id)| linked.contains(&id.to_string()));
        }
        Ok(slugs.into_iter().map(|(slug, _)| slug).collect())
    }

    /// The values of a field by which items of a type are found.
    pub async fn values(
        &self,
        site: &Site,
        content_type: &str,
        field: &str,
    ) -> Result<Vec<String>> {
        let sql = "SELECT DISTINCT value FROM content_listing \
             WHERE tenant_id = (SELECT id FROM tenant WHERE ipa_code = $1) \
               AND content_type = $2 AND locale = 'it' AND field = $3 ORDER BY value";
        let values = [
            site.ipa_code.as_str().into(),
            content_type.into(),
            field.into(),
        ];
        let rows = query(&self.connection, sql, values).await?;
        rows.iter()
            .map(|row| Ok(row.try_get("", "value")?))
            .collect()
    }

    /// Pairs of values of two fields that an item of this type has together, from the whole range.
    pub async fn pairs(
        &mut self,
        site: &Site,
        content_type: &str,
        fields: [&str; 2],
    ) -> Result<Vec<(String, String)>> {
        let sql = "SELECT DISTINCT one.value AS first, other.value AS second \
             FROM content_listing AS one JOIN content_listing AS other \
               ON other.item_id = one.item_id AND other.locale = one.locale \
             WHERE one.tenant_id = (SELECT id FROM tenant WHERE ipa_code = $1) AND one.content_type = $2 \
               AND one.locale = 'it' AND one.field = $3 AND other.field = $4 ORDER BY first, second";
        let [one, other] = fields;
        let values = [
            site.ipa_code.as_str().into(),
            content_type.into(),
            one.into(),
            other.into(),
        ];
        let rows = query(&self.connection, sql, values).await?;
        let pair = |row: &sea_orm::QueryResult| {
            Ok((row.try_get("", "first")?, row.try_get("", "second")?))
        };
        let mut pairs = rows.iter().map(pair).collect::<Result<Vec<_>>>()?;
        self.random.shuffle(&mut pairs);
        pairs.truncate(usize::try_from(SAMPLE)?);
        Ok(pairs)
    }

    /// All municipalities that have something of this type, each with one slug of it.
    pub async fn sites_with_slug(&mut self, content_type: &str) -> Result<Vec<(Site, String)>> {
        let sql = "SELECT ipa_code, min(slug) AS slug FROM tenant \
             JOIN content_slug ON content_slug.tenant_id = tenant.id \
             WHERE content_type = $1 AND locale = 'it' GROUP BY ipa_code";
        let rows = query(&self.connection, sql, [content_type.into()]).await?;
        let slug = |row: &sea_orm::QueryResult| {
            Ok((row.try_get("", "ipa_code")?, row.try_get("", "slug")?))
        };
        let mut slugs: HashMap<String, String> = rows.iter().map(slug).collect::<Result<_>>()?;
        let sites = self.sites().await?.into_iter();
        Ok(sites
            .filter_map(|site| {
                let slug = slugs.remove(&site.ipa_code)?;
                Some((site, slug))
            })
            .collect())
    }

    /// Cursors of the list by title, from the whole range.
    pub async fn cursors(&mut self, site: &Site, content_type: &str) -> Result<Vec<String>> {
        let code: IpaCode = site.ipa_code.parse()?;
        let sql = "SELECT title_key, item_id FROM ( \
               SELECT title_key, item_id, row_number() OVER (ORDER BY title_key, item_id) AS place, \
                 count(*) OVER () AS total \
               FROM content_listing WHERE tenant_id = (SELECT id FROM tenant WHERE ipa_code = $1) \
                 AND content_type = $2 AND locale = 'it' AND field = '' AND value = '' \
             ) AS numbered WHERE place % (total / $3 + 1) = 0 \
               AND (place <= total - 20 OR total <= 20 AND place < total)";
        let values = [
            site.ipa_code.as_str().into(),
            content_type.into(),
            SAMPLE.into(),
        ];
        let rows = query(&self.connection, sql, values).await?;
        let cursor = |row: &sea_orm::QueryResult| {
            let (key, id): (String, Uuid) =
                (row.try_get("", "title_key")?, row.try_get("", "item_id")?);
            let cursor: Cursor = serde_json::from_value(json!(["t", key, id]))?;
            Ok(cursor.encode(&code))
        };
        let mut cursors = rows.iter().map(cursor).collect::<Result<Vec<_>>>()?;
        self.random.shuffle(&mut cursors);
        Ok(cursors)
    }
}
