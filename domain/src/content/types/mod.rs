//! The content types, one file each: a plain struct, what it links to, what lists find it by.

mod asset;
mod contact_point;
mod dataset;
mod document;
mod event;
mod faq;
mod municipality;
mod news_item;
mod office;
mod page;
mod person;
mod place;
mod procedure;
mod role;
mod service;
mod topic;

pub use asset::{Access, Asset};
pub use contact_point::{ContactEntry, ContactPoint};
pub use dataset::{Dataset, Distribution};
pub use document::Document;
pub use event::{Event, Organisation, Ticket};
pub use faq::Faq;
pub use municipality::Municipality;
pub use news_item::NewsItem;
pub use office::Office;
pub use page::Page;
pub use person::Person;
pub use place::Place;
pub use procedure::Procedure;
pub use role::Role;
pub use service::{
    Cost, DigitalChannel, Need, Output, Phase, PhysicalChannel, Service, ServiceStatus,
};
pub use topic::Topic;
