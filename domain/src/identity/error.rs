//! What goes wrong with accounts, sessions and keys.

use super::{Denied, tokens::NoRandomness};
use crate::{openid::OpenIdError, store::StoreError};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Too many passwords are being checked.
    #[error("too many sign in at the moment")]
    Busy,
    /// A password cannot be hashed, or its hash cannot be read.
    #[error("a password cannot be hashed: {0}")]
    Hash(String),
    /// A secret cannot be made.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// A secret cannot be encrypted or read again.
    #[error("a secret cannot be read: {0}")]
    Vault(String),
    /// An identity provider is of no help.
    #[error(transparent)]
    OpenId(#[from] OpenIdError),
    /// The caller may not do it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The input is at fault.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// What the user can mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// One answer for everything that does not fit, so that nobody learns which accounts there are.
    #[error(
        "e-mail address, password or code are wrong, or there were too many attempts: wait and try again"
    )]
    Credentials,
    /// The same, of an address that was tried too often: nobody looked whether they fit.
    #[error("{}", Self::Credentials)]
    Held,
    /// The password is right; the account has a second factor.
    #[error("send the code of the second factor too")]
    SecondFactorRequired,
    /// Neither known nor valid any more.
    #[error("the token is not known, has expired or was used before: sign in again")]
    Token,
    /// The same of a refresh token, whose session may have ended too.
    #[error("{}", Self::Token)]
    RefreshToken,
    /// There is an account with this address already.
    #[error("there is an account with the e-mail address {0} already")]
    EmailTaken(String),
    /// Not an e-mail address.
    #[error(transparent)]
    Email(#[from] super::InvalidEmail),
    /// Nobody can be shown without a name.
    #[error("write a name of 1 to {0} characters")]
    Name(usize),
    /// Neither a built-in role nor one of the municipality.
    #[error("there is no role «{0}»")]
    UnknownRole(String),
    /// The same of a role that is to be changed.
    #[error("there is no role «{0}»")]
    NoRole(String),
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// Somebody must be able to give roles.
    #[error("the last administrator stays: make another one first")]
    LastAdministrator,
    /// The second factor is on.
    #[error("the account has a second factor already: turn it off first")]
    SecondFactorOn,
    /// There is no key to encrypt its secret with.
    #[error(
        "second factors are not available here: who runs the service must set MUNICIPIO_SECRET"
    )]
    NoSecret,
    /// A code that does not fit, from somebody who signed in.
    #[error("the code is wrong, has expired or was used before: wait for the next one")]
    Code,
    /// No name of a role.
    #[error(
        "name the role with small letters, digits and hyphens, such as press-office; at most 50"
    )]
    RoleName,
    /// The name is taken.
    #[error("there is a role «{0}» already")]
    RoleTaken(String),
    /// Every municipality has it.
    #[error("the role «{0}» is built in and stays as it is: make another one")]
    RoleBuiltIn(String),
    /// Accounts have it.
    #[error("{0} accounts have the role: take it from them first")]
    RoleInUse(usize),
    /// Too long.
    #[error("the description is too long: write at most {0} characters")]
    Description(usize),
    /// Nothing is allowed, or too much is written.
    #[error("write 1 to {most} permissions; each limit has 1 to {most} values, or is left out")]
    Grants {
        /// How many there may be.
        most: usize,
        /// The field in which they stand.
        field: &'static str,
    },
    /// There is no such key.
    #[error("there is no such API key")]
    NoKey,
    /// In the past.
    #[error("the key would have expired already: choose a time to come")]
    Expiry,
    /// Too short.
    #[error("the password is too short: write at least {0} characters, such as four or five words")]
    PasswordTooShort(usize),
    /// Too long.
    #[error("the password is too long: write at most {0} characters")]
    PasswordTooLong(usize),
    /// Easy to guess.
    #[error(
        "the password is easy to guess: choose words that have nothing to do with each other or with you"
    )]
    PasswordTooCommon,
    /// There is no such provider, or nobody signs in through it.
    #[error("there is no such identity provider, or it is switched off")]
    NoProvider,
    /// There is no such issuer of tokens of citizens.
    #[error("there is no such issuer")]
    NoCitizenIssuer,
    /// One provider for each issuer.
    #[error("this issuer is registered already")]
    IssuerTaken,
    /// No address of an issuer.
    #[error(
        "write the issuer as its tokens name it, such as https://login.comune.example/realms/comune"
    )]
    Issuer,
    /// No client id.
    #[error("write the client id, 1 to {0} characters")]
    ClientId(usize),
    /// No client secret.
    #[error("write the client secret, 1 to {0} characters, or leave it out")]
    ClientSecret(usize),
    /// There is no key to encrypt a client secret with.
    #[error("client secrets cannot be kept here: who runs the service must set MUNICIPIO_SECRET")]
    NoSecretForProvider,
    /// A setting of a provider that cannot be meant: the field and what would be right.
    #[error("{1}")]
    ProviderSetting(&'static str, String),
    /// Nobody whom the provider knows has the account.
    #[error("the account is not tied to this identity provider")]
    NotTied,
    /// An address that is not registered.
    #[error("the address is not among the redirect URIs of the provider, exactly as it is written")]
    RedirectUri,
    /// Not begun here or in this browser, completed before, or too late.
    #[error("this sign-in did not begin in this browser, is over, or took too long: begin again")]
    SignInUnknown,
    /// Somebody else sent the browser back.
    #[error("the browser comes back from another identity provider than the one it was sent to")]
    OtherIssuer,
    /// The provider does not know the code.
    #[error("the identity provider refuses the code: begin again")]
    CodeRefused,
    /// None of the groups is let in.
    #[error("your groups at the identity provider may not sign in here: ask an administrator")]
    GroupNotAllowed,
    /// Nobody is made an account for signing in.
    #[error("you have no account here: ask an administrator for one")]
    NoAccountYet,
    /// An address proves nothing by itself.
    #[error(
        "there is an account with your e-mail address, which is not tied to this identity provider"
    )]
    AccountNotLinked,
    /// The owner of the account proved who they are.
    #[error("the account is suspended")]
    AccountSuspended,
    /// An account needs an address.
    #[error("the identity provider gives no e-mail address, which an account needs")]
    EmailMissing,
    /// Anybody could have written it.
    #[error("the identity provider says that your e-mail address is not verified: verify it there")]
    EmailUnverified,
}

