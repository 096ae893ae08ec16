//! Loads files into a tenant. Loading twice changes nothing; a changed file changes its item alone;
//! an item that somebody edited since is left as it is.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use municipio_domain::{
    content::{ContentError, ContentType, Draft, Latest, create, latest, publish, revise},
    ids::{ItemId, TenantId},
    store::{StoreError, TenantStore},
    tenants::Tenant,
};
use uuid::Uuid;

use crate::{
    Problem, SeedError, SeedFile,
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

struct Entry {
    id: ItemId,
    content_type: ContentType,
    file: String,
    content: Content,
}

/// Loads files and publishes them, all or none.
///
/// # Errors
/// A file is wrong, refers to one that does not exist, or cannot be published.
pub async fn load(
    store: &TenantStore,
    tenant: &Tenant,
    files: &[SeedFile],
    now: DateTime<Utc>,
) -> Result<LoadReport, SeedError> {
    let entries = read(tenant.id, files)?;
    let transaction = store.begin().await?;
    let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
    let known = latest(&transaction, &ids).await?;
    for entry in &entries {
        if !known.contains_key(&entry.id) {
            create(&transaction, entry.id, entry.content_type, now)
                .await
                .map_err(|error| refused(entry, error))?;
        }
    }
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
                report.kept.push(entry.file);
                continue;
            }
        }
        changed.push(entry);
    }
    for entry in changed {
        let draft = Draft {
            body: entry.content.body.clone(),
            slugs: entry.content.slugs.clone(),
            author: AUTHOR.to_owned(),
            note: None,
        };
        revise(&transaction, entry.id, draft, now)
            .await
            .map_err(|error| refused(&entry, error))?;
        publish(&transaction, entry.id, &tenant.locales, now)
            .await
            .map_err(|error| refused(&entry, error))?;
    }
    transaction.commit().await?;
    Ok(report)
}

fn refused(entry: &Entry, error: ContentError) -> SeedError {
    match error {
        ContentError::Store(error) => SeedError::Store(error),
        error => SeedError::Refused {
            file: entry.file.clone(),
            error,
        },
    }
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
    let wanted = entry.content.body.to_json().map_err(|error| StoreError::Corrupt {
        what: entry.file.clone(),
        reason: error.to_string(),
    })?;
    let slugs = &entry.content.slugs;
    let same_slugs = slugs.iter().all(|(locale, slug)| latest.slugs.get(locale) == Some(slug));
    Ok(match () {
        () if wanted == *body && same_slugs => Comparison::Same,
        () if latest.author != AUTHOR => Comparison::Edited,
        () => Comparison::Changed,
    })
}

fn read(tenant: TenantId, files: &[SeedFile]) -> Result<Vec<Entry>, SeedError> {
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
        keys.contains(&path).then(|| item_id(tenant, content_type, key).to_string())
    };
    let mut entries = Vec::new();
    for document in documents {
        let id = item_id(tenant, document.content_type, &document.key);
        let (content_type, file) = (document.content_type, document.file.clone());
        match document.content(&resolve) {
            Ok(content) => entries.push(Entry {
                id,
                content_type,
                file,
                content,
            }),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        Ok(entries)
    } else {
        Err(SeedError::Files(problems))
    }
}

/// The id of the item of a file: the same on every load.
fn item_id(tenant: TenantId, content_type: ContentType, key: &str) -> ItemId {
    let name = format!("{content_type}/{key}");
    ItemId(Uuid::new_v5(&tenant.0, name.as_bytes()))
}
