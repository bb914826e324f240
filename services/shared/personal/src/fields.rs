//! Telephone numbers and documents in a request.

use platform::grpc::fields::Fields;

use crate::document::MAX_DOCUMENT;
use crate::phone::MAX_PHONE;
use crate::{Document, DocumentKind, Phone};

/// Reads what people write about themselves.
pub trait PersonalFields {
    /// A telephone field as it came. It is refused only when it is empty, too long or holds what no text does, such as NUL;
    /// without a usable number it has a mark.
    fn phone(&mut self, field: &str, text: &str) -> Option<Phone>;

    /// A telephone field, or nothing when it is empty.
    fn optional_phone(&mut self, field: &str, text: &str) -> Option<Phone>;

    /// An identity document as it came, or nothing when it is empty. Without a stated kind its number tells the kind; one
    /// that fails a check has a mark.
    fn optional_document(&mut self, field: &str, text: &str, stated: Option<DocumentKind>) -> Option<Document>;
}

impl PersonalFields for Fields {
    fn phone(&mut self, field: &str, text: &str) -> Option<Phone> {
        let written = self.as_it_came(field, text, MAX_PHONE)?;
        let phone = Phone::read(&written);
        if phone.is_none() {
            self.refuse(field, format!("must not be empty; 1 to {MAX_PHONE} characters"));
        }
        phone
    }

    fn optional_phone(&mut self, field: &str, text: &str) -> Option<Phone> {
        let written = self.as_it_came(field, text, MAX_PHONE)?;
        Phone::read(&written)
    }

    fn optional_document(&mut self, field: &str, text: &str, stated: Option<DocumentKind>) -> Option<Document> {
        let written = self.as_it_came(field, text, MAX_DOCUMENT)?;
        Document::read(&written, stated)
    }
}
