//! One thing that is wrong with something somebody wants to publish.

/// One field, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path in the request, such as `rows[3].unit`.
    pub field: String,
    /// What would be right.
    pub description: String,
}

impl Violation {
    /// A violation of one field.
    #[must_use]
    pub fn new(field: String, description: String) -> Self {
        Self { field, description }
    }
}
