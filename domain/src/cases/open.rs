//! Begins a case, and changes what an application says before it is sent.

use chrono::{DateTime, Utc};
use municipio_entities::case_file;
use sea_orm::{ColumnTrait, Condition, sea_query::IntoCondition};
use serde_json::Value;

use super::{
    Case, CaseError, CaseRefusal, Happening, Held, Opening, People, Person, Personal, Revision,
    UnwrittenCase,
    batch::{Addition, write_one},
    file::blank,
    people::{drawer, place, seal},
    timer::{Since, watch},
    work::line,
};
use crate::{
    citizens::{CitizenId, CitizenKeys, DataKey},
    content::types::Procedure,
    digest::sha256,
    ids::{CaseId, ItemId, RevisionId, TenantId},
    procedures::{CaseStatus, Definition, check_form},
    store::{StoreError, Transaction},
};

/// The most bytes of the data of an application.
const LONGEST_DATA: usize = 200_000;

/// What a new case is made of.
#[derive(Clone)]
pub struct NewCase<'a> {
    /// The procedure.
    pub procedure: ItemId,
    /// Its revision, and what that says.
    pub revision: (RevisionId, &'a Procedure),
    /// The office in charge, when it is not the body that the procedure says is competent.
    pub office: Option<ItemId>,
    /// For whom it is, who acts for them, and what it is about.
    pub people: People,
    /// The data of the application.
    pub data: Option<Value>,
    /// Who begins it.
    pub origin: CaseOrigin,
    /// A parent acts for a child: nobody else can, whatever the procedure says of delegates.
    pub is_by_parent: bool,
}

/// Who begins a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseOrigin {
    /// A citizen.
    Citizen,
    /// An office.
    Office,
    /// Other software, which keeps it and reports how it stands.
    Software,
}

impl NewCase<'_> {
    /// The office in charge.
    ///
    /// # Errors
    /// None is named, here and in the procedure.
    pub fn office(&self) -> Result<ItemId, CaseError> {
        let competent = self.revision.1.competent_body.map(|body| body.id());
        let office = self.office.or(competent);
        office.ok_or_else(|| CaseRefusal::NoOffice.into())
    }

    /// What is wrong with it. A draft need not be complete.
    fn check(&self, definition: &Definition, is_draft: bool) -> Vec<CaseRefusal> {
        let people = &self.people;
        let mut wrong: Vec<_> = line("subject", &people.subject).into_iter().collect();
        for (path, person) in [
            ("applicant.name", &people.applicant),
            ("delegate.name", &people.delegate),
        ] {
            let name = person.as_ref().and_then(|person| person.name.as_deref());
            wrong.extend(name.and_then(|name| line(path, name)));
        }
        let is_by_choice = people.delegate.is_some() && !self.is_by_parent;
        if is_by_choice && !definition.allows_delegates {
            wrong.push(CaseRefusal::NoDelegates);
        }
        wrong.extend(self.data.as_ref().and_then(too_long));
        // Of an application on paper, which an officer enters, the data need not be there.
        let is_by_citizen = self.origin == CaseOrigin::Citizen;
        let nothing = is_by_citizen.then_some(&Value::Null);
        if !is_draft && let Some(data) = self.data.as_ref().or(nothing) {
            wrong.extend(unfit(definition, data));
        }
        wrong
    }
}

fn too_long(data: &Value) -> Option<CaseRefusal> {
    (data.to_string().len() > LONGEST_DATA).then(|| CaseRefusal::Text {
        path: "data",
        message: format!("the data have more than {LONGEST_DATA} bytes"),
    })
}

/// What an application does not say as its procedure wants it.
pub(super) fn unfit(definition: &Definition, data: &Value) -> Vec<CaseRefusal> {
    let schema = definition.data_schema.as_deref();
    let checked = schema.map_or(Ok(()), |schema| check_form(schema, data));
    let errors = checked.err().unwrap_or_default().into_iter();
    errors.map(CaseRefusal::Form).collect()
}

