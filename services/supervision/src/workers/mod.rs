//! Work that time triggers.

pub mod fire_clocks;
