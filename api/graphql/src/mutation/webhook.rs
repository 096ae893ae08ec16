//! Webhooks, as administrators set them up.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    audit::Deed,
    identity::{Action, Subject},
    store::Transaction,
    webhooks::{
        self, NewWebhook, WebhookChange, WebhookError, create_webhook, delete_webhook,
        replay_webhook_delivery, rotate_webhook_secret, test_webhook, update_webhook,
    },
};

use super::UserError;
use crate::{
    context::{RequestData, data},
    error::{ErrorCode, internal},
    webhook::{Webhook, WebhookDelivery, WebhookEventType},
};

#[derive(Default)]
pub(crate) struct WebhookMutation;

/// A new webhook.
#[derive(InputObject)]
struct CreateWebhookInput {
    /// The address: with https, and on the public internet.
    url: String,
    /// What it is for.
    #[graphql(default)]
    description: String,
    /// Of which events it is told.
    events: Vec<WebhookEventType>,
}

/// What changes of a webhook; what is left out stays.
#[derive(InputObject)]
struct UpdateWebhookInput {
    /// The webhook, by its global id.
    id: ID,
    /// The address: with https, and on the public internet.
    url: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// Of which events it is told.
    events: Option<Vec<WebhookEventType>>,
    /// Whether it is told of them. What happens while it is not is not told later.
    is_enabled: Option<bool>,
}

/// A webhook that is deleted.
#[derive(InputObject)]
struct DeleteWebhookInput {
    /// The webhook, by its global id.
    id: ID,
}

/// A webhook that gets new keys.
#[derive(InputObject)]
struct RotateWebhookSecretInput {
    /// The webhook, by its global id.
    id: ID,
}

/// A webhook that is tried out.
#[derive(InputObject)]
struct TestWebhookInput {
    /// The webhook, by its global id.
    id: ID,
}

/// A delivery that is to be made once more.
#[derive(InputObject)]
struct ReplayWebhookDeliveryInput {
    /// The delivery, by its global id.
    id: ID,
}

/// What setting up a webhook, or giving it new keys, did.
#[derive(Default, SimpleObject)]
struct WebhookSecretPayload {
    /// The webhook as it is now; null when it was refused.
    webhook: Option<Webhook>,
    /// The secret with which signatures `v1` are verified; it begins with `whsec_`, and is shown this once (segreto).
    secret: Option<String>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What changing a webhook did.
#[derive(Default, SimpleObject)]
struct UpdateWebhookPayload {
    /// The webhook as it is now; null when it was refused.
    webhook: Option<Webhook>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What deleting a webhook did.
#[derive(Default, SimpleObject)]
struct DeleteWebhookPayload {
    /// The global id of what was deleted; null when it was refused.
    deleted_id: Option<ID>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// The delivery that is to be made.
#[derive(Default, SimpleObject)]
struct WebhookDeliveryPayload {
    /// The delivery; what becomes of it is seen a moment later. Null when it was refused.
    delivery: Option<WebhookDelivery>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[Object]
impl WebhookMutation {
    /// Sets up an address that is told of what changes from now on (crea un webhook).
    async fn create_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The webhook.")] input: CreateWebhookInput,
    ) -> Result<WebhookSecretPayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let new = NewWebhook {
            url: input.url,
            description: input.description,
            events: input.events.into_iter().map(Into::into).collect(),
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let (vault, outgoing) = (data.identity.vault(), data.identity.issuers().outgoing());
        let made = create_webhook(&transaction, vault, outgoing, new, data.now()).await;
        with_secret(data, transaction, "webhook.create", made).await
    }

    /// Changes a webhook. One that is switched on again is told of what changes from then on (modifica un webhook).
    async fn update_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: UpdateWebhookInput,
    ) -> Result<UpdateWebhookPayload> {
        let data = data(ctx)?;
        let id = Webhook::read_id(data, &input.id, "input.id")?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let events = input
            .events
            .map(|events| events.into_iter().map(Into::into));
        let change = WebhookChange {
            url: input.url,
            description: input.description,
            events: events.map(Iterator::collect),
            is_enabled: input.is_enabled,
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let outgoing = data.identity.issuers().outgoing();
        let changed = update_webhook(&transaction, outgoing, id, change, data.now()).await;
        let webhook = match outcome(changed)? {
            Ok(webhook) => webhook,
            Err(user_errors) => {
                return Ok(UpdateWebhookPayload {
                    webhook: None,
                    user_errors,
                });
            }
        };
        let deed = webhook.deed("webhook.update", &data.tenant.ipa_code);
        data.commit(transaction, &deed).await?;
        Ok(UpdateWebhookPayload {
            webhook: Some(Webhook(webhook)),
            user_errors: Vec::new(),
        })
    }

    /// Deletes a webhook with everything that it was told (elimina un webhook).
    async fn delete_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is deleted.")] input: DeleteWebhookInput,
    ) -> Result<DeleteWebhookPayload> {
        let data = data(ctx)?;
        let id = Webhook::read_id(data, &input.id, "input.id")?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let webhook = match outcome(delete_webhook(&transaction, id).await)? {
            Ok(webhook) => webhook,
            Err(user_errors) => {
                return Ok(DeleteWebhookPayload {
                    deleted_id: None,
                    user_errors,
                });
            }
        };
        let deed = webhook.deed("webhook.delete", &data.tenant.ipa_code);
        data.commit(transaction, &deed).await?;
        Ok(DeleteWebhookPayload {
            deleted_id: Some(input.id),
            user_errors: Vec::new(),
        })
    }

