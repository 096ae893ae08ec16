//! The filters of lists. A filter input names the fields that its content type is found by; all
//! that is given must hold.

use async_graphql::{ID, InputObject, Result};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use municipio_domain::{
    content::{ContentType, Filter},
    time::LocalDateTime,
    vocabularies,
};

use crate::{context::RequestData, error::ErrorCode, objects::ServiceStatus};

/// A range of days. Both are part of it.
#[derive(Clone, Debug, InputObject)]
pub(crate) struct DateRange {
    /// First day, in the time of Italy.
    pub(crate) from: Option<NaiveDate>,
    /// Last day, in the time of Italy.
    pub(crate) through: Option<NaiveDate>,
}

/// From a moment on, and until another; either may be open.
pub(crate) type Bounds = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

impl DateRange {
    /// The first moment of the range, and the moment after it.
    pub(crate) fn bounds(&self, argument: &str) -> Result<Bounds> {
        let is_reversed = |(from, through)| through < from;
        if self.from.zip(self.through).is_some_and(is_reversed) {
            let argument = format!("{argument}.through");
            let message = "`through` lies before `from`";
            return Err(ErrorCode::InvalidArgument.about(&argument, message));
        }
        let begin = |day: NaiveDate| LocalDateTime::from(day.and_time(NaiveTime::MIN)).to_utc();
        let until = self.through.and_then(|day| day.succ_opt()).map(begin);
        Ok((self.from.map(begin), until))
    }
}

/// An input that becomes a filter of the domain.
pub(crate) trait FilterInput {
    /// The filter, for a request with this data; `at` is the path of the input.
    fn filter(self, data: &RequestData, at: &str) -> Result<Filter>;
}

fn codes(field: &'static str, vocabulary: &str, codes: Vec<String>, at: &str) -> Result<Filter> {
    for (index, code) in codes.iter().enumerate() {
        let known = vocabularies::get(vocabulary).and_then(|list| list.term(code));
        if known.is_none() {
            let shown: String = code.chars().take(60).collect();
            let message = format!("the vocabulary {vocabulary} has no term «{shown}»");
            return Err(ErrorCode::UnknownCode.about(&format!("{at}[{index}]"), message));
        }
    }
    Ok(Filter::facet(field, codes))
}

fn ids(
    data: &RequestData,
    field: &'static str,
    content_type: ContentType,
    ids: Vec<ID>,
    at: &str,
) -> Result<Filter> {
    let ids = ids.iter().enumerate().map(|(index, id)| {
        data.item_id(id, content_type, &format!("{at}[{index}]"))
            .map(|id| id.to_string())
    });
    Ok(Filter::facet(field, ids.collect::<Result<Vec<_>>>()?))
}

