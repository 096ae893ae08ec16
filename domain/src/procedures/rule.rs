//! Rules: when something happened in a case, and some facts hold, something is done by itself. They are data of a
//! definition; whether one is wanted says [`Rule::judge`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Recipient;
use crate::{
    content::{Link, types::Office},
    locale::LocalizedText,
};

/// What is done by itself when something happened in a case (regola automatica).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ProcedureRule")]
pub struct Rule {
    /// Its name: small letters, digits and hyphens (codice).
    pub code: String,
    /// What it is for (etichetta).
    pub label: LocalizedText,
    /// What sets it off: one of these (eventi).
    pub triggers: Vec<Trigger>,
    /// What must hold, all of it, as the case is when the rule runs (condizioni).
    pub conditions: Vec<Condition>,
    /// What must not hold, none of it (eccezioni).
    pub exceptions: Vec<Condition>,
    /// What is done, in this order, until something of it cannot be done (azioni).
    pub actions: Vec<RuleAction>,
}

/// What sets a rule off (evento che attiva la regola).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "RuleTrigger")]
pub enum Trigger {
    /// Something of this kind happened (tipo di evento).
    Event {
        /// What happened (evento).
        event: RuleEvent,
    },
    /// A transition was taken (passaggio di stato).
    Transition {
        /// Which one, by its code (codice del passaggio).
        code: String,
    },
    /// The case came to a state (ingresso in uno stato).
    State {
        /// Which one, by its code (codice dello stato).
        code: String,
    },
    /// Something that transitions require came in (elemento acquisito).
    Evidence {
        /// Which document, payment, check or appointment, or under which transition a signature, by its code (codice).
        code: String,
    },
    /// Somebody wrote a message or a note (messaggio).
    Message {
        /// Who wrote it (autore).
        from: MessageAuthor,
    },
    /// So many days are left before the end of the term (scadenza vicina).
    DaysLeft {
        /// How many calendar days (giorni).
        days: u16,
    },
    /// The term is over (termine scaduto).
    TermOver,
    /// The case has stood so long in a state (permanenza in uno stato).
    TimeInState {
        /// In which one, by its code (codice dello stato).
        state: String,
        /// How many calendar days (giorni).
        days: u16,
    },
}

/// What happened in a case (evento della pratica).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleEvent {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageAuthor {
    /// The applicant or a delegate (richiedente o delegato).
    Citizen,
    /// Somebody who works for the municipality, or a program of theirs (ufficio).
    Office,
}

/// Something that holds of a case, or does not (condizione).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "RuleCondition")]
pub enum Condition {
    /// It is in one of these states (stato).
    State {
        /// The states, by their codes (codici degli stati).
        codes: Vec<String>,
    },
    /// One of these offices is in charge (ufficio responsabile).
    Office {
        /// The offices (uffici).
        offices: Vec<Link<Office>>,
    },
    /// An officer is in charge (operatore incaricato).
    Assigned,
    /// The application came in by one of these ways (canale).
    Channel {
        /// The ways (canali).
        channels: Vec<Channel>,
    },
    /// What the application says at a place (dati dell'istanza).
    Data {
        /// The place: a JSON Pointer (RFC 6901), such as `/address` (puntatore JSON).
        pointer: String,
        /// How it is compared (confronto).
        comparison: Comparison,
        /// With what; with nothing when it only has to be there (valore).
        #[serde(default)]
        value: Option<String>,
    },
    /// At most so many days are left before the end of the term; none when it is over (giorni alla scadenza).
    DaysLeft {
        /// How many calendar days (giorni).
        at_most: u16,
    },
}

/// How an application came in (canale di presentazione).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "CaseChannel")]
pub enum Channel {
    /// The citizen began it here (in linea).
    Online,
    /// An officer entered it, such as of an application on paper (sportello).
    Counter,
    /// Other software reported it (altro software).
    Software,
}

/// How a value is compared (confronto).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RuleComparison")]
pub enum Comparison {
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

/// What a rule does (azione).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "RuleAction")]
pub enum RuleAction {
    /// Takes a transition, under the same guards as everybody; other programs must be among those who may take it
    /// (compie un passaggio).
    Take {
        /// Which one, by its code (codice del passaggio).
        transition: String,
        /// The comment, if it requires one (nota).
        #[serde(default)]
        comment: LocalizedText,
    },
    /// Gives the case to an office and an officer (assegna).
    Assign {
        /// The office; the one in charge when left out (ufficio).
        #[serde(default)]
        office: Option<Link<Office>>,
        /// Which officer (operatore).
        officer: RuleAssignee,
    },
    /// Has somebody told something (avvisa).
    Notify {
        /// Who is told (destinatari).
        recipients: Vec<Recipient>,
        /// What they are told (testo).
        #[serde(default)]
        text: LocalizedText,
    },
    /// Reminds the officer after some days, unless the case has gone to another state by then (promemoria).
    Remind {
        /// After how many calendar days (giorni).
        days: u16,
        /// Of what (testo).
        #[serde(default)]
        text: LocalizedText,
    },
}

/// To which officer a rule gives a case (operatore).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleAssignee {
    /// To none: to the office (nessuno).
    Nobody,
    /// To the one of the office who has the fewest open cases (chi ha meno pratiche aperte).
    LeastBusy,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Online, Self::Counter, Self::Software];

    /// Its name, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Counter => "counter",
            Self::Software => "software",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.as_str() == name)
    }

    /// How a case came in that this actor began.
    pub fn of_actor(actor: &str) -> Self {
        match actor.split(':').next() {
            Some("citizen") => Self::Online,
            Some("key") => Self::Software,
            _ => Self::Counter,
        }
    }
}

impl Rule {
    /// It asks what the application says.
    pub fn asks_for_data(&self) -> bool {
        let mut conditions = self.conditions.iter().chain(&self.exceptions);
        conditions.any(|condition| matches!(condition, Condition::Data { .. }))
    }

    /// The offices that it names, each with its place in it.
    pub fn offices(&self) -> Vec<(String, &Link<Office>)> {
        let lists = [
            ("conditions", &self.conditions),
            ("exceptions", &self.exceptions),
        ];
        let conditions = lists.into_iter().flat_map(|(name, list)| {
            list.iter().enumerate().flat_map(move |(index, condition)| {
                let offices = match condition {
                    Condition::Office { offices } => offices.as_slice(),
                    _ => &[],
                };
                let path = format!("{name}[{index}].offices");
                let offices = offices.iter().enumerate();
                offices.map(move |(place, office)| (format!("{path}[{place}]"), office))
            })
        });
        let actions = self.actions.iter().enumerate();
        let actions = actions.filter_map(|(index, action)| match action {
            RuleAction::Assign {
                office: Some(office),
                ..
            } => Some((format!("actions[{index}].office"), office)),
            _ => None,
        });
        conditions.chain(actions).collect()
    }
}
