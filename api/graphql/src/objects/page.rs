//! Page (Pagina): schema:WebPage.

use async_graphql::{Context, Result};

use super::{Content, Image, RichText, Topic, content_object};

content_object! {
    /// A page of free text: privacy, legal notes, accessibility, and whatever else a site needs.
    Page {
        /// Picture (immagine).
        async fn image(&self, ctx: &Context<'_>) -> Option<Result<Image>> {
            self.view.image(ctx, self.body.image.as_ref()).await.transpose()
        }

        /// The text (testo).
        async fn body(&self) -> Option<RichText> {
            self.view.rich(&self.body.body)
        }

        /// The page above it.
        async fn parent_page(&self, ctx: &Context<'_>) -> Option<Result<Page>> {
            self.view.one(ctx, self.body.parent_page.as_ref()).await.transpose()
        }

        /// Content the page leads to.
        async fn related(&self, ctx: &Context<'_>) -> Result<Vec<Content>> {
            self.view.any(ctx, &self.body.related).await
        }

        /// Topics (argomenti).
        async fn topics(&self, ctx: &Context<'_>) -> Result<Vec<Topic>> {
            self.view.many(ctx, &self.body.topics).await
        }
    }
    linked {
        /// Pages below it (pagine figlie).
        child_pages: Page by "parent_page" in "crate::connection::by_title()";
    }
}
