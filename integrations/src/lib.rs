//! National platforms, one folder for each: what fills the port that the domain declares, and a double that behaves as the
//! platform does, for tests and for those who develop without it.

pub mod appio;
