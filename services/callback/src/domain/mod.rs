//! The rules of callback, pure: no database, no clock, no wire. Only the words that all services share come from the
//! contracts (`hotline_proto::common`).

pub mod outcome;
pub mod refusal;
pub mod task;
