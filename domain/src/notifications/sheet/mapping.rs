//! What a published service says as a service sheet of IO. Plain functions: what they need is read before.

use super::{SheetContent, SheetLogo, SheetSettings};
use crate::{
    content::{
        Item,
        types::{ContactPoint, Municipality, Service},
    },
    locale::{Locale, LocalizedText},
    notifications::{CallToAction, call_to_action::front_matter, text::length, variables::Values},
    tenants::Tenant,
};

/// What stands on the button when the service does not say it.
const LABELS: [&str; 2] = ["Vai al servizio", "Go to the service"];
/// How long a label of a button may be.
const LABEL: std::ops::RangeInclusive<usize> = 2..=40;

/// What a sheet is made of.
#[derive(Clone, Copy)]
pub struct SheetSources<'a> {
    /// The municipality.
    pub tenant: &'a Tenant,
    /// The service.
    pub service: &'a Service,
    /// Its contact points, in its order.
    pub contacts: &'a [&'a ContactPoint],
    /// The settings of the site.
    pub municipality: Option<&'a Municipality>,
    /// The service on the site.
    pub web_url: Option<&'a str>,
    /// What the catalogue does not say.
    pub settings: &'a SheetSettings,
}

impl SheetSources<'_> {
    /// The sheet.
    pub fn content(&self) -> SheetContent {
        let (service, settings) = (self.service, self.settings);
        let text = |text: &LocalizedText| self.text(text, &Locale::italian());
        let name = text(&service.title).unwrap_or_default();
        let address = |address: Option<&crate::content::WebAddress>| {
            address.map(|address| address.as_str().to_owned())
        };
        let municipality = self.municipality;
        let terms = service.terms_of_service.as_ref();
        let help = municipality.and_then(|settings| settings.assistance_url.as_ref());
        let mut cidrs = settings.authorized_cidrs.clone();
        cidrs.sort_unstable();
        cidrs.dedup();
        SheetContent {
            description: text(&service.short_description).unwrap_or_else(|| name.clone()),
            name,
            organization_name: self.tenant.name.clone(),
            organization_fiscal_code: self.organization().unwrap_or_default(),
            is_secure: settings.is_secure,
            authorized_cidrs: cidrs,
            max_payment: settings.max_payment,
            scope: settings.scope,
            topic_id: settings.topic_id,
            privacy_url: address(municipality.and_then(|site| site.privacy_url.as_ref())),
            tos_url: address(terms.and_then(|terms| terms.url.as_ref())),
            web_url: self.web_url.map(str::to_owned),
            support_url: self.contact("url").or_else(|| address(help)),
            email: self.contact("email"),
            pec: self.contact("pec"),
            phone: self.contact("telefono"),
            address: None,
            app_ios: None,
            app_android: None,
            cta: settings.has_button.then(|| self.button()).flatten(),
        }
    }

    /// The fiscal code of the body, without which IO takes no sheet.
    pub fn organization(&self) -> Option<String> {
        let code = self.tenant.fiscal_code.as_ref()?;
        Some(code.as_str().to_owned())
    }

    /// The first way of this kind to reach somebody.
    fn contact(&self, kind: &str) -> Option<String> {
        let entries = self.contacts.iter().flat_map(|contact| &contact.entries);
        let mut values = entries.filter(|entry| entry.kind.as_str() == kind);
        values.next().map(|entry| entry.value.trim().to_owned())
    }

    /// The button under the sheet: where one applies, or else the service on the site.
    fn button(&self) -> Option<String> {
        let channel = self.service.digital_channel.as_ref();
        let url = channel
            .map(|channel| channel.url.as_str())
            .or(self.web_url)?;
        let english: Locale = "en".parse().ok()?;
        let button = |locale: &Locale, otherwise: &str| {
            let label = channel.and_then(|channel| channel.label.get(locale));
            let label = label.map(|label| label.trim());
            CallToAction {
                text: label
                    .filter(|label| LABEL.contains(&length(label)))
                    .unwrap_or(otherwise)
                    .to_owned(),
                action: format!("iohandledlink://{url}"),
            }
        };
        let [italian, english] = [
            button(&Locale::italian(), LABELS[0]),
            button(&english, LABELS[1]),
        ];
        // An address with what looks like a variable has no button.
        let matter = front_matter(&[italian], &[english], &Values::new()).ok()?;
        (!matter.is_empty()).then_some(matter)
    }

    fn text(&self, text: &LocalizedText, locale: &Locale) -> Option<String> {
        let locales = self.tenant.fallbacks(locale);
        let (_, text) = text.resolve(&locales)?;
        let words: Vec<_> = text.split_whitespace().collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// The asset whose picture the sheet has.
    pub fn logo(&self) -> Option<crate::ids::ItemId> {
        let image = match self.settings.logo {
            SheetLogo::None => None,
            SheetLogo::Crest => self.municipality.and_then(|site| site.crest.as_ref()),
            SheetLogo::Image => self.service.image.as_ref(),
        };
        Some(image?.asset.as_ref()?.id())
    }
}

