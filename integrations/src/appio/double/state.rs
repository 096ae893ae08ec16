//! What a double knows: its services, the calls that were made, and the messages that it took in.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{Conduct, Device, SANDBOX, conduct::Mishap, services::Managed};

/// In which time calls are counted.
const WINDOW: Duration = Duration::from_secs(5);

/// A right that a service has or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// It may send messages whose text is elsewhere.
    RemoteContent,
    /// It has a premium contract.
    Premium,
    /// It may name another payee.
    Payee,
}

/// A service of a double.
#[derive(Clone, Debug)]
pub struct NewService {
    /// The account of the body that it is of: calls are counted for it.
    pub account: String,
    /// Its keys.
    pub keys: Vec<String>,
    /// It may write to others than the citizen of tests.
    pub is_live: bool,
    /// Its rights.
    pub groups: BTreeSet<Group>,
    /// The most cents that it may ask for.
    pub max_payment: u64,
}

/// A message that was taken in.
#[derive(Clone, Debug, Serialize)]
pub struct Taken {
    /// Its id.
    pub id: String,
    /// The service that sent it.
    pub service_id: String,
    /// To whom.
    pub fiscal_code: String,
    /// What was sent.
    pub body: Value,
    /// When.
    pub created_at: DateTime<Utc>,
    #[serde(skip)]
    pub(super) since: Instant,
}

impl Taken {
    /// When, by the clock that only goes forward.
    pub fn since(&self) -> Instant {
        self.since
    }
}

#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) id: String,
    pub(super) new: NewService,
    since: Instant,
}

#[derive(Default)]
struct Inner {
    services: Vec<Service>,
    configurations: BTreeSet<String>,
    manage_keys: BTreeSet<String>,
    taken: Vec<Taken>,
    managed: Vec<Managed>,
    /// With what citizens signed in: what lets it be fetched, and the assertion, by the name of the key of a device.
    assertions: HashMap<String, (String, String)>,
    /// The windows in which calls of an account are counted as IO counts them: their beginning, and how many.
    windows: HashMap<String, (Instant, usize)>,
    /// The calls of the last seconds of an account, to see how many there were in any five of them.
    calls: HashMap<String, VecDeque<Instant>>,
    busiest: usize,
    /// Whether citizens read what they are sent, and pay what it asks for.
    habits: Habits,
    random: Option<fastrand::Rng>,
}

/// What citizens do with messages of premium contracts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Habits {
    /// They read them.
    pub reads: bool,
    /// They pay what these ask for.
    pub pays: bool,
}

/// What a double knows.
pub(super) struct State {
    pub(super) conduct: Conduct,
    pub(super) clock: fn() -> DateTime<Utc>,
    inner: Mutex<Inner>,
}

