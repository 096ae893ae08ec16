//! What content is made of: the fields of each type, what they hold and what they mean. It is read
//! from the structs of the bodies themselves (their JSON schemas, derived), so that nothing that
//! follows the fields of content, such as the inputs of mutations, has to list them again.

mod leaves;
mod read;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::LazyLock};

use super::ContentType;
pub(super) use read::include;

/// Keys of the schemas of single values: the kind of value, the type that a link leads to, the
/// vocabulary of a code.
const VALUE: &str = "x-value";
const TARGET: &str = "x-target";
const VOCABULARY: &str = "x-vocabulary";

/// The structure whose values are the blocks of rich text.
pub const BLOCK: &str = "RichTextBlock";

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text, of a form that its field says.
    Text,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A day.
    Date,
    /// An amount of money.
    Amount,
    /// A file that was uploaded.
    Upload,
    /// A code of the vocabulary with this id.
    Code(String),
    /// A link to an item, of this type when it is named.
    Link(Option<ContentType>),
    /// Plain text by locale.
    LocalizedText,
    /// Words by locale.
    LocalizedWords,
    /// Rich text by locale.
    LocalizedRichText,
    /// Several of these.
    List(Box<Shape>),
    /// What is defined under this name.
    Named(String),
}

impl Shape {
    /// The body of a content type.
    pub fn of(content_type: ContentType) -> Self {
        Self::Named(content_type.type_name().to_owned())
    }

    /// A map by locale.
    pub fn is_localized(&self) -> bool {
        matches!(
            self,
            Self::LocalizedText | Self::LocalizedWords | Self::LocalizedRichText
        )
    }

    /// What stands under a name in a value of this shape.
    pub fn under(&self, name: &str) -> Option<&'static Self> {
        let Self::Named(structure) = self else {
            return None;
        };
        let of_field = |fields: &'static [Field]| {
            let field = fields.iter().find(|field| field.name == name);
            field.map(|field| &field.shape)
        };
        match &Shapes::get().named(structure)?.kind {
            Kind::Structure(fields) => of_field(fields),
            Kind::Choice(alternatives) => {
                let mut found = alternatives
                    .iter()
                    .map(|alternative| match &alternative.content {
                        AlternativeContent::Tagged(fields) => of_field(fields),
                        AlternativeContent::Value(shape) => {
                            (alternative.name == name).then_some(shape)
                        }
                    });
                found.find_map(|shape| shape)
            }
            Kind::Enumeration(_) => None,
        }
    }

    /// What a list of this shape has entries of.
    pub fn each(&self) -> Option<&Self> {
        match self {
            Self::List(inner) => Some(inner),
            _ => None,
        }
    }
}

/// A field of a structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name as it is stored, such as `short_description`.
    pub name: String,
    /// What it means.
    pub description: String,
    /// It must be there whenever the structure is.
    pub is_required: bool,
    /// What it holds.
    pub shape: Shape,
}

/// Something that has a name of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// What it means.
    pub description: String,
    /// What it is made of.
    pub kind: Kind,
}

/// What something with a name is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Fields.
    Structure(Vec<Field>),
    /// One of these names, each with what it means.
    Enumeration(Vec<(String, String)>),
    /// One of these alternatives.
    Choice(Vec<Alternative>),
}

/// One of several things that a value may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// Its name, such as `heading`.
    pub name: String,
    /// What it means.
    pub description: String,
    /// What stands under it.
    pub content: AlternativeContent,
}

/// How an alternative is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlternativeContent {
    /// Fields beside `type`, which holds the name of the alternative.
    Tagged(Vec<Field>),
    /// A value under the name of the alternative.
    Value(Shape),
}

/// What all content is made of.
#[derive(Debug, Default)]
pub struct Shapes(BTreeMap<String, Definition>);

static SHAPES: LazyLock<Shapes> = LazyLock::new(read::all);

impl Shapes {
    /// What all content is made of. The body of a content type has the name of the type: `NewsItem`.
    pub fn get() -> &'static Self {
        &SHAPES
    }

    /// What has this name.
    pub fn named(&self, name: &str) -> Option<&Definition> {
        self.0.get(name)
    }

    /// Everything that has a name, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Definition)> {
        self.0
            .iter()
            .map(|(name, definition)| (name.as_str(), definition))
    }

    /// The fields of the body of a content type.
    pub fn body(&self, content_type: ContentType) -> &[Field] {
        self.fields(content_type.type_name())
    }

    /// The fields of the structure of this name; none when it is no structure.
    pub fn fields(&self, name: &str) -> &[Field] {
        match self.named(name).map(|definition| &definition.kind) {
            Some(Kind::Structure(fields)) => fields,
            _ => &[],
        }
    }
}
