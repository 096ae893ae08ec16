//! What readers should see, in a few lines.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use municipio_domain::content::ItemState;

#[derive(Clone, Debug)]
pub struct Text {
    pub title: String,
    pub complete: bool,
    pub slug: String,
}

#[derive(Clone, Debug, Default)]
pub struct Thing {
    pub texts: Vec<Text>,
    pub published: Option<usize>,
    /// The slug under which it is, or was last, published.
    pub slug: String,
    pub archived: bool,
    pub deleted: bool,
    pub publish: Option<(DateTime<Utc>, usize)>,
    pub expire: Option<DateTime<Utc>>,
}

/// What readers should see.
#[derive(Debug, Default)]
pub struct Model {
    pub things: Vec<Thing>,
    /// Who has or had a slug.
    pub owners: BTreeMap<String, usize>,
}

impl Model {
    fn owned_by_another(&self, thing: usize, slug: &str) -> bool {
        self.owners.get(slug).is_some_and(|owner| *owner != thing)
    }

    pub fn write(&mut self, thing: usize, title: String, complete: bool) {
        let slug = match self.things[thing].texts.last() {
            Some(text) => text.slug.clone(),
            None => {
                let plain = title.replace(" (copia)", "-copia");
                let numbered = (2..).map(|number| format!("{plain}-{number}"));
                let mut names = [plain.clone()].into_iter().chain(numbered);
                names
                    .find(|slug| !self.owned_by_another(thing, slug))
                    .unwrap()
            }
        };
        self.things[thing].texts.push(Text {
            title,
            complete,
            slug,
        });
    }

    pub fn is_away(&self, thing: usize) -> bool {
        self.things[thing].archived || self.things[thing].deleted
    }

    pub fn publish(&mut self, thing: usize, text: usize) -> bool {
        let found = self.things[thing].texts[text].clone();
        if self.is_away(thing) || !found.complete || self.owned_by_another(thing, &found.slug) {
            return false;
        }
        self.owners.insert(found.slug.clone(), thing);
        let thing = &mut self.things[thing];
        thing.slug = found.slug;
        thing.published = Some(text);
        thing.publish = None;
        true
    }

    pub fn schedule(
        &mut self,
        thing: usize,
        publish: Option<DateTime<Utc>>,
        expire: Option<DateTime<Utc>>,
    ) -> bool {
        let away = self.is_away(thing);
        let thing = &mut self.things[thing];
        let begins = publish.or(thing.publish.map(|(due, _)| due));
        let ends = expire.or(thing.expire);
        let nothing = publish.is_none() && expire.is_none();
        let reversed = begins
            .zip(ends)
            .is_some_and(|(begins, ends)| ends <= begins);
        let endless = begins.is_none() && thing.published.is_none();
        let newest = thing.texts.len() - 1;
        let incomplete = publish.is_some() && !thing.texts[newest].complete;
        if away || nothing || reversed || endless || incomplete {
            return false;
        }
        thing.publish = publish.map(|due| (due, newest)).or(thing.publish);
        thing.expire = expire.or(thing.expire);
        true
    }

    pub fn wait_until(&mut self, now: DateTime<Utc>) {
        let mut due = Vec::new();
        for (number, thing) in self.things.iter().enumerate() {
            due.extend(thing.publish.map(|(at, text)| (at, number, Some(text))));
            due.extend(thing.expire.map(|at| (at, number, None)));
        }
        due.sort();
        for (_, thing, text) in due.into_iter().filter(|(at, _, _)| *at <= now) {
            match text {
                Some(text) => {
                    self.publish(thing, text);
                    self.things[thing].publish = None;
                }
                None => {
                    self.things[thing].published = None;
                    self.things[thing].expire = None;
                }
            }
        }
    }

    pub fn retire(&mut self, thing: usize) {
        let thing = &mut self.things[thing];
        (thing.published, thing.publish, thing.expire) = (None, None, None);
    }

    pub fn move_slug(&mut self, thing: usize, slug: &str) -> bool {
        if self.is_away(thing) || self.owned_by_another(thing, slug) {
            return false;
        }
        for text in &mut self.things[thing].texts {
            text.slug = slug.to_owned();
        }
        if self.things[thing].published.is_some() {
            self.owners.insert(slug.to_owned(), thing);
            self.things[thing].slug = slug.to_owned();
        }
        true
    }

    pub fn state(&self, thing: usize) -> ItemState {
        let thing = &self.things[thing];
        match thing.published {
            _ if thing.deleted => ItemState::Deleted,
            _ if thing.archived => ItemState::Archived,
            None => ItemState::Draft,
            Some(text) if text + 1 == thing.texts.len() => ItemState::Published,
            Some(_) => ItemState::Changed,
        }
    }
}
