//! What every service stands on, and what none of them is about: time, ids, settings, logs and traces, start and
//! stop, Postgres, the gRPC edge, identity, sealing. It does not know the word *order*.

pub mod clock;
pub mod config;
pub mod ids;
pub mod lifecycle;
pub mod numbers;
pub mod steps;
pub mod store;
