//! Look-ups of cases of one level of a query, together.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use municipio_domain::{
    cases::{Case, CaseEvent, Cases, Sight},
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
