//! The inputs of content. They are made of what the domain says content is made of, when the schema
//! is built: a field that a body gets is a field of its input. See `docs/decisions/0011`.

mod given;
mod place;
mod read;
mod types;

use std::borrow::Cow;

use async_graphql::{
    InputType, InputValueError, InputValueResult, Value,
    registry::{MetaTypeId, Registry},
};
use municipio_domain::content::ContentType;

pub(crate) use given::{Given, SlugInput};
pub(crate) use place::Places;
pub(crate) use read::{Reading, rich_text};

use crate::filters::camel;

/// The body of content of one type, as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct ContentInput {
    pub(crate) content_type: ContentType,
    fields: Value,
}

/// The name of a content type as a field: `newsItem`.
pub(crate) fn field_name(content_type: ContentType) -> String {
    camel(content_type.as_str())
}

impl InputType for ContentInput {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        "ContentInput".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_input_type::<Self, _>(MetaTypeId::InputObject, types::content)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let wrong = || InputValueError::custom("give the fields of content of exactly one type");
        let Some(Value::Object(given)) = value else {
            return Err(wrong());
        };
        let mut given = given.into_iter();
        let (Some((name, fields)), None) = (given.next(), given.next()) else {
            return Err(wrong());
        };
        let named = |content_type: &&ContentType| field_name(**content_type) == name.as_str();
        let content_type = ContentType::ALL.iter().find(named).ok_or_else(wrong)?;
        match fields {
            Value::Object(_) => Ok(Self {
                content_type: *content_type,
                fields,
            }),
            _ => Err(wrong()),
        }
    }

    fn to_value(&self) -> Value {
        let name = async_graphql::Name::new(field_name(self.content_type));
        Value::Object([(name, self.fields.clone())].into_iter().collect())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}
