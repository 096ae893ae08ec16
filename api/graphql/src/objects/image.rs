//! Pictures: assets, of which there are variants, and those that are elsewhere.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use municipio_domain::{
    content::{ImageReference, WebAddress},
    identity::{Action, Subject},
    media::{self, FileFacts, Preset, Size, Variant},
};

use super::{Asset, VocabularyTerm, asset::FocalPoint};
use crate::{
    context::data,
    error::ErrorCode,
    files::{Reach, file_of},
    view::View,
};

/// The variants of pictures that anybody may ask for (formati predefiniti).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Preset")]
pub(crate) enum ImagePreset {
    /// A square of 160 pixels, for lists and faces (miniatura).
    Thumbnail,
    /// 320 pixels wide (piccola).
    Small,
    /// 480 x 320 pixels, for cards (scheda).
    Card,
    /// 640 pixels wide (media).
    Medium,
    /// 1,024 pixels wide (grande).
    Large,
    /// 1,600 pixels wide (intera).
    Full,
    /// 1,600 x 600 pixels, across the head of a page (testata).
    Hero,
}

/// How a picture fills the size it gets (adattamento).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "media::Fit")]
pub(crate) enum ImageFit {
    /// All of the size; what does not fit is cut off around the focal point (riempi).
    Cover,
    /// All of the picture, in the size or less (contieni).
    Contain,
}

/// A variant of a picture (variante di un'immagine).
#[derive(SimpleObject)]
pub(crate) struct ImageVariant {
    /// Where it is. Nothing ever changes at this address; clients that accept WebP get WebP.
    url: String,
    /// Width in pixels (larghezza).
    width: u32,
    /// Height in pixels (altezza).
    height: u32,
}

/// A picture (immagine).
pub(crate) struct Image {
    view: View,
    /// What the content that shows it says of it.
    reference: ImageReference,
    place: Place,
}

enum Place {
    Elsewhere(String),
    Here { asset: Box<Asset>, reach: Reach },
}

impl Image {
    /// A picture as content names it: an asset, if it is one that the caller may see, or an address.
    pub(crate) fn new(
        ctx: &Context<'_>,
        view: &View,
        image: &ImageReference,
        asset: Option<Asset>,
    ) -> Result<Option<Self>> {
        let place = match asset {
            Some(asset) => Place::here(ctx, asset)?,
            None => {
                let url = image.url.as_ref().map(WebAddress::as_str);
                url.map(|url| Place::Elsewhere(url.to_owned()))
            }
        };
        Ok(place.map(|place| Self {
            view: view.clone(),
            reference: image.clone(),
            place,
        }))
    }

    /// The picture that an asset is.
    pub(crate) fn of_asset(ctx: &Context<'_>, asset: &Asset) -> Result<Option<Self>> {
        let nothing_said = ImageReference {
            asset: None,
            url: None,
            alt: Default::default(),
            decorative: false,
            caption: Default::default(),
            credit: None,
            licence: None,
        };
        Self::new(ctx, &asset.view, &nothing_said, Some(asset.clone()))
    }

    fn asset(&self) -> Option<&Asset> {
        match &self.place {
            Place::Here { asset, .. } => Some(asset.as_ref()),
            Place::Elsewhere(_) => None,
        }
    }

    fn facts(&self) -> Option<&FileFacts> {
        file_of(&self.asset()?.body).map(|(_, facts)| facts)
    }

    fn point(&self) -> media::FocalPoint {
        let point = self.asset().and_then(|asset| asset.body.focal_point);
        point.unwrap_or_default()
    }

    /// The address of a variant, or of the picture itself.
    fn address(&self, ctx: &Context<'_>, variant: Option<&Variant>) -> Result<Option<String>> {
        let Place::Here { asset, reach } = &self.place else {
            return Ok(None);
        };
        let data = data(ctx)?;
        let found = file_of(&asset.body);
        Ok(found.and_then(|(file, facts)| {
            data.files
                .immutable(data.tenant.id, facts, variant, file.name(), *reach)
        }))
    }

    fn made(&self, ctx: &Context<'_>, variant: &Variant) -> Result<Option<ImageVariant>> {
        let Some((width, height)) = self.facts().and_then(FileFacts::dimensions) else {
            return Ok(None);
        };
        let layout = variant.layout(width, height);
        let url = self.address(ctx, Some(variant))?;
        Ok(url.map(|url| ImageVariant {
            url,
            width: layout.width,
            height: layout.height,
        }))
    }
}

impl Place {
    fn here(ctx: &Context<'_>, asset: Asset) -> Result<Option<Self>> {
        let is_image = file_of(&asset.body).is_some_and(|(_, facts)| facts.is_image());
        let reach = data(ctx)?.reach(&asset.body).filter(|_| is_image);
        Ok(reach.map(|reach| Self::Here {
            asset: Box::new(asset),
            reach,
        }))
    }
}

