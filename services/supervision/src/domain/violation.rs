//! One fault of a request.

/// A field and its correct form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Field of the request, such as `last_time`.
    pub field: String,
    /// Correct form of the field.
    pub description: String,
}

impl Violation {
    /// A violation of one field.
    #[must_use]
    pub fn new(field: &str, description: &str) -> Self {
        Self {
            field: field.to_owned(),
            description: description.to_owned(),
        }
    }
}
