//! What the review of IO would find in a service sheet. All of it are warnings of the publishing report: what is
//! published here does not depend on IO.

use super::SheetContent;
use crate::content::{Issue, Severity};

/// How long a name and a description may be, in characters.
const NAME: usize = 100;
const DESCRIPTION: usize = 1_000;
/// How many words a name may have.
const WORDS: usize = 4;
/// Words that a name does not need, in lower case.
const NEEDLESS: [&str; 11] = [
    "pagamento",
    "pagamenti",
    "avviso",
    "avvisi",
    "richiesta",
    "richieste",
    "iscrizione",
    "iscrizioni",
    "notifica",
    "online",
    "digitale",
];
const GUIDE: &str = "PagoPA, Manuale dei servizi di App IO";
const REVIEW: &str = "App IO, review of services";

/// What a review would find in a sheet. Paths are those of the service of the catalogue.
pub fn sheet_issues(sheet: &SheetContent) -> Vec<Issue> {
    let name = sheet.name.to_lowercase();
    let words: Vec<_> = name
        .split(|letter: char| !letter.is_alphanumeric())
        .collect();
    let needless = NEEDLESS.iter().find(|word| words.contains(word));
    let urls = [
        (&sheet.privacy_url, "title"),
        (&sheet.tos_url, "terms_of_service"),
        (&sheet.web_url, "title"),
        (&sheet.support_url, "contact_points"),
    ];
    let wrong_url = urls
        .into_iter()
        .find(|(url, _)| !url.as_deref().is_none_or(is_web));
    let ways = [&sheet.email, &sheet.pec, &sheet.phone, &sheet.support_url];
    let letters = || sheet.name.chars().filter(|letter| letter.is_alphabetic());
    let is_shouted = letters().count() > 4 && letters().all(char::is_uppercase);
    let found = [
        (sheet.name.chars().count() > NAME).then(|| {
            issue("IO_NAME_TOO_LONG", "title", GUIDE,
                "Su App IO il nome del servizio ha al massimo 100 caratteri.",
                "In App IO the name of a service has 100 characters at the most.")
        }),
        (sheet.name.split_whitespace().count() > WORDS).then(|| {
            issue("IO_NAME_WORDY", "title", GUIDE,
                "Su App IO il nome del servizio ha tre o quattro parole.",
                "In App IO the name of a service has three or four words.")
        }),
        names_the_body(&name, &sheet.organization_name).then(|| {
            issue("IO_NAME_NAMES_BODY", "title", GUIDE,
                "Su App IO il nome del servizio non contiene quello dell'ente: vi compare già.",
                "In App IO the name of a service does not hold that of the body: it is shown beside it.")
        }),
        needless.map(|word| {
            issue("IO_NAME_NEEDLESS_WORD", "title", GUIDE,
                &format!("Su App IO il nome del servizio non contiene la parola «{word}»."),
                &format!("In App IO the name of a service does not hold the word «{word}»."))
        }),
        is_shouted.then(|| {
            issue("IO_NAME_UPPER_CASE", "title", GUIDE,
                "Su App IO il nome del servizio non è scritto tutto in maiuscolo.",
                "In App IO the name of a service is not written in capitals.")
        }),
        (sheet.description.chars().count() > DESCRIPTION).then(|| {
            issue("IO_DESCRIPTION_TOO_LONG", "short_description", GUIDE,
                "Su App IO la descrizione del servizio ha al massimo 1.000 caratteri.",
                "In App IO the description of a service has 1,000 characters at the most.")
        }),
        sheet.privacy_url.is_none().then(|| {
            issue("IO_PRIVACY_MISSING", "title", REVIEW,
                "App IO chiede l'informativa sulla privacy: indicala nelle impostazioni del Comune.",
                "App IO asks for a privacy statement: name it in the settings of the municipality.")
        }),
        wrong_url.map(|(_, path)| {
            issue("IO_ADDRESS_INVALID", path, REVIEW,
                "App IO accetta soltanto indirizzi http o https senza spazi.",
                "App IO takes addresses with http or https alone, and without spaces.")
        }),
        ways.iter().all(|way| way.is_none()).then(|| {
            issue("IO_CONTACT_MISSING", "contact_points", REVIEW,
                "App IO chiede almeno un recapito: e-mail, PEC, telefono o pagina di assistenza.",
                "App IO asks for a way to reach somebody: mail, certified mail, telephone or a page of help.")
        }),
    ];
    found.into_iter().flatten().collect()
}

/// Whether a name in lower case names the body: as it is called, or without «Comune di».
fn names_the_body(name: &str, body: &str) -> bool {
    let body = body.to_lowercase();
    let short = body
        .rsplit_once(" di ")
        .map_or(body.as_str(), |(_, short)| short);
    let holds = |text: &str| {
        let mut places = name.match_indices(text);
        places.any(|(start, found)| {
            let before = name[..start].chars().next_back();
            let after = name[start + found.len()..].chars().next();
            ![before, after]
                .iter()
                .flatten()
                .any(|letter| letter.is_alphanumeric())
        })
    };
    short.chars().count() > 2 && holds(short)
}

/// Whether IO takes it for an address.
fn is_web(url: &str) -> bool {
    let rest = url
        .strip_prefix("https:")
        .or_else(|| url.strip_prefix("http:"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

fn issue(code: &str, path: &str, source: &str, it: &str, en: &str) -> Issue {
    Issue {
        code: code.to_owned(),
        severity: Severity::Warning,
        path: path.to_owned(),
        message_it: it.to_owned(),
        message_en: en.to_owned(),
        source: source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::notifications::sheet::{SheetSettings, mapping::tests::sheet};

    fn found(change: impl FnOnce(&mut SheetContent)) -> Vec<String> {
        let body =
            json!({ "title": "Carta d'identità elettronica", "short_description": "Prenota." });
        let mut content = sheet(body, SheetSettings::default());
        change(&mut content);
        let issues = sheet_issues(&content).into_iter();
        issues.map(|issue| issue.code).collect()
    }

    #[test]
    fn what_a_review_would_find_is_warned_of() {
        assert!(found(|_| {}).is_empty());
        let named = |name: &str| found(|sheet| sheet.name = name.to_owned());
        assert_eq!(
            named("Tassa sui rifiuti di Prova"),
            ["IO_NAME_WORDY", "IO_NAME_NAMES_BODY"]
        );
        assert!(named("Tassa approvata").is_empty());
        assert_eq!(named("Pagamento TARI"), ["IO_NAME_NEEDLESS_WORD"]);
        assert_eq!(named("MENSA SCOLASTICA"), ["IO_NAME_UPPER_CASE"]);
        assert!(named("IMU").is_empty() && named("Avvisatori").is_empty());
        assert_eq!(named(&"x".repeat(101)), ["IO_NAME_TOO_LONG"]);
        assert_eq!(
            found(|sheet| sheet.description = "è".repeat(1_001)),
            ["IO_DESCRIPTION_TOO_LONG"]
        );
        assert!(found(|sheet| sheet.description = "è".repeat(1_000)).is_empty());
        assert_eq!(
            found(|sheet| sheet.privacy_url = None),
            ["IO_PRIVACY_MISSING"]
        );
        assert_eq!(
            found(|sheet| sheet.web_url = Some("https://a b".to_owned())),
            ["IO_ADDRESS_INVALID"]
        );
        let unreachable = found(|sheet| {
            (sheet.pec, sheet.phone, sheet.support_url) = (None, None, None);
        });
        assert_eq!(unreachable, ["IO_CONTACT_MISSING"]);
    }
}
