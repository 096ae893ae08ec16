//! Permissions: what a role allows, and whether that is enough for what somebody wants to do.
//!
//! A role is a list of grants. A grant allows one action, on content of some types, in some offices,
//! locales and fields; what it does not name it does not limit. What one grant allows is allowed:
//! there are no prohibitions, so that the order of roles does not matter.

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{content::ContentType, ids::ItemId, locale::Locale};

macro_rules! actions {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal;)*) => {
        /// What may be allowed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Action {
            $($(#[doc = $doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Action {
            /// All actions.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name by which roles and API keys hold it: `content.publish`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it allows, in words.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*),)* }
            }
        }
    };
}

actions! {
    /// Read drafts, revisions and their history.
    ReadDrafts = "content.read";
    /// Make content.
    Create = "content.create";
    /// Change drafts.
    Update = "content.update";
    /// Change the texts of one locale, and nothing else.
    Translate = "content.translate";
    /// Approve and reject what was submitted for review.
    Review = "content.review";
    /// Publish, unpublish, schedule and archive.
    Publish = "content.publish";
    /// Delete, and restore what was deleted.
    Delete = "content.delete";
    /// Make, publish and roll back releases.
    Release = "content.release";
    /// See and change accounts and the roles that they have.
    ManageAccounts = "accounts.manage";
    /// See and change roles.
    ManageRoles = "roles.manage";
    /// See, make and revoke API keys.
    ManageKeys = "keys.manage";
    /// Change how the municipality works, such as who must review what.
    ManageSettings = "settings.manage";
    /// Read the audit log.
    ReadAudit = "audit.read";
    /// Read the cases of one's offices, with what they say of people.
    ReadCases = "cases.read";
    /// Open cases, take them on, assign them, and write in them.
    WorkCases = "cases.work";
    /// Hand out and erase what is kept of a person.
    ManagePrivacy = "privacy.manage";
}

/// One thing that a role allows. What is left out is not limited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// What.
    pub action: Action,
    /// On content of these types.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<BTreeSet<ContentType>>,
    /// On content of these offices and of those below them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offices: Option<BTreeSet<ItemId>>,
    /// In these locales.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locales: Option<BTreeSet<Locale>>,
    /// In these fields of the body, as it is stored: `short_description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<BTreeSet<String>>,
}

impl Grant {
    /// An action without limits.
    pub fn of(action: Action) -> Self {
        Self {
            action,
            types: None,
            offices: None,
            locales: None,
            fields: None,
        }
    }

    /// Whether it allows all that the other one does.
    fn contains(&self, other: &Self) -> bool {
        self.action == other.action
            && within(self.types.as_ref(), other.types.as_ref())
            && within(self.offices.as_ref(), other.offices.as_ref())
            && within(self.locales.as_ref(), other.locales.as_ref())
            && within(self.fields.as_ref(), other.fields.as_ref())
    }

    fn covers(&self, action: Action, subject: &Subject<'_>) -> bool {
        self.action == action
            && among(self.types.as_ref(), subject.content_type.as_slice())
            && touches(self.offices.as_ref(), subject.offices)
            && among(self.locales.as_ref(), subject.locales)
            && among(self.fields.as_ref(), subject.fields)
    }
}

/// The other limit is at least as narrow.
fn within<T: Ord>(limit: Option<&BTreeSet<T>>, other: Option<&BTreeSet<T>>) -> bool {
    limit.is_none_or(|limit| other.is_some_and(|other| other.is_subset(limit)))
}

/// All that is touched is within the limit, and something is.
fn among<T: Ord>(limit: Option<&BTreeSet<T>>, touched: &[T]) -> bool {
    limit.is_none_or(|limit| {
        !touched.is_empty() && touched.iter().all(|value| limit.contains(value))
    })
}

/// One of these is within the limit.
fn touches<T: Ord>(limit: Option<&BTreeSet<T>>, those: &[T]) -> bool {
    limit.is_none_or(|limit| those.iter().any(|value| limit.contains(value)))
}

/// What somebody wants to act on. A grant that limits what is empty here does not reach it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    /// The type of the content; none when it is not content.
    pub content_type: Option<ContentType>,
    /// The offices that the content belongs to, and all those above them; an office belongs to itself.
    pub offices: &'a [ItemId],
    /// The locales whose texts change.
    pub locales: &'a [Locale],
    /// The fields of the body that change.
    pub fields: &'a [String],
}

