//! What is allowed.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    content::ContentType,
    identity::{self, Action},
};

use crate::{
    context::{RequestData, data},
    error::ErrorCode,
    filters::camel,
    global_id,
    objects::ContentTypeName,
    scalars,
};

/// One thing that is allowed; what is null is not limited (permesso).
pub(crate) struct Grant(pub(crate) identity::Grant);

/// One thing that is allowed; what is null is not limited (permesso).
#[Object]
impl Grant {
    /// The action, such as `content.publish` (azione).
    async fn action(&self) -> &str {
        self.0.action.as_str()
    }

    /// On content of these types (tipi di contenuto).
    async fn types(&self) -> Option<Vec<ContentTypeName>> {
        let types = self.0.types.as_ref()?;
        Some(types.iter().copied().map(ContentTypeName::from).collect())
    }

    /// On content of these offices and of those below them, by their global ids (uffici).
    async fn offices(&self, ctx: &Context<'_>) -> Result<Option<Vec<ID>>> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        let encode = |id| global_id::encode(ContentType::Office, municipality, id);
        let offices = self.0.offices.as_ref();
        Ok(offices.map(|offices| offices.iter().copied().map(encode).collect()))
    }

    /// In these locales (lingue).
    async fn locales(&self) -> Option<Vec<scalars::Locale>> {
        let locales = self.0.locales.as_ref()?;
        Some(locales.iter().cloned().map(scalars::Locale).collect())
    }

    /// In these fields of the content (campi).
    async fn fields(&self) -> Option<Vec<String>> {
        let fields = self.0.fields.as_ref()?;
        Some(fields.iter().map(|field| camel(field)).collect())
    }
}

/// One thing that is allowed; what is left out is not limited.
#[derive(InputObject)]
pub(crate) struct GrantInput {
    /// The action, such as `content.publish`; `permissions` lists them.
    action: String,
    /// On content of these types.
    types: Option<Vec<ContentTypeName>>,
    /// On content of these offices and of those below them, by their global ids.
    offices: Option<Vec<ID>>,
    /// In these locales.
    locales: Option<Vec<scalars::Locale>>,
    /// In these fields of the content, such as `shortDescription`.
    fields: Option<Vec<String>>,
}

impl GrantInput {
    fn read(self, data: &RequestData, place: &str) -> Result<identity::Grant> {
        let named = |action: &&Action| action.as_str() == self.action;
        let action = Action::ALL.iter().find(named).ok_or_else(|| {
            let shown: String = self.action.chars().take(60).collect();
            let message = format!("there is no action «{shown}»; `permissions` lists them");
            ErrorCode::InvalidArgument.about(&format!("{place}.action"), message)
        })?;
        let office = |(index, id): (usize, &ID)| {
            let argument = format!("{place}.offices[{index}]");
            data.item_id(id, ContentType::Office, &argument)
        };
        let offices = self.offices.as_ref();
        let offices = offices.map(|ids| ids.iter().enumerate().map(office).collect());
        for locale in self.locales.iter().flatten() {
            data.locale(Some(locale.0.clone()))?;
        }
        Ok(identity::Grant {
            action: *action,
            types: self
                .types
                .map(|types| types.into_iter().map(Into::into).collect()),
            offices: offices.transpose()?,
            locales: self
                .locales
                .map(|all| all.into_iter().map(|locale| locale.0).collect()),
            fields: self
                .fields
                .map(|all| all.iter().map(|field| snake(field)).collect()),
        })
    }
}

/// Reads grants that stand in this argument.
pub(crate) fn grants(
    data: &RequestData,
    input: Vec<GrantInput>,
    argument: &str,
) -> Result<Vec<identity::Grant>> {
    let numbered = input.into_iter().enumerate();
    numbered
        .map(|(index, grant)| grant.read(data, &format!("{argument}[{index}]")))
        .collect()
}

/// `shortDescription` as it is stored: `short_description`.
fn snake(field: &str) -> String {
    let mut name = String::with_capacity(field.len() + 4);
    for letter in field.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// An action that roles and API keys can allow (permesso).
#[derive(SimpleObject)]
pub(crate) struct Permission {
    /// Its name, such as `content.publish`.
    action: &'static str,
    /// What it allows.
    meaning: &'static str,
}

impl Permission {
    /// All of them.
    pub(crate) fn all() -> Vec<Self> {
        let all = Action::ALL.iter().map(|action| Self {
            action: action.as_str(),
            meaning: action.meaning().trim(),
        });
        all.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_they_are_written() {
        for stored in ["title", "short_description", "terms_of_service"] {
            assert_eq!(snake(&camel(stored)), stored);
        }
    }
}
