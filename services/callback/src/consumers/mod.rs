//! Consumers of other services' events.

pub mod passed_replies;
