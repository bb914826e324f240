//! Analytics: turns every event into facts and roll-ups, and prints the bulletin. It prints no figure that it cannot
//! open.
//!
//! The way of a figure: an event arrives ([`consumers`]: one file per source reads it); a batch of events changes facts
//! and roll-ups in the transaction that moves the cursor ([`actions::apply_changes`]); how a fact is merged and what it
//! adds is pure ([`domain`]); rows are read and written ([`store`]); a caller asks for the bulletin, opens a figure or
//! has all recounted ([`grpc`]). [`app`] wires it. What the figures mean stands in `definitions.toml`.

pub mod actions;
pub mod app;
pub mod config;
pub mod consumers;
pub mod doctor;
pub mod domain;
pub mod grpc;
pub mod store;

pub use app::{App, Wiring};

/// Name of the service.
pub const NAME: &str = "analytics";
/// Its own defaults: `[service]`.
pub const DEFAULTS: &str = include_str!("../config.toml");
/// All its settings.
pub type Settings = platform::config::Settings<config::AnalyticsConfig>;
/// Its tables, migrated after those of platform and eventlog.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();