impl State {
    pub(super) fn new(conduct: Conduct, clock: fn() -> DateTime<Utc>) -> Self {
        let random = fastrand::Rng::with_seed(conduct.seed);
        Self {
            conduct,
            clock,
            inner: Mutex::new(Inner {
                random: Some(random),
                ..Inner::default()
            }),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here is left half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add_service(&self, new: NewService) -> String {
        let id = ulid();
        self.inner().services.push(Service {
            id: id.clone(),
            new,
            since: Instant::now(),
        });
        id
    }

    pub(super) fn add_configuration(&self, manage_key: &str) -> String {
        let id = ulid();
        let mut inner = self.inner();
        inner.configurations.insert(id.clone());
        inner.manage_keys.insert(manage_key.to_owned());
        id
    }

    pub(super) fn services(&self) -> Vec<String> {
        let inner = self.inner();
        inner
            .services
            .iter()
            .map(|service| service.id.clone())
            .collect()
    }

    pub(super) fn replace_keys(&self, service: &str, keys: Vec<String>) {
        let mut inner = self.inner();
        let found = inner.services.iter_mut().find(|known| known.id == service);
        if let Some(found) = found {
            found.new.keys = keys;
            found.since = Instant::now();
        }
    }

    /// The service whose key this is, if it is old enough.
    pub(super) fn service_of(&self, key: &str) -> Option<Service> {
        let inner = self.inner();
        let mut services = inner.services.iter();
        let service = services.find(|service| service.new.keys.iter().any(|known| known == key))?;
        (service.since.elapsed() >= self.conduct.fresh).then(|| service.clone())
    }

    pub(super) fn knows_manage_key(&self, key: &str) -> bool {
        self.inner().manage_keys.contains(key)
    }

    pub(super) fn sign_in(&self, device: &Device, at: DateTime<Utc>) {
        let assertion = (device.authorization(), device.assertion(at));
        self.inner()
            .assertions
            .insert(device.reference(), assertion);
    }

    pub(super) fn sign_out(&self, device: &Device) {
        self.inner().assertions.remove(&device.reference());
    }

    /// The assertion of a device, for who has what lets it be fetched.
    pub(super) fn assertion(&self, reference: &str, authorization: &str) -> Option<String> {
        let inner = self.inner();
        let (wanted, assertion) = inner.assertions.get(reference)?;
        (wanted == authorization).then(|| assertion.clone())
    }

    pub(super) fn configurations(&self) -> Vec<String> {
        self.inner().configurations.iter().cloned().collect()
    }

    pub(super) fn knows_configuration(&self, id: &str) -> bool {
        self.inner().configurations.contains(id)
    }

    /// Counts a call of an account; says in how many seconds there may be another when there were too many.
    pub(super) fn count(&self, account: &str) -> Option<u64> {
        let now = Instant::now();
        let mut inner = self.inner();
        let calls = inner.calls.entry(account.to_owned()).or_default();
        calls.push_back(now);
        while calls.front().is_some_and(|first| now - *first >= WINDOW) {
            calls.pop_front();
        }
        let there = calls.len();
        inner.busiest = inner.busiest.max(there);
        let window = inner.windows.entry(account.to_owned()).or_insert((now, 0));
        if now - window.0 >= WINDOW {
            *window = (now, 0);
        }
        window.1 += 1;
        let is_too_much = self.conduct.calls.is_some_and(|most| window.1 > most);
        let left = WINDOW.saturating_sub(now - window.0);
        is_too_much.then(|| left.as_secs() + 1)
    }

    /// The most calls of an account in any five seconds.
    pub(super) fn busiest(&self) -> usize {
        self.inner().busiest
    }

    /// What goes wrong with a call.
    pub(super) fn mishap(&self) -> Option<Mishap> {
        let number = self
            .inner()
            .random
            .as_mut()
            .map(|random| random.u8(0..100))?;
        self.conduct.faults.mishap(number)
    }

    /// Whether a message is taken in without an answer.
    pub(super) fn loses(&self) -> bool {
        let number = self.inner().random.as_mut().map(|random| random.u8(0..100));
        number.is_some_and(|number| number < self.conduct.faults.lost)
    }

    /// Takes a message in: a new one, whatever was sent before.
    pub(super) fn take(&self, service: &Service, fiscal_code: &str, body: Value) -> String {
        let id = ulid();
        self.inner().taken.push(Taken {
            id: id.clone(),
            service_id: service.id.clone(),
            fiscal_code: fiscal_code.to_owned(),
            body,
            created_at: (self.clock)(),
            since: Instant::now(),
        });
        id
    }

    pub(super) fn taken(&self) -> Vec<Taken> {
        self.inner().taken.clone()
    }

    pub(super) fn message(&self, id: &str) -> Option<Taken> {
        let inner = self.inner();
        inner.taken.iter().find(|taken| taken.id == id).cloned()
    }

    /// How a message stands.
    pub(super) fn status(&self, message: &Taken) -> &'static str {
        match message.since.elapsed() >= self.conduct.settles_after {
            false => "ACCEPTED",
            true if self.conduct.rejecting.contains(&message.fiscal_code) => "REJECTED",
            true => "PROCESSED",
        }
    }

    /// What citizens do from now on.
    pub(super) fn set_habits(&self, habits: Habits) {
        self.inner().habits = habits;
    }

    pub(super) fn habits(&self) -> Habits {
        self.inner().habits
    }

    /// The account for which calls with manage keys are counted: a double is of one body.
    pub(super) fn manager(&self) -> String {
        let inner = self.inner();
        let first = inner.services.first();
        first.map_or_else(|| "double".to_owned(), |first| first.new.account.clone())
    }

    /// Makes a service, whatever there is.
    pub(super) fn manage(&self, data: Value) -> Managed {
        let service = Managed::new(data, (self.clock)());
        self.inner().managed.push(service.clone());
        service
    }

    /// The services that are managed, as they stand now.
    pub(super) fn all_managed(&self) -> Vec<Managed> {
        let mut inner = self.inner();
        let services = inner.managed.iter_mut();
        services.for_each(|service| service.settle(self.conduct.review_after));
        inner.managed.clone()
    }

    /// Does something with a service that is managed, if there is one with this id.
    pub(super) fn managed<T>(&self, id: &str, act: impl FnOnce(&mut Managed) -> T) -> Option<T> {
        let mut inner = self.inner();
        let service = inner.managed.iter_mut().find(|service| service.id == id)?;
        service.settle(self.conduct.review_after);
        Some(act(service))
    }

    pub(super) fn remove_managed(&self, id: &str) -> bool {
        let mut inner = self.inner();
        let before = inner.managed.len();
        inner.managed.retain(|service| service.id != id);
        inner.managed.len() < before
    }

    /// Whether somebody is on IO, and wants to be written to.
    pub(super) fn is_there(&self, fiscal_code: &str) -> bool {
        fiscal_code == SANDBOX || !self.conduct.absent.contains(fiscal_code)
    }
}

/// An id as IO makes them: 26 digits and letters, those without that look alike.
pub(super) fn ulid() -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut rest = Uuid::now_v7().as_u128();
    let mut digits = [b'0'; 26];
    for digit in digits.iter_mut().rev() {
        let index = usize::try_from(rest % 32).unwrap_or_default();
        *digit = DIGITS[index];
        rest /= 32;
    }
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_for_the_account() {
        let conduct = Conduct {
            calls: Some(3),
            ..Conduct::default()
        };
        let state = State::new(conduct, || DateTime::UNIX_EPOCH);
        assert!((0..3).all(|_| state.count("comune").is_none()));
        assert!(
            state
                .count("comune")
                .is_some_and(|seconds| (1..=5).contains(&seconds))
        );
        assert!(state.count("unione").is_none());
        assert_eq!(state.busiest(), 4);
    }

    #[test]
    fn ids_look_like_those_of_io() {
        let (one, other) = (ulid(), ulid());
        assert_ne!(one, other);
        assert!(
            one.len() == 26
                && one
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        );
    }
}
