//! Office (Unità organizzativa): org:OrganizationalUnit, schema:GovernmentOrganization.

use async_graphql::{Context, Result};

use super::{
    ContactPoint, Dataset, Document, Event, Image, NewsItem, OpeningHours, Person, Place,
    Procedure, RichText, Role, Service, Topic, VocabularyTerm, content_object,
};

content_object! {
    /// A part of the administration: an area, an office, a political body, a body it controls.
    Office {
        /// Kind of unit (tipo di organizzazione); decides where it stands in the menu.
        async fn office_type(&self) -> Option<VocabularyTerm> {
            VocabularyTerm::of(&self.body.office_type, &self.view.reader)
        }

        /// What it is responsible for (competenze).
        async fn responsibilities(&self) -> Option<RichText> {
            self.view.rich(&self.body.responsibilities)
        }

        /// The unit it belongs to (unità genitore).
        async fn parent_office(&self, ctx: &Context<'_>) -> Option<Result<Office>> {
            self.view.one(ctx, self.body.parent_office.as_ref()).await.transpose()
        }

        /// The member of the municipal executive in charge (assessore di riferimento).
        async fn councillor(&self, ctx: &Context<'_>) -> Option<Result<Person>> {
            self.view.one(ctx, self.body.councillor.as_ref()).await.transpose()
        }

        /// Main site (sede principale).
        async fn main_site(&self, ctx: &Context<'_>) -> Option<Result<Place>> {
            self.view.one(ctx, self.body.main_site.as_ref()).await.transpose()
        }

        /// Other sites (altre sedi).
        async fn other_sites(&self, ctx: &Context<'_>) -> Result<Vec<Place>> {
            self.view.many(ctx, &self.body.other_sites).await
        }

        /// Hours for the public (orario per il pubblico).
        async fn opening_hours(&self) -> Option<OpeningHours> {
            OpeningHours::new(&self.body.opening_hours, &self.view.reader)
        }

        /// Contact points (contatti).
        async fn contact_points(&self, ctx: &Context<'_>) -> Result<Vec<ContactPoint>> {
            self.view.many(ctx, &self.body.contact_points).await
        }

        /// Documents (allegati).
        async fn documents(&self, ctx: &Context<'_>) -> Result<Vec<Document>> {
            self.view.many(ctx, &self.body.documents).await
        }

        /// Topics (argomenti).
        async fn topics(&self, ctx: &Context<'_>) -> Result<Vec<Topic>> {
            self.view.many(ctx, &self.body.topics).await
        }

        /// Picture (immagine).
        async fn image(&self, ctx: &Context<'_>) -> Option<Result<Image>> {
            self.view.image(ctx, self.body.image.as_ref()).await.transpose()
        }

        /// Further information (ulteriori informazioni).
        async fn further_information(&self) -> Option<RichText> {
            self.view.rich(&self.body.further_information)
        }

        /// Who is its head today (responsabile).
        async fn head(&self, ctx: &Context<'_>) -> Option<Result<Role>> {
            let read = async || -> Result<Option<Role>> {
                let roles = self.view.linked_now(ctx, "head_of").await?;
                Ok(roles.into_iter().next())
            };
            read().await.transpose()
        }

        /// Who works here today, by role (persone della struttura).
        async fn current_roles(&self, ctx: &Context<'_>) -> Result<Vec<Role>> {
            self.view.linked_now(ctx, "office").await
        }
    }
    linked {
        /// Services it is responsible for (servizi offerti).
        services: Service by "responsible_office" in "crate::connection::by_title()";
        /// Services that can be had at this office (servizi erogati allo sportello).
        hosted_services: Service by "physical_channel" in "crate::connection::by_title()";
        /// Units that belong to it (unità figlie).
        child_offices: Office by "parent_office" in "crate::connection::by_title()";
        /// Roles held here (incarichi).
        roles: Role by "office" in "crate::connection::newest_first()";
        /// Roles of those who are or were its head (responsabili).
        head_roles: Role by "head_of" in "crate::connection::newest_first()";
        /// News it wrote (novità).
        news: NewsItem by "edited_by" in "crate::connection::newest_first()";
        /// Documents it is responsible for (documenti).
        issued_documents: Document by "responsible_office" in "crate::connection::newest_first()";
        /// Events it organises (eventi).
        organized_events: Event by "organizers" in "crate::connection::newest_first()";
        /// Places it runs (luoghi gestiti).
        managed_places: Place by "managing_office" in "crate::connection::by_title()";
        /// Datasets it owns (dataset).
        datasets: Dataset by "rights_holder" in "crate::connection::by_title()";
        /// Procedures it takes part in (procedimenti).
        procedures: Procedure by "offices_involved" in "crate::connection::by_title()";
        /// Topics it is responsible for (argomenti).
        topics_in_charge: Topic by "responsible_offices" in "crate::connection::by_title()";
    }
}
