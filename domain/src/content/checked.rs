//! Checks a body that somebody writes, and tells everything that is wrong with it at once.

use serde_json::{Map, Value, json};

use super::{Body, ContentType, FieldError, shape::Shapes};

impl Body {
    /// Reads and checks a body like [`Body::parse`], but goes on after the first field that cannot be
    /// read: each field, each entry of its list and each of its translations is read by itself.
    ///
    /// # Errors
    /// All wrong fields; of one entry or translation the first thing that is wrong with it.
    pub fn check(content_type: ContentType, body: Value) -> Result<Self, Vec<FieldError>> {
        let Value::Object(mut fields) = body else {
            return Self::parse(content_type, body);
        };
        match Self::read(content_type, Value::Object(fields.clone())) {
            Ok(_) => Self::parse(content_type, Value::Object(fields)),
            Err(first) => {
                let mut errors = unreadable(content_type, &mut fields);
                if let Err(others) = Self::parse(content_type, Value::Object(fields)) {
                    errors.extend(others);
                }
                Err(if errors.is_empty() {
                    vec![first]
                } else {
                    errors
                })
            }
        }
    }
}

/// What is wrong with fields that cannot be read; they are taken out.
fn unreadable(content_type: ContentType, fields: &mut Map<String, Value>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    fields.retain(|name, value| {
        let before = errors.len();
        for part in parts(content_type, name, value) {
            if let Err(error) = Body::read(content_type, json!({ name.as_str(): part.value })) {
                errors.push(part.located(error));
            }
        }
        errors.len() == before
    });
    errors
}

/// A part of a field that is read by itself.
struct Part {
    value: Value,
    /// Where it seems to stand when it is alone, and where it does.
    places: Option<(String, String)>,
}

impl Part {
    fn located(self, mut error: FieldError) -> FieldError {
        if let Some((seeming, real)) = self.places
            && let Some(rest) = error.path.strip_prefix(&seeming)
        {
            error.path = format!("{real}{rest}");
        }
        error
    }
}

fn parts(content_type: ContentType, name: &str, value: &Value) -> Vec<Part> {
    match value {
        Value::Array(entries) if !entries.is_empty() => {
            let entries = entries.iter().enumerate();
            let part = |(index, entry): (usize, &Value)| Part {
                value: json!([entry]),
                places: Some((format!("{name}[0]"), format!("{name}[{index}]"))),
            };
            entries.map(part).collect()
        }
        Value::Object(texts) if !texts.is_empty() && is_localized(content_type, name) => {
            let part = |(locale, text): (&String, &Value)| Part {
                value: json!({ locale.as_str(): text }),
                places: None,
            };
            texts.iter().map(part).collect()
        }
        value => vec![Part {
            value: value.clone(),
            places: None,
        }],
    }
}

fn is_localized(content_type: ContentType, name: &str) -> bool {
    let fields = Shapes::get().body(content_type);
    let field = fields.iter().find(|field| field.name == name);
    field.is_some_and(|field| field.shape.is_localized())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(content_type: ContentType, body: Value) -> Vec<(String, String)> {
        let errors = Body::check(content_type, body).unwrap_err();
        let errors = errors.into_iter();
        errors.map(|error| (error.code, error.path)).collect()
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let found = wrong(
            ContentType::Service,
            json!({
                "title": { "it": "x".repeat(256) },
                "category": ["anagrafe-e-stato-civile", "astronomia"],
                "costs": [{ "value": "1,50" }, { "value": 16 }, { "valeu": 3 }],
                "how_to": {
                    "it": { "html": "<a href=\"javascript:alert(1)\">qui</a>" },
                    "de": { "markdown": "[hier](data:text/html,x)" },
                    "en": { "markdown": "Fine." }
                },
                "image": { "url": "ftp://a" },
                "max_response_days": -1,
            }),
        );
        let expected = [
            ("UNKNOWN_CODE", "category[1]"),
            ("INVALID_VALUE", "costs[0].value"),
            ("UNKNOWN_FIELD", "costs[2].valeu"),
            ("UNSAFE_LINK", "how_to.it"),
            ("UNSAFE_LINK", "how_to.de"),
            ("INVALID_VALUE", "image.url"),
            ("INVALID_VALUE", "max_response_days"),
            ("TOO_LONG", "title"),
        ];
        let expected = expected.map(|(code, path)| (code.to_owned(), path.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_text_that_is_too_long_is_told_by_its_code() {
        let body = json!({ "body": { "it": { "markdown": "x".repeat(1 << 21) } } });
        let found = wrong(ContentType::Page, body);
        assert_eq!(found, [("TOO_LONG".to_owned(), "body.it".to_owned())]);
    }

    #[test]
    fn what_is_right_is_read() {
        let body = json!({ "question": { "it": "Dove?" }, "topics": [] });
        let read = Body::check(ContentType::Faq, body.clone()).unwrap();
        assert_eq!(read, Body::parse(ContentType::Faq, body).unwrap());
    }
}