impl Subject<'_> {
    /// Content of a type.
    pub fn of_type(content_type: ContentType) -> Self {
        Self {
            content_type: Some(content_type),
            ..Self::WHOLE
        }
    }

    /// The municipality as a whole.
    pub const WHOLE: Self = Self {
        content_type: None,
        offices: &[],
        locales: &[],
        fields: &[],
    };
}

/// Why somebody may not do something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody signed in.
    #[error("sign in first: send a token or an API key in the header Authorization")]
    NotSignedIn,
    /// None of the roles allows it at all.
    #[error("no role of yours allows «{}»", .0.as_str())]
    Action(Action),
    /// A role allows it, but not here.
    #[error("your roles allow «{}» elsewhere, not for this type, office, locale or field", .0.as_str())]
    Here(Action),
    /// Somebody wants to give to others what they do not have, or to change who has more than they.
    #[error("nobody gives what they do not have: your roles do not allow «{}» in full", .0.as_str())]
    Giving(Action),
}

/// All that the roles of a caller allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions(Arc<[Grant]>);

impl FromIterator<Grant> for Permissions {
    fn from_iter<I: IntoIterator<Item = Grant>>(grants: I) -> Self {
        Self(grants.into_iter().collect())
    }
}

impl Permissions {
    /// Whether they are the same, in whatever order.
    pub(super) fn are_those_of(&self, other: &Self) -> bool {
        let all_of = |some: &Self, others: &Self| some.0.iter().all(|one| others.0.contains(one));
        all_of(self, other) && all_of(other, self)
    }

    /// Lets somebody go on, or says why not.
    ///
    /// # Errors
    /// No grant covers it.
    pub fn allow(&self, action: Action, subject: &Subject<'_>) -> Result<(), Denied> {
        if self.0.iter().any(|grant| grant.covers(action, subject)) {
            return Ok(());
        }
        Err(match self.has(action) {
            true => Denied::Here(action),
            false => Denied::Action(action),
        })
    }

    /// Whether an action is allowed anywhere.
    pub fn has(&self, action: Action) -> bool {
        self.0.iter().any(|grant| grant.action == action)
    }

    /// Whether one of the grants allows all that this one does: nobody gives what they do not have.
    pub fn contain(&self, grant: &Grant) -> bool {
        self.0.iter().any(|own| own.contains(grant))
    }

    /// The grants.
    pub fn grants(&self) -> &[Grant] {
        &self.0
    }
}

macro_rules! built_in_roles {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, [$($action:ident),*];)*) => {
        /// The roles that every municipality has.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum BuiltInRole {
            $($(#[doc = $doc])* $variant,)*
        }

        impl BuiltInRole {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name: `editor`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Who has it.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*),)* }
            }

            fn actions(self) -> &'static [Action] {
                match self { $(Self::$variant => &[$(Action::$action),*],)* }
            }
        }
    };
}

built_in_roles! {
    /// Writes content and submits it for review (redattore).
    Author = "author", [ReadDrafts, Create, Update];
    /// Writes, reviews and publishes content (responsabile della pubblicazione).
    Editor = "editor", [ReadDrafts, Create, Update, Translate, Review, Publish, Delete, Release];
    /// Writes the texts of other locales (traduttore).
    Translator = "translator", [ReadDrafts, Translate];
    /// Works on procedures (operatore di sportello).
    Officer = "officer", [ReadDrafts, ReadCases, WorkCases];
    /// May do everything (amministratore).
    Administrator = "administrator", [
        ReadDrafts, Create, Update, Translate, Review, Publish, Delete, Release, ManageAccounts,
        ManageRoles, ManageKeys, ManageSettings, ReadAudit, ReadCases, WorkCases, ManagePrivacy
    ];
    /// Answers for the privacy of people (responsabile della protezione dei dati).
    PrivacyOfficer = "privacy-officer", [ManagePrivacy];
    /// Connects other programs (integratore).
    Integrator = "integrator", [ReadDrafts, ManageKeys];
}

impl BuiltInRole {
    /// What it allows.
    pub fn grants(self) -> Vec<Grant> {
        self.actions().iter().copied().map(Grant::of).collect()
    }

