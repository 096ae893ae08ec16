//! Who the people of the cases of the demo are, and what they ask for.

use fastrand::Rng;
use municipio_domain::{
    cases::{CaseError, Person},
    citizens::{DEMO_CITIZENS, InvalidFiscalCode},
};
use serde_json::{Value, json};

/// People who do not exist, beside the citizens of the demo: of a place that does not exist.
const PEOPLE: [(&str, &str); 12] = [
    ("Marta Zanella", "ZNLMRT78C54X999P"),
    ("Davide Pedrini", "PDRDVD84L02X999G"),
    ("Chiara Bertolini", "BRTCHR91S65X999M"),
    ("Andrea Leonardi", "LNRNDR69A09X999A"),
    ("Sara Tomasi", "TMSSRA96E70X999A"),
    ("Paolo Righi", "RGHPLA57M21X999I"),
    ("Elisa Ferrari", "FRRLSE88T44X999L"),
    ("Stefano Moser", "MSRSFN73H17X999J"),
    ("Ilaria Conti", "CNTLRI82B51X999D"),
    ("Marco Galli", "GLLMRC90P28X999P"),
    ("Francesca Riva", "RVIFNC65D46X999N"),
    ("Nicola Sartori", "SRTNCL87R19X999U"),
];

/// What people ask for: the file of a procedure, and subjects with the data of an application.
pub(super) fn subjects() -> [(&'static str, Vec<(&'static str, Value)>); 6] {
    [
        (
            "cambio-di-residenza",
            vec![
                (
                    "Trasferimento da Trento in Via del Porto 12",
                    json!({ "kind": "other-municipality", "previousAddress": "Via Belenzani 3, Trento", "newAddress": "Via del Porto 12", "movedOn": "2026-09-01", "dwellingTitle": "rented" }),
                ),
                (
                    "Cambio di abitazione in Piazza San Vigilio 4",
                    json!({ "kind": "same-municipality", "newAddress": "Piazza San Vigilio 4", "movedOn": "2026-10-12", "dwellingTitle": "owned" }),
                ),
            ],
        ),
        (
            "rilascio-carta-identita",
            vec![
                (
                    "Rinnovo della carta d'identità",
                    json!({ "reason": "expired", "validAbroad": true }),
                ),
                (
                    "Duplicato per smarrimento",
                    json!({ "reason": "lost", "validAbroad": true, "organDonation": "undecided" }),
                ),
            ],
        ),
        (
            "riduzione-tari",
            vec![(
                "Riduzione per uso stagionale",
                json!({ "reduction": "seasonal-use", "dwelling": "Via Lungolago 41", "since": "2026-01-01" }),
            )],
        ),
        (
            "iscrizione-mensa-scolastica",
            vec![(
                "Iscrizione alla mensa, scuola primaria Don Milani",
                json!({ "pupil": { "givenName": "Pietro", "familyName": "Prova", "birthDate": "2018-05-02" }, "school": "Don Milani", "class": "3A", "days": ["mon", "wed", "fri"], "diet": "none" }),
            )],
        ),
        (
            "concessione-suolo-pubblico",
            vec![
                (
                    "Ponteggio in Via Roma 8",
                    json!({ "purpose": "building-site", "place": "Via Roma 8", "squareMetres": 24, "from": "2027-01-11", "until": "2027-02-28" }),
                ),
                (
                    "Tavolini in Piazza del Porto",
                    json!({ "purpose": "terrace", "place": "Piazza del Porto", "squareMetres": 30, "from": "2027-04-01", "until": "2027-10-31" }),
                ),
            ],
        ),
        (
            "accesso-agli-atti",
            vec![(
                "Copia della concessione edilizia di Via dei Mulini 3",
                json!({ "acts": "Concessione edilizia 44/1987", "interest": "Acquisto dell'immobile", "mode": "copy" }),
            )],
        ),
    ]
}

/// Somebody.
pub(super) fn person(rng: &mut Rng) -> Result<Person, CaseError> {
    let citizens = DEMO_CITIZENS.iter().map(|citizen| {
        let name = format!("{} {}", citizen.given_name, citizen.family_name);
        (name, citizen.fiscal_code)
    });
    let others = PEOPLE
        .iter()
        .map(|(name, code)| ((*name).to_owned(), *code));
    let mut all: Vec<_> = citizens.chain(others).collect();
    let (name, code) = all.swap_remove(rng.usize(0..all.len()));
    let wrong = |error: InvalidFiscalCode| CaseError::Sealing(error.to_string());
    Ok(Person {
        fiscal_code: code.parse().map_err(wrong)?,
        name: Some(name),
        email: None,
    })
}
