//! Person (Persona pubblica): foaf:Agent, schema:Person.

use async_graphql::{Context, Result};

use super::{
    ContactPoint, Document, Event, File, Image, NewsItem, Office, Procedure, RichText, Role,
    content_object,
};

content_object! {
    /// Someone who holds a public role. Roles are items of their own and point here.
    Person {
        /// Given name (nome).
        async fn given_name(&self) -> Option<&str> {
            self.body.given_name.as_deref()
        }

        /// Family name (cognome).
        async fn family_name(&self) -> Option<&str> {
            self.body.family_name.as_deref()
        }

        /// Photograph (foto).
        async fn photo(&self, ctx: &Context<'_>) -> Option<Result<Image>> {
            self.view.image(ctx, self.body.photo.as_ref()).await.transpose()
        }

        /// Further pictures (galleria).
        async fn gallery(&self, ctx: &Context<'_>) -> Result<Vec<Image>> {
            self.view.images(ctx, &self.body.gallery).await
        }

        /// Responsibilities (competenze).
        async fn responsibilities(&self) -> Option<RichText> {
            self.view.rich(&self.body.responsibilities)
        }

        /// Delegated matters (deleghe).
        async fn delegations(&self) -> Option<RichText> {
            self.view.rich(&self.body.delegations)
        }

        /// Biography (biografia).
        async fn biography(&self) -> Option<RichText> {
            self.view.rich(&self.body.biography)
        }

        /// Contact points (punti di contatto).
        async fn contact_points(&self, ctx: &Context<'_>) -> Result<Vec<ContactPoint>> {
            self.view.many(ctx, &self.body.contact_points).await
        }

        /// Curriculum vitae, art. 14 D.Lgs. 33/2013.
        async fn cv(&self, ctx: &Context<'_>) -> Option<Result<File>> {
            self.view.file(ctx, self.body.cv.as_ref()).await.transpose()
        }

        /// Statement of assets, art. 14 D.Lgs. 33/2013 (situazione patrimoniale).
        async fn asset_statement(&self, ctx: &Context<'_>) -> Option<Result<File>> {
            self.view.file(ctx, self.body.asset_statement.as_ref()).await.transpose()
        }

        /// Tax returns, art. 14 D.Lgs. 33/2013 (dichiarazioni dei redditi).
        async fn tax_returns(&self, ctx: &Context<'_>) -> Result<Vec<File>> {
            self.view.files(ctx, &self.body.tax_returns).await
        }

        /// Electoral expenses, art. 14 D.Lgs. 33/2013 (spese elettorali).
        async fn election_expenses(&self, ctx: &Context<'_>) -> Result<Vec<File>> {
            self.view.files(ctx, &self.body.election_expenses).await
        }

        /// Changes of the assets, art. 14 D.Lgs. 33/2013 (variazioni patrimoniali).
        async fn asset_changes(&self, ctx: &Context<'_>) -> Result<Vec<File>> {
            self.view.files(ctx, &self.body.asset_changes).await
        }

        /// Other offices held, art. 14 D.Lgs. 33/2013 (altre cariche).
        async fn other_offices(&self, ctx: &Context<'_>) -> Result<Vec<File>> {
            self.view.files(ctx, &self.body.other_offices).await
        }

        /// Further information (ulteriori informazioni).
        async fn further_information(&self) -> Option<RichText> {
            self.view.rich(&self.body.further_information)
        }

        /// Given and family name (nome e cognome).
        async fn full_name(&self) -> String {
            self.body.full_name()
        }

        /// Roles held today (incarichi attuali).
        async fn current_roles(&self, ctx: &Context<'_>) -> Result<Vec<Role>> {
            self.view.linked_now(ctx, "person").await
        }
    }
    linked {
        /// Roles held, past ones too (incarichi).
        roles: Role by "person" in "crate::connection::newest_first()";
        /// Offices it is the member of the executive in charge of (assessore di riferimento).
        councillor_of: Office by "councillor" in "crate::connection::by_title()";
        /// News about the person (novità).
        news: NewsItem by "people" in "crate::connection::newest_first()";
        /// Events the person takes part in (eventi).
        events: Event by "people" in "crate::connection::newest_first()";
        /// Documents the person wrote (documenti).
        documents: Document by "authors" in "crate::connection::newest_first()";
        /// Procedures the person is responsible for (procedimenti).
        procedures: Procedure by "procedure_officer" in "crate::connection::by_title()";
    }
}
