//! Search: which words mean the same, and which hits people choose.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    audit::Deed,
    identity::{Action, Subject},
    ids::ItemId,
    search::{SynonymsError, set_synonyms},
};
use serde_json::json;

use super::{UserError, named};
use crate::{
    context::data,
    error::internal,
    scalars,
    search::{SearchSynonyms, engine},
    view::Reader,
};

#[derive(Default)]
pub(crate) struct SearchMutation;

/// Words and phrases that mean the same (gruppo di sinonimi).
#[derive(InputObject)]
struct SynonymGroupInput {
    /// The phrases, at least two (espressioni).
    phrases: Vec<String>,
}

/// The synonyms of the municipality, in place of those that it has (sinonimi).
#[derive(InputObject)]
struct SetSearchSynonymsInput {
    /// All groups (gruppi).
    groups: Vec<SynonymGroupInput>,
    /// The version that was read before; who changed them meanwhile is not overtaken (versione attesa).
    expected_version: Option<i64>,
}

/// The synonyms as they are now.
#[derive(SimpleObject)]
struct SetSearchSynonymsPayload {
    /// The synonyms; null when they were refused.
    synonyms: Option<SearchSynonyms>,
    /// Why they were refused.
    user_errors: Vec<UserError>,
}

/// A hit that somebody chose (risultato scelto).
#[derive(InputObject)]
struct RecordSearchClickInput {
    /// What was looked for, as it was written (testo cercato).
    query: String,
    /// The content that was chosen, by its global id (contenuto scelto).
    id: ID,
    /// The locale of the search; the default of the municipality when left out (lingua).
    locale: Option<scalars::Locale>,
}

/// What became of it.
#[derive(SimpleObject)]
struct RecordSearchClickPayload {
    /// It is counted; what may hold personal data is not.
    is_counted: bool,
    /// Why it was refused; nothing is at the moment.
    user_errors: Vec<UserError>,
}

fn refused(error: SynonymsError) -> Result<UserError> {
    let message = error.to_string();
    Ok(match error {
        SynonymsError::TooMany => UserError::at("TOO_MANY_SYNONYMS", message, "groups"),
        SynonymsError::Group(index) => UserError::at(
            "INVALID_SYNONYMS",
            message,
            format!("groups[{index}].phrases"),
        ),
        SynonymsError::Conflict => UserError::at("CONFLICT", message, "expectedVersion"),
        SynonymsError::Store(error) => return Err(internal(error)),
    })
}

#[Object]
impl SearchMutation {
    /// Says which words and phrases mean the same, beside those that all municipalities have; the index follows
    /// within moments (imposta i sinonimi).
    async fn set_search_synonyms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The synonyms.")] input: SetSearchSynonymsInput,
    ) -> Result<SetSearchSynonymsPayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let groups = input
            .groups
            .into_iter()
            .map(|group| group.phrases)
            .collect();
        let transaction = data.contents.begin().await.map_err(internal)?;
        let own = match set_synonyms(&transaction, groups, input.expected_version, data.now()).await
        {
            Ok(own) => own,
            Err(error) => {
                return Ok(SetSearchSynonymsPayload {
                    synonyms: None,
                    user_errors: vec![refused(error)?],
                });
            }
        };
        let details = json!({ "version": own.version, "groups": own.groups.len() });
        let deed = Deed::new("search.synonyms").with(details);
        data.commit(transaction, &deed).await?;
        Ok(SetSearchSynonymsPayload {
            synonyms: Some(SearchSynonyms::new(ctx, own)?),
            user_errors: Vec::new(),
        })
    }

    /// Counts a hit that somebody chose, without saying who: what is often chosen comes first among hits that fit
    /// alike (registra il risultato scelto). It is no change of the content, and not in the audit log.
    async fn record_search_click(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was chosen.")] input: RecordSearchClickInput,
    ) -> Result<RecordSearchClickPayload> {
        let data = data(ctx)?;
        let (_, item): (_, ItemId) = named(data, &input.id)?;
        let reader = Reader::new(ctx, input.locale)?;
        let is_published = data.items([item]).await?.contains_key(&item);
        let uses = engine(data)?.uses();
        let clicked = || uses.clicked(data.tenant.id, reader.locale(), &input.query, item);
        Ok(RecordSearchClickPayload {
            is_counted: is_published && clicked(),
            user_errors: Vec::new(),
        })
    }
}
