//! Personal data: telephone numbers, identity documents, the masks of both, and the sealing of personal fields at rest.
//!
//! No reader refuses a field for its content. A telephone field without a usable number is kept as written, with a
//! mark. The service decides whether that is enough.
//!
//! The modules:
//!
//! - [`phone`] finds numbers by the rules of [`national`] and of other countries.
//! - [`document`] finds the kind of a document and checks it.
//! - [`mask`] hides parts of both.
//! - [`fields`] reads both from a request.
//! - [`people`] maps them to the messages and defects of the contracts.
//! - [`sealing`] seals and opens cells, and [`reads`] records each reader of a cell.

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
