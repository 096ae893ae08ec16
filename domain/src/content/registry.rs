//! The registry of content types: the one list that says which types there are, what they are
//! called and which struct holds their body.

use std::{collections::BTreeSet, fmt, str::FromStr, sync::Arc};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use validator::Validate;

use super::{
    FieldError, LinkTarget, Relations, field_errors,
    fields::GeoPoint,
    rich_text,
    types::{
        Asset, ContactPoint, Dataset, Document, Event, Faq, Municipality, NewsItem, Office, Page,
        Person, Place, Procedure, Role, Service, Topic,
    },
};
use crate::{
    ids::ItemId,
    locale::{Locale, LocalizedText},
    time::EventSchedule,
};

/// What a content type says about itself. The struct is the body of a revision.
pub trait Content: Clone + Default + Serialize + DeserializeOwned + Validate {
    /// The type in the registry.
    const TYPE: ContentType;

    /// The title, by locale.
    fn title(&self) -> LocalizedText;

    /// The short description, where the type has one.
    fn short_description(&self) -> Option<&LocalizedText> {
        None
    }

    /// The text by which lists are ordered: the Italian title unless the type says otherwise.
    fn sort_title(&self) -> String {
        self.title().italian().unwrap_or_default().to_owned()
    }

    /// The locales it is written in: those of the title unless the type says otherwise. None means
    /// that it is the same in all.
    fn locales(&self) -> BTreeSet<Locale> {
        self.title().locales().cloned().collect()
    }

    /// The day by which lists are ordered; the first publication when there is none.
    fn date(&self) -> Option<NaiveDate> {
        None
    }

    /// The last day on which the content matters.
    fn expires_at(&self) -> Option<NaiveDate> {
        None
    }

    /// When it takes place.
    fn schedule(&self) -> Option<&EventSchedule> {
        None
    }

    /// The offices that it belongs to: those in charge of it. None for content of the municipality as
    /// a whole. An office belongs to itself, which its body does not know, and to the one above it.
    fn offices(&self) -> Vec<ItemId> {
        Vec::new()
    }

    /// Search finds it by itself. What is only a part of something else is found through that.
    fn is_searchable() -> bool {
        true
    }

    /// Other titles, keywords and numbers by which search finds it, in the first of these locales that
    /// has them. All its texts are found without being named here.
    fn keywords(&self, _locales: &[Locale]) -> Vec<String> {
        Vec::new()
    }

    /// Where it is on the map.
    fn position(&self) -> Option<GeoPoint> {
        None
    }

    /// What it links to and what lists find it by.
    fn relations(&self, relations: &mut Relations);
}

