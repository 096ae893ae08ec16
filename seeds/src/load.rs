//! Loads files into a tenant. Loading twice changes nothing; a changed file changes its item alone;
//! an item that somebody edited since is left as it is.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use municipio_domain::{
    audit::{Actor, Deed, record},
    content::{
        ContentError, ContentType, Draft, Latest, Severity, create_all, latest, publish_all,
        revise_all,
    },
    ids::{ItemId, TenantId},
    locale::Locale,
    store::{StoreError, TenantStore, Transaction},
    tenants::Tenant,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Attached, Problem, SeedError, SeedFile,
    document::{Content, Document},
};

/// The author of what files say.
pub const AUTHOR: &str = "seed";

/// What loading did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Items that are new.
    pub created: usize,
    /// Items whose file changed.
    pub updated: usize,
    /// Items that were as their file says.
    pub unchanged: usize,
    /// Files whose item was edited by somebody since, and was left as it is.
    pub kept: Vec<String>,
}

impl LoadReport {
    /// One deed for the whole run.
    fn deed(&self) -> Deed {
        Deed::new("content.load").with(json!({
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "kept": self.kept.len(),
        }))
    }
}

struct Entry {
    id: ItemId,
    content_type: ContentType,
    key: String,
    content: Content,
}

impl Entry {
    fn draft(&self) -> Draft {
        Draft {
            body: self.content.body.clone(),
            slugs: self.content.slugs.clone(),
            author: AUTHOR.to_owned(),
            note: None,
        }
    }
}

/// Loads files and publishes them, all or none. Assets name the files that are attached.
///
/// # Errors
/// A file is wrong, refers to one that does not exist, or cannot be published.
pub async fn load(
    store: &TenantStore,
    tenant: &Tenant,
    files: &[SeedFile],
    attached: &Attached,
    now: DateTime<Utc>,
) -> Result<LoadReport, SeedError> {
    let entries = read(tenant.id, files, attached)?;
    let transaction = store.begin().await?;
    let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
    let known = latest(&transaction, &ids).await?;
    let mut problems = create_new(&transaction, &entries, &known, now).await?;
    let mut report = LoadReport::default();
    let mut changed = Vec::new();
    for entry in entries {
        match compare(&entry, known.get(&entry.id))? {
            Comparison::New => report.created += 1,
            Comparison::Changed => report.updated += 1,
            Comparison::Same => {
                report.unchanged += 1;
                continue;
            }
            Comparison::Edited => {
                report.kept.push(entry.content.source.file);
                continue;
            }
        }
        changed.push(entry);
    }
    problems.extend(write(&transaction, &changed, &tenant.locales, now).await?);
    if !problems.is_empty() {
        return Err(SeedError::Files(problems));
    }
    if report.created + report.updated > 0 {
        record(&transaction, &Actor::command(), &report.deed(), now).await?;
    }
    transaction.commit().await?;
    Ok(report)
}

/// Makes the items that are not there yet: files refer to each other in any order.
async fn create_new(
    transaction: &Transaction,
    entries: &[Entry],
    known: &HashMap<ItemId, Latest>,
    now: DateTime<Utc>,
) -> Result<Vec<Problem>, SeedError> {
    let new = entries.iter();
    let new: Vec<_> = new.filter(|entry| !known.contains_key(&entry.id)).collect();
    let items = new.iter().map(|entry| (entry.id, entry.content_type));
    let created = create_all(transaction, &items.collect::<Vec<_>>(), now).await?;
    let mut problems = Vec::new();
    for (entry, created) in new.into_iter().zip(created) {
        refused(entry, created, &mut problems)?;
    }
    Ok(problems)
}

/// Revises and publishes items.
async fn write(
    transaction: &Transaction,
    entries: &[Entry],
    locales: &[Locale],
    now: DateTime<Utc>,
) -> Result<Vec<Problem>, SeedError> {
    let drafts = entries.iter().map(|entry| (entry.id, entry.draft()));
    let revised = revise_all(transaction, drafts.collect(), now).await?;
    let mut problems = Vec::new();
    let mut drafted = Vec::new();
    for (entry, revised) in entries.iter().zip(revised) {
        if !refused(entry, revised, &mut problems)? {
            drafted.push(entry);
        }
    }
    let ids: Vec<_> = drafted.iter().map(|entry| entry.id).collect();
    let published = publish_all(transaction, &ids, locales, now).await?;
    for (entry, published) in drafted.into_iter().zip(published) {
        refused(entry, published, &mut problems)?;
    }
    Ok(problems)
}

