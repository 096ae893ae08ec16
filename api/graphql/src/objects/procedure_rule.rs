//! What is done by itself in the cases of a procedure.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use municipio_domain::procedures::{self, Condition, RuleAction as Action, Trigger};

use super::{NoticeRecipient, Office};
use crate::view::View;

/// What happened in a case (evento della pratica).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "procedures::RuleEvent")]
pub(crate) enum RuleEvent {
    /// It began (avvio).
    Opened,
    /// It went from one state to another (passaggio di stato).
    Moved,
    /// It was given to an office or an officer (assegnazione).
    Assigned,
    /// Something that transitions require came in (elemento acquisito).
    EvidenceAdded,
    /// Somebody wrote a message or a note (messaggio o annotazione).
    Wrote,
    /// The applicant changed a draft (modifica della bozza).
    Revised,
    /// It follows another revision of its procedure from then on (migrazione).
    Migrated,
    /// The officer was reminded of the end of the term (avviso di scadenza).
    Reminded,
}

/// Who wrote a message (autore del messaggio).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "procedures::MessageAuthor")]
pub(crate) enum MessageAuthor {
    /// The applicant or a delegate (richiedente o delegato).
    Citizen,
    /// Somebody who works for the municipality, or a program of theirs (ufficio).
    Office,
}

/// How an application came in (canale di presentazione).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "procedures::Channel")]
pub(crate) enum CaseChannel {
    /// The citizen began it here (in linea).
    Online,
    /// An officer entered it, such as of an application on paper (sportello).
    Counter,
    /// Other software reported it (altro software).
    Software,
}

/// How a value is compared (confronto).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "procedures::Comparison")]
pub(crate) enum RuleComparison {
    /// It is the same; numbers as numbers, `true` and `false` as such (uguale).
    Equals,
    /// It is this number or a greater one, or this day or a later one (almeno).
    AtLeast,
    /// It is this number or a smaller one, or this day or an earlier one (al più).
    AtMost,
    /// The list has it among its values, or the text in it (contiene).
    Contains,
    /// It is there, whatever it is (presente).
    IsThere,
}

/// To which officer a rule gives a case (operatore).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "procedures::RuleAssignee")]
pub(crate) enum RuleAssignee {
    /// To none: to the office (nessuno).
    Nobody,
    /// To the one of the office who has the fewest open cases (chi ha meno pratiche aperte).
    LeastBusy,
}

/// What kind of thing sets a rule off (tipo di evento).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum RuleTriggerKind {
    /// Something of a kind happened (tipo di evento).
    Event,
    /// A transition was taken (passaggio di stato).
    Transition,
    /// The case came to a state (ingresso in uno stato).
    State,
    /// Something that transitions require came in (elemento acquisito).
    Evidence,
    /// Somebody wrote a message or a note (messaggio).
    Message,
    /// So many days are left before the end of the term (scadenza vicina).
    DaysLeft,
    /// The term is over (termine scaduto).
    TermOver,
    /// The case has stood so long in a state (permanenza in uno stato).
    TimeInState,
}

/// What sets a rule off (evento che attiva la regola).
#[derive(SimpleObject)]
pub(crate) struct RuleTrigger {
    /// What kind of thing (tipo).
    kind: RuleTriggerKind,
    /// What happened (evento).
    event: Option<RuleEvent>,
    /// The transition, the state or what came in, by its code (codice).
    code: Option<String>,
    /// Who wrote the message (autore).
    from: Option<MessageAuthor>,
    /// How many calendar days (giorni).
    days: Option<u16>,
}