macro_rules! content_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $folder:literal;)*) => {
        /// The content types, by their singular name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ContentType {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl ContentType {
            /// All types.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name that is stored: `service`, `news_item`, …
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The folder of its seed files: `services`, `news`, …
            pub fn folder(self) -> &'static str {
                match self { $(Self::$variant => $folder,)* }
            }

            /// Search finds items of this type.
            pub fn is_searchable(self) -> bool {
                match self { $(Self::$variant => $variant::is_searchable(),)* }
            }

            /// The name of the type in GraphQL and in global ids: `Service`, `NewsItem`, …
            pub fn type_name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }
        }

        /// The typed body of a revision.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Body {
            $(#[doc = concat!("The body of type `", $name, "`.")] $variant(Arc<$variant>),)*
        }

        impl Body {
            /// Reads and checks a body. Every wrong field is reported with its path.
            ///
            /// # Errors
            /// An unknown field, a value of the wrong kind, an unknown vocabulary code, a value
            /// out of its limits.
            pub fn parse(content_type: ContentType, body: Value) -> Result<Self, Vec<FieldError>> {
                let body = Self::read(content_type, body).map_err(|error| vec![error])?;
                let checked = match &body { $(Self::$variant(body) => body.validate(),)* };
                match checked {
                    Ok(()) => Ok(body),
                    Err(errors) => Err(field_errors(&errors)),
                }
            }

            /// Reads a body that was checked when it was written.
            ///
            /// # Errors
            /// It is not a body of this type.
            pub fn read(content_type: ContentType, body: Value) -> Result<Self, FieldError> {
                match content_type {
                    $(ContentType::$variant => {
                        read(body).map(|body| Self::$variant(Arc::new(body)))
                    })*
                }
            }

            /// Reads the text of a stored body, which was checked when it was written. Rich texts
            /// are kept as they are stored and read when somebody asks for them.
            ///
            /// # Errors
            /// It is not a body of this type.
            pub fn read_stored(content_type: ContentType, body: &str) -> Result<Self, FieldError> {
                match content_type {
                    $(ContentType::$variant => {
                        read_stored(body).map(|body| Self::$variant(Arc::new(body)))
                    })*
                }
            }

            /// The type of this body.
            pub fn content_type(&self) -> ContentType {
                match self { $(Self::$variant(_) => ContentType::$variant,)* }
            }

            /// The body as JSON, without empty fields: the form in which it is stored.
            ///
            /// # Errors
            /// None in practice; serialisation to JSON is fallible by its interface.
            pub fn to_json(&self) -> serde_json::Result<Value> {
                let mut value = match self {
                    $(Self::$variant(body) => serde_json::to_value(body.as_ref())?,)*
                };
                if let Value::Object(fields) = &mut value {
                    fields.retain(|_, field| !is_empty(field));
                }
                Ok(value)
            }

            /// The title, by locale.
            pub fn title(&self) -> LocalizedText {
                match self { $(Self::$variant(body) => body.title(),)* }
            }

            /// The locales it is written in; none means that it is the same in all.
            pub fn locales(&self) -> BTreeSet<Locale> {
                match self { $(Self::$variant(body) => body.locales(),)* }
            }

            /// The short description, by locale.
            pub fn short_description(&self) -> Option<&LocalizedText> {
                match self { $(Self::$variant(body) => body.short_description(),)* }
            }

            /// The text by which lists are ordered.
            pub fn sort_title(&self) -> String {
                match self { $(Self::$variant(body) => body.sort_title(),)* }
            }

            /// The day by which lists are ordered.
            pub fn date(&self) -> Option<NaiveDate> {
                match self { $(Self::$variant(body) => body.date(),)* }
            }

            /// The last day on which the content matters.
            pub fn expires_at(&self) -> Option<NaiveDate> {
                match self { $(Self::$variant(body) => body.expires_at(),)* }
            }

            /// When it takes place.
            pub fn schedule(&self) -> Option<&EventSchedule> {
                match self { $(Self::$variant(body) => body.schedule(),)* }
            }

            /// The offices that are in charge of it.
            pub fn offices(&self) -> Vec<ItemId> {
                match self { $(Self::$variant(body) => body.offices(),)* }
            }

            /// Other words by which search finds it.
            pub fn keywords(&self, locales: &[Locale]) -> Vec<String> {
                match self { $(Self::$variant(body) => body.keywords(locales),)* }
            }

            /// Where it is on the map.
            pub fn position(&self) -> Option<GeoPoint> {
                match self { $(Self::$variant(body) => body.position(),)* }
            }

            /// What it links to and what lists find it by.
            pub fn relations(&self) -> Relations {
                let mut relations = Relations::default();
                match self { $(Self::$variant(body) => body.relations(&mut relations),)* }
                relations
            }
        }

        /// Adds the schemas of all bodies to those that the generator has.
        pub(super) fn schemas(generator: &mut schemars::SchemaGenerator) {
            $(super::shape::include::<$variant>(generator);)*
        }

        $(
            impl LinkTarget for $variant {
                const TARGET: Option<ContentType> = Some(ContentType::$variant);
            }
        )*
    };
}

content_types! {
    /// Municipality settings (Comune); one item per tenant.
    Municipality = "municipality", "municipality";
    /// Service (Servizio).
    Service = "service", "services";
    /// Office (Unità organizzativa).
    Office = "office", "offices";
    /// Place (Luogo).
    Place = "place", "places";
    /// Person (Persona pubblica).
    Person = "person", "people";
    /// Role (Incarico).
    Role = "role", "roles";
    /// Contact point (Punto di contatto).
    ContactPoint = "contact_point", "contact-points";
    /// News item (Novità).
    NewsItem = "news_item", "news";
    /// Event (Evento).
    Event = "event", "events";
    /// Document (Documento pubblico).
    Document = "document", "documents";
    /// Dataset.
    Dataset = "dataset", "datasets";
    /// Topic (Argomento).
    Topic = "topic", "topics";
    /// Page (Pagina).
    Page = "page", "pages";
    /// Frequently asked question (Domanda frequente).
    Faq = "faq", "faqs";
    /// Procedure sheet (Procedimento).
    Procedure = "procedure", "procedures";
    /// Asset (Allegato, immagine).
    Asset = "asset", "assets";
}

fn read<T: Content>(body: Value) -> Result<T, FieldError> {
    serde_path_to_error::deserialize(body).map_err(|error| {
        let path = error.path().to_string();
        FieldError::from_serde(path, error.into_inner())
    })
}

fn read_stored<T: Content>(body: &str) -> Result<T, FieldError> {
    rich_text::reading_stored(|| serde_json::from_str(body)).or_else(|_| {
        // Again, with more care: for the place of the error, or for a text in another form.
        let body = serde_json::from_str(body);
        read(body.map_err(|error| FieldError::from_serde(String::new(), error))?)
    })
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// A name that is no content type.
#[derive(Debug, thiserror::Error)]
#[error("«{0}» is not a content type")]
pub struct UnknownContentType(String);

impl FromStr for ContentType {
    type Err = UnknownContentType;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|content_type| content_type.as_str() == name)
            .ok_or_else(|| UnknownContentType(name.chars().take(40).collect()))
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