/// Defines a filter input: `codes` are fields with vocabulary codes, `ids` fields with links; then
/// what only this type has.
macro_rules! filter_input {
    (
        $(#[$doc:meta])*
        $name:ident {
            codes { $($(#[$code_doc:meta])* $code:ident: $field:literal in $vocabulary:literal,)* }
            ids { $($(#[$id_doc:meta])* $id:ident: $link:literal to $target:ident,)* }
            more { $($(#[$more_doc:meta])* $more:ident: $type:ty => |$value:ident, $now:ident, $at:ident| $convert:expr,)* }
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, InputObject)]
        pub(crate) struct $name {
            /// All of these hold.
            and: Option<Vec<$name>>,
            /// Any of these holds.
            or: Option<Vec<$name>>,
            /// This does not hold.
            not: Option<Box<$name>>,
            /// The title begins with this text, accents and case apart (inizio del titolo).
            title_prefix: Option<String>,
            /// Published anew after this moment (modificato dopo).
            modified_after: Option<DateTime<Utc>>,
            $($(#[$code_doc])* $code: Option<Vec<String>>,)*
            $($(#[$id_doc])* $id: Option<Vec<ID>>,)*
            $($(#[$more_doc])* $more: Option<$type>,)*
        }

        impl FilterInput for $name {
            fn filter(self, data: &RequestData, at: &str) -> Result<Filter> {
                let each = |filters: Vec<$name>, name: &str| {
                    let filters = filters.into_iter().enumerate();
                    filters
                        .map(|(index, filter)| filter.filter(data, &format!("{at}.{name}[{index}]")))
                        .collect::<Result<Vec<_>>>()
                };
                let mut all = Vec::new();
                if let Some(filters) = self.and {
                    all.extend(each(filters, "and")?);
                }
                if let Some(filters) = self.or {
                    all.push(Filter::Any(each(filters, "or")?));
                }
                if let Some(filter) = self.not {
                    all.push(Filter::Not(Box::new(filter.filter(data, &format!("{at}.not"))?)));
                }
                all.extend(self.title_prefix.map(Filter::TitlePrefix));
                all.extend(self.modified_after.map(Filter::UpdatedSince));
                $(
                    if let Some(values) = self.$code {
                        let at = format!("{at}.{}", camel(stringify!($code)));
                        all.push(codes($field, $vocabulary, values, &at)?);
                    }
                )*
                $(
                    if let Some(values) = self.$id {
                        let at = format!("{at}.{}", camel(stringify!($id)));
                        all.push(ids(data, $link, ContentType::$target, values, &at)?);
                    }
                )*
                $(
                    if let Some($value) = self.$more {
                        let $now = data.now();
                        let $at = format!("{at}.{}", camel(stringify!($more)));
                        let _ = (&$now, &$at);
                        all.push($convert);
                    }
                )*
                Ok(Filter::All(all))
            }
        }
    };
}

/// A name as GraphQL writes it.
pub(crate) fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (first, rest) = part.split_at(part.len().min(1));
        camel.push_str(&first.to_uppercase());
        camel.push_str(rest);
    }
    camel
}

fn date_filter(range: &DateRange, at: &str) -> Result<Filter> {
    let (from, until) = range.bounds(at)?;
    Ok(Filter::Date { from, until })
}

fn not_expired(now: DateTime<Utc>, wanted: bool) -> Filter {
    let today = now
        .with_timezone(&municipio_domain::time::ROME)
        .date_naive();
    let current = Filter::NotExpired(today);
    if wanted {
        current
    } else {
        Filter::Not(Box::new(current))
    }
}

filter_input! {
    /// Which services (filtro dei servizi).
    ServiceFilter {
        codes {
            /// In one of these categories (categorie).
            category: "category" in "service-categories",
            /// For one of these life events (eventi della vita).
            life_event: "life_events" in "life-events",
            /// For one of these business events (eventi d'impresa).
            business_event: "business_events" in "business-events",
            /// With one of these ways to sign in (modalità di autenticazione).
            authentication_method: "authentication_methods" in "authentication-types",
            /// With one of these levels of interactivity (livello di interattività).
            interactivity_level: "interactivity_level" in "interactivity-levels",
            /// In one of these information areas of the Single Digital Gateway.
            sdg_code: "sdg_codes" in "sdg-information-areas",
            /// Of one of these government functions, COFOG (funzioni di governo).
            government_function: "government_functions" in "government-functions",
        }
        ids {
            /// On one of these topics (argomenti).
            topic: "topics" to Topic,
            /// Of one of these offices (ufficio responsabile).
            office: "responsible_office" to Office,
            /// That can be had at one of these offices (sportello).
            physical_office: "physical_channel" to Office,
        }
        more {
            /// With one of these statuses (stato).
            status: Vec<ServiceStatus> => |statuses, now, at| {
                let statuses = statuses.into_iter().map(|status| {
                    municipio_domain::content::types::ServiceStatus::from(status).code()
                });
                Filter::facet("status", statuses)
            },
        }
    }
}

filter_input! {
    /// Which offices (filtro delle unità organizzative).
    OfficeFilter {
        codes {
            /// Of one of these kinds, or of a narrower one (tipo di organizzazione).
            office_type: "office_type" in "office-types",
        }
        ids {
            /// That belong to one of these (unità genitore).
            parent_office: "parent_office" to Office,
            /// With a site at one of these places (sede).
            place: "sites" to Place,
            /// On one of these topics (argomenti).
            topic: "topics" to Topic,
        }
        more {}
    }
}

filter_input! {
    /// Which places (filtro dei luoghi).
    PlaceFilter {
        codes {
            /// Of one of these kinds, or of a narrower one (tipo di luogo).
            place_type: "place_type" in "place-types",
        }
        ids {
            /// Run by one of these offices (struttura responsabile).
            managing_office: "managing_office" to Office,
            /// On one of these topics (argomenti).
            topic: "topics" to Topic,
        }
        more {}
    }
}

filter_input! {
    /// Which people (filtro delle persone).
    PersonFilter {
        codes {}
        ids {
            /// Reached by one of these contact points (punti di contatto).
            contact_point: "contact_points" to ContactPoint,
        }
        more {}
    }
}

filter_input! {
    /// Which roles (filtro degli incarichi).
    RoleFilter {
        codes {
            /// Of one of these kinds, or of a narrower one (tipo di incarico).
            role_type: "role_type" in "role-types",
        }
        ids {
            /// Held by one of these people (persona).
            person: "person" to Person,
            /// In one of these offices (unità organizzativa).
            office: "office" to Office,
            /// Of the heads of these offices (responsabile).
            head_of: "head_of" to Office,
        }
        more {
            /// That began in these days (data di inizio).
            started: DateRange => |range, now, at| date_filter(&range, &at)?,
        }
    }
}

filter_input! {
    /// Which contact points (filtro dei punti di contatto).
    ContactPointFilter {
        codes {
            /// With an entry of one of these kinds (tipo).
            entry_type: "entries" in "contact-point-types",
        }
        ids {
            /// Of one of these people (persona).
            person: "person" to Person,
        }
        more {}
    }
}

filter_input! {
    /// Which news (filtro delle novità).
    NewsItemFilter {
        codes {
            /// Of one of these kinds (tipo di notizia).
            news_type: "news_type" in "news-types",
        }
        ids {
            /// On one of these topics (argomenti).
            topic: "topics" to Topic,
            /// Written by one of these offices (a cura di).
            office: "edited_by" to Office,
            /// About one of these places (luoghi).
            place: "places" to Place,
            /// About one of these people (persone).
            person: "people" to Person,
        }
        more {
            /// Of these days (data della notizia).
            date: DateRange => |range, now, at| date_filter(&range, &at)?,
            /// That still matter, or that do not any more (non scadute).
            current: bool => |wanted, now, at| not_expired(now, wanted),
        }
    }
}

filter_input! {
    /// Which events (filtro degli eventi).
    EventFilter {
        codes {
            /// Of one of these kinds, or of a narrower one (tipo di evento).
            event_type: "event_type" in "event-types",
        }
        ids {
            /// On one of these topics (argomenti).
            topic: "topics" to Topic,
            /// At one of these places (luogo).
            place: "place" to Place,
            /// Organised by one of these offices (organizzato da).
            office: "organizers" to Office,
            /// Part of one of these events (evento genitore).
            parent_event: "parent_event" to Event,
        }
        more {
            /// That take place, at least in part, in these days (date).
            occurs: DateRange => |range, now, at| {
                let (from, until) = range.bounds(&at)?;
                Filter::Occurs { from, until }
            },
        }
    }
}

filter_input! {
    /// Which documents (filtro dei documenti).
    DocumentFilter {
        codes {
            /// Of one of these kinds (tipo di documento).
            document_type: "document_type" in "document-types",
            /// Of one of these kinds of the notice board, or of a narrower one (albo pretorio).
            notice_board_type: "notice_board_type" in "notice-board-types",
            /// For one of these life events (eventi della vita).
            life_event: "life_events" in "life-events",
            /// For one of these business events (eventi d'impresa).
            business_event: "business_events" in "business-events",
        }
        ids {
            /// On one of these topics (argomenti).
            topic: "topics" to Topic,
            /// Of one of these offices (ufficio responsabile).
            office: "responsible_office" to Office,
            /// Of one of these services (servizi).
            service: "services" to Service,
        }
        more {
            /// With a protocol date, or else a start of validity, in these days (data).
            date: DateRange => |range, now, at| date_filter(&range, &at)?,
        }
    }
}

filter_input! {
    /// Which datasets (filtro dei dataset).
    DatasetFilter {
        codes {
            /// On one of these themes (temi).
            theme: "themes" in "dataset-themes",
            /// With one of these licences (licenza).
            licence: "licence" in "licences",
        }
        ids {
            /// Of one of these offices (titolare).
            rights_holder: "rights_holder" to Office,
            /// On one of these topics (argomenti).
            topic: "topics" to Topic,
        }
        more {}
    }
}

filter_input! {
    /// Which topics (filtro degli argomenti).
    TopicFilter {
        codes {
            /// With one of these codes of the national model (codice).
            code: "code" in "topics",
        }
        ids {
            /// Of one of these offices (unità organizzativa responsabile).
            office: "responsible_offices" to Office,
        }
        more {}
    }
}

filter_input! {
    /// Which pages (filtro delle pagine).
    PageFilter {
        codes {}
        ids {
            /// Below one of these pages (pagina superiore).
            parent_page: "parent_page" to Page,
            /// On one of these topics (argomenti).
            topic: "topics" to Topic,
        }
        more {}
    }
}

filter_input! {
    /// Which questions (filtro delle domande frequenti).
    FaqFilter {
        codes {}
        ids {
            /// On one of these topics (argomenti).
            topic: "topics" to Topic,
            /// About one of these services (servizi).
            service: "services" to Service,
        }
        more {}
    }
}

filter_input! {
    /// Which procedures (filtro dei procedimenti).
    ProcedureFilter {
        codes {}
        ids {
            /// In which one of these offices takes part (unità organizzative coinvolte).
            office: "offices_involved" to Office,
            /// For which one of these people is responsible (responsabile del procedimento).
            officer: "procedure_officer" to Person,
        }
        more {}
    }
}

filter_input! {
    /// Which files (filtro degli allegati).
    AssetFilter {
        codes {
            /// Under one of these licences (licenza).
            licence: "licence" in "licences",
        }
        ids {}
        more {
            /// Of one of these media types, such as `application/pdf` (formato).
            media_type: Vec<String> => |types, now, at| Filter::facet("media_type", types),
        }
    }
}
