use std::collections::{BTreeSet, HashMap, HashSet};

use municipio_domain::content::publish_report;

use super::{basics::basics, news::news, service::service, *};

/// Numbers of services and news: the first ones, and some of a large municipality.
fn indexes() -> impl Iterator<Item = u64> {
    (0..150).chain((1..60).map(|step| step * step * 311))
}

fn content(town: &Town) -> Vec<Item> {
    let mut all = basics(town, 2_000_000).unwrap();
    all.extend(indexes().map(|index| service(town, index).unwrap()));
    all.extend(indexes().map(|index| news(town, index).unwrap()));
    all
}

fn text(item: &Item) -> String {
    let body = item.body.to_json().unwrap();
    format!("{} {:?} {:?} {body}", item.id, item.content_type, item.slug)
}

fn texts(seed: u64, number: u64) -> Vec<String> {
    let town = Town::new(seed, number).unwrap();
    content(&town).iter().map(text).collect()
}

#[test]
fn the_same_seed_gives_the_same_content() {
    let first = texts(7, 1);
    assert_eq!(first, texts(7, 1));
    for (seed, number) in [(8, 1), (7, 2)] {
        let other: HashSet<_> = texts(seed, number).into_iter().collect();
        assert!(first.iter().all(|text| !other.contains(text)));
    }
}

#[test]
fn more_of_it_begins_with_the_same() {
    let town = Town::new(3, 5).unwrap();
    let all: HashMap<_, _> = basics(&town, 2_000_000)
        .unwrap()
        .iter()
        .map(|item| (item.id, text(item)))
        .collect();
    let mut before = 0;
    for items in [0, 1, 15, 100, 11_000, 1_000_000] {
        let some = basics(&town, items).unwrap();
        assert_eq!(some.len() as u64, basics::count(items));
        assert!(some.len() >= before);
        before = some.len();
        for item in some {
            assert_eq!(all[&item.id], text(&item));
        }
    }
}

#[test]
fn everything_can_be_published_without_a_warning() {
    let mut warned = BTreeSet::new();
    for seed in 0..6 {
        let town = Town::new(seed, seed + 1).unwrap();
        for item in content(&town) {
            let report = publish_report(&item.body);
            assert!(report.is_publishable(), "{}: {report:#?}", text(&item));
            warned.extend(report.issues.into_iter().map(|issue| issue.code));
        }
    }
    // Variations for groups in districts have long titles, as real ones have.
    assert!(
        warned.is_subset(&["TITLE_LONG".to_owned()].into()),
        "{warned:?}"
    );
}

#[test]
fn every_phrase_is_filled_in() {
    for item in content(&Town::new(11, 1).unwrap()) {
        let body = item.body.to_json().unwrap();
        let mut left = Vec::new();
        braces(&body, &mut left);
        assert!(left.is_empty(), "{left:?} in {body}");
    }
}

/// Texts that have braces in them.
fn braces(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(['{', '}']) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| braces(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| braces(field, found)),
        _ => {}
    }
}

#[test]
fn links_lead_to_what_is_there_already() {
    let town = Town::new(2, 1).unwrap();
    for index in indexes() {
        let mut there: HashSet<_> = basics(&town, index + 1)
            .unwrap()
            .iter()
            .map(|item| item.id)
            .collect();
        for (content_type, make) in [
            (ContentType::Service, service as fn(&Town, u64) -> _),
            (ContentType::NewsItem, news),
        ] {
            let earlier = index - index % write::TOGETHER..index;
            there.extend(earlier.map(|index| town.item(content_type, &index.to_string())));
            let item: Item = make(&town, index).unwrap();
            for link in item.body.relations().links {
                assert!(
                    there.contains(&link.target),
                    "{content_type} {index}: {link:?}"
                );
            }
        }
    }
}

#[test]
fn no_two_services_have_the_same_slug() {
    let town = Town::new(1, 1).unwrap();
    let mut slugs = HashSet::new();
    for index in 0..20_000 {
        let title = service::title(&town, index);
        let slug = Slug::from_title(&title).unwrap();
        assert!(slugs.insert(slug), "{title}");
    }
}

#[test]
fn no_two_municipalities_have_the_same_name_or_code() {
    let mut names = HashSet::new();
    for number in 1..=13_000 {
        let town = Town::new(4, number).unwrap();
        assert!(names.insert(town.host), "{}", town.name);
        assert!(names.insert(town.ipa_code.to_string()), "{}", town.name);
    }
}

#[test]
fn sheets_are_as_long_as_real_ones() {
    let town = Town::new(1, 1).unwrap();
    let mean = |make: fn(&Town, u64) -> Result<Item, GenerateError>| {
        let sizes = (0..300).map(|index| {
            let body = make(&town, index).unwrap().body.to_json().unwrap();
            body.to_string().len()
        });
        sizes.sum::<usize>() / 300
    };
    let (services, news) = (mean(service), mean(news));
    assert!((3_000..=8_000).contains(&services), "{services}");
    assert!((1_000..=3_000).contains(&news), "{news}");
}

#[test]
#[ignore = "prints examples to read"]
fn examples() {
    let town = Town::new(1, 1).unwrap();
    for index in [0, 200, 1_400] {
        println!(
            "{:#}",
            service(&town, index).unwrap().body.to_json().unwrap()
        );
        println!("{:#}", news(&town, index).unwrap().body.to_json().unwrap());
    }
    for index in 0..40 {
        println!("{}", service::title(&town, index * 137));
        println!("{:?}", news(&town, index).unwrap().body.title());
    }
}
