//! What people write about themselves, in the forms they use: telephone numbers, identity documents, and how both are
//! masked. Pure: no clock, no I/O, no sealing.
//!
//! Nothing here refuses. A field that names no usable number is kept as it came and says so by its mark; whether that is
//! enough is for the service that asked.
//!
//! [`characters`] folds, [`phone`] finds numbers by the rules of [`national`] and of other countries, [`document`] names
//! the kind of a document and checks it, [`mask`] hides.

pub mod characters;
pub mod document;
pub mod mask;
mod national;
pub mod phone;

pub use document::{Document, DocumentKind, DocumentMark};
pub use phone::{Number, Phone, PhoneMark};
