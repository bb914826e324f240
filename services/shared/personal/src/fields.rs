//! Telephone numbers and documents in a request.

use rpc::fields::Fields;

use crate::document::MAX_DOCUMENT;
use crate::phone::MAX_PHONE;
use crate::{Document, DocumentKind, Phone};

/// Reads the fields that people write about themselves.
pub trait PersonalFields {
    /// A telephone field as received. It is refused only when it is empty, too long or holds a forbidden character such
    /// as NUL. Without a usable number it gets a mark.
    fn phone(&mut self, field: &str, text: &str) -> Option<Phone>;

    /// A telephone field; none when it is empty.
    fn optional_phone(&mut self, field: &str, text: &str) -> Option<Phone>;

    /// An identity document as received; none when it is empty. Without a stated kind, the form of the number decides
    /// the kind. A document that fails a check gets a mark.
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
