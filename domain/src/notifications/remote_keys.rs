//! The keys with which App IO fetches content: one for each environment, and the one before for a while.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Environment;
use crate::identity::Token;

/// How long the key before stays good after another was made: as long as it takes to tell IO.
const OVERLAP: TimeDelta = TimeDelta::days(7);

/// The keys with which IO fetches content, as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RemoteKeys {
    sandbox: Keys,
    production: Keys,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Keys {
    /// The hash of the key of now, with its first characters.
    current: Option<(String, String)>,
    /// The hash of the one before, and until when it is good.
    previous: Option<(String, DateTime<Utc>)>,
}

impl RemoteKeys {
    fn of(&self, environment: Environment) -> &Keys {
        match environment {
            Environment::Sandbox => &self.sandbox,
            Environment::Production => &self.production,
        }
    }

    /// The first characters of the key of an environment, by which people know it.
    pub fn hint(&self, environment: Environment) -> Option<&str> {
        let current = self.of(environment).current.as_ref();
        current.map(|(_, hint)| hint.as_str())
    }

    /// The environment of the key with this hash. Hashes are compared: how long that takes says nothing of a key.
    pub(super) fn environment(&self, hash: &str, now: DateTime<Utc>) -> Option<Environment> {
        let all = [Environment::Sandbox, Environment::Production];
        all.into_iter().find(|environment| {
            let keys = self.of(*environment);
            let current = keys
                .current
                .as_ref()
                .is_some_and(|(known, _)| known == hash);
            let previous = keys.previous.as_ref();
            current || previous.is_some_and(|(known, until)| known == hash && *until > now)
        })
    }

    pub(super) fn rotate(&mut self, environment: Environment, token: &Token, now: DateTime<Utc>) {
        let keys = match environment {
            Environment::Sandbox => &mut self.sandbox,
            Environment::Production => &mut self.production,
        };
        let before = keys.current.replace((token.hash(), token.hint()));
        keys.previous = before.map(|(hash, _)| (hash, now + OVERLAP));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::TokenKind;

    #[test]
    fn a_key_is_good_for_a_week_after_another_was_made() {
        let now = DateTime::UNIX_EPOCH;
        let [first, second, third] =
            [1, 2, 3].map(|_| Token::generate(TokenKind::RemoteContent).unwrap());
        let mut keys = RemoteKeys::default();
        assert_eq!(keys.environment(&first.hash(), now), None);
        keys.rotate(Environment::Sandbox, &first, now);
        keys.rotate(Environment::Production, &third, now);
        assert_eq!(
            keys.environment(&first.hash(), now),
            Some(Environment::Sandbox)
        );
        keys.rotate(Environment::Sandbox, &second, now);
        let environment =
            |token: &Token, days| keys.environment(&token.hash(), now + TimeDelta::days(days));
        assert_eq!(environment(&first, 6), Some(Environment::Sandbox));
        assert_eq!(environment(&first, 7), None);
        assert_eq!(environment(&second, 7), Some(Environment::Sandbox));
        assert_eq!(environment(&third, 7), Some(Environment::Production));
        let kept = serde_json::to_string(&keys).unwrap();
        assert!(!kept.contains(second.reveal()) && keys.hint(Environment::Sandbox).is_some());
    }
}
