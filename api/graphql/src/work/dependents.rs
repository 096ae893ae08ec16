//! What links to content.

use async_graphql::SimpleObject;
use municipio_domain::{
    content::{Dependent, Dependents},
    identity::{Action, Subject},
};

use super::item::ContentItem;
use crate::{context::RequestData, filters::camel, view::Reader};

/// What links to content, published or in drafts. The links are kept when it leaves, and not delivered until
/// it is public again (dipendenze).
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ContentDependents {
    /// How much content links to it.
    total_count: u64,
    /// The first of it, as far as the caller may read its drafts.
    nodes: Vec<ContentDependent>,
}

/// Content that links to other content (contenuto dipendente).
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ContentDependent {
    /// The content that links.
    item: ContentItem,
    /// The fields in which what readers see links; none when it is not public.
    published_fields: Vec<String>,
    /// The fields in which its draft links.
    draft_fields: Vec<String>,
}

impl ContentDependents {
    /// Those that the caller may read; a link does not show a draft to who may not.
    pub(crate) fn new(data: &RequestData, dependents: Dependents, reader: &Reader) -> Self {
        let may_read = |dependent: &Dependent| {
            let subject = Subject::of_type(dependent.item.content_type);
            let allowed = data.caller.authorise(Action::ReadDrafts, &subject);
            allowed.is_ok()
        };
        let fields = |fields: Vec<String>| fields.iter().map(|field| camel(field)).collect();
        let nodes = dependents
            .first
            .into_iter()
            .filter(may_read)
            .map(|dependent| ContentDependent {
                item: ContentItem::new(dependent.item, reader.clone()),
                published_fields: fields(dependent.in_published),
                draft_fields: fields(dependent.in_draft),
            });
        Self {
            total_count: dependents.total,
            nodes: nodes.collect(),
        }
    }
}