impl From<&Trigger> for RuleTrigger {
    fn from(trigger: &Trigger) -> Self {
        use RuleTriggerKind as Kind;
        let mut shown = Self {
            kind: Kind::TermOver,
            event: None,
            code: None,
            from: None,
            days: None,
        };
        let code;
        (shown.kind, code) = match trigger {
            Trigger::Event { event } => {
                shown.event = Some((*event).into());
                (Kind::Event, None)
            }
            Trigger::Transition { code } => (Kind::Transition, Some(code)),
            Trigger::State { code } => (Kind::State, Some(code)),
            Trigger::Evidence { code } => (Kind::Evidence, Some(code)),
            Trigger::Message { from } => {
                shown.from = Some((*from).into());
                (Kind::Message, None)
            }
            Trigger::DaysLeft { days } => {
                shown.days = Some(*days);
                (Kind::DaysLeft, None)
            }
            Trigger::TermOver => (Kind::TermOver, None),
            Trigger::TimeInState { state, days } => {
                shown.days = Some(*days);
                (Kind::TimeInState, Some(state))
            }
        };
        shown.code = code.cloned();
        shown
    }
}

/// What kind of thing must hold (tipo di condizione).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum RuleConditionKind {
    /// It is in one of these states (stato).
    State,
    /// One of these offices is in charge (ufficio responsabile).
    Office,
    /// An officer is in charge (operatore incaricato).
    Assigned,
    /// The application came in by one of these ways (canale).
    Channel,
    /// What the application says at a place (dati dell'istanza).
    Data,
    /// At most so many days are left before the end of the term (giorni alla scadenza).
    DaysLeft,
}

/// Something that holds of a case, or does not (condizione).
pub(crate) struct RuleCondition {
    condition: Condition,
    view: View,
}

/// Something that holds of a case, or does not (condizione).
#[Object]
impl RuleCondition {
    /// What kind of thing (tipo).
    async fn kind(&self) -> RuleConditionKind {
        match self.condition {
            Condition::State { .. } => RuleConditionKind::State,
            Condition::Office { .. } => RuleConditionKind::Office,
            Condition::Assigned => RuleConditionKind::Assigned,
            Condition::Channel { .. } => RuleConditionKind::Channel,
            Condition::Data { .. } => RuleConditionKind::Data,
            Condition::DaysLeft { .. } => RuleConditionKind::DaysLeft,
        }
    }

    /// The states, by their codes (codici degli stati).
    async fn states(&self) -> &[String] {
        match &self.condition {
            Condition::State { codes } => codes,
            _ => &[],
        }
    }

    /// The offices (uffici).
    async fn offices(&self, ctx: &Context<'_>) -> Result<Vec<Office>> {
        match &self.condition {
            Condition::Office { offices } => self.view.many(ctx, offices).await,
            _ => Ok(Vec::new()),
        }
    }

