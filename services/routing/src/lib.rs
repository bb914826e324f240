//! Routing: orders, who leads them and until when.
//!
//! The way of an order through this crate:
//! 1. an event arrives ([`consumers`]) or somebody asks ([`grpc`]): the edge only translates;
//! 2. an action ([`actions`]) does one verb in one transaction: lock, look, decide, write, tell;
//! 3. the decision is the domain's ([`domain`]): pure transitions over states that carry their facts, deadlines from
//!    rule rows and working days, dispatch by catalogue;
//! 4. the store ([`store`]) holds the only SQL; history is written in the transaction of the change;
//! 5. what others need to know is told in full with every change ([`events`]);
//! 6. texts of appeals are intake's, and are asked for by gRPC ([`upstream`]), never inside a transaction.

pub mod actions;
mod app;
pub mod config;
pub mod consumers;
pub mod doctor;
pub mod domain;
pub mod events;
pub mod grpc;
pub mod store;
pub mod upstream;

pub use app::{App, Wiring};

/// Name of the service.
pub const NAME: &str = "routing";

/// Its own settings, `[service]`, with their defaults.
pub const DEFAULTS: &str = include_str!("../config.toml");

/// All its settings.
pub type Settings = platform::config::Settings<config::RoutingConfig>;

/// Its tables.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();
