//! Intake: registers appeals, answers what can be answered at once, and forwards the rest to routing. It owns all
//! personal fields of appellants.
//!
//! The way of an appeal:
//! 1. A caller sends a request ([`grpc`], one file per verb) or an event arrives ([`consumers`]).
//! 2. One verb runs in one transaction ([`actions`]).
//! 3. The pure domain decides which state may follow ([`domain`]).
//! 4. Rows are read and written, personal fields are sealed and opened ([`store`]).
//! 5. The change is published as an event ([`events`]).
//!
//! [`app`] wires the parts.

pub mod actions;
pub mod app;
pub mod config;
pub mod consumers;
pub mod doctor;
pub mod domain;
pub mod events;
pub mod grpc;
pub mod store;

pub use app::{App, Wiring};

/// Name of the service.
pub const NAME: &str = "intake";
/// Own defaults: `[service]`.
pub const DEFAULTS: &str = include_str!("../config.toml");
/// All settings.
pub type Settings = platform::config::Settings<config::IntakeConfig>;
/// Tables of intake, migrated after those of platform and eventlog.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();
