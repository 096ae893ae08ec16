//! Generated news: the stories of `news.toml` on days of several years.

use chrono::{Datelike, Days, NaiveDate};
use municipio_domain::content::{ContentType, Slug};
use serde_json::json;

use super::{
    GenerateError, Item,
    data::{DATA, Story},
    phrases::Writer,
    related,
    town::{Size, Town},
};

const MONTHS: [&str; 12] = [
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
];
const WEEKDAYS: [&str; 7] = [
    "lunedì",
    "martedì",
    "mercoledì",
    "giovedì",
    "venerdì",
    "sabato",
    "domenica",
];
/// What stands for a topic that a small municipality does not have.
const TOPIC: &str = "comunicazione-istituzionale";

/// The news item with this number, from 0.
pub(super) fn news(town: &Town, index: u64) -> Result<Item, GenerateError> {
    let mut writer = town.writer(ContentType::NewsItem, index);
    let stories = &DATA.news.story;
    let story = &stories[writer.rng.usize(..stories.len())];
    let size = Size::of(index);
    let topics = super::topics(town, &story.topics, TOPIC, Size::of(index));
    let office = super::office(&story.office, size);
    writer.set("ufficio", town.office_link(office));
    let day = set_days(&mut writer);
    let title = writer.one_of(&story.titles);
    let runs_for = story
        .runs_for
        .map(|(least, most)| u64::from(writer.rng.u32(least..=most)));
    let paragraphs: Vec<_> = story
        .body
        .iter()
        .map(|choice| writer.one_of(choice))
        .collect();
    let body = json!({
        "title": super::phrases::capitalised(&title),
        "short_description": super::phrases::capitalised(&writer.one_of(&story.short)),
        "news_type": story.kind,
        "press_number": press_number(story, day, &mut writer),
        "news_date": day,
        "expires_at": runs_for.and_then(|days| day.checked_add_days(Days::new(days))),
        "topics": topics,
        "body": paragraphs.join("\n\n"),
        "edited_by": [town.item(ContentType::Office, &office.key)],
        "related_news": related(town, &mut writer, ContentType::NewsItem, index, 1),
    });
    // Titles come back; the number keeps their slugs apart.
    let slug = Slug::from_title(&format!("{title} {}", index + 1));
    Item::new(town, ContentType::NewsItem, &index.to_string(), slug, body)
}

/// Chooses the day, and gives the names of days their values.
fn set_days(writer: &mut Writer<'static>) -> NaiveDate {
    let (from, until) = (DATA.news.from, DATA.news.until);
    let range = (until - from).num_days().unsigned_abs();
    let after = |day: NaiveDate, days: u64| day.checked_add_days(Days::new(days)).unwrap_or(day);
    let day = after(from, writer.rng.u64(..=range));
    let later = after(day, writer.rng.u64(2..=14));
    let last = after(later, writer.rng.u64(5..=45));
    writer.set("giorno", with_weekday(day));
    writer.set("giorno_dopo", with_weekday(later));
    writer.set("data_dopo", with_article(later));
    writer.set("data_fine", with_article(last));
    writer.set("anno", day.year().to_string());
    writer.set("anno_prossimo", (day.year() + 1).to_string());
    day
}

/// «12 marzo».
fn date(day: NaiveDate) -> String {
    let ordinal = if day.day() == 1 { "º" } else { "" };
    format!("{}{ordinal} {}", day.day(), MONTHS[day.month0() as usize])
}

/// «lunedì 12 marzo».
fn with_weekday(day: NaiveDate) -> String {
    let weekday = WEEKDAYS[day.weekday().num_days_from_monday() as usize];
    format!("{weekday} {}", date(day))
}

/// «il 12 marzo», «l'8 marzo».
fn with_article(day: NaiveDate) -> String {
    let article = if matches!(day.day(), 8 | 11) {
        "l'"
    } else {
        "il "
    };
    format!("{article}{}", date(day))
}

fn press_number(story: &Story, day: NaiveDate, writer: &mut Writer<'static>) -> Option<String> {
    let number = writer.rng.u32(1..=260);
    (story.kind == "comunicati").then(|| format!("{number}/{}", day.year()))
}
