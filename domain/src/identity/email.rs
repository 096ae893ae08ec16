//! E-mail addresses, in the one form in which accounts are found by them.

use std::{fmt, str::FromStr};

use validator::ValidateEmail;

/// An e-mail address: no space around it, small letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

/// Not an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write an e-mail address, such as anna.rossi@comune.esempio.it")]
pub struct InvalidEmail;

impl EmailAddress {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        // Longer ones cannot be delivered (RFC 5321, section 4.5.3.1.3).
        const LONGEST: usize = 254;
        let address = text.trim().to_lowercase();
        match address.len() <= LONGEST && address.validate_email() {
            true => Ok(Self(address)),
            false => Err(InvalidEmail),
        }
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_of_every_address() {
        let address: EmailAddress = " Anna.Rossi@Comune.Example ".parse().unwrap();
        assert_eq!(address.as_str(), "anna.rossi@comune.example");
        let long = format!("{}@comune.example", "a".repeat(300));
        for wrong in ["", "anna", "@comune.example", "a b@comune.example", &long] {
            assert!(wrong.parse::<EmailAddress>().is_err(), "{wrong}");
        }
    }
}
