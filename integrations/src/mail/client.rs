//! Hands mails over.

use std::{fmt::Display, time::Duration};

use lettre::{
    Message,
    address::Address,
    transport::smtp::{
        Error,
        authentication::DEFAULT_MECHANISMS,
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail as MailFrom, Noop, Rcpt},
        extension::ClientId,
    },
};
use municipio_domain::notifications::{CallError, CallFault, Called, Mail, Mailer};
use tokio::time::timeout;

use super::{
    message::message,
    server::{Security, Server},
};

/// How long it may take until the server accepts who calls.
const CONNECT: Duration = Duration::from_secs(15);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(15);
/// How long the server may look at a mail.
const LOOK: Duration = Duration::from_secs(30);

/// Hands mails over to a server, each on a connection of its own.
#[derive(Clone, Debug)]
pub struct Client {
    server: Server,
}

impl Client {
    /// Hands them over to this server, which the operator named.
    pub fn new(server: Server) -> Self {
        Self { server }
    }

    /// A connection to which mails are given.
    async fn connect(&self) -> Result<AsyncSmtpConnection, CallError> {
        let connected = timeout(CONNECT, self.begin()).await;
        match connected {
            Ok(Ok(connection)) => Ok(connection),
            // Whatever it has against who calls, it has nothing against the mail.
            Ok(Err(error)) => Err(failed(CallFault::Failed, &problem("the beginning", &error))),
            Err(_) => Err(failed(CallFault::Failed, "the SMTP server took too long")),
        }
    }

    async fn begin(&self) -> Result<AsyncSmtpConnection, Error> {
        let (server, name) = (&self.server, ClientId::default());
        let place = (server.host.as_str(), server.port);
        let tls = || TlsParameters::new(server.host.clone());
        let first = match server.security {
            Security::Tls => Some(tls()?),
            Security::StartTls | Security::Nothing => None,
        };
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(place, Some(CONNECT), &name, first, None).await?;
        if server.security == Security::StartTls {
            // One that does not offer it is told nothing.
            connection.starttls(tls()?, &name).await?;
        }
        if let Some(credentials) = &server.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    async fn hand_over(&self, mail: &Mail) -> Result<(), CallError> {
        let unwritable = "an address of the mail cannot be written";
        let message = message(mail).ok_or_else(|| failed(CallFault::Refused, unwritable))?;
        let (sender, recipient) = envelope(&message)
            .filter(|(sender, recipient)| [sender, recipient].iter().all(|one| is_ascii(one)))
            .ok_or_else(|| failed(CallFault::Refused, unwritable))?;
        let mut connection = self.connect().await?;
        say(
            &mut connection,
            "MAIL",
            MailFrom::new(Some(sender), Vec::new()),
        )
        .await?;
        say(&mut connection, "RCPT", Rcpt::new(recipient, Vec::new())).await?;
        say(&mut connection, "DATA", Data).await?;
        let handed = timeout(LOOK, connection.message(&message.formatted())).await;
        let answer = match handed {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failed(
                fault(&error, CallFault::Unknown),
                &problem("the text", &error),
            )),
            Err(_) => Err(failed(
                CallFault::Unknown,
                "the SMTP server did not answer to the text",
            )),
        };
        // It has the mail: how it says good-bye does not matter.
        let _ = timeout(Duration::from_secs(1), connection.quit()).await;
        answer
    }
}

/// Says something before the text of a mail is handed over: when that fails, nothing was sent.
async fn say(
    connection: &mut AsyncSmtpConnection,
    name: &str,
    command: impl Display,
) -> Result<(), CallError> {
    let error = match timeout(ANSWER, connection.command(command)).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => failed(fault(&error, CallFault::Failed), &problem(name, &error)),
        Err(_) => failed(CallFault::Failed, "the SMTP server took too long"),
    };
    connection.abort().await;
    Err(error)
}

/// What follows from an error: the server says whether it is worth another try; when it says nothing, this.
fn fault(error: &Error, unsaid: CallFault) -> CallFault {
    match (error.is_permanent(), error.is_transient()) {
        (true, _) => CallFault::Refused,
        (_, true) => CallFault::Failed,
        _ => unsaid,
    }
}

/// What is said of an error. What the server writes is left out: it may name the recipient.
fn problem(step: &str, error: &Error) -> String {
    match error.status() {
        Some(code) => format!("the SMTP server answered {code} to {step}"),
        None if error.is_tls() => "the SMTP server has no certificate that is trusted".to_owned(),
        None if error.is_client() => {
            "the SMTP server offers no STARTTLS, or no way to sign in".to_owned()
        }
        None if error.is_timeout() => "the SMTP server took too long".to_owned(),
        None => format!("the connection to the SMTP server ended at {step}"),
    }
}

fn failed(fault: CallFault, problem: &str) -> CallError {
    CallError {
        fault,
        problem: problem.to_owned(),
    }
}

fn envelope(message: &Message) -> Option<(Address, Address)> {
    let envelope = message.envelope();
    envelope.from().cloned().zip(envelope.to().first().cloned())
}

fn is_ascii(address: &Address) -> bool {
    AsRef::<str>::as_ref(address).is_ascii()
}

impl Mailer for Client {
    fn send<'a>(&'a self, mail: &'a Mail) -> Called<'a, ()> {
        Box::pin(self.hand_over(mail))
    }

    fn check(&self) -> Called<'_, ()> {
        Box::pin(async move {
            let mut connection = self.connect().await?;
            say(&mut connection, "NOOP", Noop).await?;
            let _ = timeout(Duration::from_secs(1), connection.quit()).await;
            Ok(())
        })
    }
}
