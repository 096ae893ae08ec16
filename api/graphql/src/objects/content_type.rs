//! The types of content by name, for arguments.

use async_graphql::Enum;
use municipio_domain::content::ContentType;

/// A type of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "ContentType", remote = "ContentType")]
pub(crate) enum ContentTypeName {
    /// The municipality and its settings (Comune).
    Municipality,
    /// A service (servizio).
    Service,
    /// An office (unità organizzativa).
    Office,
    /// A place (luogo).
    Place,
    /// A person (persona pubblica).
    Person,
    /// A role (incarico).
    Role,
    /// A contact point (punto di contatto).
    ContactPoint,
    /// A news item (novità).
    NewsItem,
    /// An event (evento).
    Event,
    /// A document (documento pubblico).
    Document,
    /// A dataset.
    Dataset,
    /// A topic (argomento).
    Topic,
    /// A page (pagina).
    Page,
    /// A frequently asked question (domanda frequente).
    Faq,
    /// A procedure sheet (procedimento).
    Procedure,
    /// A file: a picture, a form, a recording (allegato).
    Asset,
}