    /// The role of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service<'a>(
        offices: &'a [ItemId],
        locales: &'a [Locale],
        fields: &'a [String],
    ) -> Subject<'a> {
        Subject {
            content_type: Some(ContentType::Service),
            offices,
            locales,
            fields,
        }
    }

    #[test]
    fn a_grant_without_limits_covers_everything() {
        let permissions = Permissions::from_iter([Grant::of(Action::Update)]);
        assert_eq!(
            permissions.allow(Action::Update, &service(&[], &[], &[])),
            Ok(())
        );
        assert_eq!(permissions.allow(Action::Update, &Subject::WHOLE), Ok(()));
        assert_eq!(
            permissions.allow(Action::Publish, &Subject::WHOLE),
            Err(Denied::Action(Action::Publish))
        );
    }

    #[test]
    fn every_limit_of_a_grant_must_hold() {
        let registry = ItemId::generate();
        let other = ItemId::generate();
        let german: Locale = "de".parse().unwrap();
        let italian = Locale::italian();
        let permissions = Permissions::from_iter([Grant {
            types: Some([ContentType::Service].into()),
            offices: Some([registry].into()),
            locales: Some([german.clone()].into()),
            fields: Some(["title".to_owned()].into()),
            ..Grant::of(Action::Update)
        }]);
        let title = ["title".to_owned()];
        let both = ["title".to_owned(), "costs".to_owned()];
        let de = [german.clone()];
        let within = [other, registry];
        let allow = |subject: Subject<'_>| permissions.allow(Action::Update, &subject).is_ok();
        assert!(allow(service(&within, &de, &title)));
        assert!(!allow(service(&[other], &de, &title)), "another office");
        assert!(!allow(service(&[], &de, &title)), "no office");
        assert!(
            !allow(service(&within, &[german, italian], &title)),
            "another locale too"
        );
        assert!(!allow(service(&within, &de, &both)), "another field too");
        assert!(!allow(service(&within, &de, &[])), "nothing named");
        let news = Subject {
            content_type: Some(ContentType::NewsItem),
            ..service(&within, &de, &title)
        };
        assert!(!allow(news), "another type");
    }

    #[test]
    fn grants_of_two_roles_do_not_add_up_to_a_third() {
        let permissions = Permissions::from_iter([
            Grant {
                types: Some([ContentType::Service].into()),
                ..Grant::of(Action::Publish)
            },
            Grant {
                types: Some([ContentType::NewsItem].into()),
                ..Grant::of(Action::Update)
            },
        ]);
        assert_eq!(
            permissions.allow(Action::Update, &service(&[], &[], &[])),
            Err(Denied::Here(Action::Update))
        );
    }

    #[test]
    fn a_grant_contains_those_that_are_narrower() {
        let news = Grant {
            types: Some([ContentType::NewsItem].into()),
            ..Grant::of(Action::Publish)
        };
        let two = Grant {
            types: Some([ContentType::NewsItem, ContentType::Event].into()),
            ..Grant::of(Action::Publish)
        };
        let whole = Grant::of(Action::Publish);
        for (own, other, contains) in [
            (&whole, &news, true),
            (&two, &news, true),
            (&news, &news, true),
            (&news, &two, false),
            (&news, &whole, false),
            (&whole, &Grant::of(Action::Update), false),
        ] {
            let permissions = Permissions::from_iter([own.clone()]);
            assert_eq!(permissions.contain(other), contains, "{own:?} {other:?}");
        }
    }

    #[test]
    fn the_administrator_may_do_everything() {
        let permissions: Permissions = BuiltInRole::Administrator.grants().into_iter().collect();
        for action in Action::ALL {
            assert!(permissions.has(*action), "{}", action.as_str());
        }
    }

    #[test]
    fn grants_are_kept_as_they_are() {
        let grant = Grant {
            types: Some([ContentType::NewsItem].into()),
            ..Grant::of(Action::Publish)
        };
        let json = serde_json::to_value(&grant).unwrap();
        assert_eq!(
            json,
            serde_json::json!({ "action": "content.publish", "types": ["news_item"] })
        );
        assert_eq!(serde_json::from_value::<Grant>(json).unwrap(), grant);
    }
}
