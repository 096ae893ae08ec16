//! Where a value of a body stands in the input: the domain names fields as they are stored, and texts by
//! their locale; a client wrote them in camel case, and texts in lists.

use municipio_domain::content::FieldError;

use crate::{filters::camel, mutation::UserError};

/// Where the values of a body stand in the input.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// Where the body itself stands, such as `content.service`.
    base: String,
    /// Stored paths that are written in another way, with where they stand.
    known: Vec<(String, String)>,
}

impl Places {
    pub(crate) fn new(base: impl Into<String>) -> Self {
        Self {
            base: base.into(),
            known: Vec::new(),
        }
    }

    /// Notes that what is stored at a path stands elsewhere in the input, whatever was noted before.
    pub(crate) fn note(&mut self, stored: impl Into<String>, input: impl Into<String>) {
        self.known.push((stored.into(), input.into()));
    }

    /// The place in the input of what is stored at a path.
    pub(crate) fn of(&self, stored: &str) -> String {
        let mut found: Option<(&str, &str)> = None;
        for (prefix, place) in &self.known {
            let longer = found.is_none_or(|(rest, _)| prefix.len() >= stored.len() - rest.len());
            if let Some(rest) = stored.strip_prefix(prefix.as_str())
                && (rest.is_empty() || rest.starts_with(['.', '[']))
                && longer
            {
                found = Some((rest, place));
            }
        }
        match found {
            Some((rest, place)) => format!("{place}{}", camel(rest)),
            None if stored.is_empty() => self.base.clone(),
            None if self.base.is_empty() => camel(stored),
            None => format!("{}.{}", self.base, camel(stored)),
        }
    }

    /// Wrong fields as the user sees them.
    pub(crate) fn errors(&self, errors: &[FieldError]) -> Vec<UserError> {
        let errors = errors.iter();
        errors
            .map(|error| UserError::at(&error.code, &error.message, self.of(&error.path)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_paths_become_those_of_the_input() {
        let mut places = Places::new("content.service");
        places.note("title.de", "content.service.title[1]");
        places.note("how_to.it", "content.service.howTo[0]");
        places.note("slug.de", "slugs[0].slug");
        for (stored, input) in [
            ("", "content.service"),
            ("max_response_days", "content.service.maxResponseDays"),
            ("costs[1].value", "content.service.costs[1].value"),
            ("needs[0].some_thing", "content.service.needs[0].someThing"),
            ("title.de", "content.service.title[1]"),
            ("title.de-AT", "content.service.title.de-AT"),
            ("how_to.it.html", "content.service.howTo[0].html"),
            ("slug.de", "slugs[0].slug"),
        ] {
            assert_eq!(places.of(stored), input, "{stored}");
        }
    }
}
