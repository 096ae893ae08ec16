//! Identity providers, as administrators register them.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    audit::Deed,
    identity::{
        self, Action, IdentityError, NewProvider, ProviderChange, Refusal, Subject,
        authorise_providers, create_provider, delete_provider, unlink_identity, update_provider,
    },
    store::Transaction,
};
use serde_json::json;

use super::giver;
use crate::{
    context::{RequestData, data},
    error::{ErrorCode, denied, internal},
    identity::{Account, IdentityProvider, IdentityProviderSettingsInput},
    mutation::{UserError, identity_outcome},
};

#[derive(Default)]
pub(crate) struct ProviderMutation;

/// A new identity provider.
#[derive(InputObject)]
struct CreateIdentityProviderInput {
    /// What people see of it, such as the label of a button.
    name: String,
    /// The issuer, as its tokens name it: below it `.well-known/openid-configuration` is found.
    issuer: String,
    /// Who the municipality is to it.
    client_id: String,
    /// The secret that the municipality has with it; left out for a public client. It is never shown again.
    #[graphql(secret)]
    client_secret: Option<String>,
    /// Who may sign in through it, and as what.
    settings: IdentityProviderSettingsInput,
}

/// What changes of an identity provider; what is left out stays. Accounts are tied to the issuer, which does
/// not change.
#[derive(InputObject)]
struct UpdateIdentityProviderInput {
    /// The provider, by its global id.
    id: ID,
    /// What people see of it, such as the label of a button.
    name: Option<String>,
    /// Who the municipality is to it.
    client_id: Option<String>,
    /// The secret that the municipality has with it. It is never shown again.
    #[graphql(secret)]
    client_secret: Option<String>,
    /// Whether people sign in through it; those who did are signed out when they do not any more.
    is_enabled: Option<bool>,
    /// Who may sign in through it, and as what: all of it anew.
    settings: Option<IdentityProviderSettingsInput>,
}

/// An identity provider that is deleted.
#[derive(InputObject)]
struct DeleteIdentityProviderInput {
    /// The provider, by its global id.
    id: ID,
}

/// An account that is taken from those whom an identity provider knows.
#[derive(InputObject)]
struct UnlinkIdentityInput {
    /// The account, by its global id.
    account: ID,
    /// The provider, by its global id.
    provider: ID,
}

