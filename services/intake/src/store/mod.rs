//! The only SQL of intake. Functions use the caller's connection; [`eventlog::Store`] begins and commits.

pub mod account_messages;
pub mod appeals;
pub mod calls;
pub mod cells;
pub mod deputies;
pub mod doctor;
mod facts;
pub mod fresh;
pub mod inquiries;
pub mod leader_days;
pub mod library;
pub mod listing;
pub mod observe;
pub mod pushed;
pub mod reads;
pub mod reference;
pub mod registers;
pub mod seats;
