//! The event log: every change of a service told in the transaction that made it, and read by the others exactly once
//! in effect.
//!
//! The way of an event: an action calls [`Tx::tell`]; [`Store::run`] writes it to the log and commits ([`store`]); the
//! [`Relay`] copies it to a Redis stream with its position as the stream's id; a [`Consumer`] reads it there, or by
//! gRPC from [`service`] when Redis lost it, applies it and moves its cursor in one transaction. What is decided on the
//! way without touching anything stands in [`mod@core`].

mod arrivals;
mod call;
mod consumer;
pub mod core;
mod doorbell;
mod event;
mod forget;
mod heads;
mod observe;
mod parking;
pub mod read;
mod relay;
mod server;
pub mod store;
mod stream;
mod tx;
mod verb;
mod wired;

pub use call::Call;
pub use consumer::{Consumer, Lag, Source};
pub use core::partition_of;
pub use event::{ApplyError, Effect, Handler, NewEvent, Recorded};
pub use forget::Forget;
pub use observe::{observers, other_sessions};
pub use relay::Relay;
pub use server::service;
pub use store::cursors::{known_until, read_until};
pub use store::lineage::{Restored, restored};
pub use store::meta::{MIGRATIONS_TABLE, MIGRATOR, migrate, renew_epoch};
pub use store::parked::{blocked, drain_waiting, supersede};
pub use tx::{Session, Store, Tx};
pub use verb::{At, Question, Served, Verb};
pub use wired::{Reading, Wired};

/// Name of the gRPC service that every service serves.
pub const RPC_SERVICE: &str = "hotline.common.v1.EventLogService";