/// A picture (immagine). Of assets there are variants; of pictures elsewhere there is the address alone.
#[Object]
impl Image {
    /// Where it is, as it was uploaded.
    async fn url(&self, ctx: &Context<'_>) -> Result<String> {
        match &self.place {
            Place::Elsewhere(url) => Ok(url.clone()),
            Place::Here { .. } => self.address(ctx, None)?.ok_or_else(|| {
                ErrorCode::Internal
                    .error("there is no MUNICIPIO_SECRET with which its address could be signed")
            }),
        }
    }

    /// Alternative text (testo alternativo); empty when decorative.
    async fn alt(&self) -> Option<String> {
        let own = self.view.text(&self.reference.alt);
        own.or_else(|| self.view.text(&self.asset()?.body.alt))
    }

    /// It adds nothing to the text and is skipped by screen readers (decorativa).
    async fn decorative(&self) -> bool {
        let of_asset = self.asset().is_some_and(|asset| asset.body.decorative);
        self.reference.decorative || (of_asset && self.reference.alt.is_empty())
    }

    /// Caption (didascalia).
    async fn caption(&self) -> Option<String> {
        let own = self.view.text(&self.reference.caption);
        own.or_else(|| self.view.text(&self.asset()?.body.caption))
    }

    /// Who made it (crediti).
    async fn credit(&self) -> Option<&str> {
        let own = self.reference.credit.as_deref();
        own.or_else(|| self.asset()?.body.credit.as_deref())
    }

    /// Licence (licenza).
    async fn licence(&self) -> Option<VocabularyTerm> {
        let reader = &self.view.reader;
        let own = VocabularyTerm::of(&self.reference.licence, reader);
        own.or_else(|| VocabularyTerm::of(&self.asset()?.body.licence, reader))
    }

    /// The asset (allegato).
    #[graphql(name = "asset")]
    async fn own_asset(&self) -> Option<&Asset> {
        self.asset()
    }

    /// Media type of the picture as it was uploaded (formato).
    async fn media_type(&self) -> Option<&str> {
        self.facts().map(|facts| facts.media_type.as_str())
    }

    /// Width in pixels (larghezza).
    async fn width(&self) -> Option<u32> {
        self.facts()?.width
    }

    /// Height in pixels (altezza).
    async fn height(&self) -> Option<u32> {
        self.facts()?.height
    }

    /// How many frames an animation has; its variants show the first (fotogrammi).
    async fn frames(&self) -> Option<u32> {
        self.facts()?.frames
    }

    /// What to show while it loads: a ThumbHash in base64 (segnaposto).
    async fn placeholder(&self) -> Option<&str> {
        self.facts()?.placeholder.as_deref()
    }

    /// What stays in the picture when some of it is cut off (punto focale).
    async fn focal_point(&self) -> Option<FocalPoint> {
        self.asset().map(|_| self.point().into())
    }

    /// A variant of the list; of an animation its first frame (variante).
    async fn variant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] preset: ImagePreset,
    ) -> Option<Result<ImageVariant>> {
        let variant = Variant::preset(preset.into(), self.point());
        self.made(ctx, &variant).transpose()
    }

    /// The variants that show all of the picture, for the attribute `srcset` of an `img` in HTML (insieme di
    /// varianti).
    async fn srcset(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let whole = [Preset::Small, Preset::Medium, Preset::Large, Preset::Full];
        let variants = whole.map(|preset| self.made(ctx, &Variant::preset(preset, self.point())));
        let variants: Result<Vec<_>> = variants.into_iter().filter_map(Result::transpose).collect();
        let variants = match variants {
            Ok(variants) => variants,
            Err(error) => return Some(Err(error)),
        };
        let mut widths = std::collections::BTreeSet::new();
        let variants = variants
            .into_iter()
            .filter(|variant| widths.insert(variant.width));
        let written: Vec<_> = variants
            .map(|variant| format!("{} {}w", variant.url, variant.width))
            .collect();
        (!written.is_empty()).then(|| Ok(written.join(", ")))
    }

    /// A variant in a size of one's own, by a signed address; for callers who may read drafts, such as the API key
    /// of a portal (variante su misura).
    async fn resized(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Width in pixels, 1 to 4,096; as it follows from the height when left out."
        )]
        width: Option<u32>,
        #[graphql(
            desc = "Height in pixels, 1 to 4,096; as it follows from the width when left out."
        )]
        height: Option<u32>,
        #[graphql(
            desc = "How the picture fills the size.",
            default_with = "ImageFit::Cover"
        )]
        fit: ImageFit,
        #[graphql(desc = "How well it is kept, 1 to 100; 80 when left out.")] quality: Option<u8>,
    ) -> Option<Result<ImageVariant>> {
        let resize = || {
            let data = data(ctx)?;
            data.authorise(
                Action::ReadDrafts,
                &Subject::of_type(municipio_domain::content::ContentType::Asset),
            )?;
            let size = Size::new(width, height, fit.into(), quality);
            let size =
                size.map_err(|error| ErrorCode::InvalidArgument.about("width", error.to_string()))?;
            self.made(ctx, &Variant::size(size, self.point()))
        };
        resize().transpose()
    }
}
