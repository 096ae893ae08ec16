//! What is allowed.

use async_graphql::{Context, ID, Object, Result};
use municipio_domain::{content::ContentType, identity};

use crate::{context::data, global_id, objects::ContentTypeName, scalars};

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
    async fn fields(&self) -> Option<Vec<&str>> {
        let fields = self.0.fields.as_ref()?;
        Some(fields.iter().map(String::as_str).collect())
    }
}
