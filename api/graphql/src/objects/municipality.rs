//! Municipality settings (Comune): cv:PublicOrganisation, schema:GovernmentOrganization. One item

use async_graphql::{Context, Result, SimpleObject};
use chrono::{Datelike, NaiveDate};
use municipio_domain::{content::WebAddress, time};

use crate::{context::data, error::ErrorCode, scalars, view::View};

use super::{ContactPoint, Content, Image, Place, RichText, WebLink, content_object};

content_object! {
    /// What the whole site needs to know of the municipality.
    Municipality {
        /// Motto (motto).
        async fn motto(&self) -> Option<String> {
            self.view.text(&self.body.motto)
        }

        /// What the fourth menu is called, such as «Vivere il Comune».
        async fn live_label(&self) -> Option<String> {
            self.view.text(&self.body.live_label)
        }

        /// Coat of arms (stemma).
        async fn crest(&self, ctx: &Context<'_>) -> Option<Result<Image>> {
            self.view.image(ctx, self.body.crest.as_ref()).await.transpose()
        }

        /// Region (regione).
        async fn region(&self) -> Option<&str> {
            self.body.region.as_deref()
        }

        /// Site of the region.
        async fn region_url(&self) -> Option<&str> {
            self.body.region_url.as_ref().map(WebAddress::as_str)
        }

        /// Address of the municipality's site, without a path; absolute addresses begin with it.
        async fn site_url(&self) -> Option<&str> {
            self.body.site_url.as_ref().map(WebAddress::as_str)
        }

        /// VAT number (partita IVA).
        async fn vat_number(&self) -> Option<&str> {
            self.body.vat_number.as_deref()
        }

        /// The town hall (sede).
        async fn town_hall(&self, ctx: &Context<'_>) -> Option<Result<Place>> {
            self.view.one(ctx, self.body.town_hall.as_ref()).await.transpose()
        }

        /// Contact points, switchboard and certified mail among them (contatti).
        async fn contact_points(&self, ctx: &Context<'_>) -> Result<Vec<ContactPoint>> {
            self.view.many(ctx, &self.body.contact_points).await
        }

        /// Social media (social).
        async fn social_media(&self) -> Vec<WebLink> {
            self.body.social_media.iter().map(|link| WebLink::new(link, &self.view.reader)).collect()
        }

        /// Links in the footer (piè di pagina).
        async fn footer_links(&self) -> Vec<WebLink> {
            self.body.footer_links.iter().map(|link| WebLink::new(link, &self.view.reader)).collect()
        }

        /// Legal notes (note legali).
        async fn legal_notes(&self) -> Option<RichText> {
            self.view.rich(&self.body.legal_notes)
        }

        /// Privacy statement (informativa privacy).
        async fn privacy_url(&self) -> Option<&str> {
            self.body.privacy_url.as_ref().map(WebAddress::as_str)
        }

        /// Accessibility statement on form.agid.gov.it (dichiarazione di accessibilità).
        async fn accessibility_url(&self) -> Option<&str> {
            self.body.accessibility_url.as_ref().map(WebAddress::as_str)
        }

        /// Where inefficiencies are reported (segnalazione disservizio).
        async fn report_url(&self) -> Option<&str> {
            self.body.report_url.as_ref().map(WebAddress::as_str)
        }

        /// Where appointments are booked (prenotazione appuntamento).
        async fn booking_url(&self) -> Option<&str> {
            self.body.booking_url.as_ref().map(WebAddress::as_str)
        }

        /// Where assistance is asked for (richiesta di assistenza).
        async fn assistance_url(&self) -> Option<&str> {
            self.body.assistance_url.as_ref().map(WebAddress::as_str)
        }

        /// Sign-in to the personal area (accesso all'area personale).
        async fn personal_area_url(&self) -> Option<&str> {
            self.body.personal_area_url.as_ref().map(WebAddress::as_str)
        }

        /// Day of the patron saint, `MM-DD` (giorno del santo patrono).
        async fn patron_saint_day(&self) -> Option<String> {
            self.body.patron_saint_day.map(|day| day.to_string())
        }

        /// The patron saint.
        async fn patron_saint(&self) -> Option<String> {
            self.view.text(&self.body.patron_saint)
        }

        /// Days on which the whole body is closed (chiusure).
        async fn closing_periods(&self) -> Vec<ClosingPeriod> {
            let periods = self.body.closing_periods.iter();
            periods.map(|period| ClosingPeriod::new(period, &self.view)).collect()
        }

        /// Whoever has the code of a case may ask how it stands without signing in (consultazione con codice).
        async fn offers_case_codes(&self) -> bool {
            self.body.offers_case_codes
        }

        /// Public holidays of a year, the day of the patron saint included (festività).
        async fn public_holidays(
            &self,
            #[graphql(desc = "The year, 1949 to 2200.")] year: i32,
        ) -> Result<Vec<PublicHoliday>> {
            if !(1949..=2200).contains(&year) {
                let message = format!("`year` lies between 1949 and 2200, not {year}");
                return Err(ErrorCode::InvalidArgument.about("year", message));
            }
            Ok(self.holidays(year))
        }

        /// Content shown first on the home page (contenuti in evidenza).
        async fn featured(&self, ctx: &Context<'_>) -> Result<Vec<Content>> {
            self.view.any(ctx, &self.body.featured).await
        }

        /// Code in the index of public administrations (codice IPA).
        async fn ipa_code(&self, ctx: &Context<'_>) -> Result<String> {
            Ok(data(ctx)?.tenant.ipa_code.to_string())
        }

        /// Fiscal code of the body (codice fiscale).
        async fn fiscal_code(&self, ctx: &Context<'_>) -> Option<Result<String>> {
            let read = async || -> Result<Option<String>> {
                Ok(data(ctx)?.tenant.fiscal_code.as_ref().map(ToString::to_string))
            };
            read().await.transpose()
        }

        /// ISTAT code (codice ISTAT).
        async fn istat_code(&self, ctx: &Context<'_>) -> Option<Result<String>> {
            let read = async || -> Result<Option<String>> {
                Ok(data(ctx)?.tenant.istat_code.clone())
            };
            read().await.transpose()
        }

        /// Cadastral code (codice catastale).
        async fn cadastral_code(&self, ctx: &Context<'_>) -> Option<Result<String>> {
            let read = async || -> Result<Option<String>> {
                Ok(data(ctx)?.tenant.cadastral_code.clone())
            };
            read().await.transpose()
        }

        /// Abbreviation of the province (provincia).
        async fn province(&self, ctx: &Context<'_>) -> Option<Result<String>> {
            let read = async || -> Result<Option<String>> {
                Ok(data(ctx)?.tenant.province.clone())
            };
            read().await.transpose()
        }

        /// The locales of the site, the default first (lingue del sito).
        async fn locales(&self, ctx: &Context<'_>) -> Result<Vec<scalars::Locale>> {
            let locales = data(ctx)?.tenant.locales.iter();
            Ok(locales.cloned().map(scalars::Locale).collect())
        }
    }
    linked {
    }
}

