//! The only SQL of callback. Functions work on the caller's connection; [`eventlog::Store`] begins and commits. The row
//! of a task is the truth, its lease included. A loss of Redis loses no data.

pub mod attempts;
pub mod doctor;
pub mod leases;
pub mod listing;
pub mod observe;
pub mod tasks;
