//! Links to the site itself that are written as addresses, not as references to content: nothing says
//! when what they lead to goes or gets another address. References are told of by the publishing gate.

use std::collections::HashMap;

use municipio_entities::{content_item, content_slug};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use uuid::Uuid;

use crate::{
    content::{ContentType, Contents, Issue, Severity, Slug, path::parse_path},
    store::StoreError,
};

/// How many links of an item are looked up.
const MOST: usize = 100;

/// A link to a place of the site where content of a type is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteLink {
    /// The field in which it stands.
    pub path: String,
    /// The address as it is written.
    pub address: String,
    content_type: ContentType,
    slug: Slug,
}

/// Those of these addresses that lead to content of the site: a path, or an address at one of its hosts.
pub(super) fn of_site(addresses: &[(String, String)], hosts: &[String]) -> Vec<SiteLink> {
    let links = addresses.iter().filter_map(|(path, address)| {
        let place = place_on_site(address, hosts)?;
        // A locale is two or three letters, as no section of the site is.
        let (content_type, slug) = parse_path(&place, |_| true).content?;
        Some(SiteLink {
            path: path.clone(),
            address: address.clone(),
            content_type,
            slug,
        })
    });
    links.take(MOST).collect()
}

fn place_on_site(address: &str, hosts: &[String]) -> Option<String> {
    if address.starts_with('/') && !address.starts_with("//") {
        return Some(address.to_owned());
    }
    let url = url::Url::parse(address).ok()?;
    let host = url.host_str()?;
    hosts
        .iter()
        .any(|own| own == host)
        .then(|| url.path().to_owned())
}

/// What is known of a slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Published,
    Unpublished,
}

impl SiteLink {
    fn issue(&self, known: Option<Known>) -> Option<Issue> {
        match (known, self.content_type) {
            (Some(Known::Published), _) => return None,
            // A portal has pages of its own, which are no content.
            (None, ContentType::Page) => return None,
            _ => {}
        }
        let shown: String = self.address.chars().take(120).collect();
        Some(Issue {
            code: "LINK_DEAD".to_owned(),
            severity: Severity::Warning,
            path: self.path.clone(),
            message_it: format!(
                "L'indirizzo «{shown}» del sito non porta a nessun contenuto pubblicato."
            ),
            message_en: format!("The address «{shown}» of the site leads to no published content."),
            source: "Municipio".to_owned(),
        })
    }
}

impl Contents {
    /// Warnings of the links that lead to nothing that is published. One statement, or none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn dead_links(&self, links: &[SiteLink]) -> Result<Vec<Issue>, StoreError> {
        if links.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.known_slugs(links).await?;
        let issues = links.iter().filter_map(|link| {
            let key = (
                link.content_type.as_str().to_owned(),
                link.slug.as_str().to_owned(),
            );
            link.issue(known.get(&key).copied())
        });
        let mut told: Vec<Issue> = Vec::new();
        for issue in issues {
            if !told.contains(&issue) {
                told.push(issue);
            }
        }
        Ok(told)
    }

    /// What these slugs stand for, in any locale.
    async fn known_slugs(
        &self,
        links: &[SiteLink],
    ) -> Result<HashMap<(String, String), Known>, StoreError> {
        use content_slug::{Column, Entity};
        let of = |column| Expr::col((Entity, column));
        let item = |column| Expr::col((content_item::Entity, column));
        let types = links.iter().map(|link| link.content_type.as_str());
        let slugs = links.iter().map(|link| link.slug.as_str());
        let select = Query::select()
            .from(Entity)
            .columns([(Entity, Column::ContentType), (Entity, Column::Slug)])
            .expr(item(content_item::Column::PublishedRevisionId))
            .inner_join(
                content_item::Entity,
                item(content_item::Column::Id).eq(of(Column::ItemId)),
            )
            .and_where(of(Column::ContentType).is_in(types))
            .and_where(of(Column::Slug).is_in(slugs))
            .to_owned();
        let rows = self.store().read().rows::<Entity>(select).await?;
        let mut known = HashMap::new();
        for row in &rows {
            let key = (row.try_get("", "content_type")?, row.try_get("", "slug")?);
            let published: Option<Uuid> = row.try_get("", "published_revision_id")?;
            let now = match published {
                Some(_) => Known::Published,
                None => Known::Unpublished,
            };
            let entry = known.entry(key).or_insert(now);
            if now == Known::Published {
                *entry = now;
            }
        }
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_site_are_looked_up() {
        let hosts = ["www.comune.example".to_owned()];
        let links = |address: &str| {
            let links = of_site(&[("how_to".to_owned(), address.to_owned())], &hosts);
            links
                .into_iter()
                .map(|link| (link.content_type, link.slug.as_str().to_owned()))
                .collect::<Vec<_>>()
        };
        let service = vec![(ContentType::Service, "imu".to_owned())];
        assert_eq!(links("/servizi/tributi/imu"), service);
        assert_eq!(links("/de/servizi/tributi/imu#wer"), service);
        assert_eq!(
            links("https://www.comune.example/servizi/tributi/imu?a=1"),
            service
        );
        for other in [
            "https://www.altro.example/servizi/tributi/imu",
            "//www.altro.example/servizi/tributi/imu",
            "mailto:a@www.comune.example",
            "https://www.comune.example/",
            "https://www.comune.example/area/riservata",
            "#fine",
        ] {
            assert_eq!(links(other), [], "{other}");
        }
    }
}
