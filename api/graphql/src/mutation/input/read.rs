//! Turns what was sent into the JSON that the domain reads: names in snake case, texts by locale, links
//! as ids of items. What is wrong with values is for the domain to say; what only GraphQL has (global
//! ids, texts in lists) is checked here.

use async_graphql::{ID, Value};
use municipio_domain::{
    content::{
        ContentType, FieldError,
        shape::{AlternativeContent, BLOCK, Field, Kind, Shape, Shapes},
    },
    ids::ItemId,
    locale::Locale,
    tenants::Tenant,
};
use serde_json::{Map, Value as Json, json};

use super::Places;
use crate::{error::code_of, filters::camel, global_id};

/// Reads inputs for a municipality.
pub(crate) struct Reading<'a> {
    tenant: &'a Tenant,
    /// Where things stand in the input.
    pub(crate) places: Places,
    /// What is wrong, with stored paths.
    pub(crate) errors: Vec<FieldError>,
}

type Object = async_graphql::indexmap::IndexMap<async_graphql::Name, Value>;

impl<'a> Reading<'a> {
    pub(crate) fn new(tenant: &'a Tenant, places: Places) -> Self {
        Self {
            tenant,
            places,
            errors: Vec::new(),
        }
    }

    /// The fields of a body that are given; null for those that are null.
    pub(crate) fn body(&mut self, content_type: ContentType, fields: &Value) -> Map<String, Json> {
        let mut body = Map::new();
        let known = Shapes::get().body(content_type);
        for (name, value) in object(fields) {
            if let Some(field) = field(known, name) {
                body.insert(
                    field.name.clone(),
                    self.value(&field.shape, value, &field.name),
                );
            }
        }
        body
    }

    fn wrong(&mut self, code: &str, path: &str, message: impl Into<String>) -> Json {
        self.errors.push(FieldError::new(code, path, message));
        Json::Null
    }

    fn value(&mut self, shape: &Shape, value: &Value, path: &str) -> Json {
        match (shape, value) {
            (_, Value::Null) => Json::Null,
            (Shape::LocalizedText | Shape::LocalizedWords | Shape::LocalizedRichText, value) => {
                self.texts(shape, value, path)
            }
            (Shape::List(inner), Value::List(entries)) => {
                let entries = entries.iter().enumerate();
                let entries = entries
                    .map(|(index, entry)| self.value(inner, entry, &format!("{path}[{index}]")));
                Json::Array(entries.collect())
            }
            // One value stands for a list of one.
            (Shape::List(inner), value) => {
                json!([self.value(inner, value, &format!("{path}[0]"))])
            }
            (Shape::Link(target), Value::String(id)) => self.link(id, *target, path),
            (Shape::Named(name), value) => self.named(name, value, path),
            (_, Value::String(text)) => self.text(text, path),
            (_, Value::Enum(name)) => json!(name.as_str()),
            (_, Value::Boolean(value)) => json!(value),
            (_, Value::Number(number)) => Json::Number(number.clone()),
            _ => self.wrong("INVALID_VALUE", path, "it is a single value"),
        }
    }

    /// PostgreSQL keeps no such character, and nobody sees it.
    pub(in crate::mutation) fn text(&mut self, text: &str, path: &str) -> Json {
        match text.contains('\0') {
            true => self.wrong("INVALID_VALUE", path, "a text has no character U+0000"),
            false => json!(text),
        }
    }

    fn link(&mut self, id: &str, target: Option<ContentType>, path: &str) -> Json {
        let id = ID::from(id);
        let owner = &self.tenant.ipa_code;
        let read = match target {
            Some(target) => {
                global_id::decode_as(&id, global_id::Kind::Content(target), owner, path).map(ItemId)
            }
            None => global_id::decode(&id, owner, path).map(|(_, id)| id),
        };
        match read {
            Ok(id) => json!(id),
            Err(error) => self.wrong(&code_of(&error), path, error.message),
        }
    }