impl Municipality {
    fn holidays(&self, year: i32) -> Vec<PublicHoliday> {
        let national = time::public_holidays(year).into_iter();
        let mut holidays: Vec<_> = national
            .map(|holiday| PublicHoliday {
                date: holiday.date,
                name: self.view.text(&holiday.name).unwrap_or_default(),
            })
            .collect();
        let patron = self
            .body
            .patron_saint_day
            .and_then(|day| NaiveDate::from_ymd_opt(year, day.month().into(), day.day().into()));
        if let Some(date) = patron {
            let name = self.view.text(&self.body.patron_saint).unwrap_or_default();
            holidays.push(PublicHoliday { date, name });
        }
        holidays.sort_by_key(|holiday| holiday.date.num_days_from_ce());
        holidays
    }
}

/// Days on which the whole body is closed (chiusura).
#[derive(SimpleObject)]
pub(crate) struct ClosingPeriod {
    /// First day.
    from: NaiveDate,
    /// Last day.
    through: NaiveDate,
    /// Why (motivo).
    reason: Option<String>,
}

impl ClosingPeriod {
    fn new(period: &time::ClosingPeriod, view: &View) -> Self {
        Self {
            from: period.from,
            through: period.through,
            reason: view.text(&period.reason),
        }
    }
}

/// A public holiday (festività).
#[derive(SimpleObject)]
pub(crate) struct PublicHoliday {
    /// The day.
    date: NaiveDate,
    /// Its name (nome).
    name: String,
}
