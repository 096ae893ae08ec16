//! What is sent to IO.

use chrono::SecondsFormat;
use municipio_domain::notifications::{Message, PaymentData, Precondition, RemoteReference};
use serde_json::{Value, json};

/// A message, as the specification has it (`NewMessage`).
pub(super) fn new_message(message: &Message) -> Value {
    let mut content = json!({
        "subject": message.subject,
        "markdown": message.markdown,
    });
    if message.is_secure {
        content["require_secure_channels"] = json!(true);
    }
    if let Some(due_at) = message.due_at {
        content["due_date"] = json!(due_at.to_rfc3339_opts(SecondsFormat::Millis, true));
    }
    if let Some(payment) = &message.payment {
        content["payment_data"] = payment_data(payment);
    }
    if let Some(remote) = &message.remote {
        content["third_party_data"] = third_party_data(remote);
    }
    let level = match message.is_premium {
        true => "ADVANCED",
        false => "STANDARD",
    };
    json!({
        "fiscal_code": message.fiscal_code,
        "feature_level_type": level,
        "content": content,
    })
}

fn payment_data(payment: &PaymentData) -> Value {
    json!({
        "amount": payment.amount,
        "notice_number": payment.notice_number,
        "invalid_after_due_date": payment.is_void_after_due_date,
    })
}

fn third_party_data(remote: &RemoteReference) -> Value {
    // The guide writes others of these words; the specification has these alone.
    let precondition = match remote.precondition {
        Precondition::Never => "NEVER",
        Precondition::Once => "ONCE",
        Precondition::Always => "ALWAYS",
    };
    json!({
        "id": remote.id,
        "configuration_id": remote.configuration,
        "has_remote_content": true,
        "has_attachments": remote.has_attachments,
        "has_precondition": precondition,
    })
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use proptest::prelude::*;

    use super::*;

    /// What the specification says of a new message, in our own words.
    fn schema() -> jsonschema::Validator {
        let schema = include_str!("../../schemas/appio-new-message.json");
        jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
    }

    fn messages() -> impl Strategy<Value = Message> {
        let payment = prop::option::of((1..=9_999_999_999_u64, "[0-3][0-9]{17}", any::<bool>()));
        let remote = prop::option::of(prop::sample::select(vec![
            Precondition::Never,
            Precondition::Once,
            Precondition::Always,
        ]));
        let due = prop::option::of(0..4_000_000_000_i64);
        let flags = any::<[bool; 2]>();
        ("[^\0]{10,60}", "[^\0]{80,300}", payment, remote, due, flags).prop_map(
            |(subject, markdown, payment, remote, due, [is_secure, is_premium])| Message {
                fiscal_code: "RSSMRA80A01H501U".to_owned(),
                subject,
                markdown,
                is_secure,
                due_at: due.map(|seconds| Utc.timestamp_opt(seconds, 0).unwrap()),
                payment: payment.map(|(amount, notice_number, is_void_after_due_date)| {
                    PaymentData {
                        amount,
                        notice_number,
                        is_void_after_due_date,
                    }
                }),
                remote: remote.map(|precondition| RemoteReference {
                    id: "0b9c2f5e-3f52-4a51-9d3b-0a4c6f3d1e77".to_owned(),
                    configuration: "01HMRBX079WA5SGYBQP1A7FSKH".to_owned(),
                    precondition,
                    has_attachments: is_premium,
                }),
                is_premium,
            },
        )
    }

    proptest! {
        #[test]
        fn messages_are_as_the_specification_has_them(message in messages()) {
            let body = new_message(&message);
            let schema = schema();
            let errors: Vec<_> = schema.iter_errors(&body).map(|error| error.to_string()).collect();
            prop_assert!(errors.is_empty(), "{errors:?} {body:#}");
        }
    }
}
