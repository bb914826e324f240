//! What time does.

pub mod fire_clocks;
