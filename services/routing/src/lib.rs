//! Routing: orders, their lead units and their deadlines.
//!
//! The way of an order through this crate:
//! 1. An event arrives ([`consumers`]) or a caller sends a request ([`grpc`]). The edge only translates.
//! 2. An action ([`actions`]) does one verb in one transaction: it locks, reads, decides, writes and publishes.
//! 3. The domain ([`domain`]) decides: pure transitions over states that carry their facts. Deadlines come from rule
//!    rows and working days, dispatches from the catalogue.
//! 4. The store ([`store`]) holds the only SQL. History is written in the transaction of the change.
//! 5. Each change publishes the whole order for other services ([`events`]).
//! 6. Texts of appeals belong to intake. They are read over gRPC ([`upstream`]), never inside a transaction.

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

/// Own settings (`[service]`) with their defaults.
pub const DEFAULTS: &str = include_str!("../config.toml");

/// All settings.
pub type Settings = platform::config::Settings<config::RoutingConfig>;

/// Tables of routing.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();
