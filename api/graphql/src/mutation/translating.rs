//! Translating content: the texts of one locale change, and nothing else does.

use async_graphql::{Context, ID, InputObject, Name, Object, Result, Value};
use municipio_domain::{
    content::{Body, ContentType, FieldError, Touched, set_text},
    identity::Action,
    locale::Locale,
};
use serde_json::Value as Json;

use super::{
    change::{Change, SetTranslationPayload, Written, before, deed, note, stored},
    input::{Places, Reading, rich_text},
    named, target,
};
use crate::{
    context::{RequestData, data},
    error::internal,
    mutation::UserError,
    scalars,
};

#[derive(Default)]
pub(crate) struct TranslatingMutation;

/// Texts of content in one locale.
#[derive(InputObject)]
struct SetTranslationInput {
    /// The content, by its global id.
    id: ID,
    /// The locale of the texts (lingua).
    locale: scalars::Locale,
    /// The newest revision as the caller knows it; when there is a newer one, nothing changes and the answer
    /// is a `CONFLICT` (revisione attesa).
    expected_revision: Option<ID>,
    /// The texts; those that are left out stay as they are (testi).
    texts: Vec<TranslatedTextInput>,
    /// Why it was changed, for the history (nota).
    note: Option<String>,
}

/// One text in the locale; without any form it is cleared (testo tradotto).
#[derive(InputObject)]
struct TranslatedTextInput {
    /// Where it stands in the content, such as `title` or `needs[0].description`; `fallbackFields` names those
    /// that are missing (percorso).
    path: String,
    /// Plain text (testo).
    value: Option<String>,
    /// A list of words (parole).
    words: Option<Vec<String>>,
    /// Formatted text as Markdown (testo in Markdown).
    markdown: Option<String>,
    /// Formatted text as HTML (testo in HTML).
    html: Option<String>,
}

#[Object]
impl TranslatingMutation {
    /// Writes texts of one locale into the draft of content; nothing else changes (traduci).
    async fn set_translation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is translated.")] input: SetTranslationInput,
    ) -> Result<SetTranslationPayload> {
        let data = data(ctx)?;
        data.may(Action::Translate)
            .or_else(|_| data.may(Action::Update))?;
        let refused = |errors| Ok(SetTranslationPayload(Written::refused(errors)));
        let locale = input.locale.0;
        if !data.tenant.locales.contains(&locale) {
            let message = format!("the municipality has no content in «{locale}»");
            return refused(vec![UserError::at("UNKNOWN_LOCALE", message, "locale")]);
        }
        let (content_type, id) = named(data, &input.id)?;
        let target = target(data, id, input.expected_revision.as_ref())?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let before = match before(&transaction, content_type, target).await? {
            Ok(before) => before,
            Err(errors) => return refused(errors),
        };
        let old = stored(&before.body);
        let (body, places) = match translated(data, content_type, old, &locale, &input.texts) {
            Ok(done) => done,
            Err(errors) => return refused(errors),
        };
        let note = match note(input.note) {
            Ok(note) => note,
            Err(errors) => return refused(errors),
        };
        let change = Change {
            before: Some(before),
            id,
            body,
            slugs: Default::default(),
            note,
        };
        let touched = change.touched();
        if touched.shared || touched.locales.iter().any(|touched| *touched != locale) {
            let message = "more than the texts of the locale would change";
            return refused(vec![UserError::new("NOT_A_TRANSLATION", message)]);
        }
        let actions = [Action::Translate, Action::Update];
        let sent = Touched {
            fields: input.texts.iter().map(TranslatedTextInput::field).collect(),
            locales: [locale].into(),
            shared: false,
        };
        change
            .authorise(data, &transaction, &actions, &touched, &sent)
            .await?;
        match change.unchanged(&touched, &places)? {
            Some(Ok(draft)) => return Written::new(ctx, draft).map(SetTranslationPayload),
            Some(Err(errors)) => return refused(errors),
            None => {}
        }
        let draft = match change.write(data, &transaction, target, &places).await? {
            Ok(draft) => draft,
            Err(errors) => return refused(errors),
        };
        let deed = deed("content.translate", data, &draft, &touched);
        data.commit(transaction, &deed).await?;
        Written::new(ctx, draft).map(SetTranslationPayload)
    }
}

/// The body with the texts, and where they stand in the input.
fn translated(
    data: &RequestData,
    content_type: ContentType,
    mut body: Json,
    locale: &Locale,
    texts: &[TranslatedTextInput],
) -> Result<(Body, Places), Vec<UserError>> {
    let mut reading = Reading::new(&data.tenant, Places::new(""));
    for (index, text) in texts.iter().enumerate() {
        let path = snake(&text.path);
        let place = format!("texts[{index}]");
        reading.places.note(&path, format!("{place}.path"));
        let stored = format!("{path}.{locale}");
        reading.places.note(&stored, &place);
        let value = text.value(&mut reading, &stored);
        if let Err(error) = set_text(content_type, &mut body, &path, locale, value) {
            reading.errors.push(error);
        }
    }
    let Reading { places, errors, .. } = reading;
    if !errors.is_empty() {
        return Err(places.errors(&errors));
    }
    match Body::check(content_type, body) {
        Ok(body) => Ok((body, places)),
        Err(errors) => Err(places.errors(&errors)),
    }
}

impl TranslatedTextInput {
    /// The field of the content in which it stands.
    fn field(&self) -> String {
        let field = self.path.split(['.', '[']).next();
        snake(field.unwrap_or_default())
    }

    /// The text as the domain reads it; null without any form.
    fn value(&self, reading: &mut Reading<'_>, path: &str) -> Json {
        let forms = [
            self.value.is_some(),
            self.words.is_some(),
            self.markdown.is_some() || self.html.is_some(),
        ];
        if forms.into_iter().filter(|given| *given).count() > 1 {
            let message = "write the text in one form only";
            reading
                .errors
                .push(FieldError::new("INVALID_VALUE", path, message));
            return Json::Null;
        }
        if let Some(text) = &self.value {
            return reading.text(text, path);
        }
        if let Some(words) = &self.words {
            return words.iter().map(|word| reading.text(word, path)).collect();
        }
        let forms = [("markdown", &self.markdown), ("html", &self.html)];
        let forms = forms.into_iter().filter_map(|(form, text)| {
            let text = text.clone()?;
            Some((Name::new(form), Value::String(text)))
        });
        rich_text(reading, &Value::Object(forms.collect()), path)
    }
}

/// A path of the input as it is stored.
fn snake(path: &str) -> String {
    let mut stored = String::with_capacity(path.len());
    for letter in path.chars() {
        if letter.is_ascii_uppercase() {
            stored.push('_');
        }
        stored.push(letter.to_ascii_lowercase());
    }
    stored
}
