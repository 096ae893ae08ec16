//! The tables of Municipio as sea-orm entities, and nothing else. What they mean is said in
//! `docs/architecture.md`; rows are read and written only through the domain.
#![expect(
    missing_docs,
    reason = "sea-orm derives items that carry no documentation"
)]

pub mod account;
pub mod api_key;
pub mod appio_account;
pub mod appio_service;
pub mod appio_sheet;
pub mod audit_chain;
pub mod audit_entry;
pub mod case_access;
pub mod case_code;
pub mod case_count;
pub mod case_event;
pub mod case_feed;
pub mod case_file;
pub mod case_notification;
pub mod case_reference;
pub mod case_rule_run;
pub mod case_state_map;
pub mod citizen_delegation;
pub mod citizen_issuer;
pub mod content_change;
pub mod content_count;
pub mod content_feed;
pub mod content_item;
pub mod content_link;
pub mod content_listing;
pub mod content_lock;
pub mod content_occurrence;
pub mod content_release;
pub mod content_release_change;
pub mod content_review;
pub mod content_revision;
pub mod content_schedule;
pub mod content_slug;
pub mod external_identity;
pub mod idempotency_key;
pub mod identity_provider;
pub mod log_position;
pub mod media_blob;
pub mod media_upload;
pub mod media_use;
pub mod message_template;
pub mod outbox_dead_letter;
pub mod outbox_job;
pub mod outbox_queue;
pub mod outbox_wake;
pub mod preview_token;
pub mod recovery_code;
pub mod review_rule;
pub mod role_assignment;
pub mod role_definition;
pub mod search_click;
pub mod search_synonyms;
pub mod search_use;
pub mod session;
pub mod session_token;
pub mod sign_in_attempt;
pub mod sign_in_request;
pub mod tenant;
pub mod tenant_host;
pub mod webhook_delivery;
pub mod webhook_endpoint;
