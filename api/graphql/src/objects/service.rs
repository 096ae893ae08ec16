//! Service (Servizio): cpsv:PublicService, schema:GovernmentService.

use async_graphql::{Context, Enum, Result};
use municipio_domain::content::types;

use super::service_parts::{Cost, DigitalChannel, Need, Output, Phase, PhysicalChannel};

use super::{
    ContactPoint, Document, Faq, File, Image, Office, Place, Procedure, RichText, ServiceJsonLd,
    Topic, VocabularyTerm, WebLink, content_object,
};

content_object! {
    /// What the municipality does for citizens and businesses: the service sheet (scheda servizio).
    Service {
        /// Second title (sottotitolo).
        async fn alternative_title(&self) -> Option<String> {
            self.view.text(&self.body.alternative_title)
        }

        /// Identifier in the municipality's catalogue (identificativo); the item id serves when empty.
        async fn identifier(&self) -> String {
            self.body.identifier.clone().unwrap_or_else(|| self.view.item.id.to_string())
        }

        /// The first category: the breadcrumb (categoria).
        async fn category(&self) -> Option<VocabularyTerm> {
            let first = self.body.category.first().copied();
            VocabularyTerm::of(&first, &self.view.reader)
        }

        /// All categories (categorie).
        async fn categories(&self) -> Vec<VocabularyTerm> {
            VocabularyTerm::all(&self.body.category, &self.view.reader)
        }

        /// Status (stato del servizio).
        async fn status(&self) -> ServiceStatus {
            self.body.status.into()
        }

        /// Why the service is not active (motivo dello stato).
        async fn status_reason(&self) -> Option<RichText> {
            self.view.rich(&self.body.status_reason)
        }

        /// Topics (argomenti).
        async fn topics(&self, ctx: &Context<'_>) -> Result<Vec<Topic>> {
            self.view.many(ctx, &self.body.topics).await
        }

        /// Picture (immagine).
        async fn image(&self, ctx: &Context<'_>) -> Option<Result<Image>> {
            self.view.image(ctx, self.body.image.as_ref()).await.transpose()
        }

        /// Who it is for (a chi è rivolto).
        async fn audience(&self) -> Option<RichText> {
            self.view.rich(&self.body.audience)
        }

        /// Who may apply (chi può presentare).
        async fn applicants(&self) -> Option<RichText> {
            self.view.rich(&self.body.applicants)
        }

        /// Full description (descrizione estesa).
        async fn description(&self) -> Option<RichText> {
            self.view.rich(&self.body.description)
        }

        /// Where it is offered (copertura geografica); the whole municipality when empty.
        async fn spatial_coverage(&self) -> Option<RichText> {
            self.view.rich(&self.body.spatial_coverage)
        }

        /// Places that the service covers.
        async fn covered_places(&self, ctx: &Context<'_>) -> Result<Vec<Place>> {
            self.view.many(ctx, &self.body.covered_places).await
        }

        /// How to get it (come fare).
        async fn how_to(&self) -> Option<RichText> {
            self.view.rich(&self.body.how_to)
        }

        /// What is needed, in words (cosa serve).
        async fn needs_intro(&self) -> Option<RichText> {
            self.view.rich(&self.body.needs_intro)
        }

        /// What is needed, one by one.
        async fn needs(&self) -> Vec<Need> {
            let needs = self.body.needs.iter();
            needs.map(|part| Need::new(part, &self.view)).collect()
        }

        /// What one gets, in words (cosa si ottiene).
        async fn output_text(&self) -> Option<RichText> {
            self.view.rich(&self.body.output_text)
        }

        /// What one gets, one by one.
        async fn outputs(&self) -> Vec<Output> {
            let outputs = self.body.outputs.iter();
            outputs.map(|part| Output::new(part, &self.view)).collect()
        }

        /// What happens after the outcome (procedure collegate all'esito).
        async fn outcome_procedures(&self) -> Option<RichText> {
            self.view.rich(&self.body.outcome_procedures)
        }

        /// Times and deadlines in words (tempi e scadenze).
        async fn timeframe_text(&self) -> Option<RichText> {
            self.view.rich(&self.body.timeframe_text)
        }

        /// The longest time until the answer, in calendar days (tempo massimo di risposta).
        async fn max_response_days(&self) -> Option<u16> {
            self.body.max_response_days
        }

        /// The phases of the service (fasi).
        async fn phases(&self) -> Vec<Phase> {
            let phases = self.body.phases.iter();
            phases.map(|part| Phase::new(part, &self.view)).collect()
        }

        /// What it costs (costi).
        async fn costs(&self) -> Vec<Cost> {
            let costs = self.body.costs.iter();
            costs.map(|part| Cost::new(part, &self.view)).collect()
        }

        /// Access on line (canale digitale).
        async fn digital_channel(&self) -> Option<DigitalChannel> {
            let channel = self.body.digital_channel.as_ref()?;
            Some(DigitalChannel::new(channel, &self.view))
        }

        /// Access in person (canale fisico).
        async fn physical_channel(&self) -> Option<PhysicalChannel> {
            let channel = self.body.physical_channel.as_ref()?;
            Some(PhysicalChannel::new(channel, &self.view))
        }

        /// Where an appointment is booked (prenota appuntamento).
        async fn booking(&self) -> Option<WebLink> {
            self.body.booking.as_ref().map(|link| WebLink::new(link, &self.view.reader))
        }

        /// Ways to sign in (modalità di autenticazione).
        async fn authentication_methods(&self) -> Vec<VocabularyTerm> {
            VocabularyTerm::all(&self.body.authentication_methods, &self.view.reader)
        }

        /// Level of interactivity (livello di interattività).
        async fn interactivity_level(&self) -> Option<VocabularyTerm> {
            VocabularyTerm::of(&self.body.interactivity_level, &self.view.reader)
        }

        /// Constraints (vincoli).
        async fn constraints(&self) -> Option<RichText> {
            self.view.rich(&self.body.constraints)
        }

        /// Special cases (casi particolari).
        async fn special_cases(&self) -> Option<RichText> {
            self.view.rich(&self.body.special_cases)
        }

        /// Terms of service (condizioni di servizio).
        async fn terms_of_service(&self, ctx: &Context<'_>) -> Option<Result<File>> {
            self.view.file(ctx, self.body.terms_of_service.as_ref()).await.transpose()
        }

        /// Contact points (punti di contatto).
        async fn contact_points(&self, ctx: &Context<'_>) -> Result<Vec<ContactPoint>> {
            self.view.many(ctx, &self.body.contact_points).await
        }

        /// The office in charge (unità organizzativa responsabile).
        async fn responsible_office(&self, ctx: &Context<'_>) -> Option<Result<Office>> {
            self.view.one(ctx, self.body.responsible_office.as_ref()).await.transpose()
        }

        /// Documents (documenti).
        async fn documents(&self, ctx: &Context<'_>) -> Result<Vec<Document>> {
            self.view.many(ctx, &self.body.documents).await
        }

        /// Related services (servizi collegati).
        async fn related_services(&self, ctx: &Context<'_>) -> Result<Vec<Service>> {
            self.view.many(ctx, &self.body.related_services).await
        }

        /// Links to other sites (link a siti esterni).
        async fn external_links(&self) -> Option<RichText> {
            self.view.rich(&self.body.external_links)
        }

        /// Life events (eventi della vita delle persone).
        async fn life_events(&self) -> Vec<VocabularyTerm> {
            VocabularyTerm::all(&self.body.life_events, &self.view.reader)
        }

        /// Business events (eventi della vita delle imprese).
        async fn business_events(&self) -> Vec<VocabularyTerm> {
            VocabularyTerm::all(&self.body.business_events, &self.view.reader)
        }

        /// IPA code of the body that provides it, when it is not the municipality (codice ente erogatore).
        async fn competent_authority_ipa(&self) -> Option<&str> {
            self.body.competent_authority_ipa.as_deref()
        }

        /// Economic sectors, NACE codes (settore merceologico).
        async fn sector(&self) -> &[String] {
            &self.body.sector
        }

        /// Keywords and the words people use for it (parole chiave).
        async fn keywords(&self) -> Vec<String> {
            let keywords = self.body.keywords.resolve(&self.view.reader.locales);
            keywords.map(|(_, keywords)| keywords.clone()).unwrap_or_default()
        }

        /// Information areas of the Single Digital Gateway, Regulation (EU) 2018/1724.
        async fn sdg_codes(&self) -> Vec<VocabularyTerm> {
            VocabularyTerm::all(&self.body.sdg_codes, &self.view.reader)
        }

        /// Government functions, COFOG (funzioni di governo).
        async fn government_functions(&self) -> Vec<VocabularyTerm> {
            VocabularyTerm::all(&self.body.government_functions, &self.view.reader)
        }

        /// Administrative procedures it follows (procedimenti).
        async fn procedures(&self, ctx: &Context<'_>) -> Result<Vec<Procedure>> {
            self.view.many(ctx, &self.body.procedures).await
        }

        /// Further information (ulteriori informazioni).
        async fn further_information(&self) -> Option<RichText> {
            self.view.rich(&self.body.further_information)
        }


        /// As linked data: JSON-LD of schema.org and of CPSV-AP.
        async fn json_ld(&self) -> ServiceJsonLd {
            ServiceJsonLd::new(&self.view)
        }
    }
    linked {
        /// Documents that name this service (documenti).
        documents_of_service: Document by "services" in "crate::connection::by_title()";
        /// Questions about this service (domande frequenti).
        faqs: Faq by "services" in "crate::connection::by_title()";
        /// Services that name this one as related (servizi che lo collegano).
        related_by: Service by "related_services" in "crate::connection::by_title()";
    }
}

/// Whether a service can be used (stato del servizio).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "types::ServiceStatus")]
pub(crate) enum ServiceStatus {
    /// In use (servizio attivo).
    Active,
    /// Not in use; there is a reason (servizio non attivo).
    Inactive,
    /// Being prepared (in sviluppo).
    Planned,
    /// Replaced by another (sostituito).
    Deprecated,
}
