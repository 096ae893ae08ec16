//! What happens in cases, as it happens, for those who see them.

use std::collections::{HashMap, VecDeque};

use futures_util::stream::{self, Stream};
use municipio_entities::case_event;
use sea_orm::{
    ColumnTrait, FromQueryResult, Iterable,
    sea_query::{Order, Query},
};
use tokio::sync::watch::Receiver;

use super::{Case, CaseEvent, Cases, Sight};
use crate::store::{Log, StoreError};

/// How many events are read together.
const BATCH: u64 = 100;

/// A reader of the log of the cases who waits for more.
struct Follower {
    cases: Cases,
    sight: Sight,
    grown: Receiver<i64>,
    seen: i64,
    read: VecDeque<(Case, CaseEvent)>,
}

impl Follower {
    async fn next(mut self) -> Result<Option<((Case, CaseEvent), Self)>, StoreError> {
        loop {
            if let Some(next) = self.read.pop_front() {
                return Ok(Some((next, self)));
            }
            // Before reading, so that what is written meanwhile is noticed.
            self.grown.borrow_and_update();
            let events = self.cases.log(self.seen).await?;
            let Some(last) = events.last() else {
                if self.grown.changed().await.is_err() {
                    return Ok(None);
                }
                continue;
            };
            self.seen = last.place;
            self.read = self.cases.seen(&self.sight, events).await?;
        }
    }
}

impl Cases {
    /// What happens after this place in cases that are seen, with the cases as they are then; what is to come
    /// included. An error ends the stream.
    pub fn follow(
        &self,
        sight: Sight,
        after: i64,
    ) -> impl Stream<Item = Result<(Case, CaseEvent), StoreError>> + use<> {
        let store = self.contents().store();
        let follower = Follower {
            cases: self.clone(),
            sight,
            grown: store
                .feeds()
                .subscribe(store.tenant_id(), Log::Cases, after),
            seen: after,
            read: VecDeque::new(),
        };
        stream::try_unfold(follower, Follower::next)
    }

    /// The first events after this place.
    async fn log(&self, after: i64) -> Result<Vec<CaseEvent>, StoreError> {
        use case_event::{Column, Entity};
        let mut select = Query::select();
        select
            .from(Entity)
            .columns(Column::iter().map(|column| (Entity, column)))
            .and_where(Column::Place.gt(after))
            .order_by((Entity, Column::Place), Order::Asc)
            .limit(BATCH);
        let rows = self
            .contents()
            .store()
            .read()
            .rows::<Entity>(select)
            .await?;
        let rows = rows.iter();
        rows.map(|row| CaseEvent::from_row(case_event::Model::from_query_result(row, "")?))
            .collect()
    }

    /// Those of these events that are of cases which are seen.
    async fn seen(
        &self,
        sight: &Sight,
        events: Vec<CaseEvent>,
    ) -> Result<VecDeque<(Case, CaseEvent)>, StoreError> {
        let mut ids: Vec<_> = events.iter().map(|event| event.case).collect();
        ids.sort_unstable();
        ids.dedup();
        let cases = self.among(sight, &ids).await?;
        let cases: HashMap<_, _> = cases.into_iter().map(|case| (case.id, case)).collect();
        let events = events.into_iter();
        let seen = events.filter_map(|event| Some((cases.get(&event.case)?.clone(), event)));
        Ok(seen.collect())
    }
}
