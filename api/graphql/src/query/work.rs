//! What those read who write and review.

use async_graphql::{Context, ID, Object, Result};

use crate::{
    connection::Part,
    context::data,
    global_id,
    preview::PreviewToken,
    release::{Release, ReleaseConnection},
    scalars,
    search::{SearchInsight, SearchSynonyms},
    view::Reader,
    work::{
        ContentItem, ContentItemConnection, ContentItemFilter, ContentItemOrder, MyWork,
        ReviewRule, newest_edit_first,
    },
};

#[derive(Default)]
pub(crate) struct WorkQuery;

#[Object]
impl WorkQuery {
    /// Content as those who edit it see it, whatever its state; for callers who may read drafts (contenuto
    /// in lavorazione).
    async fn content_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id of the content.")] id: ID,
        #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Option<Result<ContentItem>> {
        let read = async || -> Result<Option<ContentItem>> {
            let reader = Reader::new(ctx, locale)?;
            let data = data(ctx)?;
            let (content_type, id) = global_id::decode(&id, &data.tenant.ipa_code, "id")?;
            ContentItem::of_type(data, reader, content_type, id).await
        };
        read().await.transpose()
    }

    /// Content as those who edit it see it, drafts included; for callers who may read drafts (contenuti in
    /// lavorazione).
    #[allow(clippy::too_many_arguments)]
    async fn content_items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which; all that is not archived or deleted when left out.")]
        filter: Option<ContentItemFilter>,
        #[graphql(
            desc = "What the list is ordered by.",
            default_with = "newest_edit_first()"
        )]
        order_by: ContentItemOrder,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only content after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only content before this place.")] before: Option<String>,
        #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Result<ContentItemConnection> {
        let reader = Reader::new(ctx, locale)?;
        ContentItemConnection::read(
            ctx,
            filter,
            order_by,
            Part::new(first, after, last, before),
            reader,
        )
        .await
    }

    /// What waits for the caller: assigned, to be reviewed, sent back, and own drafts (le mie attività).
    async fn my_work(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Option<Result<MyWork>> {
        let read = || MyWork::of(ctx, Reader::new(ctx, locale)?);
        Some(read())
    }

    /// For each type whether it is published with four eyes alone; for callers who may read drafts (regole
    /// di revisione).
    async fn review_rules(&self, ctx: &Context<'_>) -> Option<Result<Vec<ReviewRule>>> {
        Some(ReviewRule::all(ctx).await)
    }

    /// A release; for those who may read drafts (rilascio).
    async fn release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its global id.")] id: ID,
    ) -> Option<Result<Release>> {
        let find = async || {
            let data = data(ctx)?;
            Release::find(data, Release::read_id(data, &id, "id")?).await
        };
        find().await.transpose()
    }

    /// The releases, the newest first; for those who may read drafts (rilasci).
    async fn releases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only releases after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only releases before this place.")] before: Option<String>,
    ) -> Option<Result<ReleaseConnection>> {
        Some(ReleaseConnection::read(ctx, Part::new(first, after, last, before)).await)
    }

    /// The preview tokens that are valid, the newest first; for those who may read drafts (token di
    /// anteprima).
    async fn preview_tokens(&self, ctx: &Context<'_>) -> Option<Result<Vec<PreviewToken>>> {
        let read = async || PreviewToken::all(data(ctx)?).await;
        Some(read().await)
    }

    /// What people looked for, for those who may read drafts (analisi delle ricerche).
    async fn search_insight(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In how many days until today: 1 to 365.", default = 30)] days: i32,
    ) -> Option<Result<SearchInsight>> {
        Some(SearchInsight::of(ctx, days).await)
    }

    /// Words that mean the same to search, for those who may read drafts (sinonimi).
    async fn search_synonyms(&self, ctx: &Context<'_>) -> Option<Result<SearchSynonyms>> {
        Some(SearchSynonyms::read(ctx).await)
    }
}
