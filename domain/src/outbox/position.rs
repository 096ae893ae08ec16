//! How far those have come who follow the log of changes.

use municipio_entities::log_position::{Column, Entity, Model};
use sea_orm::{ColumnTrait, ConnectionTrait, sea_query::Condition};

use crate::store::{Scope, StoreError, Transaction};

/// The number of the last change that a follower has dealt with; 0 before the first.
///
/// # Errors
/// The database failed.
pub async fn position<C: ConnectionTrait>(
    scope: &Scope<C>,
    follower: &str,
) -> Result<i64, StoreError> {
    let row = scope.one::<Entity>(Column::Follower.eq(follower)).await?;
    Ok(row.map_or(0, |row| row.sequence))
}

/// Moves a follower from one change to another. Says whether it still stood there: if not, somebody else did the
/// same work meanwhile, and the transaction is to be given up.
///
/// # Errors
/// The database failed.
pub async fn move_position(
    transaction: &Transaction,
    follower: &'static str,
    from: i64,
    to: i64,
) -> Result<bool, StoreError> {
    if from == 0 {
        let row = Model {
            tenant_id: transaction.tenant_id().0,
            follower: follower.to_owned(),
            sequence: 0,
        };
        transaction.insert_missing::<Entity>([row]).await?;
    }
    let stands = Condition::all()
        .add(Column::Follower.eq(follower))
        .add(Column::Sequence.eq(from));
    let moved = transaction
        .update::<Entity>([(Column::Sequence, to.into())], stands)
        .await?;
    Ok(moved == 1)
}
