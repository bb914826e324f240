//! The rules of supervision, pure: no database, no clock, no wire format. Only the words shared by all services come
//! from the contracts (`hotline_proto::{common, events}`).

pub mod clock;
pub mod ledger_entry;
pub mod refusal;
pub mod review;
pub mod risk;
pub mod violation;
pub mod watch;
