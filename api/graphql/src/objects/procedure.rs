//! Procedure sheet (Procedimento): the facts that art. 35 D.Lgs. 33/2013 makes public; cpsv:Rule.

use async_graphql::{Context, Result};
use municipio_domain::content::WebAddress;

use super::{Document, Office, Person, ProcedureDefinition, RichText, Service, content_object};

content_object! {
    /// What an administrative procedure is, who answers for it and how long it takes. It is separate
    /// from the service sheet and is listed in «Amministrazione trasparente».
    Procedure {
        /// Who starts it: the person or the office (modalità di avvio).
        async fn start_mode(&self) -> Option<String> {
            self.view.text(&self.body.start_mode)
        }

        /// Description of the procedure (descrizione del procedimento).
        async fn description(&self) -> Option<RichText> {
            self.view.rich(&self.body.description)
        }

        /// Offices that take part (unità organizzative coinvolte).
        async fn offices_involved(&self, ctx: &Context<'_>) -> Result<Vec<Office>> {
            self.view.many(ctx, &self.body.offices_involved).await
        }

        /// When the term begins (decorrenza dei termini).
        async fn term_start(&self) -> Option<String> {
            self.view.text(&self.body.term_start)
        }

        /// When the procedure must be concluded (fine dei termini).
        async fn term_end(&self) -> Option<String> {
            self.view.text(&self.body.term_end)
        }

        /// Average time (tempo medio).
        async fn average_time(&self) -> Option<String> {
            self.view.text(&self.body.average_time)
        }

        /// The term, in calendar days (termine di conclusione).
        async fn term_days(&self) -> Option<u16> {
            self.body.term_days
        }

        /// Silence means assent (silenzio assenso).
        async fn tacit_consent(&self) -> bool {
            self.body.tacit_consent
        }

        /// A declaration of the person replaces the act (dichiarazione sostitutiva).
        async fn declaration_replaces_act(&self) -> bool {
            self.body.declaration_replaces_act
        }

        /// The final act (provvedimento finale).
        async fn final_act(&self) -> Option<String> {
            self.view.text(&self.body.final_act)
        }

        /// Who is responsible for the procedure (responsabile del procedimento).
        async fn procedure_officer(&self, ctx: &Context<'_>) -> Option<Result<Person>> {
            self.view.one(ctx, self.body.procedure_officer.as_ref()).await.transpose()
        }

        /// Who adopts the final act (dirigente).
        async fn manager(&self, ctx: &Context<'_>) -> Option<Result<Person>> {
            self.view.one(ctx, self.body.manager.as_ref()).await.transpose()
        }

        /// The body competent for the final act (organo competente).
        async fn competent_body(&self, ctx: &Context<'_>) -> Option<Result<Office>> {
            self.view.one(ctx, self.body.competent_body.as_ref()).await.transpose()
        }

        /// How to ask about one's procedure (modalità di richiesta informazioni).
        async fn info_request_mode(&self) -> Option<RichText> {
            self.view.rich(&self.body.info_request_mode)
        }

        /// The procedure on line (procedura informatizzata).
        async fn online_procedure(&self) -> Option<&str> {
            self.body.online_procedure.as_ref().map(WebAddress::as_str)
        }

        /// Other ways to apply (altre modalità di invio).
        async fn other_submission(&self) -> Option<RichText> {
            self.view.rich(&self.body.other_submission)
        }

        /// What must be attached (atti e documenti da allegare).
        async fn required_attachments(&self) -> Option<RichText> {
            self.view.rich(&self.body.required_attachments)
        }

        /// Forms (modulistica).
        async fn forms(&self, ctx: &Context<'_>) -> Result<Vec<Document>> {
            self.view.many(ctx, &self.body.forms).await
        }

        /// Where the forms are found (reperimento della modulistica).
        async fn forms_location(&self) -> Option<RichText> {
            self.view.rich(&self.body.forms_location)
        }

        /// How to pay (pagamenti).
        async fn payments(&self) -> Option<RichText> {
            self.view.rich(&self.body.payments)
        }

        /// Remedies (strumenti di tutela giurisdizionale e amministrativa).
        async fn legal_remedies(&self) -> Option<RichText> {
            self.view.rich(&self.body.legal_remedies)
        }

        /// Who steps in when nothing happens (titolare del potere sostitutivo).
        async fn substitute_power_holder(&self, ctx: &Context<'_>) -> Option<Result<Person>> {
            self.view.one(ctx, self.body.substitute_power_holder.as_ref()).await.transpose()
        }

        /// Results of satisfaction surveys (customer satisfaction).
        async fn customer_satisfaction(&self) -> Option<RichText> {
            self.view.rich(&self.body.customer_satisfaction)
        }

        /// Legal references (riferimenti normativi).
        async fn legal_references(&self) -> Option<RichText> {
            self.view.rich(&self.body.legal_references)
        }

        /// How its cases go from one state to the next; null when cases are not kept here (definizione del procedimento).
        async fn definition(&self) -> Option<ProcedureDefinition> {
            let definition = self.body.definition.clone()?;
            let view = self.view.clone();
            Some(ProcedureDefinition { definition, view })
        }
    }
    linked {
        /// Services that follow this procedure (servizi).
        services: Service by "procedures" in "crate::connection::by_title()";
    }
}
