//! Changes to bodies as they are stored: putting new values into one, writing a single text of it,
//! and telling what two of them differ in.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    ContentType, FieldError,
    shape::{Field, Kind, Shape, Shapes},
};
use crate::locale::Locale;

/// Puts changes into a body: a field that is given replaces the one that was there, null clears it;
/// of a localised field only the locales that are given change, and null clears a locale.
pub fn merge(content_type: ContentType, body: Value, changes: Map<String, Value>) -> Value {
    let mut body = match body {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    for (name, change) in changes {
        let is_localized = field(Shapes::get().body(content_type), &name)
            .is_some_and(|field| field.shape.is_localized());
        let merged = match (body.remove(&name), change) {
            (_, Value::Null) => continue,
            (Some(Value::Object(mut texts)), Value::Object(given)) if is_localized => {
                texts.extend(given);
                Value::Object(texts)
            }
            (_, change) => change,
        };
        body.insert(name, merged);
    }
    without_nothing(content_type, body)
}

/// The body without fields and translations that are null.
pub fn without_nothing(content_type: ContentType, mut body: Map<String, Value>) -> Value {
    let fields = Shapes::get().body(content_type);
    body.retain(|name, value| {
        let is_localized = field(fields, name).is_some_and(|field| field.shape.is_localized());
        if let (true, Value::Object(texts)) = (is_localized, &mut *value) {
            texts.retain(|_, text| !text.is_null());
        }
        !value.is_null()
    });
    Value::Object(body)
}

fn field<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    fields.iter().find(|field| field.name == name)
}

/// Writes the text of one locale at a path such as `needs[0].description`; null clears it.
///
/// # Errors
/// There is no text by locale at this path, or it is text of another kind.
pub fn set_text(
    content_type: ContentType,
    body: &mut Value,
    path: &str,
    locale: &Locale,
    text: Value,
) -> Result<(), FieldError> {
    let missing = || FieldError::new("NOT_FOUND", path, "there is no such text in the content");
    let mut steps = path.split('.');
    let mut fields = Shapes::get().body(content_type);
    let mut place = body;
    loop {
        let step = steps.next().ok_or_else(missing)?;
        let (name, index) = index_of(step).ok_or_else(missing)?;
        let known = field(fields, name).ok_or_else(missing)?;
        let shape = match (&known.shape, index) {
            (Shape::List(inner), Some(_)) => inner.as_ref(),
            (shape, None) => shape,
            _ => return Err(missing()),
        };
        if shape.is_localized() {
            if steps.next().is_some() {
                return Err(missing());
            }
            fits(shape, &text).map_err(|message| FieldError::new("WRONG_TEXT", path, message))?;
            let texts = place.as_object_mut().ok_or_else(missing)?;
            return write(
                texts
                    .entry(name)
                    .or_insert_with(|| Value::Object(Map::new())),
                locale,
                text,
            )
            .ok_or_else(missing);
        }
        let Shape::Named(structure) = shape else {
            return Err(missing());
        };
        fields = Shapes::get().fields(structure);
        let value = place.get_mut(name).ok_or_else(missing)?;
        place = match index {
            Some(index) => value.get_mut(index).ok_or_else(missing)?,
            None => value,
        };
    }
}

fn write(texts: &mut Value, locale: &Locale, text: Value) -> Option<()> {
    let texts = texts.as_object_mut()?;
    match text {
        Value::Null => texts.remove(locale.as_str()),
        text => texts.insert(locale.to_string(), text),
    };
    Some(())
}

/// `needs[0]` as a name and an index.
fn index_of(step: &str) -> Option<(&str, Option<usize>)> {
    match step.split_once('[') {
        None => Some((step, None)),
        Some((name, index)) => Some((name, Some(index.strip_suffix(']')?.parse().ok()?))),
    }
}

fn fits(shape: &Shape, text: &Value) -> Result<(), &'static str> {
    match (shape, text) {
        (_, Value::Null)
        | (Shape::LocalizedText, Value::String(_))
        | (Shape::LocalizedWords, Value::Array(_))
        | (Shape::LocalizedRichText, Value::Object(_)) => Ok(()),
        (Shape::LocalizedText, _) => Err("it is plain text: write it as `value`"),
        (Shape::LocalizedWords, _) => Err("it is a list of words: write it as `words`"),
        _ => Err("it is rich text: write it as `markdown`, `html` or `blocks`"),
    }
}

/// What two bodies of a type differ in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The fields that differ, in the order of the type.
    pub fields: Vec<String>,
    /// The locales whose texts differ.
    pub locales: BTreeSet<Locale>,
    /// Something differs that all locales share.
    pub shared: bool,
}

impl Touched {
    /// What a body that was stored and another that is to be differ in.
    pub fn between(content_type: ContentType, old: &Value, new: &Value) -> Self {
        let mut touched = Self::default();
        for field in Shapes::get().body(content_type) {
            let (old, new) = (old.get(&field.name), new.get(&field.name));
            if touched.compare(&field.shape, old, new) {
                touched.fields.push(field.name.clone());
            }
        }
        touched
    }

