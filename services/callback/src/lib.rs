//! Callback (回访): asks the appellant, judges dissatisfaction.
//!
//! The way of an order through it:
//! 1. Routing publishes that a reply was passed ([`consumers::passed_replies`], read in [`events`]).
//! 2. A task is opened for each appeal of the order ([`actions`]).
//! 3. Agents lease tasks, report attempts and record outcomes; the supervisor judges ([`grpc`]: one file per verb).
//! 4. The rules for commands and outcomes are pure ([`domain`]).
//! 5. Rows are read, locked and written ([`store`]). Each decision is published, and routing applies it.
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

pub use app::{App, Wiring};

/// Name of the service.
pub const NAME: &str = "callback";
/// Its own defaults: `[service]`.
pub const DEFAULTS: &str = include_str!("../config.toml");
/// All its settings.
pub type Settings = platform::config::Settings<config::CallbackConfig>;
/// Its tables, migrated after those of platform and eventlog.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Source of the facts about orders.
pub const ROUTING: &str = "routing";
