//! The municipality beside the model: each step is taken in both, and what readers see is compared.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use municipio_domain::{
    content::{
        self, Body, ContentError, ContentType, Contents, Direction, Filter, Found, ItemState,
        LifeStep, ListQuery, OrderBy, Plan, Target, Window, WorkQuery,
    },
    ids::{ItemId, RevisionId},
    locale::Locale,
    store::{Database, Transaction},
    tenants::Tenant,
};
use municipio_tests::{draft, noon};
use proptest::{prelude::*, test_runner::TestCaseError};
use serde_json::json;

use super::{
    Act, Step, TITLES,
    model::{Model, Thing},
};

/// The municipality beside the model.
pub struct Case<'a> {
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

impl<'a> Case<'a> {
    pub fn new(database: &'a Database, tenant: Tenant) -> Self {
        Self {
            database,
            contents: Contents::new(database.tenant(tenant.id), Contents::cache(0)),
            tenant,
            model: Model::default(),
            ids: Vec::new(),
            now: noon(),
            minutes: 0,
        }
    }

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

    /// The same, when nothing but that counts.
    async fn did<T>(
        &self,
        operation: impl AsyncFnOnce(&Transaction) -> Result<T, ContentError>,
    ) -> bool {
        self.run(operation).await.is_some()
    }

    fn due(&mut self, hours: i64) -> DateTime<Utc> {
        self.minutes += 1;
        self.now + TimeDelta::hours(hours) + TimeDelta::seconds(self.minutes)
    }

