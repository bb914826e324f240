//! The rules of callback, pure: no database, no clock, no wire format. Only the words shared by all services come from
//! the contracts (`hotline_proto::common`). Arrows: `reach → task → outcome → refusal`.

pub mod outcome;
pub mod reach;
pub mod refusal;
pub mod task;
