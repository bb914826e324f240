//! The gRPC edge: the common part of every server and client. A service reads a request, acts and answers.

pub mod accept;
pub mod balance;
mod characters;
pub mod client;
pub mod detach;
pub mod fields;
pub mod guard;
mod line;
pub mod listing;
pub mod measure;
pub mod page;
pub mod probes;
pub mod publication;
pub mod readiness;
mod reflection;
pub mod server;
pub mod service;
pub mod time;
pub mod versioned;
mod windows;
