//! A case.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, ID, Json, Result, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use municipio_domain::{
    cases::{self, Happening, People, Personal, Terms, facts, observations_until},
    content::types,
    identity::Action,
    ids::CaseId,
    procedures::{self, Effect, available},
    time::ClosingCalendar,
};
use serde_json::Value;

use super::{
    AccessesOf, ApplicationOf, CaseActor, CaseEvent, EventsOf, OutlineOf, ProcedureOf, SeenCase,
    actor, automation::RuleRunConnection, content, failed, keys,
};
use crate::{
    context::{RequestData, data},
    global_id::{self, Kind},
    notification::{CaseNotification, NotificationsOf},
    objects::{
        CaseChannel, CaseStatus, Office, Procedure, ProcedureState, RichText, TransitionEffect,
        TransitionRequirement,
    },
    view::Reader,
};

/// How a case ended (esito).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "cases::Outcome")]
pub(crate) enum CaseOutcome {
    /// With what was asked for (accolta).
    Granted,
    /// Without it (respinta).
    Refused,
    /// The applicant gave up (ritirata).
    Withdrawn,
    /// The municipality took back what it had given (revocata).
    Revoked,
}

/// The number and the date under which something stands in the protocol (protocollo).
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct CaseProtocol {
    /// The number (numero).
    number: String,
    /// The date (data).
    date: NaiveDate,
}

/// Somebody of whom a case tells (persona).
#[derive(SimpleObject)]
pub(crate) struct CasePerson {
    /// The fiscal code (codice fiscale).
    fiscal_code: String,
    /// Given name and family name, as far as they are known (nome e cognome).
    name: Option<String>,
    /// Where mails reach them (indirizzo e-mail).
    email: Option<String>,
}

impl From<cases::Person> for CasePerson {
    fn from(person: cases::Person) -> Self {
        Self {
            fiscal_code: person.fiscal_code.reveal().to_owned(),
            name: person.name,
            email: person.email,
        }
    }
}

/// The officer in charge of a case (operatore incaricato).
#[derive(SimpleObject)]
pub(crate) struct CaseOfficer {
    /// The global id of the account.
    account_id: ID,
    /// The name (nome).
    name: String,
}

/// That somebody read a case (accesso alla pratica).
#[derive(SimpleObject)]
pub(crate) struct CaseAccess {
    /// Whose doing it was (chi ha letto).
    actor: CaseActor,
    /// Which account or key, such as `account:…`; for those who work for the municipality alone (utenza).
    reader: Option<String>,
    /// When, for the first time in that hour (quando).
    at: DateTime<Utc>,
}

/// A request for what is missing, and what was answered (richiesta di integrazione).
#[derive(SimpleObject)]
pub(crate) struct CaseIntegrationRequest {
    /// The number of the event by which it was made.
    number: i64,
    /// When it was made (data della richiesta).
    requested_at: DateTime<Utc>,
    /// What is missing (testo della richiesta).
    text: Option<String>,
    /// When it was answered (data della risposta).
    answered_at: Option<DateTime<Utc>>,
    /// What was answered (testo della risposta).
    answer: Option<String>,
}

/// Something that is missing for a transition (requisito mancante).
#[derive(SimpleObject)]
pub(crate) struct MissingRequirement {
    /// What is required (requisito).
    requirement: TransitionRequirement,
    /// Which of the mandatory attachments, or how many signatures there are (dettaglio).
    part: Option<String>,
}

impl From<procedures::Missing> for MissingRequirement {
    fn from(missing: procedures::Missing) -> Self {
        Self {
            requirement: (&missing.requirement).into(),
            part: missing.part,
        }
    }
}

