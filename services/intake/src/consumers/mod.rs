//! What other services tell intake.

pub mod orders;
