//! Role (Incarico): cv:Participation, schema:OrganizationRole.

use async_graphql::{Context, Result};
use chrono::NaiveDate;
use municipio_domain::time::ROME;

use crate::context::data;

use super::{Document, Office, Person, RichText, VocabularyTerm, content_object};

content_object! {
    /// What a person does in an office, and for how long. The only join between the two.
    Role {
        /// Kind of role (tipo di incarico).
        async fn role_type(&self) -> Option<VocabularyTerm> {
            VocabularyTerm::of(&self.body.role_type, &self.view.reader)
        }

        /// Who holds it (persona).
        async fn person(&self, ctx: &Context<'_>) -> Option<Result<Person>> {
            self.view.one(ctx, self.body.person.as_ref()).await.transpose()
        }

        /// Where (unità organizzativa).
        async fn office(&self, ctx: &Context<'_>) -> Option<Result<Office>> {
            self.view.one(ctx, self.body.office.as_ref()).await.transpose()
        }

        /// The office this role is the head of (responsabile della struttura).
        async fn head_of(&self, ctx: &Context<'_>) -> Option<Result<Office>> {
            self.view.one(ctx, self.body.head_of.as_ref()).await.transpose()
        }

        /// First day (data di inizio).
        async fn start_date(&self) -> Option<NaiveDate> {
            self.body.start_date
        }

        /// Day of installation, for political roles (data di insediamento).
        async fn installation_date(&self) -> Option<NaiveDate> {
            self.body.installation_date
        }

        /// Last day (data di conclusione).
        async fn end_date(&self) -> Option<NaiveDate> {
            self.body.end_date
        }

        /// Compensation (compensi).
        async fn compensation(&self) -> Option<RichText> {
            self.view.rich(&self.body.compensation)
        }

        /// Travel expenses paid with public money (importi di viaggio e di servizio).
        async fn travel_expenses(&self) -> Option<RichText> {
            self.view.rich(&self.body.travel_expenses)
        }

        /// Act of appointment (atto di nomina).
        async fn appointment_act(&self, ctx: &Context<'_>) -> Option<Result<Document>> {
            self.view.one(ctx, self.body.appointment_act.as_ref()).await.transpose()
        }

        /// Further information (ulteriori informazioni).
        async fn further_information(&self) -> Option<RichText> {
            self.view.rich(&self.body.further_information)
        }

        /// Held today (in corso).
        async fn is_current(&self, ctx: &Context<'_>) -> Result<bool> {
            let today = data(ctx)?.now().with_timezone(&ROME).date_naive();
            Ok(self.is_current_on(today))
        }
    }
    linked {
    }
}

impl Role {
    /// Whether the role is held on this day.
    pub(crate) fn is_current_on(&self, day: NaiveDate) -> bool {
        let role = &self.body;
        role.start_date.is_none_or(|start| start <= day)
            && role.end_date.is_none_or(|end| day <= end)
    }
}
