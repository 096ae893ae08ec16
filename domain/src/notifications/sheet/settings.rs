//! What the catalogue does not say of a service, and IO wants to know.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::SheetScope;
use crate::notifications::NotificationRefusal;

/// The most that a service may ask for, in cents.
const MOST_PAYMENT: u64 = 9_999_999_999;
/// How many addresses there may be from which it is written.
const MOST_CIDRS: usize = 50;
/// The last id that a topic may have.
const LAST_TOPIC: i64 = 9_999;

/// Which picture a service has in the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SheetLogo {
    /// None is sent: that of the body is shown.
    None,
    /// The coat of arms of the municipality.
    #[default]
    Crest,
    /// The picture of the service.
    Image,
}

/// What the catalogue does not say of a service, and IO wants to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SheetSettings {
    /// The topic of IO under which it stands.
    pub topic_id: i64,
    /// For whom it is.
    pub scope: SheetScope,
    /// No excerpt of its messages goes into mails.
    pub is_secure: bool,
    /// How much it may ask for, in cents.
    pub max_payment: u64,
    /// From where it may be written as it; from anywhere when empty.
    pub authorized_cidrs: Vec<String>,
    /// Citizens see it as soon as it is approved.
    pub is_released: bool,
    /// Messages are written as it: its keys are fetched once it is there.
    pub is_sender: bool,
    /// There is a button that leads to the service.
    pub has_button: bool,
    /// Which picture it has.
    pub logo: SheetLogo,
}

impl SheetSettings {
    /// What is wrong with it.
    pub(super) fn check(&self) -> Vec<NotificationRefusal> {
        let wrong = |field, message: &str| NotificationRefusal::Setting(field, message.to_owned());
        let mut refusals = Vec::new();
        if !(0..=LAST_TOPIC).contains(&self.topic_id) {
            let message = "write the id of a topic of IO: «municipio appio topics» lists them";
            refusals.push(wrong("topicId", message));
        }
        if self.max_payment > MOST_PAYMENT {
            let message = "a service may ask for 9,999,999,999 cents at the most";
            refusals.push(wrong("maxPaymentAmount", message));
        }
        let cidrs = &self.authorized_cidrs;
        if cidrs.len() > MOST_CIDRS || !cidrs.iter().all(|cidr| is_cidr(cidr)) {
            let message =
                "write at most 50 IPv4 addresses or networks, such as 192.0.2.7 or 192.0.2.0/24";
            refusals.push(wrong("authorizedCidrs", message));
        }
        refusals
    }
}

/// Whether it is an IPv4 address, or a network of such.
fn is_cidr(text: &str) -> bool {
    let (address, length) = text.split_once('/').unwrap_or((text, "32"));
    let is_length = length.parse().is_ok_and(|length: u8| length <= 32)
        && length.bytes().all(|byte| byte.is_ascii_digit());
    address.parse::<Ipv4Addr>().is_ok() && is_length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_io_would_not_take_is_refused() {
        let fields = |settings: SheetSettings| -> Vec<_> {
            let refusals = settings.check().into_iter();
            refusals.map(|refusal| refusal.path().unwrap()).collect()
        };
        assert!(fields(SheetSettings::default()).is_empty());
        let of = |cidr: &str| SheetSettings {
            authorized_cidrs: vec![cidr.to_owned()],
            ..SheetSettings::default()
        };
        for right in ["192.0.2.7", "192.0.2.0/24", "0.0.0.0/0"] {
            assert!(fields(of(right)).is_empty(), "{right}");
        }
        for wrong in [
            "",
            "192.0.2",
            "192.0.2.256",
            "192.0.2.0/33",
            "192.0.2.0/+4",
            "::1",
            "x",
        ] {
            assert_eq!(fields(of(wrong)), ["authorizedCidrs"], "{wrong}");
        }
        let settings = SheetSettings {
            topic_id: -1,
            max_payment: MOST_PAYMENT + 1,
            ..SheetSettings::default()
        };
        assert_eq!(fields(settings), ["topicId", "maxPaymentAmount"]);
    }
}
