//! The messages of graphql-transport-ws and its reasons to close a connection
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>).

use actix_ws::{CloseCode, CloseReason};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};

use super::Parameters;

/// The name of the protocol, as client and server agree on it.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ClientMessage {
    ConnectionInit {
        payload: Option<Map<String, Value>>,
    },
    Ping {
        payload: Option<Map<String, Value>>,
    },
    Pong {
        #[serde(rename = "payload")]
        _payload: Option<Map<String, Value>>,
    },
    Subscribe {
        id: String,
        payload: Parameters,
    },
    Complete {
        id: String,
    },
}

impl ClientMessage {
    /// Reads a message.
    pub(super) fn read(text: &str) -> Result<Self, Close> {
        let message = serde_json::from_str(text).map_err(|_| Close::InvalidMessage)?;
        match &message {
            Self::Subscribe { id, .. } | Self::Complete { id } if id.is_empty() => {
                Err(Close::InvalidMessage)
            }
            _ => Ok(message),
        }
    }
}

/// What the server says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Map<String, Value>>,
    },
    Next {
        id: &'a str,
        payload: &'a RawValue,
    },
    Error {
        id: &'a str,
        payload: &'a RawValue,
    },
    Complete {
        id: &'a str,
    },
}

/// Why the server closes a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// The client is gone, or does not read: there is nobody to tell.
    Gone,
    /// The client said goodbye.
    Normal,
    /// The server is being stopped.
    GoingAway,
    /// A frame that WebSocket does not know.
    Malformed,
    /// A message longer than a request may be.
    TooLarge,
    /// Something failed here.
    Internal,
    /// Not a message of the protocol.
    InvalidMessage,
    /// An operation before `connection_ack`.
    Unauthorized,
    /// The municipality that is named is not served here.
    Forbidden(String),
    /// The client and the server have no protocol in common.
    NoCommonProtocol,
    /// No `connection_init` in time.
    InitialisationTimeout,
    /// A second operation under the same id.
    DuplicateId(String),
    /// A second `connection_init`.
    TooManyInitialisations,
}

impl Close {
    /// The code and the sentence for the client, where there is one to tell.
    pub(super) fn reason(&self) -> Option<CloseReason> {
        let (code, sentence) = match self {
            Self::Gone => return None,
            Self::Normal => (1000, String::new()),
            Self::GoingAway => (1001, "Going away".to_owned()),
            Self::Malformed => (1002, "Protocol error".to_owned()),
            Self::TooLarge => (1009, "Message too large".to_owned()),
            Self::Internal => (4500, "Internal server error".to_owned()),
            Self::InvalidMessage => (4400, "Invalid message received".to_owned()),
            Self::Unauthorized => (4401, "Unauthorized".to_owned()),
            Self::Forbidden(why) => (4403, format!("Forbidden: {why}")),
            Self::NoCommonProtocol => (4406, "Subprotocol not acceptable".to_owned()),
            Self::InitialisationTimeout => (4408, "Connection initialisation timeout".to_owned()),
            Self::DuplicateId(id) => (4409, format!("Subscriber for {id} already exists")),
            Self::TooManyInitialisations => (4429, "Too many initialisation requests".to_owned()),
        };
        Some(CloseReason {
            code: CloseCode::from(code),
            description: Some(shortened(sentence)),
        })
    }
}

/// A close frame has room for 123 bytes of text (RFC 6455, section 5.5).
fn shortened(mut sentence: String) -> String {
    let mut end = sentence.len().min(123);
    while !sentence.is_char_boundary(end) {
        end -= 1;
    }
    sentence.truncate(end);
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_the_protocol_are_read_and_others_are_not() {
        for text in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":{"Municipio-Tenant":"c_h501"}}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"pong","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{ __typename }"}}"#,
            r#"{"type":"complete","id":"1"}"#,
        ] {
            assert!(ClientMessage::read(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "null",
            "[]",
            r#"{"type":"start","id":"1"}"#,
            r#"{"id":"1"}"#,
            r#"{"type":"subscribe","payload":{"query":"{ __typename }"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{ __typename }"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{ __typename }"}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"connection_init","payload":"x"}"#,
        ] {
            assert_eq!(
                ClientMessage::read(text).unwrap_err(),
                Close::InvalidMessage,
                "{text}"
            );
        }
    }

    #[test]
    fn reasons_fit_a_close_frame() {
        let close = Close::DuplicateId("è".repeat(200));
        let reason = close.reason().unwrap();
        assert_eq!(u16::from(reason.code), 4409);
        assert!(reason.description.unwrap().len() <= 123);
        assert!(Close::Gone.reason().is_none());
    }
}
