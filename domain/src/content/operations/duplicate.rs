//! Makes a new item of the text of another.

use chrono::{DateTime, Utc};
use municipio_entities::content_revision;
use sea_orm::ColumnTrait;
use serde_json::Value;

use super::{
    ContentError, Draft, Target, check_is_not_deleted, create, held, invalid, no_revision, revise,
};
use crate::{
    content::{Body, Slugs, queries::read_type},
    ids::ItemId,
    store::Transaction,
};

/// Makes an item with the newest text of another. Its title says that it is a copy, and its slugs are new.
///
/// # Errors
/// There is no such item, it has no revision or was deleted, its newest revision is another than expected,
/// or there can be only one item of its type.
pub async fn duplicate(
    transaction: &Transaction,
    target: impl Into<Target>,
    author: String,
    now: DateTime<Utc>,
) -> Result<ItemId, ContentError> {
    let item = held(transaction, target.into()).await?;
    check_is_not_deleted(&item)?;
    let draft = item.draft_revision_id;
    let draft = draft.ok_or_else(|| invalid("NO_DRAFT", "", "there is nothing to copy"))?;
    let filter = content_revision::Column::Id.eq(draft);
    let found = transaction.one::<content_revision::Entity>(filter).await?;
    let mut body = found.ok_or_else(no_revision)?.body;
    mark(&mut body);
    let content_type = read_type(&item.content_type)?;
    let copy = Draft {
        body: Body::parse(content_type, body).map_err(ContentError::Invalid)?,
        slugs: Slugs::new(),
        author,
        note: None,
    };
    let id = ItemId::generate();
    create(transaction, id, content_type, now).await?;
    revise(transaction, id, copy, now).await?;
    Ok(id)
}

/// What titles may hold, and what the mark of a copy leaves of it.
const LONGEST: usize = 200;

/// Says in the title of a body that it is a copy. People have no title.
fn mark(body: &mut Value) {
    let titles = ["title", "question"].into_iter();
    let title = titles
        .filter_map(|field| body.get(field).map(|_| field))
        .next();
    match title.and_then(|field| body.get_mut(field)) {
        Some(Value::String(title)) => *title = marked(title, "it"),
        Some(Value::Object(locales)) => {
            for (locale, title) in locales {
                if let Value::String(title) = title {
                    *title = marked(title, locale);
                }
            }
        }
        _ => {}
    }
}

fn marked(title: &str, locale: &str) -> String {
    let language = locale.split('-').next().unwrap_or_default();
    let mark = match language {
        "de" => "Kopie",
        "en" => "copy",
        "fr" => "copie",
        "sl" => "kopija",
        _ => "copia",
    };
    let kept: String = title.chars().take(LONGEST).collect();
    format!("{} ({mark})", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn copies_say_so_in_each_language() {
        let mut body =
            json!({ "title": { "it": "Carta d'identità", "de": "Ausweis", "de-AT": "Ausweis" } });
        mark(&mut body);
        let marked = json!({ "it": "Carta d'identità (copia)", "de": "Ausweis (Kopie)", "de-AT": "Ausweis (Kopie)" });
        assert_eq!(body["title"], marked);
        let mut body = json!({ "question": "Quando?", "answer": "Mai" });
        mark(&mut body);
        assert_eq!(
            body,
            json!({ "question": "Quando? (copia)", "answer": "Mai" })
        );
        let mut person = json!({ "given_name": "Anna" });
        mark(&mut person);
        assert_eq!(person, json!({ "given_name": "Anna" }));
    }
}
