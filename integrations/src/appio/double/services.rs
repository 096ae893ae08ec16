//! The services that a double knows, and how they go from one state to the next: at most two versions, one that was
//! approved and one that is written, reviewed or rejected.

use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{SANDBOX, state::ulid};

/// The topics under which services stand, by their ids.
pub(super) const TOPICS: [&str; 18] = [
    "Altro",
    "Ambiente e animali",
    "Attività produttive e commercio",
    "Benessere sociale",
    "Casa e utenze",
    "Cultura, sport e tempo libero",
    "Educazione e formazione",
    "Giustizia e sicurezza pubblica",
    "Lavori edilizi",
    "Mobilità e trasporti",
    "Redditi, patrimonio e fisco",
    "Servizi anagrafici e civici",
    "Servizi elettorali",
    "Sicurezza",
    "Suolo e spazi pubblici",
    "Viaggi e turismo",
    "Vita lavorativa",
    "Salute",
];

/// What is changed without somebody looking at it: everything else.
const REVIEWED: [&str; 5] = [
    "/name",
    "/description",
    "/organization/name",
    "/organization/fiscal_code",
    "/metadata/scope",
];

/// How a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Draft,
    Submitted,
    Approved,
    Rejected,
}

impl Stage {
    fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

/// A service that is managed.
#[derive(Clone, Debug)]
pub(super) struct Managed {
    pub(super) id: String,
    pub(super) stage: Stage,
    pub(super) logo: Option<Vec<u8>>,
    pub(super) keys: [String; 2],
    /// The newest version, as it was sent.
    data: Value,
    reason: Option<String>,
    approved: Option<Value>,
    /// What citizens see, or saw.
    published: Option<(Value, bool)>,
    submitted: Option<(Instant, bool)>,
    made: Instant,
    updated_at: DateTime<Utc>,
}

impl Managed {
    pub(super) fn new(data: Value, now: DateTime<Utc>) -> Self {
        Self {
            id: ulid(),
            stage: Stage::Draft,
            logo: None,
            keys: [ulid(), ulid()],
            data,
            reason: None,
            approved: None,
            published: None,
            submitted: None,
            made: Instant::now(),
            updated_at: now,
        }
    }

    /// Whether it is old enough for what is known of it late.
    pub(super) fn is_known(&self, fresh: Duration) -> bool {
        self.made.elapsed() >= fresh
    }

    /// Writes it; says whether it could be.
    pub(super) fn write(&mut self, data: Value, now: DateTime<Utc>) -> bool {
        if self.stage == Stage::Submitted {
            return false;
        }
        (self.data, self.stage, self.reason) = (data, Stage::Draft, None);
        self.updated_at = now;
        true
    }

    /// Changes it as somebody does in the back office.
    pub(super) fn edit(&mut self, change: impl FnOnce(&mut Value), now: DateTime<Utc>) {
        let mut data = self.data.clone();
        change(&mut data);
        self.write(data, now);
    }

    /// Submits a draft; says whether there was one. `others` are the services of the same body.
    pub(super) fn submit(&mut self, is_released: bool, others: &[Self]) -> bool {
        if self.stage != Stage::Draft {
            return false;
        }
        (self.stage, self.submitted) = (Stage::Submitted, Some((Instant::now(), is_released)));
        if let Some(reason) = self.refusal(others) {
            self.reject(&reason);
        } else if self
            .approved
            .as_ref()
            .is_some_and(|approved| is_minor(approved, &self.data))
        {
            self.approve();
        }
        true
    }

    /// Why a machine rejects it.
    fn refusal(&self, others: &[Self]) -> Option<String> {
        let metadata = &self.data["metadata"];
        let has = |field: &str| metadata[field].is_string();
        if !has("privacy_url") {
            return Some("privacy_url: manca l'informativa sulla privacy".to_owned());
        }
        if !["email", "pec", "phone", "support_url"]
            .into_iter()
            .any(has)
        {
            return Some("indicare almeno un recapito".to_owned());
        }
        let known = |data: &Value| {
            let name = data["name"].as_str().unwrap_or_default().to_lowercase();
            (name, data["organization"]["fiscal_code"].clone())
        };
        let live = others.iter().filter(|other| other.id != self.id);
        let mut live = live.filter_map(|other| other.approved.as_ref());
        let is_double = live.any(|other| known(other) == known(&self.data));
        is_double.then(|| "esiste già un servizio con lo stesso nome".to_owned())
    }

