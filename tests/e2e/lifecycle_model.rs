//! Any sequence of operations on content leaves readers with what a simple model says. `MUNICIPIO_CASES` is
//! the number of sequences, 12 when it is not set.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::rt::System;
use chrono::{DateTime, TimeDelta, Utc};
use municipio_domain::{
    content::{
        self, Body, ContentError, ContentType, Contents, Direction, Filter, Found, ItemState,
        ListQuery, OrderBy, Plan, Target, Window,
    },
    ids::{ItemId, RevisionId},
    locale::Locale,
    store::{Database, Transaction},
    tenants::{self, NewTenant, Tenant},
};
use municipio_tests::{Engine, TestApp, draft, noon};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::json;

/// One step. Items are named by their number, counted round.
#[derive(Clone, Debug)]
enum Step {
    Create {
        title: usize,
        complete: bool,
    },
    Revise {
        item: usize,
        title: usize,
        complete: bool,
    },
    Stale {
        item: usize,
    },
    Publish {
        item: usize,
    },
    Unpublish {
        item: usize,
    },
    Schedule {
        item: usize,
        publish: Option<i64>,
        expire: Option<i64>,
    },
    Cancel {
        item: usize,
    },
    Wait {
        hours: i64,
    },
    Archive {
        item: usize,
    },
    Unarchive {
        item: usize,
    },
    Delete {
        item: usize,
    },
    Restore {
        item: usize,
    },
    RestoreRevision {
        item: usize,
        revision: usize,
    },
    MoveSlug {
        item: usize,
        slug: usize,
    },
    Duplicate {
        item: usize,
    },
}

const TITLES: [&str; 3] = ["alfa", "beta", "gamma"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let item = 0..4usize;
    let title = 0..TITLES.len();
    // What cannot be published is rare.
    let complete = prop::bool::weighted(0.9);
    let hours = || prop::option::of(1..12i64);
    let step = prop_oneof![
        2 => (title.clone(), complete).prop_map(|(title, complete)| Step::Create { title, complete }),
        3 => (item.clone(), title, complete).prop_map(|(item, title, complete)| Step::Revise { item, title, complete }),
        1 => item.clone().prop_map(|item| Step::Stale { item }),
        5 => item.clone().prop_map(|item| Step::Publish { item }),
        2 => item.clone().prop_map(|item| Step::Unpublish { item }),
        3 => (item.clone(), hours(), hours()).prop_map(|(item, publish, expire)| Step::Schedule { item, publish, expire }),
        1 => item.clone().prop_map(|item| Step::Cancel { item }),
        3 => (1..8i64).prop_map(|hours| Step::Wait { hours }),
        1 => item.clone().prop_map(|item| Step::Archive { item }),
        1 => item.clone().prop_map(|item| Step::Unarchive { item }),
        1 => item.clone().prop_map(|item| Step::Delete { item }),
        1 => item.clone().prop_map(|item| Step::Restore { item }),
        1 => (item.clone(), 0..4usize).prop_map(|(item, revision)| Step::RestoreRevision { item, revision }),
        2 => (item.clone(), 0..3usize).prop_map(|(item, slug)| Step::MoveSlug { item, slug }),
        1 => item.prop_map(|item| Step::Duplicate { item }),
    ];
    prop::collection::vec(step, 1..24)
}

#[derive(Clone, Debug)]
struct Text {
    title: String,
    complete: bool,
    slug: String,
}

#[derive(Clone, Debug, Default)]
struct Thing {
    texts: Vec<Text>,
    published: Option<usize>,
    /// The slug under which it is, or was last, published.
    slug: String,
    archived: bool,
    deleted: bool,
    publish: Option<(DateTime<Utc>, usize)>,
    expire: Option<DateTime<Utc>>,
}

/// What readers should see.
#[derive(Debug, Default)]
struct Model {
    things: Vec<Thing>,
    /// Who has or had a slug.
    owners: BTreeMap<String, usize>,
}

impl Model {
    fn owned_by_another(&self, thing: usize, slug: &str) -> bool {
        self.owners.get(slug).is_some_and(|owner| *owner != thing)
    }

