//! What is made of pictures, and who may see which file. Variants are kept beside the files, and lately used
//! ones in memory; what many ask for at once is made once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use moka::future::Cache;
use municipio_entities::content_listing;
use sea_orm::{ColumnTrait, Condition};

use super::{
    ContentHash, FileFacts, FocalPoint, Format, Key, MediaError, TenantMedia, Variant,
    image::Rendering,
    once::Once,
    rows::{files, one_of},
};
use crate::{content::ContentType, ids::TenantId, locale::Locale, store::StoreError};

/// The memory for variants that were used lately.
const MEMORY: u64 = 16 * 1024 * 1024;
/// How many files are known by heart.
const KNOWN: u64 = 10_000;
/// How long it is taken for granted that everybody may see a file: what is taken off the site is hidden after that.
const GRANTED: Duration = Duration::from_secs(3);

type VariantId = (TenantId, ContentHash, Variant, Format);

/// What a client says it can show, beside what all can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// WebP.
    pub webp: bool,
    /// AVIF; it is delivered where the program was built with it.
    pub avif: bool,
}

/// What was asked for lately.
#[derive(Debug)]
pub(super) struct Lately {
    variants: Cache<VariantId, Bytes>,
    making: Once<VariantId, Bytes>,
    made: AtomicU64,
    facts: Cache<(TenantId, ContentHash), Arc<FileFacts>>,
    public: Cache<(TenantId, String), bool>,
}

impl Default for Lately {
    fn default() -> Self {
        let weigh = |_: &VariantId, bytes: &Bytes| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Self {
            variants: Cache::builder().max_capacity(MEMORY).weigher(weigh).build(),
            making: Once::default(),
            made: AtomicU64::default(),
            facts: Cache::new(KNOWN),
            public: Cache::builder()
                .max_capacity(KNOWN)
                .time_to_live(GRANTED)
                .build(),
        }
    }
}

impl Lately {
    /// How many variants were made.
    pub(super) fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }
}

impl TenantMedia {
    /// What is known of a file, if it is kept.
    ///
    /// # Errors
    /// The database failed.
    pub async fn facts(&self, hash: &ContentHash) -> Result<Option<Arc<FileFacts>>, StoreError> {
        let known = &self.shared().lately.facts;
        let key = (self.tenant(), hash.clone());
        if let Some(facts) = known.get(&key).await {
            return Ok(Some(facts));
        }
        let found = files(&self.store.read(), one_of([hash.to_string()])).await?;
        let Some(facts) = found.into_values().next() else {
            return Ok(None);
        };
        let facts = serde_json::from_value(facts);
        let facts: FileFacts =
            facts.map_err(|error| StoreError::corrupt("facts of a file", error))?;
        let facts = Arc::new(facts);
        known.insert(key, Arc::clone(&facts)).await;
        Ok(Some(facts))
    }

    /// Whether a published asset that everybody may see has this file; cut around this point, when one is given.
    ///
    /// # Errors
    /// The database failed.
    pub async fn is_public(
        &self,
        hash: &ContentHash,
        point: Option<FocalPoint>,
        locale: &Locale,
    ) -> Result<bool, StoreError> {
        use content_listing::{Column, Entity};
        let value = match point {
            None => hash.to_string(),
            Some(FocalPoint { x, y }) => format!("{hash}@{x},{y}"),
        };
        let public = &self.shared().lately.public;
        let key = (self.tenant(), value);
        if let Some(known) = public.get(&key).await {
            return Ok(known);
        }
        let listed = Condition::all()
            .add(Column::ContentType.eq(ContentType::Asset.as_str()))
            .add(Column::Locale.eq(locale.as_str()))
            .add(Column::Field.eq("public_file"))
            .add(Column::Value.eq(key.1.as_str()));
        let found = self.store.read().one::<Entity>(listed).await?.is_some();
        public.insert(key, found).await;
        Ok(found)
    }

    /// A variant of a picture, made when it is not there.
    ///
    /// # Errors
    /// It cannot be made, or its place does not answer.
    pub async fn variant(
        &self,
        facts: &FileFacts,
        variant: Variant,
        format: Format,
    ) -> Result<Bytes, Arc<MediaError>> {
        let id = (self.tenant(), facts.sha256.clone(), variant, format);
        let lately = &self.shared().lately;
        if let Some(made) = lately.variants.get(&id).await {
            return Ok(made);
        }
        let (media, facts, key) = (self.clone(), facts.clone(), id.clone());
        let make = async move {
            let made = media.keep_variant(&facts, variant, format).await?;
            let variants = &media.shared().lately.variants;
            variants.insert(key, made.clone()).await;
            Ok(made)
        };
        lately.making.get(id, make).await
    }

    /// Forgets a file that is gone.
    pub(super) async fn forget(&self, hash: &ContentHash) {
        let known = &self.shared().lately.facts;
        known.invalidate(&(self.tenant(), hash.clone())).await;
    }

    /// How a variant is written for who accepts this.
    pub async fn format(&self, facts: &FileFacts, variant: Variant, accepted: Accepted) -> Format {
        let has_avif = cfg!(feature = "avif") && accepted.avif;
        if has_avif && self.is_prepared(facts, variant).await {
            return Format::Avif;
        }
        match (accepted.webp, facts.transparent) {
            (true, _) => Format::Webp,
            (false, true) => Format::Png,
            (false, false) => Format::Jpeg,
        }
    }

    pub(super) async fn keep_variant(
        &self,
        facts: &FileFacts,
        variant: Variant,
        format: Format,
    ) -> Result<Bytes, MediaError> {
        let name = format!("{variant}.{}", format.extension());
        let key = Key::variant(self.tenant(), &facts.sha256, &name);
        match self.blobs().get(&key).await {
            Err(MediaError::Missing(_)) => {}
            found => return found,
        }
        let kind = facts
            .kind()
            .ok_or_else(|| MediaError::Render("it is no picture".to_owned()))?;
        let workshop = match format {
            Format::Avif => &self.shared().preparing.workshop,
            _ => &self.shared().workshop,
        };
        let place = workshop.place(self.tenant()).await?;
        let original = Key::blob(self.tenant(), &facts.sha256);
        let rendering = Rendering {
            kind,
            bytes: self.blobs().get(&original).await?,
            variant,
            format,
        };
        let made = self.render(&place, rendering).await?;
        drop(place);
        self.shared().lately.made.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = self.blobs().put(&key, made.clone()).await {
            tracing::warn!(%error, "a variant of a picture is made but cannot be kept");
        }
        Ok(made)
    }
}
