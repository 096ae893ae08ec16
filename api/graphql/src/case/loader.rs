//! Look-ups of cases of one level of a query, together.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use chrono::{DateTime, Utc};
use municipio_domain::{
    cases::{Case, CaseAccess, CaseEvent, Cases, Sight},
    content::{Contents, types::Procedure},
    ids::{CaseId, RevisionId},
    store::StoreError,
};

pub(crate) struct CaseLoader(pub(crate) Contents);

/// A case that is seen like this.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SeenCase(pub(crate) CaseId, pub(crate) Sight);

impl Loader<SeenCase> for CaseLoader {
    type Value = Case;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[SeenCase]) -> Result<HashMap<SeenCase, Case>, Self::Error> {
        let mut groups: HashMap<&Sight, Vec<CaseId>> = HashMap::new();
        for SeenCase(id, sight) in keys {
            groups.entry(sight).or_default().push(*id);
        }
        let mut found = HashMap::new();
        for (sight, ids) in groups {
            let cases = Cases::from(&self.0);
            for case in cases.among(sight, &ids).await.map_err(Arc::new)? {
                found.insert(SeenCase(case.id, sight.clone()), case);
            }
        }
        Ok(found)
    }
}

/// What happened in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct EventsOf(pub(crate) CaseId);

impl Loader<EventsOf> for CaseLoader {
    type Value = Vec<CaseEvent>;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        keys: &[EventsOf],
    ) -> Result<HashMap<EventsOf, Vec<CaseEvent>>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let events = Cases::from(&self.0).events(&ids).await.map_err(Arc::new)?;
        let events = events.into_iter();
        Ok(events.map(|(id, events)| (EventsOf(id), events)).collect())
    }
}

/// What is applied for in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ApplicationOf(pub(crate) CaseId);

impl Loader<ApplicationOf> for CaseLoader {
    type Value = CaseEvent;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        keys: &[ApplicationOf],
    ) -> Result<HashMap<ApplicationOf, CaseEvent>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let events = Cases::from(&self.0).applications(&ids).await;
        let events = events.map_err(Arc::new)?.into_iter();
        Ok(events
            .map(|(id, event)| (ApplicationOf(id), event))
            .collect())
    }
}

/// That somebody reads what a case says of people.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ReadBy {
    pub(crate) case: CaseId,
    pub(crate) reader: String,
    pub(crate) at: DateTime<Utc>,
}

/// It is written down, of all cases that are read together at once.
impl Loader<ReadBy> for CaseLoader {
    type Value = ();
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[ReadBy]) -> Result<HashMap<ReadBy, ()>, Self::Error> {
        let mut groups: HashMap<(&str, DateTime<Utc>), Vec<CaseId>> = HashMap::new();
        for key in keys {
            let group = groups.entry((key.reader.as_str(), key.at)).or_default();
            group.push(key.case);
        }
        let cases = Cases::from(&self.0);
        for ((reader, at), ids) in groups {
            let noted = cases.note_accesses(&ids, reader, at).await;
            noted.map_err(Arc::new)?;
        }
        Ok(keys.iter().map(|key| (key.clone(), ())).collect())
    }
}

/// Who read a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AccessesOf(pub(crate) CaseId);

impl Loader<AccessesOf> for CaseLoader {
    type Value = Vec<CaseAccess>;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        keys: &[AccessesOf],
    ) -> Result<HashMap<AccessesOf, Vec<CaseAccess>>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let accesses = Cases::from(&self.0).accesses(&ids).await;
        let accesses = accesses.map_err(Arc::new)?.into_iter();
        Ok(accesses
            .map(|(id, accesses)| (AccessesOf(id), accesses))
            .collect())
    }
}

/// A procedure as one of its revisions says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ProcedureOf(pub(crate) RevisionId);

impl Loader<ProcedureOf> for CaseLoader {
    type Value = Arc<Procedure>;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        keys: &[ProcedureOf],
    ) -> Result<HashMap<ProcedureOf, Arc<Procedure>>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let procedures = Cases::from(&self.0).procedures(&ids).await;
        let procedures = procedures.map_err(Arc::new)?.into_iter();
        Ok(procedures
            .map(|(id, procedure)| (ProcedureOf(id), procedure))
            .collect())
    }
}
