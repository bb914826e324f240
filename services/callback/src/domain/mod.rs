//! The rules of callback, pure: no database, no clock, no wire. Only the words that all services share come from the
//! contracts (`hotline_proto::common`). Arrows: `reach → task → outcome → refusal`.

pub mod outcome;
pub mod reach;
pub mod refusal;
pub mod task;