/// Where an item is on the site of a municipality.
pub fn web_url(
    item: &Item,
    tenant: &Tenant,
    municipality: Option<&Municipality>,
) -> Option<String> {
    let set = municipality.and_then(|settings| settings.site_url.as_ref());
    let site = match set {
        Some(site) => site.as_str().trim_end_matches('/').to_owned(),
        None => format!("https://{}", tenant.hosts.first()?),
    };
    let locale = tenant.default_locale();
    let path = crate::content::path(item, &tenant.fallbacks(&locale), &locale)?;
    Some(format!("{site}{path}"))
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{ids::TenantId, tenants::TenantStatus};

    pub(in super::super) fn tenant() -> Tenant {
        Tenant {
            id: TenantId(uuid::Uuid::nil()),
            ipa_code: "c_x001".parse().unwrap(),
            name: "Comune di Prova".to_owned(),
            fiscal_code: Some("80012345676".parse().unwrap()),
            istat_code: None,
            cadastral_code: None,
            province: None,
            region: None,
            locales: vec![Locale::italian(), "de".parse().unwrap()],
            status: TenantStatus::Active,
            hosts: vec!["www.prova.example".to_owned()],
        }
    }

    /// The sheet of a service with this body.
    pub(in super::super) fn sheet(service: Value, settings: SheetSettings) -> SheetContent {
        let service: Service = serde_json::from_value(service).unwrap();
        let contacts: Vec<ContactPoint> = serde_json::from_value(json!([
            { "entries": [{ "type": "telefono", "value": " 0461 1 " }, { "type": "account.whatsapp", "value": "+39 347 1234567" }] },
            { "entries": [{ "type": "telefono", "value": "0461 2" }, { "type": "pec", "value": "a@pec.example" }] },
        ]))
        .unwrap();
        let municipality: Municipality = serde_json::from_value(json!({
            "privacy_url": "https://www.prova.example/privacy",
            "assistance_url": "https://www.prova.example/aiuto",
        }))
        .unwrap();
        let sources = SheetSources {
            tenant: &tenant(),
            service: &service,
            contacts: &contacts.iter().collect::<Vec<_>>(),
            municipality: Some(&municipality),
            web_url: Some("https://www.prova.example/servizi/x"),
            settings: &settings,
        };
        sources.content()
    }

    #[test]
    fn a_service_becomes_a_sheet() {
        let body = json!({
            "title": { "it": " Carta  d'identità\nelettronica ", "de": "Identitätskarte" },
            "short_description": { "de": "Nur deutsch." },
            "terms_of_service": { "url": "https://www.prova.example/condizioni.pdf" },
        });
        let settings = SheetSettings {
            topic_id: 11,
            max_payment: 1_000,
            authorized_cidrs: vec![
                "192.0.2.9".to_owned(),
                "192.0.2.1".to_owned(),
                "192.0.2.9".to_owned(),
            ],
            ..SheetSettings::default()
        };
        let made = sheet(body, settings);
        let text = |text: &str| Some(text.to_owned());
        let expected = SheetContent {
            name: "Carta d'identità elettronica".to_owned(),
            // What is not there in Italian is taken of the locales of the municipality, or else it is the name.
            description: "Carta d'identità elettronica".to_owned(),
            organization_name: "Comune di Prova".to_owned(),
            organization_fiscal_code: "80012345676".to_owned(),
            authorized_cidrs: vec!["192.0.2.1".to_owned(), "192.0.2.9".to_owned()],
            max_payment: 1_000,
            topic_id: 11,
            privacy_url: text("https://www.prova.example/privacy"),
            tos_url: text("https://www.prova.example/condizioni.pdf"),
            web_url: text("https://www.prova.example/servizi/x"),
            support_url: text("https://www.prova.example/aiuto"),
            pec: text("a@pec.example"),
            phone: text("0461 1"),
            ..SheetContent::default()
        };
        assert_eq!(made, expected);
    }

    #[test]
    fn the_button_is_yaml_with_both_languages() {
        let settings = SheetSettings {
            has_button: true,
            ..SheetSettings::default()
        };
        let channel = json!({ "url": "https://sportello.example/a?b=1", "label": { "it": "Richiedi: \"ora\"", "en": "x" } });
        let made = sheet(
            json!({ "title": "Uno", "digital_channel": channel }),
            settings.clone(),
        );
        let matter = made.cta.unwrap();
        let yaml = matter.trim_start_matches("---\n").trim_end_matches("---\n");
        let read: Value = serde_saphyr::from_str(yaml).unwrap();
        let action = "iohandledlink://https://sportello.example/a?b=1";
        assert_eq!(
            read,
            json!({
                "it": { "cta_1": { "text": "Richiedi: \"ora\"", "action": action } },
                "en": { "cta_1": { "text": "Go to the service", "action": action } },
            })
        );
        let plain = sheet(json!({ "title": "Uno" }), settings).cta.unwrap();
        assert!(plain.contains("iohandledlink://https://www.prova.example/servizi/x"));
    }
}
