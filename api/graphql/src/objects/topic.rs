//! Topic (Argomento): skos:Concept, schema:DefinedTerm.

use async_graphql::{Context, Result};

use super::{
    Content, Dataset, Document, Event, Faq, Image, NewsItem, Office, Page, Place, RichText,
    Service, VocabularyTerm, content_object,
};

content_object! {
    /// The page of a topic. Topics, service categories and life events are different things.
    Topic {
        /// The topic of the national model, with its EuroVoc URI.
        async fn code(&self) -> Option<VocabularyTerm> {
            VocabularyTerm::of(&self.body.code, &self.view.reader)
        }

        /// Picture (immagine).
        async fn image(&self, ctx: &Context<'_>) -> Option<Result<Image>> {
            self.view.image(ctx, self.body.image.as_ref()).await.transpose()
        }

        /// Name of an icon of the portal's icon set.
        async fn icon(&self) -> Option<&str> {
            self.body.icon.as_deref()
        }

        /// What the topic is about (descrizione estesa).
        async fn description(&self) -> Option<RichText> {
            self.view.rich(&self.body.description)
        }

        /// The offices in charge (unità organizzative responsabili).
        async fn responsible_offices(&self, ctx: &Context<'_>) -> Result<Vec<Office>> {
            self.view.many(ctx, &self.body.responsible_offices).await
        }

        /// Content shown first (contenuti in evidenza).
        async fn highlighted(&self, ctx: &Context<'_>) -> Result<Vec<Content>> {
            self.view.any(ctx, &self.body.highlighted).await
        }
    }
    linked {
        /// Services on this topic (servizi).
        services: Service by "topics" in "crate::connection::by_title()";
        /// News on this topic (novità).
        news: NewsItem by "topics" in "crate::connection::newest_first()";
        /// Events on this topic (eventi).
        events: Event by "topics" in "crate::connection::newest_first()";
        /// Documents on this topic (documenti).
        documents: Document by "topics" in "crate::connection::newest_first()";
        /// Datasets on this topic (dataset).
        datasets: Dataset by "topics" in "crate::connection::by_title()";
        /// Places on this topic (luoghi).
        places: Place by "topics" in "crate::connection::by_title()";
        /// Offices on this topic (unità organizzative).
        offices: Office by "topics" in "crate::connection::by_title()";
        /// Pages on this topic (pagine).
        pages: Page by "topics" in "crate::connection::by_title()";
        /// Questions on this topic (domande frequenti).
        faqs: Faq by "topics" in "crate::connection::by_title()";
    }
}
