//! The rules of routing, pure: no async, no SQL, no clock. `domain.md` §4 and §5 are the specification.
//!
//! The vocabulary that all services share (type, urgency, reply result, grounds) is the contracts' own
//! ([`hotline_proto::common`]): a second set of the same words would only have to be kept equal.

pub mod appeal;
pub mod catalogue;
pub mod deadline;
pub mod directory;
pub mod limits;
pub mod order;
pub mod refusal;
pub mod state;
pub mod transitions;
pub mod units;
pub mod violation;
