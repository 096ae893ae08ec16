//! Lists of what links to something, or holds a value: all that differ in nothing else are read together.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use municipio_domain::{
    content::{ContentType, Contents, Direction, Filter, Item, ListQuery, OrderBy, Page, Window},
    locale::Locale,
    store::StoreError,
    time::LocalDateTime,
};

pub(super) struct LinkedLoader(pub(super) Contents);

/// The items of a type whose `field` holds `value`: a vocabulary code, or the id of the item that
/// they link to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LinkedList {
    pub(crate) content_type: ContentType,
    pub(crate) field: &'static str,
    pub(crate) value: String,
    pub(crate) locale: Locale,
    /// Only what has begun and has not expired on this day.
    pub(crate) current_on: Option<NaiveDate>,
}

/// Which part of such a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LinkedPart {
    pub(crate) list: LinkedList,
    pub(crate) order: OrderBy,
    pub(crate) direction: Direction,
    pub(crate) window: Window,
}

impl LinkedList {
    fn query(&self, order: OrderBy, direction: Direction) -> ListQuery {
        let filter = match self.current_on {
            None => Filter::everything(),
            Some(day) => Filter::All(vec![
                Filter::NotExpired(day),
                Filter::Date {
                    from: None,
                    until: day.succ_opt().map(begin_of),
                },
            ]),
        };
        ListQuery {
            content_type: self.content_type,
            locale: self.locale.clone(),
            filter,
            order,
            direction,
        }
    }

    /// The same list of another value: lists that differ in nothing else are read together.
    fn group(&self) -> Self {
        Self {
            value: String::new(),
            ..self.clone()
        }
    }
}

fn begin_of(day: NaiveDate) -> DateTime<Utc> {
    LocalDateTime::from(day.and_time(NaiveTime::MIN)).to_utc()
}

impl Loader<LinkedPart> for LinkedLoader {
    type Value = Page<Item>;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        keys: &[LinkedPart],
    ) -> Result<HashMap<LinkedPart, Page<Item>>, Self::Error> {
        let mut groups: HashMap<LinkedPart, Vec<String>> = HashMap::new();
        for key in keys {
            let list = key.list.group();
            let group = LinkedPart {
                list,
                ..key.clone()
            };
            groups
                .entry(group)
                .or_default()
                .push(key.list.value.clone());
        }
        let mut found = HashMap::new();
        for (part, values) in groups {
            let query = part.list.query(part.order, part.direction);
            let pages = self
                .0
                .linked_by(&query, part.list.field, &values, &part.window);
            for (value, page) in pages.await.map_err(Arc::new)? {
                let list = LinkedList {
                    value,
                    ..part.list.clone()
                };
                found.insert(
                    LinkedPart {
                        list,
                        ..part.clone()
                    },
                    page,
                );
            }
        }
        Ok(found)
    }
}

impl Loader<LinkedList> for LinkedLoader {
    type Value = u64;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[LinkedList]) -> Result<HashMap<LinkedList, u64>, Self::Error> {
        let mut groups: HashMap<LinkedList, Vec<String>> = HashMap::new();
        for key in keys {
            groups
                .entry(key.group())
                .or_default()
                .push(key.value.clone());
        }
        let mut found = HashMap::new();
        for (list, values) in groups {
            let query = list.query(OrderBy::Title, Direction::Ascending);
            let counts = self.0.count_each(&query, list.field, &values);
            for (value, total) in counts.await.map_err(Arc::new)? {
                found.insert(
                    LinkedList {
                        value,
                        ..list.clone()
                    },
                    total,
                );
            }
        }
        Ok(found)
    }
}
