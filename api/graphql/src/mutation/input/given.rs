//! The content of a mutation, read.

use municipio_domain::{
    content::{Body, ContentType, FieldError, Slugs, Touched, merge, without_nothing},
    tenants::Tenant,
};
use serde_json::{Map, Value as Json};

use super::{ContentInput, Places, Reading, field_name};
use crate::{mutation::UserError, scalars};

/// The slug of content in one locale.
#[derive(async_graphql::InputObject)]
pub(crate) struct SlugInput {
    /// The locale (lingua).
    locale: scalars::Locale,
    /// The last part of the path (parte finale dell'indirizzo).
    slug: scalars::Slug,
}

/// What somebody wrote: the fields of a body and slugs.
pub(crate) struct Given {
    pub(crate) content_type: ContentType,
    fields: Map<String, Json>,
    pub(crate) slugs: Slugs,
    pub(crate) places: Places,
    errors: Vec<FieldError>,
}

impl Given {
    /// Reads what is given of content of this type.
    pub(crate) fn read(
        tenant: &Tenant,
        content: Option<&ContentInput>,
        slugs: Option<Vec<SlugInput>>,
        content_type: ContentType,
    ) -> Self {
        let places = Places::new(format!("content.{}", field_name(content_type)));
        let mut reading = Reading::new(tenant, places);
        let fields = match content {
            Some(content) => reading.body(content_type, &content.fields),
            None => Map::new(),
        };
        let slugs = read_slugs(&mut reading, tenant, slugs.unwrap_or_default());
        let Reading { places, errors, .. } = reading;
        Self {
            content_type,
            fields,
            slugs,
            places,
            errors,
        }
    }

    /// The fields and the locales that are given.
    pub(crate) fn touched(&self) -> Touched {
        let fields = Json::Object(self.fields.clone());
        let mut touched = Touched::between(self.content_type, &Json::Null, &fields);
        if !self.slugs.is_empty() {
            touched.fields.push("slugs".to_owned());
            touched.locales.extend(self.slugs.keys().cloned());
        }
        touched
    }

    /// The body that was written, by itself.
    pub(crate) fn alone(&self) -> Result<Body, Vec<UserError>> {
        self.check(without_nothing(self.content_type, self.fields.clone()))
    }

    /// The body that was there, with what was written.
    pub(crate) fn merged(&self, body: Json) -> Result<Body, Vec<UserError>> {
        self.check(merge(self.content_type, body, self.fields.clone()))
    }

    fn check(&self, body: Json) -> Result<Body, Vec<UserError>> {
        let read = Body::check(self.content_type, body);
        let more = read.as_ref().err().into_iter().flatten();
        let mut errors: Vec<_> = self.errors.iter().chain(more).cloned().collect();
        let mut seen = std::collections::HashSet::new();
        errors.retain(|error| seen.insert(error.path.clone()));
        match read {
            Ok(body) if errors.is_empty() => Ok(body),
            _ => Err(self.places.errors(&errors)),
        }
    }
}

fn read_slugs(reading: &mut Reading<'_>, tenant: &Tenant, given: Vec<SlugInput>) -> Slugs {
    let mut slugs = Slugs::new();
    for (index, SlugInput { locale, slug }) in given.into_iter().enumerate() {
        let (locale, slug) = (locale.0, slug.0);
        reading
            .places
            .note(format!("slug.{locale}"), format!("slugs[{index}].slug"));
        if !tenant.locales.contains(&locale) {
            let message = format!("the municipality has no content in «{locale}»");
            reading.errors.push(FieldError::new(
                "UNKNOWN_LOCALE",
                format!("slug.{locale}"),
                message,
            ));
        }
        slugs.insert(locale, slug);
    }
    slugs
}