/// Begins a case in the first state of its procedure.
///
/// # Errors
/// Something of it is wrong, or the database failed.
pub async fn open_case(
    transaction: &Transaction,
    keys: &CitizenKeys,
    new: NewCase<'_>,
    actor: String,
    now: DateTime<Utc>,
) -> Result<Case, CaseError> {
    let definition = new.revision.1.definition.as_ref();
    let (row, key, addition) = begin(transaction.tenant_id(), keys, new, actor)?;
    if let Happening::Opened(opening) = &addition.happening
        && opening.is_private
        && !has_room(transaction, &opening.applicant, &opening.delegate).await?
    {
        return Err(CaseRefusal::TooManyDrafts.into());
    }
    let mut case = UnwrittenCase::of(transaction.tenant_id(), row, Some(key));
    case.append(addition, now)?;
    let case = write_one(transaction, case, now).await?;
    if let Some(definition) = definition {
        watch(transaction, definition, &case, Since::last(&case, now), now).await?;
    }
    Ok(case)
}

/// The row of a new case, its key, and how it begins.
pub(super) fn begin<'a>(
    tenant: TenantId,
    keys: &CitizenKeys,
    new: NewCase<'a>,
    actor: String,
) -> Result<(case_file::Model, DataKey, Addition<'a>), CaseError> {
    let office = new.office()?;
    let definition = new.revision.1.definition.as_ref();
    let definition = definition.ok_or(CaseRefusal::NoDefinition)?;
    let initial = definition.initial().ok_or(CaseRefusal::NoDefinition)?;
    let is_draft = initial.status == CaseStatus::Draft;
    let wrong = new.check(definition, is_draft);
    if !wrong.is_empty() {
        return Err(CaseError::Refused(wrong));
    }
    let id = CaseId::generate();
    let (key, kept) = keys.new_data_key(&place(id))?;
    let known = |person: &Option<Person>| -> Option<CitizenId> {
        let person = person.as_ref()?;
        Some(keys.citizen(tenant, &person.fiscal_code))
    };
    let (applicant, delegate) = (known(&new.people.applicant), known(&new.people.delegate));
    let is_private = is_draft && new.origin == CaseOrigin::Citizen;
    let sealed = seal(&key, &drawer(id, 0), &new.people)?;
    let happening = Happening::Opened(Opening {
        procedure: new.procedure,
        revision: new.revision.0,
        office,
        state: initial.code.clone(),
        status: initial.status,
        applicant,
        delegate,
        is_private,
        people: sha256(&sealed),
        data_key: Some(sha256(kept.as_str())),
        is_reported: new.origin == CaseOrigin::Software,
    });
    let row = case_file::Model {
        data_key: Some(kept.as_str().to_owned()),
        sealed: Some(sealed),
        ..blank(id)
    };
    let personal = Personal {
        people: Some(new.people),
        data: new.data,
        ..Personal::default()
    };
    let addition = Addition {
        actor,
        happening,
        personal,
        definition: Some(definition),
    };
    Ok((row, key, addition))
}

/// Whether there is room for one more draft of whoever begins it: the delegate, or else the applicant.
async fn has_room(
    transaction: &Transaction,
    applicant: &Option<CitizenId>,
    delegate: &Option<CitizenId>,
) -> Result<bool, StoreError> {
    use case_file::{Column, Entity};
    /// The most that somebody begins and does not send.
    const MOST: usize = 50;
    let text = |citizen: &CitizenId| citizen.to_string();
    let theirs = match delegate {
        Some(delegate) => Column::Delegate.eq(text(delegate)).into_condition(),
        None => Condition::all()
            .add(Column::Applicant.eq(applicant.as_ref().map(text)))
            .add(Column::Delegate.is_null()),
    };
    let open = Condition::all()
        .add(theirs)
        .add(Column::IsPrivate.eq(true))
        .add(Column::ClosedAt.is_null());
    Ok(transaction.all::<Entity>(open).await?.len() < MOST)
}

/// Changes what an application says that was not sent yet.
///
/// # Errors
/// It was sent, the data are too long, they cannot be encrypted, or the database failed.
pub async fn revise_case(
    transaction: &Transaction,
    keys: &CitizenKeys,
    held: Held,
    data: Value,
    actor: String,
    now: DateTime<Utc>,
) -> Result<Case, CaseError> {
    if held.case.status != CaseStatus::Draft {
        return Err(CaseRefusal::Sent.into());
    }
    if let Some(wrong) = too_long(&data) {
        return Err(wrong.into());
    }
    let addition = Addition {
        actor,
        happening: Happening::Revised(Revision {}),
        personal: Personal {
            data: Some(data),
            ..Personal::default()
        },
        definition: None,
    };
    held.add(transaction, keys, addition, now).await
}
