//! The event log. A service publishes each change as an event, in the transaction that makes the change. Other services
//! read the event, and it takes effect in each of them exactly once.
//!
//! The way of an event:
//!
//! 1. An action calls [`Tx::tell`].
//! 2. [`Store::run`] writes the event to the log ([`store`]) and commits.
//! 3. The [`Relay`] copies it to a Redis stream. Its position is the stream's id.
//! 4. A [`Consumer`] reads it there, or by gRPC from [`service`] when Redis lost it.
//! 5. The consumer applies it and moves its cursor in one transaction.
//!
//! The decisions on the way that need no I/O stand in [`mod@core`].
//!
//! The epoch is the id of a log. A restored database gets a new epoch, because it will use positions again.

mod arrivals;
mod batch;
mod call;
mod consumer;
pub mod core;
mod doorbell;
mod event;
mod forget;
mod handler;
mod heads;
mod observe;
mod parking;
pub mod read;
mod relay;
mod server;
pub mod store;
mod stream;
mod tx;
mod wired;

pub use call::Call;
pub use consumer::{Consumer, Lag, Source};
pub use core::partition_of;
pub use doorbell::{Doorbell, doorbell};
pub use event::{ApplyError, Effect, NewEvent, Recorded};
pub use forget::Forget;
pub use handler::Handler;
pub use observe::{observers, other_sessions};
pub use relay::Relay;
pub use server::service;
pub use store::cursors::{known_until, read_until};
pub use store::lineage::{Restored, restored};
pub use store::meta::{MIGRATIONS_TABLE, MIGRATOR, migrate, renew_epoch};
pub use store::parked::{blocked, drain_waiting, supersede};
pub use tx::{Session, Store, Tx};
pub use wired::{Reading, Wired};

/// Name of the gRPC service of this crate; every service serves it.
pub const RPC_SERVICE: &str = "hotline.common.v1.EventLogService";
