//! The rules of routing, pure: no async, no SQL, no clock. `domain.md` §4 and §5 are the specification.
//!
//! Type, urgency, reply result and grounds come from the contracts ([`hotline_proto::common`]). A second set of the
//! same words would have to be kept equal.

pub mod appeal;
pub mod catalogue;
pub mod deadline;
pub mod directory;
pub mod limits;
pub mod order;
pub mod refusal;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod signature_tests;
pub mod state;
pub mod transitions;
pub mod units;
pub mod violation;