/// A transition that the caller may take (passaggio di stato disponibile).
#[derive(SimpleObject)]
pub(crate) struct AvailableTransition {
    /// Its code, by which it is taken (codice).
    code: String,
    /// What it is called (etichetta).
    label: Option<String>,
    /// Where it leads (stato di arrivo).
    to: String,
    /// What it means in every procedure (effetto).
    effect: Option<TransitionEffect>,
    /// All that it requires (requisiti).
    requires: Vec<TransitionRequirement>,
    /// What of it is missing, beside what is given along with it (requisiti mancanti).
    missing: Vec<MissingRequirement>,
    /// Until the end of this day the applicant may send observations on the announcement of a refusal: it is taken after it,
    /// and refused with `OBSERVATIONS_AWAITED` before (art. 10-bis L. 241/1990). Null when nothing is awaited
    /// (osservazioni attese fino al).
    awaits_observations_until: Option<NaiveDate>,
}

/// What somebody asked of the municipality, and how far it has come (pratica).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Case {
    #[graphql(skip)]
    case: cases::Case,
    #[graphql(skip)]
    reader: Reader,
    /// How many events it has: to be sent along with what is done to it (versione).
    version: i64,
    /// What citizens are told: one of the nine statuses of the national model (stato per il cittadino).
    status: CaseStatus,
    /// How it ended (esito).
    outcome: Option<CaseOutcome>,
    /// The protocol of the application (protocollo).
    protocol: Option<CaseProtocol>,
    /// The last day of the term (termine).
    due_on: Option<NaiveDate>,
    /// When it began (data di avvio).
    opened_at: DateTime<Utc>,
    /// When something happened last (ultima modifica).
    updated_at: DateTime<Utc>,
    /// When it was closed (data di conclusione).
    closed_at: Option<DateTime<Utc>>,
    /// How the application came in (canale di presentazione).
    channel: CaseChannel,
}

impl Case {
    pub(crate) fn new(case: cases::Case, reader: Reader) -> Self {
        let protocol = case.protocol.clone();
        Self {
            version: case.version,
            status: case.status.into(),
            outcome: case.outcome.map(Into::into),
            protocol: protocol.map(|protocol| CaseProtocol {
                number: protocol.number,
                date: protocol.date,
            }),
            due_on: case.due_on,
            opened_at: case.opened_at,
            updated_at: case.updated_at,
            closed_at: case.closed_at,
            channel: case.channel.into(),
            case,
            reader,
        }
    }

    /// The case with this id, for who sees it; that they read it is written down.
    pub(crate) async fn find(
        data: &RequestData,
        reader: Reader,
        id: CaseId,
    ) -> Result<Option<Self>> {
        let rights = super::rights(data, Action::ReadCases).await?;
        let seen = SeenCase(id, rights.reads.clone());
        let Some(case) = data.case(seen).await? else {
            return Ok(None);
        };
        data.note_reading(id).await?;
        Ok(Some(Self::new(case, reader)))
    }

    async fn people(&self, data: &RequestData) -> Result<Option<People>> {
        data.note_reading(self.case.id).await?;
        self.case.people(keys(data)?).map_err(failed)
    }

    async fn history(&self, data: &RequestData) -> Result<Vec<(cases::CaseEvent, Personal)>> {
        data.note_reading(self.case.id).await?;
        let events = data.case_events(EventsOf(self.case.id)).await?;
        let personal = self.case.personal(keys(data)?, &events).map_err(failed)?;
        Ok(events.into_iter().zip(personal).collect())
    }

    async fn definition(&self, data: &RequestData) -> Result<Option<Arc<types::Procedure>>> {
        data.case_procedure(ProcedureOf(self.case.revision)).await
    }
}

