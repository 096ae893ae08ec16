//! The service catalogue as linked data.
