//! What happens in cases of which citizens are told: the list of the official models of App IO, and the announcement of a
//! refusal.

use std::str::FromStr;

use super::variables::Variable;
use crate::{procedures::Effect, store::StoreError};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageEvent {
    /// The application came in (richiesta ricevuta).
    Received,
    /// An office works on it (presa in carico).
    InCharge,
    /// It was given to another office (inoltrata).
    Forwarded,
    /// Something is missing (richiesta di integrazione).
    IntegrationRequested,
    /// The outcome is going to be negative (preavviso di rigetto).
    RefusalAnnounced,
    /// What was asked for is given (accolta).
    Accepted,
    /// It is not given (non accolta).
    NotAccepted,
    /// The applicant gave up, and that is accepted (ritiro accettato).
    WithdrawalAccepted,
    /// Something is to be paid (avviso di pagamento).
    PaymentNotice,
    /// Until soon (pagamento in scadenza).
    PaymentDueSoon,
    /// It was not paid (pagamento mancato).
    PaymentMissed,
    /// A document can be collected (documento pronto).
    DocumentReady,
    /// An appointment was made (appuntamento confermato).
    AppointmentConfirmed,
    /// It comes near (promemoria dell'appuntamento).
    AppointmentReminder,
    /// Something that was written was wrong (errata corrige).
    Erratum,
}

impl MessageEvent {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Received,
        Self::InCharge,
        Self::Forwarded,
        Self::IntegrationRequested,
        Self::RefusalAnnounced,
        Self::Accepted,
        Self::NotAccepted,
        Self::WithdrawalAccepted,
        Self::PaymentNotice,
        Self::PaymentDueSoon,
        Self::PaymentMissed,
        Self::DocumentReady,
        Self::AppointmentConfirmed,
        Self::AppointmentReminder,
        Self::Erratum,
    ];

    /// Its name, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::InCharge => "in_charge",
            Self::Forwarded => "forwarded",
            Self::IntegrationRequested => "integration_requested",
            Self::RefusalAnnounced => "refusal_announced",
            Self::Accepted => "accepted",
            Self::NotAccepted => "not_accepted",
            Self::WithdrawalAccepted => "withdrawal_accepted",
            Self::PaymentNotice => "payment_notice",
            Self::PaymentDueSoon => "payment_due_soon",
            Self::PaymentMissed => "payment_missed",
            Self::DocumentReady => "document_ready",
            Self::AppointmentConfirmed => "appointment_confirmed",
            Self::AppointmentReminder => "appointment_reminder",
            Self::Erratum => "erratum",
        }
    }

    /// What a transition of this effect is told as.
    pub fn of_effect(effect: Effect) -> Option<Self> {
        match effect {
            Effect::Submit | Effect::Register => Some(Self::Received),
            Effect::TakeCharge => Some(Self::InCharge),
            Effect::RequestIntegration => Some(Self::IntegrationRequested),
            Effect::AnnounceRefusal => Some(Self::RefusalAnnounced),
            Effect::Grant => Some(Self::Accepted),
            Effect::Refuse | Effect::Revoke => Some(Self::NotAccepted),
            Effect::Withdraw => Some(Self::WithdrawalAccepted),
            Effect::AnswerIntegration | Effect::AnswerAnnouncement | Effect::Reopen => None,
        }
    }

    /// It tells of where the case stands: what is told later takes its place.
    pub(super) fn is_state(self) -> bool {
        matches!(
            self,
            Self::Received
                | Self::InCharge
                | Self::Forwarded
                | Self::IntegrationRequested
                | Self::RefusalAnnounced
                | Self::Accepted
                | Self::NotAccepted
                | Self::WithdrawalAccepted
        )
    }

    /// It concerns money, or a right that is won, lost or must be used in time: whether it arrived is never guessed.
    pub fn is_protected(self) -> bool {
        matches!(
            self,
            Self::IntegrationRequested
                | Self::RefusalAnnounced
                | Self::Accepted
                | Self::NotAccepted
                | Self::WithdrawalAccepted
                | Self::PaymentNotice
                | Self::PaymentDueSoon
                | Self::PaymentMissed
        )
    }

    /// It is about a payment, which is given with it.
    pub fn is_payment(self) -> bool {
        matches!(
            self,
            Self::PaymentNotice | Self::PaymentDueSoon | Self::PaymentMissed
        )
    }

    /// Whether this is known when it happens.
    pub(super) fn knows(self, variable: Variable) -> bool {
        match variable {
            Variable::Reasons => matches!(
                self,
                Self::Accepted
                    | Self::NotAccepted
                    | Self::RefusalAnnounced
                    | Self::WithdrawalAccepted
            ),
            _ => true,
        }
    }
}

impl FromStr for MessageEvent {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self, StoreError> {
        let known = Self::ALL.into_iter().find(|event| event.as_str() == name);
        known.ok_or_else(|| StoreError::corrupt("event of a message", name))
    }
}