#[ComplexObject]
impl Case {
    /// Global id.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(global_id::encode_as(Kind::Case, municipality, self.case.id))
    }

    /// The procedure as it is published now (procedimento).
    async fn procedure(&self, ctx: &Context<'_>) -> Option<Result<Procedure>> {
        content(ctx, self.case.procedure, &self.reader)
            .await
            .transpose()
    }

    /// The global id of the revision of the procedure whose definition the case follows (versione del procedimento).
    async fn definition_revision(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(global_id::encode_revision(municipality, self.case.revision))
    }

    /// The office in charge (ufficio responsabile).
    async fn office(&self, ctx: &Context<'_>) -> Option<Result<Office>> {
        content(ctx, self.case.office, &self.reader)
            .await
            .transpose()
    }

    /// The officer in charge (operatore incaricato).
    async fn officer(&self, ctx: &Context<'_>) -> Option<Result<CaseOfficer>> {
        let id = self.case.officer?;
        let read = async || -> Result<Option<CaseOfficer>> {
            let data = data(ctx)?;
            let account = data.account(id).await?;
            Ok(account.map(|account| CaseOfficer {
                account_id: global_id::encode_as(Kind::Account, &data.tenant.ipa_code, account.id),
                name: account.name,
            }))
        };
        read().await.transpose()
    }

    /// The state that it is in, as the definition says it (stato).
    async fn state(&self, ctx: &Context<'_>) -> Option<Result<ProcedureState>> {
        let read = async || -> Result<Option<ProcedureState>> {
            let procedure = self.definition(data(ctx)?).await?;
            let definition = procedure
                .as_ref()
                .and_then(|known| known.definition.as_ref());
            let state = definition.and_then(|definition| definition.state(&self.case.state));
            Ok(state.map(|state| ProcedureState::new(state, &self.reader)))
        };
        read().await.transpose()
    }

    /// What it is about, in a line (oggetto).
    async fn subject(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let read = async || -> Result<Option<String>> {
            let people = self.people(data(ctx)?).await?;
            Ok(people.map(|people| people.subject))
        };
        read().await.transpose()
    }

    /// For whom it is (richiedente).
    async fn applicant(&self, ctx: &Context<'_>) -> Option<Result<CasePerson>> {
        let read = async || -> Result<Option<CasePerson>> {
            let people = self.people(data(ctx)?).await?;
            Ok(people
                .and_then(|people| people.applicant)
                .map(CasePerson::from))
        };
        read().await.transpose()
    }

    /// Who acts for them (delegato).
    async fn delegate(&self, ctx: &Context<'_>) -> Option<Result<CasePerson>> {
        let read = async || -> Result<Option<CasePerson>> {
            let people = self.people(data(ctx)?).await?;
            Ok(people
                .and_then(|people| people.delegate)
                .map(CasePerson::from))
        };
        read().await.transpose()
    }

    /// What the application says (dati dell'istanza).
    async fn data(&self, ctx: &Context<'_>) -> Option<Result<Json<Value>>> {
        let read = async || -> Result<Option<Json<Value>>> {
            let data = data(ctx)?;
            data.note_reading(self.case.id).await?;
            let event = data.case_application(ApplicationOf(self.case.id)).await?;
            let said = self.case.personal(keys(data)?, event.as_slice());
            let said = said.map_err(failed)?.pop();
            Ok(said.and_then(|personal| personal.data).map(Json))
        };
        read().await.transpose()
    }

    /// What happened, in its order (cronologia).
    async fn timeline(&self, ctx: &Context<'_>) -> Result<Vec<CaseEvent>> {
        let data = data(ctx)?;
        let for_staff = data.caller.is_staff();
        let history = self.history(data).await?.into_iter();
        Ok(history
            .filter_map(|(event, personal)| CaseEvent::new(&event, personal, for_staff))
            .collect())
    }

    /// The requests for what is missing, the first first, each with its answer (richieste di integrazione).
    async fn integration_requests(&self, ctx: &Context<'_>) -> Result<Vec<CaseIntegrationRequest>> {
        let mut requests: Vec<CaseIntegrationRequest> = Vec::new();
        for (event, personal) in self.history(data(ctx)?).await? {
            let Happening::Moved(movement) = event.happening else {
                continue;
            };
            match (movement.effect, requests.last_mut()) {
                (Some(Effect::RequestIntegration), _) => requests.push(CaseIntegrationRequest {
                    number: event.number,
                    requested_at: event.at,
                    text: personal.text,
                    answered_at: None,
                    answer: None,
                }),
                (Some(Effect::AnswerIntegration), Some(open)) if open.answered_at.is_none() => {
                    open.answered_at = Some(event.at);
                    open.answer = personal.text;
                }
                _ => {}
            }
        }
        Ok(requests)
    }

    /// The reasons of the outcome (motivazione).
    async fn reasons(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        self.case.outcome?;
        let read = async || -> Result<Option<String>> {
            let history = self.history(data(ctx)?).await?.into_iter().rev();
            let mut outcomes = history.filter(|(event, _)| {
                matches!(&event.happening, Happening::Moved(movement) if movement.status.is_final())
            });
            Ok(outcomes.next().and_then(|(_, personal)| personal.reasons))
        };
        read().await.transpose()
    }

    /// What can be done against the outcome (strumenti di tutela).
    async fn remedies(&self, ctx: &Context<'_>) -> Option<Result<RichText>> {
        let read = async || -> Result<Option<RichText>> {
            let procedure = self.definition(data(ctx)?).await?;
            let remedies = procedure.map(|procedure| procedure.legal_remedies.clone());
            Ok(remedies.and_then(|text| RichText::new(&text, &self.reader)))
        };
        read().await.transpose()
    }

    /// Who read what the case says of people, each once for each hour, the last first and at most a hundred (registro
    /// degli accessi alla pratica).
    async fn access_log(&self, ctx: &Context<'_>) -> Result<Vec<CaseAccess>> {
        let data = data(ctx)?;
        let for_staff = data.caller.is_staff();
        let accesses = data.case_accesses(AccessesOf(self.case.id)).await?;
        Ok(accesses
            .into_iter()
            .map(|access| CaseAccess {
                actor: actor(&access.reader),
                reader: for_staff.then_some(access.reader),
                at: access.at,
            })
            .collect())
    }

    /// What rules of the procedure did by themselves, and why, the last first; for those who work for the municipality
    /// (registro delle regole automatiche).
    async fn automation_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100, 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only runs after this place.")] after: Option<String>,
    ) -> Result<RuleRunConnection> {
        let data = data(ctx)?;
        let procedure = self.definition(data).await?;
        let definition = procedure.as_ref();
        let definition = definition.and_then(|known| known.definition.as_ref());
        RuleRunConnection::read(data, &self.case, definition, &self.reader, (first, after)).await
    }

    /// What its people were told, in the order in which it was made (notifiche).
    async fn notifications(&self, ctx: &Context<'_>) -> Result<Vec<CaseNotification>> {
        let notifications = data(ctx)?
            .notifications(NotificationsOf(self.case.id))
            .await?;
        Ok(notifications.into_iter().map(CaseNotification).collect())
    }

    /// The transitions that the caller may take now (passaggi di stato disponibili).
    async fn available_transitions(&self, ctx: &Context<'_>) -> Result<Vec<AvailableTransition>> {
        let data = data(ctx)?;
        let Some(procedure) = self.definition(data).await? else {
            return Ok(Vec::new());
        };
        let rights = data.case_rights().await?;
        let Some(definition) = procedure
            .definition
            .as_ref()
            .filter(|_| rights.works.sees(&self.case))
        else {
            return Ok(Vec::new());
        };
        let events = data.case_outline(OutlineOf(self.case.id)).await?;
        let facts = facts(&events);
        // The days on which the municipality is closed matter to observations alone.
        let calendar = match facts.awaits_observations {
            true => data.closings().await?,
            false => ClosingCalendar::default(),
        };
        let terms = Terms {
            calendar: &calendar,
            now: data.now(),
        };
        Ok(rights.decide(&data.caller, |who| {
            let open = available(definition, &facts, who).into_iter();
            let shown = open.map(|one| {
                let awaits = observations_until(one.transition, (&facts, &events), who, &terms);
                self.shown(one, awaits)
            });
            shown.collect()
        }))
    }
}

impl Case {
    fn shown(
        &self,
        one: procedures::Available<'_>,
        awaits_observations_until: Option<NaiveDate>,
    ) -> AvailableTransition {
        let missing = one.missing.into_iter().map(MissingRequirement::from);
        let transition = one.transition;
        AvailableTransition {
            code: transition.code.clone(),
            label: self.reader.text(&transition.label),
            to: transition.to.clone(),
            effect: transition.effect.map(Into::into),
            requires: transition.requires.iter().map(Into::into).collect(),
            missing: missing.collect(),
            awaits_observations_until,
        }
    }
}
