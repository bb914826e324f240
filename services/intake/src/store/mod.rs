//! The only SQL of intake. Functions use the caller's connection; [`eventlog::Store`] begins and commits.

pub mod appeals;
pub mod calls;
pub mod cells;
pub mod doctor;
mod facts;
pub mod fresh;
pub mod inquiries;
pub mod listing;
pub mod observe;
pub mod reads;
pub mod reference;
