//! The gRPC edge: the common part of every server and client. Services only parse, act and render.

pub mod accept;
pub mod balance;
mod characters;
pub mod client;
pub mod detach;
pub mod fields;
pub mod guard;
mod line;
pub mod measure;
pub mod page;
pub mod probes;
pub mod readiness;
mod reflection;
pub mod server;
pub mod status;
pub mod time;
mod windows;
