//! The GraphQL types, one file per content type. Each shows the fields of its body; what they mean
//! and where they come from is said once, in the domain.

mod asset;
mod audit;
mod common;
mod contact_point;
mod content_type;
mod dataset;
mod document;
mod event;
mod faq;
mod file;
mod hours;
mod image;
mod json_ld;
mod municipality;
mod news_item;
mod office;
mod page;
mod person;
mod place;
mod procedure;
mod procedure_definition;
mod procedure_rule;
mod report;
mod rich_text;
mod role;
mod service;
mod service_parts;
mod topic;
mod vocabulary;

use async_graphql::{ID, Interface};
use municipio_domain::content::ContentType as DomainType;

pub(crate) use asset::Asset;
pub(crate) use audit::{AuditEntryConnection, AuditEntryFilter};
pub(crate) use common::{Amount, GeoPoint, PostalAddress, WebLink};
pub(crate) use contact_point::ContactPoint;
pub(crate) use content_type::ContentTypeName;
pub(crate) use dataset::Dataset;
pub(crate) use document::Document;
pub(crate) use event::{Event, EventOccurrence};
pub(crate) use faq::Faq;
pub(crate) use file::File;
pub(crate) use hours::OpeningHours;
pub(crate) use image::Image;
pub(crate) use json_ld::ServiceJsonLd;
pub(crate) use municipality::Municipality;
pub(crate) use news_item::NewsItem;
pub(crate) use office::Office;
pub(crate) use page::Page;
pub(crate) use person::Person;
pub(crate) use place::Place;
pub(crate) use procedure::Procedure;
pub(crate) use procedure_definition::{
    CaseStatus, NoticeRecipient, ProcedureDefinition, ProcedureState, TransitionEffect,
    TransitionRequirement,
};
pub(crate) use procedure_rule::{CaseChannel, ProcedureRule, RuleActionKind};
pub(crate) use report::PublishReport;
pub(crate) use rich_text::RichText;
pub(crate) use role::Role;
pub(crate) use service::{Service, ServiceStatus};
pub(crate) use topic::Topic;
pub(crate) use vocabulary::{Vocabulary, VocabularyTerm};

use crate::{
    case::Case,
    citizen::CitizenIssuer,
    identity::{Account, ApiKey, IdentityProvider},
    notification::{AppIoService, AppIoSheet, CaseNotification, MessageTemplate},
    preview::PreviewToken,
    release::Release,
    scalars,
    view::{ContentObject, View},
    webhook::{Webhook, WebhookDelivery},
    work::{ContentItem, ContentRevision},
};

