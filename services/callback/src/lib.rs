//! Callback (回访): asks the appellant, judges dissatisfaction.
//!
//! The way of an order through it:
//! 1. routing publishes that a reply was passed ([`consumers::passed_replies`], read in [`events`]);
//! 2. a task is opened for each appeal of the order ([`actions`]);
//! 3. agents lease tasks, report attempts, record outcomes; the supervisor judges ([`grpc`]: one file per verb);
//! 4. who may do what, and what an outcome may be, is decided purely ([`domain`]);
//! 5. rows are read, locked and written ([`store`]); what was decided is published, and routing applies it.
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

pub use app::{App, Wiring};

/// Name of the service.
pub const NAME: &str = "callback";
/// Its own defaults: `[service]`.
pub const DEFAULTS: &str = include_str!("../config.toml");
/// All its settings.
pub type Settings = platform::config::Settings<config::CallbackConfig>;
/// Its tables, migrated after those of platform and eventlog.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Where facts about orders come from.
pub const ROUTING: &str = "routing";
