//! The binary's parts: [`commands`] is what operators type, [`console`] what they see.

pub mod commands;
pub mod console;
