//! News item (Novità: notizia, comunicato, avviso): schema:NewsArticle.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use super::{Dataset, Document, Office, Person, Place, Topic};
use crate::{
    content::{
        Content, ContentType, FileReference, ImageReference, Link, LocalizedRichText, Relations,
        fields::{in_order, short},
    },
    ids::ItemId,
    locale::{Locale, LocalizedText},
    vocabularies::{Code, ids},
};

/// Something the municipality announces (novità).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
#[validate(schema(function = "dates_in_order"))]
pub struct NewsItem {
    /// Title (titolo).
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Short description (descrizione breve).
    #[validate(custom(function = "short"))]
    pub short_description: LocalizedText,
    /// Kind of news (tipo di notizia): `notizie`, `comunicati`, `avvisi`.
    pub news_type: Option<Code<ids::NewsTypes>>,
    /// Number of the press release (numero del comunicato).
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub press_number: Option<String>,
    /// The day of the news (data della notizia); lists sort by it.
    pub news_date: Option<NaiveDate>,
    /// The last day on which it matters (data di scadenza).
    pub expires_at: Option<NaiveDate>,
    /// Topics (argomenti).
    pub topics: Vec<Link<Topic>>,
    /// Picture (immagine).
    #[validate(nested)]
    pub image: Option<ImageReference>,
    /// Full text (testo completo).
    pub body: LocalizedRichText,
    /// The offices that wrote it (a cura di).
    pub edited_by: Vec<Link<Office>>,
    /// People (persone).
    pub people: Vec<Link<Person>>,
    /// Places (luoghi).
    pub places: Vec<Link<Place>>,
    /// Documents (documenti).
    pub documents: Vec<Link<Document>>,
    /// Attached files (allegati).
    #[validate(nested)]
    pub attachments: Vec<FileReference>,
    /// Datasets (dataset).
    pub datasets: Vec<Link<Dataset>>,
    /// Related news (notizie correlate).
    pub related_news: Vec<Link<NewsItem>>,
    /// Further pictures (galleria).
    #[validate(nested)]
    pub gallery: Vec<ImageReference>,
    /// Further information (ulteriori informazioni).
    pub further_information: LocalizedRichText,
}

fn dates_in_order(news: &NewsItem) -> Result<(), ValidationError> {
    in_order(news.news_date, news.expires_at, "expires_at")
}

impl Content for NewsItem {
    const TYPE: ContentType = ContentType::NewsItem;

    fn title(&self) -> LocalizedText {
        self.title.clone()
    }

    fn short_description(&self) -> Option<&LocalizedText> {
        Some(&self.short_description)
    }

    fn date(&self) -> Option<NaiveDate> {
        self.news_date
    }

    fn expires_at(&self) -> Option<NaiveDate> {
        self.expires_at
    }

    fn offices(&self) -> Vec<ItemId> {
        Link::ids(&self.edited_by)
    }

    fn keywords(&self, _locales: &[Locale]) -> Vec<String> {
        self.press_number.iter().cloned().collect()
    }

    fn relations(&self, relations: &mut Relations) {
        relations.asset("image", &self.image);
        relations.assets("attachments", &self.attachments);
        relations.assets("gallery", &self.gallery);
        relations.codes("news_type", &self.news_type);
        relations.links("topics", &self.topics);
        relations.links("edited_by", &self.edited_by);
        relations.links("people", &self.people);
        relations.links("places", &self.places);
        relations.links("documents", &self.documents);
        relations.links("datasets", &self.datasets);
        relations.links("related_news", &self.related_news);
        relations.rich_text("body", &self.body);
        relations.rich_text("further_information", &self.further_information);
    }
}
