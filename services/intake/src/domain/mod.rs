//! The rules of intake, pure: no database, no clock, no wire. Only the words that all services share
//! (`hotline_proto::common`) and the codes of grounds, receivers and outcomes (`hotline_proto::intake`) come from the contracts.

pub mod account;
pub mod appeal;
pub mod deputies;
pub mod draft;
pub mod leader_day;
pub mod library;
pub mod outcome;
pub mod push;
pub mod redacted;
pub mod reference;
pub mod refusal;
pub mod seat;

/// A field that breaks a rule, with its correct form. The edge checks shape; these rules need the reference data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Path in the request.
    pub field: String,
    /// Correct form, or the fault.
    pub description: String,
}

impl Fault {
    /// A fault at `field`.
    pub fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            description: description.into(),
        }
    }
}
