//! The log's tables; the only SQL of this crate.

pub mod cursors;
pub mod lineage;
pub mod log;
pub mod meta;
pub mod observe;
pub mod parked;
pub mod requests;
