//! A process that runs one service or all five: databases, settings, ports, loops, and an orderly stop.
//!
//! [`Name`] leads to a service. [`databases`] creates and migrates its database. [`hosted`] builds and serves it, and
//! [`suite`] builds and serves all five.

pub mod databases;
pub mod examine;
mod failure;
pub mod home;
pub mod hosted;
mod name;
pub mod restored;
pub mod suite;

pub use failure::Failure;
pub use hosted::Hosted;
pub use name::Name;
pub use suite::{Drive, Suite, SuiteOptions};