    /// Takes a step, and says whether it was refused as the model says.
    pub async fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let (expected, done) = match &step.act {
            Act::Create { title, complete } => self.create(TITLES[*title], *complete).await,
            Act::Wait { hours } => self.wait(*hours).await,
            _ if self.ids.is_empty() => return Ok(()),
            act => self.act(step.item % self.ids.len(), act).await,
        };
        prop_assert_eq!(done, expected, "{:?} of {:?}", step, self.model);
        Ok(())
    }

    async fn create(&mut self, title: &str, complete: bool) -> (bool, bool) {
        let (id, now) = (ItemId::generate(), self.now);
        let made = self.run(async |transaction| {
            content::create(transaction, id, ContentType::Topic, now).await?;
            content::revise(transaction, id, draft(body(title, complete)), now).await
        });
        let done = made.await.is_some();
        self.add(id, title, complete);
        (true, done)
    }

    async fn wait(&mut self, hours: i64) -> (bool, bool) {
        self.now += TimeDelta::hours(hours);
        content::fire_due(self.database, self.now).await.unwrap();
        self.model.wait_until(self.now);
        (true, true)
    }

    /// Does something to an item: whether the model allows it, and whether it was done.
    async fn act(&mut self, item: usize, act: &Act) -> (bool, bool) {
        let (id, now) = (self.ids[item], self.now);
        match act {
            Act::Create { .. } | Act::Wait { .. } => unreachable!("they need no item"),
            Act::Revise { title, complete } => {
                let newest = self.revisions(item).await.pop();
                let target = Target::expecting(id, newest);
                let text = draft(body(TITLES[*title], *complete));
                let done = self
                    .did(async |transaction| content::revise(transaction, target, text, now).await)
                    .await;
                let expected = !self.model.is_away(item);
                if expected {
                    self.model.write(item, TITLES[*title].to_owned(), *complete);
                }
                (expected, done)
            }
            Act::Stale => (true, self.is_told_of_a_conflict(item).await),
            Act::Publish => {
                let locales = &self.tenant.locales;
                let done = self
                    .did(async |transaction| content::publish(transaction, id, locales, now).await)
                    .await;
                let newest = self.model.things[item].texts.len() - 1;
                (self.model.publish(item, newest), done)
            }
            Act::Unpublish => {
                let done = self
                    .did(async |transaction| content::unpublish(transaction, id, now).await)
                    .await;
                self.model.things[item].published = None;
                (true, done)
            }
            Act::Schedule { publish, expire } => {
                let plan = Plan {
                    publish_at: publish.map(|hours| self.due(hours)),
                    expire_at: expire.map(|hours| self.due(hours)),
                };
                let done = self
                    .did(async |transaction| {
                        content::schedule(transaction, id, plan, "test", now).await
                    })
                    .await;
                let expected = self.model.schedule(item, plan.publish_at, plan.expire_at);
                (expected, done)
            }
            Act::Cancel => {
                let done = self
                    .did(async |transaction| {
                        content::cancel_schedule(transaction, id, None, now).await
                    })
                    .await;
                let thing = &mut self.model.things[item];
                (thing.publish, thing.expire) = (None, None);
                (true, done)
            }
            Act::Archive => {
                let done = self
                    .did(async |transaction| {
                        content::move_on(transaction, id, LifeStep::Archive, now).await
                    })
                    .await;
                let expected = !self.model.things[item].deleted;
                if expected {
                    self.model.retire(item);
                    self.model.things[item].archived = true;
                }
                (expected, done)
            }
            Act::Unarchive => {
                let done = self
                    .did(async |transaction| {
                        content::move_on(transaction, id, LifeStep::Unarchive, now).await
                    })
                    .await;
                let expected = !self.model.things[item].deleted;
                self.model.things[item].archived &= !expected;
                (expected, done)
            }
            Act::Delete => {
                let done = self
                    .did(async |transaction| {
                        content::move_on(transaction, id, LifeStep::Delete, now).await
                    })
                    .await;
                self.model.retire(item);
                self.model.things[item].deleted = true;
                (true, done)
            }
            Act::Restore => {
                let done = self
                    .did(async |transaction| {
                        content::move_on(transaction, id, LifeStep::Restore, now).await
                    })
                    .await;
                self.model.things[item].deleted = false;
                (true, done)
            }
            Act::RestoreRevision { revision } => self.restore_revision(item, *revision).await,
            Act::MoveSlug { slug } => {
                let (italian, slug) = (Locale::italian(), TITLES[*slug]);
                let parsed = slug.parse().unwrap();
                let done = self
                    .did(async |transaction| {
                        content::move_slug(transaction, id, &italian, &parsed, now).await
                    })
                    .await;
                (self.model.move_slug(item, slug), done)
            }
            Act::Duplicate => self.duplicate(item).await,
        }
    }

    async fn is_told_of_a_conflict(&self, item: usize) -> bool {
        let actual = self.revisions(item).await.pop();
        let expected = Some(RevisionId::generate());
        let target = Target::expecting(self.ids[item], expected);
        let transaction = self.database.tenant(self.tenant.id).begin().await.unwrap();
        let refused = content::publish(&transaction, target, &self.tenant.locales, self.now).await;
        matches!(refused, Err(ContentError::Conflict { expected: e, actual: a }) if e == expected && a == actual)
    }

    async fn restore_revision(&mut self, item: usize, revision: usize) -> (bool, bool) {
        let (id, now) = (self.ids[item], self.now);
        let revisions = self.revisions(item).await;
        let number = revision % revisions.len();
        let revision = revisions[number];
        let by = "test".to_owned();
        let done = self
            .did(async |transaction| {
                content::restore_revision(transaction, id, revision, by, None, now).await
            })
            .await;
        let expected = !self.model.is_away(item);
        if expected {
            let text = self.model.things[item].texts[number].clone();
            self.model.write(item, text.title, text.complete);
        }
        (expected, done)
    }

    async fn duplicate(&mut self, item: usize) -> (bool, bool) {
        let (id, now) = (self.ids[item], self.now);
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

    fn add(&mut self, id: ItemId, title: &str, complete: bool) {
        self.ids.push(id);
        self.model.things.push(Thing::default());
        self.model
            .write(self.ids.len() - 1, title.to_owned(), complete);
    }

    /// Compares lists, items, states and addresses.
    pub async fn compare(&self) -> Result<(), TestCaseError> {
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
        self.compare_work_lists().await?;
        self.compare_addresses().await
    }

    /// Compares the lists of editors, which are filtered by the state that is stored.
    async fn compare_work_lists(&self) -> Result<(), TestCaseError> {
        for state in ItemState::ALL {
            let query = WorkQuery {
                types: Vec::new(),
                states: vec![state],
                title_prefix: None,
                order: OrderBy::Title,
                direction: Direction::Ascending,
            };
            let window = Window {
                size: 100,
                after: None,
                before: None,
                from_end: false,
            };
            let page = self.contents.work_list(&query, &window).await.unwrap();
            let entries = page.entries.iter();
            let listed: BTreeSet<_> = entries.map(|(_, item)| item.id).collect();
            let things = self.ids.iter().enumerate();
            let expected: BTreeSet<_> = things
                .filter(|(number, _)| self.model.state(*number) == state)
                .map(|(_, id)| *id)
                .collect();
            prop_assert_eq!(listed, expected, "{:?}: {:?}", state, self.model);
        }
        Ok(())
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