    /// The ways (canali).
    async fn channels(&self) -> Vec<CaseChannel> {
        match &self.condition {
            Condition::Channel { channels } => {
                channels.iter().map(|channel| (*channel).into()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The place in what the application says: a JSON Pointer, RFC 6901 (puntatore JSON).
    async fn pointer(&self) -> Option<&str> {
        match &self.condition {
            Condition::Data { pointer, .. } => Some(pointer),
            _ => None,
        }
    }

    /// How it is compared (confronto).
    async fn comparison(&self) -> Option<RuleComparison> {
        match &self.condition {
            Condition::Data { comparison, .. } => Some((*comparison).into()),
            _ => None,
        }
    }

    /// With what (valore).
    async fn value(&self) -> Option<&str> {
        match &self.condition {
            Condition::Data { value, .. } => value.as_deref(),
            _ => None,
        }
    }

    /// How many calendar days are left at most (giorni).
    async fn days(&self) -> Option<u16> {
        match &self.condition {
            Condition::DaysLeft { at_most } => Some(*at_most),
            _ => None,
        }
    }
}

/// What a rule does (tipo di azione).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum RuleActionKind {
    /// Takes a transition (compie un passaggio).
    Take,
    /// Gives the case to an office and an officer (assegna).
    Assign,
    /// Has somebody told something (avvisa).
    Notify,
    /// Reminds the officer after some days (promemoria).
    Remind,
}

/// What a rule does (azione).
pub(crate) struct RuleAction {
    action: Action,
    view: View,
}

impl RuleActionKind {
    pub(crate) fn of(action: &Action) -> Self {
        match action {
            Action::Take { .. } => Self::Take,
            Action::Assign { .. } => Self::Assign,
            Action::Notify { .. } => Self::Notify,
            Action::Remind { .. } => Self::Remind,
        }
    }
}

/// What a rule does (azione).
#[Object]
impl RuleAction {
    /// What (tipo).
    async fn kind(&self) -> RuleActionKind {
        RuleActionKind::of(&self.action)
    }

    /// The transition that it takes, by its code (codice del passaggio).
    async fn transition(&self) -> Option<&str> {
        match &self.action {
            Action::Take { transition, .. } => Some(transition),
            _ => None,
        }
    }

    /// The office to which it gives the case; null when that stays (ufficio).
    async fn office(&self, ctx: &Context<'_>) -> Option<Result<Office>> {
        let office = match &self.action {
            Action::Assign { office, .. } => office.as_ref(),
            _ => None,
        };
        self.view.one(ctx, office).await.transpose()
    }

    /// The officer to whom it gives the case (operatore).
    async fn officer(&self) -> Option<RuleAssignee> {
        match &self.action {
            Action::Assign { officer, .. } => Some((*officer).into()),
            _ => None,
        }
    }

    /// Who is told (destinatari).
    async fn recipients(&self) -> Vec<NoticeRecipient> {
        match &self.action {
            Action::Notify { recipients, .. } => {
                recipients.iter().map(|one| (*one).into()).collect()
            }
            Action::Remind { .. } => vec![NoticeRecipient::Officer],
            _ => Vec::new(),
        }
    }

    /// What they are told, or the comment of the transition (testo).
    async fn text(&self) -> Option<String> {
        match &self.action {
            Action::Take { comment: text, .. }
            | Action::Notify { text, .. }
            | Action::Remind { text, .. } => self.view.text(text),
            Action::Assign { .. } => None,
        }
    }

    /// After how many calendar days it reminds (giorni).
    async fn days(&self) -> Option<u16> {
        match &self.action {
            Action::Remind { days, .. } => Some(*days),
            _ => None,
        }
    }
}

/// What is done by itself when something happened in a case (regola automatica).
pub(crate) struct ProcedureRule {
    pub(crate) rule: procedures::Rule,
    pub(crate) view: View,
}

impl ProcedureRule {
    fn shown(&self, conditions: &[Condition]) -> Vec<RuleCondition> {
        let conditions = conditions.iter();
        conditions
            .map(|condition| RuleCondition {
                condition: condition.clone(),
                view: self.view.clone(),
            })
            .collect()
    }
}

/// What is done by itself when something happened in a case (regola automatica).
#[Object]
impl ProcedureRule {
    /// Its name in the definition (codice).
    async fn code(&self) -> &str {
        &self.rule.code
    }

    /// What it is for (etichetta).
    async fn label(&self) -> Option<String> {
        self.view.text(&self.rule.label)
    }

    /// What sets it off: one of these (eventi).
    async fn triggers(&self) -> Vec<RuleTrigger> {
        self.rule.triggers.iter().map(Into::into).collect()
    }

    /// What must hold, all of it (condizioni).
    async fn conditions(&self) -> Vec<RuleCondition> {
        self.shown(&self.rule.conditions)
    }

    /// What must not hold, none of it (eccezioni).
    async fn exceptions(&self) -> Vec<RuleCondition> {
        self.shown(&self.rule.exceptions)
    }

    /// What is done, in this order (azioni).
    async fn actions(&self) -> Vec<RuleAction> {
        let actions = self.rule.actions.iter();
        actions
            .map(|action| RuleAction {
                action: action.clone(),
                view: self.view.clone(),
            })
            .collect()
    }
}
