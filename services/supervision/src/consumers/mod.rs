//! What arrives from other services.

pub mod orders;
