//! End-to-end suites: one module for each capability, each test a story over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod account_roles;
mod accounts;
mod api_keys;
mod appio;
mod audit;
mod browsers;
mod calendar;
mod cases;
mod change_feed;
mod citizen_keys;
mod citizens;
mod connections;
mod cursors;
mod delivery;
mod engine;
mod errors;
mod events;
mod first_start;
mod gate;
mod generated;
mod http;
mod http_refusals;
mod ids;
mod lifecycle;
mod lifecycle_model;
mod limits;
mod linked_data;
mod linked_lists;
mod links;
mod locales;
mod media;
mod media_delivery;
mod media_hostile;
mod media_tus;
mod mutation_permissions;
mod navigation;
mod nodes;
mod null_bubbling;
mod oidc;
mod oidc_faults;
mod operations;
mod outage;
mod outbox;
mod outbox_due;
mod outbox_model;
mod permission_matrix;
mod perspectives;
mod plans;
mod public_record;
mod releases;
mod releases_kept;
mod repeats;
mod rest;
mod review;
mod routes;
mod schedules;
mod schema;
mod search;
mod search_insight;
mod search_judged;
mod search_server;
mod second_factor;
mod sessions;
mod sign_in;
mod statements;
mod subscriptions;
mod tenants;
mod trusted;
mod wall;
mod webhooks;
mod webhooks_told;
mod websocket;
mod writing;
mod writing_permissions;
mod writing_refusals;