/// What unlinking an account did.
#[derive(Default, SimpleObject)]
struct UnlinkIdentityPayload {
    /// The account as it is now; null when it was refused.
    account: Option<Account>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What registering or changing an identity provider did.
#[derive(Default, SimpleObject)]
struct IdentityProviderPayload {
    /// The provider as it is now; null when it was refused.
    identity_provider: Option<IdentityProvider>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What deleting an identity provider did.
#[derive(Default, SimpleObject)]
struct DeleteIdentityProviderPayload {
    /// The global id of what was deleted; null when it was refused.
    deleted_id: Option<ID>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

impl IdentityProviderPayload {
    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            identity_provider: None,
            user_errors,
        }
    }
}

#[Object]
impl ProviderMutation {
    /// Registers an identity provider, which must answer; for who may do everything, because who names a
    /// provider says who is who (registra un fornitore di identità).
    async fn create_identity_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The provider.")] input: CreateIdentityProviderInput,
    ) -> Result<IdentityProviderPayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        // Before anything is called.
        let giver = giver(data)?;
        authorise_providers(giver).map_err(denied)?;
        let new = NewProvider {
            name: input.name,
            issuer: input.issuer,
            client_id: input.client_id,
            client_secret: input.client_secret,
            settings: input.settings.into(),
        };
        if let Err(error) = data.identity.issuers().metadata(new.issuer.trim()).await {
            let code = ErrorCode::from(&error).as_str();
            let error = UserError::at(code, error.to_string(), "issuer");
            return Ok(IdentityProviderPayload::refused(vec![error]));
        }
        let transaction = data.contents.begin().await.map_err(internal)?;
        let vault = data.identity.vault();
        let made = create_provider(&transaction, vault, giver, new, data.now()).await;
        finish(data, transaction, "provider.create", made).await
    }

    /// Changes an identity provider (modifica un fornitore di identità).
    async fn update_identity_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: UpdateIdentityProviderInput,
    ) -> Result<IdentityProviderPayload> {
        let data = data(ctx)?;
        let id = IdentityProvider::read_id(data, &input.id, "input.id")?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let change = ProviderChange {
            name: input.name,
            client_id: input.client_id,
            client_secret: input.client_secret,
            is_enabled: input.is_enabled,
            settings: input.settings.map(Into::into),
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let (vault, giver) = (data.identity.vault(), giver(data)?);
        let changed = update_provider(&transaction, vault, giver, id, change, data.now()).await;
        finish(data, transaction, "provider.update", changed).await
    }

    /// Deletes an identity provider. Who signed in through it is signed out, and loses the roles that came from
    /// its groups; their accounts stay (elimina un fornitore di identità).
    async fn delete_identity_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is deleted.")] input: DeleteIdentityProviderInput,
    ) -> Result<DeleteIdentityProviderPayload> {
        let data = data(ctx)?;
        let id = IdentityProvider::read_id(data, &input.id, "input.id")?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let deleted = delete_provider(&transaction, giver(data)?, id).await;
        let provider = match identity_outcome(deleted)? {
            Ok(provider) => provider,
            Err(user_errors) => {
                return Ok(DeleteIdentityProviderPayload {
                    deleted_id: None,
                    user_errors,
                });
            }
        };
        let deed = provider.deed("provider.delete", &data.tenant.ipa_code);
        data.commit(transaction, &deed).await?;
        data.forget_callers();
        Ok(DeleteIdentityProviderPayload {
            deleted_id: Some(input.id),
            user_errors: Vec::new(),
        })
    }

    /// Takes an account from those whom an identity provider knows, such as when somebody has a new account
    /// there: it is signed out, and loses the roles of its groups (scollega un'identità).
    async fn unlink_identity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account and the provider.")] input: UnlinkIdentityInput,
    ) -> Result<UnlinkIdentityPayload> {
        let data = data(ctx)?;
        let account = Account::read_id(data, &input.account, "input.account")?;
        let provider = IdentityProvider::read_id(data, &input.provider, "input.provider")?;
        data.authorise(Action::ManageAccounts, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let unlinked = unlink_identity(&transaction, giver(data)?, account, provider).await;
        let place = match &unlinked {
            Err(IdentityError::Refused(Refusal::NoProvider)) => "provider",
            _ => "account",
        };
        let account = match identity_outcome(unlinked)? {
            Ok(account) => account,
            Err(user_errors) => {
                let placed = user_errors.into_iter();
                return Ok(UnlinkIdentityPayload {
                    account: None,
                    user_errors: placed.map(|error| error.of(place.to_owned())).collect(),
                });
            }
        };
        let details = json!({ "provider": input.provider.as_str() });
        let deed = Deed::to("account.unlink", input.account.as_str()).with(details);
        data.commit(transaction, &deed).await?;
        data.forget_callers();
        Ok(UnlinkIdentityPayload {
            account: Some(Account(account)),
            user_errors: Vec::new(),
        })
    }
}

async fn finish(
    data: &RequestData,
    transaction: Transaction,
    name: &'static str,
    done: Result<identity::IdentityProvider, IdentityError>,
) -> Result<IdentityProviderPayload> {
    let provider = match identity_outcome(done)? {
        Ok(provider) => provider,
        Err(user_errors) => return Ok(IdentityProviderPayload::refused(user_errors)),
    };
    let deed = provider.deed(name, &data.tenant.ipa_code);
    data.commit(transaction, &deed).await?;
    data.forget_callers();
    Ok(IdentityProviderPayload {
        identity_provider: Some(IdentityProvider(provider)),
        user_errors: Vec::new(),
    })
}