    fn write(&mut self, thing: usize, title: String, complete: bool) {
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

    fn is_away(&self, thing: usize) -> bool {
        self.things[thing].archived || self.things[thing].deleted
    }

    fn publish(&mut self, thing: usize, text: usize) -> bool {
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

    fn schedule(
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

    fn wait_until(&mut self, now: DateTime<Utc>) {
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

    fn retire(&mut self, thing: usize) {
        let thing = &mut self.things[thing];
        (thing.published, thing.publish, thing.expire) = (None, None, None);
    }

    fn move_slug(&mut self, thing: usize, slug: &str) -> bool {
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

    fn state(&self, thing: usize) -> ItemState {
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

/// The municipality beside the model.
struct Case<'a> {
    database: &'a Database,
    tenant: Tenant,
    contents: Contents,
    model: Model,
    ids: Vec<ItemId>,
    now: DateTime<Utc>,
    /// So that no two things are due at the same time.
    minutes: i64,
}

fn body(title: &str, complete: bool) -> Body {
    let mut body = json!({ "title": title });
    if complete {
        body["short_description"] = json!("Un argomento");
    }
    Body::parse(ContentType::Topic, body).unwrap()
}

impl Case<'_> {
    async fn revisions(&self, item: usize) -> Vec<RevisionId> {
        let id = self.ids[item];
        let mut history = self.contents.history(&[id], None, 1_000).await.unwrap();
        let history = history.remove(&id).unwrap_or_default();
        history.iter().rev().map(|revision| revision.id).collect()
    }

    /// Runs an operation in a transaction; says whether it was not refused.
    async fn run<T>(
        &self,
        operation: impl AsyncFnOnce(&Transaction) -> Result<T, ContentError>,
    ) -> Option<T> {
        let store = self.database.tenant(self.tenant.id);
        let transaction = store.begin().await.unwrap();
        match operation(&transaction).await {
            Ok(done) => {
                transaction.commit().await.unwrap();
                Some(done)
            }
            Err(ContentError::Invalid(_) | ContentError::NotPublishable(_)) => None,
            Err(error) => panic!("{error}"),
        }
    }

    fn due(&mut self, hours: i64) -> DateTime<Utc> {
        self.minutes += 1;
        self.now + TimeDelta::hours(hours) + TimeDelta::seconds(self.minutes)
    }

    async fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let now = self.now;
        let count = self.ids.len();
        let named = |item: &usize| (count > 0).then(|| item % count);
        let (expected, done) = match step {
            Step::Create { title, complete } => {
                let id = ItemId::generate();
                let title = TITLES[*title];
                let done = self.run(async |transaction| {
                    content::create(transaction, id, ContentType::Topic, now).await?;
                    content::revise(transaction, id, draft(body(title, *complete)), now).await
                });
                let done = done.await.is_some();
                self.add(id, title, *complete);
                (true, done)
            }
            Step::Wait { hours } => {
                self.now += TimeDelta::hours(*hours);
                content::fire_due(self.database, self.now).await.unwrap();
                self.model.wait_until(self.now);
                (true, true)
            }
            Step::Revise {
                item,
                title,
                complete,
            } => {
                let Some(item) = named(item) else {
                    return Ok(());
                };
                let newest = self.revisions(item).await.pop();
                let target = Target::expecting(self.ids[item], newest);
                let text = draft(body(TITLES[*title], *complete));
                let done = self
                    .run(async |transaction| content::revise(transaction, target, text, now).await);
                let done = done.await.is_some();
                let expected = !self.model.is_away(item);
                if expected {
                    self.model.write(item, TITLES[*title].to_owned(), *complete);
                }
                (expected, done)
            }
            Step::Stale { item } => {
                let Some(item) = named(item) else {
                    return Ok(());
                };
                let actual = self.revisions(item).await.pop();
                let expected = Some(RevisionId::generate());
                let target = Target::expecting(self.ids[item], expected);
                let transaction = self.database.tenant(self.tenant.id).begin().await.unwrap();
                let refused =
                    content::publish(&transaction, target, &self.tenant.locales, now).await;
                let told = matches!(refused, Err(ContentError::Conflict { expected: e, actual: a }) if e == expected && a == actual);
                (true, told)
            }
            Step::Publish { item } => {
                let Some(item) = named(item) else {
                    return Ok(());
                };
                let (id, locales) = (self.ids[item], &self.tenant.locales);
                let done = self
                    .run(async |transaction| content::publish(transaction, id, locales, now).await);
                let done = done.await.is_some();
                let newest = self.model.things[item].texts.len() - 1;
                (self.model.publish(item, newest), done)
            }
            Step::Unpublish { item } => {
                let Some(item) = named(item) else {
                    return Ok(());
                };
                let id = self.ids[item];
                let done =
                    self.run(async |transaction| content::unpublish(transaction, id, now).await);
                let done = done.await.is_some();
                self.model.things[item].published = None;
                (true, done)
            }
            Step::Schedule {
                item,
                publish,
                expire,
            } => {
                let Some(item) = named(item) else {
                    return Ok(());
                };
                let publish_at = publish.map(|hours| self.due(hours));
                let expire_at = expire.map(|hours| self.due(hours));
                let (id, plan) = (
                    self.ids[item],
                    Plan {
                        publish_at,
                        expire_at,
                    },
                );
                let done = self.run(async |transaction| {
                    content::schedule(transaction, id, plan, "test", now).await
                });
                let done = done.await.is_some();
                (self.model.schedule(item, publish_at, expire_at), done)
            }
            Step::Cancel { item } => {
                let Some(item) = named(item) else {
                    return Ok(());
                };
                let id = self.ids[item];
                let done = self.run(async |transaction| {
                    content::cancel_schedule(transaction, id, None, now).await
                });
                let done = done.await.is_some();
                let thing = &mut self.model.things[item];
                (thing.publish, thing.expire) = (None, None);
                (true, done)
            }
            Step::Archive { item } => {
                let Some(item) = named(item) else {
                    return Ok(());
                };
                let id = self.ids[item];
                let done =
                    self.run(async |transaction| content::archive(transaction, id, now).await);
                let done = done.await.is_some();
                let expected = !self.model.things[item].deleted;
                if expected {
                    self.model.retire(item);
                    self.model.things[item].archived = true;
                }
                (expected, done)
            }
            Step::Unarchive { item } => {
                let Some(item) = named(item) else {
                    return Ok(());
                };
                let id = self.ids[item];
                let done =
                    self.run(async |transaction| content::unarchive(transaction, id, now).await);
                let done = done.await.is_some();
                let expected = !self.model.things[item].deleted;
                self.model.things[item].archived &= !expected;
                (expected, done)
            }
            Step::Delete { item } => {
                let Some(item) = named(item) else {
                    return Ok(());
                };
                let id = self.ids[item];
                let done =
                    self.run(async |transaction| content::delete(transaction, id, now).await);
                let done = done.await.is_some();
                self.model.retire(item);
                self.model.things[item].deleted = true;
                (true, done)
            }
            Step::Restore { item } => {
                let Some(item) = named(item) else {
                    return Ok(());
                };
                let id = self.ids[item];
                let done =
                    self.run(async |transaction| content::restore(transaction, id, now).await);
                let done = done.await.is_some();
                self.model.things[item].deleted = false;
                (true, done)
            }
            Step::RestoreRevision { item, revision } => {
                let Some(item) = named(item) else {
                    return Ok(());
                };
                let revisions = self.revisions(item).await;
                let number = revision % revisions.len();
                let (id, revision) = (self.ids[item], revisions[number]);
                let done = self.run(async |transaction| {
                    content::restore_revision(
                        transaction,
                        id,
                        revision,
                        "test".to_owned(),
                        None,
                        now,
                    )
                    .await
                });
                let done = done.await.is_some();
                let expected = !self.model.is_away(item);
                if expected {
                    let text = self.model.things[item].texts[number].clone();
                    self.model.write(item, text.title, text.complete);
                }
                (expected, done)
            }
            Step::MoveSlug { item, slug } => {
                let Some(item) = named(item) else {
                    return Ok(());
                };
                let (id, slug) = (self.ids[item], TITLES[*slug]);
                let done = self.run(async |transaction| {
                    content::move_slug(
                        transaction,
                        id,
                        &Locale::italian(),
                        &slug.parse().unwrap(),
                        now,
                    )
                    .await
                });
                let done = done.await.is_some();
                (self.model.move_slug(item, slug), done)
            }
            Step::Duplicate { item } => {
                let Some(item) = named(item) else {
                    return Ok(());
                };
                let id = self.ids[item];
                let copy = self.run(async |transaction| {
                    content::duplicate(transaction, id, "test".to_owned(), now).await
                });
                let copy = copy.await;
                let expected = !self.model.things[item].deleted;
                if let (Some(copy), true) = (copy, expected) {
                    let text = self.model.things[item].texts.last().unwrap().clone();
                    let title = format!("{} (copia)", text.title);
                    self.add(copy, &title, text.complete);
                }
                (expected, copy.is_some())
            }
        };
        prop_assert_eq!(done, expected, "{:?} of {:?}", step, self.model);
        Ok(())
    }

    fn add(&mut self, id: ItemId, title: &str, complete: bool) {
        self.ids.push(id);
        self.model.things.push(Thing::default());
        self.model
            .write(self.ids.len() - 1, title.to_owned(), complete);
    }

    /// Compares lists, items, states and addresses.
    async fn compare(&self) -> Result<(), TestCaseError> {
        let things = self.model.things.iter().zip(&self.ids);
        let expected: BTreeSet<_> = things
            .filter_map(|(thing, id)| {
                let text = &thing.texts[thing.published?];
                Some((*id, text.title.clone(), thing.slug.clone()))
            })
            .collect();
        let seen = |items: &[content::Item]| -> BTreeSet<_> {
            let items = items.iter();
            items
                .map(|item| {
                    let title = item.body.title().italian().unwrap().to_owned();
                    (item.id, title, item.slugs[&Locale::italian()].to_string())
                })
                .collect()
        };
        let items = self.contents.published(&self.ids).await.unwrap();
        prop_assert_eq!(seen(&items), expected.clone(), "by id: {:?}", self.model);
        let query = ListQuery {
            content_type: ContentType::Topic,
            locale: Locale::italian(),
            filter: Filter::everything(),
            order: OrderBy::Title,
            direction: Direction::Ascending,
        };
        let page = self.contents.list(
            &query,
            &Window {
                size: 100,
                after: None,
                before: None,
                from_end: false,
            },
        );
        let listed: Vec<_> = page
            .await
            .unwrap()
            .entries
            .into_iter()
            .map(|(_, item)| item)
            .collect();
        prop_assert_eq!(
            seen(&listed),
            expected.clone(),
            "in lists: {:?}",
            self.model
        );
        let count = self.contents.count(&query).await.unwrap();
        prop_assert_eq!(count, expected.len() as u64, "counted: {:?}", self.model);
        for item in self.contents.work_items(&self.ids).await.unwrap() {
            let number = self.ids.iter().position(|id| *id == item.id).unwrap();
            prop_assert_eq!(item.state, self.model.state(number), "{:?}", self.model);
        }
        self.compare_addresses().await
    }

    async fn compare_addresses(&self) -> Result<(), TestCaseError> {
        for (slug, owner) in &self.model.owners {
            let thing = &self.model.things[*owner];
            let (italian, parsed) = (Locale::italian(), slug.parse().unwrap());
            let found = self.contents.by_slug(ContentType::Topic, &italian, &parsed);
            let found = match found.await.unwrap() {
                Found::Item(item) => format!("here {}", item.id),
                Found::Moved(item) => format!("moved {}", item.id),
                Found::Gone => "gone".to_owned(),
                Found::Nothing => "nothing".to_owned(),
            };
            let expected = match thing.published {
                None => "gone".to_owned(),
                Some(_) if thing.slug == *slug => format!("here {}", self.ids[*owner]),
                Some(_) => format!("moved {}", self.ids[*owner]),
            };
            prop_assert_eq!(found, expected, "{}: {:?}", slug, self.model);
        }
        Ok(())
    }
}

async fn check(database: &Database, number: usize, steps: &[Step]) -> Result<(), TestCaseError> {
    let new = NewTenant {
        ipa_code: format!("c_x{number:03}").parse().unwrap(),
        name: Some("Comune di prova".to_owned()),
        fiscal_code: None,
        hosts: Vec::new(),
        locales: vec![Locale::italian()],
        id: None,
    };
    let tenant = tenants::create(database, new, noon()).await.unwrap();
    let mut case = Case {
        database,
        contents: Contents::new(database.tenant(tenant.id), Contents::cache(0)),
        tenant,
        model: Model::default(),
        ids: Vec::new(),
        now: noon(),
        minutes: 0,
    };
    for step in steps {
        case.step(step).await?;
        case.compare().await?;
    }
    Ok(())
}

fn any_sequence(engine: Engine) {
    let cases = std::env::var("MUNICIPIO_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(12);
    let system = System::new();
    let database = system.block_on(async {
        let app = TestApp::empty(engine).await;
        // The clock of the server is not that of the story.
        app.stop().await;
        let database = app.other_program().await;
        (app, database)
    });
    let config = Config {
        cases,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let numbers = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&steps(), |steps| {
        numbers.set(numbers.get() + 1);
        system.block_on(check(&database.1, numbers.get(), &steps))
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn any_sequence_of_operations_leaves_readers_with_what_the_model_says_sqlite() {
    any_sequence(Engine::Sqlite);
}

#[test]
fn any_sequence_of_operations_leaves_readers_with_what_the_model_says_postgres() {
    if Engine::postgres_is_there() {
        any_sequence(Engine::Postgres);
    }
}
