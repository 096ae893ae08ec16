//! What may be said of how a municipality is known to App IO.

use url::Url;

use super::{Environment, NotificationRefusal, account::ID, variables::LONGEST_LINK};
use crate::identity::EmailAddress;

/// How many calls IO answers in five seconds, and to some.
pub(super) const USUAL_CALLS: i32 = 150;
const RAISED_CALLS: i32 = 250;
/// The longest id of a case in the address of cases.
const LONGEST_ID: usize = 120;

/// What is said of it.
#[derive(Clone, Debug)]
pub struct AccountSettings {
    /// Whether the municipality writes there.
    pub is_enabled: bool,
    /// Whom messages reach.
    pub environment: Environment,
    /// It has a premium contract.
    pub is_premium: bool,
    /// How many calls IO answers in five seconds.
    pub calls: i32,
    /// Where citizens see a case, with `{id}` in the place of its id.
    pub case_address: String,
    /// The configuration of remote content at IO.
    pub remote_configuration: Option<String>,
    /// The address from which mails are written; none are without it.
    pub mail_sender: Option<String>,
    /// The manage key; that of before stays when nothing is said, none when it is empty.
    pub manage_key: Option<String>,
    /// The key with which assertions are fetched; the same.
    pub lollipop_key: Option<String>,
}

impl AccountSettings {
    pub(super) fn check(&self) -> Vec<NotificationRefusal> {
        let wrong = |field, message: &str| NotificationRefusal::Setting(field, message.to_owned());
        let mut refusals = Vec::new();
        if ![USUAL_CALLS, RAISED_CALLS].contains(&self.calls) {
            refusals.push(wrong(
                "calls",
                "IO answers 150 calls in five seconds, or 250 to some",
            ));
        }
        let shown = self.case_address.replace(ID, &"x".repeat(LONGEST_ID));
        let is_web = |url: Url| url.scheme() == "https" && url.host_str().is_some();
        let is_plain = |letter: char| {
            letter.is_ascii_graphic() && !matches!(letter, '(' | ')' | '<' | '>' | '"' | '\\')
        };
        let is_address = Url::parse(&shown).is_ok_and(is_web) && shown.chars().all(is_plain);
        if !is_address || !self.case_address.contains(ID) || shown.len() > LONGEST_LINK {
            let message = "write an address with https and {id}, such as https://servizi.comune.example/pratiche/{id}";
            refusals.push(wrong("caseAddress", message));
        }
        if let Some(configuration) = &self.remote_configuration
            && !is_ulid(configuration)
        {
            let message = "write the id of the configuration at IO: 26 letters and digits";
            refusals.push(wrong("remoteConfiguration", message));
        }
        let sender = self.mail_sender.as_deref();
        if let Some(Err(error)) = sender.map(str::parse::<EmailAddress>) {
            refusals.push(wrong("mailSender", &error.to_string()));
        }
        for (field, key) in [
            ("manageKey", &self.manage_key),
            ("lollipopKey", &self.lollipop_key),
        ] {
            let key = key.as_deref().unwrap_or_default();
            if !key.is_empty() && !is_key(key) {
                refusals.push(wrong(field, KEY));
            }
        }
        refusals
    }
}

/// What is said of a key that is none.
pub(super) const KEY: &str = "write the key as IO gave it: 16 to 200 visible characters";

/// Whether it may be a key of IO.
pub(super) fn is_key(key: &str) -> bool {
    (16..=200).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether it is an id of IO.
pub(super) fn is_ulid(id: &str) -> bool {
    id.len() == 26
        && id
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(change: impl FnOnce(&mut AccountSettings)) -> Vec<&'static str> {
        let mut settings = AccountSettings {
            is_enabled: true,
            environment: Environment::Production,
            is_premium: false,
            calls: 150,
            case_address: "https://servizi.comune.example/pratiche/{id}".to_owned(),
            remote_configuration: Some("01HMRBX079WA5SGYBQP1A7FSKH".to_owned()),
            mail_sender: None,
            manage_key: None,
            lollipop_key: None,
        };
        change(&mut settings);
        let refusals = settings.check().into_iter();
        refusals
            .map(|refusal| match refusal {
                NotificationRefusal::Setting(field, _) => field,
                _ => "",
            })
            .collect()
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert!(settings(|_| {}).is_empty());
        assert_eq!(settings(|all| all.calls = 1_000), ["calls"]);
        for address in [
            "",
            "https://servizi.comune.example/pratiche",
            "http://servizi.comune.example/{id}",
            "https://servizi.comune.example/(x)/{id}",
            "https://{id}/ ",
        ] {
            let wrong = settings(|all| all.case_address = address.to_owned());
            assert_eq!(wrong, ["caseAddress"], "{address}");
        }
        let short = Some("01HMRB".to_owned());
        assert_eq!(
            settings(|all| all.remote_configuration = short),
            ["remoteConfiguration"]
        );
        assert_eq!(
            settings(|all| all.mail_sender = Some("ufficio".to_owned())),
            ["mailSender"]
        );
        assert_eq!(
            settings(|all| all.manage_key = Some("kurz".to_owned())),
            ["manageKey"]
        );
        assert_eq!(
            settings(|all| all.lollipop_key = Some("x".to_owned())),
            ["lollipopKey"]
        );
        assert!(settings(|all| all.manage_key = Some(String::new())).is_empty());
    }
}