/// Defines the GraphQL object of a content type: the fields that all content has, the fields of
/// its own, and the lists of what links to it (`list: Type by "field" in "order"`).
macro_rules! content_object {
    (
        $(#[$doc:meta])*
        $name:ident {
            $($fields:tt)*
        }
        linked {
            $($(#[$linked_doc:meta])* $linked:ident: $target:ident by $field:literal in $order:literal;)*
        }
    ) => {
        #[derive(Clone, Debug)]
        $(#[$doc])*
        pub(crate) struct $name {
            pub(crate) view: $crate::view::View,
            pub(crate) body: std::sync::Arc<municipio_domain::content::types::$name>,
        }

        impl $crate::view::ContentObject for $name {
            const TYPE: municipio_domain::content::ContentType =
                municipio_domain::content::ContentType::$name;

            fn new(view: $crate::view::View) -> Option<Self> {
                match &view.item.body {
                    municipio_domain::content::Body::$name(body) => {
                        let body = std::sync::Arc::clone(body);
                        Some(Self { view, body })
                    }
                    _ => None,
                }
            }
        }

        #[async_graphql::Object]
        $(#[$doc])*
        impl $name {
            /// Global id, the same in all locales and revisions.
            pub(crate) async fn id(&self) -> async_graphql::ID {
                self.view.global_id()
            }

            /// Title in the locale of the read, or in the fallback (titolo).
            pub(crate) async fn title(&self) -> String {
                self.view.text(&self.view.item.body.title()).unwrap_or_default()
            }

            /// Short description (descrizione breve).
            pub(crate) async fn short_description(&self) -> Option<String> {
                self.view.text(self.view.item.body.short_description()?)
            }

            /// Last part of the path, in the locale of the read.
            pub(crate) async fn slug(&self) -> Option<$crate::scalars::Slug> {
                let slug = self.view.item.slug(&self.view.reader.locales)?;
                Some($crate::scalars::Slug(slug.clone()))
            }

            /// Path on the municipality's site, such as `/servizi/anagrafe-e-stato-civile/carta-d-identita`.
            pub(crate) async fn path(&self) -> Option<String> {
                self.view.path()
            }

            /// Address on the municipality's site.
            pub(crate) async fn url(&self, ctx: &async_graphql::Context<'_>) -> async_graphql::Result<Option<String>> {
                self.view.url(ctx).await
            }

            /// The locale that was asked for.
            pub(crate) async fn locale(&self) -> $crate::scalars::Locale {
                $crate::scalars::Locale(self.view.reader.locale().clone())
            }

            /// It is not written in the locale that was asked for: texts are those of the fallback. Single
            /// texts may be missing all the same: see `fallbackFields`.
            pub(crate) async fn is_fallback(&self) -> bool {
                self.view.is_fallback()
            }

            /// The fields, such as `costs[0].description`, whose text is that of the fallback.
            pub(crate) async fn fallback_fields(&self) -> Vec<String> {
                self.view.fallback_fields()
            }

            /// The locales it is written in.
            pub(crate) async fn available_locales(&self) -> Vec<$crate::scalars::Locale> {
                self.view.available_locales()
            }

            /// The languages it is written in, as codes of the European Union (lingua).
            pub(crate) async fn languages(&self) -> Vec<$crate::objects::VocabularyTerm> {
                self.view.languages()
            }

            /// When it was first published (data di pubblicazione).
            pub(crate) async fn published_at(&self) -> Option<chrono::DateTime<chrono::Utc>> {
                self.view.item.published_at
            }

            /// When it was last published (data di ultima modifica).
            pub(crate) async fn modified_at(&self) -> chrono::DateTime<chrono::Utc> {
                self.view.item.updated_at
            }

            /// What the publishing rules say of it.
            pub(crate) async fn publish_report(
                &self,
                ctx: &async_graphql::Context<'_>,
            ) -> async_graphql::Result<$crate::objects::PublishReport> {
                self.view.publish_report(ctx).await
            }

            $($fields)*

            $(
                $(#[$linked_doc])*
                #[allow(clippy::too_many_arguments)]
                async fn $linked(
                    &self,
                    ctx: &async_graphql::Context<'_>,
                    #[graphql(desc = "How many items from the start of the list: 1 to 100, 20 by default.")]
                    first: Option<i32>,
                    #[graphql(desc = "Only items after this place.")]
                    after: Option<String>,
                    #[graphql(desc = "How many items from the end of the list: 1 to 100.")]
                    last: Option<i32>,
                    #[graphql(desc = "Only items before this place.")]
                    before: Option<String>,
                    #[graphql(
                        desc = "What the list is ordered by.",
                        default_with = $order
                    )]
                    order_by: $crate::connection::ContentOrder,
                ) -> async_graphql::Result<$crate::connection::Connection<$target>> {
                    let arguments = $crate::connection::ListArguments {
                        first,
                        after,
                        last,
                        before,
                        order_by,
                    };
                    self.view.linked(ctx, $field, arguments).await
                }
            )*
        }
    };
}

pub(crate) use content_object;

/// The kinds of content (tipo di contenuto).
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
#[graphql(remote = "DomainType")]
pub(crate) enum ContentType {
    /// Municipality settings (Comune).
    Municipality,
    /// Service (Servizio).
    Service,
    /// Office (Unità organizzativa).
    Office,
    /// Place (Luogo).
    Place,
    /// Person (Persona pubblica).
    Person,
    /// Role (Incarico).
    Role,
    /// Contact point (Punto di contatto).
    ContactPoint,
    /// News item (Novità).
    NewsItem,
    /// Event (Evento).
    Event,
    /// Document (Documento pubblico).
    Document,
    /// Dataset.
    Dataset,
    /// Topic (Argomento).
    Topic,
    /// Page (Pagina).
    Page,
    /// Frequently asked question (Domanda frequente).
    Faq,
    /// Procedure sheet (Procedimento).
    Procedure,
    /// Asset (Allegato, immagine).
    Asset,
}

/// Everything that has a global id (Relay). What is not public is read under the same conditions as at its root.
#[derive(Clone, Debug, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global id."))]
pub(crate) enum Node {
    Municipality(Municipality),
    Service(Service),
    Office(Office),
    Place(Place),
    Person(Person),
    Role(Role),
    ContactPoint(ContactPoint),
    NewsItem(NewsItem),
    Event(Event),
    Document(Document),
    Dataset(Dataset),
    Topic(Topic),
    Page(Page),
    Faq(Faq),
    Procedure(Procedure),
    Asset(Asset),
    Case(Case),
    ContentItem(ContentItem),
    ContentRevision(ContentRevision),
    Release(Release),
    PreviewToken(PreviewToken),
    Account(Account),
    ApiKey(ApiKey),
    IdentityProvider(IdentityProvider),
    CitizenIssuer(CitizenIssuer),
    Webhook(Webhook),
    WebhookDelivery(WebhookDelivery),
    AppIoService(AppIoService),
    AppIoSheet(AppIoSheet),
    MessageTemplate(MessageTemplate),
    CaseNotification(CaseNotification),
}

/// What all content has.
#[derive(Clone, Debug, Interface)]
#[allow(
    clippy::duplicated_attributes,
    reason = "fields of an interface may be of the same type"
)]
#[graphql(
    field(name = "id", ty = "ID", desc = "Global id."),
    field(name = "title", ty = "String", desc = "Title (titolo)."),
    field(
        name = "short_description",
        ty = "Option<String>",
        desc = "Short description (descrizione breve)."
    ),
    field(
        name = "slug",
        ty = "Option<scalars::Slug>",
        desc = "Last part of the path."
    ),
    field(
        name = "path",
        ty = "Option<String>",
        desc = "Path on the municipality's site."
    ),
    field(
        name = "url",
        ty = "Option<String>",
        desc = "Address on the municipality's site."
    ),
    field(
        name = "locale",
        ty = "scalars::Locale",
        desc = "The locale that was asked for."
    ),
    field(
        name = "is_fallback",
        ty = "bool",
        desc = "It is not written in the locale that was asked for."
    ),
    field(
        name = "available_locales",
        ty = "Vec<scalars::Locale>",
        desc = "The locales it is written in."
    ),
    field(
        name = "published_at",
        ty = "Option<chrono::DateTime<chrono::Utc>>",
        desc = "When it was first published (data di pubblicazione)."
    ),
    field(
        name = "modified_at",
        ty = "chrono::DateTime<chrono::Utc>",
        desc = "When it was last published (data di ultima modifica)."
    )
)]
pub(crate) enum Content {
    Municipality(Municipality),
    Service(Service),
    Office(Office),
    Place(Place),
    Person(Person),
    Role(Role),
    ContactPoint(ContactPoint),
    NewsItem(NewsItem),
    Event(Event),
    Document(Document),
    Dataset(Dataset),
    Topic(Topic),
    Page(Page),
    Faq(Faq),
    Procedure(Procedure),
    Asset(Asset),
}

macro_rules! of_any_type {
    ($interface:ident: $($name:ident),*) => {
        impl $interface {
            /// The object of an item of any type.
            pub(crate) fn new(view: View) -> Option<Self> {
                match view.item.content_type() {
                    $(DomainType::$name => $name::new(view).map(Self::$name),)*
                }
            }
        }
    };
}

of_any_type!(
    Node: Municipality, Service, Office, Place, Person, Role, ContactPoint, NewsItem, Event,
    Document, Dataset, Topic, Page, Faq, Procedure, Asset
);
of_any_type!(
    Content: Municipality, Service, Office, Place, Person, Role, ContactPoint, NewsItem, Event,
    Document, Dataset, Topic, Page, Faq, Procedure, Asset
);
