//! Passwords: which ones are taken, and how they are kept.
//!
//! Length: at least 15 characters, because the second factor is optional: NIST SP 800-63B-4 (August 2025,
//! section 3.1.1.2) asks for 15 where the password is the only factor, and the minimum measures of AgID
//! (ABSC 5.7.1) for 14. No rules of composition and no expiry, as NIST wants it. What people choose most
//! and what is made of the name of the person or of the municipality is refused by its strength
//! (`zxcvbn`, which brings the lists).
//!
//! Hash: Argon2id with 19 MiB, 2 passes and 1 lane, the first configuration of the Password Storage Cheat
//! Sheet of OWASP (read in November 2026). A hash takes about 20 ms and 19 MiB, so that only a few are
//! made at a time, and few may wait; who comes then is told to come again.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use zxcvbn::Score;

use super::{IdentityError, NoRandomness, Refusal, tokens::random_text};

const SHORTEST: usize = 15;
const LONGEST: usize = 128;

/// Sign-ins that may wait for their turn: about two seconds of work on two cores.
const WAITING: usize = 64;

/// Refuses what is short, or easy to guess for who knows these words of the account.
///
/// # Errors
/// What is wrong with it.
pub fn check_password(password: &str, words: &[&str]) -> Result<(), Refusal> {
    let length = password.nfkc().count();
    if length < SHORTEST {
        return Err(Refusal::PasswordTooShort(SHORTEST));
    }
    if length > LONGEST {
        return Err(Refusal::PasswordTooLong(LONGEST));
    }
    let parts = words
        .iter()
        .flat_map(|words| words.split(|letter: char| !letter.is_alphanumeric()));
    let words: Vec<&str> = words
        .iter()
        .copied()
        .chain(parts)
        .filter(|word| word.len() > 2)
        .collect();
    let is_guessed = zxcvbn::zxcvbn(password, &words).score() < Score::Three;
    match is_guessed || is_made_of(password, &words) {
        true => Err(Refusal::PasswordTooCommon),
        false => Ok(()),
    }
}

/// Whether little is left of a password without these words: combinations of them are what an attacker who
/// knows the account tries first.
fn is_made_of(password: &str, words: &[&str]) -> bool {
    let mut words: Vec<_> = words.iter().map(|word| word.to_lowercase()).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let rest = words.iter().fold(password.to_lowercase(), |rest, word| {
        rest.replace(word.as_str(), " ")
    });
    rest.chars()
        .filter(|letter| letter.is_alphanumeric())
        .count()
        < 6
}

/// A password that nobody chose: 20 random characters, 99 bits.
///
/// # Errors
/// The operating system gives no randomness.
pub fn generate_password() -> Result<String, NoRandomness> {
    // Without those that look alike.
    let text = random_text(b"23456789abcdefghijkmnpqrstuvwxyz", 20)?;
    Ok([&text[..5], &text[5..10], &text[10..15], &text[15..]].join("-"))
}

/// A secret for [`Vault`](super::Vault): 256 random bits in hexadecimal.
///
/// # Errors
/// The operating system gives no randomness.
pub fn random_secret() -> Result<String, NoRandomness> {
    random_text(b"0123456789abcdef", 64)
}

/// Makes and checks the hashes of passwords, a few at a time.
#[derive(Clone, Debug)]
pub struct Passwords {
    argon2: Argon2<'static>,
    /// Those that are made.
    working: Arc<Semaphore>,
    /// Those that are made or wait.
    admitted: Arc<Semaphore>,
}

/// What was found out about a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) is_right: bool,
    /// The hash was made with other parameters than today's.
    pub(super) is_outdated: bool,
}

impl Passwords {
    /// With this many at a time and the parameters of production.
    pub fn new(at_a_time: usize) -> Self {
        Self::with(Params::DEFAULT, at_a_time, WAITING)
    }

