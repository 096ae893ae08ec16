//! The texts of a stored body, each with the field in which it stands.

use serde_json::Value;

use crate::content::{ContentType, shape::Shape};

/// Kinds of blocks of rich text, as they are stored.
const BLOCKS: [&str; 8] = [
    "heading",
    "paragraph",
    "list",
    "table",
    "quote",
    "image",
    "embed",
    "callout",
];
/// Kinds of inlines; what follows one of them stands on the same line.
const INLINES: [&str; 2] = ["text", "link"];

/// A text in one locale.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text {
    /// The field, such as `costs[1].description`.
    pub(super) path: String,
    /// The locale of a localised text.
    pub(super) locale: Option<String>,
    /// Rich text without markup, one line for each paragraph, list item and cell.
    pub(super) text: String,
}

impl Text {
    /// It is the Italian one of a localised text.
    pub(super) fn is_italian(&self) -> bool {
        self.locale.as_deref() == Some("it")
    }
}

/// What is written in a body.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// The texts, in the order of the fields.
    pub(super) texts: Vec<Text>,
    /// The addresses of links, each with the field in which it stands.
    pub(super) addresses: Vec<(String, String)>,
}

impl Texts {
    pub(super) fn of(content_type: ContentType, body: &Value) -> Self {
        let mut found = Self::default();
        found.walk(Some(&Shape::of(content_type)), body, "", None);
        found
    }

    fn walk(&mut self, shape: Option<&Shape>, value: &Value, path: &str, locale: Option<&str>) {
        match value {
            Value::String(text) => self.texts.push(Text {
                path: path.to_owned(),
                locale: locale.map(str::to_owned),
                text: text.clone(),
            }),
            Value::Array(blocks) if blocks.first().is_some_and(is_block) => {
                let mut text = String::new();
                self.rich(value, path, &mut text);
                self.texts.push(Text {
                    path: path.to_owned(),
                    locale: locale.map(str::to_owned),
                    text,
                });
            }
            Value::Array(items) => {
                let shape = shape.and_then(Shape::each);
                for (index, item) in items.iter().enumerate() {
                    self.walk(shape, item, &format!("{path}[{index}]"), locale);
                }
            }
            Value::Object(fields) if shape.is_some_and(Shape::is_localized) => {
                for (locale, text) in fields {
                    self.walk(None, text, path, Some(locale));
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    let path = match path {
                        "" => name.clone(),
                        path => format!("{path}.{name}"),
                    };
                    match (name.as_str(), value) {
                        ("url", Value::String(url)) => self.addresses.push((path, url.clone())),
                        _ => {
                            let shape = shape.and_then(|shape| shape.under(name));
                            self.walk(shape, value, &path, None);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Adds rich text to a line, and the links in it.
    fn rich(&mut self, value: &Value, path: &str, text: &mut String) {
        match value {
            Value::Array(parts) => parts.iter().for_each(|part| self.rich(part, path, text)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match (name.as_str(), value) {
                        ("type", _) => {}
                        ("url", Value::String(url)) => {
                            self.addresses.push((path.to_owned(), url.clone()));
                        }
                        ("text", Value::String(part)) => text.push_str(part),
                        ("alt" | "caption" | "title", Value::String(part)) => {
                            text.push_str(part);
                            end_line(text);
                        }
                        ("header" | "rows" | "items", Value::Array(cells)) => {
                            self.cells(cells, path, text);
                        }
                        _ => self.rich(value, path, text),
                    }
                }
                let kind = fields.get("type").and_then(Value::as_str);
                if kind.is_some_and(|kind| !INLINES.contains(&kind)) {
                    end_line(text);
                }
            }
            _ => {}
        }
    }

    /// The cells of a table, row by row, or the items of a list.
    fn cells(&mut self, cells: &[Value], path: &str, text: &mut String) {
        for cell in cells {
            match cell {
                Value::Array(inner) if inner.iter().any(Value::is_array) => {
                    self.cells(inner, path, text);
                }
                cell => self.rich(cell, path, text),
            }
            end_line(text);
        }
    }
}

fn end_line(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

fn is_block(value: &Value) -> bool {
    let kind = value.get("type").and_then(Value::as_str);
    kind.is_some_and(|kind| BLOCKS.contains(&kind))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::content::Body;

    #[test]
    fn texts_are_found_with_their_fields() {
        let body = json!({
            "title": { "it": "Titolo", "fur": "Titul" },
            "how_to": "## Prima\n\nUna **riga** [lunga](https://www.comune.example/servizi/a/b).\n\n\
                - uno\n- due\n\n| a | b |\n|---|---|\n| c | d |",
            "needs": [{ "description": { "fur": "Carte" } }],
            "booking": { "url": "https://www.comune.example/prenota", "label": "Prenota" },
        });
        let body = Body::parse(ContentType::Service, body).unwrap();
        let found = Texts::of(ContentType::Service, &body.to_json().unwrap());
        let text = |path: &str| {
            let texts = found.texts.iter().filter(|text| text.path == path);
            texts
                .map(|text| (text.is_italian(), text.text.as_str()))
                .collect::<Vec<_>>()
        };
        assert_eq!(text("title"), [(false, "Titul"), (true, "Titolo")]);
        assert_eq!(text("needs[0].description"), [(false, "Carte")]);
        let lines = "Prima\nUna riga lunga.\nuno\ndue\na\nb\nc\nd\n";
        assert_eq!(text("how_to"), [(true, lines)]);
        assert_eq!(text("booking.label"), [(true, "Prenota")]);
        let addresses = [
            ("how_to", "https://www.comune.example/servizi/a/b"),
            ("booking.url", "https://www.comune.example/prenota"),
        ];
        assert_eq!(found.addresses.len(), addresses.len());
        for (path, url) in addresses {
            assert!(found.addresses.contains(&(path.to_owned(), url.to_owned())));
        }
    }
}
