//! Files: assets, and those that are elsewhere.

use async_graphql::{Context, Object, Result};
use municipio_domain::{
    content::{FileReference, WebAddress},
    media::FileFacts,
};

use super::Asset;
use crate::{files::file_of, view::View};

/// A file (allegato).
pub(crate) struct File {
    url: String,
    title: Option<String>,
    media_type: Option<String>,
    size: Option<u64>,
    asset: Option<Asset>,
}

impl File {
    /// A file as content names it: an asset, if it is to be seen, or an address.
    pub(crate) fn new(
        ctx: &Context<'_>,
        view: &View,
        file: &FileReference,
        asset: Option<Asset>,
    ) -> Result<Option<Self>> {
        let title = view.text(&file.title);
        if let Some(asset) = asset {
            let of_asset = Self::of_asset(ctx, &asset)?;
            return Ok(of_asset.map(|found| Self {
                title: title.or(found.title),
                ..found
            }));
        }
        Ok(file.url.as_ref().map(WebAddress::as_str).map(|url| Self {
            url: url.to_owned(),
            title,
            media_type: file.media_type.clone(),
            size: file.size,
            asset: None,
        }))
    }

    /// The file of an asset, if the caller may see it.
    pub(crate) fn of_asset(ctx: &Context<'_>, asset: &Asset) -> Result<Option<Self>> {
        let data = crate::context::data(ctx)?;
        let Some((_, facts)) = file_of(&asset.body) else {
            return Ok(None);
        };
        let url = data.file_address(&asset.view.item, &asset.body);
        Ok(url.map(|url| Self {
            url,
            title: asset.view.text(&asset.body.title),
            media_type: Some(facts.media_type.clone()),
            size: Some(facts.size),
            asset: Some(asset.clone()),
        }))
    }

    /// The media type, such as `application/pdf`.
    pub(crate) fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }

    fn facts(&self) -> Option<&FileFacts> {
        file_of(&self.asset.as_ref()?.body).map(|(_, facts)| facts)
    }
}

/// A file (allegato). What is known of it beside its address is known of assets.
#[Object]
impl File {
    /// Where it is: an address that stays when the file of an asset is replaced.
    async fn url(&self) -> &str {
        &self.url
    }

    /// What it is called for the reader (titolo).
    async fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// Media type of RFC 6838, such as `application/pdf` (formato).
    #[graphql(name = "mediaType")]
    async fn format(&self) -> Option<&str> {
        self.media_type()
    }

    /// Size in bytes (dimensione).
    async fn size(&self) -> Option<u64> {
        self.size
    }

    /// The asset (allegato).
    async fn asset(&self) -> Option<&Asset> {
        self.asset.as_ref()
    }

    /// What it is called when it is saved (nome del file).
    async fn name(&self) -> Option<&str> {
        file_of(&self.asset.as_ref()?.body).map(|(file, _)| file.name())
    }

    /// SHA-256 of its bytes, in hexadecimal (impronta).
    async fn sha256(&self) -> Option<&str> {
        self.facts().map(|facts| facts.sha256.as_str())
    }

    /// How many pages a document has (numero di pagine).
    async fn page_count(&self) -> Option<u32> {
        self.facts()?.pages
    }

    /// The language of a document (BCP 47), as it says or as it reads (lingua).
    async fn language(&self) -> Option<&str> {
        self.facts()?.language.as_deref()
    }

    /// The title that a document says it has (titolo del documento).
    async fn document_title(&self) -> Option<&str> {
        self.facts()?.title.as_deref()
    }

    /// The level of PDF/A (ISO 19005) that a document says it has, such as `2B`; attachments of App IO must have
    /// one (PDF/A).
    async fn pdf_a(&self) -> Option<&str> {
        self.facts()?.pdf_a.as_deref()
    }
}
