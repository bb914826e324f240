//! A process that runs one service or all five: databases, settings, ports, loops, an orderly end.

pub mod databases;
pub mod examine;
pub mod home;
pub mod hosted;
pub mod restored;
pub mod suite;

pub use hosted::{Hosted, Name};
pub use suite::{Drive, Suite, SuiteOptions};
