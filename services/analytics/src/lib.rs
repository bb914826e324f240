//! Analytics: turns events into facts and roll-ups, and prints the bulletin. Every printed figure can be opened.
//!
//! The way of a figure:
//! 1. An event arrives; a file per source reads it ([`consumers`]).
//! 2. A batch of events changes facts and roll-ups, in the transaction that moves the cursor
//!    ([`actions::apply_changes`]).
//! 3. The rules for merging facts and for their contributions are pure ([`domain`]).
//! 4. Rows are read and written ([`store`]).
//! 5. A caller requests the bulletin, opens a figure or has all recounted ([`grpc`]).
//!
//! [`app`] wires it. The definitions of the figures stand in `definitions.toml`.

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
