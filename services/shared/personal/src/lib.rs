//! What people bring of themselves: telephone numbers, identity documents, how both are masked, and how personal fields
//! are sealed at rest.
//!
//! No reader refuses a field for what it says. A telephone field without a usable number is kept as it came, with a mark;
//! the service that asked decides whether that is enough.
//!
//! [`phone`] finds numbers by the rules of [`national`] and of other countries, [`document`] tells the kind of a document
//! and checks it, [`mask`] hides, [`fields`] reads them from a request, [`people`] names their defects in the contracts.
//! [`sealing`] seals and opens cells, [`reads`] records who was shown one.

pub mod document;
pub mod fields;
pub mod mask;
mod national;
pub mod people;
pub mod phone;
pub mod reads;
pub mod sealing;

pub use document::{Document, DocumentKind, DocumentMark};
pub use fields::PersonalFields;
pub use phone::{Number, Phone, PhoneMark};
