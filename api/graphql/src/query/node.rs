//! Whatever has a global id.

use async_graphql::{Context, ID, Object, Result};
use futures_util::future::join_all;
use municipio_domain::ids::{
    AccountId, ApiKeyId, AppIoServiceId, AppIoSheetId, CaseId, CitizenIssuerId, ItemId,
    MessageTemplateId, NotificationId, PreviewTokenId, ProviderId, ReleaseId, RevisionId,
    WebhookDeliveryId, WebhookId,
};
use uuid::Uuid;

use crate::{
    case::Case,
    citizen::CitizenIssuer,
    connection::page_size,
    context::{RequestData, data},
    global_id::{self, Kind},
    identity::{Account, ApiKey, IdentityProvider},
    notification::{AppIoService, AppIoSheet, CaseNotification, MessageTemplate},
    objects::Node,
    preview::PreviewToken,
    release::Release,
    scalars,
    view::{Reader, View},
    webhook::{Webhook, WebhookDelivery},
    work::{ContentItem, ContentRevision},
};

#[derive(Default)]
pub(crate) struct NodeQuery;

#[Object]
impl NodeQuery {
    // Relay's compiler refuses a `node` with a second argument.
    /// Whatever has this global id (Relay), in the default locale; `nodes` reads in others.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id.")] id: ID,
    ) -> Option<Result<Node>> {
        let read = async || -> Result<Option<Node>> {
            let mut nodes = nodes(ctx, &[id], |_| "id".to_owned(), None).await?;
            nodes.pop().flatten().transpose()
        };
        read().await.transpose()
    }

    /// Whatever has these global ids, in their order; nothing in the place of what is not there.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global ids, at most 100.")] ids: Vec<ID>,
        #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Result<Vec<Option<Result<Node>>>> {
        if !ids.is_empty() {
            page_size(i32::try_from(ids.len()).ok().or(Some(i32::MAX)), "ids")?;
        }
        nodes(ctx, &ids, |index| format!("ids[{index}]"), locale).await
    }
}

async fn nodes(
    ctx: &Context<'_>,
    ids: &[ID],
    argument: impl Fn(usize) -> String,
    locale: Option<scalars::Locale>,
) -> Result<Vec<Option<Result<Node>>>> {
    let reader = Reader::new(ctx, locale)?;
    let data = data(ctx)?;
    let mut named = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        let municipality = &data.tenant.ipa_code;
        named.push(global_id::decode_any(id, municipality, &argument(index))?);
    }
    let nodes = named
        .into_iter()
        .map(|(kind, id)| node(data, &reader, kind, id));
    let nodes = join_all(nodes).await.into_iter();
    Ok(nodes.map(Result::transpose).collect())
}

/// What has this id, under the same conditions as at the root that shows it.
async fn node(data: &RequestData, reader: &Reader, kind: Kind, id: Uuid) -> Result<Option<Node>> {
    let reader = reader.clone();
    Ok(match kind {
        Kind::Content(content_type) => {
            let item = data.items([ItemId(id)]).await?.remove(&ItemId(id));
            let item = item.filter(|item| item.content_type() == content_type);
            item.and_then(|item| Node::new(View { item, reader }))
        }
        Kind::Item => {
            let item = ContentItem::find(data, reader, ItemId(id)).await?;
            item.map(Node::ContentItem)
        }
        Kind::Revision => {
            let revision = ContentRevision::find(data, reader, RevisionId(id)).await?;
            revision.map(Node::ContentRevision)
        }
        Kind::Release => Release::find(data, ReleaseId(id)).await?.map(Node::Release),
        Kind::PreviewToken => {
            let token = PreviewToken::find(data, PreviewTokenId(id)).await?;
            token.map(Node::PreviewToken)
        }
        Kind::Account => Account::find(data, AccountId(id)).await?.map(Node::Account),
        Kind::ApiKey => ApiKey::find(data, ApiKeyId(id)).await?.map(Node::ApiKey),
        Kind::IdentityProvider => {
            let provider = IdentityProvider::find(data, ProviderId(id)).await?;
            provider.map(Node::IdentityProvider)
        }
        Kind::CitizenIssuer => {
            let issuer = CitizenIssuer::find(data, CitizenIssuerId(id)).await?;
            issuer.map(Node::CitizenIssuer)
        }
        Kind::Webhook => Webhook::find(data, WebhookId(id)).await?.map(Node::Webhook),
        Kind::WebhookDelivery => {
            let delivery = WebhookDelivery::find(data, WebhookDeliveryId(id)).await?;
            delivery.map(Node::WebhookDelivery)
        }
        Kind::Case => {
            let case = Case::find(data, reader, CaseId(id)).await?;
            case.map(Node::Case)
        }
        Kind::AppIoService => {
            let service = AppIoService::find(data, AppIoServiceId(id)).await?;
            service.map(Node::AppIoService)
        }
        Kind::AppIoSheet => {
            let sheet = AppIoSheet::find(data, AppIoSheetId(id)).await?;
            sheet.map(Node::AppIoSheet)
        }
        Kind::MessageTemplate => {
            let template = MessageTemplate::find(data, MessageTemplateId(id)).await?;
            template.map(Node::MessageTemplate)
        }
        Kind::CaseNotification => {
            let notification = CaseNotification::find(data, NotificationId(id)).await?;
            notification.map(Node::CaseNotification)
        }
    })
}
