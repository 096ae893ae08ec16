//! Tells the workers of a topic at once that a transaction put something into an outbox for them. Those of other
//! topics are not told: they would all ask the database in vain.

use std::{
    collections::{BTreeSet, HashMap},
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use sea_orm::Statement;
use tokio::sync::watch;
use uuid::Uuid;

use super::{feeds, unit_of_work::SharedUnit};

/// Names of topics.
type Topics = BTreeSet<String>;

/// The bells of a program, one for each topic.
#[derive(Clone, Debug)]
pub(crate) struct Bells {
    /// By which it knows what it told itself.
    program: Uuid,
    topics: Arc<Mutex<HashMap<String, watch::Sender<()>>>>,
}

impl Default for Bells {
    fn default() -> Self {
        Self {
            program: Uuid::new_v4(),
            topics: Arc::default(),
        }
    }
}

impl Bells {
    /// What hears the bell of a topic.
    pub(crate) fn hear(&self, topic: &str) -> watch::Receiver<()> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        topics.entry(topic.to_owned()).or_default().subscribe()
    }

    fn ring<'a>(&self, rung: impl IntoIterator<Item = &'a str>) {
        let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        for bell in rung.into_iter().filter_map(|topic| topics.get(topic)) {
            bell.send_replace(());
        }
    }

    /// The statement that tells all other programs, at the commit.
    fn announcement(&self, rung: &Topics) -> Statement {
        let topics = rung.iter().map(String::as_str).collect::<Vec<_>>();
        feeds::ring(format!("{}:{}", self.program, topics.join(",")))
    }

    /// Rings as another program says.
    pub(super) fn heard(&self, payload: &str) {
        let told = payload.split_once(':');
        let others = told.filter(|(program, _)| *program != self.program.to_string());
        if let Some((_, topics)) = others {
            self.ring(topics.split(','));
        }
    }
}

/// The bells of a transaction: pulled while it runs, heard when it is committed.
#[derive(Debug)]
pub(super) struct Bell {
    bells: Bells,
    /// The unit of work of which the transaction is a part: then they are heard when that is committed.
    unit: Option<SharedUnit>,
    rung: Mutex<Topics>,
}

impl Bell {
    pub(super) fn of(bells: &Bells, unit: Option<SharedUnit>) -> Self {
        Self {
            bells: bells.clone(),
            unit,
            rung: Mutex::default(),
        }
    }

    /// To be heard at the commit. Gives the statement that tells other programs, unless these topics were rung before.
    pub(super) fn ring<'a>(&self, topics: impl IntoIterator<Item = &'a str>) -> Option<Statement> {
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let new = topics.into_iter().filter(|topic| !rung.contains(*topic));
        let new: Topics = new.map(str::to_owned).collect();
        let announcement = (!new.is_empty()).then(|| self.bells.announcement(&new));
        rung.extend(new);
        announcement
    }

    /// To be called after the commit.
    pub(super) fn sound(self) {
        let rung = self.rung.into_inner();
        let rung = rung.unwrap_or_else(PoisonError::into_inner);
        match self.unit {
            Some(unit) => unit.rung.add(rung),
            None => self.bells.ring(rung.iter().map(String::as_str)),
        }
    }
}

/// What the parts of a unit of work rang.
#[derive(Debug, Default)]
pub(super) struct Rung(Mutex<Topics>);

impl Rung {
    fn add(&self, topics: Topics) {
        let mut rung = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rung.extend(topics);
    }

    /// To be called after the commit of the unit.
    pub(super) fn sound(&self, bells: &Bells) {
        let mut rung = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bells.ring(mem::take(&mut *rung).iter().map(String::as_str));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(receiver: &mut watch::Receiver<()>) -> bool {
        let has_rung = receiver.has_changed().unwrap_or_default();
        receiver.borrow_and_update();
        has_rung
    }

    #[test]
    fn a_bell_is_heard_by_its_topic_after_the_commit() {
        let bells = Bells::default();
        let (mut mails, mut hooks) = (bells.hear("mails"), bells.hear("hooks"));
        let bell = Bell::of(&bells, None);
        assert!(bell.ring(["mails"]).is_some());
        assert!(bell.ring(["mails"]).is_none(), "others are told once");
        assert!(!heard(&mut mails), "it is not committed");
        bell.sound();
        assert!(heard(&mut mails));
        assert!(!heard(&mut hooks));
    }

    #[test]
    fn a_part_is_heard_when_its_unit_is_committed() {
        let bells = Bells::default();
        let mut mails = bells.hear("mails");
        let unit = SharedUnit::default();
        let part = Bell::of(&bells, Some(Arc::clone(&unit)));
        part.ring(["mails"]);
        part.sound();
        assert!(!heard(&mut mails));
        unit.rung.sound(&bells);
        assert!(heard(&mut mails));
    }

    #[test]
    fn other_programs_are_heard_and_what_one_says_itself_is_not() {
        let (bells, other) = (Bells::default(), Bells::default());
        let (mut mails, mut hooks) = (bells.hear("mails"), bells.hear("hooks"));
        let says = |bells: &Bells| format!("{}:mails,sheets", bells.program);
        bells.heard(&says(&bells));
        assert!(!heard(&mut mails));
        bells.heard(&says(&other));
        assert!(heard(&mut mails));
        assert!(!heard(&mut hooks));
        bells.heard("nonsense");
        assert!(!heard(&mut mails) && !heard(&mut hooks));
    }
}