    fn named(&mut self, name: &str, value: &Value, path: &str) -> Json {
        let Some(definition) = Shapes::get().named(name) else {
            return Json::Null;
        };
        match (&definition.kind, value) {
            (Kind::Structure(fields), value) => Json::Object(self.structure(fields, value, path)),
            (Kind::Enumeration(_), Value::Enum(name)) => json!(name.as_str().to_lowercase()),
            (Kind::Enumeration(_), Value::String(name)) => json!(name.to_lowercase()),
            (Kind::Choice(alternatives), value) => {
                let mut given = object(value).filter(|(_, value)| **value != Value::Null);
                let (Some((name, value)), None) = (given.next(), given.next()) else {
                    return self.wrong(
                        "INVALID_VALUE",
                        path,
                        "give exactly one of the alternatives",
                    );
                };
                let known = alternatives
                    .iter()
                    .find(|known| camel(&known.name) == *name);
                match known.map(|known| (&known.name, &known.content)) {
                    Some((name, AlternativeContent::Tagged(fields))) => {
                        let place = self.places.of(path);
                        self.places
                            .note(format!("{path}.{name}"), format!("{place}.{}", camel(name)));
                        let mut tagged = self.structure(fields, value, &format!("{path}.{name}"));
                        tagged.insert("type".to_owned(), json!(name));
                        Json::Object(tagged)
                    }
                    Some((name, AlternativeContent::Value(shape))) => {
                        json!({ name.as_str(): self.value(shape, value, &format!("{path}.{name}")) })
                    }
                    None => self.wrong("UNKNOWN_FIELD", path, format!("«{name}» is not known")),
                }
            }
            _ => self.wrong("INVALID_VALUE", path, "it is one of the names of its type"),
        }
    }

    /// The fields of a structure; what is null in it is not there.
    fn structure(&mut self, known: &[Field], value: &Value, path: &str) -> Map<String, Json> {
        let mut structure = Map::new();
        for (name, value) in object(value).filter(|(_, value)| **value != Value::Null) {
            if let Some(field) = field(known, name) {
                let mut value = self.value(&field.shape, value, &format!("{path}.{}", field.name));
                if let (true, Json::Object(texts)) = (field.shape.is_localized(), &mut value) {
                    texts.retain(|_, text| !text.is_null());
                }
                structure.insert(field.name.clone(), value);
            }
        }
        structure
    }

    /// Texts by locale, which come in a list.
    fn texts(&mut self, shape: &Shape, value: &Value, path: &str) -> Json {
        let single = std::slice::from_ref(value);
        let entries = match value {
            Value::List(entries) => entries.as_slice(),
            _ => single,
        };
        let place = self.places.of(path);
        let mut texts = Map::new();
        for (index, entry) in entries.iter().enumerate() {
            let place = format!("{place}[{index}]");
            // Until the locale is known, the place stands for itself.
            let unread = format!("{path}#{index}");
            self.places.note(&unread, &place);
            let Some(locale) = self.locale(entry, &format!("{unread}.locale")) else {
                continue;
            };
            let stored = format!("{path}.{locale}");
            let inner = match shape {
                Shape::LocalizedText => ".value",
                Shape::LocalizedWords => ".words",
                _ => "",
            };
            self.places.note(&stored, format!("{place}{inner}"));
            if texts.contains_key(locale.as_str()) {
                let message = format!("there are two texts in «{locale}»");
                self.wrong("DUPLICATE_LOCALE", &format!("{unread}.locale"), message);
                continue;
            }
            let text = self.translation(shape, entry, &stored);
            texts.insert(locale.to_string(), text);
        }
        Json::Object(texts)
    }

    /// A locale that the municipality has.
    fn locale(&mut self, entry: &Value, path: &str) -> Option<Locale> {
        let tag = get(entry, "locale").and_then(text_of).unwrap_or_default();
        match tag.parse::<Locale>() {
            Ok(locale) if self.tenant.locales.contains(&locale) => Some(locale),
            Ok(locale) => {
                let known: Vec<_> = self.tenant.locales.iter().map(Locale::as_str).collect();
                let message = format!(
                    "the municipality has no content in «{locale}»; it has {}",
                    known.join(", ")
                );
                self.wrong("UNKNOWN_LOCALE", path, message);
                None
            }
            Err(error) => {
                self.wrong("UNKNOWN_LOCALE", path, error.to_string());
                None
            }
        }
    }

