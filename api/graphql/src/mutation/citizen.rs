//! The issuers of tokens of citizens, as administrators register them.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    citizens::{
        self, CitizenIssuerChange, IssuerSettings, NewCitizenIssuer, create_citizen_issuer,
        delete_citizen_issuer, update_citizen_issuer,
    },
    identity::{Action, IdentityError, Refusal, Subject, authorise_providers},
    store::Transaction,
};

use super::{UserError, identity::giver, identity_outcome};
use crate::{
    citizen::{CitizenIssuer, CitizenIssuerSettingsInput},
    context::{RequestData, data},
    error::{ErrorCode, denied, internal},
};

#[derive(Default)]
pub(crate) struct CitizenMutation;

/// A new issuer of tokens of citizens.
#[derive(InputObject)]
struct CreateCitizenIssuerInput {
    /// What officers see of it.
    name: String,
    /// The issuer, as its tokens name it.
    issuer: String,
    /// Which of its tokens are accepted, and how they are read.
    settings: CitizenIssuerSettingsInput,
}

/// What changes of an issuer of tokens of citizens; what is left out stays.
#[derive(InputObject)]
struct UpdateCitizenIssuerInput {
    /// The issuer, by its global id.
    id: ID,
    /// What officers see of it.
    name: Option<String>,
    /// Whether its tokens are accepted.
    is_enabled: Option<bool>,
    /// Which of its tokens are accepted, and how they are read: all of it anew.
    settings: Option<CitizenIssuerSettingsInput>,
}

/// An issuer of tokens of citizens that is deleted.
#[derive(InputObject)]
struct DeleteCitizenIssuerInput {
    /// The issuer, by its global id.
    id: ID,
}

/// What registering or changing an issuer of tokens of citizens did.
#[derive(Default, SimpleObject)]
struct CitizenIssuerPayload {
    /// The issuer as it is now; null when it was refused.
    citizen_issuer: Option<CitizenIssuer>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What deleting an issuer of tokens of citizens did.
#[derive(Default, SimpleObject)]
struct DeleteCitizenIssuerPayload {
    /// The global id of what was deleted; null when it was refused.
    deleted_id: Option<ID>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

impl CitizenIssuerPayload {
    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            citizen_issuer: None,
            user_errors,
        }
    }

    fn refused_for(refusal: &Refusal) -> Self {
        Self::refused(vec![refusal.into()])
    }
}

#[Object]
impl CitizenMutation {
    /// Registers an issuer whose tokens make their bearers citizens. It must answer, unless it is said where its keys
    /// are; for who may do everything, because who names an issuer says who is who (registra un emittente).
    async fn create_citizen_issuer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The issuer.")] input: CreateCitizenIssuerInput,
    ) -> Result<CitizenIssuerPayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        // Before anything is called.
        let giver = giver(data)?;
        authorise_providers(giver).map_err(denied)?;
        let settings = match IssuerSettings::try_from(input.settings) {
            Ok(settings) => settings,
            Err(refusal) => return Ok(CitizenIssuerPayload::refused_for(&refusal)),
        };
        let new = NewCitizenIssuer {
            name: input.name,
            issuer: input.issuer,
            settings,
        };
        if let Err(error) = may_be_called(data, &new.settings) {
            return Ok(CitizenIssuerPayload::refused_for(&error));
        }
        if let Err(error) = answers(data, &new).await {
            return Ok(CitizenIssuerPayload::refused(vec![error]));
        }
        let transaction = data.contents.begin().await.map_err(internal)?;
        let made = create_citizen_issuer(&transaction, giver, new, data.now()).await;
        finish(data, transaction, "issuer.create", made).await
    }

    /// Changes an issuer of tokens of citizens (modifica un emittente).
    async fn update_citizen_issuer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: UpdateCitizenIssuerInput,
    ) -> Result<CitizenIssuerPayload> {
        let data = data(ctx)?;
        let id = CitizenIssuer::read_id(data, &input.id)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let settings = input.settings.map(IssuerSettings::try_from).transpose();
        let settings = match settings {
            Ok(settings) => settings,
            Err(refusal) => return Ok(CitizenIssuerPayload::refused_for(&refusal)),
        };
        if let Some(Err(refusal)) = settings.as_ref().map(|new| may_be_called(data, new)) {
            return Ok(CitizenIssuerPayload::refused_for(&refusal));
        }
        let change = CitizenIssuerChange {
            name: input.name,
            is_enabled: input.is_enabled,
            settings,
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let giver = giver(data)?;
        let changed = update_citizen_issuer(&transaction, giver, id, change, data.now()).await;
        finish(data, transaction, "issuer.update", changed).await
    }

    /// Deletes an issuer of tokens of citizens: its tokens are accepted no longer (elimina un emittente).
    async fn delete_citizen_issuer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is deleted.")] input: DeleteCitizenIssuerInput,
    ) -> Result<DeleteCitizenIssuerPayload> {
        let data = data(ctx)?;
        let id = CitizenIssuer::read_id(data, &input.id)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let deleted = delete_citizen_issuer(&transaction, giver(data)?, id).await;
        let issuer = match identity_outcome(deleted)? {
            Ok(issuer) => issuer,
            Err(user_errors) => {
                return Ok(DeleteCitizenIssuerPayload {
                    deleted_id: None,
                    user_errors,
                });
            }
        };
        let deed = issuer.deed("issuer.delete", &data.tenant.ipa_code);
        data.commit(transaction, &deed).await?;
        Ok(DeleteCitizenIssuerPayload {
            deleted_id: Some(input.id),
            user_errors: Vec::new(),
        })
    }
}

/// Whether the address of its keys is one that may be called from here.
fn may_be_called(data: &RequestData, settings: &IssuerSettings) -> Result<(), Refusal> {
    let Some(address) = &settings.jwks_uri else {
        return Ok(());
    };
    let checked = data.identity.issuers().outgoing().check(address);
    checked.map_err(|error| Refusal::ProviderSetting("jwksUri", error.to_string()))
}

/// Whether an issuer whose keys are to be found answers where they are looked for.
async fn answers(data: &RequestData, new: &NewCitizenIssuer) -> Result<(), UserError> {
    if new.settings.keys.is_some() || new.settings.jwks_uri.is_some() {
        return Ok(());
    }
    let metadata = data.identity.issuers().metadata(new.issuer.trim()).await;
    metadata.map(drop).map_err(|error| {
        let code = ErrorCode::from(&error).as_str();
        UserError::at(code, error.to_string(), "issuer")
    })
}

async fn finish(
    data: &RequestData,
    transaction: Transaction,
    name: &'static str,
    done: Result<citizens::CitizenIssuer, IdentityError>,
) -> Result<CitizenIssuerPayload> {
    let issuer = match identity_outcome(done)? {
        Ok(issuer) => issuer,
        Err(user_errors) => return Ok(CitizenIssuerPayload::refused(user_errors)),
    };
    let deed = issuer.deed(name, &data.tenant.ipa_code);
    data.commit(transaction, &deed).await?;
    Ok(CitizenIssuerPayload {
        citizen_issuer: Some(CitizenIssuer(issuer)),
        user_errors: Vec::new(),
    })
}
