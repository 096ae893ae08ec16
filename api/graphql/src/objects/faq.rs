//! Frequently asked question (Domanda frequente): schema:Question.

use async_graphql::{Context, Result};

use super::{RichText, Service, Topic, content_object};

content_object! {
    /// A question that people ask, and its answer.
    Faq {
        /// The question (domanda).
        async fn question(&self) -> Option<String> {
            self.view.text(&self.body.question)
        }

        /// The answer (risposta).
        async fn answer(&self) -> Option<RichText> {
            self.view.rich(&self.body.answer)
        }

        /// Topics (argomenti).
        async fn topics(&self, ctx: &Context<'_>) -> Result<Vec<Topic>> {
            self.view.many(ctx, &self.body.topics).await
        }

        /// Services the question is about (servizi).
        async fn services(&self, ctx: &Context<'_>) -> Result<Vec<Service>> {
            self.view.many(ctx, &self.body.services).await
        }
    }
    linked {
    }
}
