//! Who works for an office.

use sea_orm::ConnectionTrait;

use super::{Account, AccountStatus, Action, Grant, Permissions, Subject, accounts, roles};
use crate::{
    ids::{AccountId, ItemId},
    store::{Scope, StoreError},
};

/// The accounts that may do something in an office, which stands below these others: those whose roles name one of
/// them, and where there are none those who may do it everywhere. By name.
pub(crate) async fn workers_of<C: ConnectionTrait>(
    scope: &Scope<C>,
    action: Action,
    chain: &[ItemId],
) -> Result<Vec<AccountId>, StoreError> {
    let (mut here, mut everywhere) = (Vec::new(), Vec::new());
    let known = roles::all(scope).await?;
    for account in accounts::all(scope).await? {
        if account.status != AccountStatus::Active {
            continue;
        }
        let grants = grants(&account, &known).filter(|grant| grant.action == action);
        let grants: Vec<Grant> = grants.cloned().collect();
        let (of_offices, of_all): (Vec<_>, Vec<_>) = grants
            .into_iter()
            .partition(|grant| grant.offices.is_some());
        let subject = Subject {
            offices: chain,
            ..Subject::WHOLE
        };
        let allow = |grants: Vec<Grant>| {
            let permissions = Permissions::from_iter(grants);
            permissions.allow(action, &subject).is_ok()
        };
        if allow(of_offices) {
            here.push(account.id);
        } else if allow(of_all) {
            everywhere.push(account.id);
        }
    }
    Ok(if here.is_empty() { everywhere } else { here })
}

fn grants<'a>(account: &'a Account, known: &'a [roles::Role]) -> impl Iterator<Item = &'a Grant> {
    let roles = known
        .iter()
        .filter(|role| account.roles.contains(&role.name));
    roles.flat_map(|role| &role.grants)
}
