//! Dataset: dcat:Dataset, schema:Dataset.

use async_graphql::{Context, Result, SimpleObject};
use chrono::NaiveDate;
use municipio_domain::content::types;

use crate::view::View;

use super::{Document, NewsItem, Office, RichText, Topic, VocabularyTerm, content_object};

content_object! {
    /// Open data of the municipality, with its distributions (DCAT-AP_IT).
    Dataset {
        /// Full description (descrizione estesa).
        async fn description(&self) -> Option<RichText> {
            self.view.rich(&self.body.description)
        }

        /// Themes (temi).
        async fn themes(&self) -> Vec<VocabularyTerm> {
            VocabularyTerm::all(&self.body.themes, &self.view.reader)
        }

        /// Files and addresses of the data (distribuzione).
        async fn distributions(&self) -> Vec<Distribution> {
            let distributions = self.body.distributions.iter();
            distributions.map(|distribution| Distribution::new(distribution, &self.view)).collect()
        }

        /// Licence (licenza).
        async fn licence(&self) -> Option<VocabularyTerm> {
            VocabularyTerm::of(&self.body.licence, &self.view.reader)
        }

        /// Who owns the data (titolare).
        async fn rights_holder(&self, ctx: &Context<'_>) -> Option<Result<Office>> {
            self.view.one(ctx, self.body.rights_holder.as_ref()).await.transpose()
        }

        /// How often it changes (frequenza di aggiornamento).
        async fn update_frequency(&self) -> Option<VocabularyTerm> {
            VocabularyTerm::of(&self.body.update_frequency, &self.view.reader)
        }

        /// When the data last changed (ultima modifica).
        async fn last_modified(&self) -> Option<NaiveDate> {
            self.body.last_modified
        }

        /// Topics (argomenti).
        async fn topics(&self, ctx: &Context<'_>) -> Result<Vec<Topic>> {
            self.view.many(ctx, &self.body.topics).await
        }

        /// Further information (ulteriori informazioni).
        async fn further_information(&self) -> Option<RichText> {
            self.view.rich(&self.body.further_information)
        }
    }
    linked {
        /// Documents that name it (documenti).
        documents: Document by "datasets" in "crate::connection::newest_first()";
        /// News that name it (novità).
        news: NewsItem by "datasets" in "crate::connection::newest_first()";
    }
}

/// One form in which the data can be had (distribuzione; dcat:Distribution).
#[derive(SimpleObject)]
pub(crate) struct Distribution {
    /// What it is (titolo).
    title: Option<String>,
    /// Where it is.
    url: String,
    /// Media type of RFC 6838, such as `text/csv` (formato).
    media_type: Option<String>,
}

impl Distribution {
    fn new(distribution: &types::Distribution, view: &View) -> Self {
        Self {
            title: view.text(&distribution.title),
            url: distribution.url.as_str().to_owned(),
            media_type: distribution.media_type.clone(),
        }
    }
}