/// Notes why a file was refused; says whether it was.
fn refused<T>(
    entry: &Entry,
    result: Result<T, ContentError>,
    problems: &mut Vec<Problem>,
) -> Result<bool, SeedError> {
    let source = &entry.content.source;
    match result {
        Ok(_) => return Ok(false),
        Err(ContentError::Store(error)) => return Err(error.into()),
        Err(ContentError::Invalid(errors)) => {
            let errors = errors.into_iter();
            problems.extend(errors.map(|error| source.problem(error.path, error.message)));
        }
        Err(ContentError::NotPublishable(report)) => {
            let errors = report.issues.into_iter();
            let errors = errors.filter(|issue| issue.severity == Severity::Error);
            problems.extend(errors.map(|issue| {
                let message = format!("{} ({})", issue.message_en, issue.code);
                source.problem(issue.path, message)
            }));
        }
        Err(error) => problems.push(source.problem(String::new(), error.to_string())),
    }
    Ok(true)
}

enum Comparison {
    New,
    Changed,
    Same,
    Edited,
}

fn compare(entry: &Entry, latest: Option<&Latest>) -> Result<Comparison, StoreError> {
    let Some((latest, body)) = latest.and_then(|latest| Some((latest, latest.body.as_ref()?)))
    else {
        return Ok(Comparison::New);
    };
    let wanted = entry
        .content
        .body
        .to_json()
        .map_err(|error| StoreError::Corrupt {
            what: entry.content.source.file.clone(),
            reason: error.to_string(),
        })?;
    let slugs = &entry.content.slugs;
    let same_slugs = slugs
        .iter()
        .all(|(locale, slug)| latest.slugs.get(locale) == Some(slug));
    Ok(match () {
        () if wanted == *body && same_slugs => Comparison::Same,
        () if latest.author != AUTHOR => Comparison::Edited,
        () => Comparison::Changed,
    })
}

fn read(
    tenant: TenantId,
    files: &[SeedFile],
    attached: &Attached,
) -> Result<Vec<Entry>, SeedError> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut documents = Vec::new();
    for file in files {
        match Document::read(file) {
            Ok(document) => documents.push(document),
            Err(problem) => problems.push(problem),
        }
    }
    // Keys that exist, broken files included: they must not make others look broken too.
    let keys: HashSet<String> = files.iter().map(|file| file.path.clone()).collect();
    let resolve = |content_type: ContentType, key: &str| {
        let path = match content_type {
            ContentType::Municipality => format!("{key}.yaml"),
            _ => format!("{}/{key}.yaml", content_type.folder()),
        };
        keys.contains(&path)
            .then(|| item_id(tenant, content_type, key).to_string())
    };
    let mut entries = Vec::new();
    for document in documents {
        let id = item_id(tenant, document.content_type, &document.key);
        let (content_type, key) = (document.content_type, document.key.clone());
        match document.content(&resolve, attached) {
            Ok(content) => entries.push(Entry {
                id,
                content_type,
                key,
                content,
            }),
            Err(found) => problems.extend(found),
        }
    }
    problems.extend(wrong_references(&entries));
    if problems.is_empty() {
        Ok(entries)
    } else {
        Err(SeedError::Files(problems))
    }
}

/// References to files of another type than the field wants.
fn wrong_references(entries: &[Entry]) -> Vec<Problem> {
    let known: HashMap<_, _> = entries.iter().map(|entry| (entry.id, entry)).collect();
    let mut problems = Vec::new();
    for entry in entries {
        for link in entry.content.body.relations().links {
            let (Some(found), Some(wanted)) = (known.get(&link.target), link.target_type) else {
                continue;
            };
            if found.content_type != wanted {
                let name = |kind: ContentType| kind.as_str().replace('_', "-");
                let (is, wants) = (name(found.content_type), name(wanted));
                let message = format!(
                    "«{is}:{}» is no {wants}: a {wants} is wanted here",
                    found.key
                );
                problems.push(entry.content.source.problem(link.path, message));
            }
        }
    }
    problems
}

