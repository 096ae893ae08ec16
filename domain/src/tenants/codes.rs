//! The codes by which the state knows a public body.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};

/// Text that is not the code it should be.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("«{value}» is not {expected}")]
pub struct InvalidCode {
    value: String,
    expected: &'static str,
}

impl InvalidCode {
    fn new(value: &str, expected: &'static str) -> Self {
        Self {
            value: value.chars().take(40).collect(),
            expected,
        }
    }
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The code as a string.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

code!(
    /// The code of a body in the index of public administrations (IPA), such as `c_h501`; kept in
    /// lower case.
    IpaCode
);
code!(
    /// The fiscal code of a body: eleven digits, the last a check digit (as in D.M. 23/12/1976 for
    /// VAT numbers).
    FiscalCode
);

impl FromStr for IpaCode {
    type Err = InvalidCode;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        let code = code.trim().to_ascii_lowercase();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if (2..=20).contains(&code.len()) && code.bytes().all(allowed) {
            Ok(Self(code))
        } else {
            Err(InvalidCode::new(
                &code,
                "an IPA code: 2 to 20 letters, digits and underscores, such as c_h501",
            ))
        }
    }
}

impl FromStr for FiscalCode {
    type Err = InvalidCode;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        let code = code.trim();
        let digits: Vec<u32> = code
            .chars()
            .filter_map(|digit| digit.to_digit(10))
            .collect();
        let sum: u32 = digits
            .iter()
            .enumerate()
            .map(|(position, &digit)| match position % 2 {
                0 => digit,
                _ if digit > 4 => digit * 2 - 9,
                _ => digit * 2,
            })
            .sum();
        if code.len() == 11 && digits.len() == 11 && sum.is_multiple_of(10) {
            Ok(Self(code.to_owned()))
        } else {
            Err(InvalidCode::new(
                code,
                "the fiscal code of a body: eleven digits with a right check digit",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_checked() {
        assert_eq!("C_H501".parse::<IpaCode>().unwrap().as_str(), "c_h501");
        assert!("c h501".parse::<IpaCode>().is_err());
        // Roma Capitale and Regione Toscana, from the public index.
        for code in ["02438750586", "01386030488"] {
            assert!(code.parse::<FiscalCode>().is_ok(), "{code}");
        }
        for code in ["02438750587", "0243875058", "0243875058a", ""] {
            assert!(code.parse::<FiscalCode>().is_err(), "{code}");
        }
    }
}