    /// They are the same.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Notes what differs in a value; says whether anything does.
    fn compare(&mut self, shape: &Shape, old: Option<&Value>, new: Option<&Value>) -> bool {
        if old == new {
            return false;
        }
        let nothing = Value::Null;
        let (old, new) = (old.unwrap_or(&nothing), new.unwrap_or(&nothing));
        match shape {
            shape if shape.is_localized() => self.compare_texts(old, new),
            Shape::List(inner) => match (old.as_array(), new.as_array()) {
                (Some(old), Some(new)) if old.len() == new.len() => {
                    for (old, new) in old.iter().zip(new) {
                        self.compare(inner, Some(old), Some(new));
                    }
                }
                (old, new) => {
                    self.shared = true;
                    for entry in old.into_iter().chain(new).flatten() {
                        self.compare(inner, None, Some(entry));
                    }
                }
            },
            Shape::Named(name) => match Shapes::get().named(name).map(|known| &known.kind) {
                Some(Kind::Structure(fields)) => {
                    // Whether it is there at all is the same for all locales.
                    self.shared |= old.is_null() != new.is_null();
                    for field in fields {
                        let (old, new) = (old.get(&field.name), new.get(&field.name));
                        self.compare(&field.shape, old, new);
                    }
                }
                _ => self.shared = true,
            },
            _ => self.shared = true,
        }
        true
    }

    fn compare_texts(&mut self, old: &Value, new: &Value) {
        let texts = [old, new].into_iter().filter_map(Value::as_object);
        let locales: BTreeSet<&String> = texts.flat_map(Map::keys).collect();
        for locale in locales {
            if old.get(locale) != new.get(locale)
                && let Ok(locale) = locale.parse()
            {
                self.locales.insert(locale);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SERVICE: ContentType = ContentType::Service;

    fn merged(body: Value, changes: Value) -> Value {
        merge(SERVICE, body, changes.as_object().unwrap().clone())
    }

    #[test]
    fn what_is_given_replaces_and_texts_merge_by_locale() {
        let body = json!({
            "title": { "it": "Carta", "de": "Ausweis" },
            "topics": ["a", "b"],
            "image": { "url": "https://a", "alt": { "it": "Foto" } },
            "costs": [{ "value": "16.00" }],
        });
        let changes = json!({
            "title": { "en": "Card", "de": null },
            "topics": ["c"],
            "image": { "url": "https://b" },
            "costs": null,
            "how_to": { "it": "Vai", "de": null },
        });
        let expected = json!({
            "title": { "it": "Carta", "en": "Card" },
            "topics": ["c"],
            "image": { "url": "https://b" },
            "how_to": { "it": "Vai" },
        });
        assert_eq!(merged(body.clone(), changes), expected);
        assert_eq!(merged(body.clone(), json!({})), body);
    }

    #[test]
    fn a_text_is_written_where_its_path_leads() {
        let mut body = json!({ "needs": [{ "title": { "it": "Un documento" } }, {}] });
        let german: Locale = "de".parse().unwrap();
        let mut set = |path: &str, text: Value| {
            let done = set_text(SERVICE, &mut body, path, &german, text);
            done.map_err(|error| error.code)
        };
        assert_eq!(set("needs[0].title", json!("Ein Dokument")), Ok(()));
        assert_eq!(set("needs[1].title", json!("Noch eins")), Ok(()));
        assert_eq!(set("title", json!("Ausweis")), Ok(()));
        assert_eq!(set("how_to", json!({ "markdown": "Komm." })), Ok(()));
        for nowhere in [
            "needs[2].title",
            "needs.title",
            "topics",
            "title.de",
            "needs[0]",
            "",
            "status",
            "needs[x].title",
        ] {
            assert_eq!(
                set(nowhere, json!("?")),
                Err("NOT_FOUND".to_owned()),
                "{nowhere}"
            );
        }
        assert_eq!(
            set("title", json!({ "html": "x" })),
            Err("WRONG_TEXT".to_owned())
        );
        assert_eq!(set("how_to", json!("x")), Err("WRONG_TEXT".to_owned()));
        assert_eq!(set("needs[1].title", Value::Null), Ok(()));
        assert_eq!(
            body,
            json!({
                "needs": [{ "title": { "it": "Un documento", "de": "Ein Dokument" } }, { "title": {} }],
                "title": { "de": "Ausweis" },
                "how_to": { "de": { "markdown": "Komm." } },
            })
        );
    }

    #[test]
    fn what_differs_is_told_by_field_and_by_locale() {
        let touched = |old: Value, new: Value| {
            let touched = Touched::between(SERVICE, &old, &new);
            let locales: Vec<_> = touched.locales.iter().map(Locale::to_string).collect();
            (touched.fields, locales.join(" "), touched.shared)
        };
        let of = |fields: &[&str], locales: &str, shared: bool| {
            let fields = fields.iter().map(|field| (*field).to_owned()).collect();
            (fields, locales.to_owned(), shared)
        };
        let old = json!({
            "title": { "it": "Carta", "de": "Ausweis" },
            "needs": [{ "title": { "it": "Foto" } }],
            "status": "active",
        });
        let with = |field: &str, value: Value| {
            let mut new = old.clone();
            new[field] = value;
            touched(old.clone(), new)
        };
        assert_eq!(touched(old.clone(), old.clone()), of(&[], "", false));
        assert_eq!(
            with(
                "title",
                json!({ "it": "Carta", "de": "Karte", "en": "Card" })
            ),
            of(&["title"], "de en", false)
        );
        assert_eq!(
            with(
                "needs",
                json!([{ "title": { "it": "Foto", "de": "Foto" } }])
            ),
            of(&["needs"], "de", false)
        );
        assert_eq!(with("needs", json!([])), of(&["needs"], "it", true));
        assert_eq!(with("status", json!("planned")), of(&["status"], "", true));
        assert_eq!(
            with(
                "image",
                json!({ "url": "https://a", "alt": { "de": "Bild" } })
            ),
            of(&["image"], "de", true)
        );
    }
}
