//! What a municipality makes of those whom an identity provider knows: whether they may sign in, as which
//! account, with which roles.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use url::Url;

use super::Refusal;
use crate::{openid::Algorithm, outgoing::is_this_machine};

/// Who may sign in through a provider, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProviderSettings {
    /// The addresses to which people may be sent back, exactly as they are asked for.
    pub redirect_uris: BTreeSet<String>,
    /// What is asked of the provider.
    pub scopes: Vec<String>,
    /// The claim with the e-mail address: its name, or a JSON Pointer (RFC 6901) to it.
    pub email_claim: String,
    /// The claim with the name of the person.
    pub name_claim: String,
    /// The claim with the groups of the person, a text or a list of texts.
    pub groups_claim: String,
    /// The roles that the members of a group get.
    pub group_roles: BTreeMap<String, BTreeSet<String>>,
    /// The groups whose members may sign in; everybody whom the provider knows when left out.
    pub allowed_groups: Option<BTreeSet<String>>,
    /// Whether who signs in for the first time gets an account.
    pub creates_accounts: bool,
    /// Whether who signs in for the first time gets the account that has their address, if the provider has
    /// verified it.
    pub links_by_email: bool,
    /// How tokens may be signed.
    pub algorithms: BTreeSet<Algorithm>,
}

impl Default for ProviderSettings {
    fn default() -> Self {
        Self {
            redirect_uris: BTreeSet::new(),
            scopes: ["openid", "email", "profile"].map(str::to_owned).into(),
            email_claim: "email".to_owned(),
            name_claim: "name".to_owned(),
            groups_claim: "groups".to_owned(),
            group_roles: BTreeMap::new(),
            allowed_groups: None,
            creates_accounts: false,
            links_by_email: false,
            algorithms: Algorithm::ALL.iter().copied().collect(),
        }
    }
}

/// The most values of a setting.
const MOST: usize = 200;
/// The longest text of a setting.
const LONGEST: usize = 500;

impl ProviderSettings {
    /// Refuses what cannot be meant.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let wrong = |field, message: String| Err(Refusal::ProviderSetting(field, message));
        let lists: [(&str, Vec<&String>); 4] = [
            ("redirectUris", self.redirect_uris.iter().collect()),
            ("scopes", self.scopes.iter().collect()),
            ("groupRoles", self.group_roles.keys().collect()),
            (
                "allowedGroups",
                self.allowed_groups.iter().flatten().collect(),
            ),
        ];
        for (field, texts) in lists {
            let fits = |text: &&String| (1..=LONGEST).contains(&text.chars().count());
            if texts.len() > MOST || !texts.iter().all(fits) {
                let message = format!("write at most {MOST} texts of 1 to {LONGEST} characters");
                return wrong(field, message);
            }
        }
        if let Some(uri) = self.redirect_uris.iter().find(|uri| !is_redirect_uri(uri)) {
            let message = format!(
                "«{uri}» is not an address with https, or with http on the own machine; it has no fragment"
            );
            return wrong("redirectUris", message);
        }
        let is_scope = |scope: &String| scope.bytes().all(|byte| byte.is_ascii_graphic());
        if !self.scopes.iter().any(|scope| scope == "openid") || !self.scopes.iter().all(is_scope) {
            return wrong(
                "scopes",
                "write scopes without spaces, «openid» among them".to_owned(),
            );
        }
        let claims = [
            ("emailClaim", &self.email_claim),
            ("nameClaim", &self.name_claim),
            ("groupsClaim", &self.groups_claim),
        ];
        for (field, claim) in claims {
            if !(1..=LONGEST).contains(&claim.chars().count()) {
                return wrong(field, "write the name of a claim".to_owned());
            }
        }
        if self.allowed_groups.as_ref().is_some_and(BTreeSet::is_empty) {
            return wrong("allowedGroups", "name a group, or leave it out".to_owned());
        }
        match self.algorithms.is_empty() {
            true => wrong("algorithms", "name an algorithm".to_owned()),
            false => Ok(()),
        }
    }

    /// The roles of who is in these groups.
    pub(super) fn roles_of(&self, groups: &BTreeSet<String>) -> BTreeSet<String> {
        let of_group = |group| self.group_roles.get(group).into_iter().flatten();
        groups.iter().flat_map(of_group).cloned().collect()
    }

    /// Whether who is in these groups may sign in.
    pub(super) fn allows(&self, groups: &BTreeSet<String>) -> bool {
        let allowed = self.allowed_groups.as_ref();
        allowed.is_none_or(|allowed| !allowed.is_disjoint(groups))
    }
}

/// Over TLS; or on the machine of who develops a portal (RFC 8252, section 7.3).
fn is_redirect_uri(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let is_safe = match url.scheme() {
            "https" => url.has_host(),
            "http" => is_this_machine(&url),
            _ => false,
        };
        is_safe && url.fragment().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(all: &[&str]) -> BTreeSet<String> {
        all.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn groups_give_roles_and_let_people_in() {
        let settings = ProviderSettings {
            group_roles: [
                ("stampa".to_owned(), texts(&["author", "translator"])),
                ("capi".to_owned(), texts(&["author", "editor"])),
            ]
            .into(),
            allowed_groups: Some(texts(&["dipendenti", "stampa"])),
            ..ProviderSettings::default()
        };
        assert_eq!(settings.roles_of(&texts(&["altri"])), texts(&[]));
        let both = settings.roles_of(&texts(&["stampa", "capi"]));
        assert_eq!(both, texts(&["author", "editor", "translator"]));
        assert!(settings.allows(&texts(&["capi", "dipendenti"])));
        assert!(!settings.allows(&texts(&["capi"])));
        assert!(!settings.allows(&texts(&[])));
        assert!(ProviderSettings::default().allows(&texts(&[])));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let right = ProviderSettings::default();
        assert!(right.check().is_ok());
        let wrong = |change: fn(&mut ProviderSettings)| {
            let mut settings = ProviderSettings::default();
            change(&mut settings);
            settings.check().is_err()
        };
        assert!(wrong(|settings| settings.scopes = vec!["email".to_owned()]));
        assert!(wrong(|settings| settings.scopes.push("a b".to_owned())));
        assert!(wrong(|settings| settings.algorithms.clear()));
        assert!(wrong(
            |settings| settings.allowed_groups = Some(BTreeSet::new())
        ));
        assert!(wrong(|settings| settings.email_claim.clear()));
        assert!(wrong(
            |settings| settings.redirect_uris = texts(&["portal://x"])
        ));
    }

    #[test]
    fn people_are_sent_back_over_tls_or_to_their_own_machine() {
        for right in [
            "https://portale.example/accesso?via=oidc",
            "http://localhost:3000/",
            "http://127.0.0.1/x",
        ] {
            assert!(is_redirect_uri(right), "{right}");
        }
        for wrong in [
            "http://portale.example/",
            "https://x.example/#a",
            "/accesso",
            "javascript:alert(1)",
            "",
        ] {
            assert!(!is_redirect_uri(wrong), "{wrong}");
        }
    }
}
