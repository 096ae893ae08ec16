//! Identifiers. Parsed once at the edge, never bare strings inside.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new identifier, ordered by the time it was made (UUID version 7).
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

id!(
    /// A tenant: a municipality or another public body.
    TenantId
);
id!(
    /// A content item: stays the same through every revision, locale and slug.
    ItemId
);
id!(
    /// One immutable revision of a content item.
    RevisionId
);
id!(
    /// A release: changes that are published together.
    ReleaseId
);
id!(
    /// A preview token, by which it is revoked.
    PreviewTokenId
);
id!(
    /// A file on its way in.
    UploadId
);
id!(
    /// Something that is to happen to an item at a time.
    ScheduleId
);
id!(
    /// An account of somebody who works for a municipality.
    AccountId
);
id!(
    /// An API key of a program.
    ApiKeyId
);
id!(
    /// An identity provider, through which people sign in.
    ProviderId
);
id!(
    /// An issuer of tokens of citizens.
    CitizenIssuerId
);
id!(
    /// That somebody may act for somebody else.
    DelegationId
);
id!(
    /// What begins with a sign-in and ends with a sign-out.
    SessionId
);
id!(
    /// An address that is told of events.
    WebhookId
);
id!(
    /// An event that an address is told of.
    WebhookDeliveryId
);
id!(
    /// A case.
    CaseId
);
id!(
    /// A service of App IO, as which a municipality writes.
    AppIoServiceId
);
id!(
    /// The link between a service of the catalogue and a service of App IO.
    AppIoSheetId
);
id!(
    /// What citizens are written when something happens in their cases.
    MessageTemplateId
);
id!(
    /// That somebody is told of what happened in a case.
    NotificationId
);
