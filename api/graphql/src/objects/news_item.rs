//! News item (Novità: notizia, comunicato, avviso): schema:NewsArticle.

use async_graphql::{Context, Result};
use chrono::NaiveDate;

use super::{
    Dataset, Document, File, Image, Office, Person, Place, RichText, Topic, VocabularyTerm,
    content_object,
};

content_object! {
    /// Something the municipality announces.
    NewsItem {
        /// Kind of news (tipo di notizia): `notizie`, `comunicati`, `avvisi`.
        async fn news_type(&self) -> Option<VocabularyTerm> {
            VocabularyTerm::of(&self.body.news_type, &self.view.reader)
        }

        /// Number of the press release (numero del comunicato).
        async fn press_number(&self) -> Option<&str> {
            self.body.press_number.as_deref()
        }

        /// The day of the news (data della notizia); lists sort by it.
        async fn news_date(&self) -> Option<NaiveDate> {
            self.body.news_date
        }

        /// The last day on which it matters (data di scadenza).
        async fn expires_at(&self) -> Option<NaiveDate> {
            self.body.expires_at
        }

        /// Topics (argomenti).
        async fn topics(&self, ctx: &Context<'_>) -> Result<Vec<Topic>> {
            self.view.many(ctx, &self.body.topics).await
        }

        /// Picture (immagine).
        async fn image(&self, ctx: &Context<'_>) -> Option<Result<Image>> {
            self.view.image(ctx, self.body.image.as_ref()).await.transpose()
        }

        /// Full text (testo completo).
        async fn body(&self) -> Option<RichText> {
            self.view.rich(&self.body.body)
        }

        /// The offices that wrote it (a cura di).
        async fn edited_by(&self, ctx: &Context<'_>) -> Result<Vec<Office>> {
            self.view.many(ctx, &self.body.edited_by).await
        }

        /// People (persone).
        async fn people(&self, ctx: &Context<'_>) -> Result<Vec<Person>> {
            self.view.many(ctx, &self.body.people).await
        }

        /// Places (luoghi).
        async fn places(&self, ctx: &Context<'_>) -> Result<Vec<Place>> {
            self.view.many(ctx, &self.body.places).await
        }

        /// Documents (documenti).
        async fn documents(&self, ctx: &Context<'_>) -> Result<Vec<Document>> {
            self.view.many(ctx, &self.body.documents).await
        }

        /// Attached files (allegati).
        async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<File>> {
            self.view.files(ctx, &self.body.attachments).await
        }

        /// Datasets (dataset).
        async fn datasets(&self, ctx: &Context<'_>) -> Result<Vec<Dataset>> {
            self.view.many(ctx, &self.body.datasets).await
        }

        /// Related news (notizie correlate).
        async fn related_news(&self, ctx: &Context<'_>) -> Result<Vec<NewsItem>> {
            self.view.many(ctx, &self.body.related_news).await
        }

        /// Further pictures (galleria).
        async fn gallery(&self, ctx: &Context<'_>) -> Result<Vec<Image>> {
            self.view.images(ctx, &self.body.gallery).await
        }

        /// Further information (ulteriori informazioni).
        async fn further_information(&self) -> Option<RichText> {
            self.view.rich(&self.body.further_information)
        }
    }
    linked {
        /// News that name this one as related (novità che la collegano).
        related_by: NewsItem by "related_news" in "crate::connection::newest_first()";
    }
}