    fn translation(&mut self, shape: &Shape, entry: &Value, path: &str) -> Json {
        match shape {
            Shape::LocalizedText => match get(entry, "value").and_then(text_of) {
                Some(text) => self.text(text, path),
                None => Json::Null,
            },
            Shape::LocalizedWords => {
                let words = Shape::List(Box::new(Shape::Text));
                get(entry, "words").map_or(Json::Null, |value| self.value(&words, value, path))
            }
            _ => rich_text(self, entry, path),
        }
    }
}

/// Rich text in one of its forms; null without any.
pub(crate) fn rich_text(reading: &mut Reading<'_>, entry: &Value, path: &str) -> Json {
    let forms = ["markdown", "html", "blocks"].into_iter();
    let forms = forms.filter_map(|form| Some((form, get(entry, form)?)));
    let given: Vec<_> = forms.collect();
    let (form, value) = match given.as_slice() {
        [] => return Json::Null,
        [one] => *one,
        _ => {
            return reading.wrong(
                "INVALID_VALUE",
                path,
                "write formatted text in one form only",
            );
        }
    };
    // What is wrong with the text is wrong with this form of it.
    let place = format!("{}.{form}", reading.places.of(path));
    reading.places.note(path, &place);
    let path = format!("{path}.{form}");
    reading.places.note(&path, place);
    match (form, value) {
        ("blocks", value) => {
            let blocks = Shape::List(Box::new(Shape::Named(BLOCK.to_owned())));
            let mut blocks = reading.value(&blocks, value, &path);
            match with_asset_ids(&mut blocks, reading.tenant) {
                Ok(()) => json!({ "blocks": blocks }),
                Err(error) => reading.wrong(&code_of(&error), &path, error.message),
            }
        }
        (form, Value::String(text)) => match with_item_ids(text, reading.tenant) {
            Ok(text) => json!({ form: reading.text(&text, &path) }),
            Err(error) => reading.wrong(&code_of(&error), &path, error.message),
        },
        _ => reading.wrong("INVALID_VALUE", &path, "it is a text"),
    }
}

/// Does the same as [`with_item_ids`] in blocks, for pictures that are assets.
fn with_asset_ids(blocks: &mut Json, tenant: &Tenant) -> async_graphql::Result<()> {
    match blocks {
        Json::Array(blocks) => {
            let mut blocks = blocks.iter_mut();
            blocks.try_for_each(|block| with_asset_ids(block, tenant))
        }
        Json::Object(block) if block.get("type").is_some_and(|name| name == "image") => {
            if let Some(Json::String(url)) = block.get_mut("url") {
                *url = with_item_ids(url, tenant)?;
            }
            Ok(())
        }
        Json::Object(block) => {
            let mut fields = block.values_mut();
            fields.try_for_each(|field| with_asset_ids(field, tenant))
        }
        _ => Ok(()),
    }
}

/// The text with the global ids of its links to content (`item:…`) turned into ids of items.
fn with_item_ids(text: &str, tenant: &Tenant) -> async_graphql::Result<String> {
    const SCHEME: &str = "item:";
    let mut found = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(SCHEME) {
        let (before, after) = rest.split_at(at + SCHEME.len());
        found.push_str(before);
        let is_of_id = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let end = after.find(|c| !is_of_id(c)).unwrap_or(after.len());
        let (id, after) = after.split_at(end);
        match global_id::decode(&ID::from(id), &tenant.ipa_code, "item") {
            Ok((_, ItemId(id))) => found.push_str(&id.to_string()),
            Err(error) if code_of(&error) == "FOREIGN_ID" => return Err(error),
            // An id of an item as it is, or no id: for the domain to say.
            Err(_) => found.push_str(id),
        }
        rest = after;
    }
    found.push_str(rest);
    Ok(found)
}

fn object(value: &Value) -> impl Iterator<Item = (&async_graphql::Name, &Value)> {
    let fields: Option<&Object> = match value {
        Value::Object(fields) => Some(fields),
        _ => None,
    };
    fields.into_iter().flatten()
}

fn get<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let mut fields = object(value);
    let found = fields.find(|(known, _)| known.as_str() == name);
    found
        .map(|(_, value)| value)
        .filter(|value| **value != Value::Null)
}

fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Enum(name) => Some(name.as_str()),
        _ => None,
    }
}

fn field<'f>(known: &'f [Field], name: &str) -> Option<&'f Field> {
    known.iter().find(|field| camel(&field.name) == name)
}
