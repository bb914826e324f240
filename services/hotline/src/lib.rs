//! The parts of the binary: [`commands`] of operators, and their output ([`console`]).

pub mod commands;
pub mod console;
