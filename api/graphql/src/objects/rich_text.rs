//! Rich text in its four renderings.

use std::collections::HashMap;

use async_graphql::{Context, Json, Object, Result};
use municipio_domain::{
    content::{LocalizedRichText, RichText as DomainText},
    ids::ItemId,
    locale::Locale,
};

use crate::{
    scalars,
    view::{Reader, addresses},
};

/// Formatted text: headings, paragraphs, lists, tables, quotes, links, pictures, embeds, callouts.
/// Links to content are links to its path, those to assets to their files; to content that is not published they are
/// plain text. Pictures that are assets are shown as they were uploaded, while they are published.
pub(crate) struct RichText {
    text: DomainText,
    locale: Locale,
    reader: Reader,
}

impl RichText {
    /// The text in the locale of the reader or in a fallback.
    pub(crate) fn new(text: &LocalizedRichText, reader: &Reader) -> Option<Self> {
        let (locale, text) = text.resolve(&reader.locales)?;
        Some(Self {
            text: text.clone(),
            locale: locale.clone(),
            reader: reader.clone(),
        })
    }

    /// Where what the text links to, and shows, is.
    async fn addresses(&self, ctx: &Context<'_>) -> Result<HashMap<ItemId, String>> {
        let mut items = self.text.item_links();
        items.extend(self.text.pictures());
        addresses(ctx, &self.reader, items).await
    }
}

/// Formatted text: headings, paragraphs, lists, tables, quotes, links, pictures, embeds, callouts.
/// Links to content are links to its path, those to assets to their files; to content that is not published they are
/// plain text. Pictures that are assets are shown as they were uploaded, while they are published.
#[Object]
impl RichText {
    /// As safe HTML.
    async fn html(&self, ctx: &Context<'_>) -> Result<String> {
        let paths = self.addresses(ctx).await?;
        Ok(self.text.html(&|id| paths.get(&id).cloned()))
    }

    /// As Markdown (CommonMark with tables).
    async fn markdown(&self, ctx: &Context<'_>) -> Result<String> {
        let paths = self.addresses(ctx).await?;
        Ok(self.text.markdown_resolved(&|id| paths.get(&id).cloned()))
    }

    /// As text without markup.
    async fn plain_text(&self) -> String {
        self.text.plain_text()
    }

    /// As the tree of blocks, in JSON: each block and inline has a `type`.
    async fn blocks(&self, ctx: &Context<'_>) -> Result<Json<DomainText>> {
        let paths = self.addresses(ctx).await?;
        Ok(Json(self.text.resolved(&|id| paths.get(&id).cloned())))
    }

    /// The locale it is written in.
    async fn locale(&self) -> scalars::Locale {
        scalars::Locale(self.locale.clone())
    }

    /// It is not in the locale that was asked for.
    async fn is_fallback(&self) -> bool {
        self.locale != *self.reader.locale()
    }
}
