//! Tenants: the municipalities and other public bodies that one installation serves. This module
//! knows who they are and under which host names; what they publish is content.

mod codes;
mod directory;
mod due;
mod municipalities;
mod operations;

use serde::{Deserialize, Serialize};

pub use codes::{FiscalCode, InvalidCode, IpaCode};
pub use directory::TenantDirectory;
pub use due::{due, next_due};
pub use municipalities::{MunicipalityFacts, by_ipa_code};
pub use operations::{NewTenant, TenantError, count, create, find, list, show, suspend};

use crate::{ids::TenantId, locale::Locale};

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tenant {
    /// Its id; it never changes.
    pub id: TenantId,
    /// Code in the index of public administrations (codice IPA): the key people use.
    pub ipa_code: IpaCode,
    /// Name, such as «Comune di …».
    pub name: String,
    /// Fiscal code of the body (codice fiscale), eleven digits.
    pub fiscal_code: Option<FiscalCode>,
    /// ISTAT code, six digits.
    pub istat_code: Option<String>,
    /// Cadastral code (codice catastale).
    pub cadastral_code: Option<String>,
    /// Abbreviation of the province.
    pub province: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Locales, the default first. Italian is always among them.
    pub locales: Vec<Locale>,
    /// Whether it is served.
    pub status: TenantStatus,
    /// Host names under which it is served.
    pub hosts: Vec<String>,
}

impl Tenant {
    /// The locales to try for a text, in order: the wanted one, the tenant's default, Italian.
    pub fn fallbacks(&self, wanted: &Locale) -> Vec<Locale> {
        let mut locales = vec![wanted.clone()];
        for locale in self.locales.first().into_iter().chain([&Locale::italian()]) {
            if !locales.contains(locale) {
                locales.push(locale.clone());
            }
        }
        locales
    }

    /// The default locale.
    pub fn default_locale(&self) -> Locale {
        self.locales
            .first()
            .cloned()
            .unwrap_or_else(Locale::italian)
    }
}

/// Whether a tenant is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantStatus {
    /// Served.
    Active,
    /// Kept, but not served.
    Suspended,
}
