//! A process that runs one service or all five: databases, settings, ports, loops, an orderly end.
//!
//! [`Name`] leads to a service; [`databases`] makes its database and migrates it; [`hosted`] builds and serves it;
//! [`suite`] does so for all five.

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
