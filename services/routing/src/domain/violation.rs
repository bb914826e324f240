//! One fault of a publication.

/// A field and its correct form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path in the request, such as `rows[3].unit`.
    pub field: String,
    /// Correct form of the field.
    pub description: String,
}

impl Violation {
    /// A violation of one field.
    #[must_use]
    pub fn new(field: String, description: String) -> Self {
        Self { field, description }
    }
}