impl Refusal {
    /// The code by which programs know it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Credentials | Self::Held => "INVALID_CREDENTIALS",
            Self::SecondFactorRequired => "SECOND_FACTOR_REQUIRED",
            Self::Token | Self::RefreshToken => "INVALID_TOKEN",
            Self::EmailTaken(_) => "EMAIL_TAKEN",
            Self::Email(_) => "INVALID_EMAIL",
            Self::Name(_) => "INVALID_NAME",
            Self::UnknownRole(_) | Self::NoRole(_) => "UNKNOWN_ROLE",
            Self::NoAccount | Self::NoKey | Self::NoProvider | Self::NoCitizenIssuer => "NOT_FOUND",
            Self::IssuerTaken => "ISSUER_TAKEN",
            Self::Issuer => "INVALID_ISSUER",
            Self::ClientId(_) => "INVALID_CLIENT_ID",
            Self::ClientSecret(_) => "INVALID_CLIENT_SECRET",
            Self::NoSecretForProvider => "SECRET_UNAVAILABLE",
            Self::ProviderSetting(..) => "INVALID_SETTING",
            Self::NotTied => "NOT_LINKED",
            Self::RedirectUri => "INVALID_REDIRECT_URI",
            Self::SignInUnknown => "INVALID_STATE",
            Self::OtherIssuer => "OTHER_ISSUER",
            Self::CodeRefused => "INVALID_GRANT",
            Self::GroupNotAllowed => "GROUP_NOT_ALLOWED",
            Self::NoAccountYet => "NO_ACCOUNT",
            Self::AccountNotLinked => "ACCOUNT_NOT_LINKED",
            Self::AccountSuspended => "ACCOUNT_SUSPENDED",
            Self::EmailMissing => "EMAIL_MISSING",
            Self::EmailUnverified => "EMAIL_UNVERIFIED",
            Self::LastAdministrator => "LAST_ADMINISTRATOR",
            Self::SecondFactorOn => "SECOND_FACTOR_ON",
            Self::NoSecret => "SECOND_FACTOR_UNAVAILABLE",
            Self::Code => "INVALID_CODE",
            Self::RoleName => "INVALID_NAME",
            Self::RoleTaken(_) => "ROLE_TAKEN",
            Self::RoleBuiltIn(_) => "ROLE_BUILT_IN",
            Self::RoleInUse(_) => "ROLE_IN_USE",
            Self::Description(_) => "TOO_LONG",
            Self::Grants { .. } => "INVALID_PERMISSIONS",
            Self::Expiry => "INVALID_EXPIRY",
            Self::PasswordTooShort(_) => "PASSWORD_TOO_SHORT",
            Self::PasswordTooLong(_) => "PASSWORD_TOO_LONG",
            Self::PasswordTooCommon => "PASSWORD_TOO_COMMON",
        }
    }

    /// The field of the input that is at fault.
    pub fn path(&self) -> Option<&'static str> {
        match self {
            Self::Credentials
            | Self::Held
            | Self::LastAdministrator
            | Self::SecondFactorOn
            | Self::NoSecret
            | Self::RoleInUse(_)
            | Self::OtherIssuer
            | Self::GroupNotAllowed
            | Self::NoAccountYet
            | Self::AccountNotLinked
            | Self::AccountSuspended
            | Self::EmailMissing
            | Self::EmailUnverified => None,
            Self::NoProvider | Self::NoCitizenIssuer => Some("id"),
            Self::NotTied => Some("account"),
            Self::IssuerTaken | Self::Issuer => Some("issuer"),
            Self::ClientId(_) => Some("clientId"),
            Self::ClientSecret(_) | Self::NoSecretForProvider => Some("clientSecret"),
            Self::ProviderSetting(field, _) => Some(field),
            Self::RedirectUri => Some("redirectUri"),
            Self::SignInUnknown => Some("state"),
            Self::SecondFactorRequired | Self::Code | Self::CodeRefused => Some("code"),
            Self::NoAccount | Self::NoKey => Some("id"),
            Self::Description(_) => Some("description"),
            Self::Grants { field, .. } => Some(*field),
            Self::Expiry => Some("expiresAt"),
            Self::Token => Some("token"),
            Self::RefreshToken => Some("refreshToken"),
            Self::EmailTaken(_) | Self::Email(_) => Some("email"),
            Self::Name(_)
            | Self::NoRole(_)
            | Self::RoleName
            | Self::RoleTaken(_)
            | Self::RoleBuiltIn(_) => Some("name"),
            Self::UnknownRole(_) => Some("roles"),
            Self::PasswordTooShort(_) | Self::PasswordTooLong(_) | Self::PasswordTooCommon => {
                Some("password")
            }
        }
    }
}
