//! Supervision (督办): keeps every clock, gives yellow and red cards, reviews replies.
//!
//! The way of an order through it:
//! 1. routing's facts arrive ([`consumers::orders`]) and are read ([`events`]);
//! 2. clocks start, stop and run again, replies come onto the review desk ([`actions`]);
//! 3. what a fact does to a clock, and who may judge what, is decided purely ([`domain`]);
//! 4. rows are read, locked and written many at a time ([`store`]);
//! 5. time fires what is due, once routing is known past it ([`workers::fire_clocks`]);
//! 6. people review, list cards and clocks ([`grpc`]: one file per verb).
//!
//! [`app`] wires it, [`doctor`] checks its share of the invariants.

pub mod actions;
pub mod app;
pub mod config;
pub mod consumers;
pub mod doctor;
pub mod domain;
pub mod events;
pub mod grpc;
pub mod store;
pub mod workers;

pub use app::{App, Wiring};

/// Name of the service.
pub const NAME: &str = "supervision";
/// Its own defaults: `[service]`.
pub const DEFAULTS: &str = include_str!("../config.toml");
/// All its settings.
pub type Settings = platform::config::Settings<config::SupervisionConfig>;
/// Its tables, migrated after those of platform and eventlog.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Where facts about orders come from.
pub const ROUTING: &str = "routing";
