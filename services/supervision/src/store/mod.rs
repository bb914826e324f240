//! The only SQL of supervision. Functions work on the caller's connection; [`eventlog::Store`] begins and commits.
//! Locks are taken in one order: orders by id, then their clocks, then the heads of the log.
//! A risk notice is locked alone.

pub mod appeals;
pub mod doctor;
pub mod due;
pub mod ledger;
pub mod listing;
pub mod observe;
pub mod reviews;
pub mod risks;
pub mod watches;
