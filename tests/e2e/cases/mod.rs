//! Cases over HTTP: officers open them, work on them and see those of their offices alone.

mod citizen;
mod delegations;
mod erasure;
mod evidence;
mod fields;
mod files;
mod look_up;
mod migration;
mod privacy;
mod reported;
mod reports;
mod reports_many;
mod sight;
mod story;
mod tampering;
mod terms;
mod told;
mod work;
