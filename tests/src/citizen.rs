//! Citizens who call, with tokens of an issuer of the municipality.

use municipio_domain::{
    citizens::{DEMO_CITIZENS, DemoIssuer, LevelOfAssurance, create_citizen_issuer},
    identity::{Giver, IdentityError, Refusal},
    tenants::Tenant,
};

use crate::{TestApp, identity::SECRET, now};

impl TestApp {
    /// A token of the first, second or third citizen of the demo, which this municipality accepts.
    pub async fn citizen(&self, tenant: &Tenant, number: usize) -> String {
        self.citizen_at(tenant, number, LevelOfAssurance::Substantial)
            .await
    }

    /// The same, of somebody who signed in at this level.
    pub async fn citizen_at(
        &self,
        tenant: &Tenant,
        number: usize,
        level: LevelOfAssurance,
    ) -> String {
        let issuer = DemoIssuer::new(SECRET).unwrap();
        let transaction = self.database.tenant(tenant.id).begin().await.unwrap();
        let new = issuer.registration();
        match create_citizen_issuer(&transaction, Giver::Operator, new, now()).await {
            Ok(_) => transaction.commit().await.unwrap(),
            Err(IdentityError::Refused(Refusal::IssuerTaken)) => {}
            Err(error) => panic!("{error}"),
        }
        issuer.token(&DEMO_CITIZENS[number - 1], level, now())
    }
}
