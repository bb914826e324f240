//! Intake: registers what people bring, answers at once what can be answered, forwards the rest to routing. Owns
//! everything personal that an appellant brings.
//!
//! The way of an appeal: a caller asks ([`grpc`]: what a verb reads and answers, one file each) or an event arrives
//! ([`consumers`]); one verb runs on one transaction ([`actions`]); which state may follow is decided purely
//! ([`domain`]); rows are read and written, personal fields sealed and opened ([`store`]); what happened is published
//! ([`events`]). [`app`] wires it.

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
/// Its own defaults: `[service]`.
pub const DEFAULTS: &str = include_str!("../config.toml");
/// All its settings.
pub type Settings = platform::config::Settings<config::IntakeConfig>;
/// Its tables, migrated after those of platform and eventlog.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();
