//! Telephone numbers and documents as messages of the contracts. A defect holds no personal data.

use crate::mask::mask_phone;
use crate::{Document, DocumentMark, Phone, PhoneMark};
use hotline_proto::common::{Defect, PhoneNumber};

/// The defect of a telephone field, if there is one.
#[must_use]
pub fn phone_defect(phone: &Phone) -> Option<Defect> {
    phone.mark().map(|mark| match mark {
        PhoneMark::Masked => Defect::PhoneMasked,
        PhoneMark::Unusable => Defect::PhoneUnusable,
    })
}

/// The defect of a document, if there is one.
#[must_use]
pub fn document_defect(document: &Document) -> Option<Defect> {
    document.mark.map(|mark| match mark {
        DocumentMark::Masked => Defect::DocumentMasked,
        DocumentMark::CheckFailed => Defect::DocumentCheckFailed,
        DocumentMark::Unknown => Defect::DocumentUnknown,
    })
}

/// Whether the defect means that the field has no number to call.
#[must_use]
pub const fn is_of_phone(defect: Defect) -> bool {
    matches!(defect, Defect::PhoneMasked | Defect::PhoneUnusable)
}

/// The usable numbers of a telephone field.
#[must_use]
pub fn phone_numbers(phone: &Phone) -> Vec<PhoneNumber> {
    let numbers = phone.numbers().iter().map(|number| PhoneNumber {
        number: number.normal().to_owned(),
        extension: number.extension().unwrap_or_default().to_owned(),
    });
    numbers.collect()
}

/// The usable numbers of a telephone field, masked.
#[must_use]
pub fn masked_phone_numbers(phone: &Phone) -> Vec<PhoneNumber> {
    let numbers = phone.numbers().iter().map(|number| PhoneNumber {
        number: mask_phone(number.normal()),
        extension: String::new(),
    });
    numbers.collect()
}
