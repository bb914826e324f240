//! The binary's parts: [`process`] runs any of the five services, [`commands`] is what operators type, [`city`] loads
//! reference data, [`replay`] plays a scenario against the whole and compares every figure.

pub mod city;
pub mod commands;
pub mod console;
pub mod process;
pub mod replay;
