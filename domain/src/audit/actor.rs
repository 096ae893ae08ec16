//! Who did something, and from where.

use std::{fmt, net::IpAddr};

use crate::identity::Caller;

/// Who did something, as it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// `account:…`, `key:…` or `citizen:…`, `anonymous`, `command` or `system`.
    pub id: String,
    /// The name of the account or of the key at that time.
    pub name: Option<String>,
    /// The request by which it was done.
    pub origin: Origin,
}

/// The request by which something was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Its id, as it stands in the log of the server.
    pub request_id: Option<String>,
    /// From where it came.
    pub network: Option<ClientNetwork>,
}

impl Actor {
    /// Who gave a command on the server.
    pub fn command() -> Self {
        Self::named("command", None)
    }

    /// Municipio itself, such as when a schedule comes due.
    pub fn system() -> Self {
        Self::named("system", None)
    }

    /// Who made a request.
    pub fn caller(caller: &Caller, origin: Origin) -> Self {
        let name = match caller {
            // The log cannot forget: of citizens it says no name.
            Caller::Anonymous | Caller::Citizen(_) => None,
            Caller::Staff(staff) => Some(staff.name.clone()),
            Caller::Machine(machine) => Some(machine.name.clone()),
        };
        Self {
            origin,
            ..Self::named(&caller.author(), name)
        }
    }

    fn named(id: &str, name: Option<String>) -> Self {
        Self {
            id: id.to_owned(),
            name,
            origin: Origin::default(),
        }
    }
}

/// The network of a client: of an IPv4 address the first 24 bits, of an IPv6 address the first 48. It
/// tells the office from abroad, and one home from no other in the same street: what is written down
/// for ever should say no more of a person than it must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientNetwork(IpAddr);

impl From<IpAddr> for ClientNetwork {
    fn from(address: IpAddr) -> Self {
        const V4: u32 = u32::MAX << 8;
        const V6: u128 = u128::MAX << 80;
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4((address.to_bits() & V4).into()),
            IpAddr::V6(address) => IpAddr::V6((address.to_bits() & V6).into()),
        })
    }
}

impl fmt::Display for ClientNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(network) => write!(f, "{network}/24"),
            IpAddr::V6(network) => write!(f, "{network}/48"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_the_network_is_kept() {
        for (address, network) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
            ("::1", "::/48"),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(ClientNetwork::from(address).to_string(), network);
        }
    }
}
