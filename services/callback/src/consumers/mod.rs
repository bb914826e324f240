//! What arrives from other services.

pub mod passed_replies;
