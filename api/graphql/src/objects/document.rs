//! Document (Documento pubblico): eli:LegalResource when normative, schema:DigitalDocument.

use async_graphql::{Context, Result};
use chrono::NaiveDate;
use municipio_domain::content::WebAddress;

use super::{
    Dataset, File, Image, NewsItem, Office, Person, Procedure, RichText, Role, Service, Topic,
    VocabularyTerm, content_object,
};

content_object! {
    /// A form, an act, a plan, a regulation.
    Document {
        /// Kind of document (tipo di documento).
        async fn document_type(&self) -> Option<VocabularyTerm> {
            VocabularyTerm::of(&self.body.document_type, &self.view.reader)
        }

        /// Kind of act on the notice board (tipo di documento dell'albo pretorio).
        async fn notice_board_type(&self) -> Option<VocabularyTerm> {
            VocabularyTerm::of(&self.body.notice_board_type, &self.view.reader)
        }

        /// Topics (argomenti).
        async fn topics(&self, ctx: &Context<'_>) -> Result<Vec<Topic>> {
            self.view.many(ctx, &self.body.topics).await
        }

        /// Picture (immagine).
        async fn image(&self, ctx: &Context<'_>) -> Option<Result<Image>> {
            self.view.image(ctx, self.body.image.as_ref()).await.transpose()
        }

        /// Full description (descrizione estesa).
        async fn description(&self) -> Option<RichText> {
            self.view.rich(&self.body.description)
        }

        /// Identifier of the document (identificativo).
        async fn document_identifier(&self) -> Option<&str> {
            self.body.document_identifier.as_deref()
        }

        /// Protocol number (numero di protocollo).
        async fn protocol_number(&self) -> Option<&str> {
            self.body.protocol_number.as_deref()
        }

        /// Protocol date (data di protocollo).
        async fn protocol_date(&self) -> Option<NaiveDate> {
            self.body.protocol_date
        }

        /// The files (documento).
        async fn files(&self, ctx: &Context<'_>) -> Result<Vec<File>> {
            self.view.files(ctx, &self.body.files).await
        }

        /// The address, when the document is kept elsewhere.
        async fn external_url(&self) -> Option<&str> {
            self.body.url.as_ref().map(WebAddress::as_str)
        }

        /// Formats in words (formati disponibili); derived from the files when empty.
        async fn formats(&self, ctx: &Context<'_>) -> Option<Result<String>> {
            if let Some(formats) = &self.body.formats {
                return Some(Ok(formats.clone()));
            }
            let files = match self.view.files(ctx, &self.body.files).await {
                Ok(files) => files,
                Err(error) => return Some(Err(error)),
            };
            let types = files.iter().filter_map(File::media_type);
            let names: std::collections::BTreeSet<_> = types
                .filter_map(|name| name.rsplit('/').next())
                .map(str::to_uppercase)
                .collect();
            let names: Vec<_> = names.into_iter().collect();
            (!names.is_empty()).then(|| Ok(names.join(", ")))
        }

        /// Licence (licenza); CC BY 4.0 is the rule.
        async fn licence(&self) -> Option<VocabularyTerm> {
            VocabularyTerm::of(&self.body.licence, &self.view.reader)
        }

        /// The office in charge (ufficio responsabile).
        async fn responsible_office(&self, ctx: &Context<'_>) -> Option<Result<Office>> {
            self.view.one(ctx, self.body.responsible_office.as_ref()).await.transpose()
        }

        /// Authors (autori).
        async fn authors(&self, ctx: &Context<'_>) -> Result<Vec<Person>> {
            self.view.many(ctx, &self.body.authors).await
        }

        /// Services that use it (servizi).
        async fn services(&self, ctx: &Context<'_>) -> Result<Vec<Service>> {
            self.view.many(ctx, &self.body.services).await
        }

        /// Datasets (dataset).
        async fn datasets(&self, ctx: &Context<'_>) -> Result<Vec<Dataset>> {
            self.view.many(ctx, &self.body.datasets).await
        }

        /// Related documents (documenti collegati).
        async fn related_documents(&self, ctx: &Context<'_>) -> Result<Vec<Document>> {
            self.view.many(ctx, &self.body.related_documents).await
        }

        /// Legal references (riferimenti normativi).
        async fn legal_references(&self) -> Option<RichText> {
            self.view.rich(&self.body.legal_references)
        }

        /// First day of validity (data di inizio).
        async fn valid_from(&self) -> Option<NaiveDate> {
            self.body.valid_from
        }

        /// Last day of validity (data di fine).
        async fn valid_to(&self) -> Option<NaiveDate> {
            self.body.valid_to
        }

        /// Life events (eventi della vita delle persone).
        async fn life_events(&self) -> Vec<VocabularyTerm> {
            VocabularyTerm::all(&self.body.life_events, &self.view.reader)
        }

        /// Business events (eventi della vita delle imprese).
        async fn business_events(&self) -> Vec<VocabularyTerm> {
            VocabularyTerm::all(&self.body.business_events, &self.view.reader)
        }

        /// Further information (ulteriori informazioni).
        async fn further_information(&self) -> Option<RichText> {
            self.view.rich(&self.body.further_information)
        }
    }
    linked {
        /// Services that name this document (servizi).
        used_by_services: Service by "documents" in "crate::connection::by_title()";
        /// Services that need this document (servizi che lo richiedono).
        needed_by_services: Service by "needs" in "crate::connection::by_title()";
        /// News that name it (novità).
        news: NewsItem by "documents" in "crate::connection::newest_first()";
        /// Offices that name it (unità organizzative).
        offices: Office by "documents" in "crate::connection::by_title()";
        /// Roles it is the act of appointment of (incarichi).
        appointments: Role by "appointment_act" in "crate::connection::newest_first()";
        /// Procedures it is a form of (procedimenti).
        procedures: Procedure by "forms" in "crate::connection::by_title()";
        /// Documents that name this one as related (documenti che lo collegano).
        related_by: Document by "related_documents" in "crate::connection::by_title()";
    }
}