    pub(super) fn approve(&mut self) {
        if let Some((_, is_released)) = self.submitted.take() {
            self.stage = Stage::Approved;
            self.approved = Some(self.data.clone());
            if is_released {
                self.published = Some((self.data.clone(), true));
            }
        }
    }

    pub(super) fn reject(&mut self, reason: &str) {
        if self.submitted.take().is_some() {
            (self.stage, self.reason) = (Stage::Rejected, Some(reason.to_owned()));
        }
    }

    /// Approves what was submitted long enough ago.
    pub(super) fn settle(&mut self, review: Option<Duration>) {
        let is_over =
            |(since, _): (Instant, bool)| review.is_some_and(|review| since.elapsed() >= review);
        if self.submitted.is_some_and(is_over) {
            self.approve();
        }
    }

    /// Lets citizens see what was approved; says whether something was.
    pub(super) fn release(&mut self) -> bool {
        let approved = self.approved.clone();
        if let Some(approved) = approved {
            self.published = Some((approved, true));
            return true;
        }
        false
    }

    /// Says whether citizens ever saw it.
    pub(super) fn unpublish(&mut self) -> bool {
        match &mut self.published {
            Some((_, is_shown)) => {
                *is_shown = false;
                true
            }
            None => false,
        }
    }

    pub(super) fn shown(&self) -> Value {
        let mut status = json!({ "value": self.stage.as_str() });
        if let Some(reason) = &self.reason {
            status["reason"] = json!(reason);
        }
        self.view(&self.data, &status)
    }

    pub(super) fn publication(&self) -> Option<Value> {
        let (data, is_shown) = self.published.as_ref()?;
        let status = if *is_shown {
            "published"
        } else {
            "unpublished"
        };
        Some(self.view(data, &json!(status)))
    }

