//! The only SQL of supervision. Functions work on a connection that is lent to them; who begins and commits is
//! [`eventlog::Store`]. Locks are taken in one order: orders by id, then their clocks, the log's heads last.

pub mod doctor;
pub mod due;
pub mod listing;
pub mod observe;
pub mod reviews;
pub mod watches;
