//! Custom scalars.

use std::str::FromStr;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use municipio_domain::{content::Slug as DomainSlug, locale::Locale as DomainLocale};

macro_rules! text_scalar {
    ($(#[$doc:meta])* $name:ident, $url:literal, $inner:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub $inner);

        #[Scalar(specified_by_url = $url)]
        $(#[$doc])*
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                match value {
                    Value::String(text) => <$inner>::from_str(&text)
                        .map($name)
                        .map_err(|error| InputValueError::custom(error)),
                    other => Err(InputValueError::expected_type(other)),
                }
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.to_string())
            }
        }
    };
}

text_scalar!(
    /// A language tag of BCP 47, such as `it`, `de` or `de-AT` (lingua).
    Locale,
    "https://www.rfc-editor.org/rfc/rfc5646",
    DomainLocale
);
text_scalar!(
    /// The last part of a path: lower-case ASCII letters, digits and single hyphens, such as
    /// `carta-d-identita-elettronica`.
    Slug,
    "https://www.rfc-editor.org/rfc/rfc3986#section-3.3",
    DomainSlug
);
text_scalar!(
    /// A file: sent with the request (GraphQL multipart request), or the id of an upload that is complete (tus), the
    /// last part of its address (file caricato).
    Upload,
    "https://github.com/jaydenseric/graphql-multipart-request-spec",
    municipio_domain::ids::UploadId
);
text_scalar!(
    /// An amount with two decimals as a string, such as `22.21` (importo).
    Decimal,
    "https://www.w3.org/TR/xmlschema11-2/#decimal",
    municipio_domain::content::fields::Amount
);
text_scalar!(
    /// A date and time: on the clocks in Italy, such as `2026-12-05T21:00`, or with an offset an exact instant,
    /// such as `2026-12-05T21:00:00+01:00` (data e ora). Of a time that the clock shows twice in autumn a
    /// beginning takes the earlier instant and an end the later one; a time that it leaves out in spring moves
    /// to the first instant that there is.
    LocalDateTime,
    "https://www.rfc-editor.org/rfc/rfc3339",
    municipio_domain::time::Moment
);
