//! The only SQL of routing. Functions take a connection: that of an open transaction, or one of the pool for reading.

pub mod appeals;
pub mod calendars;
mod columns;
pub mod contacts;
pub mod deadlines;
pub mod directory;
pub mod doctor;
pub mod judgements;
pub mod observe;
pub mod orders;
pub mod overlap;
pub mod progress;
pub mod replies;
mod rows;
pub mod transitions;
