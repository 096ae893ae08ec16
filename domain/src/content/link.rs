//! Links between items. A link is stored in one direction, by item id, and says at compile time
//! which content type it leads to; inverse relations are queries.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ContentType, LocalizedRichText, WebAddress, types::Asset};
use crate::{
    ids::ItemId,
    vocabularies::{Code, VocabularyId},
};

/// Names the content type that a link leads to.
pub trait LinkTarget {
    /// The type, or nothing when items of any type may be linked.
    const TARGET: Option<ContentType>;
}

/// A link to an item of any type.
#[derive(Clone, Copy, Debug)]
pub enum AnyContent {}

impl LinkTarget for AnyContent {
    const TARGET: Option<ContentType> = None;
}

/// A link to an item of the type `T`, stored as the id of the item.
pub struct Link<T>(ItemId, PhantomData<fn() -> T>);

impl<T> Link<T> {
    /// A link to this item. Whether the item exists and is of the right type is checked on writing.
    pub fn new(id: ItemId) -> Self {
        Self(id, PhantomData)
    }

    /// The id of the linked item.
    pub fn id(&self) -> ItemId {
        self.0
    }

    /// The ids of these links.
    pub fn ids<'a>(links: impl IntoIterator<Item = &'a Self>) -> Vec<ItemId>
    where
        T: 'a,
    {
        links.into_iter().map(Self::id).collect()
    }
}

impl<T> Clone for Link<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Link<T> {}

impl<T> PartialEq for Link<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> fmt::Debug for Link<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({})", self.0)
    }
}

impl<T> Serialize for Link<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Link<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ItemId::deserialize(deserializer).map(Self::new)
    }
}

/// Something that is at an address or is an asset.
pub trait Placed {
    /// The asset, when it is one.
    fn asset(&self) -> Option<&Link<Asset>>;

    /// Where it is, when it is elsewhere.
    fn url(&self) -> Option<&WebAddress>;
}

/// A link as a revision makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkUse {
    /// The field that holds the link.
    pub field: &'static str,
    /// Where the link stands: `topics[1]`, `needs[2].document`, `how_to`.
    pub path: String,
    /// Its place among the links of that field.
    pub position: usize,
    /// The linked item.
    pub target: ItemId,
    /// The type that the linked item must have.
    pub target_type: Option<ContentType>,
}

/// A value by which lists are filtered: a vocabulary code, or the id of a linked item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Facet {
    /// The field that holds the value.
    pub field: &'static str,
    /// The code or the item id.
    pub value: String,
}

/// Collects what a body links to and the values by which lists find it. Each content type names its
/// fields once, in [`super::Content::relations`].
#[derive(Debug, Default)]
pub struct Relations {
    /// Every link, in the order of the fields.
    pub links: Vec<LinkUse>,
    /// Every value that lists filter by; broader terms of a hierarchical vocabulary included.
    pub facets: Vec<Facet>,
}

impl Relations {
    /// The link of a field; inverse relations find the item through it.
    pub fn one<T: LinkTarget>(&mut self, field: &'static str, link: &Option<Link<T>>) {
        self.nested(field, link.iter().map(|link| (field.to_owned(), link)));
    }

    /// The links of a field; inverse relations find the item through each of them.
    pub fn links<T: LinkTarget>(&mut self, field: &'static str, links: &[Link<T>]) {
        let links = links.iter().enumerate();
        self.nested(
            field,
            links.map(|(index, link)| (format!("{field}[{index}]"), link)),
        );
    }

    /// Links inside the structures of a field, each with its path.
    pub fn nested<'a, T: LinkTarget + 'a>(
        &mut self,
        field: &'static str,
        links: impl IntoIterator<Item = (String, &'a Link<T>)>,
    ) {
        for (path, link) in links {
            self.link(field, path, link.id(), T::TARGET);
            self.facet(field, link.id().to_string());
        }
    }

    /// Links of several fields under one name, for an inverse relation that spans them.
    pub fn together<'a, T: 'a>(
        &mut self,
        name: &'static str,
        links: impl IntoIterator<Item = &'a Link<T>>,
    ) {
        for link in links {
            self.facet(name, link.id().to_string());
        }
    }

    /// The asset that a picture or a file of a field is; an asset finds by `assets` what uses it anywhere.
    pub fn asset<T: Placed>(&mut self, field: &'static str, placed: &Option<T>) {
        let asset = placed.as_ref().and_then(Placed::asset);
        self.use_of(field, asset.map(|asset| (format!("{field}.asset"), asset)));
    }

    /// The assets that the pictures or files of a field are.
    pub fn assets<T: Placed>(&mut self, field: &'static str, placed: &[T]) {
        let assets = placed.iter().enumerate().filter_map(|(index, placed)| {
            let asset = placed.asset()?;
            Some((format!("{field}[{index}].asset"), asset))
        });
        self.use_of(field, assets);
    }

    fn use_of<'a>(
        &mut self,
        field: &'static str,
        assets: impl IntoIterator<Item = (String, &'a Link<Asset>)>,
    ) {
        for (path, asset) in assets {
            self.link(field, path, asset.id(), Asset::TARGET);
            self.facet("assets", asset.id().to_string());
        }
    }

    /// Vocabulary codes of a field.
    pub fn codes<'a, V: VocabularyId + 'a>(
        &mut self,
        field: &'static str,
        codes: impl IntoIterator<Item = &'a Code<V>>,
    ) {
        for code in codes {
            if let Some(vocabulary) = Code::<V>::vocabulary() {
                for term in vocabulary.with_ancestors(code.as_str()) {
                    self.facet(field, term.code.clone());
                }
            }
        }
    }

    /// A value of a closed enumeration.
    pub fn value(&mut self, field: &'static str, value: &str) {
        self.facet(field, value.to_owned());
    }

    /// Links inside rich text, and pictures in it that are assets.
    pub fn rich_text(&mut self, field: &'static str, text: &LocalizedRichText) {
        for (_, text) in text.iter() {
            for asset in text.pictures() {
                self.once(field, asset, Asset::TARGET);
                self.facet("assets", asset.to_string());
            }
            for target in text.item_links() {
                self.once(field, target, None);
            }
        }
    }

    fn once(&mut self, field: &'static str, target: ItemId, target_type: Option<ContentType>) {
        let known = |link: &LinkUse| link.field == field && link.target == target;
        if !self.links.iter().any(known) {
            self.link(field, field.to_owned(), target, target_type);
        }
    }

    fn link(
        &mut self,
        field: &'static str,
        path: String,
        target: ItemId,
        target_type: Option<ContentType>,
    ) {
        let position = self.links.iter().filter(|link| link.field == field).count();
        self.links.push(LinkUse {
            field,
            path,
            position,
            target,
            target_type,
        });
    }

    fn facet(&mut self, field: &'static str, value: String) {
        let facet = Facet { field, value };
        if !self.facets.contains(&facet) {
            self.facets.push(facet);
        }
    }
}