    fn with(params: Params, at_a_time: usize, waiting: usize) -> Self {
        let at_a_time = at_a_time.max(1);
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            working: Arc::new(Semaphore::new(at_a_time)),
            admitted: Arc::new(Semaphore::new(at_a_time + waiting)),
        }
    }

    /// The hash of a password.
    ///
    /// # Errors
    /// Too many wait, or the system has no memory or randomness.
    pub async fn hash(&self, password: &str) -> Result<String, IdentityError> {
        let argon2 = self.argon2.clone();
        let work = move |password: String| {
            let hash = argon2.hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string())
        };
        let hash = self.run(password, work).await?;
        hash.map_err(|error| IdentityError::Hash(error.to_string()))
    }

    /// Whether a password is that of a hash; where there is none it is not, after the same work.
    pub(super) async fn check(
        &self,
        password: &str,
        stored: Option<String>,
    ) -> Result<Checked, IdentityError> {
        let argon2 = self.argon2.clone();
        let work = move |password: String| match stored {
            Some(stored) => verify(&argon2, &password, &stored),
            None => {
                // Its result does not matter; the time that it takes does.
                let _ = argon2.hash_password(password.as_bytes());
                Ok(Checked {
                    is_right: false,
                    is_outdated: false,
                })
            }
        };
        self.run(password, work).await?
    }

    async fn run<T: Send + 'static>(
        &self,
        password: &str,
        work: impl FnOnce(String) -> T + Send + 'static,
    ) -> Result<T, IdentityError> {
        let password: String = password.nfkc().collect();
        let admitted = Arc::clone(&self.admitted).try_acquire_owned();
        let admitted = admitted.map_err(|_| IdentityError::Busy)?;
        let working = Arc::clone(&self.working).acquire_owned().await;
        let working = working.map_err(|_| IdentityError::Busy)?;
        // Who stops waiting does not free the place: the work goes on.
        let done = tokio::task::spawn_blocking(move || {
            let done = work(password);
            drop((working, admitted));
            done
        });
        done.await
            .map_err(|error| IdentityError::Hash(error.to_string()))
    }
}

fn verify(argon2: &Argon2<'_>, password: &str, stored: &str) -> Result<Checked, IdentityError> {
    let wrong = |error: argon2::password_hash::Error| IdentityError::Hash(error.to_string());
    let stored =
        PasswordHash::new(stored).map_err(|error| IdentityError::Hash(error.to_string()))?;
    let params = Params::try_from(&stored).map_err(wrong)?;
    let today = argon2.params();
    let same = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
    let is_right = argon2.verify_password(password.as_bytes(), &stored).is_ok();
    Ok(Checked {
        is_right,
        is_outdated: same(&params) != same(today),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "cavallo batteria graffetta";

    fn cheap(waiting: usize) -> Passwords {
        Passwords::with(Params::new(8, 1, 1, None).unwrap(), 1, waiting)
    }

    #[test]
    fn short_long_and_common_passwords_are_refused() {
        assert_eq!(check_password(GOOD, &[]), Ok(()));
        assert_eq!(
            check_password("troppo corta 1", &[]),
            Err(Refusal::PasswordTooShort(15))
        );
        assert_eq!(
            check_password(&"uno due tre quattro ".repeat(7), &[]),
            Err(Refusal::PasswordTooLong(128))
        );
        for common in [
            "passwordpassword",
            "123456789012345",
            "aaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(
                check_password(common, &[]),
                Err(Refusal::PasswordTooCommon),
                "{common}"
            );
        }
        assert_eq!(check_password(&generate_password().unwrap(), &[]), Ok(()));
        let words = [
            "anna.rossi@montelago.example",
            "Anna Rossi",
            "Comune di Montelago",
        ];
        for known in [
            "comune di montelago",
            "annarossiannarossi",
            "rossi.montelago",
        ] {
            assert_eq!(
                check_password(known, &words),
                Err(Refusal::PasswordTooCommon),
                "{known}"
            );
        }
    }

    #[tokio::test]
    async fn production_hashes_as_owasp_says() {
        let passwords = Passwords::new(1);
        let hash = passwords.hash(GOOD).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let right = Checked {
            is_right: true,
            is_outdated: false,
        };
        assert_eq!(
            passwords.check(GOOD, Some(hash.clone())).await.unwrap(),
            right
        );
        assert!(
            !passwords
                .check("un'altra", Some(hash))
                .await
                .unwrap()
                .is_right
        );
        assert!(!passwords.check(GOOD, None).await.unwrap().is_right);
    }

    #[tokio::test]
    async fn a_hash_of_other_parameters_is_outdated_and_still_right() {
        let hash = cheap(1).hash(GOOD).await.unwrap();
        let checked = Passwords::new(1).check(GOOD, Some(hash)).await.unwrap();
        assert!(checked.is_right && checked.is_outdated);
    }

    #[tokio::test]
    async fn the_same_letters_written_otherwise_are_the_same_password() {
        let hash = cheap(1).hash("perch\u{e9} no, signora mia?").await.unwrap();
        let checked = cheap(1)
            .check("perche\u{301} no, signora mia?", Some(hash))
            .await;
        assert!(checked.unwrap().is_right);
    }

    #[tokio::test]
    async fn who_comes_when_too_many_wait_is_sent_away() {
        let passwords = cheap(0);
        let held = Arc::clone(&passwords.admitted)
            .acquire_owned()
            .await
            .unwrap();
        let refused = passwords.hash(GOOD).await;
        assert!(matches!(refused, Err(IdentityError::Busy)));
        drop(held);
        assert!(passwords.hash(GOOD).await.is_ok());
    }
}