    /// Gives a webhook new keys. For a day what it is told is signed with those before too (cambia il segreto di un
    /// webhook).
    async fn rotate_webhook_secret(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RotateWebhookSecretInput,
    ) -> Result<WebhookSecretPayload> {
        let data = data(ctx)?;
        let id = Webhook::read_id(data, &input.id, "input.id")?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let vault = data.identity.vault();
        let rotated = rotate_webhook_secret(&transaction, vault, id, data.now()).await;
        with_secret(data, transaction, "webhook.rotate_secret", rotated).await
    }

    /// Tries a webhook out: tells it of an event that nothing has happened (prova un webhook).
    async fn test_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: TestWebhookInput,
    ) -> Result<WebhookDeliveryPayload> {
        let data = data(ctx)?;
        let id = Webhook::read_id(data, &input.id, "input.id")?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let told = test_webhook(&transaction, id, data.now()).await;
        let deed = Deed::to("webhook.test", input.id.as_str());
        delivery(data, transaction, &deed, told).await
    }

    /// Tells a webhook of an event once more, with the same id (ripeti una consegna).
    async fn replay_webhook_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ReplayWebhookDeliveryInput,
    ) -> Result<WebhookDeliveryPayload> {
        let data = data(ctx)?;
        let id = WebhookDelivery::read_id(data, &input.id, "input.id")?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let replayed = replay_webhook_delivery(&transaction, id, data.now()).await;
        let deed = Deed::to("webhook.replay", input.id.as_str());
        delivery(data, transaction, &deed, replayed).await
    }
}

async fn with_secret(
    data: &RequestData,
    transaction: Transaction,
    name: &'static str,
    done: Result<(webhooks::Webhook, String), WebhookError>,
) -> Result<WebhookSecretPayload> {
    let (webhook, secret) = match outcome(done)? {
        Ok(done) => done,
        Err(user_errors) => {
            return Ok(WebhookSecretPayload {
                user_errors,
                ..WebhookSecretPayload::default()
            });
        }
    };
    let deed = webhook.deed(name, &data.tenant.ipa_code);
    data.commit(transaction, &deed).await?;
    Ok(WebhookSecretPayload {
        webhook: Some(Webhook(webhook)),
        secret: Some(secret),
        user_errors: Vec::new(),
    })
}

async fn delivery(
    data: &RequestData,
    transaction: Transaction,
    deed: &Deed,
    done: Result<webhooks::Delivery, WebhookError>,
) -> Result<WebhookDeliveryPayload> {
    let delivery = match outcome(done)? {
        Ok(delivery) => delivery,
        Err(user_errors) => {
            return Ok(WebhookDeliveryPayload {
                delivery: None,
                user_errors,
            });
        }
    };
    data.commit(transaction, deed).await?;
    Ok(WebhookDeliveryPayload {
        delivery: Some(WebhookDelivery(delivery)),
        user_errors: Vec::new(),
    })
}

/// Tells what the user can mend from what failed.
fn outcome<T>(done: Result<T, WebhookError>) -> Result<Result<T, Vec<UserError>>> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(WebhookError::Refused(refusal)) => {
            let error = UserError::new(refusal.code(), refusal.to_string());
            let path = refusal.path().map(str::to_owned);
            Ok(Err(vec![match path {
                Some(path) => error.of(path),
                None => error,
            }]))
        }
        Err(WebhookError::Store(error)) => Err(internal(error)),
        Err(error @ WebhookError::Keys(_)) => {
            tracing::error!(%error, "the keys of a webhook cannot be used");
            Err(ErrorCode::Internal.error(ErrorCode::Internal.apology()))
        }
    }
}
