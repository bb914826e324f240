//! The rules of intake, pure: no database, no clock, no wire. Only the words that all services share come from the
//! contracts (`hotline_proto::common`).

pub mod appeal;
pub mod draft;
pub mod push;
pub mod redacted;
pub mod reference;
pub mod refusal;

/// A field that breaks a rule, and what would be right: shape is checked at the edge, these need the reference data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Path as the caller wrote it.
    pub field: String,
    /// What would be right, or what is wrong.
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
