//! What is missing or wrong of service sheets.

use municipio_domain::{
    identity::Vault,
    notifications::{
        AppIoAccount, AppIoSheet, CallFault, Environment, SheetLifecycle, SheetTopic, Sheets,
    },
    tenants::Tenant,
};
use municipio_integrations::appio::Client;

/// What is missing or wrong of the sheets of a municipality; nothing where it has none.
pub(super) async fn wrong(
    vault: &Vault,
    io: &Client,
    tenant: &Tenant,
    account: &AppIoAccount,
    sheets: &[AppIoSheet],
) -> Vec<String> {
    if sheets.is_empty() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    if tenant.fiscal_code.is_none() {
        problems.push(
            "the municipality has no fiscal code: IO takes no service without one".to_owned(),
        );
    }
    problems.extend(sheets.iter().flat_map(|sheet| standing(sheet, account)));
    let key = match account.manage_key(vault) {
        Ok(Some(key)) => key,
        Ok(None) => {
            problems.push(
                "services are linked, and there is no manage key (configureAppIo)".to_owned(),
            );
            return problems;
        }
        Err(error) => {
            problems.push(format!("the manage key cannot be read: {error}"));
            return problems;
        }
    };
    match io.topics(&key).await {
        Ok(topics) => problems.extend(sheets.iter().filter_map(|sheet| unknown(sheet, &topics))),
        Err(error) if error.fault == CallFault::Unauthorised => {
            problems.push("IO does not accept the manage key".to_owned());
        }
        Err(error) => problems.push(format!("the topics cannot be asked for: {error}")),
    }
    problems
}

/// What keeps a sheet from citizens.
fn standing(sheet: &AppIoSheet, account: &AppIoAccount) -> Vec<String> {
    let name = || {
        format!(
            "service sheet {}",
            sheet.io_id.as_deref().unwrap_or("(new)")
        )
    };
    let reason = sheet.reason.as_deref().unwrap_or_default();
    let found = [
        (sheet.lifecycle == Some(SheetLifecycle::Rejected))
            .then(|| format!("{} was rejected: {reason}", name())),
        sheet
            .has_drifted()
            .then(|| format!("{} was changed elsewhere (resolveAppIoSheet)", name())),
        sheet
            .problem
            .as_ref()
            .map(|problem| format!("{}: {problem}", name())),
        (sheet.settings.authorized_cidrs.is_empty()
            && account.environment == Environment::Production)
            .then(|| {
                format!(
                    "{} may be written as from any address (authorizedCidrs)",
                    name()
                )
            }),
    ];
    found.into_iter().flatten().collect()
}

/// That IO does not know the topic of a sheet.
fn unknown(sheet: &AppIoSheet, topics: &[SheetTopic]) -> Option<String> {
    let topic = sheet.settings.topic_id;
    let is_known = topics.iter().any(|known| known.id == topic);
    (!is_known).then(|| format!("IO has no topic {topic} (municipio appio topics)"))
}
