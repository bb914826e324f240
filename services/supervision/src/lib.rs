//! Supervision (督办): keeps every clock, issues yellow and red cards, reviews replies, issues risk
//! notices, and keeps the ledger of the hotline's own work.
//!
//! The way of an order through it:
//! 1. Routing's events arrive ([`consumers::orders`]) and become facts ([`events`]).
//! 2. Clocks start, stop and start again; submitted replies open reviews ([`actions`]).
//! 3. The rules for clocks and verdicts are pure ([`domain`]).
//! 4. Rows are read, locked and written many at a time ([`store`]).
//! 5. A due clock fires once routing is known past its time ([`workers::fire_clocks`]).
//! 6. People review replies, issue risk notices, and list cards and clocks ([`grpc`]: one file per verb).
//!
//! [`app`] wires it, [`doctor`] checks its invariants.

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

/// Source of the facts about orders.
pub const ROUTING: &str = "routing";
