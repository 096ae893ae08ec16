//! What a service sheet says, as IO keeps it: the same whether it is ours or theirs, so that both can be compared.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{digest::sha256, store::StoreError};

/// For whom a service is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SheetScope {
    /// For those who live there.
    #[default]
    Local,
    /// For everybody in the country.
    National,
}

/// What a service sheet says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SheetContent {
    /// What the service is called.
    pub name: String,
    /// What it is, in Markdown.
    pub description: String,
    /// The name of the body.
    pub organization_name: String,
    /// The fiscal code of the body.
    pub organization_fiscal_code: String,
    /// No excerpt of its messages goes into mails.
    pub is_secure: bool,
    /// From where it may be written as it: IPv4 addresses and networks, in their order.
    pub authorized_cidrs: Vec<String>,
    /// How much it may ask for, in cents.
    pub max_payment: u64,
    /// For whom it is.
    pub scope: SheetScope,
    /// The topic of IO under which it stands.
    pub topic_id: i64,
    /// What is done with personal data.
    pub privacy_url: Option<String>,
    /// The terms.
    pub tos_url: Option<String>,
    /// The service on the site.
    pub web_url: Option<String>,
    /// Where help is.
    pub support_url: Option<String>,
    /// A mail address.
    pub email: Option<String>,
    /// A certified mail address.
    pub pec: Option<String>,
    /// A telephone number.
    pub phone: Option<String>,
    /// Where one can go.
    pub address: Option<String>,
    /// An app for iOS.
    pub app_ios: Option<String>,
    /// An app for Android.
    pub app_android: Option<String>,
    /// The button under the sheet: front matter.
    pub cta: Option<String>,
}

/// A field in which what stands at IO is not what is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetDifference {
    /// The field.
    pub field: String,
    /// What is here, as JSON unless it is text.
    pub ours: Option<String>,
    /// What stands at IO, as JSON unless it is text.
    pub theirs: Option<String>,
}

impl SheetContent {
    /// By what it is told from another.
    pub fn hash(&self) -> String {
        // Texts, numbers and lists of texts: nothing that could not be written.
        sha256(serde_json::to_vec(self).unwrap_or_default())
    }

    /// In what another differs from it.
    pub fn differences(&self, theirs: &Self) -> Vec<SheetDifference> {
        let fields = |content: &Self| match serde_json::to_value(content) {
            Ok(Value::Object(fields)) => fields,
            _ => serde_json::Map::new(),
        };
        let theirs = fields(theirs);
        let fields = fields(self).into_iter();
        let fields = fields.filter_map(|(field, ours)| {
            let theirs = theirs.get(&field).cloned().unwrap_or_default();
            (ours != theirs).then(|| SheetDifference {
                field,
                ours: shown(ours),
                theirs: shown(theirs),
            })
        });
        let mut differences: Vec<_> = fields.collect();
        differences.sort_by(|one, other| one.field.cmp(&other.field));
        differences
    }

    /// Whether another service of the body that is called like this would be taken for it.
    pub fn is_called_like(&self, other: &Self) -> bool {
        let plain = |content: &Self| content.name.trim().to_lowercase();
        plain(self) == plain(other)
            && self.organization_fiscal_code == other.organization_fiscal_code
    }
}

fn shown(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

macro_rules! stored {
    ($(#[$doc:meta])* $name:ident, $what:literal: $($(#[$note:meta])* $variant:ident = $text:literal,)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$note])* $variant,)*
        }

        impl $name {
            /// Its name, as it is stored and as IO writes it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl FromStr for $name {
            type Err = StoreError;

            fn from_str(name: &str) -> Result<Self, StoreError> {
                match name {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(StoreError::corrupt($what, name)),
                }
            }
        }
    };
}

stored! {
    /// Where the newest version of a sheet stands at IO.
    SheetLifecycle, "state of a service sheet":
    /// It was written, and nobody looks at it.
    Draft = "draft",
    /// It is under review: it cannot be changed.
    Submitted = "submitted",
    /// It was approved.
    Approved = "approved",
    /// It was rejected, for a reason.
    Rejected = "rejected",
    /// It was deleted.
    Deleted = "deleted",
}

stored! {
    /// Whether citizens see an approved version in the app.
    SheetPublication, "publication of a service sheet":
    /// They do.
    Published = "published",
    /// They do not any more.
    Unpublished = "unpublished",
}

stored! {
    /// What is done with what somebody changed elsewhere.
    SheetResolution, "resolution of a service sheet":
    /// What is here is written in its place.
    Ours = "ours",
    /// It stays, until what is here changes.
    Theirs = "theirs",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_name_their_fields() {
        let ours = SheetContent {
            name: "Carta d'identità".to_owned(),
            organization_fiscal_code: "80012345676".to_owned(),
            ..SheetContent::default()
        };
        assert_eq!(ours.differences(&ours), []);
        let theirs = SheetContent {
            name: "CARTA D'IDENTITÀ ".to_owned(),
            authorized_cidrs: vec!["1.2.3.4".to_owned()],
            phone: Some("06 1".to_owned()),
            ..ours.clone()
        };
        let found = ours.differences(&theirs);
        let fields: Vec<_> = found.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["authorizedCidrs", "name", "phone"]);
        assert_eq!(found[0].theirs.as_deref(), Some("[\"1.2.3.4\"]"));
        assert_eq!(
            (&found[2].ours, found[2].theirs.as_deref()),
            (&None, Some("06 1"))
        );
        assert_ne!(ours.hash(), theirs.hash());
        assert!(ours.is_called_like(&theirs));
    }
}
