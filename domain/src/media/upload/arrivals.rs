//! How much arrives at a time at this program, of all, of each municipality and of each author, and which uploads are
//! looked at.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::MediaError;
use crate::ids::{TenantId, UploadId};

/// How many files of one author arrive at a time.
const MOST_OF_ONE: usize = 4;

/// What arrives now.
#[derive(Clone, Debug)]
pub(in crate::media) struct Arrivals {
    most: usize,
    now: Arc<Mutex<Now>>,
}

type Author = (TenantId, String);

#[derive(Debug, Default)]
struct Now {
    arriving: usize,
    authors: HashMap<Author, usize>,
    looked_at: HashSet<UploadId>,
}

impl Arrivals {
    /// With this many files at a time.
    pub(in crate::media) fn new(most: usize) -> Self {
        Self {
            most,
            now: Arc::default(),
        }
    }

    /// What is noted is whole after every step: a panic of somebody else leaves nothing half done.
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file of this author arrives until what this gives is dropped.
    pub(super) fn arrive(&self, tenant: TenantId, author: &str) -> Result<Arriving, MediaError> {
        let mut now = self.now();
        let key = (tenant, author.to_owned());
        let of_author = now.authors.get(&key).copied().unwrap_or_default();
        if of_author >= MOST_OF_ONE {
            return Err(MediaError::TooMany(MOST_OF_ONE));
        }
        // Some who send slowly leave room for other municipalities.
        let of_tenant = now.authors.iter().filter(|((of, _), _)| *of == tenant);
        let of_tenant: usize = of_tenant.map(|(_, count)| count).sum();
        if now.arriving >= self.most || of_tenant >= self.most.div_ceil(2) {
            return Err(MediaError::Busy);
        }
        now.arriving += 1;
        now.authors.insert(key.clone(), of_author + 1);
        Ok(Arriving {
            arrivals: self.clone(),
            author: key,
        })
    }

    /// An upload is looked at, by nobody else here, until what this gives is dropped.
    pub(super) fn look_at(&self, upload: UploadId) -> Result<LookedAt, MediaError> {
        match self.now().looked_at.insert(upload) {
            true => Ok(LookedAt {
                arrivals: self.clone(),
                upload,
            }),
            false => Err(MediaError::BeingLookedAt),
        }
    }
}

/// A file arrives.
#[derive(Debug)]
pub(super) struct Arriving {
    arrivals: Arrivals,
    author: Author,
}

impl Drop for Arriving {
    fn drop(&mut self) {
        let mut now = self.arrivals.now();
        now.arriving -= 1;
        if let Some(count) = now.authors.get_mut(&self.author) {
            *count -= 1;
            if *count == 0 {
                now.authors.remove(&self.author);
            }
        }
    }
}

/// An upload is looked at.
#[derive(Debug)]
pub(super) struct LookedAt {
    arrivals: Arrivals,
    upload: UploadId,
}

impl Drop for LookedAt {
    fn drop(&mut self) {
        self.arrivals.now().looked_at.remove(&self.upload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_author_and_one_municipality_leave_room_for_others() {
        let arrivals = Arrivals::new(2 * MOST_OF_ONE + 2);
        let (tenant, other) = (TenantId::generate(), TenantId::generate());
        let arrive = |author: &str| arrivals.arrive(tenant, author);
        let mut first: Vec<_> = (0..MOST_OF_ONE).map(|_| arrive("a").unwrap()).collect();
        assert!(matches!(arrive("a"), Err(MediaError::TooMany(_))));
        let second = arrive("b").unwrap();
        assert!(matches!(arrive("c"), Err(MediaError::Busy)));
        let theirs = arrivals.arrive(other, "a").unwrap();
        first.pop();
        assert!(arrive("a").is_ok());
        drop((first, second, theirs));
        assert!(arrivals.now().authors.is_empty());
    }

    #[test]
    fn an_upload_is_looked_at_by_one_at_a_time() {
        let arrivals = Arrivals::new(1);
        let upload = UploadId(uuid::Uuid::nil());
        let looked_at = arrivals.look_at(upload).unwrap();
        assert!(matches!(
            arrivals.look_at(upload),
            Err(MediaError::BeingLookedAt)
        ));
        drop(looked_at);
        assert!(arrivals.look_at(upload).is_ok());
    }
}