/// The id of the item of a file: the same on every load.
pub(crate) fn item_id(tenant: TenantId, content_type: ContentType, key: &str) -> ItemId {
    let name = format!("{content_type}/{key}");
    ItemId(Uuid::new_v5(&tenant.0, name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use municipio_domain::{
        content::{Body, publish_report, types::Service},
        media::{ImageLimits, inspect},
    };
    use serde_json::Value;

    use super::*;

    fn demo() -> Vec<Entry> {
        let (_, files) = crate::demo().unwrap();
        let attached = crate::demo_attachments().into_iter().map(|file| {
            let found = inspect(&file.name, file.bytes.into(), &ImageLimits::default());
            (file.name, found.unwrap().file)
        });
        read(TenantId::generate(), &files, &attached.collect()).unwrap()
    }

    fn uuids(value: &Value, found: &mut HashSet<String>) {
        match value {
            Value::String(text) if Uuid::parse_str(text).is_ok() => {
                found.insert(text.clone());
            }
            Value::Array(items) => items.iter().for_each(|item| uuids(item, found)),
            Value::Object(fields) => fields.values().for_each(|field| uuids(field, found)),
            _ => {}
        }
    }

    #[test]
    fn every_link_of_a_body_is_named_by_its_type() {
        for entry in demo() {
            let mut stored = HashSet::new();
            uuids(&entry.content.body.to_json().unwrap(), &mut stored);
            let links = entry.content.body.relations().links;
            let named: HashSet<_> = links.iter().map(|link| link.target.to_string()).collect();
            assert_eq!(stored, named, "{}", entry.key);
        }
    }

    #[test]
    fn the_demo_is_a_whole_municipality() {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut categories = HashSet::new();
        let mut kinds = HashSet::new();
        for entry in demo() {
            *counts.entry(entry.content_type.folder()).or_default() += 1;
            match &entry.content.body {
                Body::Service(service) => {
                    categories.extend(service.category.iter().map(|code| code.as_str()));
                }
                Body::NewsItem(news) => {
                    kinds.extend(news.news_type.iter().map(|code| code.as_str()));
                }
                _ => {}
            }
            let report = publish_report(&entry.content.body);
            assert!(report.is_publishable(), "{}: {report:#?}", entry.key);
        }
        let least = [
            ("services", 40),
            ("offices", 15),
            ("places", 12),
            ("people", 20),
            ("roles", 20),
            ("news", 40),
            ("events", 20),
            ("documents", 25),
            ("topics", 20),
            ("pages", 5),
            ("faqs", 10),
            ("procedures", 6),
        ];
        for (folder, least) in least {
            assert!(counts[folder] >= least, "{folder}: {counts:?}");
        }
        assert_eq!((categories.len(), kinds.len()), (15, 3));
    }

    #[test]
    fn an_important_part_is_in_german_and_english() {
        let translated = |locale: &str| {
            let locale = locale.parse().unwrap();
            let whole = |service: &Service| {
                let texts = [
                    &service.audience,
                    &service.how_to,
                    &service.needs_intro,
                    &service.output_text,
                ];
                texts.iter().all(|text| text.get(&locale).is_some())
            };
            demo()
                .iter()
                .filter(|entry| match &entry.content.body {
                    Body::Service(service) => whole(service),
                    _ => false,
                })
                .count()
        };
        assert!(translated("de") >= 15 && translated("en") >= 15);
    }

    fn file(path: &str, text: &str) -> SeedFile {
        SeedFile {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    fn problems(files: &[SeedFile]) -> Vec<String> {
        match read(TenantId::generate(), files, &Attached::default()) {
            Err(SeedError::Files(problems)) => problems.iter().map(ToString::to_string).collect(),
            Err(error) => panic!("{error}"),
            Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn a_broken_file_is_named_with_line_and_field() {
        for (text, expected) in [
            ("title: [unfinished", "topics/a.yaml:"),
            (
                "title: A\ncolour: red\n",
                "topics/a.yaml:2: colour: unknown field `colour`",
            ),
            ("title: A\ncode: Acqua\n", "did you mean «acqua»?"),
            (
                "title: A\nresponsible_offices:\n  - office:nessuno\n",
                "topics/a.yaml:3: responsible_offices[0]: «office:nessuno» refers to a file that does not exist",
            ),
            ("title:\n  it: A\n  klingonisch: B\n", "topics/a.yaml:"),
            (
                "title: A\ndescription: |\n  [qui](office:nessuno)\n",
                "topics/a.yaml:2: description: «office:nessuno»",
            ),
            (
                "title: A\nimage:\n  asset: asset:nessuno\n",
                "topics/a.yaml:3: image.asset: «asset:nessuno» refers to a file that does not exist",
            ),
            (
                "title: A\nimage:\n  url: ftp://x\n",
                "topics/a.yaml:3: image.url: «ftp://x» must begin with https://",
            ),
        ] {
            let found = problems(&[file("topics/a.yaml", text)]);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].contains(expected), "{text}: {found:?}");
        }
        assert!(problems(&[file("things/a.yaml", "title: A")])[0].contains("none of the folders"));
        assert!(problems(&[file("topics/A b.yaml", "title: A")])[0].contains("no slug"));
    }
}
