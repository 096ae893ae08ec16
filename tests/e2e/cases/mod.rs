//! Cases over HTTP: officers open them, work on them and see those of their offices alone.

mod citizen;
mod evidence;
mod fields;
mod migration;
mod privacy;
mod reported;
mod reports;
mod sight;
pub mod story;
mod tampering;
mod terms;
mod told;
mod work;
