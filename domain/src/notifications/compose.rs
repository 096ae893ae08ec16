//! Makes a message of a template and a case.

use chrono::{DateTime, Days, Utc};

use super::{
    account::AppIoAccount,
    notification::{Composed, Notification, RemoteText, Said, Told, drawer},
    template::{Due, Language, Place, PreconditionText, TemplateContent},
    text::TextFlaw,
    variables::{Form, Text, Values, Variable},
};
use crate::{
    cases::{Case, CaseError, CaseEvent, Happening, Movement, People, Person, Personal, unseal},
    citizens::CitizenKeys,
    content::{global_id_of, types::Procedure},
    locale::Locale,
    tenants::Tenant,
    time::{ROME, end_of_day, legal_day},
};

/// What is known of a case when something is told of it.
pub(super) struct Known<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) account: &'a AppIoAccount,
    pub(super) procedure: &'a Procedure,
    pub(super) case: &'a Case,
    /// Its events, each with what it says of people.
    pub(super) events: &'a [(CaseEvent, Personal)],
    pub(super) people: &'a People,
}

/// What a notification says as far as it is known; nothing once that was erased.
pub(super) fn said(
    case: &Case,
    keys: &CitizenKeys,
    notification: &Notification,
) -> Result<Said, CaseError> {
    let key = case.key(keys)?;
    match (key, &notification.sealed) {
        (Some(key), Some(sealed)) => unseal(&key, &drawer(case.id, notification.id), sealed),
        _ => Ok(Said::default()),
    }
}

/// The person of these who is told.
pub(super) fn person(people: &People, told: Told) -> Option<&Person> {
    match told {
        Told::Applicant => people.applicant.as_ref(),
        Told::Delegate => people.delegate.as_ref(),
    }
}

impl Known<'_> {
    /// The transition of which is told, with what it says of people. Notes of the offices are no transitions.
    fn moved(&self, number: i64) -> Option<(&CaseEvent, &Movement, &Personal)> {
        let (event, personal) = self
            .events
            .iter()
            .find(|(event, _)| event.number == number)?;
        match &event.happening {
            Happening::Moved(movement) => Some((event, movement, personal)),
            _ => None,
        }
    }

    /// A message in a language.
    pub(super) fn compose(
        &self,
        content: &TemplateContent,
        language: Language,
        notification: &Notification,
        said: &Said,
    ) -> Result<Composed, TextFlaw> {
        let due_at = self.due_at(content, notification, said);
        let values = self.values(language, notification, said, due_at);
        let texts = content.texts(language);
        let markdown = |text: &str| -> Result<String, TextFlaw> {
            Ok(Text::parse(text)?.render(&values, Form::Markdown))
        };
        let (buttons, text) = (content.front_matter(&values)?, markdown(&texts.markdown)?);
        let (markdown, remote) = match (content.place, &texts.courtesy) {
            (Place::Remote, Some(courtesy)) => {
                let precondition = texts.precondition.as_ref().map(|shown| {
                    Ok::<_, TextFlaw>(PreconditionText {
                        title: Text::parse(&shown.title)?.render(&values, Form::Plain),
                        markdown: markdown(&shown.markdown)?,
                    })
                });
                let remote = RemoteText {
                    buttons,
                    markdown: text,
                    outdated: language.outdated().to_owned(),
                    precondition: precondition.transpose()?,
                };
                (markdown(courtesy)?, Some(remote))
            }
            _ => (buttons + &text, None),
        };
        Ok(Composed {
            subject: Text::parse(&texts.subject)?.render(&values, Form::Plain),
            markdown,
            due_at,
            remote,
        })
    }

    pub(super) fn due_at(
        &self,
        content: &TemplateContent,
        notification: &Notification,
        said: &Said,
    ) -> Option<DateTime<Utc>> {
        let of_template = || {
            let day = match content.due? {
                Due::Term => self.case.due_on?,
                Due::Days { days } => {
                    let happened = self.moved(notification.number).map(|(event, ..)| event.at);
                    let day = legal_day(happened.unwrap_or(notification.created_at));
                    day.checked_add_days(Days::new(days.into()))?
                }
            };
            // The last second of the day.
            Some(end_of_day(day)? - chrono::TimeDelta::seconds(1))
        };
        said.given.due_at.or_else(of_template)
    }

    pub(super) fn values(
        &self,
        language: Language,
        notification: &Notification,
        said: &Said,
        due_at: Option<DateTime<Utc>>,
    ) -> Values {
        let locales = match language {
            Language::Italian => vec![Locale::italian()],
            Language::English => "en"
                .parse()
                .into_iter()
                .chain([Locale::italian()])
                .collect(),
        };
        let moved = self.moved(notification.number);
        let state = moved.map(|(_, movement, _)| movement.to.as_str());
        let definition = self.procedure.definition.as_ref();
        let state = definition.and_then(|known| known.state(state.unwrap_or(&self.case.state)));
        let text = |localized: &crate::locale::LocalizedText| {
            localized.resolve(&locales).map(|(_, text)| text.clone())
        };
        let protocol = self.case.protocol.as_ref();
        let personal = moved.map(|(.., personal)| personal);
        let case = global_id_of(Case::TYPE_NAME, &self.tenant.ipa_code, self.case.id);
        let last_day = due_at.map(|at| at.with_timezone(&ROME).date_naive());
        let date = |day: chrono::NaiveDate| day.format("%d/%m/%Y").to_string();
        let applicant = self.people.applicant.as_ref();
        let known = [
            (Variable::Municipality, Some(self.tenant.name.clone())),
            (Variable::Procedure, text(&self.procedure.title)),
            (Variable::State, state.and_then(|state| text(&state.label))),
            (
                Variable::Protocol,
                protocol.map(|protocol| protocol.number.clone()),
            ),
            (
                Variable::ProtocolDate,
                protocol.map(|protocol| date(protocol.date)),
            ),
            (Variable::DueOn, last_day.or(self.case.due_on).map(date)),
            (Variable::Link, Some(self.account.case_address(&case))),
            (Variable::Subject, Some(self.people.subject.clone())),
            (
                Variable::Applicant,
                applicant.and_then(|person| person.name.clone()),
            ),
            (
                Variable::Text,
                said.given.text.clone().or_else(|| personal?.text.clone()),
            ),
            (
                Variable::Reasons,
                personal.and_then(|personal| personal.reasons.clone()),
            ),
        ];
        known
            .into_iter()
            .filter_map(|(variable, value)| Some((variable, value?)))
            .collect()
    }
}
