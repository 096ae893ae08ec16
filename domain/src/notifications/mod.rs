//! Citizens are told of what happens in their cases, through App IO. A transition that tells the applicant leaves a
//! notification and a job of the outbox in its own transaction; the job makes a message of a template and sends it, and
//! another one asks what became of it. What a message says is encrypted with the key of the case. What App IO does not tell is
//! told by mail ([`mail`]), if the case says where.
//!
//! What App IO asks for and answers is behind a port ([`AppIo`]), which the crate of integrations fills.

mod account;
mod account_settings;
mod attachment;
mod budget;
mod call_to_action;
mod compose;
mod defaults;
mod deliver;
mod error;
mod event;
mod follow;
mod lollipop;
mod mail;
mod notification;
mod port;
mod queries;
mod ready;
mod remote;
mod remote_keys;
mod service;
mod settled;
mod sheet;
mod tell;
mod template;
mod template_check;
mod templates;
mod text;
mod variables;
mod verdict;

use std::time::Duration;

pub use account::{AppIoAccount, Environment, configure, rotate_remote_key};
pub use account_settings::AccountSettings;
pub use attachment::{Attachment, FileReference, MOST_ATTACHMENTS, attachments};
pub use call_to_action::CallToAction;
pub use defaults::add_default_templates;
pub use deliver::Notifier;
pub use error::{NotificationError, NotificationRefusal};
pub use event::MessageEvent;
pub use follow::Follower;
pub use lollipop::{Header, Lollipop, LollipopError, LollipopFlaw, LollipopKey};
pub use mail::{Courier, Mail, Mailer};
pub use notification::{Given, Notification, NotificationMail, NotificationStatus, Told};
pub use port::{
    AppIo, CallError, CallFault, Called, Message, PaymentData, Profile, RemoteReference, Seen,
    Standing,
};
pub use queries::{NotificationCount, Notifications};
pub use remote::{
    RemoteCaller, RemoteContent, RemoteReader, remote_attachment, remote_caller, remote_content,
};
pub use remote_keys::RemoteKeys;
pub use service::{
    AppIoService, NewService, ServiceChange, ServiceKeys, create_service, delete_service,
    update_service,
};
pub use sheet::{
    AppIoSheet, NewSheet, SheetAtIo, SheetContent, SheetDifference, SheetKeeper, SheetLifecycle,
    SheetLogo, SheetPublication, SheetResolution, SheetScope, SheetSettings, SheetSources,
    SheetTopic, Sheets, link_sheet, refresh_sheet, resolve_sheet, sheet_issues, unlink_sheet,
    update_sheet, web_url,
};
pub(crate) use sheet::{KEEPER as SHEETS, touch_sheets};
pub(crate) use tell::tell;
pub use tell::{resend_notification, send_notification};
pub use template::{Doubt, Due, Place, Precondition, PreconditionText, TemplateContent, Texts};
pub use template_check::TemplateFlaw;
pub use templates::{MessageTemplate, NewTemplate, Occasion, delete_template, save_template};
pub use variables::Variable;

use crate::outbox::{Retries, Topic};

/// The name of the topic by which notifications are sent.
const DELIVERY: &str = "appio-message";

/// When IO is asked again is said in [`verdict`]; what stands here is for faults of our own.
const RETRIES: Retries = Retries {
    first: Duration::from_secs(5),
    longest: Duration::from_secs(10 * 60),
    attempts: Some(100),
    age: None,
};

/// The topic by which notifications are sent.
const DELIVERY_TOPIC: Topic = Topic {
    name: DELIVERY,
    // IO may take its time, and calls wait for their turn.
    longest: Duration::from_secs(60),
    // Most of the time a message waits: for an answer, or for its turn.
    at_once: 128,
    share: 32,
    retries: RETRIES,
};

/// The topic by which IO is asked what became of messages.
const STANDING: Topic = Topic {
    name: "appio-standing",
    longest: Duration::from_secs(60),
    at_once: 32,
    share: 4,
    retries: RETRIES,
};