    /// A version as IO gives it: the topic with its name, and the citizen of tests among the recipients.
    fn view(&self, data: &Value, status: &Value) -> Value {
        let mut view = data.clone();
        view["id"] = json!(self.id);
        view["status"] = status.clone();
        view["last_update"] = json!(self.updated_at.to_rfc3339_opts(SecondsFormat::Millis, true));
        let mut recipients = vec![json!(SANDBOX)];
        recipients.extend(
            data["authorized_recipients"]
                .as_array()
                .into_iter()
                .flatten()
                .cloned(),
        );
        recipients.dedup();
        view["authorized_recipients"] = json!(recipients);
        if let Some(metadata) = view["metadata"].as_object_mut() {
            let id = metadata.remove("topic_id").and_then(|id| id.as_u64());
            let name = id.and_then(|id| TOPICS.get(usize::try_from(id).ok()?));
            metadata.insert("topic".to_owned(), json!({ "id": id, "name": name }));
        }
        view
    }
}

/// Whether nobody has to look at what changed.
fn is_minor(before: &Value, after: &Value) -> bool {
    REVIEWED
        .iter()
        .all(|field| before.pointer(field) == after.pointer(field))
}

/// What is wrong with what is said of a service.
pub(super) fn flaw(data: &Value) -> Option<&'static str> {
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let metadata = &data["metadata"];
    if !is_text(&data["name"]) || !is_text(&data["description"]) {
        return Some("name and description are needed");
    }
    let code = data["organization"]["fiscal_code"]
        .as_str()
        .unwrap_or_default();
    if !is_text(&data["organization"]["name"])
        || code.len() != 11
        || !code.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Some("organization is not one");
    }
    if !["LOCAL", "NATIONAL"].contains(&metadata["scope"].as_str().unwrap_or_default()) {
        return Some("scope is neither LOCAL nor NATIONAL");
    }
    let topic = metadata["topic_id"]
        .as_u64()
        .and_then(|id| usize::try_from(id).ok());
    if topic.is_none_or(|id| id >= TOPICS.len()) {
        return Some("topic_id is none");
    }
    let texts = metadata.as_object().into_iter().flatten();
    let mut texts = texts.filter(|(field, _)| *field != "topic_id");
    if texts.any(|(_, value)| !is_text(value)) {
        return Some("metadata is text");
    }
    let amount = &data["max_allowed_payment_amount"];
    let is_amount = amount.is_null()
        || amount
            .as_u64()
            .is_some_and(|amount| amount <= 9_999_999_999);
    (!is_amount).then_some("max_allowed_payment_amount is too much")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(name: &str) -> Value {
        json!({
            "name": name, "description": "x",
            "organization": { "name": "Comune", "fiscal_code": "80012345676" },
            "metadata": { "scope": "LOCAL", "topic_id": 3, "privacy_url": "https://x.example", "phone": "1" },
        })
    }

    fn service(name: &str) -> Managed {
        Managed::new(data(name), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn what_is_under_review_is_not_written() {
        let mut service = service("Uno");
        assert!(service.submit(true, &[]) && !service.submit(true, &[]));
        assert!(!service.write(data("Due"), DateTime::UNIX_EPOCH));
        service.settle(None);
        assert_eq!(service.stage, Stage::Submitted);
        service.settle(Some(Duration::ZERO));
        assert_eq!(service.stage, Stage::Approved);
        assert_eq!(service.publication().unwrap()["status"], "published");
        assert_eq!(
            service.shown()["metadata"]["topic"],
            json!({ "id": 3, "name": "Benessere sociale" })
        );
    }

    #[test]
    fn small_changes_are_approved_by_a_machine() {
        let mut service = service("Uno");
        service.submit(false, &[]);
        service.approve();
        assert!(service.publication().is_none() && service.release());
        service.edit(
            |data| data["metadata"]["phone"] = json!("2"),
            DateTime::UNIX_EPOCH,
        );
        assert_eq!(service.stage, Stage::Draft);
        assert_eq!(service.publication().unwrap()["metadata"]["phone"], "1");
        service.submit(true, &[]);
        assert_eq!(service.publication().unwrap()["metadata"]["phone"], "2");
        service.edit(|data| data["name"] = json!("Due"), DateTime::UNIX_EPOCH);
        service.submit(true, &[]);
        assert_eq!(service.stage, Stage::Submitted);
    }

    #[test]
    fn a_second_service_of_the_same_name_is_rejected_by_a_machine() {
        let mut first = service("Uno");
        first.submit(true, &[]);
        first.approve();
        let mut second = service("UNO");
        assert!(second.submit(true, &[first]));
        assert_eq!(second.stage, Stage::Rejected);
        assert!(second.shown()["status"]["reason"].is_string());
        assert!(!second.submit(true, &[]), "not before it was changed");
        let mut bare = service("Due");
        bare.edit(
            |data| data["metadata"] = json!({ "scope": "LOCAL", "topic_id": 0 }),
            DateTime::UNIX_EPOCH,
        );
        bare.submit(true, &[]);
        assert_eq!(bare.stage, Stage::Rejected);
    }

    #[test]
    fn what_is_no_service_is_refused() {
        assert_eq!(flaw(&data("Uno")), None);
        for (field, value) in [
            ("/name", json!("")),
            ("/organization/fiscal_code", json!("RSSMRA80A01H501U")),
            ("/metadata/scope", json!("WORLD")),
            ("/metadata/topic_id", json!(99)),
            ("/metadata/phone", json!("")),
        ] {
            let mut wrong = data("Uno");
            *wrong.pointer_mut(field).unwrap() = value;
            assert!(flaw(&wrong).is_some(), "{field}");
        }
    }
}
