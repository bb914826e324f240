//! The only SQL of intake. Functions work on a connection that is lent to them; who begins and commits is
//! [`eventlog::Store`].

pub mod appeals;
pub mod calls;
pub mod cells;
pub mod doctor;
pub mod fresh;
pub mod listing;
pub mod observe;
pub mod reads;
pub mod reference;
