//! Preview tokens: whoever has one sees what is not public yet, without an account, for a short time. They are
//! random, and only their hashes are kept, so that each can be revoked.

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::preview_token::{self, Column, Entity};
use sea_orm::{ColumnTrait, sea_query::Condition};
use uuid::Uuid;

use super::{Contents, Perspective};
use crate::{
    identity::{NoRandomness, Token, TokenKind},
    ids::{ItemId, PreviewTokenId, ReleaseId},
    store::{StoreError, Transaction},
};

/// The longest that a token may be valid.
pub const LONGEST_PREVIEW: TimeDelta = TimeDelta::days(7);

/// What a token shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviewScope {
    /// All drafts.
    Drafts,
    /// The draft of one item; everything else as it is public.
    Item(ItemId),
    /// What will be public once a release is published.
    Release(ReleaseId),
}

/// A token as it is kept.
#[derive(Clone, Debug)]
pub struct PreviewToken {
    /// By which it is revoked.
    pub id: PreviewTokenId,
    /// Its first characters.
    pub hint: String,
    /// What it shows.
    pub scope: PreviewScope,
    /// Who made it.
    pub author: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it is valid.
    pub expires_at: DateTime<Utc>,
}

/// Why a token cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system gives no randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

impl PreviewScope {
    /// What it shows, as a perspective.
    pub fn perspective(self) -> Perspective {
        match self {
            Self::Drafts => Perspective::Drafts,
            Self::Item(item) => Perspective::DraftOf(item),
            Self::Release(release) => Perspective::Release(release),
        }
    }

    fn columns(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::Drafts => ("drafts", None),
            Self::Item(ItemId(id)) => ("item", Some(id)),
            Self::Release(ReleaseId(id)) => ("release", Some(id)),
        }
    }
}

/// Whether a text claims to be a preview token.
pub fn is_preview_token(text: &str) -> bool {
    text.starts_with(TokenKind::Preview.prefix())
}

/// Makes a token that is valid until this moment. It is shown this once.
///
/// # Errors
/// The database failed, or there is no randomness.
pub async fn create_preview_token(
    transaction: &Transaction,
    scope: PreviewScope,
    author: String,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(PreviewToken, Token), PreviewError> {
    // Those that ended are of no use to anybody.
    transaction
        .delete::<Entity>(Column::ExpiresAt.lt(now - LONGEST_PREVIEW))
        .await?;
    let token = Token::generate(TokenKind::Preview)?;
    let (name, subject_id) = scope.columns();
    let row = preview_token::Model {
        id: PreviewTokenId::generate().0,
        tenant_id: transaction.tenant_id().0,
        hash: token.hash(),
        hint: token.hint(),
        scope: name.to_owned(),
        subject_id,
        author,
        created_at: now,
        expires_at,
        revoked_at: None,
    };
    let kept = PreviewToken::from_row(row.clone())?;
    transaction.insert::<Entity>([row]).await?;
    Ok((kept, token))
}

/// Ends a token before its time; says whether there was one to end.
///
/// # Errors
/// The database failed.
pub async fn revoke_preview_token(
    transaction: &Transaction,
    id: PreviewTokenId,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let values = [(Column::RevokedAt, Some(now).into())];
    let filter = valid(now).add(Column::Id.eq(id.0));
    Ok(transaction.update::<Entity>(values, filter).await? == 1)
}

fn valid(now: DateTime<Utc>) -> Condition {
    Condition::all()
        .add(Column::RevokedAt.is_null())
        .add(Column::ExpiresAt.gt(now))
}

impl PreviewToken {
    fn from_row(row: preview_token::Model) -> Result<Self, StoreError> {
        let scope = match (row.scope.as_str(), row.subject_id) {
            ("drafts", None) => PreviewScope::Drafts,
            ("item", Some(id)) => PreviewScope::Item(ItemId(id)),
            ("release", Some(id)) => PreviewScope::Release(ReleaseId(id)),
            (scope, _) => return Err(StoreError::corrupt("scope of a preview token", scope)),
        };
        Ok(Self {
            id: PreviewTokenId(row.id),
            hint: row.hint,
            scope,
            author: row.author,
            created_at: row.created_at,
            expires_at: row.expires_at,
        })
    }
}

impl Contents {
    /// What a token stands for, if it is one of this municipality, valid, and not revoked.
    ///
    /// # Errors
    /// The database failed.
    pub async fn preview_token(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<PreviewToken>, StoreError> {
        let Some((TokenKind::Preview, token)) = Token::read(token) else {
            return Ok(None);
        };
        let filter = valid(now).add(Column::Hash.eq(token.hash()));
        let row = self.store().read().one::<Entity>(filter).await?;
        row.map(PreviewToken::from_row).transpose()
    }

    /// The tokens that are valid, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn preview_tokens(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Vec<PreviewToken>, StoreError> {
        let rows = self.store().read().all::<Entity>(valid(now)).await?;
        let mut tokens = rows
            .into_iter()
            .map(PreviewToken::from_row)
            .collect::<Result<Vec<_>, _>>()?;
        tokens.sort_by_key(|token| std::cmp::Reverse(token.id));
        Ok(tokens)
    }
}
