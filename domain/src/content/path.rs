//! The addresses of content: which path an item has on the municipality's site, in the order of
//! the national model (Amministrazione, Novità, Servizi, Vivere il Comune). Paths need nothing but
//! the item itself.

use super::{Body, ContentType, Item, Slug};
use crate::locale::Locale;

/// The path of an item for readers of the first of these locales. Locales other than `default`
/// stand before the path: `/de/servizi/…`. Nothing for an item without a slug, or without a page of
/// its own.
pub fn path(item: &Item, locales: &[Locale], default: &Locale) -> Option<String> {
    let section = section(&item.body)?;
    let prefix = locales
        .first()
        .filter(|locale| *locale != default)
        .map(|locale| format!("/{locale}"))
        .unwrap_or_default();
    if item.content_type() == ContentType::Municipality {
        return Some(if prefix.is_empty() {
            "/".to_owned()
        } else {
            prefix
        });
    }
    let slug = item.slug(locales)?;
    Some(if section.is_empty() {
        format!("{prefix}/{slug}")
    } else {
        format!("{prefix}/{section}/{slug}")
    })
}

/// The section of the site; nothing for what has no page of its own.
fn section(body: &Body) -> Option<String> {
    Some(match body {
        Body::Municipality(_) | Body::Page(_) => String::new(),
        Body::Service(service) => match service.category.first() {
            Some(category) => format!("servizi/{}", category.as_str()),
            None => "servizi".to_owned(),
        },
        Body::Office(office) => {
            let code = office
                .office_type
                .map(|code| code.as_str())
                .unwrap_or_default();
            format!("amministrazione/{}", administration_section(code))
        }
        Body::Person(_) => "amministrazione/persone".to_owned(),
        Body::Role(_) => "amministrazione/incarichi".to_owned(),
        Body::ContactPoint(_) => "amministrazione/contatti".to_owned(),
        Body::Procedure(_) => "amministrazione/procedimenti".to_owned(),
        Body::Document(_) => "amministrazione/documenti-e-dati".to_owned(),
        Body::Dataset(_) => "amministrazione/dataset".to_owned(),
        Body::NewsItem(news) => match news.news_type {
            Some(kind) => format!("novita/{}", kind.as_str()),
            None => "novita".to_owned(),
        },
        Body::Event(_) => "vivere-il-comune/eventi".to_owned(),
        Body::Place(_) => "vivere-il-comune/luoghi".to_owned(),
        Body::Topic(_) => "argomenti".to_owned(),
        Body::Faq(_) => "domande-frequenti".to_owned(),
        Body::Asset(_) => return None,
    })
}

/// Where a kind of office stands in the menu «Amministrazione».
fn administration_section(office_type: &str) -> &'static str {
    match office_type.split('.').next().unwrap_or_default() {
        "struttura-politica" => "organi-di-governo",
        "altra-struttura" => "enti-e-fondazioni",
        _ if office_type == "struttura-amministrativa.area" => "aree-amministrative",
        _ => "uffici",
    }
}

/// What a path asks for: the locale it begins with, and the content that may be found there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The locale that stands before the path.
    pub locale: Option<Locale>,
    /// The types that may be found there, with the slug to look for.
    pub content: Option<(ContentType, Slug)>,
}

/// Reads a path. `is_locale` says which first parts are locales of the tenant.
pub fn parse_path(path: &str, is_locale: impl Fn(&Locale) -> bool) -> Address {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let locale = parts
        .first()
        .and_then(|part| part.parse::<Locale>().ok())
        .filter(is_locale);
    if locale.is_some() {
        parts.remove(0);
    }
    let content_type = match parts.as_slice() {
        [_] => Some(ContentType::Page),
        ["servizi", ..] => Some(ContentType::Service),
        ["novita", ..] => Some(ContentType::NewsItem),
        ["argomenti", _] => Some(ContentType::Topic),
        ["domande-frequenti", _] => Some(ContentType::Faq),
        ["vivere-il-comune", "eventi", _] => Some(ContentType::Event),
        ["vivere-il-comune", "luoghi", _] => Some(ContentType::Place),
        ["amministrazione", section, _] => Some(match *section {
            "persone" => ContentType::Person,
            "incarichi" => ContentType::Role,
            "contatti" => ContentType::ContactPoint,
            "procedimenti" => ContentType::Procedure,
            "documenti-e-dati" => ContentType::Document,
            "dataset" => ContentType::Dataset,
            _ => ContentType::Office,
        }),
        _ => None,
    };
    let slug = parts.last().and_then(|part| part.parse().ok());
    Address {
        locale,
        content: content_type.zip(slug),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(path: &str) -> Address {
        parse_path(path, |locale| locale.as_str() == "de")
    }

    #[test]
    fn paths_are_read() {
        let found = parse("/de/servizi/anagrafe-e-stato-civile/personalausweis?utm=1");
        assert_eq!(found.locale.unwrap().as_str(), "de");
        let (content_type, slug) = found.content.unwrap();
        assert_eq!(content_type, ContentType::Service);
        assert_eq!(slug.as_str(), "personalausweis");
        let found = parse("/en/privacy");
        assert_eq!((found.locale, found.content), (None, None));
        assert_eq!(parse("/privacy").content.unwrap().0, ContentType::Page);
        assert_eq!(parse("/").content, None);
        assert_eq!(parse("/Servizi//../x Y").content, None);
    }
}
