//! Queries that cost as much as the limit allows, or a little more.

use super::Family;
use crate::request::{many, query};

pub fn family() -> Family {
    const EXPENSIVE: &str = "TOO_EXPENSIVE";
    let reports = |times: usize| {
        let reports = many(times, |index| {
            format!("r{index}: publishReport {{ __typename }} ")
        });
        format!("{{ services(first: 99) {{ nodes {{ {reports} }} }} }}")
    };
    let texts = |times: usize| {
        let texts = many(times, |index| format!("t{index}: howTo {{ html }} "));
        format!("{{ services(first: 100) {{ nodes {{ {texts} }} }} }}")
    };
    let lists = |times: usize| {
        format!(
            "{{ home {{ {} }} }}",
            "latestNews(first: 1) { id } ".repeat(times)
        )
    };
    let terms = |times: usize| {
        many(times, |index| {
            format!("v{index}: vocabularies {{ terms {{ code label uri }} }} ")
        })
    };
    Family::new("costly")
        .answered("linked data of 100 services", || {
            query("{ services(first: 100) { nodes { jsonLd { schemaOrg cpsvAp } } } }")
        })
        .refused(EXPENSIVE, "linked data of 100 services, 50 times", || {
            let data = many(50, |index| format!("d{index}: jsonLd {{ cpsvAp }} "));
            query(format!("{{ services(first: 100) {{ nodes {{ {data} }} }} }}"))
        })
        .answered("two reports on 99 services", move || query(reports(2)))
        .refused(EXPENSIVE, "three reports on 99 services", move || query(reports(3)))
        .answered("25 texts of 100 services", move || query(texts(25)))
        .refused(EXPENSIVE, "50 texts of 100 services", move || query(texts(50)))
        .answered("240 lists", move || query(lists(240)))
        .refused(EXPENSIVE, "260 lists", move || query(lists(260)))
        .answered("all vocabularies, 12 times", move || query(format!("{{ {} }}", terms(12))))
        .refused(EXPENSIVE, "all vocabularies, 20 times", move || query(format!("{{ {} }}", terms(20))))
        .answered("services of topics of 60 services", || {
            query("{ services(first: 60) { nodes { topics { services(first: 40) { nodes { title slug } } } } } }")
        })
        .refused(EXPENSIVE, "services of topics of services of topics", || {
            query("{ topics(first: 50) { nodes { services(first: 50) { nodes { topics { services(first: 50) { nodes { title } } } } } } } }")
        })
        .answered("opening hours of 100 offices for two months", || {
            let days = many(5, |index| format!("d{index}: days(count: 62) {{ date }} "));
            query(format!("{{ offices(first: 100) {{ nodes {{ openingHours {{ {days} openNow nextOpening }} }} }} }}"))
        })
}
