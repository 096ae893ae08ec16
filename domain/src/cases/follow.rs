//! What happens in cases, as it happens, for those who see them.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use futures_util::stream::{self, Stream};
use municipio_entities::{case_event, case_file};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, Iterable,
    sea_query::{Order, Query},
};
use tokio::sync::watch::Receiver;

use super::{Case, CaseEvent, Cases, Sight};
use crate::store::{CaseRows, Log, StoreError};

/// How many events are read together.
const BATCH: u64 = 100;

/// A reader of the log of the cases who waits for more.
struct Follower {
    cases: Cases,
    sight: Sight,
    grown: Receiver<i64>,
    seen: i64,
    /// It has not looked by itself yet: nobody told it what happened before it listened.
    is_new: bool,
    read: VecDeque<(Case, CaseEvent)>,
}

impl Follower {
    async fn next(mut self) -> Result<Option<((Case, CaseEvent), Self)>, StoreError> {
        loop {
            if let Some(next) = self.read.pop_front() {
                return Ok(Some((next, self)));
            }
            // Before reading, so that what is written meanwhile is noticed.
            let last = *self.grown.borrow_and_update();
            let rows = match (self.is_new, last > self.seen) {
                (true, _) => self.cases.log(self.seen).await?,
                (false, true) => self.cases.shared_log(self.seen).await?,
                (false, false) => CaseRows::default(),
            };
            self.is_new = false;
            let Some((_, last)) = rows.last() else {
                if self.grown.changed().await.is_err() {
                    return Ok(None);
                }
                continue;
            };
            self.seen = last.place;
            self.read = seen(&self.sight, &rows)?;
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
            is_new: true,
            read: VecDeque::new(),
        };
        stream::try_unfold(follower, Follower::next)
    }

    /// The same, read once for all who listen; by oneself when that failed.
    async fn shared_log(&self, after: i64) -> Result<CaseRows, StoreError> {
        let store = self.contents().store();
        let feeds = store.feeds();
        let shared = feeds.cases_after(store.tenant_id(), after, self.log(after));
        match shared.await {
            Ok(rows) => Ok(rows),
            Err(_) => self.log(after).await,
        }
    }

    /// The first events after this place, with the cases as they are.
    async fn log(&self, after: i64) -> Result<CaseRows, StoreError> {
        use case_event::{Column, Entity, Model};
        let mut select = Query::select();
        select
            .from(Entity)
            .columns(Column::iter().map(|column| (Entity, column)))
            .and_where(Column::Place.gt(after))
            .order_by((Entity, Column::Place), Order::Asc)
            .limit(BATCH);
        let scope = self.contents().store().read();
        let rows = scope.rows::<Entity>(select).await?;
        let events = rows.iter().map(|row| Model::from_query_result(row, ""));
        let events: Vec<_> = events.collect::<Result<_, _>>()?;
        let ids: BTreeSet<_> = events.iter().map(|event| event.case_id).collect();
        let files = scope.all_of::<case_file::Entity>(case_file::Column::Id, ids, Condition::all());
        let files: HashMap<_, _> = files.await?.into_iter().map(|row| (row.id, row)).collect();
        let events = events.into_iter();
        let rows = events.filter_map(|event| Some((files.get(&event.case_id)?.clone(), event)));
        Ok(Arc::new(rows.collect()))
    }
}

/// Those that somebody sees.
fn seen(
    sight: &Sight,
    rows: &[(case_file::Model, case_event::Model)],
) -> Result<VecDeque<(Case, CaseEvent)>, StoreError> {
    let mut seen = VecDeque::new();
    for (file, event) in rows {
        let case = Case::try_from(file.clone())?;
        if sight.sees(&case) {
            seen.push_back((case, CaseEvent::from_row(event.clone())?));
        }
    }
    Ok(seen)
}
