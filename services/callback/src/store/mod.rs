//! The only SQL of callback. Functions work on a connection that is lent to them; who begins and commits is
//! [`eventlog::Store`]. The row of a task is the truth, its lease included; losing Redis loses nothing.

pub mod doctor;
pub mod leases;
pub mod listing;
pub mod observe;
pub mod tasks;
